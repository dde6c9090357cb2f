"""Densities of the modes and of their overlaps with the teacher."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from derivations.generalization import averaged_error, spiked_singular_values
from numerics.generalization.noisy_students import bulk_moments, mean_curves
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.generalization import TEACHERS
from verify.compile import Candidate, candidate
from verify.evidence import Path, Plane
from verify.references.spiked_matrices import pole_of_the_data, times_of

CROSS_POWERS, POWERS = (1, 3, 5), (2, 4)
NODES = 160


def far_from_threshold(point: Point) -> bool:
    """Whether the pole of the data is so far from the noise that the trapezoid rule converges fast."""
    return float(point["sbar"]) > 1.5 * float(point["A"]) ** 0.25


def moments_of_words(dps: int, point: Point) -> list:
    """Sums of overlap times s^k, and of s^k per input, over the modes inside the noise, by counting words.

    ubar^T X X^T ... X vbar is expanded in words of teacher and noise; between two teachers stand products of an even
    number of noises, whose averages are the moments of the Marchenko-Pastur law (Narayana numbers). The largest mode is
    taken off, with its place and overlaps from integrals over that law.
    """
    s, ratio = mpmath.mpf(point["sbar"]), mpmath.mpf(point["A"])
    value, output, incoming = pole_of_the_data(dps, point)

    def noise(k: int) -> Any:  # per output; (1/N_3) tr (Z Z^T)^k
        if k == 0:
            return mpmath.mpf(1)
        return mpmath.fsum(mpmath.binomial(k, j) * mpmath.binomial(k - 1, j) / (j + 1) * ratio**j for j in range(k))

    half = (max(CROSS_POWERS) + 1) // 2
    gaps = [[noise(k) for k in range(half)], [noise(k) * (ratio if k else 1) for k in range(half)]]
    words = [mpmath.mpf(0)] * half  # coefficient j: words of length 2 j + 1
    series = [mpmath.mpf(1)] + [mpmath.mpf(0)] * (half - 1)
    for teachers in range(half):  # 2 teachers + 1 of them, and as many gaps of each kind as pairs, plus one
        for kind in gaps:
            series = [mpmath.fdot((series[i], kind[j - i]) for i in range(j + 1)) for j in range(half)]
        for j in range(half - teachers):
            words[j + teachers] += s ** (2 * teachers + 1) * series[j]
    both = mpmath.sqrt(output * incoming)
    cross = [words[(k - 1) // 2] - value**k * both for k in CROSS_POWERS]
    return [*cross, *(ratio * noise(k // 2) for k in POWERS)]


def integrated_moments(formula: Candidate, dps: int, point: Point) -> list:
    """The same sums as integrals of the densities, in double precision."""
    places, *weighted = _densities(formula, float(point["sbar"]), float(point["A"]))
    return [
        mpmath.mpf(float(np.sum(density * places**k)))
        for density, powers in zip(weighted, (CROSS_POWERS, POWERS), strict=True) for k in powers
    ]  # fmt: skip


def _densities(formula: Candidate, teacher: Any, ratio: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes inside the noise, and both densities times weights there, each (..., nodes).

    The midpoint rule over the angle of s^2 converges geometrically, at the rate of the nearest pole.
    """
    ratio, teacher = np.asarray(ratio, dtype=float)[..., None], np.asarray(teacher, dtype=float)[..., None]
    angles = (np.arange(NODES) + 0.5) * np.pi / NODES
    places = np.sqrt(1 + ratio + 2 * np.sqrt(ratio) * np.cos(angles))
    cross, density = formula.numpy(s=places, sbar=teacher, A=ratio)
    weights = np.pi / NODES * np.sqrt(ratio) * np.sin(angles) / places
    return places, cross * weights, density * weights


def sampled_moments(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Sums over the modes inside the noise of each teacher, (teachers, cross powers and powers)."""
    g = measured.given
    places, cross, density = _densities(formula, g["teacher"], g["ratio"])
    sums = [(cross * places**k).sum(axis=-1) for k in np.asarray(g["cross_powers"])]
    return np.stack([*sums, *((density * places**k).sum(axis=-1) for k in np.asarray(g["powers"]))], axis=1)


@functools.cache
def _known() -> tuple[Candidate, Candidate]:
    return candidate(mode_logistic.STATEMENT), candidate(spiked_singular_values.STATEMENT)


def averaged_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Signal, and squared length and squared training error per input, at infinite size, (3, T)."""
    g, curve, spike = measured.given, *_known()
    found, output, incoming = (float(part) for part in spike.numpy(sbar=g["teacher"], A=g["ratio"]))
    places, cross, density = _densities(formula, g["teacher"], g["ratio"])
    known = {"t": times_of(measured)[:, None], "a_0": g["initial"], "tau": g["tau"]}
    inside, largest = curve.numpy(s=places, **known), curve.numpy(s=found, **known)[:, 0]
    signal = largest * np.sqrt(output * incoming) + inside @ cross
    left = np.sum((places - inside) ** 2 * density, axis=1)
    return np.stack([signal, inside**2 @ density, left])


def picture_of_test_error(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Mean test error over time at the largest number of inputs, with and without the overlaps inside the noise."""
    g = measured.given
    signal, length, _ = averaged_curves(formula, measured)
    found, output, incoming = (float(part) for part in _known()[1].numpy(sbar=g["teacher"], A=g["ratio"]))
    curve = _known()[0].numpy(t=measured.axis, s=found, a_0=g["initial"], tau=g["tau"])
    teacher, times = float(g["teacher"]), tuple(map(float, times_of(measured)))
    square = curve**2 + g["inputs"] * length

    def path(label: str, group: int, values: np.ndarray, measured: Any = ((), ())) -> Path:
        return Path(label=label, group=group, theory=(times, tuple(map(float, values))), measured=measured)

    with_overlaps = 1 - 2 * signal / teacher + square / teacher**2
    without = 1 - 2 * curve * np.sqrt(output * incoming) / teacher + square / teacher**2
    points = (times, tuple(map(float, np.asarray(g["test_error"]))))
    return (
        Plane(
            title=f"test error at {int(g['inputs'])} inputs (lines: leading order in their number)",
            x_label="time", y_label="relative error",
            paths=(
                path("with the overlaps inside the noise", 0, with_overlaps, points),
                path("without them", 1, without),
            ),
        ),
    )  # fmt: skip


CLAIM = Claim(
    statement=averaged_error.STATEMENT,
    checks=(
        Precision(
            name="words of teacher and noise",
            reference=moments_of_words,
            count=2,
            evaluate=integrated_moments,
            parameters=spiked_singular_values.STATEMENT.parameters,
            constraint=far_from_threshold,
            against="moments counted by words, less the largest mode",
            digits=(16, 26),
        ),
        FiniteSize(
            name="modes of sampled data",
            predict=sampled_moments,
            size_name="inputs",
            quick=partial(
                bulk_moments,
                teachers=TEACHERS,
                cross_powers=(1, 3),
                powers=(2, 4),
                examples_per_input=1.2,
            ),
            sizes=((32, 200), (48, 120), (64, 80), (96, 40)),
            full_sizes=((80, 600), (120, 400), (160, 300), (240, 200)),
        ),
        FiniteSize(
            name="students in training",
            predict=averaged_curves,
            size_name="inputs",
            quick=partial(
                mean_curves,
                strength=1.6,
                ratio=0.5,
                hidden=0.6,
                initial=0.013,
                tau=1.3,
                step=0.125,
                times=tuple(np.arange(0.5, 4.6, 0.5)),
            ),
            sizes=((24, 140), (36, 100), (50, 70), (70, 45)),
            full_sizes=((40, 400), (60, 300), (80, 200), (120, 150)),
            axis="time",
            quantity="mean over the noise",
            series=(
                "student between the teacher's directions",
                "squared length per input",
                "squared training error per input",
            ),
            picture=picture_of_test_error,
        ),
    ),
    convention="The noise in a label has variance 1 / N_1, A counts outputs per input, and sums over modes leave "
    "out the largest one.",
    independence="Data are sampled, and all entries of both matrices follow the gradient flow of the loss on "
    "noisy examples; no resolvent and no singular vector enters the errors.",
)
