"""What one small step of stochastic gradient descent, and what many, do to the mean of a function of the weight.

Steps are made with sampled minibatches and the mean of the function is taken; no derivative, no covariance and no noise
scale is used. After many steps the formula's drift and spread are followed in time by the backward equation. The
reference enumerates all minibatches of small data sets at a vanishing learning rate.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.polynomial import chebyshev

from derivations.activations import Activation
from derivations.sgd_noise import langevin_limit
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_descent import change_of_means
from verify.checks import FiniteSize, Precision, Rate
from verify.claim import Claim, Ordeal
from verify.claims.sgd_noise import LADDER, UNITS
from verify.compile import Candidate, CandidateError, mpmath_function, numpy_function
from verify.references.noisy_descent import loss_and_noise, minibatches_of_pairs, noise_of_pairs, polynomial

SMALL_SETS = (
    {"theta": "0.83", "epsilon": "0.17", "B": 3, "N": 4, "f": "wave"},
    {"theta": "-1.24", "epsilon": "0.062", "B": 4, "N": 5, "f": "bump"},
    {"theta": "0.45", "epsilon": "0.29", "B": 5, "N": 3, "f": "bump"},
)

REACH, NODES = 3.4, 48  # of the backward equation
STARTS = tuple(np.linspace(-1.9, 1.7, 7))
BUMP = Activation(name="bump", expression=sp.exp(-(x**2) / 3))
WAVE = Activation(name="wave", expression=sp.sin(sp.Rational(13, 10) * x) + sp.Rational(4, 7) * x)
TESTS = {a.name: a for a in (BUMP, WAVE)}
WELL = tuple(sp.Rational(k) for k in ("0", "3/10", "-9/20", "1/7", "9/50"))


def _steps(learning_rate: float, chains: int, steps: int = 1) -> functools.partial:
    spread = 2.5 / learning_rate**0.5
    return functools.partial(
        change_of_means,
        landscape=(0.0, 0.3, -0.45, 0.0, 0.18),
        tilt=spread,
        bend=spread,
        examples=40,
        batch=4,
        learning_rate=learning_rate,
        starts=STARTS,
        steps=steps,
        chains=chains,
        functions=tuple(map(numpy_function, TESTS.values())),
    )


def noise_of(examples: int) -> list[tuple[sp.Rational, sp.Rational]]:
    """Deviations x + y theta of the examples' slopes from the mean slope; they have third cumulants."""
    rows = [(sp.Rational(5 * s * s % 7, 3), sp.Rational(3 * s * s % 5, 4)) for s in range(examples)]
    return [(a - sum(r[0] for r in rows) / examples, b - sum(r[1] for r in rows) / examples) for a, b in rows]


def tiny_step(dps: int, point: Any) -> Any:
    """Mean change of f over all minibatches at a learning rate of 10^(-2 dps), the noise scaled up, over that rate."""
    with mpmath.workdps(5 * dps):
        weight, root = mpmath.mpf(point["theta"]), mpmath.mpf(10) ** -dps
        slope = sum(k * mpmath.mpf(c.p) / c.q * weight ** (k - 1) for k, c in enumerate(WELL) if k)
        louder = mpmath.sqrt(mpmath.mpf(point["epsilon"])) / root
        each = [
            slope + louder * (mpmath.mpf(a.p) / a.q + mpmath.mpf(b.p) / b.q * weight) for a, b in noise_of(point["N"])
        ]
        f = mpmath_function(TESTS[point["f"]])
        batches = itertools.combinations_with_replacement(range(point["N"]), point["B"])
        total = mpmath.mpf(0)
        for batch in batches:  # unordered, each with the number of its orders
            orders = mpmath.factorial(point["B"])
            for s in set(batch):
                orders /= mpmath.factorial(batch.count(s))
            total += orders * f(weight - root**2 * sum(each[s] for s in batch) / point["B"])
        return (total / mpmath.mpf(point["N"]) ** point["B"] - f(weight)) / root**2


def mean_rate(candidate: Candidate, dps: int, point: Any) -> Any:
    """Mean rate of change of f that the formula gives at a point, from the noise of its examples."""
    rows = noise_of(point["N"])
    squares = [sum(term) / point["N"] for term in zip(*((a * a, 2 * a * b, b * b) for a, b in rows), strict=True)]
    known = {"L": polynomial(WELL), "F": polynomial(tuple(squares)), "f": TESTS[point["f"]]}
    return candidate.mpmath(dps, **known, **{k: point[k] for k in ("theta", "epsilon", "B", "N")})


def mean_change_over_minibatches(dps: int, point: Any) -> Any:
    """Mean change of f over all minibatches over the learning rate, for the point's pairs of examples."""
    with mpmath.workdps(2 * dps):
        weight, rate = mpmath.mpf(point["theta"]), mpmath.mpf(point["epsilon"])
        slope = sum(k * mpmath.mpf(c.p) / c.q * weight ** (k - 1) for k, c in enumerate(WELL) if k)
        f, spread = mpmath_function(TESTS[point["f"]]), mpmath.sqrt(rate)
        after = mpmath.fsum(
            chance * f(weight - rate * slope - spread * (x + y * weight))
            for chance, x, y in minibatches_of_pairs(point)
        )
        return (after - f(weight)) / rate


def mean_rate_of_pairs(candidate: Candidate, dps: int, point: Any) -> Any:
    """Mean rate of change of f that the formula gives, from the covariance of the point's examples."""
    known = {"L": polynomial(WELL), "F": polynomial(noise_of_pairs(point)), "f": TESTS[point["f"]]}
    letters = {"theta": point["theta"], "epsilon": point["epsilon"], "B": point["B"], "N": 2 * len(point["pairs"])}
    return candidate.mpmath(dps, **known, **letters)


def mean_change(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean rate of change of each of `TESTS` at the starting weights, (tests, weights)."""
    losses, known = (
        np.asarray(measured.given["losses"]),
        {"epsilon": measured.given["learning_rate"], "B": measured.given["batch"]},
    )
    functions = loss_and_noise(losses)
    rows = [
        candidate.numpy(theta=measured.axis, f=test, N=len(losses), **functions, **known) for test in TESTS.values()
    ]
    return np.stack(rows)


def mean_change_in_time(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean change of each of `TESTS` over a time, divided by it, (tests, weights).

    What the formula says of the weight and of its square gives drift and spread; the means of a test function in time
    follow from both by the backward equation, on Chebyshev nodes between reflecting ends that are hardly ever reached.
    """
    from scipy import linalg

    assert measured.axis is not None
    losses = np.asarray(measured.given["losses"])
    rate, functions = float(measured.given["learning_rate"]), loss_and_noise(losses)
    known = {"epsilon": rate, "B": measured.given["batch"], "N": len(losses), **functions}
    angles = np.pi * np.arange(NODES + 1) / NODES
    nodes, first = REACH * np.cos(angles), differentiation(NODES) / REACH
    drift, square = (candidate.numpy(theta=nodes, f=polynomial(power), **known) for power in ((0, 1), (0, 0, 1)))
    backward = drift[:, None] * first + (square / 2 - nodes * drift)[:, None] * (first @ first)
    time = rate * float(measured.given["steps"])
    if not np.all(np.isfinite(backward)):
        raise CandidateError("a drift or a spread that is no finite number")
    with np.errstate(all="ignore"):  # of a wrong formula the means may grow without bound; nan agrees with nothing
        ends = [0, NODES]  # whose values follow from those inside: the mean of a function is flat there
        inside = np.eye(NODES + 1)[:, 1:-1]
        inside[ends] = -np.linalg.solve(first[np.ix_(ends, ends)], first[ends, 1:-1])
        passed = inside @ linalg.expm(time * (backward @ inside)[1:-1])
        rows = []
        for test in map(numpy_function, TESTS.values()):
            change = passed @ test(nodes)[1:-1] - test(nodes)
            rows.append(chebyshev.chebval(measured.axis / REACH, fitted(angles, change)) / time)
    return np.stack(rows)


def differentiation(count: int) -> np.ndarray:
    """The matrix that differentiates a polynomial by its values at the Chebyshev nodes cos(pi k / count)."""
    x, k = np.cos(np.pi * np.arange(count + 1) / count), np.arange(count + 1)
    ends = np.where((k == 0) | (k == count), 2.0, 1.0) * (-1.0) ** k
    matrix = np.outer(ends, 1 / ends) / (x[:, None] - x + np.eye(count + 1))
    return matrix - np.diag(matrix.sum(axis=1))


def fitted(angles: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Chebyshev coefficients of the polynomial with these values at the nodes."""
    return np.linalg.solve(np.cos(np.outer(angles, np.arange(angles.size))), values)


ONE_STEP = FiniteSize(
    name="one step",
    predict=mean_change,
    sizes=((1, 32), (2, 32), (4, 32)),
    full_sizes=((1, 64), (2, 64), (4, 64)),
    quick=_steps(learning_rate=0.008, chains=2000),
    full=_steps(learning_rate=0.003, chains=40000),
    axis="weight theta before the step",
    quantity="change of the mean of f over epsilon",
    series=tuple(TESTS),
)

MANY_STEPS = FiniteSize(
    name="many steps",
    predict=mean_change_in_time,
    sizes=((1, 32), (2, 32), (4, 32)),
    full_sizes=((1, 64), (2, 64), (4, 64)),
    quick=_steps(learning_rate=0.02, chains=230, steps=25),
    full=_steps(learning_rate=0.01, chains=1500, steps=50),
    axis="weight theta at the start",
    quantity="change of the mean of f over t",
    series=tuple(TESTS),
    size_name="steps per unit of time",
)

CLAIM = Claim(
    statement=langevin_limit.STATEMENT,
    checks=(
        Precision(
            name="all minibatches",
            reference=tiny_step,
            points=SMALL_SETS,
            evaluate=mean_rate,
            against="the mean of f over all minibatches, enumerated at a learning rate of 10^-60 and 10^-100",
        ),
        Rate(
            name="all minibatches at a finite learning rate",
            exact=mean_change_over_minibatches,
            evaluate=mean_rate_of_pairs,
            points=(
                {"theta": "0.83", "f": "wave", "B": 3, "pairs": (("0.61", "0.53"), ("-0.35", "0.29"))},
                {"theta": "-1.24", "f": "bump", "B": 5, "pairs": (("0.9", "-0.2"), ("0.2", "0.7"), ("-0.5", "0.1"))},
            ),
            values=("1e-2", "1e-3", "1e-4", "1e-5", "1e-6"),
            digits=30,
            against="the mean over all minibatches of examples in pairs of opposite sign, enumerated",
        ),
        ONE_STEP,
        MANY_STEPS,
    ),
    quantities=("A_f(theta)",),
    convention=UNITS + LADDER,
    independence="The simulation makes steps with sampled minibatches and knows neither F nor g nor a derivative of f.",
    printed={"E7": Ordeal(fails=MANY_STEPS)},
)
