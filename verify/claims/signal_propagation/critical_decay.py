"""Algebraic decay of correlation and length at criticality."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.signal_propagation import critical_decay
from numerics.measurement import Measurement
from numerics.signal_propagation.small_starts import remainders
from numerics.solvers.length import critical_line
from verify import certify
from verify.checks import Certified, FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError, Unsupported, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.references.mean_field import closed_averages, sech_chis

LENGTH, DEPTH = 1.5, 11  # q* of the simulated critical network, and a depth at which the formula is read


@functools.cache
def settings() -> dict[str, Any]:
    """What the experiment takes: tanh on the critical line at LENGTH, and at gain 1."""
    line = critical_line(nonlinearity(TANH), np.array(LENGTH))
    return {
        "activation": numpy_function(TANH),
        "correlated": (float(line.sigma_w), float(line.sigma_b), LENGTH),
        "unbiased": 1.0,
        "start": 0.2,
    }


def remainder(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What is left of small starts over layers times start: the start counts as layers that have gone before."""
    assert measured.axis is not None
    gone = DEPTH * candidate.numpy(phi=TANH, q_star=LENGTH, l=DEPTH)  # layers times deviation
    return gone[:, None] / (gone[:, None] + measured.axis)


def kernel(activation: Activation, q: Any, covariance: Any) -> Any:
    """E phi(u) phi(v) in closed form, for variances q and a covariance; ValueError where none is known here."""
    if activation is ERF:
        return 2 / mpmath.pi * mpmath.asin(2 * covariance / (1 + 2 * q))
    if activation is SIN:
        return (mpmath.exp(covariance - q) - mpmath.exp(-covariance - q)) / 2
    raise ValueError(f"no closed kernel for {activation.name}")


def increments(dps: int, point: Point) -> list:
    """Both decays from the increment, in one layer, of the inverse of a deviation far below the working precision."""
    phi, depth = point["phi"], int(point["l"])
    with mpmath.workdps(6 * dps):
        tiny = mpmath.mpf(10) ** (-2 * dps)
        w2, b2 = closed_averages(6 * dps, point)
        q = mpmath.mpf(point["q_star"])
        apart = 1 - (b2 + w2 * kernel(phi, q, q * (1 - tiny))) / q
        gain = 1 / mpmath.diff(lambda v: kernel(phi, v, v), 0)  # sigma_w^2 at which the length map starts with slope 1
        short = gain * kernel(phi, tiny, tiny)
        return [1 / (depth * (1 / after - 1 / tiny)) for after in (apart, short)]


def fast(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64, which is enough for a tolerance of ten digits."""
    try:
        found = candidate.numpy(phi=point["phi"], q_star=float(point["q_star"]), l=int(point["l"]))
    except (
        Unsupported
    ) as error:  # a wrong formula may divide by a derivative that is 0, or take the root of one below 0
        raise CandidateError("a derivative at zero gives no finite real value") from error
    return [float(value) for value in found]


def fourier_decay(bits: int, point: Point) -> list:
    """Both decays of tanh, with chi_2 from integrals over the Fourier transforms of sech^4 and sech^6."""
    with certify.precision(bits):
        q, depth = certify.ball(point["q_star"]), flint.arb(point["l"])
        first, second = sech_chis(flint.arb(1), q)
        return [2 * first / (second * q * depth), 1 / (2 * depth)]


CLAIM = Claim(
    statement=critical_decay.STATEMENT,
    checks=(
        Precision(
            name="increments of closed kernels",
            reference=increments,
            against="the increment in one layer of the inverse of a tiny deviation, from closed kernels",
            points=({"phi": SIN, "q_star": "0.83", "l": 7}, {"phi": ERF, "q_star": "1.37", "l": 12}),
            digits=(16, 24),
            evaluate=fast,
        ),
        FiniteSize(
            name="critical tanh networks",
            predict=remainder,
            quick=partial(remainders, layers=7, pairs=32, **settings()),
            full=partial(remainders, layers=10, pairs=32, **settings()),
            sizes=((50, 120), (100, 64), (200, 28)),
            full_sizes=((100, 2000), (200, 1000), (400, 400)),
            axis="layers times start",
            quantity="what is left of a small start",
            series=("1 - c, on the critical line", "length, without biases at gain 1"),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=fourier_decay,
            against="integrals over the Fourier transforms of sech^4 and sech^6",
            bits=100,
            digits=20,
            points=({"phi": TANH, "q_star": "1.5", "l": 11},),
        ),
    ),
    quantities=("1 - c^l", "q^l"),
    convention="A start that is not large counts as the layers in which the law would have come down to it.",
    independence="Explicit networks of unequal widths; from two starts at equal products of start and depth the first "
    "order of the start is removed, and no map is used.",
)
