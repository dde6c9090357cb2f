"""The lowest point of a linear function inside an ellipsoid, by an interior-point method of a general library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.deep_linear.training import orthonormal
from numerics.measurement import Measurement
from numerics.streams import Stream

FINISHED = 1e-9  # gradient of the function with its barrier at the lowest point


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
    from scipy import linalg, optimize

    groups = np.repeat(np.arange(len(curvatures)), multiplicities)
    signs = np.where(np.arange(draws) % 2, -1.0, 1.0)
    rows, slopes = [], []
    for draw in range(draws):
        generator = stream.child(draw).generator()
        frame = orthonormal(len(groups), len(groups), generator)
        hessian = frame * (signs[draw] * np.asarray(curvatures)[groups]) @ frame.T
        form = np.real(linalg.sqrtm(hessian @ hessian))
        gradient = generator.standard_normal(len(groups))

        def barrier(x: np.ndarray, form: np.ndarray = form, gradient: np.ndarray = gradient) -> float:
            left = radius - x @ form @ x / 2
            return gradient @ x - step * np.log(left) if left > 0 else np.inf

        def slope(x: np.ndarray, form: np.ndarray = form, gradient: np.ndarray = gradient) -> np.ndarray:
            return gradient + step * form @ x / (radius - x @ form @ x / 2)

        def bend(x: np.ndarray, form: np.ndarray = form) -> np.ndarray:
            left, image = radius - x @ form @ x / 2, form @ x
            return step * (form / left + np.outer(image, image) / left**2)

        found = optimize.minimize(
            barrier,
            np.zeros(len(groups)),
            jac=slope,
            hess=bend,
            method="trust-exact",
            options={"gtol": 1e-6, "maxiter": 2000},
        )
        polished = optimize.root(slope, found.x, jac=bend, tol=1e-14).x
        if not np.linalg.norm(slope(polished)) < FINISHED:
            raise ValueError(f"the search for the lowest point does not end: {found.message}")
        point, along = frame.T @ polished, frame.T @ gradient
        lengths = np.array([np.linalg.norm(along[groups == k]) for k in range(len(curvatures))])
        moves = [point[groups == k] @ along[groups == k] / lengths[k] for k in range(len(curvatures))]
        rows.append([*moves, gradient @ polished])
        slopes.append(lengths)
    given: dict[str, Any] = {
        "slopes": np.transpose(slopes),
        "curvatures": np.outer(curvatures, signs),
        "radius": radius,
    }
    return Measurement(
        values=np.transpose(rows), axis=np.arange(1.0, draws + 1), given=given, resolution={"barrier": step}
    )
