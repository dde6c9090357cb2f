"""Algebraic decay of correlation and length at criticality.

Small distances and lengths pass through explicit critical networks, and what is left of them is compared with the law,
in which a start counts as the layers in which the law would have come down to it. No map is used, and the activation
of the first law is neither odd nor even; that of the second has to be odd. At high precision the increment of the
inverse of a tiny deviation in one layer, from closed kernels, gives the law's coefficient.

The maps of closed kernels are also iterated layer by layer from a start that is not small: what the law leaves out
falls like ln(l) / l, as stated, and neither like 1 / l nor with another power of the logarithm.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb_series

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.signal_propagation import critical_decay
from numerics.measurement import Measurement
from numerics.signal_propagation.small_starts import remainders
from numerics.solvers.length import critical_line
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError, Unsupported, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, closed_averages, output_kernel

LENGTH, DEPTH = 1.3, 11  # q* of the simulated critical network, and a depth at which the formula is read
START, DEPTHS = 0.9, ("30", "100", "300", "1000")  # of the iterated maps: 1 - c and q at the start


@functools.cache
def settings() -> dict[str, Any]:
    """What the experiment takes: the shifted sine on its critical line at LENGTH, and tanh at gain 1."""
    line = critical_line(nonlinearity(SHIFTED), np.array(LENGTH))
    return {
        "correlated": (numpy_function(SHIFTED), float(line.sigma_w), float(line.sigma_b), LENGTH),
        "unbiased": (numpy_function(TANH), 1.0),
    }


def remainder(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What is left of small starts: a start counts as layers that have gone before."""
    assert measured.axis is not None
    starts = np.asarray(measured.given["starts"])[:, None]
    both = [candidate.numpy(phi=phi, q_star=LENGTH, l=DEPTH)[k] for k, phi in enumerate((SHIFTED, TANH))]
    gone = DEPTH * np.array(both)[:, None]  # layers times deviation
    return gone / (gone + starts * measured.axis)


def kernel(activation: Activation, q: Any, covariance: Any) -> Any:
    """E phi(u) phi(v) in closed form, for variances q and a covariance; ValueError where none is known here."""
    if activation is ERF:
        return 2 / mpmath.pi * mpmath.asin(2 * covariance / (1 + 2 * q))
    if activation in (SIN, SHIFTED):  # half of cos(u - v) - cos(u + v + 2 shift), averaged
        twist = mpmath.cos(mpmath.mpf(7) / 5) if activation is SHIFTED else 1
        return (mpmath.exp(covariance - q) - twist * mpmath.exp(-covariance - q)) / 2
    raise ValueError(f"no closed kernel for {activation.name}")


def increments(dps: int, point: Point) -> list:
    """Both decays from the increment, in one layer, of the inverse of a deviation far below the working precision.

    The first is that of the point's activation, the second that of an odd one.
    """
    phi, odd, depth = point["phi"], point["odd"], int(point["l"])
    with mpmath.workdps(6 * dps):
        tiny = mpmath.mpf(10) ** (-2 * dps)
        w2, b2 = closed_averages(6 * dps, point)
        q = mpmath.mpf(point["q_star"])
        apart = 1 - (b2 + w2 * kernel(phi, q, q * (1 - tiny))) / q
        gain = 1 / mpmath.diff(lambda v: kernel(odd, v, v), 0)  # sigma_w^2 at which the length map starts with slope 1
        short = gain * kernel(odd, tiny, tiny)
        return [1 / (depth * (1 / after - 1 / tiny)) for after in (apart, short)]


def laws(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """Both laws in float64, each for its activation; that is enough for a tolerance of ten digits."""
    found = []
    for number, activation in enumerate((point["phi"], point["odd"])):
        try:
            values = candidate.numpy(phi=activation, q_star=float(point["q_star"]), l=int(point["l"]))
        except (
            Unsupported
        ) as error:  # a wrong formula may divide by a derivative that is 0, or take the root of one < 0
            raise CandidateError("a derivative at zero gives no finite real value") from error
        found.append(float(values[number]))
    return found


@functools.cache
def iterated(activation: Activation, length: float) -> tuple[dict[int, float], dict[int, float]]:
    """1 - c of the shifted sine on its critical line, and q of the sine at gain 1, after each of DEPTHS."""
    wide, odd = {}, {}
    twist = math.cos(1.4) * math.exp(-2 * length)
    scale = 1 / (length * (1 + twist))  # sigma_w^2 / (2 q*)
    apart = short = START
    for layer in range(1, max(map(int, DEPTHS)) + 1):
        apart = scale * (twist * math.expm1(length * apart) - math.expm1(-length * apart))
        short = -math.expm1(-2 * short) / 2
        if str(layer) in DEPTHS:
            wide[layer], odd[layer] = apart, short
    return wide, odd


def iterated_maps(dps: int, point: Point) -> list[float]:
    """Depth times what is left after so many layers of closed kernels."""
    depth = int(point["l"])
    return [depth * left[depth] for left in iterated(point["phi"], float(point["q_star"]))]


def laws_times_depth(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """Depth times the laws."""
    return [int(point["l"]) * value for value in laws(candidate, dps, point)]


def certified_decay(bits: int, point: Point) -> list[Any]:
    """Deviations that obey x -> x - b x^2 are 1 / (b l): b from power series of closed kernels at criticality."""
    q, layer = numbers(point, "q_star", "l")
    distance = arb_series([q, -q], prec=3)  # of the fields' covariance, by 1 - c
    kernel = output_kernel(SHIFTED, distance, q)
    length = (1 - (arb_series([0, -2], prec=3)).exp()) / 2  # E sin^2 by q
    return [-kernel[1] / (kernel[2] * layer), -length[1] / (length[2] * layer)]


def of_sines(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """Correlations of the shifted sine, lengths of the sine."""
    return [candidate.arb(bits, **point, phi=activation)[k] for k, activation in enumerate((SHIFTED, SIN))]


CLAIM = Claim(
    statement=critical_decay.STATEMENT,
    checks=(
        Certified(
            name="certified power series of closed kernels",
            reference=certified_decay,
            evaluate=of_sines,
            against="power series of closed kernels",
            values=("1 - c^l", "q"),
            points=({"q_star": "0.83", "l": "30"}, {"q_star": "1.7", "l": "410"}),
        ),
        Precision(
            name="increments of closed kernels",
            reference=increments,
            against="the increment in one layer of the inverse of a tiny deviation, from closed kernels",
            points=(
                {"phi": SHIFTED, "odd": SIN, "q_star": "0.83", "l": 7},
                {"phi": ERF, "odd": ERF, "q_star": "1.37", "l": 12},
            ),
            digits=(16, 24),
            evaluate=laws,
        ),
        FiniteSize(
            name="critical networks",
            predict=remainder,
            quick=partial(remainders, layers=6, pairs=16, starts=(0.2, 0.04), **settings()),
            full=partial(remainders, layers=10, pairs=32, starts=(0.15, 0.02), **settings()),
            sizes=((92, 140), (180, 76), (360, 36)),  # in narrower ones the second power of 1/N shows
            full_sizes=((152, 440), (300, 132), (600, 60)),
            axis="layer l",
            quantity="what is left of a small start",
            series=("1 - c^l, on the critical line", "length, without biases at gain 1"),
        ),
        Rate(
            name="closed kernels iterated",
            exact=iterated_maps,
            against="depth times what is left after so many layers of closed kernels",
            points=({"phi": SHIFTED, "odd": SIN, "q_star": "1.3"},),
            values=DEPTHS,
            digits=14,
            evaluate=laws_times_depth,
        ),
    ),
    quantities=("1 - c^l", "q^l"),
    convention="A start that is not large counts as the layers in which the law would have come down to it.",
    independence="Explicit networks of unequal widths; what they leave of a start is divided by what the same networks "
    "leave of a vanishing one, and from two starts at equal products of start and depth the first order of the start "
    "is removed. No map is used.",
)
