"""Learning time of very deep linear networks in updates as long as the curvature at their minimum allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.stability import largest_eigenvalue
from numerics.deep_linear.training import Network
from numerics.measurement import Measurement
from numerics.streams import Stream


def paced_times(
    *,
    widths: Sequence[int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    levels: Sequence[float],
    courant: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Passage times of `depth_scaled_times`, multiplied by the largest curvature at the network's balanced minimum.

    The curvature is the largest eigenvalue of the Hessian by all weights, from Hessian-vector products; that it is
    taken at a minimum is seen from the gradient there. Values (K, L). Given: singular_value, initial (K,); steepest.
    Raises ValueError where the gradient does not vanish.
    """
    flow = depth_scaled_times(
        widths=widths,
        singular_values=singular_values,
        initial=initial,
        levels=levels,
        courant=courant,
        examples=examples,
        step=step,
        stream=stream,
        device=device,
    )
    depth, hidden = round(1 / step), widths[1:-1]
    every = [widths[0], *(hidden[k % len(hidden)] for k in range(depth - 1)), widths[-1]]
    learned = np.tile(np.asarray(singular_values, dtype=float) ** (1 / depth), (depth, 1))
    network = Network(widths=every, singular_values=singular_values, strengths=learned, examples=examples)
    descent = network.descent(stream=stream.child("minimum"), device=device)
    slope = max(float(g.abs().max()) for g in descent.gradients()[1])
    if slope > 1e-10 * max(singular_values):
        raise ValueError(f"the gradient at the learned map is {slope}, not zero")
    curvature = largest_eigenvalue(descent, stream)
    return Measurement(
        values=flow.values / (depth + 1) * curvature,
        axis=flow.axis,
        given=dict(flow.given) | {"steepest": float(max(singular_values))},
        resolution={"step": step},
    )
