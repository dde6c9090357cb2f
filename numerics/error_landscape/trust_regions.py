"""The lowest point of a linear function inside an ellipsoid, by an interior-point method of a general library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.deep_linear.training import orthonormal
from numerics.measurement import Measurement
from numerics.streams import Stream

FINISHED = 1e-9  # gradient of the function with its barrier at the lowest point
STAGES, FALL = 6, 4.0  # strengths of the barrier before the last, and how far each is above the next


def lowest_points(
    *,
    curvatures: Sequence[float],
    multiplicities: Sequence[int],
    radius: float,
    draws: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Minimize g x inside x^T |H| x / 2 <= radius with a logarithmic barrier of strength `step`.

    H has the given eigenvalues with their multiplicities in a random orthonormal frame, and those of -H in every second
    draw; |H| is the root of H H. Frame and slopes are drawn `draws` times.
    Values (curvatures + 1, draws): the component of the lowest point along the gradient within each eigenspace, and the
    change of the linear function; the axis counts the draws.
    Given: slopes (curvatures, draws), the lengths of the gradient within the eigenspaces; curvatures, likewise; radius.
    Raises ValueError where the search does not end.
    """
    from scipy import linalg

    groups = np.repeat(np.arange(len(curvatures)), multiplicities)
    signs = np.where(np.arange(draws) % 2, -1.0, 1.0)
    rows, slopes = [], []
    for draw in range(draws):
        generator = stream.child(draw).generator()
        frame = orthonormal(len(groups), len(groups), generator)
        hessian = frame * (signs[draw] * np.asarray(curvatures)[groups]) @ frame.T
        form = np.real(linalg.sqrtm(hessian @ hessian))
        gradient = generator.standard_normal(len(groups))

        lowest = _central_path(gradient, form, radius, step)
        point, along = frame.T @ lowest, frame.T @ gradient
        lengths = np.array([np.linalg.norm(along[groups == k]) for k in range(len(curvatures))])
        moves = [point[groups == k] @ along[groups == k] / lengths[k] for k in range(len(curvatures))]
        rows.append([*moves, gradient @ lowest])
        slopes.append(lengths)
    given: dict[str, Any] = {
        "slopes": np.transpose(slopes),
        "curvatures": np.outer(curvatures, signs),
        "radius": radius,
    }
    return Measurement(
        values=np.transpose(rows), axis=np.arange(1.0, draws + 1), given=given, resolution={"barrier": step}
    )


def _central_path(gradient: np.ndarray, form: np.ndarray, radius: float, step: float) -> np.ndarray:
    """The lowest point of g x with a barrier of strength `step`, found from those of stronger barriers.

    From the centre the last barrier alone would send a search along the boundary, where it hardly moves. Raises
    ValueError where a search does not end.
    """
    from scipy import optimize

    def left(x: np.ndarray) -> float:
        return float(radius - x @ form @ x / 2)

    def barrier(x: np.ndarray, strength: float) -> float:
        return gradient @ x - strength * np.log(left(x)) if left(x) > 0 else np.inf

    def slope(x: np.ndarray, strength: float) -> np.ndarray:
        moved: np.ndarray = gradient + strength * form @ x / left(x)
        return moved

    def bend(x: np.ndarray, strength: float) -> np.ndarray:
        image = form @ x
        bent: np.ndarray = strength * (form / left(x) + np.outer(image, image) / left(x) ** 2)
        return bent

    point = np.zeros(len(gradient))
    for strength in step * FALL ** np.arange(STAGES, -1, -1.0):
        found = optimize.minimize(barrier, point, (strength,), "trust-exact", slope, bend)
        point = found.x
    polished: np.ndarray = optimize.root(slope, point, (step,), jac=bend, tol=1e-14).x
    if not np.linalg.norm(slope(polished, step)) < FINISHED:
        raise ValueError(f"the search for the lowest point does not end: {found.message}")
    return polished
