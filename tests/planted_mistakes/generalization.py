"""Mistakes about students, teachers and noise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import sympy as sp

from derivations.generalization import frozen_directions
from derivations.generalization.optimal_stopping import RATE
from derivations.statement import LeadingOrder, Limit
from derivations.symbols import N_1, N_3, A, N_l, O, P, a, a_0, a_s, r_s, s, sbar, shat, sigma_z, t, tau, vbar_j
from numerics.generalization import (
    early_stopping,
    long_training,
    many_modes,
    mode_escape,
    noisy_data,
    noisy_students,
    student_widths,
    students,
)
from numerics.generalization import frozen_directions as frozen_weights
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

EDGE = 1 + sp.sqrt(A)  # of the noise
RIGHT_DATA = noisy_data.training_data  # as it is before anything is patched


def while_patched(check: str, module: ModuleType, name: str, wrong: Any) -> Callable[[Claim], Claim]:
    """Run the experiment of one check with something wrong in the place of one function of a module."""

    def change(planted: Any) -> Any:
        right = planted.quick

        def run(**arguments: Any) -> Any:
            with mock.patch.object(module, name, wrong):
                return right(**arguments)

        return dataclasses.replace(planted, quick=run)

    return with_check(check, change)


def component(number: int, change: Callable[[sp.Expr], Any]) -> Callable[[Claim], Claim]:
    """Change one right-hand side of the formula."""

    def changed(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
        parts = list(right) if isinstance(right, sp.Tuple) else [right]
        parts[number] = change(parts[number])
        return left, sp.Tuple(*parts) if isinstance(right, sp.Tuple) else parts[0]

    return with_formula(changed)


def defined(symbol: sp.Symbol, value: Any) -> Callable[[Claim], Claim]:
    """Define a symbol of the statement otherwise."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        assert symbol in {d.lhs for d in where}
        changed = tuple(sp.Eq(symbol, value, evaluate=False) if d.lhs == symbol else d for d in where)
        assert changed != where
        return with_statement(claim, where=changed)

    return plant


def valid_on(symbol: sp.Symbol, domain: sp.Set) -> Callable[[Claim], Claim]:
    """Claim the formula on another domain of one parameter."""

    def plant(claim: Claim) -> Claim:
        parameters = claim.formula_statement.parameters
        assert symbol in {p.symbol for p in parameters}
        changed = tuple(dataclasses.replace(p, domain=domain) if p.symbol == symbol else p for p in parameters)
        return with_statement(claim, parameters=changed)

    return plant


def midpoint(of: Any) -> Callable:
    """Steps of second order in the place of the classical method."""

    def advanced(weights: list[Any], data: Any, step: float) -> list[Any]:
        def moved(directions: Any, size: float) -> list[Any]:
            return [w - size * direction for w, direction in zip(weights, directions, strict=True)]

        correlation = getattr(data, "correlation", data)
        half = moved(of(weights, correlation)[1], step / 2)
        return moved(of(half, correlation)[1], step)

    return advanced


def louder_noise(**arguments: Any) -> Any:
    """Training data whose noise has the standard deviation of one over outputs, not over inputs."""
    inputs, labels, (u, v) = RIGHT_DATA(**arguments)
    clean = arguments["strength"] * u @ (v.mT @ inputs)
    return inputs, clean + (labels - clean) / arguments["ratio"] ** 0.5, (u, v)


def same_noise(**arguments: Any) -> Any:
    """Training data of all replicas with the noise of the first."""
    inputs, labels, (u, v) = RIGHT_DATA(**arguments)
    clean = arguments["strength"] * u @ (v.mT @ inputs)
    return inputs, clean + (labels - clean)[:1], (u, v)


def towards_the_data(
    torch: Any, weights: list, correlation: Any, target: Any, learning_rate: float, left: Any, right: Any
) -> Any:
    """Errors measured on the training data."""
    return RIGHT_DESCENT(torch, weights, correlation, correlation, learning_rate, left, right)


def at_the_end(strengths: Any, errors: Any) -> Any:
    """The last update in the place of the best one."""
    return RIGHT_VERTEX(strengths[-3:], errors[-3:])


def smallest_modes_first(setting: Any, data: Any, width: int, initials: Any, generator: Any) -> Any:
    """A student whose few hidden neurons hold the weakest modes."""
    turned = dataclasses.replace(data, left=data.left.flip(-1), right=data.right.flip(-1))
    return students.decoupled_start(setting, turned, width, initials, generator)


RIGHT_DESCENT, RIGHT_VERTEX, RIGHT_CROSSING = early_stopping._descent, early_stopping._vertex, many_modes._crossing
POLE, TURN, LAW = (
    "pole over the Marchenko-Pastur law",
    "best multiple of the data's mode",
    "integrated modes of the noise's law",
)
DENSITIES, ESCAPE = "words of teacher and noise", "integrated layers from a start of 1e-60"
FAINTER, TWO_MODES = "modes left behind from fainter and fainter starts", "two modes from fainter and fainter starts"

MISTAKES = (
    # ------------------------------------------------------------------------------------------ spiked_singular_values
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="left side",
        what="the two overlaps swapped",
        plant=with_formula(lambda left, right: (sp.Tuple(left[0], left[2], left[1]), right)),
        checks=(POLE,),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="left side",
        what="overlaps for their squares",
        plant=with_formula(lambda left, right: (sp.Tuple(left[0], sp.sqrt(left[1]), sp.sqrt(left[2])), right)),
        checks=(POLE,),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="formula",
        what="right for as many outputs as inputs only",
        plant=component(1, lambda f: f.subs(A, 1 / A)),
        checks=(POLE,),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="formula",
        what="a correction that vanishes far above the threshold",
        plant=component(0, lambda f: f + sp.Rational(1, 10**9) / sbar**6),
        checks=(POLE,),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="domain",
        what="a teacher of no strength included",
        plant=valid_on(sbar, sp.Interval(0, sp.oo)),
        checks=(POLE,),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="experiment",
        what="noise of variance one over the outputs",
        plant=while_patched("sampled training data", noisy_data, "training_data", louder_noise),
        checks=("sampled training data",),
    ),
    # --------------------------------------------------------------------------------------------------- averaged_error
    Mistake(
        claim="generalization.averaged_error",
        kind="formula",
        what="edges of the noise right for as many outputs as inputs only",
        plant=component(1, lambda f: f.subs(1 + A, 2 * A).subs(-A - 1, -2 * A)),
        checks=(DENSITIES,),
    ),
    Mistake(
        claim="generalization.averaged_error",
        kind="definition",
        what="the largest mode of the noise for that of the data",
        plant=defined(shat, EDGE),
        checks=(DENSITIES,),
    ),
    Mistake(
        claim="generalization.averaged_error",
        kind="experiment",
        what="midpoint for Runge-Kutta in students that are trained",
        plant=while_patched("students in training", noisy_students, "_runge_kutta", midpoint(noisy_students.slopes)),
        checks=("students in training",),
    ),
    Mistake(
        claim="generalization.averaged_error",
        kind="experiment",
        what="one noise for all replicas",
        plant=while_patched("students in training", noisy_students, "training_data", same_noise),
        checks=("students in training",),
    ),
    # ------------------------------------------------------------------------------------------------- optimal_stopping
    Mistake(
        claim="generalization.optimal_stopping",
        kind="formula",
        what="1 - O for 1 - O^2",
        plant=component(1, lambda f: 1 - sp.sqrt(1 - f)),
        checks=(TURN,),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="formula",
        what="the overlap of the outputs alone",
        plant=component(0, lambda f: sp.sqrt((sbar**4 - A) / (A + sbar**2))),
        checks=(TURN,),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="regime",
        what="the error vanishes with twice the power",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=RATE**2)),
        checks=(TWO_MODES,),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="regime",
        what="the error vanishes like the start itself, as in deeper students",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=a_0)),
        checks=(TWO_MODES,),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="experiment",
        what="the error on the training data",
        plant=while_patched("students with a faint start", early_stopping, "_descent", towards_the_data),
        checks=("students with a faint start",),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="experiment",
        what="stopped when the error has risen",
        plant=while_patched("students with a faint start", early_stopping, "_vertex", at_the_end),
        checks=("students with a faint start",),
    ),
    Mistake(
        claim="generalization.optimal_stopping",
        kind="experiment",
        what="a quarter faster",
        plant=with_experiment("students with a faint start", learning_rate=0.1),
        checks=("students with a faint start", TURN),
        unseen="the best strength and its error do not depend on how fast they are reached, and the vertex is taken "
        "over the strength: there is nothing wrong to see",
    ),
    # ------------------------------------------------------------------------------------------------------ overfitting
    Mistake(
        claim="generalization.overfitting",
        kind="left side",
        what="the error per input on the left",
        plant=with_formula(lambda left, right: (sp.Tuple(*left[:2], left[2].subs(N_3, N_1)), right)),
        checks=(LAW,),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="formula",
        what="the noise counted per input",
        plant=component(2, lambda f: A * f),
        checks=(LAW,),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="formula",
        what="the start left out of the learning curve of the noise",
        plant=component(2, lambda f: f.subs(a_0, a_0 * (1 - a_0))),
        checks=(LAW,),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="definition",
        what="the largest mode of the noise for that of the data",
        plant=defined(shat, EDGE),
        checks=(LAW,),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="experiment",
        what="midpoint for Runge-Kutta in students that learn noise",
        plant=while_patched("noise learned in training", long_training, "advanced", midpoint(students.slopes)),
        checks=("noise learned in training",),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="experiment",
        what="midpoint for Runge-Kutta in students of one neuron",
        plant=while_patched("turn of one neuron", long_training, "advanced", midpoint(students.slopes)),
        checks=("turn of one neuron",),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="experiment",
        what="noise of variance one over the outputs",
        plant=while_patched("noise learned in training", students, "training_data", louder_noise),
        checks=("noise learned in training",),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="regime",
        what="the error of finite layers vanishes twice as fast",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=N_1, towards=sp.oo, rate=N_1**-2)),
        checks=("noise learned by small students",),
    ),
    Mistake(
        claim="generalization.overfitting",
        kind="regime",
        what="the error of finite layers vanishes half as fast",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=N_1, towards=sp.oo, rate=1 / sp.sqrt(N_1))),
        checks=("noise learned by small students",),
    ),
    # ----------------------------------------------------------------------------------------------- width_independence
    Mistake(
        claim="generalization.width_independence",
        kind="definition",
        what="all modes learn the same fraction, as in a network of one matrix",
        plant=defined(a_s, a * s / shat),
        checks=("distance of integrated modes",),
    ),
    Mistake(
        claim="generalization.width_independence",
        kind="definition",
        what="the limit of a faint start for the exact strength",
        plant=defined(a_s, a_0 ** (1 - s / shat) * (a * shat / (shat - a)) ** (s / shat)),
        checks=("distance of integrated modes",),
    ),
    Mistake(
        claim="generalization.width_independence",
        kind="experiment",
        what="hidden neurons that hold the weakest modes",
        plant=while_patched("students of a strong teacher", student_widths, "decoupled_start", smallest_modes_first),
        checks=("students of a strong teacher",),
    ),
    # ------------------------------------------------------------------------------------------ deep_width_independence
    Mistake(
        claim="generalization.deep_width_independence",
        kind="definition",
        what="number of matrices for number of layers",
        plant=defined(r_s, (1 - s / shat) ** (-N_l / (N_l - 2))),
        checks=(ESCAPE,),
    ),
    Mistake(
        claim="generalization.deep_width_independence",
        kind="definition",
        what="right for five layers only",
        plant=defined(r_s, (1 - s / shat) ** -2),
        checks=(ESCAPE,),
    ),
    Mistake(
        claim="generalization.deep_width_independence",
        kind="domain",
        what="three layers included",
        plant=valid_on(N_l, sp.Range(3, sp.oo)),
        checks=(ESCAPE,),
    ),
    Mistake(
        claim="generalization.deep_width_independence",
        kind="regime",
        what="corrections of the order of the start",
        plant=lambda claim: with_statement(claim, regime=LeadingOrder(parameter=a_0, order=1)),
        checks=(FAINTER,),
    ),
    Mistake(
        claim="generalization.deep_width_independence",
        kind="experiment",
        what="midpoint for Runge-Kutta in deep students",
        plant=while_patched("students of five layers", mode_escape, "advanced", midpoint(students.slopes)),
        checks=("students of five layers",),
    ),
    # --------------------------------------------------------------------------------------------------- detection_wave
    Mistake(
        claim="generalization.detection_wave",
        kind="formula",
        what="a correction of the order of the start",
        plant=component(1, lambda f: f + a_0 / 1000),
        checks=("front to the end of its time",),
    ),
    Mistake(
        claim="generalization.detection_wave",
        kind="formula",
        what="the logarithm of the logarithm left out",
        plant=component(1, lambda f: tau / (2 * t) * sp.log(tau / (2 * a_0 * t))),
        checks=("half learned from a faint start",),
    ),
    Mistake(
        claim="generalization.detection_wave",
        kind="regime",
        what="the error of the front is of second order",
        plant=lambda claim: with_statement(claim, regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=a_0**2)),
        checks=("front from fainter and fainter starts",),
    ),
    Mistake(
        claim="generalization.detection_wave",
        kind="domain",
        what="a front at time zero",
        plant=valid_on(t, sp.Interval(0, sp.oo)),
        checks=("layers stopped in motion",),
    ),
    Mistake(
        claim="generalization.detection_wave",
        kind="experiment",
        what="the front where 0.499 of a mode is learned",
        plant=while_patched(
            "front in training", many_modes, "_crossing", lambda values, now: RIGHT_CROSSING(values, now / 0.998)
        ),
        checks=("front in training",),
    ),
    # ---------------------------------------------------------------------------------------------------- noisy_teacher
    Mistake(
        claim="generalization.noisy_teacher",
        kind="formula",
        what="noise outside the inputs right for one input only",
        plant=component(3, lambda f: N_3 * (P - 1) * sigma_z**2),
        checks=("all signs of the noise",),
    ),
    Mistake(
        claim="generalization.noisy_teacher",
        kind="formula",
        what="length right for as many outputs as inputs only",
        plant=component(2, lambda f: sbar**2 + N_1**2 * sigma_z**2),
        checks=("all signs of the noise",),
    ),
    Mistake(
        claim="generalization.noisy_teacher",
        kind="formula",
        what="the variance of a product of entries",
        plant=component(1, lambda f: f * (1 + vbar_j**2) / (1 + vbar_j**4)),
        checks=("all signs of the noise",),
    ),
    # ----------------------------------------------------------------------------------------------------- error_curves
    Mistake(
        claim="generalization.error_curves",
        kind="formula",
        what="the time of five layers right for a strong start only",
        plant=component(3, lambda f: f.subs(sp.sqrt(a_0), a_0)),
        checks=("maps and labels written out",),
    ),
    Mistake(
        claim="generalization.error_curves",
        kind="formula",
        what="the product of overlaps squared",
        plant=component(0, lambda f: f.subs(O, O**2)),
        checks=("maps and labels written out",),
    ),
    Mistake(
        claim="generalization.error_curves",
        kind="left side",
        what="train and test error swapped",
        plant=with_formula(lambda left, right: (sp.Tuple(left[1], left[0], *left[2:]), right)),
        checks=("maps and labels written out",),
    ),
    Mistake(
        claim="generalization.error_curves",
        kind="displayed step",
        what="a sum over modes shown with the wrong sign",
        plant=with_shown(4, lambda right: -right),
        checks=("maps and labels written out",),
    ),
    Mistake(
        claim="generalization.spiked_singular_values",
        kind="displayed step",
        what="singular value of the data without the teacher's own below the root",
        plant=with_shown(7, lambda right: right * sp.sqrt(A) / sp.sqrt(A + sbar**2)),
    ),
    *(
        Mistake(
            claim=f"generalization.{claim}",
            kind="regime",
            what=f"an error of order N_1^({power})",
            plant=lambda claim, power=power: with_statement(
                claim, regime=Limit(parameter=claim.statement.regime.parameter, towards=sp.oo, rate=N_1**power)
            ),
            checks=(check,),
        )
        for claim, check in (
            ("spiked_singular_values", "little training data"),
            ("averaged_error", "modes of little data"),
        )
        for power in (-sp.Rational(1, 2), sp.Integer(-2))
    ),
    *(
        Mistake(
            claim="generalization.frozen_directions",
            kind="formula",
            what=what,
            plant=component(1, change),
            checks=("students of several gains",),
        )
        for what, change in (
            ("all directions frozen", lambda right: right.subs(P, 0)),
            ("directions with examples for those without", lambda right: right.subs(P, N_1 - P)),
            ("the teacher forgotten", lambda right: right - frozen_directions.unseen),
            (
                "the gain for its square",
                lambda right: right.subs(frozen_directions.gain, sp.sqrt(frozen_directions.gain)),
            ),
        )
    ),
    Mistake(
        claim="generalization.frozen_directions",
        kind="experiment",
        what="training that ends too early",
        plant=while_patched("students of several gains", frozen_weights, "AT_REST", 2.0),
        checks=("students of several gains",),
    ),
    Mistake(
        claim="generalization.frozen_directions",
        kind="step",
        what="a step of the last matrix that sees the frozen part",
        plant=with_step(2, obligation=sp.Symbol("A") + sp.Symbol("B") - sp.Symbol("A")),
        checks=("each network's error",),
    ),
    Mistake(
        claim="generalization.frozen_directions",
        kind="displayed step",
        what="twice the overlap forgotten",
        plant=with_shown(5, lambda right: right + frozen_directions.overlap),
        checks=("each network's error",),
    ),
)
