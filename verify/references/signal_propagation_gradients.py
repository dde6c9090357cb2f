"""Independent evaluations and predictions for gradients in the chapter signal_propagation."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import TANH
from numerics.measurement import Measurement
from numerics.solvers.moments import moments
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, mpmath_function, torch_function
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Curve
from verify.references.manifold_geometry import fixed_point, sech_chis

BIAS = math.sqrt(0.05)  # sigma_b of all networks; Schoenholz et al. 2017 use it too
CRITICAL = math.sqrt(1.760955)  # sigma_w at which chi_1 = 1 at this bias, to seven digits
G_LAST = 0.7  # any mean square at the last layer but 1
Network = tuple[float, float, float]  # sigma_w, sigma_b, squared length per neuron of the first preactivations


# ------------------------------------------------------------------------------------------------------------- networks


def networks(*sigma_w: float) -> tuple[Network, ...]:
    """tanh networks whose first preactivations have the fixed length."""
    return tuple((w, BIAS, fixed_point(TANH, w, BIAS)) for w in sigma_w)


def tanh(z: Any) -> Any:
    """The activation of the simulated networks, compiled when it is first called."""
    return _tanh()(z)


@functools.cache
def _tanh() -> Any:
    return torch_function(TANH)


# ---------------------------------------------------------------------------------------------- what the formula says


def _formula(candidate: Candidate, sigma_w: Any, q: Any, here: Any, last: Any, layers: Any, layer: Any) -> np.ndarray:
    values = {"g^L": G_LAST, "N^l": here, "N^L": last, "L": layers, "l": layer}
    return candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=q, **values)


def by_layer(sort: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
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


def by_length(sort: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
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


def rates(sort: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
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


# ---------------------------------------------------------------------------------- at high precision and in balls


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


# -------------------------------------------------------------------------------------------------- trained networks


def _curve(label: str, value: str, sigma_w: np.ndarray, theory: np.ndarray, measured: Any, error: Any) -> Curve:
    return Curve(
        label=label, axis_label="sigma_w over its critical value", value_label=value,
        axis=tuple(map(float, sigma_w / CRITICAL)), theory=tuple(map(float, theory)),
        measured=tuple(map(float, measured)), error=tuple(map(float, error)),
    )  # fmt: skip


def accuracy_over_weight(measured: Measurement) -> tuple[Curve, ...]:
    """Training accuracy of networks of each depth; there is no theory of it."""
    g: Any = measured.given
    nothing = np.full(len(g["sigma_w"]), np.nan)
    return tuple(
        _curve(f"{int(depth)} matrices", "training accuracy", g["sigma_w"], nothing, accuracy, deviation)
        for depth, accuracy, deviation in zip(g["depths"], g["accuracy"], g["deviation"], strict=True)
    )


def failing_depth(measured: Measurement) -> tuple[Curve, ...]:
    """The depth at which training fails, beside the published 6 xi_c."""
    from numerics.solvers.correlation import fixed_correlation

    g: Any = measured.given
    sort = networks(*g["sigma_w"])
    depth = np.array([6 * fixed_correlation(nonlinearity(TANH), q, w).depth for w, _, q in sort])
    return tuple(
        _curve(
            f"after {int(updates)} updates; line: 6 xi_c", "depth at which training fails", g["sigma_w"], depth, *row
        )
        for updates, *row in zip(g["budgets"], g["limit"], g["deviation"], strict=True)
    )
