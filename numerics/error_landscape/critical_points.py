"""Critical points of random landscapes, found by Newton's method from points that have gone down or up at random.

Two landscapes: the spherical model of degree 3, and a Gaussian field made of random waves. A draw of the landscape is a
replica; within it all searches run side by side. Nothing is known of how error and curvature go together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

RATE = 0.08  # of the descent or ascent before the search
SEARCH = 30  # steps of Newton's method
LONGEST = 0.4  # of a step, over the root of the number of weights
AT_REST = 1e-8  # gradient per root of the number of weights
DEGREE = 3  # of the polynomials through the points of one landscape
NEEDED = 5 * (DEGREE + 1)  # critical points of one landscape; more searches are started below that
TRIES = 5

Slope = Callable[[Any], Any]  # weights (S, N) -> gradient (S, N)
Evaluate = Callable[[Any], tuple[Any, Any, Any]]  # weights (S, N) -> error (S,), gradient (S, N), Hessian (S, N, N)


def on_the_sphere(
    *,
    weights: int,
    starts: int,
    longest: int,
    levels: Sequence[float],
    means: bool = True,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Critical points of the spherical model of degree 3; arguments, values and what is given as in `_measured`."""
    torch = load_torch()
    place: dict[str, Any] = {"dtype": torch.float64, "device": resolve_device(device)}

    def landscape(generator: np.random.Generator) -> tuple[Slope, Evaluate]:
        drawn = generator.standard_normal((weights,) * 3)
        orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        symmetric = np.mean([drawn.transpose(order) for order in orders], axis=0)
        couplings = torch.as_tensor(symmetric[:, *np.triu_indices(weights)], **place) * (6 / weights)
        unit = torch.eye(weights, **place)

        def once(points: Any) -> tuple[Any, Any, Any]:
            bend = _whole(points @ couplings, weights)
            slope = (bend @ points[:, :, None])[:, :, 0] / 2
            return bend, slope, (slope * points).sum(dim=1, keepdim=True) / weights

        def along(points: Any) -> Any:
            _, slope, outward = once(points)
            return slope - outward * points

        def evaluate(points: Any) -> tuple[Any, Any, Any]:
            bend, slope, outward = once(points)
            tangent = slope - outward * points
            # P (bend - outward) P + 1 - P with P = 1 - x x^T / N and bend x = 2 slope, by one product of thin matrices
            left = torch.stack([points, tangent], dim=2)
            right = torch.stack([(outward - 1) * points + 2 * tangent, 2 * points], dim=2)
            inside = torch.baddbmm(bend - outward[:, :, None] * unit, left, right.mT, alpha=-1 / weights)
            return outward[:, 0] * weights / 3, tangent, inside

        return along, evaluate

    def back(points: Any) -> Any:
        return points * (weights**0.5 / points.norm(dim=1, keepdim=True))

    return _measured(landscape, back, 1, weights, starts, longest, levels, means, replicas, stream, place)


def of_waves(
    *,
    weights: int,
    waves: int,
    size: float,
    tightness: float,
    starts: int,
    longest: int,
    levels: Sequence[float],
    means: bool = True,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Critical points of a sum of `waves` of random directions and phases; the rest as in `_measured`.

    Its covariance is N size exp(-tightness r^2 / 2N) at the distance r; it is Gaussian for many waves.
    Given besides: size, tightness.
    """
    torch = load_torch()
    place: dict[str, Any] = {"dtype": torch.float64, "device": resolve_device(device)}

    def landscape(generator: np.random.Generator) -> tuple[Slope, Evaluate]:
        directions = (
            torch.as_tensor(generator.standard_normal((waves, weights)), **place) * (tightness / weights) ** 0.5
        )
        phases = torch.as_tensor(2 * np.pi * generator.random(waves), **place)
        height = (2 * weights * size / waves) ** 0.5
        first, second = np.triu_indices(weights)
        pairs = (-height * directions[:, first] * directions[:, second]).float()
        downhill = -height * directions

        def along(points: Any) -> Any:
            return torch.sin(points @ directions.T + phases) @ downhill

        def evaluate(points: Any) -> tuple[Any, Any, Any]:
            phase = points @ directions.T + phases
            high, steep = torch.cos(phase), torch.sin(phase)
            # single precision: 1e-6 of a curvature, with which Newton's method ends as near to a critical point
            return height * high.sum(dim=1), steep @ downhill, _whole(high.float() @ pairs, weights).double()

        return along, evaluate

    measured = _measured(
        landscape, lambda points: points, 0, weights, starts, longest, levels, means, replicas, stream, place
    )
    given = {**measured.given, "size": size, "tightness": tightness}
    return Measurement(
        values=measured.values,
        errors=measured.errors,
        replicas=replicas,
        axis=measured.axis,
        given=given,
        resolution=measured.resolution,
    )


def _whole(halves: Any, size: int) -> Any:
    """Symmetric matrices (S, size, size) from their upper halves (S, size (size + 1) / 2): half of the products."""
    places = _places(size)
    if halves.device.type == "cpu":  # NumPy takes from rows four times as fast
        found = load_torch().from_numpy(halves.numpy().take(places, axis=1))
    else:
        found = halves.index_select(1, load_torch().as_tensor(places, device=halves.device))
    return found.reshape(-1, size, size)


@functools.lru_cache(maxsize=16)
def _places(size: int) -> np.ndarray:
    """Where the entries of a symmetric matrix stand in its upper half, (size^2,)."""
    rows, columns = np.triu_indices(size)
    found = np.empty((size, size), dtype=int)
    found[rows, columns] = found[columns, rows] = np.arange(len(rows))
    return found.ravel()


def _measured(
    landscape: Callable[[np.random.Generator], tuple[Slope, Evaluate]],
    back: Callable[[Any], Any],
    removed: int,
    weights: int,
    starts: int,
    longest: int,
    levels: Sequence[float],
    means: bool,
    replicas: int,
    stream: Stream,
    place: dict[str, Any],
) -> Measurement:
    """The fraction of negative curvatures, and the mean curvature, of critical points at given error levels.

    starts   searches in each landscape, begun anew where few succeed;  longest  descent or ascent before one, in steps
    levels   errors per weight at which polynomials through the points of one landscape are taken
    removed  directions of the Hessian that are no weights (of eigenvalue 1)
    means    whether the second row is measured
    Values (2, levels), or (1, levels): fraction, mean; averages over `replicas` landscapes. The axis are the levels.
    Given: weights,
    levels. Raises ValueError where too few searches end at a critical point.
    """
    torch, rows = load_torch(), []
    for replica in range(replicas):
        generator = stream.child(replica).generator()
        along, evaluate = landscape(generator)
        errors: list[Any] = []
        spectra: list[Any] = []
        while sum(map(len, errors)) < NEEDED:
            if len(errors) == TRIES:
                raise ValueError(f"only {sum(map(len, errors))} of {TRIES * starts} searches end at a critical point")
            points = back(torch.as_tensor(generator.standard_normal((starts, weights)), **place))
            going = torch.as_tensor(generator.integers(-longest, longest + 1, size=(starts, 1)), **place)
            for count in range(longest):
                moved = going.sign() * (going.abs() > count)
                points = back(points + RATE * moved * along(points))
            for kept, found in zip((errors, spectra), _search(points, back, evaluate), strict=True):
                kept.append(found)
        curvatures, count = np.concatenate(spectra), weights - removed
        negative = (curvatures < 0).sum(axis=1) / count
        mean = (curvatures.sum(axis=1) - removed) / count
        both, at = np.stack([negative, mean], axis=1), np.concatenate(errors) / weights
        through = np.polynomial.polynomial.polyfit(at, both, DEGREE)
        rows.append(np.polynomial.polynomial.polyval(levels, through)[: 1 + means])
    given = {"weights": float(weights), "levels": np.asarray(levels, dtype=float)}
    return from_replicas(
        np.array(rows), axis=np.asarray(levels, dtype=float), given=given, resolution={"weights": float(weights)}
    )


def _search(
    points: Any, back: Callable[[Any], Any], evaluate: Callable[[Any], tuple[Any, Any, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """Errors (S,) and eigenvalues of the Hessian (S, N) at the critical points that Newton's method finds."""
    torch = load_torch()
    root = points.shape[1] ** 0.5
    errors, spectra = [], []
    for _ in range(SEARCH):
        error, slope, bend = evaluate(points)
        found = slope.norm(dim=1) < AT_REST * root
        errors.append(error[found].cpu().numpy())
        spectra.append(torch.linalg.eigvalsh(bend[found]).cpu().numpy())
        points, slope, bend = (part[~found] for part in (points, slope, bend))
        if not len(points):
            break
        step = -torch.linalg.solve(bend, slope)
        points = back(points + step * (LONGEST * root / step.norm(dim=1, keepdim=True)).clamp(max=1.0))
    return np.concatenate(errors), np.concatenate(spectra)
