"""What a further neuron does in deep students, against the integrated escape of their largest mode and training.

The time of escape of equal layers is integrated from a start sixty decades below, and from starts that are made
fainter, which shows the rate; distances are those of explicit matrices. Students of four and five layers follow the
gradient flow entry by entry: strengths of the modes left behind are extrapolated to no start at all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.generalization import deep_width_independence
from numerics.generalization.mode_escape import other_mode_strengths
from numerics.generalization.student_widths import changes_by_width
from numerics.generalization.students import Setting
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.generalization import WIDE
from verify.compile import Candidate
from verify.references.spiked_matrices import distance, held_at

DEEP_POINTS = (
    {"N_l": 4, "s": "1.3", "shat": "2.7", "a_0": "0.31", "sbar": "2.3", "O": "0.37"},
    {"N_l": 5, "s": "0.7", "shat": "1.9", "a_0": "0.17", "sbar": "1.4", "O": "-2.3e-60"},
    {"N_l": 6, "s": "1.6", "shat": "3.3", "a_0": "0.53", "sbar": "3.1", "O": "7.1e-61"},
)

# at twice this learning rate the error of the Runge-Kutta steps, 1.5e-6, is four times what five rungs leave unknown
modes_left_behind = partial(other_mode_strengths, teacher=3.1, learning_rate=0.03)
DEEP_WIDE = replace(WIDE, matrices=4)
deep_changes = partial(changes_by_width, teacher=3.1, learning_rate=0.04)
FIVE, FOUR = (Setting(inputs=11, ratio=8 / 11, examples=24, widths=(13,), matrices=m) for m in (4, 3))
FULL_FIVE, FULL_FOUR = (Setting(inputs=60, ratio=2 / 3, examples=100, widths=(50,), matrices=m) for m in (4, 3))
FAINTER = tuple({"N_l": n, "s": "1.3", "shat": "2.7", "sbar": "2.3", "O": "0.37"} for n in (4, 5, 7))
FAINTEST = 60  # digits by which the start lies below 1, so that the order above the leading one is not seen


def deep_neuron(dps: int, point: Point) -> list:
    """The same from a start that is FAINTEST digits fainter."""
    return escaped(dps, {**point, "a_0": mpmath.mpf(point["a_0"]) / mpmath.mpf(10) ** FAINTEST})


def escaped(dps: int, point: Point) -> list:
    """Strength of a mode, and change of the squared distance to the teacher, when a larger mode has escaped.

    Layers of equal strength w descend half the squared error; their time is integrated over v = w^(2 - d).
    """
    d = point["N_l"] - 1
    teacher, overlap, a_0 = (mpmath.mpf(point[name]) for name in ("sbar", "O", "a_0"))
    start, power = a_0 ** (mpmath.mpf(2 - d) / d), mpmath.mpf(d) / (2 - d)

    def duration(value: Any, end: Any) -> Any:  # until v, which falls, is `end` times what it was
        return mpmath.quad(lambda share: 1 / (value - (share * start) ** power), [end, 1])

    shat, s = mpmath.mpf(point["shat"]), mpmath.mpf(point["s"])
    escape = duration(shat, (shat / 2) ** (1 / power) / start)
    share = mpmath.findroot(
        lambda end: duration(s, end) / escape - 1,
        (mpmath.mpf("0.4"), mpmath.mpf("0.5")),
        tol=mpmath.mpf(10) ** (8 - 2 * dps),
    )
    strength = (share * start) ** power
    with mpmath.workdps(dps + 2 * FAINTEST + 20):  # the change is as faint as the start
        p, q = mpmath.sqrt(abs(overlap)), mpmath.sign(overlap) * mpmath.sqrt(abs(overlap))
        change = distance([shat / 2, strength], teacher, p, q) - distance([shat / 2], teacher, p, q)
    return [strength, change / teacher**2]


def deep_formula(formula: Candidate, dps: int, point: Point) -> list:
    """The strength and the change stated, at the faint start of the reference."""
    a_0 = mpmath.mpf(point["a_0"]) / mpmath.mpf(10) ** FAINTEST
    return formula.mpmath(dps, **{**point, "a_0": a_0})


def growth_left_behind(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths over initial strengths of the modes that have been left behind."""
    g: Any = measured.given
    start = 1e-3
    return formula.numpy(s=measured.axis, shat=g["shat"], N_l=g["layers"], a_0=start, sbar=1.3, O=0.3)[0] / start


def predicted_deep_changes(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors less that of the first width, (initials, widths - 1), averaged over replicas."""
    return _deep_terms(formula, measured, lambda strength, change: change)


def _deep_terms(formula: Candidate, measured: Measurement, term: Any) -> np.ndarray:
    g: Any = measured.given
    values, overlaps = g["singular_values"][:, None], g["overlaps"][:, None]
    strength, change = formula.numpy(
        s=values[..., 1:],
        shat=values[..., :1],
        N_l=g["layers"],
        a_0=g["initial"][:, None],
        sbar=g["teacher"],
        O=overlaps[..., 1:],
    )
    sums = np.cumsum(term(strength, change), axis=-1).mean(axis=0)
    return np.stack([sums[:, held_at(g, width) - 1] for width in g["width"][1:]], axis=-1)


def left_behind_at_most(formula: Candidate, measured: Measurement) -> float:
    """How much the modes that are left behind can change the error, in the mean over the data.

    The largest of d layers of strength w_0 escapes after the time tau w_0^(2 - d) / (shat (d - 2)); a smaller mode that
    grew without an end would grow by (1 - s / shat)^(-d / (d - 2)) in it. Both are right up to powers of the start.
    """
    given: Any = measured.given
    values, overlaps, start = given["singular_values"], given["overlaps"], float(np.max(given["initial"]))
    matrices = given["layers"] - 1
    strengths = start * (1 - values[:, 1:] / values[:, :1]) ** (-matrices / (matrices - 2))
    changes = strengths**2 + 2 * given["teacher"] * np.abs(overlaps[:, 1:]) * strengths
    return float(changes.sum(axis=1).mean()) / given["teacher"] ** 2


start_ladder = partial(
    Ladder,
    predict=growth_left_behind,
    axis="singular value s",
    quantity="mode strength a / a_0",
    series=("modes left behind",),
    steps=(0.08, 0.04, 0.02, 0.01),
    full_steps=(0.08, 0.04, 0.02, 0.01, 0.005),
)

added_deep_neurons = partial(
    Replicas,
    predict=predicted_deep_changes,
    replicas=8,
    axis="number of hidden neurons in a layer",
    quantity="smallest test error less that of one neuron",
)

CLAIM = Claim(
    statement=deep_width_independence.STATEMENT,
    checks=(
        Precision(
            name="integrated layers from a start of 1e-60",
            reference=deep_neuron,
            points=DEEP_POINTS,
            evaluate=deep_formula,
            digits=(20, 30),
            against="the time of escape of equal layers, integrated, and distances of explicit matrices",
        ),
        Rate(
            name="modes left behind from fainter and fainter starts",
            exact=escaped,
            points=FAINTER,
            values=("1e-12", "1e-20", "1e-30", "1e-45"),
            digits=45,
            against="the time of escape of equal layers, integrated, and distances of explicit matrices",
        ),
        start_ladder(
            name="students of five layers",
            quick=partial(modes_left_behind, setting=FIVE, power=2),
            full=partial(modes_left_behind, setting=FULL_FIVE, power=2),
        ),
        start_ladder(
            name="students of four layers",
            quick=partial(modes_left_behind, setting=FOUR, power=3),
            full=partial(modes_left_behind, setting=FULL_FOUR, power=3),
        ),
    ),
    printed={
        "E14": Ordeal(
            fails=added_deep_neurons(
                name="start at 0.1", quick=partial(deep_changes, setting=DEEP_WIDE, initials=(0.1,)), replicas=24
            ),
            holds=added_deep_neurons(
                name="start at 1e-5",
                quick=partial(deep_changes, setting=DEEP_WIDE, initials=(1e-5,)),
                bias=left_behind_at_most,
                bias_note="what the other modes of these data add, as far as they have come from such a start",
            ),
        )
    },
    quantities=("a_s", "e_s"),
    convention="Errors are relative to the teacher's squared singular value; the noise in the correlation has "
    "variance 1 / N_1.",
    independence="Deep students are trained entry by entry along the error's gradient, at once in all modes of "
    "the data; the error is the distance to the teacher itself.",
)
