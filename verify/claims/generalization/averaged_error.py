"""Densities of modes and of their overlaps with the teacher, against counted words, sampled data and students.

Place by place the densities meet series in Chebyshev polynomials whose coefficients are moments, counted as words of
teacher and noise without a resolvent; sampled data give sums over their modes. Students then follow the gradient flow
on noisy examples: their errors, which no density enters, must be the integrals that the densities give.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb, arb_series, fmpq_poly

from derivations.deep_linear import mode_logistic
from derivations.generalization import averaged_error, spiked_singular_values
from numerics.generalization.noisy_students import bulk_moments, mean_curves
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Approach, Certified, FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate
from verify.evidence import Path, Plane
from verify.references.balls import fraction, numbers
from verify.references.spiked_matrices import pole_of_the_data, times_of

BURIED = ((1.6, 0.5), (2.3, 2.0))  # teacher and outputs per input: much of these teachers is spread over the noise
NODES = 160  # of the integrals over the noise
INSIDE = tuple(  # of the noise: `place` runs from -1 to 1 along its squared singular values; middle first, then edges
    {"sbar": sbar, "A": ratio, "place": place}
    for sbar, ratio, place in (
        ("2.4", "1", "0.23"),
        ("2.6", "0.47", "0.37"),
        ("2.3", "1.7", "-0.31"),
        ("2.1", "0.47", "0.96"),
        ("2.9", "1.7", "-0.97"),
    )
)


def counted_densities(dps: int, point: Point) -> list:
    """Both densities at a place inside the noise, from moments that are counted as words of teacher and noise.

    A density over the noise is a series in Chebyshev polynomials of the second kind, whose coefficients are moments of
    these polynomials. The largest mode is taken off, with its place and overlaps from integrals over the noise's law.
    """
    ratio, place = mpmath.mpf(point["A"]), mpmath.mpf(point["place"])
    terms = int(mpmath.ceil(dps * mpmath.log(10) / mpmath.log(mpmath.mpf(point["sbar"]) ** 2 / mpmath.sqrt(ratio)))) + 2
    with mpmath.workdps(2 * dps + terms):  # polynomials of high degree cancel
        value, output, incoming = pole_of_the_data(mpmath.mp.dps, point)
        both, words = mpmath.sqrt(output * incoming), counted_words(point, terms)
        cross = [word - value ** (2 * k + 1) * both for k, word in enumerate(words)]  # sums of overlap s^(2k + 1)
        squares = [ratio * noise_moment(k + 1, ratio) for k in range(terms)]  # sums of s^(2k + 2) per input
        s = mpmath.sqrt(1 + ratio + 2 * mpmath.sqrt(ratio) * place)
        root = 2 * s / (mpmath.pi * mpmath.sqrt(ratio)) * mpmath.sqrt(1 - place**2)
        polynomials = [mpmath.chebyu(n, place) for n in range(terms)]
        sums = [mpmath.fdot(_chebyshev_moments(moments, ratio), polynomials) for moments in (cross, squares)]
        return [root * sums[0] / s, root * sums[1] / s**2]


def counted_words(point: Point, count: int) -> list:
    """ubar^T X X^T ... X vbar with 1, 3, 5, ... factors X of teacher and noise, averaged over the noise.

    Between two teachers stand products of an even number of noises, of outputs and of inputs in turn.
    """
    s, ratio = mpmath.mpf(point["sbar"]), mpmath.mpf(point["A"])
    of_outputs = [noise_moment(k, ratio) for k in range(count)]
    of_inputs = [moment * (ratio if k else 1) for k, moment in enumerate(of_outputs)]
    with certify.precision(mpmath.mp.prec + count, count):
        outputs, inputs = (arb_series(list(map(arb, gaps))) for gaps in (of_outputs, of_inputs))
        teacher = arb(s) * outputs * inputs  # a teacher, and a gap of each kind
        pair = arb_series([0, arb(s) ** 2]) * outputs * inputs  # two teachers more, and their gaps
        words = teacher / (1 - pair)  # entry j: words of length 2 j + 1
        return [mpmath.mpf(words[j]) for j in range(count)]


def noise_moment(k: int, ratio: Any) -> Any:
    """(1 / N_3) tr (Z Z^T)^k in large layers: pairings that do not cross, counted by Narayana numbers."""
    if k == 0:
        return mpmath.mpf(1)
    counted = [math.comb(k, j) * math.comb(k - 1, j) // (j + 1) for j in range(k)]
    return mpmath.fdot(counted, [ratio**j for j in range(k)])


def _chebyshev_moments(moments: list, ratio: Any) -> list:
    """Moments of U_n((s^2 - 1 - A) / (2 sqrt(A))) from those of s^(2k), by the polynomials' recursion."""
    before, now = [mpmath.mpf(0)] * len(moments), list(moments)
    found = []
    while now:
        found.append(now[0])
        raised = zip(now[1:], now[:-1], before[: len(now) - 1], strict=True)
        before, now = now, [(up - (1 + ratio) * here) / mpmath.sqrt(ratio) - back for up, here, back in raised]
    return found


def stated_densities(formula: Candidate, dps: int, point: Point) -> list:
    """Both densities stated at that place."""
    ratio = mpmath.mpf(point["A"])
    s = mpmath.sqrt(1 + ratio + 2 * mpmath.sqrt(ratio) * mpmath.mpf(point["place"]))
    return formula.mpmath(dps, s=s, sbar=point["sbar"], A=point["A"])


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
            x_label="training time t / tau",
            y_label="relative error",
            paths=(
                path("with the overlaps inside the noise", 0, with_overlaps, points),
                path("without them", 1, without),
            ),
        ),
    )


def certified_densities(bits: int, point: Point) -> list[Any]:
    """Both densities at s from the complex root h of w h^2 - (w + 1 - A) h + 1 = 0 at w = s^2, the resolvent per input.

    With a teacher the resolvent between its vectors is sbar D / (1 - sbar^2 D), where D is h times that per output.
    """
    teacher, s, ratio = numbers(point, "sbar", "s", "A")
    level, outputs = fraction(point["s"]) ** 2, fraction(point["A"])
    roots: Any = fmpq_poly([1, -(level + 1 - outputs), level]).complex_roots()
    each = next(z for z, _ in roots if z.imag < 0)
    product = each * (s**2 * each + ratio - 1) / ratio
    between = teacher * product / (1 - teacher**2 * product)
    return [-2 * between.imag / flint.arb.pi(), -2 * s * each.imag / flint.arb.pi()]


CLAIM = Claim(
    statement=averaged_error.STATEMENT,
    checks=(
        Certified(
            name="certified resolvents",
            reference=certified_densities,
            against="complex roots of the equation of the resolvent, above the noise's singular values",
            values=("c", "rho"),
            points=({"sbar": "2.4", "s": "1.3", "A": "0.61"}, {"sbar": "2.3", "s": "0.9", "A": "1.7"}),
        ),
        Precision(
            name="words of teacher and noise",
            reference=counted_densities,
            points=INSIDE,
            evaluate=stated_densities,
            against="Chebyshev series whose coefficients are counted words, less the largest mode",
            digits=(16, 26),
        ),
        FiniteSize(
            name="modes of sampled data",
            predict=sampled_moments,
            size_name="inputs",
            quick=partial(
                bulk_moments,
                teachers=BURIED,
                cross_powers=(1, 3),
                powers=(2, 4),
                examples_per_input=1.0,
            ),
            sizes=((44, 820), (60, 620), (80, 470), (108, 340)),
            full_sizes=((48, 4900), (64, 3800), (88, 2700), (120, 1900)),
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
            terms=2,
            sizes=((24, 120), (36, 80), (50, 60), (70, 40)),
            full_sizes=((40, 120), (60, 80), (80, 60), (120, 40)),
            axis="training time t / tau",
            quantity="mean over the noise",
            series=(
                "student between the teacher's directions",
                "squared length per input",
                "squared training error per input",
            ),
            picture=picture_of_test_error,
        ),
        Approach(
            name="modes of little data",
            predict=sampled_moments,
            size_name="inputs",
            quick=partial(
                bulk_moments,
                teachers=((4.0, 0.5), (4.0, 2.0)),
                cross_powers=(1, 3),
                powers=(2, 4),
                examples_per_input=1.0,
            ),
            sizes=((10, 600), (40, 600)),
        ),
    ),
    quantities=("c(s)", "rho(s)"),
    convention="The noise in a label has variance 1 / N_1, A counts outputs per input, and sums over modes leave "
    "out the largest one.",
    independence="Data are sampled, and all entries of both matrices follow the gradient flow of the loss on "
    "noisy examples; no resolvent and no singular vector enters the errors.",
)
