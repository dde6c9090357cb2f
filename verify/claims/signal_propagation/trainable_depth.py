"""Deep networks learn at the phase boundary.

Deep tanh networks of several sigma_w are trained side by side on real digits, from the same weights but for sigma_w and
on the same minibatches; what is compared is their training accuracy, and the depth at which training fails after few
and after many updates. Shallow networks, and equal numbers of updates, are the controls that must not show it. No
formula enters a verdict; the published line stands in the figure only.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.activations import TANH
from derivations.signal_propagation import trainable_depth
from numerics.measurement import Measurement
from numerics.signal_propagation.deep_training import Training, accuracy_by_weight_scale, trained_depths
from verify.checks import Trend
from verify.claim import Claim
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Curve
from verify.references.mean_field import BIAS, CRITICAL, networks

SMALL, WIDER = (
    Training(width=32, sigma_b=BIAS),
    Training(width=64, sigma_b=BIAS, batch=128, rate=0.02),
)

FIVE, FULL_FIVE = (0.8, 1.03, CRITICAL, 1.68, 2.5), (0.8, 1.08, CRITICAL, 1.68, 2.5)
COARSE = (
    "Each replica is a real training, whose accuracy differs between starts by as much as between values of sigma_w; "
    "half of this resolution costs four times the training."
)
limits = partial(trained_depths, training=SMALL, level=0.35)


def _curve(label: str, value: str, sigma_w: np.ndarray, theory: np.ndarray, measured: Any, error: Any) -> Curve:
    return Curve(
        label=label,
        axis_label="standard deviation sigma_w of the weights over its critical value",
        value_label=value,
        axis=tuple(map(float, sigma_w / CRITICAL)),
        theory=tuple(map(float, theory)),
        measured=tuple(map(float, measured)),
        error=tuple(map(float, error)),
    )


def accuracy_over_weight(measured: Measurement) -> tuple[Curve, ...]:
    """Training accuracy of networks of each depth; there is no theory of it."""
    g: Any = measured.given
    nothing = np.full(len(g["sigma_w"]), np.nan)
    return tuple(
        _curve(f"{int(depth)} matrices", "training accuracy", g["sigma_w"], nothing, accuracy, deviation)
        for depth, accuracy, deviation in zip(g["depths"], g["accuracy"], g["deviation"], strict=True)
    )


def failing_depth(measured: Measurement) -> tuple[Curve, ...]:
    """The depth at which training fails, beside the published 6 xi_c."""
    from numerics.solvers.fixed_correlation import fixed_correlation

    g: Any = measured.given
    sort = networks(*g["sigma_w"])
    depth = np.array([6 * fixed_correlation(nonlinearity(TANH), q, w).depth for w, _, q in sort])
    return tuple(
        _curve(
            f"after {int(updates)} updates; line: 6 xi_c",
            "depth at which training fails (matrices)",
            g["sigma_w"],
            depth,
            *row,
        )
        for updates, *row in zip(g["budgets"], g["limit"], g["deviation"], strict=True)
    )


CLAIM = Claim(
    statement=trainable_depth.STATEMENT,
    checks=(
        Trend(
            name="ridge at the critical sigma_w",
            replicas=24,
            full_replicas=18,
            on_data=True,
            quick=partial(accuracy_by_weight_scale, training=SMALL, sigma_w=FIVE, depths=(20, 4), updates=45),
            control=partial(accuracy_by_weight_scale, training=SMALL, sigma_w=FIVE, depths=(3,), updates=45),
            full=partial(accuracy_by_weight_scale, training=WIDER, sigma_w=FULL_FIVE, depths=(40, 10), updates=250),
            full_control=partial(accuracy_by_weight_scale, training=WIDER, sigma_w=FULL_FIVE, depths=(3,), updates=250),
            shared={1: "weights far too small cost three matrices accuracy as well"}
            | dict.fromkeys((3, 4), "weights that are too large do so as well, and more than those that are too small"),
            curves=accuracy_over_weight,
            coarse=COARSE,
        ),
        Trend(
            name="depth at which training fails, over the updates",
            replicas=18,
            full_replicas=12,
            on_data=True,
            quick=partial(limits, sigma_w=(0.8, 2.1), depths=(2, 6, 12), budgets=(24, 96)),
            control=partial(limits, sigma_w=(0.8, 2.1), depths=(2, 6, 12), budgets=(24, 24)),
            full=partial(limits, sigma_w=(0.8, 0.9, 2.0, 2.4), depths=(2, 4, 8, 14), budgets=(30, 120)),
            full_control=partial(limits, sigma_w=(0.8, 0.9, 2.0, 2.4), depths=(2, 4, 8, 14), budgets=(30, 30)),
            curves=failing_depth,
            coarse=COARSE,
        ),
    ),
    convention="Depth counts weight matrices; accuracy is that on the last 8 minibatches, before the network "
    "learns from them; training fails where it falls below 0.35.",
    independence="Real digits; deep networks of all sigma_w descend side by side, on gradients by the chain rule, "
    "which a test compares with automatic differentiation. The line 6 xi_c in the figure is the published one and "
    "enters no verdict.",
)
