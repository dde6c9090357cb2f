"""Code lengths of grey levels under a model, against the density of scaled levels with noise.

The reference integrates a smooth model density, and a Gaussian, over every level; the experiment codes sampled levels.
"""

from __future__ import annotations

import math
from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import bits_per_dimension
from numerics.diffusion.levels import code_lengths
from numerics.measurement import Measurement
from verify.checks import Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

NODES, WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(12))  # within a level, from -1/2 to 1/2


def density(place: np.ndarray, length: float) -> np.ndarray:
    """A smooth density on a range of a length, (1 + cos/2)/length."""
    return (1 + 0.5 * np.cos(2 * np.pi * place / length) + 0.2 * np.sin(4 * np.pi * place / length)) / length


def levels(point: Point) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Densities within every level, (N, nodes), chances of the levels, and length and width."""
    count, length = int(float(point["N"])), float(point["R_x"])
    width = length / count
    place = (np.arange(count)[:, None] + 0.5 + NODES) * width
    inside = density(place, length)
    return inside, width * inside @ WEIGHTS, length, width


def coded(dps: int, point: Point) -> list:
    """Mean of minus log2 of the chance of a level, by the chances themselves, and the bits of a Gaussian."""
    _, chances, _, _ = levels(point)
    return [float(-chances @ np.log2(chances)), *gaussian_bits(point)]


def gaussian_bits(point: Point) -> list[float]:
    """Mean of minus log2 of the chance that a rounded Gaussian is in a level, and of its density at noisy levels."""
    width = float(point["R_x"]) / int(float(point["N"])) / float(point["s_x"])  # in standard deviations
    place = np.arange(-int(9 / width), int(9 / width) + 1) + 0.3  # lower edges of levels, the mean is in none's middle
    chances = np.array([math.erfc(k * width / math.sqrt(2)) - math.erfc((k + 1) * width / math.sqrt(2)) for k in place])
    chances = np.maximum(chances / 2, 1e-300)
    square = float(chances @ ((place + 0.5) ** 2 + 1 / 12)) * width**2
    return [float(-chances @ np.log2(chances)), math.log2(2 * math.pi / width**2) / 2 + square / math.log(4)]


def stated(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula, with the means of minus log density and of its squared slope over noisy levels."""
    inside, chances, length, width = levels(point)
    step = 1e-4 * length
    place = (np.arange(len(chances))[:, None] + 0.5 + NODES) * width
    slope = (np.log(density(place + step, length)) - np.log(density(place - step, length))) / (2 * step)
    nats, square = (float(chances @ (values @ WEIGHTS)) for values in (-np.log(inside), slope**2))
    values = candidate.numpy(H_x=nats, N=float(len(chances)), R_x=length, J_x=square, s_x=float(point["s_x"]))
    return [mpmath.mpf(float(value)) for value in values]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Bits less the nats over ln 2, the formula with the mean of minus log density put to zero; bits of a Gaussian."""
    given = measured.given
    return candidate.numpy(H_x=0.0, N=given["numbers"], R_x=given["lengths"], J_x=given["slopes"], s_x=given["spreads"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The next order in the width of a level, which for a Gaussian model is known.

    With w^2 J = r the cumulants of log p within a level add r^2 (1/1440 - 1/720 - 1/960) nats, and the mean of the
    squared slope over a level, for that in its middle, -r^2/288: together 0.0076 r^2 bits. The bits of a Gaussian are
    r^2/576 nats fewer, r the square of the width over its variance; those of its density are exact but for what is less
    than any power of r.
    """
    widths = np.asarray(measured.given["lengths"]) / np.asarray(measured.given["numbers"])
    any_data = (widths**2 * np.asarray(measured.given["slopes"])) ** 2 * 0.0076 + 1e-6
    own = (widths / np.asarray(measured.given["spreads"])) ** 4 / (576 * np.log(2))
    return np.stack([any_data, own, np.zeros_like(own)])


coding = partial(code_lengths, spread=0.13)


def ranges(name: str, *scaled: tuple[int, tuple[float, float]]) -> Replicas:
    """Numbers of levels and the ranges to which they are scaled."""
    run = partial(coding, numbers=tuple(n for n, _ in scaled), ranges=tuple(r for _, r in scaled))
    return Replicas(
        name=name,
        predict=predicted,
        replicas=24,
        full_replicas=64,
        quick=partial(run, examples=4000),
        full=partial(run, examples=20_000),
        bias=bias,
        bias_note="the next order in the width of a level",
    )


WIDE = ranges("levels in several ranges", (256, (-1.0, 1.0)), (10, (-1.0, 1.0)), (32, (0.0, 0.7)), (14, (-1.5, 1.5)))

CLAIM = Claim(
    statement=bits_per_dimension.STATEMENT,
    checks=(
        Rate(
            name="finer and finer levels",
            exact=coded,
            evaluate=stated,
            points=({"R_x": "2.6", "s_x": "0.61"}, {"R_x": "0.7", "s_x": "0.13"}),
            values=("12", "18", "27", "40"),
            digits=16,
            against="the mean code length of the levels, from their chances",
        ),
        WIDE,
    ),
    quantities=("b_x", "b_G", "d_G"),
    convention="Bits per dimension of the levels; densities in scaled units, nats.",
    independence="Levels are drawn and coded by their probabilities; the density of noisy levels is taken beside it.",
    printed={
        "U30": Ordeal(fails=WIDE, holds=ranges("levels in ranges of length 1", (256, (0.0, 1.0)), (16, (-0.5, 0.5))))
    },
)
