"""Mistakes planted in the claims on curves and boundaries in random networks."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.manifold_geometry.curvature_recursion import mean_square
from derivations.statement import Limit
from derivations.symbols import (
    N_1,
    D,
    Delta,
    N,
    R,
    a_dot_a,
    chi_1,
    chi_2,
    gbar,
    kappabar,
    l,
    phi,
    q,
    q_Delta,
    q_star,
    s_theta,
    sigma_b,
    sigma_w,
    x,
    z,
)
from tests.planted_mistakes import Mistake, with_check, with_formula, with_shown, with_statement, with_step
from verify.claim import Claim

FIELD = sp.sqrt(q_star) * z
KERNELS = ("closed kernels in power series",)


def slope(order: int, field: sp.Expr) -> sp.Expr:
    """A derivative of the activation at a field."""
    return phi(x).diff(x, order).subs(x, field)


def with_definition(symbol: sp.Symbol, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another definition of a symbol of the formula."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        assert symbol in {d.lhs for d in where}
        return with_statement(claim, where=tuple(sp.Eq(d.lhs, wrong) if d.lhs == symbol else d for d in where))

    return plant


def with_rate(rate: sp.Expr) -> Callable[[Claim], Claim]:
    """State that infinite width is approached at another rate."""

    def plant(claim: Claim) -> Claim:
        return with_statement(claim, regime=dataclasses.replace(claim.formula_statement.regime, rate=rate))

    return plant


def component(number: int, wrong: Any) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component: an expression, or a function of the right one."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        parts = list(right.args)
        parts[number] = wrong(parts[number]) if callable(wrong) else wrong
        return left, sp.Tuple(*parts)

    return with_formula(change)


def with_relation(relation: type[sp.Rel]) -> Callable[[Claim], Claim]:
    """Another relation between the same sides."""

    def plant(claim: Claim) -> Claim:
        formula = claim.formula_statement.formula
        return with_statement(claim, formula=relation(formula.lhs, formula.rhs, evaluate=False))

    return plant


def everywhere(old: sp.Expr, new: sp.Expr) -> Callable[[Claim], Claim]:
    """One expression for another on the right-hand side."""
    return with_formula(lambda left, right: (left, right.subs(old, new)))


def with_small_networks(name: str, **arguments: Any) -> Callable[[Claim], Claim]:
    """Other arguments of an experiment, which runs on small networks and few replicas."""

    def change(check: Any) -> Any:
        quick = functools.partial(check.quick, **arguments)
        return dataclasses.replace(check, quick=quick, sizes=((60, 24), (120, 16), (240, 12)))

    return with_check(name, change)


REFLECTED_2 = -(sigma_w**2) * GaussE(slope(2, FIELD) * slope(2, -FIELD), z)
REFLECTED_1 = sigma_w**2 * GaussE(slope(1, FIELD) * slope(1, -FIELD), z)
OF_OUTPUT = sigma_w**2 * GaussE(phi(FIELD) ** 2, z) / q_star  # 1 for a linear network, like chi_1
ALL_SERIES = {
    "grassmannian_growth": KERNELS,
    "curvature_recursion": KERNELS,
    "boundary_flattening": ("kernels iterated to the boundary's layer",),
}

UNTIL_FAR = "layers until points are far apart"

MISTAKES = (
    *(
        Mistake(
            claim=f"manifold_geometry.{claim}",
            kind="formula",
            what="chi_2 with one argument reflected: right for activations whose second derivative is odd",
            plant=with_definition(chi_2, REFLECTED_2),
            checks=checks,
        )
        for claim, checks in ALL_SERIES.items()
    ),
    Mistake(
        claim="manifold_geometry.depth_beats_width",
        kind="formula",
        what="chi_1 with one argument reflected: right for activations whose slope is even",
        plant=with_definition(chi_1, REFLECTED_1),
        checks=("kernels iterated in power series",),
    ),
    Mistake(
        claim="manifold_geometry.grassmannian_growth",
        kind="formula",
        what="chi_1 from the outputs: right for linear networks only",
        plant=with_definition(chi_1, OF_OUTPUT),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.curvature_recursion",
        kind="formula",
        what="chi_2 at twice the length: right in no network",
        plant=with_definition(chi_2, mean_square(2).subs(q_star, 2 * q_star)),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.curvature_recursion",
        kind="formula",
        what="curvature of the layer before taken as that of a great circle: right in the first layer only",
        plant=component(1, 3 * chi_2 / chi_1**2 + 1 / (q_star * chi_1)),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.curvature_recursion",
        kind="formula",
        what="no new curvature: right for linear networks only",
        plant=component(1, kappabar**2 / chi_1),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.curvature_recursion",
        kind="formula",
        what="a small correction to the metric, 1 + gbar/100",
        plant=component(0, chi_1 * gbar * (1 + gbar / 100)),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.grassmannian_growth",
        kind="formula",
        what="the layer is counted from the outputs: l + 1 for l in the length",
        plant=component(0, lambda right: right.subs(l, l + 1)),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.grassmannian_growth",
        kind="formula",
        what="curvature over q* instead of the metric of the layer: right in the first layer only",
        plant=component(1, lambda right: right.subs(l, 1)),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.boundary_flattening",
        kind="formula",
        what="root mean square instead of mean absolute curvature",
        plant=component(1, lambda right: sp.pi / 2 * right),
        checks=("kernels iterated to the boundary's layer",),
    ),
    Mistake(
        claim="manifold_geometry.boundary_flattening",
        kind="formula",
        what="curvature of the image of a circle for that of the boundary",
        plant=component(1, sp.sqrt(chi_2 * q_star * 3 / (chi_1 * (chi_1 - 1)))),
        checks=("kernels iterated to the boundary's layer",),
    ),
    Mistake(
        claim="manifold_geometry.depth_beats_width",
        kind="formula",
        what="length of the fields instead of the outputs, one activation short",
        plant=component(0, 2 * sp.pi * sp.sqrt(q_star) * chi_1 ** ((D - 1) / 2)),
        checks=("kernels iterated in power series",),
    ),
    Mistake(
        claim="manifold_geometry.depth_beats_width",
        kind="formula",
        what="width by the bound of an open curve with two reversals, 3 N R",
        plant=component(1, lambda right: right * sp.Rational(2, 3)),
        checks=("kernels iterated in power series",),
    ),
    Mistake(
        claim="manifold_geometry.manifold_kernel",
        kind="formula",
        what="variance of the pair for the variance: right at difference 0 only",
        plant=component(1, sigma_b**2 + 2 * sigma_w**2 / sp.pi * sp.asin(2 * q_Delta / (1 + q_star + q_Delta))),
        checks=("slanted circle and average over two Gaussian fields",),
    ),
    Mistake(
        claim="manifold_geometry.manifold_kernel",
        kind="formula",
        what="the circle's kernel to second order in the angle",
        plant=component(0, q_star * (1 - Delta**2 / 2)),
        checks=("slanted circle and average over two Gaussian fields",),
    ),
    Mistake(
        claim="manifold_geometry.shallow_length_bound",
        kind="formula",
        what="a bound that grows like the root of the width",
        plant=component(0, sp.sqrt(N_1) * (1 + s_theta) * R),
        checks=("staircases attain the bounds",),
    ),
    Mistake(
        claim="manifold_geometry.shallow_length_bound",
        kind="formula",
        what="the bound of open curves for closed ones: true, but not attained",
        plant=component(1, N_1 * (1 + s_theta) * R),
        checks=("staircases attain the bounds",),
    ),
    *(
        Mistake(
            claim="manifold_geometry.shallow_length_bound",
            kind="formula",
            what=f"{relation.rel_op} for <=",
            plant=with_relation(relation),
            checks=("staircases attain the bounds", "random monotone layers stay below"),
        )
        for relation in (sp.Ge, sp.Lt, sp.Eq)
    ),
    Mistake(
        claim="manifold_geometry.great_circle",
        kind="formula",
        what="curvature of a circle of squared radius q: right in one dimension only",
        plant=component(1, 1 / sp.sqrt(q)),
        checks=("a slanted circle differentiated numerically",),
    ),
    Mistake(
        claim="manifold_geometry.curve_geometry",
        kind="formula",
        what="length of the acceleration for the curvature: right at unit speed only",
        plant=component(0, sp.sqrt(a_dot_a)),
        checks=("three points of a cubic",),
    ),
    Mistake(
        claim="manifold_geometry.grassmannian_growth",
        kind="experiment",
        what="weights that are 6 % too large",
        plant=with_small_networks("image of a circle in ordered networks", sigma_w=0.9 * 1.06, layers=4),
        checks=("image of a circle in ordered networks",),
    ),
    Mistake(
        claim="manifold_geometry.depth_beats_width",
        kind="experiment",
        what="a staircase of range 1.5 for 1.7",
        plant=with_small_networks("neurons of one hidden layer", shallow_range=1.5, layers=3),
        checks=("neurons of one hidden layer",),
    ),
    Mistake(
        claim="manifold_geometry.curvature_recursion",
        kind="step",
        what="two pairings of four derivatives instead of three",
        plant=with_step(
            -2, obligation=(3 * chi_2 / chi_1**2 + kappabar**2 / chi_1) - (2 * chi_2 / chi_1**2 + kappabar**2 / chi_1)
        ),
        checks=KERNELS,
    ),
    Mistake(
        claim="manifold_geometry.great_circle",
        kind="displayed step",
        what="squared speed N q^2 for N q",
        plant=with_shown(2, lambda right: right * q),
    ),
    *(
        Mistake(
            claim=f"manifold_geometry.{claim}",
            kind="regime",
            what=f"infinite width approached like {rate}",
            plant=with_rate(rate),
            checks=(check,),
        )
        for claim, check in (
            ("manifold_kernel", "third layer of finite width"),
            ("curvature_recursion", "narrow layers"),
            ("grassmannian_growth", "narrow networks"),
            ("depth_beats_width", "narrow networks"),
            ("boundary_flattening", "narrow networks"),
        )
        for rate in (1 / sp.sqrt(N), N**-2)
        if (claim, rate) != ("boundary_flattening", N**-2)  # it costs seconds; the other rate is the harder one
    ),
    *(
        Mistake(
            claim="manifold_geometry.transient_chaos",
            kind="formula",
            what=what,
            plant=with_formula(lambda left, right, change=change: (left, sp.Tuple(*change(*right)))),
            checks=(check,),
        )
        for what, change, check in (
            (
                "the dilogarithm to its first order",
                lambda n, far, late: (n.replace(sp.polylog, lambda order, x: x), far, late),
                "circles at layer 2",
            ),
            ("dimensions over c* itself", lambda n, far, late: (n, sp.sqrt(far), late), "far points deep down"),
            ("distances that grow by chi_1, not its root", lambda n, far, late: (n, far, late / 2), UNTIL_FAR),
        )
    ),
    Mistake(
        claim="manifold_geometry.transient_chaos",
        kind="regime",
        what="a limit that is reached like a root",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=N, towards=sp.oo, rate=1 / sp.sqrt(N))),
        checks=("narrow networks",),
    ),
    Mistake(
        claim="manifold_geometry.transient_chaos",
        kind="step",
        what="a mean of powers one too high",
        plant=with_step(3, obligation=sp.Symbol("k", positive=True) / (sp.Symbol("k", positive=True) + 1) - 1),
        checks=("correlations layer by layer",),
    ),
)
