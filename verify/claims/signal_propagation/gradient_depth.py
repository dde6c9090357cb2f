"""Gradients by layer, and their depth scale.

Gradients of a cross-entropy by the preactivations of real networks are found by automatic differentiation: the weights
met on the way back are those of the way forth. Beside them the same gradients of the last layer go back through weights
drawn afresh, for which the law is proved; both follow it. Activations are tanh and a sine that is neither odd nor even,
widths are unequal, and the outputs are few. Networks whose input has another length show the part that the page leaves
out.

For the shifted sine and a loss that is linear in a third layer the mean squared gradient is known at any width, with
the same weights both ways. Its limit is compared with the formula, and approached like 1 / N. One more check averages
the squared slope by another integral, but takes the law itself from layer to layer.
"""

from __future__ import annotations

import functools
import itertools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import SIN, TANH, Activation
from derivations.signal_propagation import gradient_depth
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.backward_pass import gradient_factors, gradients_by_layer
from numerics.solvers.moments import moments
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, mpmath_function, torch_function
from verify.compile.nonlinearity import nonlinearity
from verify.references import finite_width
from verify.references.balls import numbers
from verify.references.mean_field import CRITICAL, SHIFTED, finite, fixed_point, networks, sech_chis

AtLength = tuple[Activation, float, float, float]  # activation, sigma_w, sigma_b, length per neuron of layer 1


def _tanh(*sigma_w: float) -> tuple[AtLength, ...]:
    return tuple((TANH, weight, bias, length) for weight, bias, length in networks(*sigma_w))


CHAOTIC_SINE: AtLength = (SHIFTED, 1.8, 0.5, fixed_point(SHIFTED, 1.8, 0.5))
PHASES = (*_tanh(1.0, CRITICAL), CHAOTIC_SINE)
SCANNED = _tanh(0.8, 1.2, CRITICAL, 1.8, 2.8)
OFF_LENGTH = tuple((TANH, w, b, share * q) for (_, w, b, q), share in zip(_tanh(1.2, 1.9), (8, 0.1), strict=True))
FINITE = (1.5, 0.6)  # sigma_w and sigma_b of the networks whose gradients are known at any width
G_LAST = 0.7  # any mean square at the last layer but 1

gradients_over_layers = partial(
    FiniteSize,
    sizes=((52, 230), (100, 100), (180, 185)),
    full_sizes=((152, 585), (300, 208), (500, 340)),
    axis="layer l",
    quantity="squared gradient g over that of the last layer",
)


def _in_torch(activation: Activation, field: Any) -> Any:
    return _compiled(activation)(field)


@functools.cache
def _compiled(activation: Activation) -> Any:
    return torch_function(activation)


def callables(found: tuple[AtLength, ...]) -> tuple[tuple, ...]:
    """The networks as the experiment takes them; torch is loaded when one of them is first called."""
    return tuple((partial(_in_torch, activation), *numbers) for activation, *numbers in found)


measured_gradients = partial(gradients_by_layer, ratios=(1.0, 1.25), outputs=10, inputs=12)


def _formula(
    candidate: Candidate, activation: Activation, sigma_w: Any, q: Any, here: Any, last: Any, layers: Any, layer: Any
) -> np.ndarray:
    values = {"g^L": G_LAST, "N^l": here, "N^L": last, "L": layers, "l": layer}
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=q, **values)


def predicted_gradients(found: tuple[AtLength, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Squared norm of the gradient over that of the last layer; two equal rows, (layers,) each, for each network.

    The formula gives mean squares; norms have the widths besides.
    """
    widths: Any = measured.given["widths"]
    rows = []
    for activation, sigma_w, _, q in found:
        mean = _formula(candidate, activation, sigma_w, q, widths[:-1], widths[-1], len(widths), measured.axis)[0]
        rows += [mean * widths[:-1] / (G_LAST * widths[-1])] * 2
    return np.array(rows)


def predicted_off_length(found: tuple[AtLength, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same, one layer at a time, each at the length that it has behind an input of another length."""
    widths: Any = measured.given["widths"]
    count, rows = len(widths), []
    for activation, sigma_w, sigma_b, q in found:
        lengths = [q]
        for _ in range(count - 2):
            square = moments(nonlinearity(activation), np.array(lengths[-1])).square
            lengths.append(sigma_b**2 + sigma_w**2 * float(square))
        layer = np.arange(1, count)
        steps = _formula(candidate, activation, sigma_w, np.array(lengths), widths[:-1], widths[1:], layer + 1, layer)[
            0
        ]
        norms = steps * widths[:-1] / (G_LAST * widths[1:])
        rows += [np.cumprod(norms[::-1])[::-1]] * 2
    return np.array(rows)


def factors(found: tuple[AtLength, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """By what a squared gradient is multiplied per layer on the way back, e^(-1 / xi), for tanh networks."""
    _, sigma_w, _, q = zip(*found, strict=True)
    with np.errstate(over="ignore"):
        return np.exp(-_formula(candidate, TANH, np.array(sigma_w), np.array(q), 30.0, 20.0, 9, 3)[1])


def critical_bias(candidate: Candidate) -> float:
    """Bias variance at which the depth scale of tanh networks with sigma_w^2 = 1.05 is infinite."""
    from scipy import optimize

    def rate(q: float) -> float:
        return float(_formula(candidate, TANH, math.sqrt(1.05), q, 30.0, 20.0, 9, 3)[1])

    if rate(1e-4) * rate(0.9) > 0:
        return math.inf
    q = optimize.brentq(rate, 1e-4, 0.9, xtol=1e-12)
    return q - 1.05 * float(moments(nonlinearity(TANH), np.array(q)).square)


def first_gradient(width: float, point: Point) -> float:
    """N^1 times the mean squared gradient at layer 1 of three layers, whose loss is linear in the third.

    Layer 1 has `width` neurons, layer 2 any number of them, and the weights between are the same both ways.
    """
    behind = FINITE[0] ** 2 * float(point["g^L"]) * int(point["N^L"])  # what a neuron of layer 2 receives, in the mean
    return behind * finite_width.stretch(width, FINITE, from_fields=True)


def three_layers(dps: int, point: Point) -> list[float]:
    """Gradient at layer 1 of a wide network, and how the logarithm of its norm falls per layer."""
    product = finite_width.extrapolated(partial(first_gradient, point=point))
    return [product / int(point["N^l"]), -math.log(product / (float(point["g^L"]) * int(point["N^L"]))) / 2]


def gradients_at_width(dps: int, point: Point) -> list[float]:
    """The same at width N, the gradient times N."""
    product = first_gradient(float(point["N"]), point)
    return [product, -math.log(product / (float(point["g^L"]) * int(point["N^L"]))) / 2]


def wide_gradients(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula for two layers of weights, with the gradient times N^l if the width is that of the regime."""
    values = {name: float(point[name]) for name in ("g^L", "N^L")}
    q = finite_width.fixed_length(FINITE)
    found = candidate.numpy(
        phi=SHIFTED, sigma_w=FINITE[0], q_star=q, **{"N^l": point.get("N^l", 1), "L": 3, "l": 1}, **values
    )
    return [float(v) for v in found]


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
        between = [7 + 5 * (k % 3) for k in range(int(point["L"]) - int(point["l"]) - 1)]  # these must not matter
        widths, g = [int(point["N^l"]), *between, int(point["N^L"])], last
        for after, before in itertools.pairwise(reversed(widths)):
            g = stretch * after * sigma_w**2 / before * g  # sums over `after`, variance over `before`
        fall = mpmath.log(last * widths[-1] / (g * widths[0])) / (len(widths) - 1)
        return [g, fall]


def certified_gradients(bits: int, point: Point) -> list[Any]:
    """Gradients multiplied from layer to layer, with chi_1 of tanh from its Fourier integral."""
    gain, q, last = numbers(point, "sigma_w", "q_star", "g^L")
    chi, _ = sech_chis(gain, q)
    square = last * point["N^L"] / point["N^l"]
    for _ in range(point["L"] - point["l"]):
        square *= chi
    return [square, -chi.log()]


def of_tanh(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for tanh."""
    return candidate.arb(bits, **point, phi=TANH)


CLAIM = Claim(
    statement=gradient_depth.STATEMENT,
    checks=(
        Certified(
            name="certified slopes of tanh, layer by layer",
            reference=certified_gradients,
            evaluate=of_tanh,
            against="an integral over the Fourier transform of sech^4, multiplied layer by layer",
            bits=100,
            digits=20,
            values=("g^l", "1 / xi"),
            points=({"sigma_w": "1.7", "q_star": "0.9", "g^L": "0.63", "N^l": 9, "N^L": 6, "L": 7, "l": 3},),
        ),
        FiniteSize(
            name="change per layer, over sigma_w",
            predict=partial(factors, SCANNED),
            quick=partial(gradient_factors, networks=callables(SCANNED), layers=6, outputs=10, inputs=8),
            full=partial(gradient_factors, networks=callables(SCANNED), layers=12, outputs=10, inputs=8),
            sizes=((40, 90), (80, 30), (160, 32)),
            full_sizes=((100, 300), (200, 120), (400, 40)),
            axis="standard deviation sigma_w of the weights",
            quantity="factor per layer, e^(-1 / xi)",
            series=("gradients of real networks",),
        ),
        gradients_over_layers(
            name="gradients by layer",
            predict=partial(predicted_gradients, PHASES),
            quick=partial(measured_gradients, networks=callables(PHASES), layers=6),
            full=partial(measured_gradients, networks=callables(PHASES), layers=7, inputs=24),
            series=(
                "ordered",
                "ordered, fresh weights back",
                "critical",
                "critical, fresh weights back",
                "chaotic sine",
                "chaotic sine, fresh weights back",
            ),
        ),
        gradients_over_layers(
            name="behind inputs of another length",
            predict=partial(predicted_off_length, OFF_LENGTH),
            quick=partial(measured_gradients, networks=callables(OFF_LENGTH), layers=5),
            full=partial(measured_gradients, networks=callables(OFF_LENGTH), layers=7, inputs=24),
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
        Precision(
            name="three layers, the same weights both ways",
            reference=three_layers,
            against="exact gradients of the shifted sine at finite width, extrapolated to infinite width",
            digits=(14, finite_width.DIGITS),
            evaluate=wide_gradients,
            points=({"g^L": "0.63", "N^l": 9, "N^L": 6},),
        ),
        Precision(
            name="layer by layer",
            reference=layer_by_layer,
            against="the same law from one layer to the other, with phi'^2 averaged on a trapezoid",
            same_law=True,
            digits=(25, 40),
            evaluate=finite,
            points=(
                {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "g^L": "0.8", "N^l": 7, "N^L": 5, "L": 13, "l": 8},
                {"phi": SIN, "sigma_w": "2.3", "q_star": "0.7", "g^L": "2.6", "N^l": 11, "N^L": 40, "L": 9, "l": 3},
            ),
        ),
        Rate(
            name="three layers of finite width",
            exact=gradients_at_width,
            against="exact gradients of the shifted sine at width N",
            points=({"g^L": "0.63", "N^L": 6},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=wide_gradients,
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
                predict=partial(predicted_gradients, OFF_LENGTH),
                quick=partial(measured_gradients, networks=callables(OFF_LENGTH), layers=8, width=100),
                replicas=20,
                bias=lambda candidate, measured: 2 * measured.values.shape[1] / measured.resolution["width"],
                bias_note="twice the layers over the width",
            ),
            holds=gradients_over_layers(
                name="equal widths at the fixed length",
                sizes=((50, 120), (100, 40), (180, 36)),
                predict=partial(predicted_gradients, PHASES),
                quick=partial(
                    gradients_by_layer, networks=callables(PHASES), layers=6, ratios=(1.0,), outputs=None, inputs=4
                ),
            ),
        )
    },
)
