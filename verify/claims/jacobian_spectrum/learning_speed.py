"""Deep networks of four kinds trained on digits: which learns fastest, and how the updates grow with depth.

No formula enters, so each trend has a control that must not show it: three layers, where all kinds learn, and Gaussian
weights, whose updates grow faster than depth from about a quarter of the width on. Kinds are compared at the best of
the same learning rates. The full profile has 30 to 64 layers of 64 neurons on a processor, and 300 of 500 on a GPU.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.jacobian_spectrum import learning_speed
from numerics.jacobian_spectrum.learning import Kind, Training, by_device, lead_in_loss, sublinear_time
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


def fitted(measured: Measurement) -> tuple[Curve, ...]:
    """Updates over depth, and the power law with the fitted exponent through their middle; the exponent in words."""
    depths, updates = (np.asarray(measured.given[name], dtype=float) for name in ("depths", "updates"))
    exponent, error = 1 - float(measured.values[0]), float(standard_errors(measured, "updates over depth")[0])
    away = np.log(depths) - np.mean(np.log(depths))
    line = np.exp(np.mean(np.log(updates)) + exponent * away)
    return (
        Curve(
            label=f"power law of the fitted exponent {exponent:.2f}, standard error {error:.2f}",
            axis_label="number of layers L",
            value_label="number of updates to the loss",
            axis=tuple(depths.tolist()),
            theory=tuple(line.tolist()),
            measured=tuple(updates.tolist()),
            error=tuple(np.asarray(measured.given["updates_error"], dtype=float).tolist()),
        ),
    )


lead = partial(lead_in_loss, pairs=PAIRS, constants=(1.0, 2.0))
time = partial(sublinear_time, constant=1.0, level=1.2)

CLAIM = Claim(
    statement=learning_speed.STATEMENT,
    checks=(
        Trend(
            name="orthogonal tanh against the others",
            coarse=TRAINED,
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
            curves=fitted,
            coarse=TRAINED,
            replicas=16,
            on_data=True,
            quick=partial(time, training=SMALL, kind=ORTHOGONAL, depths=(4, 12)),
            control=partial(time, training=SMALL, kind=GAUSSIAN, depths=(4, 12)),
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
    ),
    convention="Depth counts hidden weight matrices between the first and the last; the loss is that of the last 8 "
    "minibatches, before the network learns from them.",
    independence="Real digits; networks are trained by automatic differentiation, and nothing is fitted to a spectrum.",
)
