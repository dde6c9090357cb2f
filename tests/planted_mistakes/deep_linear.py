"""Mistakes in the chapter on deep linear networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import sympy as sp

from derivations.deep_linear import depth_n_mode, determinant_obstruction
from derivations.statement import Limit, Statement
from derivations.symbols import (
    W_2,
    W_3,
    W_4,
    D,
    Lambda,
    Lambda_i,
    Lambda_j,
    N,
    N_l,
    Sigma_11,
    Sigma_22,
    Wbar_12,
    Wbar_21,
    a,
    a_0,
    a_f,
    b_1_2,
    c_0,
    e_1,
    e_21,
    error_matrix,
    lambda_,
    s,
    s_i,
    sigma,
    t,
    tau,
    transition,
    varphi,
)
from numerics.deep_linear import depth_scaling
from numerics.measurement import Measurement
from tests.planted_mistakes import (
    Mistake,
    with_check,
    with_experiment,
    with_formula,
    with_shown,
    with_statement,
    with_step,
)
from verify.claim import Claim
from verify.claims.deep_linear import depth_n_mode as depth_entry
from verify.claims.deep_linear import determinant_obstruction as determinant_entry
from verify.claims.deep_linear import fewest_layers
from verify.claims.deep_linear import stage_ratio as stage_entry

Plant = Callable[[Claim], Claim]


def on_right(number: int, change: Callable[[sp.Expr], Any]) -> Plant:
    """Change one component of the right-hand side, or all of it where there is one."""

    def changed(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
        if not isinstance(right, sp.Tuple):
            return left, change(right)
        return left, sp.Tuple(*(change(part) if k == number else part for k, part in enumerate(right)))

    return with_formula(changed)


def replaced(old: Any, new: Any, number: int = 0) -> Plant:
    """Replace a part of one component of the right-hand side."""
    return on_right(number, lambda right: right.subs(old, new))


def with_left(change: Callable[[sp.Basic], Any]) -> Plant:
    return with_formula(lambda left, right: (change(left), right))


def with_layers_from(lowest: int) -> Plant:
    """Move the lower end of the domain of N_l."""

    def plant(claim: Claim) -> Claim:
        assert isinstance(claim.statement, Statement)
        moved = tuple(
            dataclasses.replace(p, domain=sp.Range(lowest, sp.oo)) if p.symbol == N_l else p
            for p in claim.statement.parameters
        )
        return with_statement(claim, parameters=moved)

    return plant


def in_turn(*plants: Plant) -> Plant:
    def plant(claim: Claim) -> Claim:
        for each in plants:
            claim = each(claim)
        return claim

    return plant


def with_points(name: str, points: Callable[[Statement], Any]) -> Plant:
    """Take the points of a check from the statement again, as the entry does."""

    def plant(claim: Claim) -> Claim:
        return with_check(name, lambda check: dataclasses.replace(check, points=points(claim.statement)))(claim)

    return plant


def with_rate(rate: sp.Expr) -> Plant:
    """State that the limit is approached at another rate."""

    def plant(claim: Claim) -> Claim:
        assert isinstance(claim.statement, Statement) and isinstance(claim.statement.regime, Limit)
        return with_statement(claim, regime=dataclasses.replace(claim.statement.regime, rate=rate))

    return plant


def with_definition(symbol: sp.Symbol, change: Callable[[sp.Expr], sp.Expr]) -> Plant:
    """Change the definition of a symbol."""

    def plant(claim: Claim) -> Claim:
        where = tuple(
            sp.Eq(d.lhs, change(d.rhs), evaluate=False) if d.lhs == symbol else d for d in claim.statement.where
        )
        assert where != claim.statement.where, "the mistake changes nothing"
        return with_statement(claim, where=where)

    return plant


def measured_otherwise(name: str, change: Callable[[Measurement], Measurement]) -> Plant:
    """Let the experiment of a check return something else than it measured."""

    def plant(check: Any) -> Any:
        def experiment(**arguments: Any) -> Measurement:
            return change(check.quick(**arguments))

        return dataclasses.replace(check, quick=experiment)

    return with_check(name, plant)


def said_otherwise(name: str, given: str, factor: float) -> Plant:
    """Let the experiment of a check say of its setting something else than it ran."""
    return measured_otherwise(
        name, lambda m: dataclasses.replace(m, given={**m.given, given: factor * np.asarray(m.given[given])})
    )


def with_larger_weights(measured: Measurement) -> Measurement:
    """Lengths behind two matrices whose variance is 5 % above Glorot's; values are 0.05 minus and plus the change."""
    above, below = measured.values
    change = 1.05**2 * (1 + (below - above) / 2) - 1
    return dataclasses.replace(measured, values=0.05 + change * np.array([-1.0, 1.0]))


def ended_early(check: Any) -> Any:
    """Training that ends at 30 tau, whatever it was asked for."""

    def experiment(*, step: float, **arguments: Any) -> Measurement:
        return check.quick(step=max(step, 1 / 30), **arguments)

    return dataclasses.replace(check, quick=experiment)


def half_as_long(check: Any) -> Any:
    def experiment(*, step: float, **arguments: Any) -> Measurement:
        return check.quick(step=2 * step, **arguments)

    return dataclasses.replace(check, quick=experiment)


def with_midpoint_rule(check: Any) -> Any:
    """Gradient flow by the midpoint rule, of second order only."""

    def midpoints(descent: Any, size: float) -> Iterator:
        while True:
            total, start = descent.gradients()
            yield total
            descent.shift(start, -size / 2)
            _, middle = descent.gradients()
            descent.shift(start, size / 2)
            descent.shift(middle, -size)

    def experiment(**arguments: Any) -> Measurement:
        with mock.patch.object(depth_scaling, "_runge_kutta", midpoints):
            return check.quick(**arguments)

    return dataclasses.replace(check, quick=experiment, steps=check.steps[:4])


def in_another_order(number: int) -> Callable[[Any], Any]:
    """A reference that gives the values in another order."""

    def plant(check: Any) -> Any:
        def reference(dps: int, point: Any) -> Any:
            values = list(check.reference(dps, point))
            return values[number:] + values[:number]

        return dataclasses.replace(check, reference=reference)

    return plant


def with_another_matrix(check: Any) -> Any:
    """The reference moves a chain of N_l weights, one too many."""
    return dataclasses.replace(
        check, reference=lambda dps, point: check.reference(dps, {**point, "N_l": point["N_l"] + 1})
    )


SINE = sp.sin(varphi)

MISTAKES = (
    # ------------------------------------------------------------------------------------------------- left sides
    Mistake(
        claim="deep_linear.infinite_depth_time",
        kind="left side",
        what="N_l^2 for N_l",
        plant=with_left(lambda left: left.func(N_l * left.args[0], *left.args[1:])),
        checks=("approach to infinite depth",),
    ),
    Mistake(
        claim="deep_linear.balancedness",
        kind="left side",
        what="the imbalance with its layers swapped",
        plant=with_left(lambda left: sp.Tuple(-left[0], left[1])),
        checks=("two layers in motion",),
    ),
    Mistake(
        claim="deep_linear.stage_ratio",
        kind="left side",
        what="the logarithm of a_0 / s",
        plant=with_left(lambda left: left.subs(sp.log(s / a_0), sp.log(a_0 / s))),
        checks=("approach to the limits",),
    ),
    Mistake(
        claim="deep_linear.saddles",
        kind="left side",
        what="h_- and h_+ swapped",
        plant=with_left(lambda left: sp.Tuple(left[1], left[0], left[2])),
        checks=("networks of one and two neurons",),
    ),
    Mistake(
        claim="deep_linear.deep_gradient",
        kind="left side",
        what="layers counted from the output",
        plant=with_left(lambda left: sp.Tuple(*reversed(left))),
        checks=("equal widths",),
    ),
    # ------------------------------------------------------------------------------------ one depth or width only
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="formula",
        what="an exponent that is right for three layers only",
        plant=on_right(0, lambda right: (N_l - 1) * a ** ((N_l - 1) / 2) * (s - a) / tau),
        checks=("chain in motion",),
    ),
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="formula",
        what="a prefactor that is right for three layers only",
        plant=on_right(0, lambda right: 2 * right / (N_l - 1)),
        checks=("rate against strength",),
    ),
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="formula",
        what="an exponent that is right for three layers only",
        plant=on_right(0, lambda right: right * sigma ** (2 / (N_l - 1) - 1)),
        checks=("rates of undecoupled networks",),
    ),
    Mistake(
        claim="deep_linear.gradient_norm",
        kind="formula",
        what="a norm that is right for two matrices only",
        plant=on_right(0, lambda right: sp.sqrt(2) * right / sp.sqrt(N_l - 1)),
        checks=("gradient of a chain",),
    ),
    Mistake(
        claim="deep_linear.stable_learning_rate",
        kind="formula",
        what="layers counted for matrices, which great depth does not tell apart",
        plant=on_right(0, lambda right: right * N_l / (N_l - 1)),
        checks=("Hessian of trained networks",),
    ),
    Mistake(
        claim="deep_linear.stage_ratio",
        kind="formula",
        what="layers counted for matrices in the power of the initial strength's limit",
        plant=on_right(3, lambda right: (1 - 2 / N_l) * transition),
        checks=("chains from small starts",),
    ),
    Mistake(
        claim="deep_linear.amplified_fraction",
        kind="formula",
        what="a law that is right for one matrix only",
        plant=on_right(1, lambda right: right.subs(sp.sin(D * varphi), SINE)),
        checks=("moment series in the complex plane",),
    ),
    Mistake(
        claim="deep_linear.deep_gradient",
        kind="formula",
        what="matrices in ascending order, which equal widths allow",
        plant=on_right(0, lambda right: lambda_ * sp.transpose(W_2 * W_3 * W_4) * error_matrix),
        checks=("equal widths",),
    ),
    # --------------------------------------------------------------------------------------------- wrong indices
    Mistake(
        claim="deep_linear.mode_competition",
        kind="formula",
        what="the product of other hidden vectors, (a^2 . b^1) for (a^1 . b^2)",
        plant=replaced(
            b_1_2 * sp.Symbol(r"(a^{1} \cdot b^{2})", real=True), b_1_2 * sp.Symbol(r"(a^{2} \cdot b^{1})", real=True)
        ),
        checks=("down the energy",),
    ),
    Mistake(
        claim="deep_linear.averaged_flow",
        kind="definition",
        what="the power of the wrong input in the error",
        plant=with_definition(e_1, lambda right: right.subs(Sigma_11, Sigma_22)),
        checks=("pass over examples",),
    ),
    Mistake(
        claim="deep_linear.end_point",
        kind="formula",
        what="strengths of whitened inputs for any inputs",
        plant=on_right(0, lambda right: s_i),
        checks=("training to the end",),
    ),
    Mistake(
        claim="deep_linear.saddles",
        kind="formula",
        what="the powers of the two modes exchanged, which whitened inputs do not tell apart",
        plant=on_right(2, lambda right: right.subs({Lambda_i: Lambda_j, Lambda_j: Lambda_i}, simultaneous=True)),
        checks=("networks of one and two neurons",),
    ),
    Mistake(
        claim="deep_linear.singular_coordinates",
        kind="definition",
        what="the map transposed in one error",
        plant=with_definition(e_21, lambda right: right.subs(Wbar_21, Wbar_12)),
        checks=("rotated networks",),
    ),
    # ------------------------------------------------------------------------------------ wrong small corrections
    Mistake(
        claim="deep_linear.learning_time",
        kind="formula",
        what="the initial strength neglected beside the singular value",
        plant=replaced(s - a_0, s),
        checks=("passages in training",),
    ),
    Mistake(
        claim="deep_linear.mode_logistic",
        kind="formula",
        what="1 dropped from s / a_0 - 1",
        plant=on_right(0, lambda right: s * sp.exp(2 * s * t / tau) / (sp.exp(2 * s * t / tau) + s / a_0)),
        checks=("trained network",),
    ),
    Mistake(
        claim="deep_linear.norm_preservation",
        kind="formula",
        what="the first two terms of the digamma function for all of it",
        plant=on_right(1, lambda right: right.replace(sp.polygamma, lambda order, x: sp.log(x) - 1 / (2 * x))),
        checks=("average over shells",),
    ),
    Mistake(
        claim="deep_linear.balancedness",
        kind="formula",
        what="the imbalance added to the square root, which a balanced start does not show",
        plant=on_right(1, lambda right: right.replace(sp.sqrt(4 * a**2 + c_0**2), 2 * a + sp.Abs(c_0))),
        checks=("unbalanced training",),
    ),
    Mistake(
        claim="deep_linear.shallow_has_no_stages",
        kind="formula",
        what="the bend in the middle between the start and the singular value",
        plant=on_right(1, lambda right: (s + a_0) / 2),
        checks=("bend of two matrices trained",),
    ),
    Mistake(
        claim="deep_linear.infinite_depth_time",
        kind="formula",
        what="one of the two terms without logarithm",
        plant=on_right(0, lambda right: right + 1 / (s * a_f)),
        checks=("growing depth",),
    ),
    Mistake(
        claim="deep_linear.greedy_pretraining",
        kind="formula",
        what="a rate that is right for whitened inputs only",
        plant=on_right(1, lambda right: right.subs(Lambda, 1)),
        checks=("learning after pretraining",),
    ),
    # ------------------------------------------------------------------------------------------------ experiments
    Mistake(
        claim="deep_linear.orthogonal_initialization",
        kind="experiment",
        what="weights with 5 % more than Glorot's variance",
        plant=measured_otherwise("Glorot between equal widths", with_larger_weights),
        checks=("Glorot between equal widths",),
    ),
    Mistake(
        claim="deep_linear.orthogonal_initialization",
        kind="experiment",
        what="learning rates that fall like the power 1.15 of the depth",
        plant=with_experiment("learning rates like one over depth", power=1.15),
        checks=("learning rates like one over depth",),
    ),
    Mistake(
        claim="deep_linear.orthogonal_initialization",
        kind="experiment",
        what="Gaussian weights for orthogonal ones",
        plant=with_experiment("learning rates like one over depth", start="gaussian"),
        checks=("learning rates like one over depth",),
    ),
    Mistake(
        claim="deep_linear.orthogonal_initialization",
        kind="experiment",
        what="pretrained matrices of strength 0.97",
        plant=with_experiment("autoencoders one on top of the other", gain=0.97),
        checks=("autoencoders one on top of the other",),
    ),
    Mistake(
        claim="deep_linear.orthogonal_initialization",
        kind="experiment",
        what="Glorot's variance for pretrained matrices",
        plant=with_experiment("autoencoders one on top of the other", start="glorot", updates=None),
        checks=("autoencoders one on top of the other",),
    ),
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="experiment",
        what="training that ends at 30 tau",
        plant=with_check("ever longer training", ended_early),
        checks=("ever longer training",),
    ),
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="experiment",
        what="half of the training time",
        plant=with_check("ever longer training", half_as_long),
        checks=("ever longer training",),
    ),
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="experiment",
        what="starts of the right sign",
        plant=with_experiment("fewest matrices at the end", same_sign=True),
        checks=("fewest matrices at the end",),
    ),
    Mistake(
        claim="deep_linear.averaged_flow",
        kind="experiment",
        what="one example of seventeen more than is counted",
        plant=said_otherwise("one pass of online training", "examples", 16 / 17),
        checks=("one pass of online training",),
    ),
    Mistake(
        claim="deep_linear.averaged_flow",
        kind="experiment",
        what="tanh between the layers",
        plant=with_experiment("two distributions, the same correlations", hidden="tanh"),
        checks=("two distributions, the same correlations",),
    ),
    Mistake(
        claim="deep_linear.norm_preservation",
        kind="experiment",
        what="weights with 2 % more variance",
        plant=said_otherwise("equal matrices", "variances", 1 / 1.02),
        checks=("equal matrices",),
    ),
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="experiment",
        what="a start that is off balance by a tenth in one mode and matrix",
        plant=with_experiment(
            "training at six depths",
            strengths=tuple(
                weights * (1 + 0.1 * (np.indices(weights.shape).sum(axis=0) == 0))
                for weights in depth_entry.deep.keywords["strengths"]
            ),
        ),
        checks=("training at six depths",),
    ),
    Mistake(
        claim="deep_linear.infinite_depth_time",
        kind="experiment",
        what="Runge-Kutta steps ten times as long",
        plant=with_experiment("growing networks", courant=0.7),
        checks=("growing networks",),
    ),
    Mistake(
        claim="deep_linear.infinite_depth_time",
        kind="experiment",
        what="the midpoint rule for Runge and Kutta's",
        plant=with_check("growing networks", with_midpoint_rule),
        checks=("growing networks",),
    ),
    Mistake(
        claim="deep_linear.greedy_pretraining",
        kind="experiment",
        what="inputs with a variance 2 % smaller than is said",
        plant=said_otherwise("autoencoder trained", "eigenvalues", 1.02),
        checks=("autoencoder trained",),
    ),
    Mistake(
        claim="deep_linear.mode_competition",
        kind="experiment",
        what="every mode in a network of its own",
        plant=with_experiment("energy falls, directions part", apart=True),
        checks=("energy falls, directions part",),
    ),
    # -------------------------------------------------------------------------------------- references
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="reference",
        what="a chain with one weight too many",
        plant=with_check("chain in motion", with_another_matrix),
        checks=("chain in motion",),
    ),
    Mistake(
        claim="deep_linear.mode_competition",
        kind="reference",
        what="the rates of both layers exchanged",
        plant=with_check("down the energy", in_another_order(1)),
        checks=("down the energy",),
    ),
    # -------------------------------------------------------------------------------------- regimes and domains
    Mistake(
        claim="deep_linear.infinite_depth_time",
        kind="regime",
        what="the limit approached like 1 / N_l^2",
        plant=with_rate(1 / N_l**2),
        checks=("approach to infinite depth",),
    ),
    Mistake(
        claim="deep_linear.depth_independent_time",
        kind="regime",
        what="the limit approached like 1 / sqrt(N_l)",
        plant=with_rate(1 / sp.sqrt(N_l)),
        checks=("approach to infinite depth",),
    ),
    Mistake(
        claim="deep_linear.amplified_fraction",
        kind="regime",
        what="the law approached like 1 / N^2",
        plant=with_rate(N**-2),
        checks=("fourth moment of finite matrices",),
    ),
    Mistake(
        claim="deep_linear.stage_ratio",
        kind="regime",
        what="the limits approached like a_0^7",
        plant=with_rate(a_0**7),
        checks=("approach to the limits",),
    ),
    Mistake(
        claim="deep_linear.stage_ratio",
        kind="domain",
        what="one matrix, where the ratio does not follow the power",
        plant=in_turn(with_layers_from(2), with_points("chains from small starts", stage_entry.small_start_points)),
        checks=("chains from small starts",),
    ),
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="domain",
        what="one matrix, which has no obstacle",
        plant=in_turn(
            with_layers_from(2),
            lambda claim: with_experiment(
                "fewest matrices at the end", networks=(determinant_entry.fewest(claim.statement),)
            )(claim),
        ),
        checks=("fewest matrices at the end",),
    ),
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="domain",
        what="a network without matrices",
        plant=in_turn(
            with_layers_from(1),
            with_points(
                "chain in motion",
                lambda statement: ({"a": "0.7", "s": "1.9", "tau": "1.3", "N_l": fewest_layers(statement)},),
            ),
        ),
        checks=("chain in motion",),
    ),
    # -------------------------------------------------------------------------------------------------- derivations
    Mistake(
        claim="deep_linear.determinant_obstruction",
        kind="step",
        what="no mode is missing from the map of the end",
        plant=with_step(-3, obligation=determinant_obstruction.STATEMENT.right[1]),
        checks=("fewest matrices at the end",),
    ),
    Mistake(
        claim="deep_linear.depth_n_mode",
        kind="displayed step",
        what="a rate that does not depend on the depth is shown",
        plant=with_step(-2, shows=sp.Eq(depth_n_mode.STATEMENT.formula.lhs, a * (s - a), evaluate=False)),
        checks=("chain in motion",),
    ),
    Mistake(
        claim="deep_linear.mode_logistic",
        kind="displayed step",
        what="the form without growing exponentials, with one that grows",
        plant=with_shown(5, lambda right: right.subs(t, -t)),
    ),
    # ---------------------------------------------------------------------------------------- typical gradients
    Mistake(
        claim="deep_linear.typical_gradient",
        kind="formula",
        what="the weights that preserve the typical gradient to leading order, 1 + 1 / (2 N)",
        plant=with_formula(lambda left, right: (left, sp.Tuple(1 + 1 / (2 * N), *right[1:]))),
        checks=("lengths behind one matrix",),
    ),
    Mistake(
        claim="deep_linear.typical_gradient",
        kind="formula",
        what="D matrices in place of the D - 1 that a gradient passes",
        plant=with_formula(
            lambda left, right: (left, sp.Tuple(right[0], *(part.subs(D, D + 1) for part in right[1:])))
        ),
        checks=("square networks",),
    ),
    Mistake(
        claim="deep_linear.typical_gradient",
        kind="experiment",
        what="weights 3 % too large",
        plant=said_otherwise("square networks", "gains", 1 / 1.03),
        checks=("square networks",),
    ),
    Mistake(
        claim="deep_linear.pretraining_time",
        kind="formula",
        what="the time of one matrix learned alone",
        plant=with_formula(lambda left, right: (left, sp.Tuple(2 * right[0], right[1]))),
        checks=("weak and strong starts in training",),
    ),
    Mistake(
        claim="deep_linear.pretraining_time",
        kind="formula",
        what="a single matrix behind the pretrained one",
        plant=with_formula(lambda left, right: (left, sp.Tuple(right[0], tau / s * sp.log(s / (s - a_f))))),
        checks=("behind an orthogonal matrix",),
    ),
    Mistake(
        claim="deep_linear.pretraining_time",
        kind="experiment",
        what="a pretrained matrix of strength 0.95",
        plant=with_experiment("behind an orthogonal matrix", scale=0.95),
        checks=("behind an orthogonal matrix",),
    ),
    Mistake(
        claim="deep_linear.pretraining_time",
        kind="displayed step",
        what="an early time of tau a / s^2",
        plant=with_shown(7, lambda right: right / s),
        checks=("behind an orthogonal matrix",),
    ),
    *(
        Mistake(
            claim="deep_linear.not_convex",
            kind="formula",
            what=what,
            plant=with_formula(lambda left, right, change=change: (left, sp.Tuple(*change(*right)))),
            checks=(check,),
        )
        for what, change, check in (
            ("right for two matrices only", lambda h, r: (h.subs(D, 2), r), "descent on small spheres"),
            ("changes of unit length each", lambda h, r: (-s * sp.factorial(D), r), "descent on small spheres"),
            ("a power of the factorial", lambda h, r: (-s * sp.factorial(D - 1), r), "descent on small spheres"),
            ("ranks that no layer bounds", lambda h, r: (h, sp.Max(*r.args)), "ranks that are fitted"),
        )
    ),
    Mistake(
        claim="deep_linear.not_convex",
        kind="experiment",
        what="a bypass around the narrow layers",
        plant=with_experiment("ranks that are fitted", bypass=True),
        checks=("ranks that are fitted",),
    ),
    Mistake(
        claim="deep_linear.not_convex",
        kind="displayed step",
        what="a Hessian of twice the size",
        plant=with_shown(4, lambda right: 2 * right),
        checks=("descent on small spheres",),
    ),
)
