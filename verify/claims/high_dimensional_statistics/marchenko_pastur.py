"""The spectrum of sample covariance matrices: sampled with entries that are not Gaussian, and counted by pairings.

Moments are counted without any equation for a resolvent: in the limit by the permutations that lie on a sphere, at
finite size by all pairings of Gaussian entries. The density is integrated against powers and compared with them, and so
is what stands at zero. Sampled matrices have unequal numbers of rows and columns.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb, fmpq_poly

from derivations.high_dimensional_statistics import marchenko_pastur
from derivations.statement import Source
from numerics.high_dimensional_statistics.covariances import eigenvalues_above, zero_eigenvalues
from numerics.measurement import Measurement
from verify.checks import Certified, Enumeration, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references import ball_spectra
from verify.references.balls import fraction, numbers
from verify.references.matrix_moments import classes, pairings

LEVELS, DENSITIES = (0.5, 0.8, 1.2, 1.7, 2.3), (0.4, 2.5)
WIDE, TALL = ((40, 13), (60, 44), (33, 32)), ((24, 57), (30, 31))  # dimensions and examples
SOMEWHERE = 0.83  # an eigenvalue, where only quantities are asked for that do not depend on it
ORDERS = 5  # moments that are counted, from the mass on
ANGLES = (np.arange(600) + 0.5) * np.pi / 600


@functools.cache
def on_a_sphere(order: int) -> tuple[int, ...]:
    """Permutations s of so many numbers, by the cycles of s, for which s and its way around have order + 1 cycles."""
    found = [0] * (order + 1)
    for permutation in itertools.permutations(range(order)):
        around = [(permutation.index(i) + 1) % order for i in range(order)]
        first, second = (len(classes(order, list(enumerate(p)))) for p in (permutation, around))
        found[first] += first + second == order + 1
    return tuple(found)


def counted(order: int, alpha: Any) -> Any:
    """The moment in the limit: a power of alpha for each such permutation."""
    return mpmath.fsum(count * alpha ** (cycles - order) for cycles, count in enumerate(on_a_sphere(order)) if count)


def all_moments(dps: int, point: Point) -> list:
    """Moments of orders 0 to 4, and the one that is asked for."""
    alpha = mpmath.mpf(point["alpha_P"])
    return [mpmath.mpf(1), *(counted(order, alpha) for order in range(1, ORDERS)), counted(point["k"], alpha)]


def integrated(candidate: Candidate, dps: int, point: Point) -> list:
    """The same from mass and density of the formula, in double precision, and from its sum.

    The midpoint rule converges exponentially on these nodes; many digits would cost each wrong formula a second.
    """
    alpha, nodes = float(point["alpha_P"]), int(point["nodes"])
    moment = candidate.mpmath(dps, **{"alpha_P": point["alpha_P"], "lambda": "0.83", "k": point["k"]})[4]
    atom, low, high = (float(v) for v in candidate.numpy(**{"alpha_P": alpha, "lambda": SOMEWHERE, "k": 1})[:3])
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    places = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    density = np.asarray(candidate.numpy(**{"alpha_P": alpha, "lambda": places, "k": 1})[3])
    mass = density * (high - low) / 2 * np.sin(angles) * np.pi / nodes
    sums = [mpmath.mpf(float(np.sum(mass * places**order))) for order in range(ORDERS)]
    return [atom + sums[0], *sums[1:], moment]


def by_fixed_point(dps: int, point: Point) -> list:
    """Mass at zero, edges and density from the map of the resolvent's trace g to z, as 1 / g + alpha / (alpha - g)."""
    alpha, place = mpmath.mpf(point["alpha_P"]), mpmath.mpf(point["lambda"])

    def level(g: Any) -> Any:
        return 1 / g + alpha / (alpha - g)

    with mpmath.workdps(2 * dps):
        tiny = mpmath.mpf(10) ** (-dps)
        near = [g for g in mpmath.polyroots([-tiny, alpha * tiny + alpha - 1, alpha], maxsteps=400, extraprec=800)]
        mass = -tiny * min(mpmath.re(g) for g in near)
        mass = mass if mass > mpmath.sqrt(tiny) else mpmath.mpf(0)
        still = mpmath.polyroots([alpha - 1, 2 * alpha, -(alpha**2)], maxsteps=200, extraprec=200)  # of the slope
        edges = sorted(mpmath.re(level(g)) for g in still)
        roots = mpmath.polyroots([place, -(alpha * place + 1 - alpha), alpha], maxsteps=200, extraprec=200)
        density = max(mpmath.im(g) for g in roots) / mpmath.pi
    return [mass, *edges, density]


def of_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return list(candidate.mpmath(dps, **point, k=3)[:4])


def at_finite_size(dps: int, point: Point) -> Any:
    """Mean trace of a power of the covariance of Gaussian examples over N, for N dimensions, by Wick's theorem."""
    order, size = int(point["k"]), mpmath.mpf(point["N"])
    examples, total = mpmath.mpf(point["alpha_P"]) * size, mpmath.mpf(0)
    for pairing in pairings(tuple(range(2 * order))):
        rows = classes(order, [((a + 1) // 2 % order, (b + 1) // 2 % order) for a, b in pairing])
        columns = classes(order, [(a // 2, b // 2) for a, b in pairing])
        total += size ** len(rows) * examples ** len(columns)
    return total / size / examples**order


def moment_only(candidate: Candidate, dps: int, point: Point) -> Any:
    """The moment in the limit."""
    return candidate.mpmath(dps, **{"alpha_P": point["alpha_P"], "k": point["k"], "lambda": "0.83"})[4]


def above_levels(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Share of the eigenvalues above each level, (densities, levels)."""
    assert measured.axis is not None
    rows = []
    for alpha in np.asarray(measured.given["densities"]):
        low, high = (float(v) for v in candidate.numpy(**{"alpha_P": alpha, "lambda": SOMEWHERE, "k": 3})[1:3])
        places = (low + high) / 2 + (high - low) / 2 * np.cos(ANGLES)
        density = candidate.numpy(**{"alpha_P": alpha, "lambda": places, "k": 3})[3]
        mass = density * (high - low) / 2 * np.sin(ANGLES) * np.pi / len(ANGLES)
        ends = (low + high) / 2 + (high - low) / 2 * np.cos(np.linspace(0, np.pi, len(ANGLES) + 1))
        above = np.interp(measured.axis, ends[::-1], np.concatenate([[0.0], np.cumsum(mass)])[::-1])
        rows.append(above)
    return np.array(rows)


def vanishing(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalues that are 0, for each shape."""
    shapes = np.asarray(measured.given["shapes"])
    return np.array([n * candidate.numpy(**{"alpha_P": p / n, "lambda": SOMEWHERE, "k": 3})[0] for n, p in shapes])


ZEROS = Enumeration(
    name="eigenvalues that vanish",
    predict=vanishing,
    quick=functools.partial(zero_eigenvalues, shapes=(*WIDE, *TALL)),
)
SPECTRA = FiniteSize(
    name="sampled covariances",
    predict=above_levels,
    quick=functools.partial(eigenvalues_above, densities=DENSITIES, levels=LEVELS),
    sizes=((30, 200), (50, 140), (80, 60), (250, 24)),
    full_sizes=((60, 800), (100, 500), (160, 240), (400, 80)),
    terms=2,  # with one, the second power of 1 / N shows in p-values of a thousand seeds
    size_name="dimensions",
    axis="eigenvalue lambda",
    quantity="share of eigenvalues above lambda",
    series=tuple(f"alpha = {density:g}" for density in DENSITIES),
)


def certified_law(bits: int, point: Point) -> list[Any]:
    """Atom, edges, density and moment from lambda z = (1 + z) (1 + z / alpha) and its power series."""
    (examples,) = numbers(point, "alpha_P")
    level, ratio = fraction(point["lambda"]), 1 / fraction(point["alpha_P"])

    def transform(z: Any) -> Any:
        return 1 / (1 + z / examples)

    edges = [ball_spectra.edge(transform, point[side]) for side in ("below", "above")]
    found = ball_spectra.branch(fmpq_poly([1, 1]) * fmpq_poly([1, ratio]) - level * fmpq_poly([0, 1]))
    density = found.imag / (flint.arb.pi() * arb(level))
    atom = (1 - examples).max(arb(0))  # zero modes: parameters that no example fixes
    return [atom, *edges, density, ball_spectra.moments(transform, point["k"])[-1]]


def without_guesses(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: point[name] for name in ("alpha_P", "lambda", "k")})


def schroeder(candidate: Candidate) -> float:
    """The third moment with half as many examples as parameters."""
    return float(candidate.numpy(alpha_P=0.5, k=3, **{"lambda": 1.3})[4])


CLAIM = Claim(
    statement=marchenko_pastur.STATEMENT,
    checks=(
        Literature(
            name="little Schroeder number",
            published="11",
            source=Source(document="oeis", where="A001003, entry 3, and the comment on the Marchenko-Pastur law"),
            evaluate=schroeder,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Certified(
            name="certified roots, stationary points and series",
            reference=certified_law,
            evaluate=without_guesses,
            against="the complex root, the stationary points and the inverse power series of the moments' equation",
            values=("A_0", "lambda_-", "lambda_+", "rho", "m_k"),
            points=(
                {"alpha_P": "0.37", "lambda": "1.3", "k": 4, "below": "-0.608", "above": "0.608"},
                {"alpha_P": "2.9", "lambda": "0.7", "k": 5, "below": "-1.703", "above": "1.703"},
            ),
        ),
        Precision(
            name="roots of the equation",
            reference=by_fixed_point,
            points=(
                {"alpha_P": "0.37", "lambda": "1.3"},
                {"alpha_P": "2.6", "lambda": "0.7"},
                {"alpha_P": "1.7", "lambda": "4.1"},
            ),
            digits=(16, 24),
            against="roots of the equation of the resolvent, its stationary values, and its limit at zero",
            evaluate=of_the_law,
            same_law=True,
        ),
        Precision(
            name="permutations on a sphere",
            reference=all_moments,
            points=({"alpha_P": "0.37", "k": 5, "nodes": 60}, {"alpha_P": "2.9", "k": 3, "nodes": 60}),
            digits=(16, 24),
            against="permutations whose cycles and those of their way around number k + 1",
            evaluate=integrated,
        ),
        Rate(
            name="moments at finite N",
            exact=at_finite_size,
            points=({"alpha_P": "0.4", "k": 3}, {"alpha_P": "2.5", "k": 4}),
            values=("10", "100", "1000", "10000"),
            against="mean traces of powers for Gaussian examples, by Wick's theorem",
            evaluate=moment_only,
        ),
        ZEROS,
        SPECTRA,
    ),
    quantities=("A_0", "lambda_-", "lambda_+", "rho", "m_k"),
    convention="The covariance is the sum of x x^T over examples, divided by their number P; alpha is P / N.",
    independence="Matrices of skewed entries are drawn and their eigenvalues counted; no resolvent is known.",
    printed={
        "U32": Ordeal(
            fails=ZEROS,
            holds=dataclasses.replace(
                ZEROS,
                name="more examples than dimensions",
                quick=functools.partial(zero_eigenvalues, shapes=TALL),
            ),
        )
    },
)
