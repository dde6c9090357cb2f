"""What the other modes of a deep student have gained when the largest one escapes."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from numerics.deep_linear.weight_space import product
from numerics.generalization.students import Setting, advanced, check_students, decoupled_start, drawn_data
from numerics.measurement import Measurement
from numerics.stepping import require_order
from numerics.streams import Stream

MAX_UPDATES = 100_000
RUNGE_KUTTA, TOLERANCE = 4, 1e-3  # order of the steps; what half of them may change, of the largest value
TRIED = 8  # steps, the last ones


def other_mode_strengths(
    *,
    setting: Setting,
    teacher: float,
    power: float,
    learning_rate: float,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Strengths of the data's other modes when the largest has a quarter of its final one, over those at the start.

    step   the initial strength of every mode is step ** power; one student, of the first width of the setting
    The student descends in the limit of slow learning: each advance by the learning rate is a Runge-Kutta step. With
    plain updates the learning rate would add powers and logarithms of its own to the ladder. Values (modes - 1,), with
    the modes' singular values as axis. Given: shat; layers, of neurons.
    """
    from scipy import optimize

    initial = step**power
    check_students(setting, (initial,), learning_rate)
    data, generator = drawn_data(setting, teacher, 1, stream, device)
    weights = decoupled_start(setting, data, setting.widths[0], (initial,), generator)
    largest = float(data.values[0, 0])

    def strengths(at: list[Any]) -> np.ndarray:
        total = product(at)[0]
        return (data.left * (total @ data.right)).sum(dim=1)[0].cpu().numpy()

    before = deque([weights], maxlen=TRIED)
    for _ in range(MAX_UPDATES):
        ahead = advanced(weights, data, learning_rate)
        if strengths(ahead)[0] > largest / 4:
            break
        weights = ahead
        before.append(weights)

    def fast(size: float) -> np.ndarray:
        at, found = before[0], []
        for _ in range(round(TRIED * learning_rate / size)):
            at = advanced(at, data, size)
            found.append(product(at)[0].cpu().numpy())
        return np.stack(found)[:: -round(2 * learning_rate / size)]

    require_order(fast, learning_rate, order=RUNGE_KUTTA, tolerance=TOLERANCE)
    rest = optimize.brentq(
        lambda part: strengths(advanced(weights, data, part))[0] - largest / 4, 0, learning_rate, xtol=1e-14
    )
    found = strengths(advanced(weights, data, rest))
    values = data.values[0, 1 : setting.widths[0]].cpu().numpy()
    return Measurement(
        values=found[1 : setting.widths[0]][::-1] / initial,
        axis=values[::-1],
        given={"shat": largest, "layers": float(setting.matrices + 1)},
        resolution={"step": step},
    )
