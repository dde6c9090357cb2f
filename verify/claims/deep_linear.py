"""Deep linear networks: how the modes of the input-output map are learned."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.deep_linear import balancedness, depth_n_mode, infinite_depth_time, mode_logistic
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.learning_curves import imbalance, input_output_map
from numerics.deep_linear.passage_times import descent_times, rate_power_law
from verify.checks import Ladder, Precision, Property
from verify.claim import Claim
from verify.references import deep_linear as reference

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
)  # fmt: skip
