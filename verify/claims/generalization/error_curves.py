"""Train and test errors of students of three and of five layers, against explicit maps and training.

At high precision errors are squared distances of explicit maps and times are integrals over the descent of two and of
four equal layers. In simulation students are trained by automatic differentiation on noisy examples, all weights
free; errors are counted on the examples and on fresh test inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.generalization import error_curves
from numerics.generalization.student_errors import error_curves as train_and_test
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import mode, numbers, travel
from verify.references.quadrature import quadrature
from verify.references.spiked_matrices import times_of

students_in_training = partial(train_and_test, strength=2.6, tau=1.3)
LOGITS = np.linspace(-14.0, 28.0, 600)  # of (a - a_0) / (shat - a_0)


def one_mode(dps: int, point: Point) -> list:
    """Terms of both errors from explicit maps and labels; times from descent of two and of four equal layers."""
    names = ("a", "a_0", "shat", "sbar", "O", "Y", "tau")
    a, a_0, shat, sbar, both, labels, tau = (mpmath.mpf(point[name]) for name in names)
    cosine = mpmath.sqrt(abs(both))
    u = [mpmath.sign(both) * cosine, mpmath.sqrt(1 - cosine**2)]  # the teacher stands in the first directions
    v = [cosine, mpmath.sqrt(1 - cosine**2)]

    def test(strength: Any) -> Any:
        return mpmath.fsum(
            (strength * u[i] * v[j] - (sbar if i == j == 0 else 0)) ** 2 for i in range(2) for j in range(2)
        )

    def train(strength: Any) -> Any:  # one example along v, and labels that no student can fit
        return (shat - strength) ** 2 + (labels - shat**2)

    def time(count: int) -> Any:
        def per_growth(log_strength: Any) -> Any:
            layer = mpmath.exp(log_strength / count)
            moving = layer ** (count - 1) * (shat - layer**count) / tau
            return layer / (count * moving)

        return quadrature(per_growth, mpmath.linspace(mpmath.log(a_0), mpmath.log(a), 5))

    return [test(a) / test(0) - 1, train(a) / train(0) - 1, time(2), time(4)]


def fits_the_labels(point: Point) -> bool:
    """Whether the labels are longer than their part along the mode."""
    return float(point["Y"]) > float(point["shat"]) ** 2


def student_errors(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test and train error of each student over time, (2 students, T)."""
    g, rows, axis = measured.given, [], times_of(measured)
    for layers, initial, carried in zip(*(np.asarray(g[k]) for k in ("layers", "initial", "carried")), strict=True):
        modes, component = slice(0, int(carried)), 2 if layers == 3 else 3
        shat, overlaps = (np.asarray(g[name])[modes, None] for name in ("singular_values", "overlaps"))
        known = {"a_0": initial, "shat": shat, "sbar": g["teacher"], "O": overlaps, "Y": g["labels"], "tau": g["tau"]}

        def terms(logit: np.ndarray, shat: np.ndarray = shat, initial: Any = initial, known: dict = known) -> Any:
            return formula.numpy(a=initial + (shat - initial) / (1 + np.exp(-logit)), **known)

        # the strength at which the time stated is the time on the axis: a table, and two steps of Newton's method
        table = terms(LOGITS[None, :])[component]
        with np.errstate(all="ignore"):
            slopes = (LOGITS[1] - LOGITS[0]) / np.gradient(table, axis=1)
        logit = np.stack([np.interp(axis, row, LOGITS) for row in table])
        slope = np.stack([np.interp(axis, row, steep) for row, steep in zip(table, slopes, strict=True)])
        for _ in range(2):
            logit = np.clip(logit + slope * (axis - terms(logit)[component]), LOGITS[0], LOGITS[-1])
        found = terms(logit)
        rows += [1 + found[0].sum(axis=0), 1 + found[1].sum(axis=0)]
    return np.array(rows)


def certified_times(bits: int, point: Point) -> list[Any]:
    """Integrals of one over the rates of two layers, and of the fourth root of a strength in a chain of four."""
    end, start, data, tau = numbers(point, "a", "a_0", "shat", "tau")

    def rate(weight: Any) -> Any:
        return weight**3 * (data - weight**4) / tau

    return [travel(mode(data, tau), start, end), travel(rate, start.root(4), end.root(4))]


def stated_times(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """Both times of the formula."""
    return candidate.arb(bits, **point)[2:]


CLAIM = Claim(
    statement=error_curves.STATEMENT,
    checks=(
        Certified(
            name="certified times to a strength",
            reference=certified_times,
            evaluate=stated_times,
            against="integrals of one over the rates of networks of two and of four matrices",
            values=("t_3", "t_5"),
            points=(
                {
                    "a": "1.2",
                    "a_0": "0.031",
                    "shat": "2.3",
                    "sbar": "1.9",
                    "O": "0.7",
                    "Y": "6.1",
                    "tau": "1.3",
                },
            ),
        ),
        Precision(
            name="maps and labels written out",
            reference=one_mode,
            count=3,
            parameters=error_curves.STATEMENT.parameters,
            constraint=fits_the_labels,
            against="squared errors of explicit maps, and integrated times of two and of four equal layers",
        ),
        Ladder(
            name="students in training",
            predict=student_errors,
            steps=(0.04, 0.02, 0.01, 0.005),
            full_steps=(0.02, 0.01, 0.005, 0.0025),
            quick=partial(
                students_in_training,
                students=(((20, 14, 10), 0.011), ((20, 13, 17, 12, 10), 0.031)),
                test_inputs=31,
                examples_per_input=1.0,
                times=tuple(np.arange(0.4, 8.1, 0.4)),
            ),
            full=partial(
                students_in_training,
                students=(((60, 70, 90), 0.0031), ((60, 63, 75, 61, 90), 0.023)),
                test_inputs=90,
                examples_per_input=1.5,
                times=tuple(np.arange(0.5, 12.1, 0.5)),
            ),
            axis="training time t (tau = 1.3)",
            quantity="relative error",
            series=(
                "test error, one hidden layer",
                "train error, one hidden layer",
                "test error, three hidden layers",
                "train error, three hidden layers",
            ),
        ),
    ),
    quantities=(r"e_{\mathrm{test}}^\alpha", r"e_{\mathrm{train}}^\alpha", "t_3", "t_5"),
    convention="Errors are relative to those of a student that says nothing; the loss is half the squared error, "
    "time counts presentations, tau = P / lambda, and the noise in a label has variance 1 / N_1.",
    independence="Trained on noisy examples by automatic differentiation, all entries of all matrices free, "
    "unequal widths; errors are counted on the examples and on fresh test inputs.",
)
