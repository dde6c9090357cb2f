"""Gradients by layer, and their depth scale."""

from __future__ import annotations

import functools
import itertools
import math
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, SIN, TANH
from derivations.signal_propagation import gradient_depth
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.backward_pass import gradient_slopes, gradients_by_layer
from numerics.solvers.moments import moments
from verify import certify
from verify.checks import Certified, FiniteSize, Literature, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, mpmath_function, torch_function
from verify.compile.nonlinearity import nonlinearity
from verify.references.mean_field import CRITICAL, TanhNetwork, finite, networks, sech_chis

PHASES = networks(1.0, CRITICAL, 1.9)
SCANNED = networks(0.8, 1.0, 1.2, CRITICAL, 1.5, 1.8, 2.2, 2.8)
OFF_LENGTH = tuple((w, b, share * q) for (w, b, q), share in zip(networks(1.2, 1.9), (8, 0.1), strict=True))

gradients_over_layers = partial(
    FiniteSize,
    sizes=((50, 150), (100, 72), (180, 38)),
    full_sizes=((100, 300), (200, 120), (400, 40)),
    axis="layer",
    quantity="logarithm of the squared gradient",
)

G_LAST = 0.7  # any mean square at the last layer but 1


def tanh(z: Any) -> Any:
    """The activation of the simulated networks, compiled when it is first called."""
    return _tanh()(z)


@functools.cache
def _tanh() -> Any:
    return torch_function(TANH)


def _formula(candidate: Candidate, sigma_w: Any, q: Any, here: Any, last: Any, layers: Any, layer: Any) -> np.ndarray:
    values = {"g^L": G_LAST, "N^l": here, "N^L": last, "L": layers, "l": layer}
    return candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=q, **values)


def predicted_gradients_by_layer(
    sort: tuple[TanhNetwork, ...], candidate: Candidate, measured: Measurement
) -> np.ndarray:
    """Logarithm of the squared norm of the gradient over that of the last layer; two equal rows for each network.

    The formula gives mean squares; norms have the widths besides.
    """
    widths: Any = measured.given["widths"]
    rows = []
    for sigma_w, _, q in sort:
        found = _formula(candidate, sigma_w, q, widths[:-1], widths[-1], len(widths), measured.axis)[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            rows += [np.log(found * widths[:-1] / (G_LAST * widths[-1]))] * 2
    return np.array(rows)


def by_length(sort: tuple[TanhNetwork, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """As `by_layer`, one layer at a time, each at the length that it has behind an input of another length."""
    widths: Any = measured.given["widths"]
    count, rows = len(widths), []
    for sigma_w, sigma_b, q in sort:
        lengths = [q]
        for _ in range(count - 2):
            lengths.append(sigma_b**2 + sigma_w**2 * float(moments(nonlinearity(TANH), np.array(lengths[-1])).square))
        layer = np.arange(1, count)
        steps = _formula(candidate, sigma_w, np.array(lengths), widths[:-1], widths[1:], layer + 1, layer)[0] / G_LAST
        with np.errstate(invalid="ignore", divide="ignore"):
            norms = np.log(steps * widths[:-1] / widths[1:])
        rows += [np.cumsum(norms[::-1])[::-1]] * 2
    return np.array(rows)


def rates(sort: tuple[TanhNetwork, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """1 / xi of each network."""
    sigma_w, _, q = (np.array(column) for column in zip(*sort, strict=True))
    return _formula(candidate, sigma_w, q, 30.0, 20.0, 9, 3)[1]


def critical_bias(candidate: Candidate) -> float:
    """Bias variance at which the depth scale of tanh networks with sigma_w^2 = 1.05 is infinite."""
    from scipy import optimize

    def rate(q: float) -> float:
        return float(_formula(candidate, math.sqrt(1.05), q, 30.0, 20.0, 9, 3)[1])

    if rate(1e-4) * rate(0.9) > 0:
        return math.inf
    q = optimize.brentq(rate, 1e-4, 0.9, xtol=1e-12)
    return q - 1.05 * float(moments(nonlinearity(TANH), np.array(q)).square)


def _widths(point: Point) -> list[int]:
    """Widths of the layers from l to L; those between must not matter."""
    between = [7 + 5 * (k % 3) for k in range(int(point["L"]) - int(point["l"]) - 1)]
    return [int(point["N^l"]), *between, int(point["N^L"])]


def layer_by_layer(dps: int, point: Point) -> list:
    """The mean square sent back through one layer of some width after the other, and how its norm falls per layer.

    phi'^2 is averaged on a trapezoid.
    """
    slope = mpmath_function(point["phi"], 1)
    with mpmath.workdps(dps + 10):
        sigma_w, q, last = (mpmath.mpf(point[name]) for name in ("sigma_w", "q_star", "g^L"))
        step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 30)
        z = [k * step for k in range(-int(reach / step), int(reach / step) + 1)]
        stretch = step * mpmath.fsum(mpmath.npdf(a) * slope(mpmath.sqrt(q) * a) ** 2 for a in z)
        widths, g = _widths(point), last
        for after, before in itertools.pairwise(reversed(widths)):
            g = stretch * after * sigma_w**2 / before * g  # sums over `after`, variance over `before`
        fall = mpmath.log(last * widths[-1] / (g * widths[0])) / (len(widths) - 1)
        return [g, fall]


def by_fourier(bits: int, point: Point) -> list:
    """The same for tanh in balls, with the average of sech^4 from its Fourier transform."""
    with certify.precision(bits):
        sigma_w, q, g = (certify.ball(point[name]) for name in ("sigma_w", "q_star", "g^L"))
        stretch, widths = sech_chis(sigma_w, q)[0], _widths(point)
        for after, before in itertools.pairwise(reversed(widths)):
            g = stretch * g * after / before
        return [g, -stretch.log()]


def by_gauss(bits: int, point: Point) -> list:
    """The same for the error function, whose phi'^2 is a Gaussian."""
    with certify.precision(bits):
        sigma_w, q, g = (certify.ball(point[name]) for name in ("sigma_w", "q_star", "g^L"))
        stretch = 4 * sigma_w**2 / (flint.arb.pi() * (1 + 4 * q).sqrt())
        widths = _widths(point)
        for after, before in itertools.pairwise(reversed(widths)):
            g = stretch * g * after / before
        return [g, -stretch.log()]


through = partial(gradients_by_layer, ratios=(1.0, 1.25), outputs=10, inputs=12, activation=tanh)

CLAIM = Claim(
    statement=gradient_depth.STATEMENT,
    checks=(
        FiniteSize(
            name="decay per layer, over sigma_w",
            predict=partial(rates, SCANNED),
            quick=partial(gradient_slopes, networks=SCANNED, layers=8, outputs=10, inputs=8, activation=tanh),
            full=partial(gradient_slopes, networks=SCANNED, layers=12, outputs=10, inputs=8, activation=tanh),
            sizes=((40, 160), (80, 80), (160, 30)),
            full_sizes=((100, 300), (200, 120), (400, 40)),
            axis="sigma_w",
            quantity="1 / xi",
            series=("gradients of real networks",),
        ),
        gradients_over_layers(
            name="gradients by layer",
            predict=partial(predicted_gradients_by_layer, PHASES),
            quick=partial(through, networks=PHASES, layers=10),
            full=partial(through, networks=PHASES, layers=18),
            series=(
                "ordered",
                "ordered, fresh weights back",
                "critical",
                "critical, fresh weights back",
                "chaotic",
                "chaotic, fresh weights back",
            ),
        ),
        gradients_over_layers(
            name="behind inputs of another length",
            predict=partial(by_length, OFF_LENGTH),
            quick=partial(through, networks=OFF_LENGTH, layers=8),
            full=partial(through, networks=OFF_LENGTH, layers=12),
            series=("ordered", "ordered, fresh weights back", "chaotic", "chaotic, fresh weights back"),
        ),
        Literature(
            name="critical point of tanh networks",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting",
                where="experiments: critical tanh networks with sigma_w^2 = 1.05",
            ),
            evaluate=critical_bias,
        ),
        Certified(
            name="error function",
            reference=by_gauss,
            against="one layer after the other, with the Gaussian integral of a Gaussian",
            bits=100,
            digits=20,
            points=(
                {
                    "phi": ERF,
                    "sigma_w": "1.9",
                    "q_star": "2.4",
                    "g^L": "0.63",
                    "N^l": 23,
                    "N^L": 6,
                    "L": 14,
                    "l": 9,
                },
            ),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=by_fourier,
            against="one layer after the other, with an integral over the Fourier transform of sech^4",
            bits=100,
            digits=20,
            points=(
                {
                    "phi": TANH,
                    "sigma_w": "1.3",
                    "q_star": "0.61",
                    "g^L": "1.7",
                    "N^l": 9,
                    "N^L": 31,
                    "L": 12,
                    "l": 5,
                },
            ),
        ),
        Precision(
            name="layer by layer",
            reference=layer_by_layer,
            against="mean squares sent back through one layer after the other, averaged on a trapezoid",
            digits=(25, 40),
            evaluate=finite,
            points=(
                {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "g^L": "0.8", "N^l": 7, "N^L": 5, "L": 13, "l": 8},
                {"phi": SIN, "sigma_w": "2.3", "q_star": "0.7", "g^L": "2.6", "N^l": 11, "N^L": 40, "L": 9, "l": 3},
            ),
        ),
    ),
    quantities=("g^l", "1/xi_nabla"),
    convention="g^l is a mean over the neurons of a layer; simulations give the squared norm over all neurons, "
    "divided by that of the last layer. Layer 1 is the first one with the length q*.",
    independence="Real networks of unequal widths with ten outputs and the cross-entropy of random labels, by "
    "automatic differentiation, beside weights drawn afresh for the way back; no average is computed.",
    printed={
        "E20": Ordeal(
            fails=Replicas(
                name="labels, and an input of another length",
                predict=partial(predicted_gradients_by_layer, OFF_LENGTH),
                quick=partial(through, networks=OFF_LENGTH, layers=8, width=100),
                replicas=20,
                bias=lambda candidate, measured: 0.2,
                bias_note="twice the layers over the width",
            ),
            holds=gradients_over_layers(
                name="equal widths at the fixed length",
                predict=partial(predicted_gradients_by_layer, PHASES),
                quick=partial(
                    gradients_by_layer,
                    networks=PHASES,
                    layers=6,
                    ratios=(1.0,),
                    outputs=None,
                    inputs=4,
                    activation=tanh,
                ),
            ),
        )
    },
)
