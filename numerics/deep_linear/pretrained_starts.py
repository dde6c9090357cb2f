"""When a linear network passes given strengths, from a weak and from a strong start, and behind a pretrained matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.passage_times import passages, path_until
from numerics.deep_linear.training import Descent, Network, orthonormal
from numerics.measurement import Measurement
from numerics.streams import Stream


def time_saved(
    *,
    widths: Sequence[int],
    singular_values: Sequence[float],
    weak: Sequence[float],
    strong: Sequence[float],
    levels: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Time at which each mode passes fractions of its singular value, from a weak start less from a strong one.

    weak, strong   strength of each mode in the map at the start, equal in all matrices
    levels         fractions of the singular value, above all strengths at the start
    Values (modes, levels), in the unit of tau. Given: singular_value, weak, strong (modes,); tau.
    """
    times, values = [], np.asarray(singular_values, dtype=float)
    for strengths in (weak, strong):
        depth = len(widths) - 1
        start = np.tile(np.asarray(strengths, dtype=float) ** (1 / depth), (depth, 1))
        network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
        times.append(_times(network.descent(stream=stream, device=device), levels, step, tau))
    return Measurement(
        values=times[0] - times[1],
        axis=np.asarray(levels, dtype=float),
        given={"singular_value": values, "weak": np.asarray(weak), "strong": np.asarray(strong), "tau": tau},
        resolution={"step": step},
    )


def after_an_orthogonal_matrix(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    levels: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
    scale: float = 1.0,
) -> Measurement:
    """Times of passage where the first matrix starts with orthonormal columns, drawn, times `scale`; the last at zero.

    That is what an autoencoder of white inputs comes to. Values (modes, levels). Given: singular_value (modes,); tau.
    """
    modes = len(singular_values)
    network = Network(widths=widths, singular_values=singular_values, strengths=np.zeros((2, modes)), examples=examples)
    first = scale * orthonormal(widths[1], widths[0], stream.child("pretrained").generator())
    descent = Descent(task=network.task(stream), weights=[first, np.zeros((widths[2], widths[1]))], device=device)
    return Measurement(
        values=_times(descent, levels, step, tau),
        axis=np.asarray(levels, dtype=float),
        given={"singular_value": np.asarray(singular_values, dtype=float), "tau": tau},
        resolution={"step": step},
    )


def _times(descent: Descent, levels: Sequence[float], step: float, tau: float) -> np.ndarray:
    targets = np.outer(descent.task.singular_values, levels)
    return passages(path_until(descent, descent.run(step / tau), targets[:, -1]), targets, step)
