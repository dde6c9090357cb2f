"""Diffusion of densities on a grid, and what Gaussian reverse kernels miss of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

LogDensity = Callable[[np.ndarray], np.ndarray]
SPACING = 2.0  # grid points within the width of the noise of one step: the trapezoid rule errs by exp(-2 (2 pi)^2)


def gap_of_one_step(
    *, log_densities: Sequence[LogDensity], reach: float, step: float, stream: Stream, device: str = "cpu"
) -> Measurement:
    """What the best Gaussian misses of the reverse of one step, over the cube of the variance that the step adds.

    log_densities  of the data, up to constants
    reach          the grid covers twice that far, and a grid so wide must hold the density
    step           variance that the step adds

    Values (densities,). It is deterministic. Given: beta, the step.
    """
    grid, kernel = _grid(reach, step)
    gaps = [_missed(_normalized(np.exp(log(grid)), grid), kernel, grid)[0] for log in log_densities]
    return Measurement(values=np.array(gaps) / step**3, given={"beta": step}, resolution={"beta": step})


def gap_of_chains(
    *,
    log_densities: Sequence[LogDensity],
    durations: tuple[float, ...],
    reach: float,
    step: float,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """What Gaussian reverse kernels miss over a whole chain, over the square of the variance that each step adds.

    durations  sums of the variances that the steps of chains add; other parameters as of `gap_of_one_step`

    Values (densities, durations). It is deterministic. Given: beta, the step.
    """
    ends = np.asarray(durations) / step
    if np.any(np.abs(ends - np.rint(ends)) > 1e-9 * ends):
        raise ValueError(f"a duration is no multiple of the step {step:g}")
    grid, kernel = _grid(reach, step)
    gaps = []
    for log in log_densities:
        density, missed = _normalized(np.exp(log(grid)), grid), []
        for _ in range(round(ends.max())):
            more, density = _missed(density, kernel, grid)
            missed.append(more)
        gaps.append(np.cumsum(missed)[np.rint(ends).astype(int) - 1])
    return Measurement(
        values=np.stack(gaps) / step**2,
        axis=np.asarray(durations),
        given={"beta": step},
        resolution={"beta": step},
    )


def _grid(reach: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions, and the density of a step from the second index to the first."""
    if not 0 < step < 1:
        raise ValueError(f"a step adds the variance {step:g}, which is not between 0 and 1")
    half = int(np.ceil(reach * SPACING / np.sqrt(step)))
    grid = np.linspace(-reach, reach, 2 * half + 1)
    apart = grid[:, None] - np.sqrt(1 - step) * grid
    return grid, np.exp(-(apart**2) / (2 * step)) / np.sqrt(2 * np.pi * step)


def _normalized(density: np.ndarray, grid: np.ndarray) -> np.ndarray:
    density = density / (density.sum() * (grid[1] - grid[0]))
    if max(density[0], density[-1]) > 1e-12 * density.max():
        raise ValueError(f"the density does not end within {grid[-1]:g}")
    return density


def _missed(density: np.ndarray, kernel: np.ndarray, grid: np.ndarray) -> tuple[float, np.ndarray]:
    """Divergence of the reverse kernel from its best Gaussian, in the mean; and the density after the step.

    By Bayes' rule the reverse kernel is kernel times density over the density after the step; the best Gaussian has
    its mean and variance, and the cross entropy is that of its variance.
    """
    spacing = grid[1] - grid[0]
    joint = kernel * density
    after = joint.sum(axis=1) * spacing
    held = after > 1e-13 * after.max()
    reverse = joint[held] / after[held, None]
    mean = reverse @ grid * spacing
    variance = np.sum(reverse * (grid - mean[:, None]) ** 2, axis=1) * spacing
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.sum(np.where(reverse > 0, reverse * np.log(reverse), 0.0), axis=1) * spacing
    gaps = np.log(2 * np.pi * math.e * variance) / 2 - entropy
    return float(np.sum(after[held] * gaps) * spacing), after
