"""Deep linear networks: how the modes of the input-output map are learned."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.deep_linear import (
    averaged_flow,
    balancedness,
    depth_independent_time,
    depth_n_mode,
    gradient_norm,
    infinite_depth_time,
    learning_time,
    mode_logistic,
    shallow_has_no_stages,
    stable_learning_rate,
)
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.first_update import first_update
from numerics.deep_linear.learning_curves import imbalance, input_output_map
from numerics.deep_linear.online import one_pass
from numerics.deep_linear.paced_learning import paced_times
from numerics.deep_linear.passage_times import descent_times, rate_power_law
from numerics.deep_linear.stability import stability_threshold, top_curvature
from numerics.deep_linear.stages import bends, one_matrix_curves
from verify.checks import Ladder, Precision, Property, Replicas
from verify.claim import Claim
from verify.references import deep_linear as reference
from verify.references import deep_linear_depth as of_depth
from verify.references import deep_linear_flow as flow_reference

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
)  # fmt: skip
