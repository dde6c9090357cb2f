"""Networks of any depth: gradient, learning rate of a mode, steps that are stable, time."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.deep_linear import (
    deep_gradient,
    depth_independent_time,
    depth_n_mode,
    gradient_norm,
    infinite_depth_time,
    stable_learning_rate,
)
from numerics.deep_linear.chain_pass import chain_pass
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.first_update import first_update
from numerics.deep_linear.paced_learning import paced_times
from numerics.deep_linear.passage_times import descent_times, rate_power_law
from numerics.deep_linear.stability import stability_threshold, top_curvature
from verify.checks import Ladder, Precision, Replicas
from verify.claim import Claim
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
from verify.references import deep_linear_chain as of_chains
from verify.references import deep_linear_depth as of_depth

DEEP_SINGULAR_VALUES = (1.7, 1.2, 0.8)

power_law = partial(
    rate_power_law, singular_values=DEEP_SINGULAR_VALUES, initial=0.06, tau=1.7,
    times=((0.6, 1.2, 1.8), (0.8, 1.6, 2.2), (0.6, 1.2, 1.8), (0.6, 1.2, 1.6), (0.6, 1.0, 1.4), (0.6, 0.8, 1.2)),
)  # fmt: skip

deep = partial(
    descent_times, singular_values=DEEP_SINGULAR_VALUES, tau=1.7, levels=tuple(np.arange(0.2, 0.91, 0.1)),
    strengths=tuple(balanced(len(chain) - 1, (0.09, 0.06, 0.08)) for chain in CHAINS),
)  # fmt: skip

growing = partial(
    depth_scaled_times, singular_values=(2.3, 1.3), initial=(0.13, 0.21), levels=tuple(np.arange(0.3, 1.01, 0.1)),
)  # fmt: skip

depths = partial(
    first_update, singular_values=DEEP_SINGULAR_VALUES, initial=(0.4, 1.9, 0.55), tau=1.7,
    networks=tuple((6, *((5, 8, 4, 7) * 8)[: depth - 1], 9) for depth in (2, 4, 8, 16, 32)),
)  # fmt: skip

AT_REST = tuple((6, *((5, 8, 4, 7) * 4)[: depth - 1], 9) for depth in (2, 3, 5, 8, 16))

WIDE_AT_REST = tuple(tuple(5 * width for width in widths) for widths in AT_REST)

curvature = partial(top_curvature, singular_values=(1.7, 1.1, 0.8), initial=(1.2, 0.9, 0.7), courant=0.5)

threshold = partial(stability_threshold, singular_values=(1.7, 0.8), initial=(1.2, 0.7), courant=0.5)

paced = partial(
    paced_times, singular_values=(2.3, 1.3), initial=(0.31, 0.37), levels=tuple(np.arange(0.45, 1.01, 0.05)),
)  # fmt: skip

UNEQUAL = ((3, 4, 2, 5, 3), (4, 3, 5, 2, 6, 3, 4))  # four matrices, and six that are multiplied to four factors

through = partial(chain_pass, networks=UNEQUAL)


CLAIMS = (
    Claim(
        statement=depth_n_mode.STATEMENT,
        checks=(
            Precision(
                name="chain in motion",
                reference=reference.chain_in_motion,
                parameters=depth_n_mode.STATEMENT.parameters,
                count=8,
                against="a chain of equal weights that descends its loss, differentiated numerically",
            ),
            Ladder(
                name="rate against strength",
                predict=reference.power_law,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(power_law, networks=CHAINS, examples=24),
                full=partial(power_law, networks=WIDE_CHAINS, examples=100),
            ),
            Ladder(
                name="training at six depths",
                predict=reference.deep_passages,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(deep, networks=CHAINS, examples=24),
                full=partial(deep, networks=WIDE_CHAINS, examples=100),
                axis="fraction of s",
                quantity="time of passage",
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
                name="growing depth",
                reference=reference.growing_depth,
                parameters=infinite_depth_time.STATEMENT.parameters,
                count=3,
                digits=(16, 26),
                against="the integrated rate at depths up to 2048, extrapolated in powers of 1 / N_l",
            ),
            Ladder(
                name="growing networks",
                predict=reference.deep_times,
                steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
                full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
                quick=partial(growing, widths=(4, 3, 5, 4, 3), courant=0.07, examples=9),
                full=partial(growing, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
                axis="final strength",
                quantity="N_l t / tau",
                series=("s = 2.3", "s = 1.3"),
            ),
        ),
        convention="Time is N_l t / tau, with tau fixed while the depth grows; the ladder's step is 1 / (N_l - 1).",
        independence="All matrices are free and follow Runge-Kutta steps along the gradient of the loss.",
    ),
    Claim(
        statement=gradient_norm.STATEMENT,
        checks=(
            Precision(
                name="gradient of a chain",
                reference=of_depth.chain_gradient,
                parameters=gradient_norm.STATEMENT.parameters,
                count=8,
                against="the gradient of a chain of equal weights, differentiated numerically",
            ),
            Ladder(
                name="first update at five depths",
                predict=of_depth.first_update,
                steps=tuple(0.001 / 2**k for k in range(5)),
                full_steps=tuple(0.0005 / 2**k for k in range(5)),
                quick=partial(depths, examples=24),
                full=partial(depths, examples=200),
                axis="number of matrices",
                quantity="gradient norm, rates",
                series=("gradient norm", *(f"rate of the mode with s = {s}" for s in DEEP_SINGULAR_VALUES)),
            ),
        ),
        convention=CONVENTION,
        independence=ON_EXAMPLES + " The first update of all weights is measured, in networks of 2 to 32 matrices.",
    ),
    Claim(
        statement=stable_learning_rate.STATEMENT,
        checks=(
            Precision(
                name="chain at rest",
                reference=of_depth.chain_at_rest,
                parameters=stable_learning_rate.STATEMENT.parameters,
                count=6,
                against="Hessian and update of a chain of equal weights, differentiated numerically",
            ),
            Replicas(
                name="Hessian of trained networks",
                predict=of_depth.top_curvature,
                replicas=3,
                full_replicas=5,
                quick=partial(curvature, networks=AT_REST, examples=24),
                full=partial(curvature, networks=WIDE_AT_REST, examples=100),
                axis="number of matrices",
                quantity="largest eigenvalue",
                series=("Hessian",),
            ),
            Ladder(
                name="descent pushed off its minimum",
                predict=of_depth.stability_threshold,
                order=2,
                steps=(0.004, 0.002, 0.001),
                quick=partial(threshold, networks=AT_REST[:3], examples=24),
                full=partial(threshold, networks=WIDE_AT_REST[:3], examples=100),
                axis="number of matrices",
                quantity="learning rate",
                series=("threshold",),
            ),
        ),
        convention="The learning rate multiplies the gradient of half the squared error summed over all examples; the "
        "step is the size of the push relative to the weights.",
        independence="The minimum is reached by training, the Hessian is exact and of all weights, and the threshold "
        "is found by trying learning rates.",
    ),
    Claim(
        statement=depth_independent_time.STATEMENT,
        checks=(
            Precision(
                name="growing depth",
                reference=of_depth.updates_at_growing_depth,
                parameters=depth_independent_time.STATEMENT.parameters,
                count=3,
                digits=(16, 26),
                against="curvature times integrated rate at depths up to 2048, extrapolated in powers of 1 / N_l",
            ),
            Ladder(
                name="growing networks at their pace",
                predict=of_depth.paced_times,
                steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
                full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
                quick=partial(paced, widths=(4, 3, 5, 4, 3), courant=0.08, examples=9),
                full=partial(paced, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
                axis="final strength",
                quantity="updates",
                series=("s = 2.3", "s = 1.3"),
            ),
        ),
        convention="Time is counted in updates at the reciprocal of the largest curvature at the minimum, without "
        "their discreteness; the ladder's step is 1 / (N_l - 1).",
        independence="The curvature is measured on the Hessian of all weights, the time on Runge-Kutta steps along the "
        "gradient of the loss.",
    ),
    Claim(
        statement=deep_gradient.STATEMENT,
        checks=(
            Precision(
                name="equal widths",
                reference=of_chains.loss_differences,
                evaluate=of_chains.chain_steps,
                points=of_chains.chains((2, 2, 2, 2, 2), (3, 3, 3, 3, 3)),
                against="losses of networks with equal widths, differentiated numerically by every weight",
            ),
            Precision(
                name="unequal widths",
                reference=of_chains.loss_differences,
                evaluate=of_chains.chain_steps,
                points=of_chains.chains((3, 4, 2, 5, 3)),
                against="the loss of a network of widths 3, 4, 2, 5, 3, differentiated numerically by every weight",
            ),
            Ladder(
                name="one pass through deep networks",
                predict=of_chains.pass_through_chains,
                steps=(0.0005, 0.00025, 0.000125, 0.0000625),
                full_steps=(0.0001, 0.00005, 0.000025, 0.0000125),
                quick=partial(through, examples=24),
                full=partial(through, examples=240),
            ),
        ),
        convention="The loss of an example is half its squared error; the step of the learning rate multiplies the "
        "gradient summed over one pass, and the ladder's step is the learning rate.",
        independence="Examples are presented one after the other; automatic differentiation moves all weights of "
        "networks of four matrices and of six, whose neighbouring layers have unequal widths.",
    ),
)
