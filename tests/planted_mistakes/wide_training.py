"""Mistakes planted in the claims on the training of wide networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import Limit
from derivations.symbols import K_II, N, N_here, Omega_IJ, n_0, sigma_b, sigma_w, t, tau, z
from derivations.wide_training import (
    T_IJ,
    Theta_IJ,
    kernel_drift,
    maximal_update,
    posterior_and_ensemble,
    tangent_kernel,
)
from derivations.wide_training.kernel_drift import M_1, M_2
from derivations.wide_training.linear_in_function_space import DECAY, overlap, rate, start, target
from derivations.wide_training.posterior_and_ensemble import c_I, c_J, variance
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
from verify.claims.wide_training import kernel_drift as drift_entry
from verify.claims.wide_training import learning_rate_transfer as transfer_entry
from verify.claims.wide_training import linear_in_function_space as digits_entry
from verify.claims.wide_training import maximal_update as step_entry
from verify.claims.wide_training import posterior_and_ensemble as ensemble_entry
from verify.claims.wide_training import tangent_kernel as kernel_entry

CHAPTER = "wide_training"
ONE_NEURON, TO_THE_END = "one neuron along the flow", "linear networks trained to the end"
THIRD = "gradients of gradients of random networks"
DIGITS, ONE_EXAMPLE = "networks that learn digits", "one example, linear networks of finite width"
PARTS, ONE_LAYER = "sums, arcs, neurons and characteristic functions", "one hidden layer of few neurons"
LAST_LAYERS, WHOLE = "last layers above random features", "whole networks trained on the same examples"
ONE_STEP, GRID = "one step of random networks", "two neurons on a grid"
CARRIED = "outputs carried by their flow"
TWO_LAYERS, EXACT = "gradients of networks with two hidden layers", "two hidden layers of finite width"


def component(number: int, wrong: Any) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        return left, sp.Tuple(*(wrong if k == number else part for k, part in enumerate(right.args)))

    return with_formula(change)


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, in a claim of this chapter."""
    return Mistake(claim=f"{CHAPTER}.{claim}", kind=kind, what=what, plant=plant, checks=checks)


def fourth_power_lost(claim: Claim) -> Claim:
    """The mean of phi^2 phi'^4 with one phi'^2 less."""
    where = list(claim.formula_statement.where)
    where[2] = sp.Eq(where[2].lhs, where[0].rhs, evaluate=False)
    return with_statement(claim, where=tuple(where))


def slope_not_squared(claim: Claim) -> Claim:
    """The mean of phi' where that of its square belongs."""
    where = list(claim.formula_statement.where)
    where[1] = sp.Eq(where[1].lhs, GaussE(sp.sqrt(where[1].rhs.integrand), z), evaluate=False)
    return with_statement(claim, where=tuple(where))


def with_other_target(candidate: Any, measured: Any) -> Any:
    """What last layers would do if the second target were 3 % larger."""
    targets = measured.given["targets"] * [1, 1.03, 1]
    return ensemble_entry.last_layers(
        candidate, dataclasses.replace(measured, given={**measured.given, "targets": targets})
    )


def at_rate(rate: Any) -> Callable[[Claim], Claim]:
    """Another rate of the limit of infinite width."""
    return lambda claim: with_statement(claim, regime=Limit(parameter=N, towards=sp.oo, rate=rate))


def otherwise(networks: tuple[kernel_entry.Kind, ...], **changes: Any) -> dict[str, Any]:
    """The networks of an experiment with other weights or inputs, which the prediction does not know."""
    found = kernel_entry.measured_kernels(networks).keywords["networks"]
    factor = changes.get("weights", 1.0)
    return {"networks": tuple((phi, factor * weight, *rest) for phi, weight, *rest in found)}


MISTAKES = (
    mistake(
        "tangent_kernel",
        "formula",
        "the standard parametrization keeps the sigmas of the other one",
        component(3, sigma_b**2 + sigma_w**2 * (N_here * tangent_kernel.PRODUCT + tangent_kernel.SLOPES * T_IJ)),
        ONE_LAYER,
    ),
    mistake(
        "tangent_kernel",
        "formula",
        "the standard parametrization without the biases",
        component(3, N_here * tangent_kernel.PRODUCT + sigma_w**2 * tangent_kernel.SLOPES * T_IJ),
        ONE_LAYER,
    ),
    mistake(
        "tangent_kernel",
        "formula",
        "only the last layer is trained",
        component(2, sigma_b**2 + sigma_w**2 * tangent_kernel.PRODUCT),
        TWO_LAYERS,
    ),
    mistake(
        "tangent_kernel",
        "formula",
        "slopes carried up without sigma_w",
        component(2, tangent_kernel.onward(tangent_kernel.PRODUCT, tangent_kernel.SLOPES / sigma_w**2)),
        TWO_LAYERS,
    ),
    mistake(
        "tangent_kernel",
        "formula",
        "relu's angle in place of its complement",
        component(
            4, tangent_kernel.onward(tangent_kernel.RELU_PRODUCT, sp.Rational(1, 2) - tangent_kernel.RELU_SLOPES)
        ),
        TWO_LAYERS,
    ),
    mistake(
        "tangent_kernel",
        "formula",
        "the kernel of the first layer per input",
        component(1, 1 / n_0 + Omega_IJ),
        PARTS,
    ),
    mistake("tangent_kernel", "regime", "a limit that is reached like a root", at_rate(1 / sp.sqrt(N)), EXACT),
    mistake("tangent_kernel", "regime", "a limit that is reached like 1 / N^2", at_rate(N**-2), EXACT),
    mistake(
        "tangent_kernel",
        "experiment",
        "weights 4 % too large",
        with_experiment(ONE_LAYER, **otherwise(kernel_entry.OTHERS, weights=1.04)),
        ONE_LAYER,
    ),
    mistake(
        "tangent_kernel",
        "step",
        "pairs of different neurons are carried up as well",
        lambda claim: with_step(3, obligation=claim.steps()[3].residuals[0] + Theta_IJ)(claim),
        PARTS,
    ),
    mistake(
        "tangent_kernel",
        "displayed step",
        "the first layer twice",
        with_shown(0, lambda right: sp.Tuple(2 * right[0], right[1])),
        PARTS,
    ),
    mistake(
        "linear_in_function_space",
        "formula",
        "the gradient of the sum of squared errors, not half of it",
        component(0, target + (start - target) * DECAY**2),
        DIGITS,
    ),
    mistake(
        "linear_in_function_space",
        "formula",
        "a logistic mode, as in deep linear networks",
        component(0, start * target / (start + (target - start) * DECAY)),
        DIGITS,
    ),
    mistake(
        "linear_in_function_space",
        "formula",
        "outputs that start at zero",
        component(1, overlap * target * (1 - DECAY) / rate),
        DIGITS,
    ),
    mistake(
        "linear_in_function_space",
        "formula",
        "regression from the start on",
        component(1, overlap * (target - start) / rate),
        DIGITS,
    ),
    mistake(
        "linear_in_function_space",
        "experiment",
        "weights 10 % too large",
        with_experiment(DIGITS, network=(digits_entry.digits.keywords["network"][0], 1.1 * 1.4, 0.3)),
        DIGITS,
    ),
    mistake(
        "linear_in_function_space",
        "regime",
        "a limit that is reached like a root",
        at_rate(1 / sp.sqrt(N)),
        ONE_EXAMPLE,
    ),
    mistake(
        "linear_in_function_space",
        "step",
        "the flow of the outputs without the time scale",
        lambda claim: with_step(0, obligation=claim.steps()[0].residuals[0] * tau + rate)(claim),
        ONE_EXAMPLE,
    ),
    mistake(
        "linear_in_function_space",
        "displayed step",
        "a mode that decays twice as fast",
        with_shown(3, lambda right: right.subs(DECAY, DECAY**2)),
        ONE_EXAMPLE,
    ),
    mistake(
        "kernel_drift",
        "formula",
        "output weights that are signs: their fourth moment is 1",
        component(0, sigma_w**4 * K_II / N * (4 * M_1 + 2 * K_II * M_2)),
        ONE_NEURON,
    ),
    mistake(
        "kernel_drift",
        "formula",
        "a drift of the order N^(-1/2)",
        component(0, kernel_drift.STATEMENT.right[0] * sp.sqrt(N)),
        THIRD,
    ),
    mistake(
        "kernel_drift",
        "formula",
        "only what the output weights' gradients change by",
        component(1, 4 * sigma_w**6 * K_II**2 / N**2 * kernel_drift.M_3),
        THIRD,
    ),
    mistake(
        "kernel_drift",
        "formula",
        "the kernel at the end of a network that starts at zero",
        component(2, kernel_drift.STATEMENT.right[2].subs(kernel_drift.F_0, 0)),
        TO_THE_END,
    ),
    mistake("kernel_drift", "definition", "phi' to the second power", fourth_power_lost, ONE_NEURON),
    mistake(
        "kernel_drift",
        "experiment",
        "weights 5 % too large",
        with_experiment(
            THIRD,
            networks=tuple((phi, 1.05 * w, *rest) for phi, w, *rest in drift_entry.DRIFTS.keywords["networks"]),
        ),
        THIRD,
    ),
    mistake(
        "kernel_drift",
        "step",
        "a constant of the motion with twice the coefficient",
        lambda claim: with_step(7, obligation=claim.steps()[7].residuals[0] + K_II)(claim),
        TO_THE_END,
    ),
    mistake("kernel_drift", "displayed step", "half of the drift", with_shown(4, lambda right: right / 2), TO_THE_END),
    mistake(
        "posterior_and_ensemble",
        "formula",
        "a covariance that decays with the modes, not twice as fast",
        component(1, c_I * c_J * (1 - sp.exp(-variance * t / tau)) / variance),
        LAST_LAYERS,
    ),
    mistake(
        "posterior_and_ensemble",
        "formula",
        "whole networks are samples of the posterior, too",
        component(3, sp.S.Zero),
        WHOLE,
    ),
    mistake(
        "posterior_and_ensemble",
        "formula",
        "what whole networks add, with the opposite sign: more certain than the posterior",
        component(3, -posterior_and_ensemble.STATEMENT.right[3]),
        WHOLE,
    ),
    mistake(
        "posterior_and_ensemble",
        "formula",
        "outputs that start at zero: no ensemble at all",
        component(3, variance * posterior_and_ensemble.w_I * posterior_and_ensemble.w_J),
        WHOLE,
    ),
    mistake(
        "posterior_and_ensemble",
        "experiment",
        "whole networks with weights 10 % too large",
        with_experiment(WHOLE, network=(ensemble_entry.COMMON["network"][0], 1.1 * 0.8, 0.4)),
        WHOLE,
    ),
    mistake(
        "posterior_and_ensemble",
        "experiment",
        "last layers that learn the second target wrongly",
        with_check(LAST_LAYERS, lambda check: dataclasses.replace(check, predict=with_other_target)),
        LAST_LAYERS,
    ),
    mistake(
        "posterior_and_ensemble",
        "regime",
        "a limit that is reached like a root",
        at_rate(1 / sp.sqrt(N)),
        ONE_EXAMPLE,
    ),
    mistake(
        "posterior_and_ensemble",
        "step",
        "the posterior's covariance without what regression takes off",
        lambda claim: with_step(6, obligation=claim.steps()[6].residuals[3] + variance)(claim),
        CARRIED,
    ),
    mistake(
        "posterior_and_ensemble",
        "displayed step",
        "half of what a mode takes off",
        with_shown(5, lambda right: right / 2),
        CARRIED,
    ),
    mistake(
        "maximal_update",
        "formula",
        "output weights that are signs: their fourth moment is 1",
        component(0, maximal_update.STATEMENT.right[0].subs(3 * maximal_update.G_2, maximal_update.G_2)),
        GRID,
    ),
    mistake(
        "maximal_update",
        "formula",
        "sums of N correlated terms of the order of its root",
        component(2, maximal_update.STATEMENT.right[2] / sp.sqrt(N)),
        ONE_STEP,
    ),
    mistake("maximal_update", "formula", "the NTK's multiplier of a hidden layer", component(4, sp.S.Half), ONE_STEP),
    mistake(
        "maximal_update",
        "formula",
        "an output layer as in the standard parametrization",
        component(5, sp.S.Zero),
        ONE_STEP,
    ),
    mistake(
        "maximal_update",
        "formula",
        "a first layer as a hidden one",
        component(3, maximal_update.STATEMENT.right[4]),
        ONE_STEP,
    ),
    mistake(
        "maximal_update",
        "experiment",
        "a rate that is 5 % too large",
        with_experiment(ONE_STEP, rate=1.05 * step_entry.SETTINGS["rate"]),
        ONE_STEP,
    ),
    mistake(
        "maximal_update",
        "definition",
        "phi' in the place of its square",
        slope_not_squared,
        GRID,
    ),
    mistake(
        "maximal_update",
        "step",
        "six equations that depend on each other",
        lambda claim: with_step(6, obligation=claim.steps()[6].residuals[-1] + 64)(claim),
        GRID,
    ),
    mistake(
        "maximal_update",
        "displayed step",
        "twice the change of the output",
        with_shown(3, lambda right: sp.Tuple(2 * right[0], right[1])),
        GRID,
    ),
    mistake(
        "learning_rate_transfer",
        "experiment",
        "the standard parametrization",
        with_experiment("best rate at two widths", exponents=transfer_entry.STANDARD),
        "best rate at two widths",
    ),
    mistake(
        "learning_rate_transfer",
        "reference",
        "a control that is no other parametrization",
        with_check("best rate at two widths", lambda check: dataclasses.replace(check, control=check.quick)),
        "best rate at two widths",
    ),
)
