"""Deep networks of four kinds trained on digits: which learns fastest, and how updates and best step change with depth.

No formula enters, so each trend has a control that must not show it: three layers, where all kinds learn; Gaussian
weights, whose updates grow faster than depth from about a quarter of the width on; and networks whose last matrix alone
learns, whose best step has nothing to do with depth. Kinds are compared at the best of
the same learning rates. The full profile has 30 to 64 layers of 64 neurons on a processor, and 300 of 500 on a GPU.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.jacobian_spectrum import learning_speed
from numerics.jacobian_spectrum.learning import (
    Kind,
    Training,
    by_device,
    falling_rate,
    lead_in_loss,
    sublinear_time,
)
from numerics.measurement import Measurement
from verify.checks import Trend
from verify.checks.simulation import standard_errors
from verify.claim import Claim
from verify.evidence import Curve
from verify.references.wide_jacobians import ROOT_2, TRAINED

ORTHOGONAL, GAUSSIAN = (Kind(activation="tanh", orthogonal=choice, gain=1.05) for choice in (True, False))
RECTIFIED = tuple(Kind(activation="relu", orthogonal=choice, gain=ROOT_2) for choice in (True, False))
PAIRS = tuple((ORTHOGONAL, other) for other in (GAUSSIAN, *RECTIFIED))
SMALL, MEDIUM = Training(width=32, batch=16, updates=60), Training(width=64, batch=32, updates=100)
LONG = Training(width=64, batch=32, updates=400)  # Gaussian networks of 64 layers take 120
LARGE = Training(width=500, batch=128, updates=300)  # on a GPU: minutes there, days on a processor


def power_law(measured: Measurement, name: str, exponent: float, error: float, **axes: str) -> tuple[Curve, ...]:
    """What was measured at several depths, and the power law of the fitted exponent through its middle."""
    depths, found = (np.asarray(measured.given[key], dtype=float) for key in ("depths", name))
    away = np.log(depths) - np.mean(np.log(depths))
    line = np.exp(np.mean(np.log(found)) + exponent * away)
    return (
        Curve(
            label=f"power law of the fitted exponent {exponent:.2f}, standard error {error:.2f}",
            axis=tuple(depths.tolist()),
            theory=tuple(line.tolist()),
            measured=tuple(found.tolist()),
            error=tuple(np.asarray(measured.given[f"{name}_error"], dtype=float).tolist()),
            **axes,
        ),
    )


def updates_over_depth(measured: Measurement) -> tuple[Curve, ...]:
    """Updates over depth; the fitted exponent in words."""
    exponent, error = 1 - float(measured.values[0]), float(standard_errors(measured, "updates over depth")[0])
    axes = {"axis_label": "number of layers L", "value_label": "number of updates to the loss"}
    return power_law(measured, "updates", exponent, error, **axes)


def rates_over_depth(measured: Measurement) -> tuple[Curve, ...]:
    """Best learning rates over the number of matrices; the fitted exponent in words."""
    exponent, error = -0.5 - float(measured.values[0]), float(standard_errors(measured, "best rate over depth")[0])
    return power_law(
        measured, "rate", exponent, error, axis_label="number of matrices", value_label="best learning rate"
    )


lead = partial(lead_in_loss, pairs=PAIRS, constants=(1.0, 2.0))
time = partial(sublinear_time, constant=1.0, level=1.2)
step = partial(falling_rate, kind=ORTHOGONAL, rates=[2.0**k for k in range(-6, 1)])
step_of_last = partial(falling_rate, kind=ORTHOGONAL, rates=[2.0**k for k in range(-2, 7)], last_only=True)

CLAIM = Claim(
    statement=learning_speed.STATEMENT,
    checks=(
        Trend(
            name="orthogonal tanh against the others",
            coarse=TRAINED,
            shared=dict.fromkeys((2, 3), "rectified networks of three layers are behind as well, if by less"),
            replicas=16,
            on_data=True,
            quick=partial(lead, training=SMALL, layers=16),
            control=partial(lead, training=SMALL, layers=3),
            full=partial(
                by_device,
                processor=partial(lead, training=MEDIUM, layers=30),
                gpu=partial(lead, training=LARGE, layers=300),
            ),
            full_control=partial(
                by_device,
                processor=partial(lead, training=MEDIUM, layers=3),
                gpu=partial(lead, training=LARGE, layers=3),
            ),
        ),
        Trend(
            name="updates over depth",
            curves=updates_over_depth,
            coarse=TRAINED,
            replicas=16,
            on_data=True,
            quick=partial(time, training=SMALL, kind=ORTHOGONAL, depths=(4, 12)),
            control=partial(time, training=SMALL, kind=GAUSSIAN, depths=(6, 16)),  # few layers show a little of it
            full=partial(
                by_device,
                processor=partial(time, training=LONG, kind=ORTHOGONAL, depths=(16, 32, 64)),
                gpu=partial(time, training=LARGE, kind=ORTHOGONAL, depths=(10, 30, 100, 300)),
            ),
            full_control=partial(
                by_device,
                processor=partial(time, training=LONG, kind=GAUSSIAN, depths=(16, 32, 64)),
                gpu=partial(time, training=LARGE, kind=GAUSSIAN, depths=(10, 30, 100, 300)),
            ),
        ),
        Trend(
            name="best rate over depth",
            curves=rates_over_depth,
            coarse=TRAINED,
            replicas=28,
            on_data=True,
            quick=partial(step, training=SMALL, depths=(3, 12)),
            control=partial(step_of_last, training=SMALL, depths=(3, 12)),
            full=partial(
                by_device,
                processor=partial(step, training=MEDIUM, depths=(8, 30)),
                gpu=partial(step, training=LARGE, depths=(10, 30, 100, 300), rates=[2.0**k for k in range(-10, 1)]),
            ),
            full_control=partial(
                by_device,
                processor=partial(step_of_last, training=MEDIUM, depths=(8, 30)),
                gpu=partial(step_of_last, training=LARGE, depths=(10, 30, 100, 300)),
            ),
        ),
    ),
    convention="Depth counts hidden weight matrices between the first and the last; the loss is that of the last 8 "
    "minibatches, before the network learns from them.",
    independence="Real digits; networks descend gradients by the chain rule, which a test compares with automatic "
    "differentiation, and nothing is fitted to a spectrum.",
)
