"""What a further hidden neuron does to the test error, against integrated modes and students of all widths.

At high precision two modes are integrated to the same time and the distances of explicit matrices are subtracted.
Students of up to more neurons than the data have modes are trained by gradient descent at several learning rates,
which are extrapolated to zero; the error is the distance to the teacher itself.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import mode_logistic
from derivations.generalization import width_independence
from numerics.generalization.student_widths import changes_by_width, errors_over_time, errors_over_width
from numerics.generalization.students import Setting
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.generalization import WIDE
from verify.compile import Candidate, candidate
from verify.references.balls import arrival, mode, numbers, travel
from verify.references.layers_in_motion import two_layers
from verify.references.spiked_matrices import distance, held_at

FULL_WIDE = Setting(inputs=90, ratio=2 / 3, examples=140, widths=(1, 2, 5, 15, 40, 60, 100))
STARTS = (1e-1, 1e-2, 1e-4, 1e-8)

STOPPED = (
    {"s": "1.3", "shat": "2.7", "t": "0.6", "a_0": "0.031", "sbar": "2.3", "O": "0.37"},
    {"s": "0.7", "shat": "1.9", "t": "0.6", "a_0": "0.17", "sbar": "1.4", "O": "-0.23"},
    {"s": "1.6", "shat": "3.3", "t": "0.8", "a_0": "0.0053", "sbar": "3.1", "O": "0.071"},
)

smallest_errors = partial(errors_over_width, initials=STARTS)
COARSE_POINTS, FINE_POINTS = 60, 41
EARLY, LATE = -5.0, 5.0  # logarithm of a / (shat - a), between which the error is smallest


def changed_distance(dps: int, point: Point) -> Any:
    """Change of a student's squared distance to its teacher by a second mode, both modes integrated up to time t."""
    teacher, overlap = mpmath.mpf(point["sbar"]), mpmath.mpf(point["O"])
    reached = [mpmath.mpf(_integrated(dps, point["t"], point[name], point["a_0"])) for name in ("shat", "s")]
    p, q = mpmath.sqrt(abs(overlap)), mpmath.sign(overlap) * mpmath.sqrt(abs(overlap))
    return (distance(reached, teacher, p, q) - distance(reached[:1], teacher, p, q)) / teacher**2


@functools.lru_cache(maxsize=64)
def _integrated(dps: int, t: str, s: str, a_0: str) -> Any:
    return two_layers(dps, {"t": t, "s": s, "a_0": a_0, "tau": "1"})


def of_reached(formula: Candidate, dps: int, point: Point) -> Any:
    """The change stated, at the strength that the largest mode has reached by the time t."""
    reached = _integrated(dps, point["t"], point["shat"], point["a_0"])
    return formula.mpmath(dps, **{**{k: v for k, v in point.items() if k != "t"}, "a": reached})


def predicted_errors_over_width(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors, (teachers, initials, widths), for data of one replica."""
    given: Any = measured.given
    return _smallest(formula, given, np.asarray(measured.axis))[:, 0]


def predicted_changes_by_width(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors less that of the first width, (initials, widths - 1), averaged over replicas."""
    g: Any = measured.given
    each = {**g, "singular_values": g["singular_values"][None], "overlaps": g["overlaps"][None]}
    found = _smallest(formula, {**each, "teacher": np.array([g["teacher"]])}, g["width"])[0]
    return (found[..., 1:] - found[..., :1]).mean(axis=0)


def predicted_errors_over_time(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test errors, (teachers, initials, widths, T), for data of one replica."""
    g: Any = measured.given
    largest, start = g["singular_values"][:, :, :1], g["initial"][:, None]
    strength = candidate(mode_logistic.STATEMENT).numpy(
        t=measured.axis, s=largest[..., None], a_0=start, tau=1.0
    )  # (teachers, 1, initials, T)
    total = _totals(formula, g, strength)
    return np.stack([total[:, 0, :, held_at(g, width)] for width in g["width"]], axis=2)


def _totals(formula: Candidate, given: Any, strength: np.ndarray) -> np.ndarray:
    """Test errors of students that hold 1, 2, ... modes, (teachers, R, initials, modes, G).

    strength  of the largest mode, (teachers, R, initials, G). The largest mode alone leaves (a^2 + sbar^2 - 2 a sbar O)
    / sbar^2; the formula says what each further mode adds.
    """
    values, overlaps = (given[k][:, :, None, :, None] for k in ("singular_values", "overlaps"))
    teacher = given["teacher"][:, None, None, None, None]
    a = strength[:, :, :, None, :]
    first = 1 + (a**2 - 2 * teacher * overlaps[:, :, :, :1] * a) / teacher**2
    further = formula.numpy(
        s=values[:, :, :, 1:],
        shat=values[:, :, :, :1],
        a=a,
        a_0=given["initial"][:, None, None],
        sbar=teacher,
        O=overlaps[:, :, :, 1:],
    )
    return np.cumsum(np.concatenate([first, further], axis=3), axis=3)


def _smallest(formula: Candidate, given: Any, widths: np.ndarray) -> np.ndarray:
    """Smallest test errors along the way, (teachers, R, initials, widths): a coarse grid, a fine one, a parabola."""
    largest = given["singular_values"][:, :, None, :1]
    start = np.log(given["initial"][:, None] / (largest - given["initial"][:, None]))

    def totals(logit: np.ndarray) -> np.ndarray:
        return _totals(formula, given, largest / (1 + np.exp(-logit)))

    low = np.maximum(start, EARLY)
    coarse = low + (LATE - low) * np.linspace(0, 1, COARSE_POINTS)
    held = sorted({held_at(given, width) for width in widths})
    rough = totals(coarse)
    found = {}
    for k in held:
        best = np.argmin(rough[:, :, :, k], axis=-1)[..., None]
        middle = np.take_along_axis(coarse, np.clip(best, 1, COARSE_POINTS - 2), axis=-1)
        cell = (LATE - low) / (COARSE_POINTS - 1)
        fine = totals(middle + cell * np.linspace(-1, 1, FINE_POINTS))[:, :, :, k]
        at = np.clip(np.argmin(fine, axis=-1), 1, FINE_POINTS - 2)[..., None]
        before, here, after = (np.take_along_axis(fine, at + j, axis=-1)[..., 0] for j in (-1, 0, 1))
        bend = before - 2 * here + after
        with np.errstate(all="ignore"):
            vertex = here - (after - before) ** 2 / (8 * bend)
        found[k] = np.where((bend > 0) & (np.abs(after - before) <= 2 * bend), vertex, np.min(fine, axis=-1))
    return np.stack([found[held_at(given, width)] for width in widths], axis=-1)


def left_behind_at_most(formula: Candidate, measured: Measurement) -> float:
    """How much the modes that are left behind can change the error, in the mean over the data, (initials, widths - 1).

    While the largest mode grows by a factor g, a mode of singular value s grows by at most g^(s / shat): until the
    error turns at the strength sbar O, g is below shat a / (a_0 (shat - a)).
    """
    given: Any = measured.given
    values, overlaps, start = given["singular_values"], given["overlaps"], float(np.max(given["initial"]))
    largest, best = values[:, :1], given["teacher"] * overlaps[:, :1]
    strengths = start * (largest * best / (start * (largest - best))) ** (values[:, 1:] / largest)
    changes = strengths**2 + 2 * given["teacher"] * np.abs(overlaps[:, 1:]) * strengths
    return float(changes.sum(axis=1).mean()) / given["teacher"] ** 2


width_ladder = partial(
    Ladder,
    predict=predicted_errors_over_width,
    steps=(0.04, 0.02, 0.01),
    full_steps=(0.02, 0.01, 0.005, 0.0025),
    axis="number of hidden neurons N_2",
    quantity="smallest test error",
    series=tuple(f"start {start:g}" for start in STARTS),
)

added_neurons = partial(
    Replicas,
    predict=predicted_changes_by_width,
    replicas=8,
    axis="number of hidden neurons N_2",
    quantity="smallest test error less that of one neuron",
)


def certified_change(bits: int, point: Point) -> Any:
    """What a second mode adds to the squared distance, at the time at which the largest mode has its strength."""
    second, largest, strength, start, teacher, overlap = numbers(point, "s", "shat", "a", "a_0", "sbar", "O")
    time = travel(mode(largest, arb(1)), start, strength)
    reached = arrival(mode(second, arb(1)), start, time, point["near"])
    with_second = (teacher * overlap - reached) ** 2 - (teacher * overlap) ** 2
    return with_second / teacher**2


def without_guess(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=width_independence.STATEMENT,
    checks=(
        Certified(
            name="certified strength of a second mode",
            reference=certified_change,
            evaluate=without_guess,
            against="the second mode at the certified time of the largest one",
            values=("e_s",),
            points=(
                {
                    "s": "1.3",
                    "shat": "2.7",
                    "a": "1.4",
                    "a_0": "0.031",
                    "sbar": "2.3",
                    "O": "0.37",
                    "near": "0.2312",
                },
            ),
        ),
        Precision(
            name="distance of integrated modes",
            reference=changed_distance,
            points=STOPPED,
            evaluate=of_reached,
            against="distances of explicit matrices whose modes are integrated by Taylor series to the same time",
        ),
        width_ladder(
            name="students of a strong teacher",
            quick=partial(smallest_errors, setting=WIDE, teachers=(3.1,)),
            full=partial(smallest_errors, setting=FULL_WIDE, teachers=(3.1,)),
        ),
        width_ladder(
            name="students of a teacher near the threshold",
            quick=partial(smallest_errors, setting=WIDE, teachers=(1.5,)),
            full=partial(smallest_errors, setting=FULL_WIDE, teachers=(1.5,)),
        ),
        Ladder(
            name="test errors in training",
            predict=predicted_errors_over_time,
            steps=(0.04, 0.02, 0.01, 0.005),
            quick=partial(
                errors_over_time,
                setting=replace(WIDE, widths=(1, 16)),
                teachers=(3.1,),
                initials=(1e-1, 1e-4),
                times=tuple(np.arange(0.0, 3.01, 0.08)),
            ),
            axis="training time t / tau",
            quantity="test error",
            series=tuple(f"{n}, start {start}" for start in ("0.1", "1e-4") for n in ("1 neuron", "16 neurons")),
        ),
    ),
    printed={
        "E14": Ordeal(
            fails=added_neurons(
                name="start at 0.1",
                replicas=24,
                quick=partial(changes_by_width, setting=WIDE, teacher=3.1, initials=(0.1,), learning_rate=0.04),
            ),
            holds=added_neurons(
                name="start at 1e-24",
                quick=partial(changes_by_width, setting=WIDE, teacher=3.1, initials=(1e-24,), learning_rate=0.04),
                alike="from so small a start the errors of all widths are the same number in double precision",
                bias=left_behind_at_most,
                bias_note="what the other modes of these data add, as far as they have come from such a start",
            ),
        )
    },
    quantities=("e_s",),
    convention="Errors are relative to the teacher's squared singular value; time is in the unit of tau; the noise "
    "in the correlation has variance 1 / N_1.",
    independence="Students of all widths are trained entry by entry along the error's gradient, also with more "
    "hidden neurons than the data have modes; the error is the distance to the teacher itself.",
)
