"""Decay of the learning rate against growth of the batch, in training on digits.

Five schedules start from the same weights and see the same digits: the learning rate is divided, the batch is
multiplied by the same, the batch is multiplied by its root, nothing changes, or the learning rate is small from the
start. Losses are taken and updates counted.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.sgd_noise import batch_growth
from numerics.measurement import Measurement
from numerics.sgd_noise.schedules import decay_against_growth
from verify.checks import Trend
from verify.claim import Claim
from verify.evidence import Curve


def losses_by_updates(measured: Measurement) -> tuple[Curve, ...]:
    """Training loss at the end over the number of updates, for the five schedules."""
    given = measured.given
    loss, updates, deviation = (np.asarray(given[name]) for name in ("loss", "updates", "deviation"))
    names = ("learning rate falls", "batch grows", "batch grows by the root", "nothing changes", "small learning rate")
    return tuple(
        Curve(
            label=name,
            axis_label="number of updates",
            value_label="training loss L at the end",
            axis=(float(updates[k]),),
            theory=(float("nan"),),
            measured=(float(loss[k]),),
            error=(float(deviation[k]),),
        )
        for k, name in enumerate(names)
    )


SMALL = functools.partial(
    decay_against_growth, hidden=16, examples=240, batch=4, learning_rate=0.2, epochs=(4, 2, 2), factor=4
)
FULL = functools.partial(
    decay_against_growth, hidden=32, examples=1200, batch=8, learning_rate=0.3, epochs=(6, 3, 3), factor=4
)

CLAIM = Claim(
    statement=batch_growth.STATEMENT,
    checks=(
        Trend(
            name="five schedules on digits",
            replicas=24,
            full_replicas=40,
            on_data=True,
            quick=functools.partial(SMALL, growth=4),
            control=functools.partial(SMALL, growth=1),
            full=functools.partial(FULL, growth=4),
            full_control=functools.partial(FULL, growth=1),
            shared={
                1: "what ends too low does not end too high",
                3: "no growth ends as far from decay as slow growth",
                4: "neither of these schedules has a batch that grows",
            },
            curves=losses_by_updates,
            coarse="a finer comparison of the two losses takes hundreds of networks, trained for minutes",
        ),
    ),
    convention="Updates are counted over the whole training; an epoch is a random order of all examples.",
    independence="Real digits; networks descend gradients by the chain rule, which a test compares with automatic "
    "differentiation; losses are compared and updates counted, nothing is fitted.",
)
