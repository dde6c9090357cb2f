"""Independent evaluations and predictions for the chapter sgd_noise: what the checks compare formulas with."""

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
from derivations.symbols import x
from numerics.measurement import Measurement
from verify.compile import Candidate, mpmath_function

# ---------------------------------------------------------------------------------------------------- polynomial losses


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


# ------------------------------------------------------------------------------------------------- minibatch_covariance


def set_gradients(examples: int) -> tuple[list[Fraction], list[Fraction]]:
    """Two components of the gradients of the examples of a small data set."""
    return [Fraction((7 * s * s + 3 * s) % 11) for s in range(examples)], [
        Fraction((5 * s * s + s) % 13) for s in range(examples)
    ]


def enumerated(dps: int, point: Any) -> list:
    """Covariance of the step over all minibatches, by exact enumeration with and without replacement."""
    a, b = set_gradients(point["N"])
    found = []
    for batches in (
        itertools.product(range(point["N"]), repeat=point["B"]),
        itertools.combinations(range(point["N"]), point["B"]),
    ):
        pairs = [(sum(a[s] for s in batch) / point["B"], sum(b[s] for s in batch) / point["B"]) for batch in batches]
        exact = covariance_of(*zip(*pairs, strict=True))
        found.append(mpmath.mpf(point["epsilon"]) ** 2 * exact.numerator / exact.denominator)
    return found


def of_set(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula for the covariance of the examples of that data set."""
    covariance = covariance_of(*set_gradients(point["N"]))
    return candidate.mpmath(dps, F_ab=mpmath.mpf(covariance.numerator) / covariance.denominator, **point)


def of_network(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for each pair of weights, from the gradients of single examples."""
    given = measured.given
    gradients = np.asarray(given["gradients"])
    deviations = gradients - gradients.mean(axis=0)
    covariance = (deviations.T @ deviations / len(gradients))[np.triu_indices(gradients.shape[1])]
    return candidate.numpy(F_ab=covariance, epsilon=given["learning_rate"], B=given["batch"], N=given["examples"])


# ------------------------------------------------------------------------------------------------------- langevin_limit

BUMP = Activation(name="bump", expression=sp.exp(-(x**2) / 3))
WAVE = Activation(name="wave", expression=sp.sin(sp.Rational(13, 10) * x) + sp.Rational(4, 7) * x)
TESTS = {a.name: a for a in (BUMP, WAVE)}
WELL = tuple(sp.Rational(k) for k in ("0", "3/10", "-9/20", "1/7", "9/50"))


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


# ------------------------------------------------------------------------------- fokker_planck_stationary and boltzmann

NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)


def shape(point: Any) -> tuple[tuple, tuple]:
    """Coefficients of loss and gradient covariance at a point: a tilted double well, a slanted and positive noise."""
    tilt, well, heat, slant, bulge = (sp.Rational(point[k]) for k in ("tilt", "well", "heat", "slant", "bulge"))
    gamma = heat * 2 * point["B"] / sp.Rational(point["epsilon"])
    return (sp.S.Zero, tilt, -well / 2, sp.Rational(1, 7), sp.Rational(3, 10)), (gamma, slant * gamma, bulge * gamma)


def units(point: Any) -> dict[str, Any]:
    """Learning rate, batch and examples of a point."""
    return {k: point[k] for k in ("epsilon", "B", "N")}


def zero_current(dps: int, point: Any) -> list:
    """Density at the point's weights from the differential equation of zero current, integrated and normalized."""
    loss, noise = ([mpmath.mpf(c.p) / c.q for c in side] for side in shape(point))
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


def uneven_density(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula's density at the point's weights, the noise depending on the weight."""
    (loss, noise), weights = shape(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), F=polynomial(noise), **units(point)))


def even_density(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula's density at the point's weights, the noise constant."""
    (loss, noise), weights = shape(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), Gamma=float(noise[0]), **units(point)))


def weak_form(candidate: Candidate, point: Any, dps: int) -> list:
    """Total probability less 1, and the mean rates of change of theta, theta^2 and theta^3 over their terms' size."""
    loss, noise = shape(point)
    grid = np.linspace(-6.5, 6.5, 521)  # the density is under 1e-20 beyond; the trapezoid rule is exact to rounding
    density = candidate.numpy(theta=grid, L=polynomial(loss), F=polynomial(noise), **units(point)) * (grid[1] - grid[0])
    slope, spread = (np.polynomial.Polynomial([float(c) for c in side]) for side in (loss, noise))
    drift, spread = -slope.deriv()(grid), spread(grid) * float(point["epsilon"]) / (2 * point["B"])
    residuals = [np.sum(density) - 1]
    for n in (1, 2, 3):
        terms = density * (n * drift * grid ** (n - 1) + n * (n - 1) * spread * grid ** max(n - 2, 0))
        residuals.append(np.sum(terms) / (np.sum(np.abs(terms)) or 1.0))
    return [float(r) for r in residuals]


def bins(candidate: Candidate, measured: Measurement, **functions: Any) -> np.ndarray:
    """Mean density in each bin."""
    given = measured.given
    edges = np.asarray(given["edges"])
    places = edges[:-1, None] + np.diff(edges)[:, None] * (1 + NODES) / 2
    return candidate.numpy(theta=places, epsilon=given["learning_rate"], B=given["batch"], **functions) @ WEIGHTS / 2


def bin_density(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean density in each bin, with loss and gradient covariance from the examples' losses."""
    losses = np.asarray(measured.given["losses"])
    return bins(candidate, measured, N=len(losses), **loss_and_noise(losses))


def bin_boltzmann(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same with constant noise: the variance of the examples' slopes."""
    losses = np.asarray(measured.given["losses"])
    functions = loss_and_noise(losses)
    return bins(candidate, measured, N=len(losses), L=functions["L"], Gamma=functions["F"].coefficients[0])


def bin_valley(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Law of the first weight in the valley: its landscape, and the variance of the examples' slopes along it."""
    tilts = np.asarray(measured.given["tilts"])
    landscape = polynomial(tuple(np.asarray(measured.given["landscape"])))
    return bins(candidate, measured, N=len(tilts), L=landscape, Gamma=float(np.var(tilts[:, 0])))
