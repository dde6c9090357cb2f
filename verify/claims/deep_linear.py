"""Deep linear networks: how the modes of the input-output map are learned."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np

from derivations.deep_linear import (
    amplified_fraction,
    averaged_flow,
    balancedness,
    deep_gradient,
    depth_independent_time,
    depth_n_mode,
    determinant_obstruction,
    end_point,
    gradient_norm,
    greedy_pretraining,
    infinite_depth_time,
    learning_time,
    mode_competition,
    mode_logistic,
    norm_preservation,
    orthogonal_initialization,
    shallow_has_no_stages,
    singular_coordinates,
    stable_learning_rate,
    stage_ratio,
)
from numerics.deep_linear.chain_pass import chain_pass
from numerics.deep_linear.coordinates import rates_along_training
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.end_points import end_points, escapes, rest_point_spectra
from numerics.deep_linear.first_update import first_update
from numerics.deep_linear.initialization import growth_with_depth, norm_of_images
from numerics.deep_linear.learning_curves import imbalance, input_output_map
from numerics.deep_linear.online import one_pass
from numerics.deep_linear.paced_learning import paced_times
from numerics.deep_linear.passage_times import descent_times, rate_power_law
from numerics.deep_linear.pretraining import (
    autoencoder_curves,
    coupling_after_pretraining,
    learning_after_pretraining,
)
from numerics.deep_linear.random_chains import amplified_directions, signal_lengths
from numerics.deep_linear.shared_neuron import modes_from_one_direction
from numerics.deep_linear.signed_learning import remaining_loss, signed_curves, singular_value_rates
from numerics.deep_linear.stability import stability_threshold, top_curvature
from numerics.deep_linear.stage_lengths import small_start_ratios, stage_ratios
from numerics.deep_linear.stages import bends, one_matrix_curves
from verify.checks import Certified, FiniteSize, Ladder, Precision, Property, Replicas, Trend
from verify.claim import Claim, Ordeal
from verify.references import deep_linear as reference
from verify.references import deep_linear_chain as of_chains
from verify.references import deep_linear_coordinates as in_modes
from verify.references import deep_linear_depth as of_depth
from verify.references import deep_linear_ends as of_ends
from verify.references import deep_linear_flow as flow_reference
from verify.references import deep_linear_stages as of_stages
from verify.references import deep_linear_starts as of_starts

SINGULAR_VALUES = (3.1, 2.3, 1.4, 0.9)
DEEP_SINGULAR_VALUES = (1.7, 1.2, 0.8)
LATE = tuple({"t": time, "s": "3.3", "a_0": "1e-5", "tau": "1.1"} for time in ("20", "150", "1000", "3333"))
CONVENTION = "Time counts presentations, tau = P / lambda; the loss is half the squared error summed over examples."
TRAINED = "Trained on examples by automatic differentiation: all entries of all matrices free, unequal widths."


def _balanced(depth: int, initial: tuple[float, ...]) -> np.ndarray:
    """Layer strengths that multiply to the initial mode strengths, equal in all layers."""
    return np.tile(np.asarray(initial) ** (1 / depth), (depth, 1))


CHAINS = ((7, 9, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6), (7, 5, 8, 6, 9, 6), (6, 9, 5, 7, 6, 8, 5), (5, 6, 9, 7, 5, 8, 6, 7))
WIDE_CHAINS = tuple(tuple(5 * width for width in chain) for chain in CHAINS)
STEPS = (0.02, 0.01, 0.005, 0.0025)
FULL_STEPS = (0.01, 0.005, 0.0025, 0.00125, 0.000625)

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
power_law = partial(
    rate_power_law, singular_values=DEEP_SINGULAR_VALUES, initial=0.06, tau=1.7,
    times=((0.6, 1.2, 1.8), (0.8, 1.6, 2.2), (0.6, 1.2, 1.8), (0.6, 1.2, 1.6), (0.6, 1.0, 1.4), (0.6, 0.8, 1.2)),
)  # fmt: skip
deep = partial(
    descent_times, singular_values=DEEP_SINGULAR_VALUES, tau=1.7, levels=tuple(np.arange(0.2, 0.91, 0.1)),
    strengths=tuple(_balanced(len(chain) - 1, (0.09, 0.06, 0.08)) for chain in CHAINS),
)  # fmt: skip
growing = partial(
    depth_scaled_times, singular_values=(2.3, 1.3), initial=(0.13, 0.21), levels=tuple(np.arange(0.3, 1.01, 0.1)),
)  # fmt: skip
depths = partial(
    first_update, singular_values=DEEP_SINGULAR_VALUES, initial=(0.4, 1.9, 0.55), tau=1.7,
    networks=tuple((6, *((5, 8, 4, 7) * 8)[: depth - 1], 9) for depth in (2, 4, 8, 16, 32)),
)  # fmt: skip
learning = partial(
    descent_times, singular_values=SINGULAR_VALUES, strengths=(_balanced(2, (0.02, 0.09, 0.15, 0.11)),), tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)  # fmt: skip
shallow = partial(
    one_matrix_curves, singular_values=SINGULAR_VALUES, initial=(0.21, 0.13, 0.34, 0.25), spread=0.3, tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)  # fmt: skip
bending = partial(bends, singular_values=SINGULAR_VALUES, initial=(0.21, 0.13, 0.17, 0.11), until=0.8)
AT_REST = tuple((6, *((5, 8, 4, 7) * 4)[: depth - 1], 9) for depth in (2, 3, 5, 8, 16))
WIDE_AT_REST = tuple(tuple(5 * width for width in widths) for widths in AT_REST)
curvature = partial(top_curvature, singular_values=(1.7, 1.1, 0.8), initial=(1.2, 0.9, 0.7), courant=0.5)
threshold = partial(stability_threshold, singular_values=(1.7, 0.8), initial=(1.2, 0.7), courant=0.5)
paced = partial(
    paced_times, singular_values=(2.3, 1.3), initial=(0.31, 0.37), levels=tuple(np.arange(0.45, 1.01, 0.05)),
)  # fmt: skip
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
UNEQUAL = ((3, 4, 2, 5, 3), (4, 3, 5, 2, 6, 3, 4))  # four matrices, and six that are multiplied to four factors
through = partial(chain_pass, networks=UNEQUAL)
SQUARE = ((5, 7, 5), (5, 6, 8, 5), (5, 5, 7, 6, 5), (5, 8, 6, 5, 7, 5))
WIDE_SQUARE = ((20, 28, 20), (20, 24, 32, 20), (20, 20, 28, 24, 20), (20, 32, 24, 20, 28, 20))
turning = partial(
    singular_value_rates, singular_values=(1.9, 1.5, 1.2, 0.9, 0.6), initial=(2.3, 1.7, 1.1, 0.8, 0.45), tau=1.7,
)  # fmt: skip
reversed_modes = partial(
    signed_curves, singular_values=(1.4, 1.1, 0.7), initial=(0.35, -0.5, -0.9), tau=1.7,
    times=tuple(np.arange(0, 3.85, 0.24)),
)  # fmt: skip
at_the_end = partial(
    remaining_loss, singular_values=(1.3, 1.2, 1.1, 0.9, 0.7), until=60.0, courant=0.8,
    networks=((5, 5, 7, 5), (5, 8, 6, 7, 5)),
)  # fmt: skip
STILL_DECAYING = "at the end of training, after 60 tau, the reversed mode still decays like a power of the time"
left_over = partial(
    Replicas, predict=of_starts.remaining_loss, replicas=8, bias=lambda formula, measured: 2e-4,
    bias_note=STILL_DECAYING,
)  # fmt: skip
from_one_direction = partial(
    modes_from_one_direction, widths=(3, 2, 4), singular_values=(2.3, 1.4, 0.8), strength=0.05, spread=0.3, examples=9,
    times=tuple(np.arange(0, 3.51, 0.5)),
)  # fmt: skip
three_modes = partial(
    rates_along_training, widths=(3, 2, 4), singular_values=(2.3, 1.4, 0.8), correlation=0, start=0.3, tau=1.7,
    times=tuple(1.7 * np.arange(0, 6.01, 0.25)),
)  # fmt: skip
# alike in outputs and variance, with other numbers of inputs; and Glorot's weights between unequal widths
ALIKE = (
    ((8, 6, 6, 6, 6), (1 / 6,) * 4),
    ((5, 11, 11, 11, 11), (1.3 / 11,) * 4),
    ((13, 17, 17, 17, 17), (0.7 / 17,) * 4),
)
GLOROT = tuple(
    (widths, tuple(2 / (a + b) for a, b in itertools.pairwise(widths)))
    for widths in ((9, 14, 6, 11, 5), (7, 5, 12, 8, 16))
)
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
LENGTH_MEANS = ("square", "logarithm", "squared logarithm")
directions = partial(amplified_directions, depths=(1, 2, 4), levels=tuple(np.arange(0.3, 1.61, 0.1)))
on_digits = partial(growth_with_depth, inputs=40, hidden=48, slowest=0.5, tolerance=0.01, longest=100)
on_digits_full = partial(growth_with_depth, inputs=50, hidden=80, slowest=0.5, tolerance=0.01, longest=400)
DEPTHS, SHALLOW_DEPTHS, FULL_DEPTHS, TRIED = (4, 8, 16, 32), (2, 4, 8), (4, 8, 16, 32, 64, 100), (0.35, 0.7, 1.4)
EIGENVALUES = (2.1, 1.6, 1.1, 0.5, 0.3)
components = partial(
    autoencoder_curves, initial=(0.02, 0.05, 0.11), tau=1.7, times=tuple(np.arange(0, 3.01, 0.12)),
)  # fmt: skip
after_pretraining = partial(
    learning_after_pretraining, singular_values=(2.3, 1.4, 0.8), tau=1.7, times=tuple(np.arange(0, 3.61, 0.24)),
)  # fmt: skip
coupled = partial(
    coupling_after_pretraining, widths=(5, 3, 4), eigenvalues=EIGENVALUES, singular_values=(2.3, 1.4, 0.8), allowed=0.1,
    updates=60, learning_rate=0.05, examples=24,
)  # fmt: skip
WIDE_EIGENVALUES = (*EIGENVALUES, *np.linspace(0.28, 0.02, 45))

CLAIMS = (
    Claim(
        statement=balancedness.STATEMENT,
        checks=(
            Precision(
                name="two layers in motion", reference=reference.layers_in_motion,
                parameters=balancedness.STATEMENT.parameters, count=5,
                against="two layer strengths that descend their loss, differentiated numerically",
            ),
            Ladder(
                name="imbalance in training", predict=reference.imbalance, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(drift, widths=(7, 9, 5), examples=24),
                full=partial(drift, widths=(40, 60, 30), examples=200),
                axis="time", quantity="imbalance", series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
            Ladder(
                name="unbalanced training", predict=reference.unbalanced_passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(passing, networks=((7, 9, 5),), examples=24),
                full=partial(passing, networks=((40, 60, 30),), examples=200),
                axis="fraction of s", quantity="time of passage", series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=mode_logistic.STATEMENT,
        checks=(
            Precision(
                name="two layers integrated", reference=reference.two_layers,
                parameters=mode_logistic.STATEMENT.parameters, count=3, constraint=reference.while_it_moves,
                points=({"t": "0.41", "s": "0.83", "a_0": "1.9", "tau": "1.3"},),
                against="the flow of both layer strengths integrated by Taylor series",
            ),
            Property(
                name="flow and start", sentence="tau da/dt = 2 a (s - a), and a starts at a_0",
                residual=reference.flow_residual, parameters=mode_logistic.STATEMENT.parameters,
            ),
            Ladder(
                name="trained network", predict=reference.input_output_map, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(curves, widths=(7, 9, 5), examples=24),
                full=partial(curves, widths=(60, 100, 40), examples=400),
                axis="time", quantity="strength", series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
            ),
            Precision(
                name="late times in floating point", digits=(20, 30), points=LATE,
                reference=lambda dps, point: point["s"],
                evaluate=lambda formula, dps, point: formula.numpy(**point).item(),
                against="the singular value, which the curve has reached",
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=depth_n_mode.STATEMENT,
        checks=(
            Precision(
                name="chain in motion", reference=reference.chain_in_motion,
                parameters=depth_n_mode.STATEMENT.parameters, count=8,
                against="a chain of equal weights that descends its loss, differentiated numerically",
            ),
            Ladder(
                name="rate against strength", predict=reference.power_law, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(power_law, networks=CHAINS, examples=24),
                full=partial(power_law, networks=WIDE_CHAINS, examples=100),
            ),
            Ladder(
                name="training at six depths", predict=reference.deep_passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(deep, networks=CHAINS, examples=24),
                full=partial(deep, networks=WIDE_CHAINS, examples=100),
                axis="fraction of s", quantity="time of passage",
                series=tuple(f"{len(chain)} layers, s = {s}" for chain in CHAINS for s in DEEP_SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED + " The layers are balanced at the start only.",
    ),
    Claim(
        statement=infinite_depth_time.STATEMENT,
        checks=(
            Precision(
                name="growing depth", reference=reference.growing_depth,
                parameters=infinite_depth_time.STATEMENT.parameters, count=3,
                against="the integrated rate at depths up to 16384, extrapolated in powers of 1 / N_l",
            ),
            Ladder(
                name="growing networks", predict=reference.deep_times, steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
                full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
                quick=partial(growing, widths=(4, 3, 5, 4, 3), courant=0.05, examples=9),
                full=partial(growing, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
                axis="final strength", quantity="N_l t / tau", series=("s = 2.3", "s = 1.3"),
            ),
        ),
        convention="Time is N_l t / tau, with tau fixed while the depth grows; the ladder's step is 1 / (N_l - 1).",
        independence="All matrices are free and follow Runge-Kutta steps along the automatic gradient of the loss.",
    ),
    Claim(
        statement=gradient_norm.STATEMENT,
        checks=(
            Precision(
                name="gradient of a chain", reference=of_depth.chain_gradient,
                parameters=gradient_norm.STATEMENT.parameters, count=8,
                against="the gradient of a chain of equal weights, differentiated numerically",
            ),
            Ladder(
                name="first update at five depths", predict=of_depth.first_update,
                steps=tuple(0.001 / 2**k for k in range(5)), full_steps=tuple(0.0005 / 2**k for k in range(5)),
                quick=partial(depths, examples=24), full=partial(depths, examples=200),
                axis="number of matrices", quantity="gradient norm, rates",
                series=("gradient norm", *(f"rate of the mode with s = {s}" for s in DEEP_SINGULAR_VALUES)),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED + " The first update of all weights is measured, in networks of 2 to 32 matrices.",
    ),
    Claim(
        statement=learning_time.STATEMENT,
        checks=(
            Precision(
                name="time of two layers in motion", reference=flow_reference.time_to_strength,
                parameters=learning_time.STATEMENT.parameters, count=2,
                against="the flow of both layer strengths, integrated until their product passes the final strength",
            ),
            Ladder(
                name="passages in training", predict=flow_reference.passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(learning, networks=((7, 9, 5),), examples=24),
                full=partial(learning, networks=((40, 60, 30),), examples=200),
                axis="fraction of s", quantity="time of passage", series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=shallow_has_no_stages.STATEMENT,
        checks=(
            Precision(
                name="one and two layers in motion", reference=flow_reference.one_and_two_layers,
                parameters=shallow_has_no_stages.STATEMENT.parameters, count=2,
                against="one weight integrated by Taylor series, and two until the second derivative vanishes",
            ),
            Ladder(
                name="one matrix trained", predict=flow_reference.shallow_curves, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(shallow, widths=(7, 5), examples=24),
                full=partial(shallow, widths=(60, 40), examples=400),
                axis="time", quantity="strength", series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
            ),
            Ladder(
                name="bend of two matrices trained", predict=flow_reference.inflections, steps=STEPS,
                quick=partial(bending, widths=(7, 9, 5), examples=24),
                full=partial(bending, widths=(60, 100, 40), examples=400),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED + " The network of one matrix starts at random, with its modes mixed.",
    ),
    Claim(
        statement=stable_learning_rate.STATEMENT,
        checks=(
            Precision(
                name="chain at rest", reference=of_depth.chain_at_rest,
                parameters=stable_learning_rate.STATEMENT.parameters, count=6,
                against="Hessian and update of a chain of equal weights, differentiated numerically",
            ),
            Replicas(
                name="Hessian of trained networks", predict=of_depth.top_curvature, replicas=3, full_replicas=5,
                quick=partial(curvature, networks=AT_REST, examples=24),
                full=partial(curvature, networks=WIDE_AT_REST, examples=100),
                axis="number of matrices", quantity="largest eigenvalue", series=("Hessian",),
            ),
            Ladder(
                name="descent pushed off its minimum", predict=of_depth.stability_threshold, order=2,
                steps=(0.004, 0.002, 0.001),
                quick=partial(threshold, networks=AT_REST[:3], examples=24),
                full=partial(threshold, networks=WIDE_AT_REST[:3], examples=100),
                axis="number of matrices", quantity="learning rate", series=("threshold",),
            ),
        ),
        convention="The learning rate multiplies the gradient of half the squared error summed over all examples; the "
        "step is the size of the push relative to the weights.",
        independence="The minimum is reached by training, the Hessian is exact and of all weights, and the threshold "
        "is found by trying learning rates.",
    ),
    Claim(
        statement=averaged_flow.STATEMENT,
        checks=(
            Precision(
                name="pass over examples", reference=flow_reference.pass_over_examples,
                parameters=averaged_flow.STATEMENT.parameters, count=2,
                against="the mean change over examples with these correlations, by numerical differentiation",
            ),
            Ladder(
                name="one pass of online training", predict=flow_reference.changes_in_one_pass,
                steps=(0.001, 0.0005, 0.00025, 0.000125), quick=partial(one_pass, examples=(11, 17, 24)),
                full=partial(one_pass, examples=(60, 110, 170)),
                full_steps=(0.0002, 0.0001, 0.00005, 0.000025),
            ),
        ),
        convention="Time counts presentations; the correlations are sums over the examples and tau = P / lambda.",
        independence="Examples are presented one after the other; automatic differentiation moves all weights.",
    ),
    Claim(
        statement=depth_independent_time.STATEMENT,
        checks=(
            Precision(
                name="growing depth", reference=of_depth.updates_at_growing_depth,
                parameters=depth_independent_time.STATEMENT.parameters, count=3,
                against="curvature times integrated rate at depths up to 16384, extrapolated in powers of 1 / N_l",
            ),
            Ladder(
                name="growing networks at their pace", predict=of_depth.paced_times,
                steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
                full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
                quick=partial(paced, widths=(4, 3, 5, 4, 3), courant=0.05, examples=9),
                full=partial(paced, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
                axis="final strength", quantity="updates", series=("s = 2.3", "s = 1.3"),
            ),
        ),
        convention="Time is counted in updates at the reciprocal of the largest curvature at the minimum, without "
        "their discreteness; the ladder's step is 1 / (N_l - 1).",
        independence="The curvature is measured on the Hessian of all weights, the time on Runge-Kutta steps along the "
        "automatic gradient of the loss.",
    ),
    Claim(
        statement=stage_ratio.STATEMENT,
        checks=(
            Ladder(
                name="stages of training", predict=of_stages.transition_over_ignorance, steps=STEPS,
                full_steps=FULL_STEPS, quick=partial(stages, networks=(*CHAINS[:2], CHAINS[3]), examples=24),
                full=partial(stages, networks=(*WIDE_CHAINS[:2], WIDE_CHAINS[3]), examples=100),
                axis="fraction delta", quantity="transition over ignorance",
                series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 5) for s in (2.3, 1.3)),
                picture=of_stages.stages,
            ),
            Ladder(
                name="ever smaller starts", predict=of_stages.limits,
                steps=tuple(0.08 * 2 ** (-k / 2) for k in range(5)),
                quick=partial(waiting, networks=((7, 6, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6)), examples=12),
                full=partial(waiting, networks=((35, 30, 25), (30, 40, 25, 35), (25, 35, 30, 40, 30)), examples=60),
                axis="fraction delta", quantity="ratio over its small parameter",
                series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 4) for s in (2.3, 1.3)),
            ),
            Precision(
                name="chains in motion", reference=of_stages.stage_ratios, digits=(15, 25),
                parameters=stage_ratio.STATEMENT.parameters, count=2,
                against="chains of equal weights integrated by Taylor series until they pass both fractions",
                evaluate=lambda formula, dps, point: formula.numpy(**point)[:2].tolist(),
            ),
            Precision(
                name="chains from small starts", reference=of_stages.stage_ratios_of_small_starts, digits=(12, 15),
                points=({"N_l": 4, "s": "1.7", "a_0": "0.03", "delta": "0.23"},),
                against="chains of equal weights that start ever smaller, extrapolated",
                evaluate=lambda formula, dps, point: formula.numpy(**point)[2:].tolist(),
            ),
        ),
        convention="Ignorance lasts until the strength is delta s, the transition until it is (1 - delta) s; the small "
        "parameter is 1 / log(s / a_0) for two matrices and (a_0 / s)^(1 - 2/d) for d, and the ladder's step.",
        independence=TRAINED + " The small starts follow adaptive Runge-Kutta steps along the automatic gradient.",
    ),
    Claim(
        statement=singular_coordinates.STATEMENT,
        checks=(
            Precision(
                name="rotated networks", reference=in_modes.entries_of_rotated_network,
                evaluate=in_modes.entries_in_coordinates,
                points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
                against="losses of networks with 2, 4 and 3 neurons, differentiated along their singular directions",
            ),
            rotated(
                name="passes along training", quick=partial(two_modes, widths=(2, 5, 3), correlation=0.6, examples=17),
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
        statement=deep_gradient.STATEMENT,
        checks=(
            Precision(
                name="equal widths", reference=of_chains.loss_differences, evaluate=of_chains.chain_steps,
                points=of_chains.chains((2, 2, 2, 2, 2), (3, 3, 3, 3, 3)),
                against="losses of networks with equal widths, differentiated numerically by every weight",
            ),
            Precision(
                name="unequal widths", reference=of_chains.loss_differences, evaluate=of_chains.chain_steps,
                points=of_chains.chains((3, 4, 2, 5, 3)),
                against="the loss of a network of widths 3, 4, 2, 5, 3, differentiated numerically by every weight",
            ),
            Ladder(
                name="one pass through deep networks", predict=of_chains.pass_through_chains,
                steps=(0.0005, 0.00025, 0.000125, 0.0000625), full_steps=(0.0001, 0.00005, 0.000025, 0.0000125),
                quick=partial(through, examples=24), full=partial(through, examples=240),
            ),
        ),
        convention="The loss of an example is half its squared error; the step of the learning rate multiplies the "
        "gradient summed over one pass, and the ladder's step is the learning rate.",
        independence="Examples are presented one after the other; automatic differentiation moves all weights of "
        "networks of four matrices and of six, whose neighbouring layers have unequal widths.",
    ),
    Claim(
        statement=determinant_obstruction.STATEMENT,
        checks=(
            Precision(
                name="two dimensions in motion", reference=of_starts.singular_value_in_motion,
                parameters=determinant_obstruction.STATEMENT.parameters, count=4, digits=(20, 30),
                against="balanced 2 x 2 matrices that descend their loss, and the nearest singular matrix",
            ),
            Ladder(
                name="rates of undecoupled networks", predict=of_starts.singular_value_rates,
                steps=tuple(0.001 / 2**k for k in range(5)), quick=partial(turning, networks=SQUARE, examples=24),
            ),
            Ladder(
                name="reversed modes in training", predict=of_starts.signed_curves, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(reversed_modes, networks=SQUARE[:3], examples=24),
                full=partial(reversed_modes, networks=WIDE_SQUARE, examples=100),
                axis="time", quantity="strength",
                series=("2 matrices, s = 1.4", "reversed, s = 1.1", "reversed, s = 0.7", "3 matrices, s = 1.4"),
            ),
            left_over(name="end of training", quick=partial(at_the_end, same_sign=False)),
        ),
        convention="Time counts presentations, tau = P / lambda; the loss is half the squared distance of the map from "
        "the correlation of whitened examples.",
        independence="All matrices are free, with unequal hidden widths. Random orthogonal starts follow Runge-Kutta "
        "steps, since plain descent unbalances the layers and crosses the determinant's zero after a while.",
        printed={
            "E13": Ordeal(
                fails=left_over(name="end of training", quick=partial(at_the_end, same_sign=False)),
                holds=left_over(name="starts of the right sign", quick=partial(at_the_end, same_sign=True)),
            )
        },
    ),
    Claim(
        statement=mode_competition.STATEMENT,
        checks=(
            Precision(
                name="down the energy", reference=in_modes.down_the_energy,
                parameters=mode_competition.STATEMENT.parameters, count=3,
                against="minus the gradient of the energy of the hidden vectors, differentiated numerically",
            ),
            Precision(
                name="rotated networks", reference=in_modes.rates_of_modes, evaluate=in_modes.modes_in_coordinates,
                points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
                against="losses of networks with 3, 2 and 4 neurons, differentiated along their singular directions",
            ),
            Ladder(
                name="passes along training", predict=in_modes.rates_of_hidden_vectors, steps=PASSES,
                quick=partial(three_modes, examples=13), full=partial(three_modes, examples=200),
                axis="time", quantity="rate", picture=in_modes.strengths_over_time,
                series=tuple(f"input mode {k} in hidden neuron {i}" for k in (1, 2) for i in (1, 2)),
            ),
            Trend(
                name="energy falls, directions part", replicas=300, curves=in_modes.shared_direction,
                quick=partial(from_one_direction, apart=False), control=partial(from_one_direction, apart=True),
            ),
        ),
        convention="Time counts presentations, tau = P / lambda; correlations are sums over the examples.",
        independence="Whole matrices are trained, from random starts, and projected onto the modes afterwards. In the "
        "control every mode is trained in a network of its own, so that nothing competes, and the weights are added.",
    ),
    Claim(
        statement=norm_preservation.STATEMENT,
        checks=(
            Certified(
                name="pairs of Gaussian numbers", reference=of_chains.by_recurrence,
                points=({"sigma_w": "1.3", "N": 7, "D": 5}, {"sigma_w": "0.7", "N": 14, "D": 3}),
                against="one or two Gaussian numbers to which pairs are added, added up over the matrices",
            ),
            Precision(
                name="average over shells", reference=of_chains.averaged_over_shells, count=2,
                parameters=norm_preservation.STATEMENT.parameters,
                against="quadrature over the length behind one matrix, added up over the matrices",
            ),
            Replicas(
                name="equal matrices", predict=of_chains.equal_layers, replicas=20_000, full_replicas=100_000,
                quick=partial(signal_lengths, networks=ALIKE), axis="number of matrices",
                quantity="mean over networks",
                series=(*(f"{name}, N = 6" for name in LENGTH_MEANS), "square, N = 11"),
            ),
            Replicas(
                name="Glorot's weights between unequal widths", predict=of_chains.signal_lengths, replicas=20_000,
                full_replicas=100_000, quick=partial(signal_lengths, networks=GLOROT), axis="number of matrices",
                quantity="mean over networks", series=(*LENGTH_MEANS, "square, other widths"),
            ),
        ),
        convention="The weights of a matrix have variance sigma_w^2 over the number of its outputs.",
        independence="One fixed signal is sent through sampled matrices of equal and of unequal widths; no law of its "
        "length is used.",
    ),
    Claim(
        statement=end_point.STATEMENT,
        checks=(
            Replicas(
                name="training to the end", predict=of_ends.end_points, replicas=3, full_replicas=5,
                bias=of_ends.unfinished, bias_note=FINISHED,
                quick=partial(ending, hidden=(1, 2, 3), mixed=False, **SMALL_ENDS),
                full=partial(ending, hidden=(1, 2, 3), mixed=False, **WIDE_ENDS),
                axis="hidden neurons", quantity="distance from Sigma31", series=("distance from Sigma31",),
                picture=of_ends.distances,
            ),
            Replicas(
                name="inputs of any correlation", predict=of_ends.mixed_end_points, replicas=3, full_replicas=5,
                bias=of_ends.unfinished, bias_note=FINISHED,
                quick=partial(ending, hidden=(1, 2, 3), mixed=True, **SMALL_ENDS),
                full=partial(ending, hidden=(1, 2, 3), mixed=True, **WIDE_ENDS),
            ),
            Replicas(
                name="Hessian at rest points", predict=of_ends.spectra, replicas=3, full_replicas=5,
                bias=of_ends.unfinished, bias_note=FINISHED,
                quick=partial(at_rest, **SMALL_ENDS), full=partial(at_rest, **MODEST_ENDS), style="stem",
                axis="eigenvalue number", quantity="eigenvalue",
                series=tuple(f"holds s = {held}" for held in ("1.7, 0.9", "2.6, 0.9", "2.6, 1.7", "0.9 alone")),
            ),
            Ladder(
                name="descent off a saddle", predict=of_ends.growth, steps=(0.04, *STEPS[:3]),
                quick=partial(escape, **SMALL_ENDS), full=partial(escape, **WIDE_ENDS),
                axis="time", quantity="logarithm of growth", picture=of_ends.run_off,
                series=tuple(f"s = 1.7 beside held s = {held}" for held in (0.9, 2.6)),
            ),
            Precision(
                name="networks of one and two neurons", reference=of_ends.curvatures,
                parameters=end_point.STATEMENT.parameters, count=3,
                against="Hessians of networks with one and two hidden neurons, by numerical differentiation",
                evaluate=lambda formula, dps, point: formula.mpmath(dps, **point)[2:],
            ),
            Precision(
                name="least squares through one neuron", reference=of_ends.least_squares,
                parameters=end_point.STATEMENT.parameters, count=3, constraint=of_ends.ranked,
                against="alternating least squares between inputs and outputs of one hidden neuron",
                evaluate=lambda formula, dps, point: formula.mpmath(dps, **point)[:2],
            ),
        ),
        convention=CONVENTION + " Curvatures are of that loss; rates are per tau.",
        independence="All weights are free and start at random; rest points are reached by training on data without "
        "some modes, and their Hessian is exact and of all weights.",
        printed={
            "E6": Ordeal(
                fails=Replicas(
                    name="fewer neurons than modes", predict=of_ends.end_points, replicas=3,
                    bias=of_ends.unfinished, bias_note=FINISHED,
                    quick=partial(ending, hidden=(1, 2), mixed=False, **SMALL_ENDS),
                ),
                holds=Replicas(
                    name="a neuron for every mode, whitened inputs", predict=of_ends.end_points, replicas=3,
                    bias=of_ends.unfinished, bias_note=FINISHED,
                    quick=partial(ending, hidden=(3, 4), mixed=False, **WHITENED_ENDS),
                ),
            )
        },
    ),
    Claim(
        statement=amplified_fraction.STATEMENT,
        checks=(
            Precision(
                name="moment series in the complex plane", reference=of_chains.moment_series, count=3,
                parameters=amplified_fraction.STATEMENT.parameters, constraint=of_chains.inside_the_spectrum,
                against="the moment series, followed along a detour around the spectrum and integrated",
            ),
            FiniteSize(
                name="sampled products", predict=of_chains.amplified,
                quick=directions, sizes=((16, 2500), (24, 1500), (36, 800), (54, 400)),
                full_sizes=((40, 4000), (60, 2000), (90, 1000), (140, 400)),
                axis="singular value", quantity="fraction above it",
                series=("1 matrix", "2 matrices", "4 matrices"),
            ),
        ),
        convention="The matrices are square and their entries have variance 1 / N; F counts singular values, not "
        "their squares.",
        independence="Matrices are sampled and multiplied, and their singular values are counted; no law of spectra is "
        "used.",
    ),
    Claim(
        statement=orthogonal_initialization.STATEMENT,
        checks=(
            Trend(
                name="decoupled starts of one strength", replicas=5, on_data=True,
                quick=partial(on_digits, start="decoupled", strength=0.5, depths=DEPTHS, rates=(0.2,)),
                control=partial(on_digits, start="decoupled", strength=1.0, gain=0.9, depths=DEPTHS, rates=(0.2,)),
                full=partial(on_digits_full, start="decoupled", strength=0.5, depths=FULL_DEPTHS, rates=(0.1,)),
                curves=of_starts.epochs_over_depth("decoupled"),
            ),
            Trend(
                name="fastest learning rates", replicas=12, on_data=True,
                quick=partial(
                    on_digits, start="orthogonal", depths=DEPTHS, rates=TRIED, beside=("glorot", SHALLOW_DEPTHS)
                ),
                control=partial(on_digits, start="gaussian", depths=SHALLOW_DEPTHS, rates=TRIED),
                full=partial(
                    on_digits_full, start="orthogonal", depths=FULL_DEPTHS, rates=TRIED,
                    beside=("glorot", (2, 4, 8, 16)),
                ),
                full_control=partial(on_digits_full, start="gaussian", depths=(2, 4, 8, 16), rates=TRIED),
                curves=of_starts.epochs_over_depth("orthogonal"),
            ),
            Trend(
                name="learning rates like one over depth", replicas=10, on_data=True,
                quick=partial(on_digits, start="orthogonal", depths=DEPTHS, rates=(0.3,)),
                control=partial(on_digits, start="orthogonal", depths=DEPTHS, rates=(0.1,), one_rate=True),
                full=partial(on_digits_full, start="orthogonal", depths=FULL_DEPTHS, rates=(0.3,)),
                curves=of_starts.epochs_over_depth("orthogonal"),
            ),
            Trend(
                name="Glorot between equal widths", replicas=10,
                quick=partial(norm_of_images, widths=(100, 100, 100), allowed=0.2),
                control=partial(norm_of_images, widths=(100, 50), allowed=0.2),
            ),
        ),
        convention="An epoch is one update on all digits; epochs count until 1 % of the squared error is left that the "
        "best map does not have, and the learning rate is that of half the squared error.",
        independence="Real digits; all matrices are free and trained by automatic differentiation. The line beside "
        "decoupled starts is the flow of their modes, without the discreteness of epochs.",
    ),
    Claim(
        statement=greedy_pretraining.STATEMENT,
        checks=(
            Precision(
                name="autoencoder and layers in motion", reference=of_starts.pretraining_in_motion,
                parameters=greedy_pretraining.STATEMENT.parameters, count=3, digits=(15, 25),
                against="two weights integrated by Taylor series, and two layers that descend their loss",
            ),
            Ladder(
                name="autoencoder trained", predict=of_starts.autoencoder_curves, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(components, widths=(5, 3), eigenvalues=EIGENVALUES, examples=24),
                full=partial(components, widths=(50, 3), eigenvalues=WIDE_EIGENVALUES, examples=200),
                axis="time", quantity="strength",
                series=tuple(f"component of eigenvalue {value}" for value in EIGENVALUES[:3]),
            ),
            Ladder(
                name="learning after pretraining", predict=of_starts.learning_after_pretraining, steps=STEPS,
                quick=partial(after_pretraining, widths=(5, 3, 4), eigenvalues=EIGENVALUES, examples=24),
                full=partial(after_pretraining, widths=(50, 3, 20), eigenvalues=WIDE_EIGENVALUES, examples=200),
                full_steps=FULL_STEPS, axis="time", quantity="strength",
                series=tuple(f"mode with s = {s}" for s in (2.3, 1.4, 0.8)),
            ),
            Trend(
                name="shared input modes decouple", replicas=4, quick=partial(coupled, aligned=True),
                control=partial(coupled, aligned=False),
            ),
        ),
        convention=CONVENTION,
        independence="The autoencoder starts at small random weights before the outputs are learned; all weights are "
        "free and trained by automatic differentiation, with unequal widths.",
    ),
)  # fmt: skip
