"""Strength and error at the best stopping time, against the minimum of a distance and students that are stopped.

The reference minimises the distance between explicit matrices, with overlaps from integrals over the noise's law; how
fast other modes vanish with the start is followed over decades, on two modes that are integrated. Students with one
neuron and with many, with one and with two hidden layers, descend the gradient from a faint start, all weights free,
and the smallest error on their way is extrapolated in the number of inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.generalization import optimal_stopping
from numerics.generalization.early_stopping import Student, smallest_test_error
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.quadrature import quadrature
from verify.references.spiked_matrices import away_from_threshold, certified_pole, pole_of_the_data

STUDENTS = (  # of one neuron, of a tenth of the inputs, also with more outputs than inputs, and with two hidden layers
    Student(teacher=2.6, ratio=0.5, initial=1e-14),
    Student(teacher=2.6, ratio=0.5, initial=1e-14, hidden=0.1),
    Student(teacher=3.1, ratio=1.5, initial=1e-14, hidden=0.1),
    Student(teacher=2.9, ratio=0.5, initial=1e-5, hidden=0.1, matrices=3),
)
STRONG_START = tuple(Student(teacher=2.6, ratio=0.5, initial=0.1, hidden=hidden) for hidden in (0.1, 0.7))
STARTING = (  # a second mode at the edge of the noise, with a small product of overlaps
    {"sbar": "3.1", "A": "0.5", "overlap": "0.02"},
    {"sbar": "4.3", "A": "1.7", "overlap": "-0.03"},
)
early_stopped_students = partial(smallest_test_error, examples_per_input=1.5, learning_rate=0.08)


def stopped_at_best(dps: int, point: Point) -> list:
    """Strength and relative error of the best multiple of the data's mode, as distances of explicit matrices."""
    s = mpmath.mpf(point["sbar"])
    _, output, incoming = pole_of_the_data(dps, point)
    u, v = ((mpmath.sqrt(overlap), mpmath.sqrt(1 - overlap)) for overlap in (output, incoming))

    def error(a: Any) -> Any:  # the teacher is s times the first unit vectors
        return mpmath.fsum(
            (a * x * y - (s if i == j == 0 else 0)) ** 2 for i, x in enumerate(u) for j, y in enumerate(v)
        )

    with mpmath.workdps(2 * dps):
        best = mpmath.findroot(lambda a: mpmath.diff(error, a), (s / 3, s / 2))
    return [best, error(best) / error(mpmath.mpf(0))]


def best_of_two_modes(dps: int, point: Point) -> list:
    """Strength of the largest mode and error where the error of a student of two modes is smallest, from a start a_0.

    The second mode stands at the edge of the noise. The error has slope zero: (a - sbar O) a' + (b - sbar O_b) b' = 0
    with strengths a and b, whose rates are those of two equal layers; b is integrated to the time that a takes.
    """
    sbar, a_0, overlap = (mpmath.mpf(point[name]) for name in ("sbar", "a_0", "overlap"))
    value, output, incoming = pole_of_the_data(dps, point)
    largest, edge = mpmath.sqrt(output * incoming), 1 + mpmath.sqrt(mpmath.mpf(point["A"]))

    def rate(s: Any, strength: Any) -> Any:
        return 2 * strength * (s - strength)

    def time(s: Any, strength: Any) -> Any:  # along the logarithm of the strength
        start, end = mpmath.log(a_0), mpmath.log(strength)
        panels = [start, *(end - 2**k for k in range(6, -3, -1) if end - 2**k > start), end]
        return quadrature(lambda y: 1 / (2 * (s - mpmath.exp(y))), panels)

    a, b = sbar * largest, a_0
    for _ in range(4):  # each round gains the digits of b
        wanted, logarithm = time(value, a), mpmath.log(b)
        for _ in range(4):
            logarithm += (wanted - time(edge, mpmath.exp(logarithm))) * 2 * (edge - mpmath.exp(logarithm))
        b = mpmath.exp(logarithm)
        a = sbar * largest - (b - sbar * overlap) * rate(edge, b) / rate(value, a)
    return [a, 1 + (a * (a - 2 * sbar * largest) + b * (b - 2 * sbar * overlap)) / sbar**2]


def best_students(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength and test error of each student where it is best, (students, 2)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T


faint_students = FiniteSize(
    name="students with a faint start",
    predict=best_students,
    size_name="inputs",
    quick=partial(early_stopped_students, students=STUDENTS),
    sizes=((30, 120), (40, 96), (60, 70), (80, 48)),
    full_sizes=((60, 110), (80, 80), (120, 60), (160, 44)),
)


def certified_best(bits: int, point: Point) -> list[Any]:
    """The multiple a u v^T nearest to the teacher, and its relative error, with overlaps from certified integrals."""
    (teacher,) = numbers(point, "sbar")
    _, output, incoming = certified_pole(point)
    overlap = (output * incoming).sqrt()

    def error(a: Any) -> Any:
        return (a * a - 2 * a * teacher * overlap + teacher**2) / teacher**2

    middle = (error(arb(1)) - error(arb(-1))) / (2 * (error(arb(1)) + error(arb(-1)) - 2 * error(arb(0))))
    best = -2 * middle / 2
    return [best, error(best)]


def at_teacher(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for this teacher and ratio."""
    return candidate.arb(bits, sbar=point["sbar"], A=point["A"])


CLAIM = Claim(
    statement=optimal_stopping.STATEMENT,
    checks=(
        Certified(
            name="certified best multiple of the data's mode",
            reference=certified_best,
            evaluate=at_teacher,
            against="the vertex of the squared distance, with overlaps from integrals over the law of the noise",
            bits=90,
            digits=18,
            values=("a", "e"),
            points=({"sbar": "1.9", "A": "0.61", "w": "5.389"},),
        ),
        Precision(
            name="best multiple of the data's mode",
            reference=stopped_at_best,
            parameters=optimal_stopping.STATEMENT.parameters,
            count=3,
            constraint=away_from_threshold,
            against="the minimum of the distance, with overlaps from integrals over the Marchenko-Pastur law",
        ),
        Rate(
            name="two modes from fainter and fainter starts",
            exact=best_of_two_modes,
            points=STARTING,
            values=("1e-8", "1e-12", "1e-17", "1e-22"),
            digits=25,
            against="the smallest error of a student of two modes, integrated from its start",
        ),
        faint_students,
    ),
    printed={
        "E14": Ordeal(
            fails=Replicas(
                name="many hidden neurons, start at 0.1",
                predict=best_students,
                replicas=20,
                quick=partial(early_stopped_students, students=STRONG_START, width=40),
                bias=lambda formula, measured: 2 / measured.resolution["width"],
                bias_note="2 / N_1",
            ),
            holds=faint_students,
        )
    },
    quantities=("a_opt", "e_test"),
    convention="The test error is relative to the teacher's squared singular value; the noise in the correlation "
    "has variance 1 / N_1.",
    independence="All entries of both matrices follow gradient descent, all modes of the data that the hidden "
    "neurons hold are present, and the error is the distance to the teacher itself.",
)
