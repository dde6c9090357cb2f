"""Diffusion in a box with walls that reflect, as jumps between cells: exact in time, of second order in the cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream


class Box:
    """Cells between two walls, and the rates of jumps between neighbours in a potential.

    A jump goes down the potential e^(difference / 2) times as often as without it, and up as much less; so the
    equilibrium of the cells is that of the potential.
    """

    def __init__(self, low: float, high: float, step: float, potential: Sequence[float], constant: float = 1.0) -> None:
        cells = round((high - low) / step)
        if cells < 3 or abs(cells * step - (high - low)) > 1e-9 * (high - low):
            raise ValueError(f"a box from {low:g} to {high:g} has no cells of length {step:g}")
        self.step = step
        self.middles = low + step * (np.arange(cells) + 0.5)
        self.edges = low + step * np.arange(cells + 1)
        depth = np.polynomial.polynomial.polyval(self.middles, np.asarray(potential, dtype=float))
        self.equilibrium = np.exp(-depth) / np.exp(-depth).sum()
        half = np.diff(depth) / 2
        self.up, self.down = constant / step**2 * np.exp(-half), constant / step**2 * np.exp(half)

    def flow(self, chances: np.ndarray) -> np.ndarray:
        """Rates of change of the chances of the cells, (cells, T)."""
        passing = self.up[:, None] * chances[:-1] - self.down[:, None] * chances[1:]
        change = np.zeros_like(chances)
        change[:-1] -= passing
        change[1:] += passing
        return change

    def at(self, start: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Chances of the cells at the times, (cells, T), from those at the start."""
        from scipy.linalg import eigh_tridiagonal

        root = np.sqrt(self.equilibrium)
        leaving = np.zeros(root.size)
        leaving[:-1] += self.up
        leaving[1:] += self.down
        rates, modes = eigh_tridiagonal(-leaving, np.sqrt(self.up * self.down))
        return root[:, None] * (modes @ (np.exp(rates[:, None] * times) * (modes.T @ (start / root))[:, None]))

    def divergence(self, chances: np.ndarray) -> np.ndarray:
        """From equilibrium, (T,), in nats: of terms that are not negative, so that small ones keep their digits."""
        off = chances / self.equilibrium[:, None] - 1
        inside = np.maximum(off, 1e-16 - 1)
        return self.equilibrium @ ((1 + inside) * np.log1p(inside) - off)

    def divergence_rate(self, chances: np.ndarray) -> np.ndarray:
        """By the flow between the cells, (T,)."""
        return np.sum(self.flow(chances) * self._structure(chances), axis=0)

    def _structure(self, chances: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(chances, 1e-300) / self.equilibrium[:, None])


def divergences_in_a_bowl(
    *,
    means: tuple[float, ...],
    variances: tuple[float, ...],
    reach: float,
    times: tuple[float, ...],
    step: float,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Divergence from equilibrium and its rate, in the potential x^2/2, from Gaussian starts.

    means, variances  of the starts
    reach             of the box to both sides of the bottom

    Values (2 starts, T): divergences, then rates. It is deterministic. Given: means and variances.
    """
    box, moments = Box(-reach, reach, step, (0.0, 0.0, 0.5)), np.asarray(times, dtype=float)
    found: list[np.ndarray] = []
    rates: list[np.ndarray] = []
    for mean, variance in zip(means, variances, strict=True):
        start = np.exp(-((box.middles - mean) ** 2) / (2 * variance))
        chances = box.at(start / start.sum(), moments)
        found.append(box.divergence(chances))
        rates.append(box.divergence_rate(chances))
    return Measurement(
        values=np.stack([*found, *rates]),
        axis=moments,
        given={"means": np.asarray(means), "variances": np.asarray(variances)},
        resolution={"step": step},
    )


def divergences_without_a_potential(
    *,
    length: float,
    constant: float,
    drops: tuple[tuple[float, float], ...],
    times: tuple[float, ...],
    step: float,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Divergence of dye from the uniform density, from drops that are spread evenly over a part of the box.

    drops     where each begins and ends, as shares of the length, at edges of cells
    constant  the diffusion constant

    Values (drops, T). It is deterministic. Given: drops (drops, 2), in units of the box; length; constant.
    """
    box, moments = Box(0.0, length, step, (0.0,), constant), np.asarray(times, dtype=float)
    rows = []
    for low, high in drops:
        inside = (box.middles > low * length) & (box.middles < high * length)
        rows.append(box.divergence(box.at(inside / inside.sum(), moments)))
    return Measurement(
        values=np.stack(rows),
        axis=moments,
        given={"drops": np.asarray(drops), "length": length, "constant": constant},
        resolution={"step": step},
    )
