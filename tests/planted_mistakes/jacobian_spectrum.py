"""Mistakes planted in the claims on Jacobian spectra."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.activations import ERF
from derivations.jacobian_spectrum import (
    gaussian_product,
    no_relu_isometry,
    rectangular_isometry,
    smooth_limit,
    universal_edge,
)
from derivations.statement import Limit
from derivations.symbols import L, N, l, n, q_star, varphi, z
from tests.planted_mistakes import Mistake, with_experiment, with_formula, with_statement, with_step
from verify.claim import Claim
from verify.claims.jacobian_spectrum import bernoulli_limit as bernoulli_entry
from verify.claims.jacobian_spectrum import smooth_limit as smooth_entry
from verify.references.wide_jacobians import hard_tanh_network, length_of_spread, linear_networks, relu_networks

CHAPTER = "jacobian_spectrum."


def at(place: int, change: Callable[[sp.Expr], sp.Expr]) -> Callable[[Claim], Claim]:
    """Change one right-hand side."""

    def changed(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
        parts = list(right)
        parts[place] = change(parts[place])
        return left, sp.Tuple(*parts)

    return with_formula(changed)


def with_rate(parameter: sp.Symbol, rate: sp.Expr) -> Callable[[Claim], Claim]:
    """State another rate of the limit."""
    return lambda claim: with_statement(claim, regime=Limit(parameter=parameter, towards=sp.oo, rate=rate))


def with_domain(symbol: sp.Symbol, domain: sp.Set) -> Callable[[Claim], Claim]:
    """Give one parameter another domain."""

    def plant(claim: Claim) -> Claim:
        parameters = claim.formula_statement.parameters
        changed = (dataclasses.replace(p, domain=domain) if p.symbol == symbol else p for p in parameters)
        return with_statement(claim, parameters=tuple(changed))

    return plant


def planted(claim: str, kind: str, what: str, plant: Callable[[Claim], Claim], *checks: str, **rest: str) -> Mistake:
    """A mistake in a claim of this chapter."""
    return Mistake(claim=CHAPTER + claim, kind=kind, what=what, plant=plant, checks=checks, **rest)


def with_slope_reflected(claim: Claim) -> Claim:
    """Two of the four factors of the mean fourth power of the slope at -z."""
    where = tuple(
        sp.Eq(d.lhs, d.rhs.replace(lambda e: e.is_Pow and e.exp == 4, _half_reflected), evaluate=False)
        for d in claim.formula_statement.where
    )
    assert where != claim.formula_statement.where
    return with_statement(claim, where=where)


def _half_reflected(power: sp.Pow) -> sp.Expr:
    return power.base**2 * power.base.subs(z, -z) ** 2


HALF = sp.Rational(1, 2)
ITERATED = "the length map iterated"
COUNTED = "singular values of rectified networks"
CLOSE = "singular values of networks close to isometry"

MISTAKES = (
    planted(
        "gaussian_product",
        "formula",
        "the second moment at width N of complex matrices",
        at(2, lambda _: N / 2 * ((1 + 1 / N) ** (L + 1) - (1 - 1 / N) ** (L + 1))),
        "sums over pairings",
    ),
    planted(
        "gaussian_product",
        "experiment",
        "one layer more",
        with_experiment("products of narrow matrices", networks=linear_networks((3, 4, 6))),
        "products of narrow matrices",
    ),
    planted("gaussian_product", "regime", "rate 1 / N^2", with_rate(N, N**-2), "second moment of finite matrices"),
    planted(
        "gaussian_product",
        "step",
        "the diagonal entries of W A W^T counted once",
        with_step(5, obligation=gaussian_product.FINITE - gaussian_product.FINITE * (1 + 1 / N)),
        "sums over pairings",
    ),
    planted(
        "relu_orthogonal",
        "formula",
        "the law of a linear network with Gaussian weights of one layer less, which has the same edge",
        at(
            1, lambda _: (L * varphi - (L - 1) * sp.sin(varphi) * sp.sin(L * varphi) / sp.sin((L - 1) * varphi)) / sp.pi
        ),
        "random orthogonal matrices and switches",
    ),
    planted(
        "relu_orthogonal",
        "experiment",
        "Gaussian weights in place of orthogonal ones",
        with_experiment(COUNTED, networks=relu_networks((3,), orthogonal=False)),
        COUNTED,
    ),
    planted("relu_orthogonal", "domain", "from one layer on", with_domain(L, sp.Range(1, sp.oo)), COUNTED),
    planted(
        "relu_gaussian",
        "experiment",
        "orthogonal weights in place of Gaussian ones",
        with_experiment(COUNTED, networks=relu_networks((2, 3), orthogonal=True)),
        COUNTED,
    ),
    planted(
        "relu_gaussian",
        "formula",
        "right for large depth only: the edge 2 e L",
        at(2, lambda _: 2 * sp.E * L),
        "growth of the moments",
    ),
    planted(
        "hard_tanh_orthogonal",
        "formula",
        "without the directions that no layer touches",
        at(1, lambda e: e - (1 - L * (1 - sp.Symbol("p_1", positive=True)))),
        "random orthogonal matrices and switches",
    ),
    planted(
        "universal_edge",
        "formula",
        "right for orthogonal weights only: v for both",
        at(0, lambda _: sp.sqrt(sp.E * (universal_edge.SPREAD - 1) * L)),
        "edges of finite depth",
    ),
    planted("universal_edge", "regime", "rate 1 / sqrt(L)", with_rate(L, 1 / sp.sqrt(L)), "edges of finite depth"),
    planted(
        "bulk_fraction",
        "formula",
        "1 / L without its logarithm",
        at(2, lambda e: e * sp.pi / varphi),
        "fractions at finite depth",
    ),
    planted(
        "bulk_fraction",
        "experiment",
        "rectified networks, whose layers spread twice as much",
        with_experiment("deep linear networks", networks=relu_networks((16,), orthogonal=False)),
        "deep linear networks",
    ),
    planted("gain_one", "formula", "lengths half as large again", at(0, lambda e: 3 * e / 2), "networks of gain 1"),
    planted(
        "beyond_the_edge",
        "formula",
        "a decay half as large again",
        at(2, lambda e: 3 * e / 2),
        "networks beyond the edge",
    ),
    planted(
        "strong_weights", "formula", "a spread half as large again", at(1, lambda e: 3 * e / 2), "saturated layers"
    ),
    planted(
        "no_gaussian_isometry",
        "formula",
        "that of orthogonal weights",
        at(1, lambda e: e.subs(sp.Symbol("mu", positive=True), sp.Symbol("mu", positive=True) - 1)),
        "Gaussian matrices and independent slopes",
    ),
    planted(
        "orthogonal_isometry",
        "formula",
        "right for tanh only: 8 q*^2",
        at(2, lambda _: 8 * q_star**2),
        "random orthogonal matrices and independent slopes",
    ),
    planted(
        "smooth_limit",
        "experiment",
        "hard-tanh networks of the same spread",
        with_experiment(
            CLOSE,
            networks=(hard_tanh_network(1 / (1 + smooth_entry.SPREAD**2 / smooth_entry.LAYERS), smooth_entry.LAYERS),)
            * 2,
        ),
        CLOSE,
    ),
    planted(
        "smooth_limit",
        "formula",
        "the third moment of the other limit",
        at(6, lambda e: e - smooth_limit.SPREAD**2),
        "third moment at finite depth",
    ),
    planted("smooth_limit", "formula", "fractions an eighth larger", at(1, lambda e: 9 * e / 8), CLOSE),
    planted("smooth_limit", "regime", "rate 1 / L", with_rate(L, 1 / L), "third moment at finite depth"),
    planted(
        "bernoulli_limit",
        "experiment",
        "networks of a smooth activation of the same spread",
        with_experiment(
            "singular values of hard-tanh networks",
            networks=(
                smooth_entry.critical_network(
                    ERF,
                    length_of_spread(ERF, bernoulli_entry.SPREAD, bernoulli_entry.LAYERS),
                    bernoulli_entry.LAYERS,
                    orthogonal=True,
                ),
            ),
        ),
        "singular values of hard-tanh networks",
    ),
    planted(
        "s_transform",
        "formula",
        "the moments of commuting factors",
        at(1, lambda _: sp.Symbol("a_2", positive=True) * sp.Symbol("b_2", positive=True)),
        "means over rotations",
    ),
    planted(
        "rectangular_isometry",
        "experiment",
        "bulges of half the excess",
        with_experiment("three bulges", ratio=1.25),
        "three bulges",
    ),
    planted(
        "no_relu_isometry",
        "experiment",
        "biases that keep two thirds of the neurons on",
        with_experiment("rectified networks with centred weights", tilt=0.43),
        "rectified networks with centred weights",
    ),
    planted(
        "strong_weights",
        "regime",
        "rate 1 / q*",
        with_rate(q_star, 1 / q_star),
        "averages over nodes",
    ),
    planted(
        "second_moment_is_not_enough",
        "left side",
        "both third moments swapped",
        with_formula(lambda left, right: (sp.Tuple(*left[:4], left[5], left[4]), right)),
        "sums over pairings",
    ),
    planted("gain_one", "regime", "rate 1 / l^3", with_rate(l, l**-3), ITERATED),
    planted(
        "gain_one", "formula", "a correction of order l^(-3/2)", at(0, lambda e: e + l ** (-HALF * 3) / 10), ITERATED
    ),
    planted(
        "no_relu_isometry",
        "formula",
        "right for one layer only",
        at(1, lambda _: (2 + no_relu_isometry.SPREAD) ** L),
        "rotations and diagonals",
    ),
    planted(
        "rectangular_isometry",
        "formula",
        "right for one bulge only",
        at(1, lambda _: (2 - 1 / rectangular_isometry.RATIO) ** n / rectangular_isometry.RATIO ** (2 * n)),
        "projections and rotations",
    ),
    planted(
        "rectangular_isometry",
        "domain",
        "bulges of no width included",
        with_domain(rectangular_isometry.RATIO, sp.Interval(0, sp.oo)),
        "projections and rotations",
    ),
    planted(
        "relu_gaussian",
        "formula",
        "third moment right for one and two layers only",
        at(4, lambda e: e + (L - 1) * (L - 2)),
        "Gaussian matrices and switches",
    ),
    *(
        planted(claim, "definition", "right where the slope is even only", with_slope_reflected, check)
        for claim, check in (
            ("universal_edge", "edges of finite depth"),
            ("no_gaussian_isometry", "Gaussian matrices and independent slopes"),
            ("orthogonal_isometry", "random orthogonal matrices and independent slopes"),
        )
    ),
)
