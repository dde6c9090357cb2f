"""Mistakes planted in the claims on data whose number is in proportion to their dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.high_dimensional_statistics import (
    alpha,
    dichotomies,
    marchenko_pastur,
    random_projections,
)
from derivations.high_dimensional_statistics.l1_transition import ABOVE, MEAN_EXCESS, RIGHT, SUM
from derivations.statement import Limit
from derivations.symbols import N, P, eps, n, sigma_z, t
from tests.planted_mistakes import (
    Mistake,
    with_experiment,
    with_formula,
    with_shown,
    with_statement,
    with_step,
)
from verify.claim import Claim

CHAPTER = "high_dimensional_statistics"
CELLS, PROGRAMS = "ranks of all subsets", "linear programs"
FACES, CONES = "faces of the cone at finite N", "projected Gaussian vectors"
SPHERE, SPECTRA, ZEROS = "permutations on a sphere", "sampled covariances", "eigenvalues that vanish"
CHI_SQUARE, MATRICES, ANGLES = "integrals over chi-square", "matrices of three kinds", "vectors at right angles"
SQUARES, ABSOLUTE = "least squares", "absolute deviations"


def component(number: int, wrong: Any) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        return left, sp.Tuple(*(wrong if k == number else part for k, part in enumerate(right.args)))

    return with_formula(change)


def definition(number: int, change: Callable[[sp.Expr], Any]) -> Callable[[Claim], Claim]:
    """Another definition of one letter."""

    def plant(claim: Claim) -> Claim:
        where = list(claim.formula_statement.where)
        where[number] = sp.Eq(where[number].lhs, change(where[number].rhs), evaluate=False)
        return with_statement(claim, where=tuple(where))

    return plant


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, in a claim of this chapter."""
    return Mistake(claim=f"{CHAPTER}.{claim}", kind=kind, what=what, plant=plant, checks=checks)


def at_rate(rate: Any) -> Callable[[Claim], Claim]:
    return lambda claim: with_statement(claim, regime=Limit(parameter=N, towards=sp.oo, rate=rate))


k = dichotomies.k
c, s = sp.symbols("c s_q", positive=True)

MISTAKES = (
    mistake(
        "dichotomies",
        "formula",
        "right up to two dimensions only",
        component(0, 2 + 2 * (P - 1) * sp.Min(N - 1, 1)),
        CELLS,
    ),
    mistake("dichotomies", "formula", "all dichotomies of as many points as dimensions", component(0, 2**P), CELLS),
    mistake(
        "dichotomies", "formula", "a threshold takes a dimension away", component(1, dichotomies.count(P, N - 1)), CELLS
    ),
    mistake("dichotomies", "formula", "capacity N", component(2, 2 ** (2 * N - 2)), CELLS),
    mistake(
        "dichotomies",
        "experiment",
        "opposite points",
        with_experiment(PROGRAMS, opposite=True, shapes=((5, 3),)),
        PROGRAMS,
    ),
    mistake(
        "dichotomies", "displayed step", "capacity without the half", with_shown(4, lambda right: 2 * right), CELLS
    ),
    mistake(
        "dichotomies",
        "step",
        "Pascal's rule one column off",
        with_step(1, obligation=sp.binomial(P, k) - sp.binomial(P - 1, k) - sp.binomial(P - 1, k + 1)),
        CELLS,
    ),
    mistake(
        "l1_transition",
        "formula",
        "one-sided tails, as for signals that are not negative",
        component(1, (MEAN_EXCESS + t * ABOVE) / SUM),
        FACES,
    ),
    mistake("l1_transition", "formula", "the mean without what finite N adds", component(2, -sp.Rational(1, 2)), FACES),
    mistake(
        "l1_transition",
        "formula",
        "the variance of the distance, and not of the dimension",
        component(3, RIGHT[3] + 2 * RIGHT[1]),
        FACES,
    ),
    mistake(
        "l1_transition",
        "formula",
        "a width without what the zeros fluctuate",
        component(3, MEAN_EXCESS * (2 + 4 * t**2) / SUM - 2 * RIGHT[1]),
        CONES,
    ),
    mistake("l1_transition", "definition", "both tails for one", definition(0, lambda right: 2 * right), FACES),
    mistake(
        "l1_transition",
        "experiment",
        "signals that are known not to be negative",
        with_experiment(CONES, one_sided=True),
        CONES,
    ),
    mistake("l1_transition", "regime", "a limit that is reached like a root", at_rate(1 / sp.sqrt(N)), FACES),
    mistake(
        "l1_transition",
        "displayed step",
        "a share without the second tail",
        with_shown(6, lambda right: right / 2),
        FACES,
    ),
    mistake("marchenko_pastur", "formula", "no mass at zero", component(0, sp.Integer(0)), ZEROS),
    mistake(
        "marchenko_pastur",
        "formula",
        "mass at zero where there are more examples than dimensions",
        component(0, sp.Max(0, 1 - 1 / alpha)),
        ZEROS,
    ),
    mistake(
        "marchenko_pastur", "formula", "dimensions per example", component(3, marchenko_pastur.RIGHT[3] / alpha), SPHERE
    ),
    mistake(
        "marchenko_pastur",
        "formula",
        "right for as many examples as dimensions only",
        component(4, marchenko_pastur.RIGHT[4].subs(alpha, 1)),
        SPHERE,
    ),
    mistake("marchenko_pastur", "formula", "both edges exchanged", component(1, marchenko_pastur.RIGHT[2]), SPHERE),
    mistake("marchenko_pastur", "experiment", "correlated entries", with_experiment(SPECTRA, correlation=0.1), SPECTRA),
    mistake(
        "marchenko_pastur", "regime", "a limit that is reached like 1 / N^2", at_rate(N**-2), "moments at finite N"
    ),
    mistake(
        "marchenko_pastur",
        "displayed step",
        "an edge too far out",
        with_shown(5, lambda right: sp.Tuple(right[0], 1 + right[1])),
        ZEROS,
    ),
    mistake(
        "random_projections",
        "formula",
        "2 / M for every kind of entries",
        component(0, 2 / random_projections.M),
        MATRICES,
    ),
    mistake(
        "random_projections",
        "formula",
        "too long only",
        component(1, 1 - (1 - random_projections.beyond(1 + eps)) ** n),
        ANGLES,
    ),
    mistake(
        "random_projections",
        "formula",
        "chances added",
        component(1, n * (1 - random_projections.beyond(1 - eps) + random_projections.beyond(1 + eps))),
        ANGLES,
    ),
    mistake("random_projections", "formula", "the square only", component(3, 8 * sp.log(n) / eps**2), CHI_SQUARE),
    mistake(
        "random_projections",
        "formula",
        "points for pairs",
        component(3, 2 * sp.log(n) / random_projections.CUBIC),
        CHI_SQUARE,
    ),
    mistake(
        "random_projections",
        "experiment",
        "vectors near to each other",
        with_experiment(ANGLES, right_angles=False),
        ANGLES,
    ),
    mistake(
        "random_projections",
        "step",
        "Chernoff's place without 1 + eps",
        with_step(4, obligation=sp.log(1 + eps) - eps),
        CHI_SQUARE,
    ),
    mistake("optimal_m_estimation", "formula", "the classical error", component(0, sigma_z**2 * N / P), SQUARES),
    mistake(
        "optimal_m_estimation",
        "formula",
        "the limit for the exact error",
        component(0, sigma_z**2 * N / (P - N)),
        "eigenvalues of Wishart matrices",
    ),
    mistake(
        "optimal_m_estimation",
        "formula",
        "as many as an intercept more",
        component(0, sigma_z**2 * (N + 1) / (P - N - 2)),
        SQUARES,
    ),
    mistake(
        "optimal_m_estimation",
        "definition",
        "residuals without the Gaussian part",
        definition(0, lambda right: sp.exp(-c) / 2),
        "averages over the noise",
    ),
    mistake("optimal_m_estimation", "definition", "clipped twice", definition(1, lambda right: 2 * right), ABSOLUTE),
    mistake(
        "optimal_m_estimation",
        "displayed step",
        "an error without its examples",
        with_shown(7, lambda right: right / 2),
        SQUARES,
    ),
)
