"""Depths of lengths and correlations.

Two lengths on both sides of q*, and two correlations on both sides of c*, pass through the same explicit networks, and
what is left of their differences is measured layer by layer: no fixed point enters the comparison, no slope is
computed. The chaotic networks have an activation that is neither odd nor even. The maps are also iterated, from closed
kernels at high precision and on a lattice for tanh: the last ratios of successive changes are the slopes.

For the shifted sine both maps over two layers are known at any width, and the depths that they give approach the
formula like 1 / N.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import ERF, TANH, Activation
from derivations.signal_propagation import correlation_depth
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.signal_propagation.two_starts import differences_by_layer
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.length import critical_points, lengths
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Path, Plane
from verify.references import finite_width
from verify.references.balls import numbers, slope
from verify.references.mean_field import SHIFTED, Network, output_kernel

LEANING = Activation(name="leaning tanh", expression=sp.tanh(x + sp.Rational(1, 5)), pole_distance=sp.pi / 2)
CHAOTIC, ORDERED = (LEANING, 1.7, 0.2), (TANH, 0.9, 0.3)
SAID = {LEANING.name: "tanh(x + 1/5)", TANH.name: "tanh"}
NEAREST = 2e-3  # relative distance from the boundary at which the diverging depth is still drawn
FINITE = (1.5, 0.6)  # sigma_w and sigma_b of the networks of finite width
APART = 0.008  # of correlations on both sides of c*: third order changes what is left after six layers by 2e-5
LENGTHS = (0.99, 1.01)  # in units of q*: the same for the variance map, by 8e-5
NEARBY = 1e-6  # 1 - c in the ordered phase
SIZES = {"chaotic": ((52, 340), (100, 60), (200, 108)), "ordered": ((52, 300), (100, 48), (200, 76))}
FULL_SIZES = {
    "chaotic": ((100, 1000), (200, 400), (400, 380)),
    "ordered": ((100, 345), (200, 115), (400, 161)),
}


def _relaxation(kind: str, network: Network) -> FiniteSize:
    return FiniteSize(
        name=f"{kind} networks",
        predict=partial(decay, network),
        quick=partial(differences_by_layer, layers=4, pairs=24, **settings(network)),
        full=partial(differences_by_layer, layers=6, pairs=24, **settings(network)),
        sizes=SIZES[kind],
        full_sizes=FULL_SIZES[kind],
        axis="layer l",
        quantity="what is left of a difference",
        series=("of lengths", "of correlations"),
        picture=partial(picture, network),
    )


@functools.cache
def fixed_points(network: Network) -> tuple[float, float]:
    """q* and c* of a network, from the solvers."""
    activation, sigma_w, sigma_b = network
    phi = nonlinearity(activation)
    q = float(lengths(phi, np.array(sigma_w), np.array(sigma_b)).q)
    return q, fixed_correlation(phi, q, sigma_w).c


def settings(network: Network) -> dict[str, Any]:
    """What the experiment takes: the network at its fixed length, and correlations on both sides of c*, or below 1."""
    activation, sigma_w, sigma_b = network
    q, c = fixed_points(network)
    return {
        "activation": numpy_function(activation),
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "squared_length": q,
        "lengths": LENGTHS,
        "correlations": (c - APART, c + APART) if c < 1 else (1 - NEARBY, 1.0),
    }


def depths(candidate: Candidate, network: Network) -> np.ndarray:
    """xi_q and xi_c that the formula gives a network."""
    activation, sigma_w, _ = network
    q, c = fixed_points(network)
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=q, c_star=c)


def decay(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What is left of both differences after every layer, (2, layers)."""
    assert measured.axis is not None
    with np.errstate(over="ignore"):
        return np.exp(-measured.axis / depths(candidate, network)[:, None])


def picture(network: Network, candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Both depths over sigma_w at the network's sigma_b, and what this network shows over the first layers."""
    activation, sigma_w, sigma_b = network
    phi = nonlinearity(activation)
    (boundary,) = (float(point.sigma_w) for point in critical_points(phi, sigma_b))
    below = boundary * (1 - np.geomspace(0.55, NEAREST, 24))
    above = boundary * (1 + np.geomspace(NEAREST, 2, 24))
    early = 3
    found = -early / np.log(np.abs(measured.values[:, early - 1]))
    paths = []
    for side, places in enumerate((below, above)):
        kept = lengths(phi, places, np.full_like(places, sigma_b))
        ends = fixed_correlations(phi, kept.q, places, kept.chi1, tolerance=1e-6).c
        theory = candidate.numpy(phi=activation, sigma_w=places, q_star=kept.q, c_star=ends)
        here = (sigma_w > boundary) == bool(side)
        paths += [
            Path(
                label=label,
                group=k,
                theory=(tuple(map(float, places)), tuple(map(float, theory[k]))),
                measured=((sigma_w,), (float(found[k]),)) if here else ((), ()),
            )
            for k, label in enumerate(("xi_q, of lengths", "xi_c, of correlations"))
        ]
    return (
        Plane(
            title=f"Depth scales of {SAID[activation.name]} networks with sigma_b = {sigma_b:g}",
            x_label="standard deviation sigma_w of the weights",
            y_label="depth scale xi (layers)",
            log_y=True,
            marks=((boundary, f"critical: {boundary:.3f}"),),
            paths=tuple(paths),
        ),
    )


def kernel(activation: Activation, q: Any, covariance: Any) -> Any:
    """E phi(u) phi(v) in closed form, for variances q and a covariance; ValueError where none is known here."""
    if activation is ERF:
        return 2 / mpmath.pi * mpmath.asin(2 * covariance / (1 + 2 * q))
    if activation is SHIFTED:  # half of cos(u - v) - cos(u + v + 7/5), averaged
        return (mpmath.exp(covariance - q) - mpmath.cos(mpmath.mpf(7) / 5) * mpmath.exp(-covariance - q)) / 2
    raise ValueError(f"no closed kernel for {activation.name}")


@functools.cache
def iterated(dps: int, activation: Activation, sigma_w: str, sigma_b: str) -> tuple[Any, Any, Any, Any]:
    """q*, c* and the last ratios of successive changes of both, from the closed kernel."""
    with mpmath.workdps(4 * dps):
        weight, bias = (mpmath.mpf(v) ** 2 for v in (sigma_w, sigma_b))
        q, q_ratio = settled(lambda v: bias + weight * kernel(activation, v, v), mpmath.mpf("0.3"), dps)
        c, c_ratio = settled(lambda v: (bias + weight * kernel(activation, q, q * v)) / q, mpmath.mpf("0.6"), dps)
        return q, c, q_ratio, c_ratio


def settled(map_: Any, start: Any, dps: int) -> tuple[Any, Any]:
    """Where a map settles, and the ratio of successive changes when they are small against the working precision."""
    small = mpmath.mpf(10) ** (-3 * dps // 2)
    change, value = mpmath.mpf(1), start
    ratio = change
    while abs(change) > small:
        following = map_(value)
        ratio, change, value = (following - value) / change, following - value, following
    return value + change / (1 / ratio - 1), ratio


def iterated_kernel(dps: int, point: Point) -> list:
    """-1 over the logarithm of these ratios."""
    return [-1 / mpmath.log(r) for r in iterated(dps, point["phi"], point["sigma_w"], point["sigma_b"])[2:]]


def at_kernel(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula where the iteration settles."""
    q, c, *_ = iterated(20, point["phi"], point["sigma_w"], point["sigma_b"])
    found = candidate.numpy(phi=point["phi"], sigma_w=float(point["sigma_w"]), q_star=float(q), c_star=float(c))
    return [float(value) for value in found]


@functools.cache
def lattice(dps: int, sigma_w: float, sigma_b: float) -> tuple[float, float, float, float]:
    """The same for tanh, with both maps summed on a square lattice of the two Gaussians."""
    reach = 5.5 + dps / 4
    z = np.linspace(-reach, reach, 30 * dps)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()

    def settle(map_: Any, value: float) -> tuple[float, float]:
        values = [value, map_(value), map_(map_(value))]
        while abs(values[-1] - values[-2]) > 1e-6 * abs(values[-1]):
            values.append(map_(values[-1]))
        change = np.diff(values)
        return values[-1] + change[-1] / (change[-2] / change[-1] - 1), change[-1] / change[-2]

    q, q_ratio = settle(lambda v: sigma_b**2 + sigma_w**2 * float(weight @ np.tanh(np.sqrt(v) * z) ** 2), 1.0)
    here = weight * np.tanh(np.sqrt(q) * z)

    def correlation(c: float) -> float:
        field = np.tanh(np.sqrt(q) * (c * z[:, None] + np.sqrt(1 - c * c) * z))
        return (sigma_b**2 + sigma_w**2 * float(here @ field @ weight)) / q

    c, c_ratio = settle(correlation, 0.6)
    return q, c, q_ratio, c_ratio


def iterated_lattice(dps: int, point: Point) -> list:
    """Depths of tanh networks from the last ratios of successive changes."""
    return [-1 / np.log(ratio) for ratio in lattice(dps, float(point["sigma_w"]), float(point["sigma_b"]))[2:]]


def at_lattice(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula where the iteration on the lattice settles."""
    sigma_w = float(point["sigma_w"])
    q, c, *_ = lattice(8, sigma_w, float(point["sigma_b"]))
    return [float(value) for value in candidate.numpy(phi=point["phi"], sigma_w=sigma_w, q_star=q, c_star=c)]


def exact_depths(dps: int, point: Point) -> list[float]:
    """-2 over the logarithms of the slopes, over two layers behind N neurons, of length and of correlation."""
    width, q, c = float(point["N"]), finite_width.fixed_length(FINITE), finite_width.fixed_correlation(FINITE)

    def length(value: Any) -> Any:
        return finite_width.third_layer(width, FINITE, value, 1.0)

    def correlation(value: Any) -> Any:
        return finite_width.third_layer(width, FINITE, q, value) / length(q)

    return [-2 / np.log(finite_width.derivatives(*pair)[0]) for pair in ((length, q), (correlation, c))]


def wide_depths(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula for the same network."""
    q, c = finite_width.fixed_length(FINITE), finite_width.fixed_correlation(FINITE)
    return [float(v) for v in candidate.numpy(phi=SHIFTED, sigma_w=FINITE[0], q_star=q, c_star=c)]


def certified_depths(bits: int, point: Point) -> list[Any]:
    """Depths from the slopes of the closed maps of lengths and of correlations, as power series."""
    gain, q, fixed = numbers(point, "sigma_w", "q_star", "c_star")
    lengths = slope(lambda v: output_kernel(SHIFTED, v, v) * gain**2, q)
    correlations = slope(lambda c: output_kernel(SHIFTED, q * c, q) * (gain**2 / q), fixed)
    return [-1 / lengths.log(), -1 / correlations.log()]


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for the shifted sine."""
    return candidate.arb(bits, **point, phi=SHIFTED)


CLAIM = Claim(
    statement=correlation_depth.STATEMENT,
    checks=(
        Certified(
            name="certified power series of closed maps",
            reference=certified_depths,
            evaluate=of_shifted_sine,
            against="closed maps of the shifted sine as power series",
            bits=64,
            digits=12,
            values=("xi_q", "xi_c"),
            points=({"sigma_w": "1.2", "q_star": "0.4", "c_star": "0.53"},),
        ),
        Precision(
            name="closed kernels iterated",
            reference=iterated_kernel,
            against="ratios of successive changes of closed kernels, iterated in the chaotic and the ordered phase",
            points=(
                {"phi": SHIFTED, "sigma_w": "1.5", "sigma_b": "0.4"},
                {"phi": ERF, "sigma_w": "0.8", "sigma_b": "0.3"},
            ),
            digits=(14, 20),
            evaluate=at_kernel,
        ),
        Precision(
            name="maps of tanh iterated on a lattice",
            reference=iterated_lattice,
            against="ratios of successive deviations, iterated on a square lattice of two Gaussians",
            points=({"phi": TANH, "sigma_w": "2.5", "sigma_b": "0.3"},),
            digits=(6, 8),
            evaluate=at_lattice,
        ),
        _relaxation("chaotic", CHAOTIC),
        _relaxation("ordered", ORDERED),
        Rate(
            name="two layers of finite width",
            exact=exact_depths,
            against="the exact maps over two layers of the shifted sine behind N neurons",
            points=({},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=wide_depths,
        ),
    ),
    quantities=("xi_q", "xi_c"),
    convention="Depths count layers; sigma_w and sigma_b are standard deviations.",
    independence="Explicit networks of unequal widths with biases, started near their fixed points; differences of "
    "measured lengths and correlations, so that no fixed point enters the comparison.",
)
