"""Mistakes planted in the claims on error landscapes and saddle points."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.error_landscape import (
    energy_index_law,
    newton_is_attracted,
    rare_minima,
    saddle_free_step,
)
from derivations.statement import LeadingOrder, Limit
from derivations.symbols import (
    C_1,
    C_2,
    N_2,
    J_m,
    N,
    d_0,
    d_f,
    delta_q,
    epsilon,
    gamma_1,
    gamma_2,
    lambda_1,
    lambda_2,
    lambda_i,
    mu,
    n_m,
    n_r,
    p,
    r,
    u,
)
from numerics.measurement import Measurement
from tests.planted_mistakes import Mistake, with_check, with_experiment, with_formula, with_statement, with_step
from verify.claim import Claim

COVARIANCES, SPHERE, WAVES = "covariances differentiated", "spherical model of degree 3", "field of random waves"
DERIVED, NETWORK, ESCAPE = (
    "maps by numerical derivatives",
    "a tanh network at weights of zero",
    "a tanh network leaves its weights of zero",
)
MATRICES, DIGITS, BARRIER = "random matrices eliminated", "three hidden neurons on digits", "an interior-point method"


def component(number: int, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component."""
    return with_formula(
        lambda left, right: (left, sp.Tuple(*(wrong if k == number else part for k, part in enumerate(right))))
    )


def with_definition(symbol: sp.Symbol, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another definition of a symbol of the formula."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        assert symbol in {d.lhs for d in where}
        changed = tuple(sp.Eq(d.lhs, wrong, evaluate=False) if d.lhs == symbol else d for d in where)
        return with_statement(claim, where=changed)

    return plant


def order(parameter: sp.Symbol, power: int) -> Callable[[Claim], Claim]:
    """Another order of the error that is stated."""
    return lambda claim: with_statement(claim, regime=LeadingOrder(parameter=parameter, order=power))


def measured_as(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    """The check with other measured values."""

    def wrong(experiment: Callable[..., Measurement], **run: Any) -> Measurement:
        measured = experiment(**run)
        return dataclasses.replace(measured, values=change(measured.values))

    return lambda check: dataclasses.replace(check, quick=functools.partial(wrong, check.quick))


def given_otherwise(name: str, value: float) -> Callable[[Any], Any]:
    """The check of an experiment that is run with another value than is given."""

    def wrong(experiment: Callable[..., Measurement], said: float, **run: Any) -> Measurement:
        measured = experiment(**run)
        return dataclasses.replace(measured, given={**measured.given, name: said})

    def change(check: Any) -> Any:
        said = check.quick.keywords[name]
        quick = functools.partial(wrong, functools.partial(check.quick, **{name: value}), said)
        return dataclasses.replace(check, quick=quick)

    return change


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str, unseen: str = "") -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=f"error_landscape.{claim}", kind=kind, what=what, plant=plant, checks=checks, unseen=unseen)


W, W_P = energy_index_law.W, energy_index_law.W_P
FACTORS = newton_is_attracted.STATEMENT.right
RATIO = sp.log(d_f / d_0)
TRIANGLE = n_m * (n_m + 1) / 2
HALF = sp.Rational(1, 2)

MISTAKES = (
    *(
        mistake(
            "energy_index_law",
            "regime",
            f"an error of the order {rate} in the place of 1/N",
            lambda claim, rate=rate: with_statement(claim, regime=Limit(parameter=N, towards=sp.oo, rate=rate)),
            "mean curvature of few weights",
        )
        for rate in (N**-2, N**-HALF)
    ),
    mistake(
        "energy_index_law",
        "definition",
        "the law of the field taken for the sphere, whose radius adds to the shift",
        with_definition(W_P, u * sp.sqrt((p - 1) / p)),
        SPHERE,
    ),
    mistake(
        "energy_index_law",
        "definition",
        "right for a covariance whose second derivative is its slope only",
        with_definition(W, u / sp.sqrt(C_1)),
        COVARIANCES,
    ),
    mistake(
        "energy_index_law",
        "definition",
        "right for a covariance whose slope is 1 only",
        with_definition(W, u * sp.sqrt(C_2)),
        WAVES,
    ),
    mistake(
        "energy_index_law",
        "formula",
        "a linear law between the two thresholds",
        component(0, HALF + W / 4),
        WAVES,
    ),
    mistake(
        "energy_index_law",
        "formula",
        "a uniform spectrum of the same variance in the place of the semicircle",
        component(2, HALF + W_P / (2 * sp.sqrt(3))),
        SPHERE,
    ),
    mistake(
        "energy_index_law",
        "formula",
        "the shift at a given level, without that it fluctuates: right where level and shift are locked only",
        component(1, -u * C_1),
        COVARIANCES,
    ),
    mistake(
        "energy_index_law",
        "experiment",
        "a field that is half as large again as is said",
        with_check(WAVES, given_otherwise("size", 2.55)),
        WAVES,
    ),
    mistake(
        "energy_index_law",
        "experiment",
        "curvatures in the space around the sphere, without what the sphere bends by",
        with_check(
            SPHERE,
            measured_as(lambda values: np.stack([values[0], values[1] * 0])),
        ),
        SPHERE,
    ),
    mistake(
        "energy_index_law",
        "step",
        "a landscape whose elements all vary alike, with a diagonal no wider than the rest",
        with_step(1, obligation=C_2),
        COVARIANCES,
    ),
    mistake(
        "saddles_proliferate",
        "regime",
        "an error of the second order",
        order(u, 2),
    ),
    mistake(
        "saddles_proliferate",
        "formula",
        "the slope of the chord between the thresholds",
        component(1, HALF + u * sp.sqrt(p / (p - 1)) / 4),
        SPHERE,
    ),
    mistake(
        "rare_minima",
        "formula",
        "independent signs of eigenvalues, 2^-N",
        with_formula(lambda left, right: (left, sp.Tuple(*(HALF**k for k in (1, 2, 3, 4))))),
        MATRICES,
    ),
    mistake(
        "rare_minima",
        "formula",
        "the exponent of large matrices, exp(-N^2 ln(3) / 4), already at four rows",
        component(3, sp.Rational(1, 81)),
        MATRICES,
    ),
    mistake(
        "rare_minima",
        "formula",
        "independent pivots in the place of repelling eigenvalues: P_2 P_3 for four rows",
        component(3, rare_minima.STATEMENT.right[1] * rare_minima.STATEMENT.right[2]),
        MATRICES,
    ),
    mistake(
        "linear_network_critical_points",
        "formula",
        "silent hidden neurons left out",
        with_formula(lambda left, right: (left, J_m - TRIANGLE)),
        DIGITS,
    ),
    mistake(
        "linear_network_critical_points",
        "formula",
        "right where every hidden neuron holds a mode only",
        with_formula(lambda left, right: (left, J_m - N_2 * (N_2 + 1) / 2)),
        DIGITS,
    ),
    mistake(
        "linear_network_critical_points",
        "formula",
        "silent neurons that meet all modes",
        with_formula(lambda left, right: (left, J_m - TRIANGLE + (N_2 - n_m) * n_r)),
        DIGITS,
    ),
    mistake(
        "linear_network_critical_points",
        "experiment",
        "weights that are not at rest",
        with_experiment(DIGITS, apart=0.6),
        DIGITS,
    ),
    mistake(
        "newton_is_attracted",
        "formula",
        "a saddle-free factor that is right at positive curvatures only",
        component(3, FACTORS[2]),
        NETWORK,
    ),
    mistake(
        "newton_is_attracted",
        "formula",
        "a saddle-free factor without damping: right where curvatures are large only",
        component(3, 1 - epsilon * sp.sign(lambda_i)),
        NETWORK,
    ),
    mistake(
        "newton_is_attracted",
        "formula",
        "the absolute value of the damped curvature",
        component(3, 1 - epsilon * lambda_i / sp.Abs(lambda_i + mu)),
        NETWORK,
    ),
    mistake(
        "newton_is_attracted",
        "formula",
        "a Newton's method that is repelled where the curvature is negative",
        component(1, 1 - epsilon * sp.sign(lambda_i)),
        NETWORK,
    ),
    mistake("newton_is_attracted", "regime", "an error of the second order", order(r, 2), "distance from the saddle"),
    mistake(
        "newton_is_attracted",
        "experiment",
        "a start so far away that the Hessian is another",
        with_check(NETWORK, lambda check: dataclasses.replace(check, steps=(0.4, 0.2, 0.1))),
        NETWORK,
    ),
    mistake(
        "escape_times",
        "formula",
        "the time of the flow for the number of steps: right at small learning rates only",
        component(0, -RATIO / (epsilon * lambda_i)),
        ESCAPE,
    ),
    mistake(
        "escape_times",
        "formula",
        "saddle-free steps that double the distance, whatever the learning rate and the damping",
        component(1, RATIO / sp.log(2)),
        ESCAPE,
    ),
    mistake(
        "saddle_free_step",
        "formula",
        "each direction with a region of its own",
        component(0, -sp.sqrt(2 * delta_q / sp.Abs(lambda_1)) * sp.sign(gamma_1)),
        BARRIER,
    ),
    mistake(
        "saddle_free_step",
        "definition",
        "the norm of the gradient for its length over |H|",
        with_definition(saddle_free_step.SUM, gamma_1**2 + gamma_2**2),
        BARRIER,
    ),
    mistake(
        "saddle_free_step",
        "definition",
        "H for |H| in the length of the gradient: right at minima only",
        with_definition(saddle_free_step.SUM, sp.Abs(gamma_1**2 / lambda_1 + gamma_2**2 / lambda_2)),
        BARRIER,
    ),
)
