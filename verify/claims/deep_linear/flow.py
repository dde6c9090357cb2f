"""Learning over time: the flow of the weights, its modes, when they are learned and where they end."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.deep_linear import (
    averaged_flow,
    balancedness,
    end_point,
    learning_time,
    mode_competition,
    mode_logistic,
    shallow_has_no_stages,
    singular_coordinates,
    stage_ratio,
)
from numerics.deep_linear.coordinates import rates_along_training
from numerics.deep_linear.end_points import end_points, escapes, rest_point_spectra
from numerics.deep_linear.learning_curves import imbalance, input_output_map
from numerics.deep_linear.online import one_pass
from numerics.deep_linear.passage_times import descent_times
from numerics.deep_linear.shared_neuron import modes_from_one_direction
from numerics.deep_linear.stage_lengths import small_start_ratios, stage_ratios
from numerics.deep_linear.stages import bends, one_matrix_curves
from verify.checks import Ladder, Precision, Property, Replicas, Trend
from verify.claim import Claim, Ordeal
from verify.claims.deep_linear import (
    CHAINS,
    CONVENTION,
    FULL_STEPS,
    ON_EXAMPLES,
    STEPS,
    TRAINED,
    WIDE_CHAINS,
    balanced,
)
from verify.references import deep_linear as reference
from verify.references import deep_linear_coordinates as in_modes
from verify.references import deep_linear_ends as of_ends
from verify.references import deep_linear_flow as flow_reference
from verify.references import deep_linear_stages as of_stages

SINGULAR_VALUES = (3.1, 2.3, 1.4, 0.9)

LATE = tuple({"t": time, "s": "3.3", "a_0": "1e-5", "tau": "1.1"} for time in ("20", "150", "1000", "3333"))

UNBALANCED = np.array([[0.11, 0.7, 0.35, 0.9], [0.8, 0.21, 0.6, 0.17]])  # strengths of four modes in two layers

drift = partial(
    imbalance, singular_values=SINGULAR_VALUES, strengths=UNBALANCED, tau=1.7, times=tuple(np.arange(0, 5.01, 0.5)),
)  # fmt: skip

passing = partial(
    descent_times, singular_values=SINGULAR_VALUES, strengths=(UNBALANCED,), tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)  # fmt: skip

curves = partial(
    input_output_map, singular_values=SINGULAR_VALUES, initial=(0.013, 0.021, 0.034, 0.055), tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)  # fmt: skip

learning = partial(
    descent_times, singular_values=SINGULAR_VALUES, strengths=(balanced(2, (0.02, 0.09, 0.15, 0.11)),), tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)  # fmt: skip

shallow = partial(
    one_matrix_curves, singular_values=SINGULAR_VALUES, initial=(0.21, 0.13, 0.34, 0.25), spread=0.3, tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)  # fmt: skip

bending = partial(bends, singular_values=SINGULAR_VALUES, initial=(0.21, 0.13, 0.17, 0.11), until=0.8)

stages = partial(
    stage_ratios, singular_values=(2.3, 1.3), initial=(0.06, 0.021), margins=(0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35),
)  # fmt: skip

waiting = partial(
    small_start_ratios, singular_values=(2.3, 1.3), starts=of_stages.small_starts, margins=(0.2, 0.25, 0.3, 0.35, 0.4),
)  # fmt: skip

PASSES = (0.001, 0.0005, 0.00025, 0.000125)  # times of one pass over the examples, over tau

rotated = partial(
    Ladder, predict=in_modes.rotated_rates, steps=PASSES, axis="time", quantity="rate",
    series=tuple(f"input mode 1 in hidden neuron {i}" for i in (1, 2, 3, 4)),
)  # fmt: skip

two_modes = partial(
    rates_along_training, singular_values=(2.3, 1.4), start=0.3, tau=1.7, times=tuple(1.7 * np.arange(0, 3.01, 0.25)),
)  # fmt: skip

from_one_direction = partial(
    modes_from_one_direction, widths=(3, 2, 4), singular_values=(2.3, 1.4, 0.8), strength=0.05, spread=0.3, examples=9,
    times=tuple(np.arange(0, 3.51, 0.5)),
)  # fmt: skip

three_modes = partial(
    rates_along_training, widths=(3, 2, 4), singular_values=(2.3, 1.4, 0.8), correlation=0, start=0.3, tau=1.7,
    times=tuple(1.7 * np.arange(0, 6.01, 0.25)),
)  # fmt: skip

END_MODES, END_POWERS = (2.6, 1.7, 0.9), (2.2, 0.6, 1.3, 0.8, 1.1, 0.7)

ending = partial(end_points, singular_values=END_MODES, spread=0.05, courant=0.7)

at_rest = partial(
    rest_point_spectra, hidden=2, held=((1, 2), (0, 2), (0, 1), (2,)), singular_values=END_MODES, spread=0.05,
    courant=0.7,
)  # fmt: skip

escape = partial(
    escapes, held=(2, 0), singular_values=END_MODES, push=3e-8, times=tuple(np.arange(6, 7.61, 0.2)), until=32,
    spread=0.05, courant=0.7,
)  # fmt: skip

FINISHED = "training ends where no slope exceeds 1e-13 of the largest singular value"

SMALL_ENDS: dict[str, Any] = {"inputs": 6, "outputs": 4, "powers": END_POWERS, "examples": 24}

WIDE_ENDS: dict[str, Any] = {
    "inputs": 40,
    "outputs": 25,
    "powers": (*END_POWERS[:3], *np.linspace(0.6, 1.4, 37)),
    "examples": 120,
}

MODEST_ENDS = WIDE_ENDS | {"inputs": 15, "outputs": 10, "powers": WIDE_ENDS["powers"][:15]}

# whitened, and a hidden neuron for every mode: what the page leaves out
WHITENED_ENDS = {"inputs": 6, "outputs": 3, "powers": (1.0,) * 6, "examples": 24}


CLAIMS = (
    Claim(
        statement=balancedness.STATEMENT,
        checks=(
            Precision(
                name="two layers in motion",
                reference=reference.layers_in_motion,
                parameters=balancedness.STATEMENT.parameters,
                count=5,
                against="two layer strengths that descend their loss, differentiated numerically",
            ),
            Ladder(
                name="imbalance in training",
                predict=reference.imbalance,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(drift, widths=(7, 9, 5), examples=24),
                full=partial(drift, widths=(40, 60, 30), examples=200),
                axis="time",
                quantity="imbalance",
                series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
            Ladder(
                name="unbalanced training",
                predict=reference.unbalanced_passages,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(passing, networks=((7, 9, 5),), examples=24),
                full=partial(passing, networks=((40, 60, 30),), examples=200),
                axis="fraction of s",
                quantity="time of passage",
                series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=mode_logistic.STATEMENT,
        checks=(
            Precision(
                name="two layers integrated",
                reference=reference.two_layers,
                parameters=mode_logistic.STATEMENT.parameters,
                count=3,
                constraint=reference.while_it_moves,
                points=({"t": "0.41", "s": "0.83", "a_0": "1.9", "tau": "1.3"},),
                against="the flow of both layer strengths integrated by Taylor series",
            ),
            Property(
                name="flow and start",
                sentence="tau da/dt = 2 a (s - a), and a starts at a_0",
                residual=reference.flow_residual,
                parameters=mode_logistic.STATEMENT.parameters,
            ),
            Ladder(
                name="trained network",
                predict=reference.input_output_map,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(curves, widths=(7, 9, 5), examples=24),
                full=partial(curves, widths=(60, 100, 40), examples=400),
                axis="time",
                quantity="strength",
                series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
            ),
            Precision(
                name="late times in floating point",
                digits=(20, 30),
                points=LATE,
                reference=lambda dps, point: point["s"],
                evaluate=lambda formula, dps, point: formula.numpy(**point).item(),
                against="the singular value, which the curve has reached",
            ),
        ),
        convention=CONVENTION,
        independence=ON_EXAMPLES,
    ),
    Claim(
        statement=learning_time.STATEMENT,
        checks=(
            Precision(
                name="time of two layers in motion",
                reference=flow_reference.time_to_strength,
                parameters=learning_time.STATEMENT.parameters,
                count=2,
                against="the flow of both layer strengths, integrated until their product passes the final strength",
            ),
            Ladder(
                name="passages in training",
                predict=flow_reference.passages,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(learning, networks=((7, 9, 5),), examples=24),
                full=partial(learning, networks=((40, 60, 30),), examples=200),
                axis="fraction of s",
                quantity="time of passage",
                series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=shallow_has_no_stages.STATEMENT,
        checks=(
            Precision(
                name="one and two layers in motion",
                reference=flow_reference.one_and_two_layers,
                parameters=shallow_has_no_stages.STATEMENT.parameters,
                count=2,
                against="one weight integrated by Taylor series, and two until the second derivative vanishes",
            ),
            Ladder(
                name="one matrix trained",
                predict=flow_reference.shallow_curves,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(shallow, widths=(7, 5), examples=24),
                full=partial(shallow, widths=(60, 40), examples=400),
                axis="time",
                quantity="strength",
                series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
            ),
            Ladder(
                name="bend of two matrices trained",
                predict=flow_reference.inflections,
                steps=STEPS,
                quick=partial(bending, widths=(7, 9, 5), examples=24),
                full=partial(bending, widths=(60, 100, 40), examples=400),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED + " The network of one matrix starts at random, with its modes mixed.",
    ),
    Claim(
        statement=averaged_flow.STATEMENT,
        checks=(
            Precision(
                name="pass over examples",
                reference=flow_reference.pass_over_examples,
                parameters=averaged_flow.STATEMENT.parameters,
                count=2,
                against="the mean change over examples with these correlations, by numerical differentiation",
            ),
            Ladder(
                name="one pass of online training",
                predict=flow_reference.changes_in_one_pass,
                steps=(0.001, 0.0005, 0.00025, 0.000125),
                quick=partial(one_pass, examples=(11, 17, 24)),
                full=partial(one_pass, examples=(60, 110, 170)),
                full_steps=(0.0002, 0.0001, 0.00005, 0.000025),
            ),
        ),
        convention="Time counts presentations; the correlations are sums over the examples and tau = P / lambda.",
        independence="Examples are presented one after the other; automatic differentiation moves all weights.",
    ),
    Claim(
        statement=stage_ratio.STATEMENT,
        checks=(
            Ladder(
                name="stages of training",
                predict=of_stages.transition_over_ignorance,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(stages, networks=(*CHAINS[:2], CHAINS[3]), examples=24),
                full=partial(stages, networks=(*WIDE_CHAINS[:2], WIDE_CHAINS[3]), examples=100),
                axis="fraction delta",
                quantity="transition over ignorance",
                series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 5) for s in (2.3, 1.3)),
                picture=of_stages.stages,
            ),
            Ladder(
                name="ever smaller starts",
                predict=of_stages.limits,
                steps=tuple(0.08 * 2 ** (-k / 2) for k in range(5)),
                quick=partial(waiting, networks=((7, 6, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6)), examples=12),
                full=partial(waiting, networks=((35, 30, 25), (30, 40, 25, 35), (25, 35, 30, 40, 30)), examples=60),
                axis="fraction delta",
                quantity="ratio over its small parameter",
                series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 4) for s in (2.3, 1.3)),
            ),
            Precision(
                name="chains in motion",
                reference=of_stages.stage_ratios,
                digits=(15, 25),
                parameters=stage_ratio.STATEMENT.parameters,
                count=2,
                against="chains of equal weights integrated by Taylor series until they pass both fractions",
                evaluate=lambda formula, dps, point: formula.numpy(**point)[:2].tolist(),
            ),
            Precision(
                name="chains from small starts",
                reference=of_stages.stage_ratios_of_small_starts,
                digits=(12, 15),
                points=({"N_l": 4, "s": "1.7", "a_0": "0.03", "delta": "0.23"},),
                against="chains of equal weights that start ever smaller, extrapolated",
                evaluate=lambda formula, dps, point: formula.numpy(**point)[2:].tolist(),
            ),
        ),
        convention="Ignorance lasts until the strength is delta s, the transition until it is (1 - delta) s; the small "
        "parameter is 1 / log(s / a_0) for two matrices and (a_0 / s)^(1 - 2/d) for d, and the ladder's step.",
        independence=TRAINED + " The small starts follow adaptive Runge-Kutta steps along the gradient.",
    ),
    Claim(
        statement=singular_coordinates.STATEMENT,
        checks=(
            Precision(
                name="rotated networks",
                reference=in_modes.entries_of_rotated_network,
                evaluate=in_modes.entries_in_coordinates,
                points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
                against="losses of networks with 2, 4 and 3 neurons, differentiated along their singular directions",
            ),
            rotated(
                name="passes along training",
                quick=partial(two_modes, widths=(2, 5, 3), correlation=0.6, examples=17),
                full=partial(two_modes, widths=(2, 60, 3), correlation=0.6, examples=200),
            ),
        ),
        convention="Time counts presentations, tau = P / lambda; correlations are sums over the examples.",
        independence="Examples are presented one after the other; automatic differentiation moves all weights, from "
        "random starts, with unequal widths.",
        printed={
            "E4b": Ordeal(
                fails=rotated(
                    name="passes over correlated inputs",
                    quick=partial(two_modes, widths=(2, 5, 3), correlation=0.3, examples=13),
                ),
                holds=rotated(
                    name="passes over whitened inputs",
                    quick=partial(two_modes, widths=(2, 5, 3), correlation=0, examples=13),
                ),
            )
        },
    ),
    Claim(
        statement=mode_competition.STATEMENT,
        checks=(
            Precision(
                name="down the energy",
                reference=in_modes.down_the_energy,
                parameters=mode_competition.STATEMENT.parameters,
                count=3,
                against="minus the gradient of the energy of the hidden vectors, differentiated numerically",
            ),
            Precision(
                name="rotated networks",
                reference=in_modes.rates_of_modes,
                evaluate=in_modes.modes_in_coordinates,
                points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
                against="losses of networks with 3, 2 and 4 neurons, differentiated along their singular directions",
            ),
            Ladder(
                name="passes along training",
                predict=in_modes.rates_of_hidden_vectors,
                steps=PASSES,
                quick=partial(three_modes, examples=13),
                full=partial(three_modes, examples=200),
                axis="time",
                quantity="rate",
                picture=in_modes.strengths_over_time,
                series=tuple(f"input mode {k} in hidden neuron {i}" for k in (1, 2) for i in (1, 2)),
            ),
            Trend(
                name="energy falls, directions part",
                replicas=300,
                curves=in_modes.shared_direction,
                quick=partial(from_one_direction, apart=False),
                control=partial(from_one_direction, apart=True),
            ),
        ),
        convention="Time counts presentations, tau = P / lambda; correlations are sums over the examples.",
        independence="Whole matrices are trained, from random starts, and projected onto the modes afterwards. In the "
        "control every mode is trained in a network of its own, so that nothing competes, and the weights are added.",
    ),
    Claim(
        statement=end_point.STATEMENT,
        checks=(
            Precision(
                name="networks of one and two neurons",
                reference=of_ends.curvatures,
                parameters=end_point.STATEMENT.parameters,
                count=3,
                against="Hessians of networks with one and two hidden neurons, by numerical differentiation",
                evaluate=lambda formula, dps, point: formula.mpmath(dps, **point)[2:],
            ),
            Precision(
                name="least squares through one neuron",
                reference=of_ends.least_squares,
                parameters=end_point.STATEMENT.parameters,
                count=3,
                constraint=of_ends.ranked,
                against="alternating least squares between inputs and outputs of one hidden neuron",
                evaluate=lambda formula, dps, point: formula.mpmath(dps, **point)[:2],
            ),
            Replicas(
                name="training to the end",
                predict=of_ends.end_points,
                replicas=3,
                full_replicas=5,
                bias=of_ends.unfinished,
                bias_note=FINISHED,
                quick=partial(ending, hidden=(1, 2, 3), mixed=False, **SMALL_ENDS),
                full=partial(ending, hidden=(1, 2, 3), mixed=False, **WIDE_ENDS),
                axis="hidden neurons",
                quantity="distance from Sigma31",
                series=("distance from Sigma31",),
                picture=of_ends.distances,
            ),
            Replicas(
                name="inputs of any correlation",
                predict=of_ends.mixed_end_points,
                replicas=3,
                full_replicas=5,
                bias=of_ends.unfinished,
                bias_note=FINISHED,
                quick=partial(ending, hidden=(1, 2, 3), mixed=True, **SMALL_ENDS),
                full=partial(ending, hidden=(1, 2, 3), mixed=True, **WIDE_ENDS),
            ),
            Replicas(
                name="Hessian at rest points",
                predict=of_ends.spectra,
                replicas=3,
                full_replicas=5,
                bias=of_ends.unfinished,
                bias_note=FINISHED,
                quick=partial(at_rest, **SMALL_ENDS),
                full=partial(at_rest, **MODEST_ENDS),
                style="stem",
                axis="eigenvalue number",
                quantity="eigenvalue",
                series=tuple(f"holds s = {held}" for held in ("1.7, 0.9", "2.6, 0.9", "2.6, 1.7", "0.9 alone")),
            ),
            Ladder(
                name="descent off a saddle",
                predict=of_ends.growth,
                steps=(0.04, *STEPS[:3]),
                quick=partial(escape, **SMALL_ENDS),
                full=partial(escape, **WIDE_ENDS),
                axis="time",
                quantity="logarithm of growth",
                picture=of_ends.run_off,
                series=tuple(f"s = 1.7 beside held s = {held}" for held in (0.9, 2.6)),
            ),
        ),
        convention=CONVENTION + " Curvatures are of that loss; rates are per tau.",
        independence="All weights are free and start at random; rest points are reached by training on data without "
        "some modes, and their Hessian is exact and of all weights.",
        printed={
            "E6": Ordeal(
                fails=Replicas(
                    name="fewer neurons than modes",
                    predict=of_ends.end_points,
                    replicas=3,
                    bias=of_ends.unfinished,
                    bias_note=FINISHED,
                    quick=partial(ending, hidden=(1, 2), mixed=False, **SMALL_ENDS),
                ),
                holds=Replicas(
                    name="a neuron for every mode, whitened inputs",
                    predict=of_ends.end_points,
                    replicas=3,
                    bias=of_ends.unfinished,
                    bias_note=FINISHED,
                    quick=partial(ending, hidden=(3, 4), mixed=False, **WHITENED_ENDS),
                ),
            )
        },
    ),
)
