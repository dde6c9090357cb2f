"""Work on particles in a dragged trap: its mean, and how often it is negative.

The simulation moves the trap in small jumps and lets particles rest in between, exactly; it counts changes of energy.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from flint import acb, arb

from derivations.diffusion import transient_entropy_decrease
from numerics.diffusion.traps import work_of_dragging
from numerics.measurement import Measurement
from verify.checks import Certified, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import average, integral, numbers

SPEED, SLOWLY = 1.1, 0.6


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean work and probability that it is negative, (2, T)."""
    return candidate.numpy(t=measured.axis, u_0=measured.given["speed"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Jumps instead of a steady pull err by the trapezoid rule: less than a sixth of the square of a rest."""
    return np.abs(measured.values) * measured.resolution["rest"] ** 2 / 6


dragging = partial(work_of_dragging, times=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0))


def certified_work(bits: int, point: Point) -> list[Any]:
    """Mean work from the lag behind the trap, integrated over time; the chance of less than zero as an integral.

    The work is Gaussian with a variance of twice its mean, by Jarzynski's equality.
    """
    time, speed = numbers(point, "t", "u_0")
    mean = integral(lambda s: speed**2 * (1 - (-s).exp()), arb(0), time)
    return [mean, average(lambda z: acb(1), beyond=(mean / 2).sqrt())]


CLAIM = Claim(
    statement=transient_entropy_decrease.STATEMENT,
    checks=(
        Certified(
            name="certified work",
            reference=certified_work,
            against="the force integrated over time, and the Gaussian density integrated below zero",
            values=("W", "P"),
            points=({"t": "1.3", "u_0": "0.7"}, {"t": "0.6", "u_0": "2.1"}),
        ),
        Replicas(
            name="particles in a dragged trap",
            predict=predicted,
            replicas=24,
            full_replicas=64,
            quick=partial(dragging, speed=SPEED, rests=16, particles=5000),
            full=partial(dragging, speed=SPEED, rests=40, particles=20_000),
            bias=bias,
            bias_note="the trap is dragged in jumps",
            axis="time t",
            quantity="mean work (temperature), chance that it is negative",
            series=("mean work", "chance of negative work"),
        ),
        Replicas(
            name="particles in a trap that is dragged slowly",
            predict=predicted,
            replicas=24,
            full_replicas=64,
            quick=partial(dragging, speed=SLOWLY, rests=16, particles=4000),
            full=partial(dragging, speed=SLOWLY, rests=40, particles=20_000),
            bias=bias,
            bias_note="the trap is dragged in jumps",
        ),
    ),
    quantities=("W_mean", "P_minus"),
    convention="dx = -(x - u_0 t) dt + sqrt(2) dW: units of stiffness, friction and temperature.",
    independence="Work is added up along sampled paths as the change of energy when the trap moves; between its jumps "
    "particles are drawn from the exact law of a trap at rest.",
)
