"""Minima of small tanh networks on digits, looked at as critical points of a larger network.

Within the smaller networks, the control, no curvature is negative.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.error_landscape import embedded_critical_points
from numerics.error_landscape.network_points import embedded_points
from numerics.measurement import Measurement
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.error_landscape import AN_ORDER
from verify.evidence import Curve

SMALL: dict[str, Any] = {"components": 4, "hidden": 3, "live": (1, 2, 3), "examples": 48, "decay": 0.02, "steps": 500}
LARGE: dict[str, Any] = {
    "components": 8,
    "hidden": 6,
    "live": (1, 2, 3, 4, 5, 6),
    "examples": 400,
    "decay": 0.01,
    "steps": 1000,
}


def ladder(measured: Measurement) -> tuple[Curve, ...]:
    """Loss against the number of negative curvatures."""
    index, loss = (tuple(map(float, np.asarray(measured.given[k]))) for k in ("index", "loss"))
    nothing = (float("nan"),) * len(index)
    return (
        Curve(
            label="critical points",
            axis_label="number of negative curvatures",
            value_label="loss L",
            axis=index[::-1],
            theory=nothing,
            measured=loss[::-1],
            error=(0.0,) * len(index),
        ),
    )


CLAIM = Claim(
    statement=embedded_critical_points.STATEMENT,
    checks=(
        Trend(
            name="live neurons",
            coarse=AN_ORDER,
            on_data=True,
            replicas=10,
            full_replicas=12,
            quick=partial(embedded_points, whole=True, **SMALL),
            control=partial(embedded_points, whole=False, **SMALL),
            full=partial(embedded_points, whole=True, **LARGE),
            full_control=partial(embedded_points, whole=False, **LARGE),
            shared={1: "the same points have the same losses"},
            curves=ladder,
        ),
    ),
    convention="Mean cross-entropy plus half the weight decay times the squared weights; the index is that of the "
    "Hessian of this sum by all weights.",
    independence="Real digits; minima are reached by training, and curvatures are eigenvalues of the Hessian of the "
    "whole "
    "network.",
)
