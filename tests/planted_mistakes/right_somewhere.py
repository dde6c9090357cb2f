"""Mistakes that are right somewhere: at the values that are tried, on one branch, short of the end of a domain."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.cheap_learning import markov_inference
from derivations.error_landscape import energy_index_law
from derivations.symbols import (
    L,
    N,
    a_dot_a,
    beta_1,
    beta_2,
    d,
    epsilon,
    f_2,
    g,
    lambda_1,
    lambda_2,
    n,
    n_p,
    n_v,
    q,
    u,
)
from tests.planted_mistakes import Mistake, with_formula, with_shown, with_statement
from verify.claim import Claim

Change = Callable[[Claim], Claim]
index = sp.Symbol("j", integer=True, nonnegative=True)


def side(number: int, wrong: Callable[[sp.Expr], Any]) -> Change:
    """Change one right-hand side of the formula."""

    def changed(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
        parts = list(right) if isinstance(right, sp.Tuple) else [right]
        parts[number] = wrong(parts[number])
        return left, sp.Tuple(*parts) if isinstance(right, sp.Tuple) else parts[0]

    return with_formula(changed)


def named(expression: sp.Expr, name: str) -> sp.Symbol:
    """The letter of an expression that has this name."""
    return next(letter for letter in expression.free_symbols if letter.name == name)


def at(name: str, value: Any) -> Callable[[sp.Expr], sp.Expr]:
    """One letter replaced: by a number, or by what a function makes of it."""

    def changed(expression: sp.Expr) -> sp.Expr:
        letter = named(expression, name)
        return expression.subs(letter, value(letter) if callable(value) else value)

    return changed


def left(wrong: Callable[[list[sp.Expr]], list[sp.Expr]]) -> Change:
    """Change the left-hand sides of the formula."""
    return with_formula(lambda sides, right: (sp.Tuple(*wrong(list(sides))), right))


def defined(symbol: str, wrong: Callable[[sp.Expr], sp.Expr]) -> Change:
    """Change the definition of a symbol of the formula."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        changed = tuple(
            sp.Eq(one.lhs, wrong(one.rhs), evaluate=False) if str(one.lhs) == symbol else one for one in where
        )
        assert changed != where, f"{symbol} is not defined, or as before"
        return with_statement(claim, where=changed)

    return plant


def reaching(symbol: str, domain: sp.Set) -> Change:
    """Claim the formula on another domain of one parameter."""

    def plant(claim: Claim) -> Claim:
        parameters = claim.formula_statement.parameters
        assert symbol in {p.name for p in parameters}
        changed = tuple(dataclasses.replace(p, domain=domain) if p.name == symbol else p for p in parameters)
        return with_statement(claim, parameters=changed)

    return plant


def mistake(claim: str, kind: str, what: str, plant: Change, *checks: str) -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=claim, kind=kind, what=what, plant=plant, checks=checks)


def swapped(one: int, other: int) -> Change:
    """Two left-hand sides in each other's place."""

    def wrong(sides: list[sp.Expr]) -> list[sp.Expr]:
        sides[one], sides[other] = sides[other], sides[one]
        return sides

    return left(wrong)


THREE, FIVE = "three hidden neurons on digits", "five hidden neurons on few components of digits"
BOUNDARY, BARRIER = "along the boundary", "an interior-point method"
DRAGGED, SLOWLY = "particles in a dragged trap", "particles in a trap that is dragged slowly"
AT_VALUES = (
    mistake(
        "error_landscape.linear_network_critical_points",
        "formula",
        "right for data of nine modes only",
        side(0, at("n_r", 9)),
        THREE,
        FIVE,
    ),
    mistake(
        "diffusion.transient_entropy_decrease",
        "formula",
        "the mean work, right at one speed only",
        side(0, at("u_0", sp.Rational(11, 10))),
        DRAGGED,
        SLOWLY,
    ),
    mistake(
        "sgd_noise.senses_of_noise",
        "definition",
        "the noise scale, right for minibatches of three only",
        defined(str(g), lambda right: epsilon / 6),
        "means of powers on a bowl",
    ),
    mistake(
        "sgd_noise.senses_of_noise",
        "formula",
        "right for explicit, midpoint and implicit steps only",
        side(0, at("alpha", lambda alpha: alpha + alpha * (2 * alpha - 1) * (alpha - 1))),
        "means of powers on a bowl",
    ),
    mistake(
        "error_landscape.energy_index_law",
        "definition",
        "the level over the edge, right for the cubic model only",
        defined(str(energy_index_law.W_P), lambda right: u * sp.sqrt(sp.Rational(3, 2))),
        "mean curvature of few weights",
        "spherical model of degree 3",
        "covariances differentiated",
    ),
    mistake(
        "generalization.spiked_singular_values",
        "formula",
        "right for as many outputs as inputs only",
        side(0, at("A", 1)),
        "sampled training data",
    ),
    mistake(
        "generalization.deep_width_independence",
        "definition",
        "the ratio of modes, right for five layers only",
        defined("r_s", at("N_l", 5)),
        "integrated layers from a start of 1e-60",
    ),
    mistake(
        "jacobian_spectrum.second_moment_is_not_enough",
        "formula",
        "a third moment that is linear in the depth, right for three layers only",
        side(5, lambda right: 6 * L + 1),
        "sums over pairings",
    ),
    mistake(
        "jacobian_spectrum.rectangular_isometry",
        "formula",
        "the second moment, right for layers of twice the width only",
        side(1, at("r_N", 2)),
        "projections and rotations",
    ),
    mistake(
        "cheap_learning.discrete_network_size",
        "formula",
        "coefficients of terms of up to three bits only",
        side(0, lambda right: sp.Sum(sp.binomial(n, index), (index, 0, sp.Min(d, 3)))),
        "networks for random Hamiltonians",
    ),
)

ON_A_BRANCH = (
    mistake(
        "error_landscape.saddle_free_step",
        "formula",
        "right where the first curvature is positive only",
        side(0, lambda right: right.subs(sp.Abs(lambda_1), lambda_1)),
        BOUNDARY,
        BARRIER,
    ),
    mistake(
        "error_landscape.saddle_free_step",
        "formula",
        "right where the second curvature is negative only",
        side(1, lambda right: right.subs(sp.Abs(lambda_2), -lambda_2)),
        BOUNDARY,
        BARRIER,
    ),
    mistake(
        "expressivity.sawtooth_approximation",
        "formula",
        "right for even numbers of pieces only",
        side(0, lambda right: right.subs(sp.floor(n_p / 2), n_p / 2)),
        "crossings searched",
    ),
    mistake(
        "cheap_learning.gate_polynomials",
        "formula",
        "layers that are right between powers of two only",
        side(1, lambda right: sp.floor(sp.log(d) / sp.log(2)) + 1),
        "networks of gates built and run",
    ),
    mistake(
        "diffusion.loss_weights",
        "formula",
        "the truncated weight, right at little noise only",
        side(2, lambda right: right.args[0] if right.args[1] == 1 else right.args[1]),
        "single examples",
    ),
    mistake(
        "manifold_geometry.curve_geometry",
        "formula",
        "the normal part of the acceleration, right at unit speed only",
        side(0, lambda right: right.subs(a_dot_a * named(right, "g^E"), a_dot_a)),
        "three points of a cubic",
    ),
)

ENDS = (
    ("cheap_learning.compositional_trees", "n", sp.Range(1, sp.oo), "nodes and inputs"),
    ("cheap_learning.maximum_entropy", "d", sp.Range(0, sp.oo, 2), "moments summed over a lattice"),
    ("cheap_learning.flattening_cost", "n", sp.Range(1, sp.oo), "rank of the products at all signs"),
    ("manifold_geometry.great_circle", "N", sp.Range(0, sp.oo), "a slanted circle differentiated numerically"),
    ("diffusion.cosine_schedule", "beta_max", sp.Interval(sp.Rational(3, 4), 1), "product of clipped betas"),
    ("sgd_noise.langevin_conventions", "N", sp.Range(1, sp.oo), "exact law of many steps"),
    ("sgd_noise.minibatch_covariance", "N", sp.Range(1, sp.oo), "all minibatches"),
    ("sgd_noise.discrete_chain", "l_1", sp.Interval(-1, 1), "sum over the noise"),
    ("jacobian_spectrum.relu_orthogonal", "L", sp.Range(1, sp.oo), "random orthogonal matrices and switches"),
    ("expressivity.universality", "n", sp.Range(0, sp.oo), "parabolas and their chords"),
)

OTHERS = (
    mistake(
        "cheap_learning.information_distillation",
        "left side",
        "bits for nats",
        left(lambda sides: [sides[0] * sp.log(2), *sides[1:]]),
        "whole tables",
    ),
    mistake(
        "expressivity.region_maximum",
        "left side",
        "what is reached and its bound exchanged",
        swapped(1, 2),
        "cuts and copies",
    ),
    mistake(
        "manifold_geometry.isotropic_stretch",
        "left side",
        "the square of the curvature for the curvature",
        left(lambda sides: [sides[0], sides[1] ** 2, sides[2]]),
        "a stretched curve in space, integrated numerically",
    ),
    mistake("error_landscape.escape_times", "left side", "both rules exchanged", swapped(0, 1), "steps counted"),
    mistake(
        "cheap_learning.markov_inference",
        "definition",
        "the error of the other step",
        defined(str(markov_inference.STATEMENT.where[1].lhs), lambda right: right.subs(beta_2, beta_1)),
        "paths",
    ),
    mistake(
        "expressivity.universality",
        "formula",
        "a small correction to the bound, 1 + 1/(100 n)",
        side(0, lambda right: f_2 / (8 * n**2) * (1 + 1 / (100 * n))),
        "parabolas and their chords",
    ),
    mistake(
        "cheap_learning.compositional_trees",
        "formula",
        "inputs of a table of pairs counted once only",
        side(0, lambda right: right * (n_v + 1) / (2 * n_v)),
        "trees run at all inputs",
    ),
    mistake(
        "manifold_geometry.great_circle",
        "formula",
        "the length of the image of half a circle",
        side(3, lambda right: sp.pi * sp.sqrt(N * q)),
        "polygons on sampled circles",
    ),
    *(
        mistake(claim, "displayed step", what, with_shown(number, wrong), check)
        for claim, number, what, wrong, check in (
            (
                "cheap_learning.information_distillation",
                4,
                "a slope of the other sign",
                lambda right: -right,
                "whole tables",
            ),
            (
                "diffusion.dead_leaves",
                3,
                "an overlap of twice the size",
                lambda right: 2 * right,
                "overlap by chords",
            ),
            (
                "sgd_noise.discrete_chain",
                3,
                "a ratio that is right for l_1 = 1 only",
                lambda right: right + (1 - named(right, "l_1")) / 7,
                "sum over the noise",
            ),
            (
                "jacobian_spectrum.rectangular_isometry",
                8,
                "the fraction above for that below",
                lambda right: 1 - right,
                "projections and rotations",
            ),
            (
                "expressivity.region_maximum",
                2,
                "one neuron too few",
                lambda right: right.subs(n, n - 1),
                "cuts and copies",
            ),
        )
    ),
)

MISTAKES = (
    *AT_VALUES,
    *ON_A_BRANCH,
    *(
        mistake(
            claim,
            "domain",
            f"a domain that reaches to {symbol} = {domain.inf}..{domain.sup}",
            reaching(symbol, domain),
            check,
        )
        for claim, symbol, domain, check in ENDS
    ),
    *OTHERS,
)
