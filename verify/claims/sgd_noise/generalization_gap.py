"""Networks of three widths on digits that they were trained on, and on as many others."""

from __future__ import annotations

import functools

import numpy as np

from derivations.sgd_noise import generalization_gap
from numerics.measurement import Measurement
from numerics.sgd_noise.schedules import gap_by_width
from verify.checks import Trend
from verify.claim import Claim
from verify.evidence import Curve


def errors_by_width(measured: Measurement) -> tuple[Curve, ...]:
    """Errors on the digits of the training and on others, over the width."""
    given = measured.given
    widths, error, seen, deviation = (np.asarray(given[name]) for name in ("widths", "error", "seen", "deviation"))
    return tuple(
        Curve(
            label=label,
            axis_label="number of hidden neurons",
            value_label="probability given to wrong labels",
            axis=tuple(map(float, widths)),
            theory=(float("nan"),) * len(widths),
            measured=tuple(map(float, values)),
            error=tuple(map(float, errors)),
        )
        for label, values, errors in (
            ("other digits", error, deviation),
            ("digits of the training", seen, np.zeros_like(deviation)),
        )
    )


SMALL = functools.partial(gap_by_width, widths=(4, 10, 30), examples=120, batch=8, learning_rate=0.5, epochs=16)
FULL = functools.partial(gap_by_width, widths=(4, 10, 40), examples=400, batch=8, learning_rate=0.5, epochs=20)

CLAIM = Claim(
    statement=generalization_gap.STATEMENT,
    checks=(
        Trend(
            name="digits seen and not seen",
            replicas=20,
            full_replicas=30,
            on_data=True,
            quick=SMALL,
            control=functools.partial(SMALL, on_seen=True),
            full=FULL,
            full_control=functools.partial(FULL, on_seen=True),
            shared={1: "it is of the digits of the training"}
            | dict.fromkeys((3, 4), "wider networks fit the digits of the training better, too"),
            curves=errors_by_width,
            coarse="a finer comparison of widths takes hundreds of networks",
        ),
    ),
    convention="An error is the mean probability that is given to wrong labels.",
    independence="Real digits; networks descend gradients by the chain rule, which a test compares with automatic "
    "differentiation; errors are compared, nothing is fitted.",
)
