"""How long a mode stays unlearned, and how long its transition takes, in training from given and from small starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.deep_linear.passage_times import passages, path_until
from numerics.deep_linear.training import Descent, Network
from numerics.deep_linear.weight_space import slopes
from numerics.measurement import Measurement
from numerics.streams import Stream

SAMPLES = 40  # recorded points of a learning curve
MAX_EVALUATIONS = 50_000


def stage_ratios(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    margins: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Gradient descent from a decoupled start, equally strong in all layers: duration of transition over ignorance.

    Ignorance lasts from the start until a mode passes the fraction `margins` of its singular value, the transition from
    there to one minus that fraction.
    networks   widths of each network, first inputs, last outputs;  initial  strength of each mode at the start, (K,)
    margins    increasing fractions below 1/2, above every initial fraction, (M,)
    step       time of an update in the unit of tau
    Values     (networks * K, M) over the axis of margins. Given, one entry a row: layers (layers of neurons),
               singular_value, initial; and for the plot curve_time, curve_strength (networks * K, SAMPLES), the
               learning curves, and ignorance, the time to the first margin.
    """
    begin, values, levels = (np.asarray(v, dtype=float) for v in (initial, singular_values, margins))
    _check_margins(levels, begin / values)
    rows, curves, waited = [], [], []
    targets = np.outer(values, np.concatenate([levels, 1 - levels[::-1]]))
    for number, widths in enumerate(networks):
        descent = _begin(widths, values, begin, examples, stream.child(number), device)
        path = path_until(descent, descent.run(step), targets[:, -1])
        times = passages(path, targets, step)
        rows.append(_ratio(times))
        waited.append(times[:, 0])
        for mode in range(len(values)):
            last = int(np.argmax(path[:, mode] > targets[mode, -1]))
            kept = np.unique(np.linspace(0, last, SAMPLES).astype(int))
            curves.append(np.stack([np.resize(kept * step, SAMPLES), np.resize(path[kept, mode], SAMPLES)]))
    given = _given(networks, values, np.tile(begin, len(networks)))
    given |= {"curve_time": np.stack(curves)[:, 0], "curve_strength": np.stack(curves)[:, 1]}
    given["ignorance"] = np.concatenate(waited)
    return Measurement(values=np.concatenate(rows), axis=levels, given=given, resolution={"step": step})


def small_start_ratios(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    starts: Callable[[float], Sequence[float]],
    margins: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Gradient flow from small starts: duration of the transition over that of the ignorance, divided by `step`.

    The flow of all matrices is integrated by the Runge-Kutta method of order 8 with adaptive steps.
    starts  step -> initial fraction of the singular values for each network, equal for all modes
    Values  (networks * K, M) over the axis of margins. Given, one entry a row: layers, singular_value, initial.
    """
    values, levels = (np.asarray(v, dtype=float) for v in (singular_values, margins))
    fractions, rows = starts(step), []
    for number, widths in enumerate(networks):
        _check_margins(levels, np.full(1, fractions[number]))
        descent = _begin(widths, values, fractions[number] * values, examples, stream.child(number), device)
        rows.append(_ratio(_flow_passages(descent, np.outer(values, np.concatenate([levels, 1 - levels[::-1]])))))
    given = _given(networks, values, np.concatenate([f * values for f in fractions]))
    return Measurement(values=np.concatenate(rows) / step, axis=levels, given=given, resolution={"step": step})


def _begin(
    widths: Sequence[int], values: np.ndarray, initial: np.ndarray, examples: int, stream: Stream, device: str
) -> Descent:
    depth = len(widths) - 1
    start = np.tile(initial ** (1 / depth), (depth, 1))
    network = Network(widths=widths, singular_values=tuple(values), strengths=start, examples=examples)
    return network.descent(stream=stream, device=device)


def _flow_passages(descent: Descent, targets: np.ndarray) -> np.ndarray:
    """Times, in the unit of tau, at which the modes pass `targets` (K, L) under gradient flow."""
    from scipy.integrate import solve_ivp
    from scipy.optimize import brentq

    task, shapes = descent.task, [tuple(weight.shape) for weight in descent.weights]
    cross = task.outputs @ task.inputs.T  # with white inputs all that the gradient knows of the examples
    cuts = np.cumsum([0, *(rows * columns for rows, columns in shapes)])

    def matrices(state: np.ndarray) -> list[np.ndarray]:
        return [state[cuts[k] : cuts[k + 1]].reshape(shape) for k, shape in enumerate(shapes)]

    def strengths(state: np.ndarray) -> np.ndarray:
        total = task.right
        for weight in matrices(state):
            total = weight @ total
        return np.sum(task.left * total, axis=0)

    def flow(_: float, state: np.ndarray) -> np.ndarray:
        return -np.concatenate([gradient.ravel() for gradient in slopes(matrices(state), cross)[1]])

    def learned(_: float, state: np.ndarray) -> float:
        return float(np.min(strengths(state) / targets[:, -1])) - 1.001

    learned.terminal = True  # type: ignore[attr-defined]
    start = np.concatenate([weight.detach().cpu().numpy().ravel() for weight in descent.weights])
    accuracy: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12 * float(np.max(np.abs(start)))}
    run = solve_ivp(flow, (0, 1e9), start, "DOP853", dense_output=True, events=learned, **accuracy)
    if run.status != 1:
        raise ValueError(f"the modes are not learned: {run.message}")
    path = np.array([strengths(state) for state in run.y.T])
    times = np.empty(targets.shape)
    for (mode, level), target in np.ndenumerate(targets):
        after = int(np.argmax(path[:, mode] > target))

        def above(time: float, mode: int = mode, target: float = target) -> float:
            return float(strengths(run.sol(time))[mode] - target)

        times[mode, level] = brentq(above, run.t[after - 1], run.t[after], xtol=1e-14, rtol=1e-14)
    return times


def _ratio(times: np.ndarray) -> np.ndarray:
    """(last passage - first) / first for the levels paired from outside in."""
    first, last = np.split(times, 2, axis=1)
    return (last[:, ::-1] - first) / first


def _check_margins(margins: np.ndarray, fractions: np.ndarray) -> None:
    if np.any(np.diff(margins) <= 0) or margins[0] <= np.max(fractions) or margins[-1] >= 0.5:
        raise ValueError(f"margins must increase from above every initial fraction to below 1/2, not {margins}")


def _given(networks: Sequence[Sequence[int]], values: np.ndarray, initial: np.ndarray) -> dict[str, np.ndarray | float]:
    layers = np.repeat([len(widths) for widths in networks], len(values))
    return {"layers": layers, "singular_value": np.tile(values, len(networks)), "initial": initial}
