"""Chapter sgd_noise: minibatch noise, its Langevin limit, and the stationary state of stochastic gradient descent."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.sgd_noise import boltzmann, fokker_planck_stationary, langevin_limit, minibatch_covariance
from derivations.statement import Parameter
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_descent import change_of_means, stationary_histogram, valley_histogram
from numerics.sgd_noise.minibatch_steps import step_covariance
from verify.checks import FiniteSize, Precision, Property, Replicas
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, mpmath_function, numpy_function

UNITS = "L is the mean loss over the training set and a step lasts a time equal to the learning rate: g = epsilon/(2B)."
LADDER = " With n steps per unit of time epsilon is n times smaller and the examples spread sqrt(n) times wider."


@dataclass(frozen=True, kw_only=True)
class Polynomial(Activation):
    """A polynomial in the weight. Its derivatives stay nested: NumPy's powers are far slower than products."""

    coefficients: tuple  # constant first

    def derivative(self, order: int) -> sp.Expr:
        falling = [c * sp.ff(k, order) for k, c in enumerate(map(sp.sympify, self.coefficients))][order:]
        return functools.reduce(lambda inner, c: c + x * inner, reversed(falling), sp.S.Zero)


@functools.lru_cache(maxsize=256)
def polynomial(coefficients: tuple) -> Polynomial:
    """The polynomial with these coefficients, constant first, under a name that is its own."""
    name = "polynomial " + hashlib.sha256(repr(coefficients).encode()).hexdigest()[:12]
    nested = functools.reduce(lambda inner, c: sp.sympify(c) + x * inner, reversed(coefficients), sp.S.Zero)
    return Polynomial(name=name, expression=nested, coefficients=coefficients)


def covariance_of(left: Sequence, right: Sequence) -> Any:
    """The slides' F for two components of the examples' gradients: mean product of deviations, divisor N."""
    count, means = len(left), (sum(left) / len(left), sum(right) / len(left))
    return sum((a - means[0]) * (b - means[1]) for a, b in zip(left, right, strict=True)) / count


def loss_and_noise(losses: np.ndarray) -> dict[str, Polynomial]:
    """Mean loss and gradient covariance of examples with polynomial losses, (examples, degree + 1), as functions."""
    slopes = (losses * np.arange(losses.shape[1]))[:, 1:]
    deviations = slopes - slopes.mean(axis=0)
    products = deviations.T @ deviations / len(losses)
    noise = [float(np.trace(products[::-1], n - len(products) + 1)) for n in range(2 * len(products) - 1)]
    while len(noise) > 1 and abs(noise[-1]) < 1e-12 * noise[0]:
        noise.pop()
    return {"L": polynomial(tuple(losses.mean(axis=0))), "F": polynomial(tuple(noise))}


# ------------------------------------------------------------------------------- minibatch_covariance

SETS = (
    {"N": 6, "B": 4, "epsilon": "0.37"}, {"N": 7, "B": 3, "epsilon": "0.081"}, {"N": 5, "B": 5, "epsilon": "0.52"},
)  # fmt: skip


def _gradients(examples: int) -> tuple[list[Fraction], list[Fraction]]:
    return [Fraction((7 * s * s + 3 * s) % 11) for s in range(examples)], [
        Fraction((5 * s * s + s) % 13) for s in range(examples)
    ]


def _enumerated(dps: int, point: Any) -> list:
    """Covariance of the step over all minibatches, by exact enumeration with and without replacement."""
    a, b = _gradients(point["N"])
    found = []
    for batches in (
        itertools.product(range(point["N"]), repeat=point["B"]),
        itertools.combinations(range(point["N"]), point["B"]),
    ):
        pairs = [(sum(a[s] for s in batch) / point["B"], sum(b[s] for s in batch) / point["B"]) for batch in batches]
        exact = covariance_of(*zip(*pairs, strict=True))
        found.append(mpmath.mpf(point["epsilon"]) ** 2 * exact.numerator / exact.denominator)
    return found


def _of_set(candidate: Candidate, dps: int, point: Any) -> list:
    covariance = covariance_of(*_gradients(point["N"]))
    return candidate.mpmath(dps, F_ab=mpmath.mpf(covariance.numerator) / covariance.denominator, **point)


def _of_network(candidate: Candidate, measured: Measurement) -> np.ndarray:
    given = measured.given
    gradients = np.asarray(given["gradients"])
    deviations = gradients - gradients.mean(axis=0)
    covariance = (deviations.T @ deviations / len(gradients))[np.triu_indices(gradients.shape[1])]
    return candidate.numpy(F_ab=covariance, epsilon=given["learning_rate"], B=given["batch"], N=given["examples"])


MINIBATCH = Claim(
    statement=minibatch_covariance.STATEMENT,
    checks=(
        Precision(
            name="all minibatches", reference=_enumerated, points=SETS, evaluate=_of_set,
            against="the covariance over all minibatches of a small data set, enumerated in exact fractions",
        ),
        Replicas(
            name="network steps", predict=_of_network, replicas=32, full_replicas=64,
            quick=functools.partial(
                step_covariance, inputs=7, hidden=5, labels=3, examples=24, batch=9, learning_rate=0.3, tracked=3,
                draws=1500,
            ),
            full=functools.partial(
                step_covariance, inputs=30, hidden=20, labels=10, examples=64, batch=24, learning_rate=0.3, tracked=4,
                draws=4000,
            ),
            axis="pair of weights", quantity="covariance of the step", series=("with replacement", "without"),
        ),
    ),
    convention="F has the divisor N, the step is -epsilon times the gradient of the minibatch's mean loss.",
    independence="Minibatch gradients come from automatic differentiation; only single-example gradients are given.",
)  # fmt: skip


# ------------------------------------------------------------------------------- langevin_limit

BUMP = Activation(name="bump", expression=sp.exp(-(x**2) / 3))
WAVE = Activation(name="wave", expression=sp.sin(sp.Rational(13, 10) * x) + sp.Rational(4, 7) * x)
TESTS = {a.name: a for a in (BUMP, WAVE)}
SMALL_SETS = (
    {"theta": "0.83", "epsilon": "0.17", "B": 3, "N": 4, "f": "wave"},
    {"theta": "-1.24", "epsilon": "0.062", "B": 4, "N": 5, "f": "bump"},
    {"theta": "0.45", "epsilon": "0.29", "B": 5, "N": 3, "f": "bump"},
)
WELL = tuple(sp.Rational(k) for k in ("0", "3/10", "-9/20", "1/7", "9/50"))


def _noise_of(examples: int) -> list[tuple[sp.Rational, sp.Rational]]:
    """Deviations x + y theta of the examples' slopes from the mean slope; they have third cumulants."""
    rows = [(sp.Rational(5 * s * s % 7, 3), sp.Rational(3 * s * s % 5, 4)) for s in range(examples)]
    return [(a - sum(r[0] for r in rows) / examples, b - sum(r[1] for r in rows) / examples) for a, b in rows]


def _tiny_step(dps: int, point: Any) -> Any:
    """Mean change of f over all minibatches at a learning rate of 10^(-2 dps), the noise scaled up, over that rate."""
    with mpmath.workdps(5 * dps):
        weight, root = mpmath.mpf(point["theta"]), mpmath.mpf(10) ** -dps
        slope = sum(k * mpmath.mpf(c.p) / c.q * weight ** (k - 1) for k, c in enumerate(WELL) if k)
        louder = mpmath.sqrt(mpmath.mpf(point["epsilon"])) / root
        each = [
            slope + louder * (mpmath.mpf(a.p) / a.q + mpmath.mpf(b.p) / b.q * weight) for a, b in _noise_of(point["N"])
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


def _rate(candidate: Candidate, dps: int, point: Any) -> Any:
    rows = _noise_of(point["N"])
    squares = [sum(term) / point["N"] for term in zip(*((a * a, 2 * a * b, b * b) for a, b in rows), strict=True)]
    known = {"L": polynomial(WELL), "F": polynomial(tuple(squares)), "f": TESTS[point["f"]]}
    return candidate.mpmath(dps, **known, **{k: point[k] for k in ("theta", "epsilon", "B", "N")})


def _mean_change(candidate: Candidate, measured: Measurement) -> np.ndarray:
    losses, known = (
        np.asarray(measured.given["losses"]),
        {"epsilon": measured.given["learning_rate"], "B": measured.given["batch"]},
    )
    functions = loss_and_noise(losses)
    rows = [
        candidate.numpy(theta=measured.axis, f=test, N=len(losses), **functions, **known) for test in TESTS.values()
    ]
    return np.stack(rows)


STARTS = tuple(np.linspace(-1.9, 1.7, 7))


def _one_step(learning_rate: float, chains: int) -> functools.partial:
    spread = 2.5 / learning_rate**0.5
    return functools.partial(
        change_of_means, landscape=(0.0, 0.3, -0.45, 0.0, 0.18), tilt=spread, bend=spread, examples=40, batch=4,
        learning_rate=learning_rate, starts=STARTS, functions=tuple(map(numpy_function, TESTS.values())), chains=chains,
    )  # fmt: skip


ONE_STEP = FiniteSize(
    name="one step", predict=_mean_change, sizes=((1, 32), (2, 32), (4, 32)), full_sizes=((1, 64), (2, 64), (4, 64)),
    quick=_one_step(learning_rate=0.05, chains=8000), full=_one_step(learning_rate=0.02, chains=60000),
    axis="weight before the step", quantity="change of the mean over the learning rate", series=tuple(TESTS),
)  # fmt: skip

LANGEVIN = Claim(
    statement=langevin_limit.STATEMENT,
    checks=(
        Precision(
            name="all minibatches", reference=_tiny_step, points=SMALL_SETS, evaluate=_rate,
            against="the mean of f over all minibatches, enumerated at a learning rate of 10^-60 and 10^-100",
        ),
        ONE_STEP,
    ),
    convention=UNITS + LADDER,
    independence="The simulation makes steps with sampled minibatches and knows neither F nor g nor a derivative of f.",
    printed={"E7": Ordeal(fails=ONE_STEP)},
)  # fmt: skip


# ------------------------------------------------------------------------------- fokker_planck_stationary

NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)
KNOWN = tuple(p for p in fokker_planck_stationary.STATEMENT.parameters if p.name in ("epsilon", "B", "N"))
FAMILY = tuple(
    Parameter(symbol=sp.Symbol(name, real=True), meaning=meaning, domain=sp.S.Reals, typical=typical)
    for name, meaning, typical in (
        ("tilt", "slope of the loss at 0", (-0.2, 0.2)), ("well", "depth of the double well", (0.3, 0.9)),
        ("heat", "g F at 0", (0.12, 0.4)), ("slant", "F'/F at 0", (-0.8, 0.8)), ("bulge", "F''/(2F) at 0", (0.4, 0.9)),
    )
)  # fmt: skip
WELL_POINT = {"tilt": "0.11", "well": "0.7", "end": "4.5", "theta": ("-1.3", "-0.4", "0.7", "1.6")}
UNEVEN = {**WELL_POINT, "heat": "0.21", "slant": "0.4", "bulge": "0.67", "epsilon": "0.17", "B": 3, "N": 57}
EVEN = {**WELL_POINT, "heat": "0.37", "slant": "0", "bulge": "0", "epsilon": "0.083", "B": 4, "N": 35}


def _shape(point: Any) -> tuple[tuple, tuple]:
    """Coefficients of loss and gradient covariance at a point: a tilted double well, a slanted and positive noise."""
    tilt, well, heat, slant, bulge = (sp.Rational(point[k]) for k in ("tilt", "well", "heat", "slant", "bulge"))
    gamma = heat * 2 * point["B"] / sp.Rational(point["epsilon"])
    return (sp.S.Zero, tilt, -well / 2, sp.Rational(1, 7), sp.Rational(3, 10)), (gamma, slant * gamma, bulge * gamma)


def _units(point: Any) -> dict[str, Any]:
    return {k: point[k] for k in ("epsilon", "B", "N")}


def _zero_current(dps: int, point: Any) -> list:
    """Density at the point's weights from the differential equation of zero current, integrated and normalized."""
    loss, noise = ([mpmath.mpf(c.p) / c.q for c in side] for side in _shape(point))
    scale = mpmath.mpf(point["epsilon"]) / (2 * point["B"])
    slope, steeper = ([k * c for k, c in enumerate(side)][:0:-1] for side in (loss, noise))

    def run(sign: int) -> tuple[list, Any]:
        """Unnormalized density at the weights on one side of 0, and its integral over that side."""

        def right(distance, state):
            at = sign * distance
            push = mpmath.polyval(slope, at) / scale + mpmath.polyval(steeper, at)
            return [-sign * push * state[0] / mpmath.polyval(noise[::-1], at), state[0]]

        solution = mpmath.odefun(right, 0, [mpmath.mpf(1), mpmath.mpf(0)])
        values = [solution(abs(mpmath.mpf(p)))[0] for p in point["theta"] if float(p) * sign > 0]
        return values, solution(mpmath.mpf(point["end"]))[1]

    (left, left_mass), (right, right_mass) = run(-1), run(1)
    return [value / (left_mass + right_mass) for value in (*left, *right)]


def _uneven(candidate: Candidate, dps: int, point: Any) -> list:
    (loss, noise), weights = _shape(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), F=polynomial(noise), **_units(point)))


def _even(candidate: Candidate, dps: int, point: Any) -> list:
    (loss, noise), weights = _shape(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), Gamma=float(noise[0]), **_units(point)))


def _weak_form(candidate: Candidate, point: Any, dps: int) -> list:
    """Total probability less 1, and the mean rates of change of theta, theta^2 and theta^3 over their terms' size."""
    loss, noise = _shape(point)
    grid = np.linspace(-6.5, 6.5, 521)  # the density is under 1e-20 beyond; the trapezoid rule is exact to rounding
    density = candidate.numpy(theta=grid, L=polynomial(loss), F=polynomial(noise), **_units(point)) * (
        grid[1] - grid[0]
    )
    slope, spread = (np.polynomial.Polynomial([float(c) for c in side]) for side in (loss, noise))
    drift, spread = -slope.deriv()(grid), spread(grid) * float(point["epsilon"]) / (2 * point["B"])
    residuals = [np.sum(density) - 1]
    for n in (1, 2, 3):
        terms = density * (n * drift * grid ** (n - 1) + n * (n - 1) * spread * grid ** max(n - 2, 0))
        residuals.append(np.sum(terms) / (np.sum(np.abs(terms)) or 1.0))
    return [float(r) for r in residuals]


def _bins(candidate: Candidate, measured: Measurement, **functions: Any) -> np.ndarray:
    """Mean density in each bin."""
    given = measured.given
    edges = np.asarray(given["edges"])
    places = edges[:-1, None] + np.diff(edges)[:, None] * (1 + NODES) / 2
    return candidate.numpy(theta=places, epsilon=given["learning_rate"], B=given["batch"], **functions) @ WEIGHTS / 2


def _bin_density(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean density in each bin, with loss and gradient covariance from the examples' losses."""
    losses = np.asarray(measured.given["losses"])
    return _bins(candidate, measured, N=len(losses), **loss_and_noise(losses))


def _bin_boltzmann(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same with constant noise: the variance of the examples' slopes."""
    losses = np.asarray(measured.given["losses"])
    functions = loss_and_noise(losses)
    return _bins(candidate, measured, N=len(losses), L=functions["L"], Gamma=functions["F"].coefficients[0])


def _bin_valley(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Law of the first weight in the valley: its landscape, and the variance of the examples' slopes along it."""
    tilts = np.asarray(measured.given["tilts"])
    landscape = polynomial(tuple(np.asarray(measured.given["landscape"])))
    return _bins(candidate, measured, N=len(tilts), L=landscape, Gamma=float(np.var(tilts[:, 0])))


def _histogram(
    name: str, experiment: Any, predict: Any, rate: float, spread: dict[str, float], **setting: Any
) -> FiniteSize:
    """Stationary histograms; the full profile starts at half the learning rate, with the same noise per time."""
    common = {"edges": tuple(np.linspace(-2.1, 2.1, 13)), "settle": 30.0, "duration": 20.0, **setting}
    louder = {key: value * 2**0.5 for key, value in spread.items()}
    return FiniteSize(
        name=name, predict=predict, sizes=((1, 32), (2, 32), (4, 32)), full_sizes=((1, 64), (2, 64), (4, 64)),
        quick=functools.partial(experiment, learning_rate=rate, chains=256, **spread, **common),
        full=functools.partial(experiment, learning_rate=rate / 2, chains=800, **louder, **common),
        axis="weight", quantity="stationary density", series=(name,), size_name="steps per unit of time",
    )  # fmt: skip


TILTED = (0.0, 0.12, -0.45, 0.0, 0.18)
UNEVEN_NOISE = _histogram(
    "weight-dependent noise", stationary_histogram, _bin_density, rate=0.06, spread={"tilt": 12.7, "bend": 12.7},
    landscape=(0.0, 0.1, -0.45, 0.0, 0.18), examples=40, batch=4,
)  # fmt: skip
EVEN_NOISE = functools.partial(
    _histogram,
    experiment=stationary_histogram,
    rate=0.064,
    spread={"tilt": 9.5, "bend": 0.0},
    landscape=TILTED,
    examples=200,
    batch=3,
)
VALLEY = _histogram(
    "two weights in a curved valley", valley_histogram, _bin_valley, rate=0.05, spread={"tilt": 11.0}, landscape=TILTED,
    stiffness=1.7, curve=0.6, examples=60, batch=5,
)  # fmt: skip

STATIONARY = Claim(
    statement=fokker_planck_stationary.STATEMENT,
    checks=(
        Precision(
            name="zero current", reference=_zero_current, points=(UNEVEN,), evaluate=_uneven, digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
        ),
        UNEVEN_NOISE,
        Property(
            name="mean rates vanish", residual=_weak_form, parameters=(*FAMILY, *KNOWN), examples=2, dps=16,
            sentence="the density integrates to one and the means of theta, theta^2 and theta^3 are stationary",
        ),
    ),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows neither F nor g nor a density.",
    printed={
        "E7": Ordeal(fails=UNEVEN_NOISE),
        "E32": Ordeal(fails=UNEVEN_NOISE, holds=EVEN_NOISE("constant noise", predict=_bin_density)),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------- boltzmann

ONE_WEIGHT = EVEN_NOISE("double well", predict=_bin_boltzmann)
BOWL = EVEN_NOISE("quadratic bowl", predict=_bin_boltzmann, landscape=(0.0, 0.0, 0.4))

BOLTZMANN = Claim(
    statement=boltzmann.STATEMENT,
    checks=(
        Precision(
            name="zero current", reference=_zero_current, points=(EVEN,), evaluate=_even, digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
        ),
        ONE_WEIGHT,
        BOWL,
        VALLEY,
    ),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows no temperature.",
    printed={"E7": Ordeal(fails=VALLEY)},
)  # fmt: skip

CLAIMS = (MINIBATCH, LANGEVIN, STATIONARY, BOLTZMANN)
