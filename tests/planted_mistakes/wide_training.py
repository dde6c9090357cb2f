"""Mistakes planted in the claims on the training of wide networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.signal_propagation import kurtosis_law
from derivations.statement import Limit
from derivations.symbols import K_II, L, N, N_here, Omega_IJ, P, c_star, chi_1, n_0, q_star, sigma_b, sigma_w, t, tau, z
from derivations.wide_training import (
    T_IJ,
    Theta_IJ,
    finite_width_deviation,
    kernel_drift,
    maximal_update,
    posterior_and_ensemble,
    smallest_eigenvalue,
    tangent_kernel,
)
from derivations.wide_training.four_point_function import BEND, CHI, F_l, G_l, share
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
from verify.claims.wide_training import finite_width_deviation as deviation_entry
from verify.claims.wide_training import four_point_function as four_point_entry
from verify.claims.wide_training import kernel_drift as drift_entry
from verify.claims.wide_training import learning_rate_transfer as transfer_entry
from verify.claims.wide_training import linear_in_function_space as digits_entry
from verify.claims.wide_training import maximal_update as step_entry
from verify.claims.wide_training import posterior_and_ensemble as ensemble_entry
from verify.claims.wide_training import smallest_eigenvalue as eigenvalue_entry
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

MATRICES, CHAOS = "matrices diagonalized", "kernels in chaos"
DEPTHS, PHASES = "kernels in order and at criticality", "gradients of networks in three phases"

OFF, SCATTER = "one neuron, and flows with a kernel that is off", "squared gradients of random networks"
LINEAR, ONE, SINGLE = (
    "one example, linear networks of finite width",
    "networks trained on one example",
    "single networks that learn digits",
)
SQUARES, MEAN_SQUARES = "covariance of two neurons' squares", "mean squares of narrow networks"
SERIES, FRACTIONS = "the map of the variance as a power series", "exact moments at finite width"

FRESH = share * sigma_w**4 * (kurtosis_law.M_4 - kurtosis_law.M_2**2)


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


def defined(number: int, wrong: Callable[[Any], Any]) -> Callable[[Claim], Claim]:
    """Another definition of one letter."""

    def change(claim: Claim) -> Claim:
        where = list(claim.formula_statement.where)
        where[number] = sp.Eq(where[number].lhs, wrong(where[number].rhs), evaluate=False)
        return with_statement(claim, where=tuple(where))

    return change


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


def without_factor(letter: sp.Symbol, *factors: Any) -> Callable[[Claim], Claim]:
    """A definition divided by factors."""

    def change(claim: Claim) -> Claim:
        where = [
            sp.Eq(d.lhs, d.rhs / sp.Mul(*factors), evaluate=False) if d.lhs == letter else d
            for d in claim.formula_statement.where
        ]
        return with_statement(claim, where=tuple(where))

    return change


def heavier(number: int, factor: float) -> dict[str, Any]:
    """Networks of an experiment with other weights, which the prediction does not know."""
    networks = four_point_entry.CLAIM.checks[number].quick.keywords["networks"]
    return {"networks": tuple((phi, factor * weight, *rest) for phi, weight, *rest in networks)}


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
        "smallest_eigenvalue",
        "formula",
        "the slope at correlation 1 for both entries",
        component(0, smallest_eigenvalue.STATEMENT.right[0].subs(smallest_eigenvalue.chi_c, chi_1)),
        PHASES,
    ),
    mistake(
        "smallest_eigenvalue",
        "formula",
        "the trace in place of the largest eigenvalue",
        component(1, P * (q_star + chi_1 * smallest_eigenvalue.Theta_II)),
        MATRICES,
    ),
    mistake(
        "smallest_eigenvalue",
        "formula",
        "in order only what the last layer adds",
        component(2, L),
        DEPTHS,
    ),
    mistake(
        "smallest_eigenvalue",
        "formula",
        "the covariance's share of the off-diagonal entry at criticality: none",
        component(3, q_star * L),
        DEPTHS,
    ),
    mistake(
        "smallest_eigenvalue",
        "formula",
        "in chaos entries of different inputs that grow, too",
        component(4, smallest_eigenvalue.STATEMENT.right[4] * (1 - c_star)),
        CHAOS,
    ),
    mistake(
        "smallest_eigenvalue",
        "formula",
        "in chaos the covariance in place of the kernel",
        component(5, P * c_star * (chi_1 - 1) / chi_1**L),
        CHAOS,
    ),
    mistake(
        "smallest_eigenvalue",
        "regime",
        "a limit that is reached like 1 / sqrt(L)",
        lambda claim: with_statement(claim, regime=Limit(parameter=L, towards=sp.oo, rate=1 / sp.sqrt(L))),
        DEPTHS,
    ),
    mistake(
        "smallest_eigenvalue",
        "experiment",
        "weights 4 % too large",
        with_experiment(
            PHASES,
            networks=tuple(
                (phi, 1.04 * weight, *rest)
                for phi, weight, *rest in eigenvalue_entry.measured_kernels().keywords["networks"]
            ),
        ),
        PHASES,
    ),
    mistake(
        "smallest_eigenvalue",
        "experiment",
        "one input more than the prediction knows",
        with_experiment(PHASES, examples=eigenvalue_entry.EXAMPLES + 1),
        PHASES,
    ),
    mistake(
        "smallest_eigenvalue",
        "step",
        "a growth by the curvature without the slope",
        lambda claim: with_step(7, obligation=claim.steps()[7].residuals[0] + q_star)(claim),
        CHAOS,
    ),
    mistake(
        "smallest_eigenvalue",
        "displayed step",
        "two thirds for all activations",
        with_shown(11, lambda right: sp.Rational(2, 3) * q_star * L),
        CHAOS,
    ),
    mistake(
        "finite_width_deviation",
        "definition",
        "output weights that are signs: no variance of their squares",
        defined(3, lambda rhs: rhs.subs(finite_width_deviation.B_3, 0)),
        SCATTER,
    ),
    mistake(
        "finite_width_deviation",
        "definition",
        "the mean square in place of the variance",
        defined(3, lambda rhs: rhs.subs(finite_width_deviation.B_1, 0)),
        SCATTER,
    ),
    mistake(
        "finite_width_deviation",
        "definition",
        "the mean kernel without the output bias",
        defined(4, lambda rhs: rhs - sigma_b**2),
        ONE,
    ),
    mistake(
        "finite_width_deviation",
        "definition",
        "a variance of the order 1 / N^2",
        defined(3, lambda rhs: rhs / N),
        SCATTER,
    ),
    mistake(
        "finite_width_deviation",
        "formula",
        "a standard deviation in place of a variance of outputs",
        component(1, sp.sqrt(finite_width_deviation.STATEMENT.right[1])),
        ONE,
    ),
    mistake(
        "finite_width_deviation",
        "formula",
        "outputs that never forget what the kernel is off",
        component(1, finite_width_deviation.STATEMENT.right[1].subs(finite_width_deviation.MEAN, 0)),
        LINEAR,
    ),
    mistake(
        "finite_width_deviation",
        "formula",
        "the answer between two modes is that of one",
        component(2, t / tau * DECAY),
        OFF,
    ),
    mistake("finite_width_deviation", "regime", "a law that is off by N^(-1/2)", at_rate(1 / sp.sqrt(N)), LINEAR),
    mistake(
        "finite_width_deviation",
        "experiment",
        "weights 5 % too large",
        with_experiment(
            SCATTER,
            networks=tuple((phi, 1.05 * w, *rest) for phi, w, *rest in deviation_entry.SCATTER.keywords["networks"]),
        ),
        SCATTER,
    ),
    mistake(
        "finite_width_deviation",
        "experiment",
        "digits compared with half of what training adds",
        with_experiment(
            SINGLE,
            expected=lambda products, labels, count, time: deviation_entry.expected(products, labels, count, time) / 2,
        ),
        SINGLE,
    ),
    mistake(
        "finite_width_deviation",
        "experiment",
        "digits learnt by networks whose weights move, as in the control",
        with_experiment(SINGLE, mean_field=5.0),
        SINGLE,
    ),
    mistake(
        "finite_width_deviation",
        "step",
        "squares of output weights with a fourth moment of 1",
        lambda claim: with_step(1, obligation=claim.steps()[1].residuals[0] + K_II)(claim),
        OFF,
    ),
    mistake(
        "finite_width_deviation",
        "displayed step",
        "half of the variance",
        with_shown(3, lambda right: right / 2),
        OFF,
    ),
    mistake(
        "four_point_function",
        "formula",
        "the stretch of the variance to the first power",
        component(0, FRESH + CHI * F_l),
        SQUARES,
    ),
    mistake(
        "four_point_function",
        "formula",
        "each layer's own scatter only, as behind the first one",
        component(0, FRESH),
        SQUARES,
    ),
    mistake(
        "four_point_function",
        "formula",
        "the scatter of a Gaussian output: three times its squared variance",
        component(0, 2 * share * sigma_w**4 * kurtosis_law.M_2**2 + CHI**2 * F_l),
        SQUARES,
    ),
    mistake(
        "four_point_function",
        "formula",
        "equal widths",
        component(0, FRESH / share + CHI**2 * F_l),
        SQUARES,
    ),
    mistake(
        "four_point_function",
        "formula",
        "a mean square that only stretches",
        component(1, CHI * G_l),
        MEAN_SQUARES,
    ),
    mistake(
        "four_point_function",
        "formula",
        "the curvature without its half",
        component(1, CHI * G_l + BEND * F_l),
        FRACTIONS,
    ),
    mistake(
        "four_point_function",
        "formula",
        "the kurtosis of q in place of that of h",
        component(2, F_l / K_II**2),
        FRACTIONS,
    ),
    mistake(
        "four_point_function",
        "definition",
        "the derivative by the standard deviation",
        without_factor(CHI, 1 / (2 * sp.sqrt(K_II))),
        SERIES,
    ),
    mistake("four_point_function", "regime", "a limit that is reached like a root", at_rate(1 / sp.sqrt(N)), FRACTIONS),
    mistake("four_point_function", "regime", "a limit that is reached like 1 / N^2", at_rate(N**-2), FRACTIONS),
    mistake(
        "four_point_function",
        "experiment",
        "weights 10 % too large",
        with_experiment(SQUARES, **heavier(2, 1.1)),
        SQUARES,
    ),
    mistake(
        "four_point_function",
        "experiment",
        "mean squares of weights 5 % too large",
        with_experiment(MEAN_SQUARES, **heavier(3, 1.05)),
        MEAN_SQUARES,
    ),
    mistake(
        "four_point_function",
        "step",
        "a mean over neurons that scatters like one of them",
        lambda claim: with_step(2, obligation=claim.steps()[2].residuals[1] + sigma_w**4)(claim),
        FRACTIONS,
    ),
    mistake(
        "four_point_function",
        "displayed step",
        "the curvature twice",
        with_shown(5, lambda right: right + BEND * F_l / 2),
        FRACTIONS,
    ),
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
