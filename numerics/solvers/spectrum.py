r"""Laws of the squared singular values of deep networks' Jacobians: density, atoms, cdf, quantiles, moments.

With m(z) the mean of lambda / (z - lambda), the density at lambda is |Im m| / (pi lambda). A solver gives a law as a
path: a monotone parameter x -> (log lambda, |Im m| / pi, d log lambda / dx), so that no root of a polynomial is ever
chosen. Here the path is cut into panels of Gauss-Legendre nodes until mass and mean are resolved; everything else is
worked out from the panels' Legendre series. A law whose mass or mean is off by more than 1e-10 is refused.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NODES = 16  # of a panel
ROUNDS = 44  # bisections: an edge inside a panel is resolved by halving
RESOLVED = 4e-15  # mass and mean (of 1) that a panel may leave unresolved, at depth 1
DEEPER = 0.5  # what a layer adds to it, in the same unit: rounding of log lambda, a sum over layers
FINE = 2e-12  # relative size of what may be unresolved of log lambda and of the height, where there is mass
SMALL = 1e-4  # mass below which the height may be coarser, in proportion
ROUGH, BENT = 1e4, 0.05  # roughness that may be rounding, and the same as a share of the height
FASTER = 4.0  # by how much halving lowers what is no rounding
EMPTY = 1e-13  # mass of a panel whose shape need not be resolved, and which is not drawn
LARGEST, DENSE = 690.0, 64  # of |log lambda| where a density is drawn; places of a panel where its sign is looked at
MOST = 1000  # panels
ALLOWED = 1e-10  # of mass and mean, on every call
INVERSIONS = 60
ROUNDING = 1e-15  # of masses
GAP = 1e-9  # in log lambda, between two intervals

Atoms = tuple[tuple[float, float], ...]
Path = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """The law of the eigenvalues of J J^T for a network of `depth` layers in the limit of infinite width.

    atoms       pairs (place, mass), places in ascending order
    edges       the smallest and the largest lambda, atoms included: exact, not those of the panels
    mean        exact mean; `mass_error` and `mean_error` say how far the law as computed is off (the latter relative)
    log_edges   ends of the panels' log lambda, shape (P, 2), ascending
    log_series  Legendre series of log lambda on each panel, (P, n); `height_series` of lambda times the density
    mass_series of the mass below, within a panel, (P, n + 1); `below` is the continuous mass below each panel
    """

    name: str
    depth: int
    atoms: Atoms
    edges: tuple[float, float]
    mean: float
    mass_error: float
    mean_error: float
    log_edges: np.ndarray
    log_series: np.ndarray
    height_series: np.ndarray
    mass_series: np.ndarray
    below: np.ndarray
    nodes: tuple[np.ndarray, np.ndarray]  # log lambda and mass of the quadrature nodes, in ascending order

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """The intervals on which there is a density, down to where it has no mass left that counts."""
        if not len(self.log_edges):
            return ()
        gaps = np.flatnonzero(self.log_edges[1:, 0] > self.log_edges[:-1, 1] + GAP)
        starts, ends = np.append(0, gaps + 1), np.append(gaps, len(self.log_edges) - 1)
        low, high = np.exp(self.log_edges[starts, 0]), np.minimum(np.exp(self.log_edges[ends, 1]), self.edges[1])
        return tuple(zip(low.tolist(), high.tolist(), strict=True))

    def density(self, values: np.ndarray | float) -> np.ndarray:
        """The density at lambda, of the shape of `values`; atoms have none, and neither has lambda <= 0."""
        place = np.asarray(values, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            panel, u = self._inside(np.log(place))
            height = np.where(panel >= 0, _series(self.height_series[panel], u), 0.0)
            return np.where(height > 0, height / place, 0.0)

    def cdf(self, values: np.ndarray | float) -> np.ndarray:
        """The mass at and below lambda, atoms included, of the shape of `values`."""
        place = np.asarray(values, dtype=float)
        atoms = sum((mass * (place >= where) for where, mass in self.atoms), np.zeros(place.shape))
        return np.clip(self._continuous_below(place) + atoms, 0.0, 1.0)

    def fraction(self, low: float, high: float) -> float:
        """The mass in the closed interval [low, high], atoms included."""
        ends = self._continuous_below(np.array([low, high]))
        return float(ends[1] - ends[0] + sum(mass for where, mass in self.atoms if low <= where <= high))

    def quantile(self, levels: np.ndarray | float) -> np.ndarray:
        """The smallest lambda with cdf >= level, for levels in [0, 1], of the shape of `levels`.

        Raises ValueError for a level outside.
        """
        level = np.asarray(levels, dtype=float)
        if not np.all((level >= 0) & (level <= 1)):
            raise ValueError(f"levels lie between 0 and 1, not {np.min(level):g} to {np.max(level):g}")
        steps, offset = [], 0.0  # of the levels: the continuous mass, interrupted by the atoms
        for where, mass in self.atoms:
            steps.append((float(self._continuous_below(np.array(where))) + offset, where, mass))
            offset += mass
        left = level - sum((np.clip(level - start, 0, mass) for start, _, mass in steps), np.zeros(level.shape))
        if len(self.log_edges):
            panel = np.clip(np.searchsorted(self.below, left, side="right") - 1, 0, len(self.log_edges) - 1)
            u = _inverse(self.mass_series[panel], left - self.below[panel])
            found = np.exp(_series(self.log_series[panel], u))
        else:
            found = np.full(level.shape, steps[-1][1])
        for start, where, mass in steps:
            last = where == self.edges[1]  # whatever rounding says, the whole mass ends there
            found = np.where((level > start + ROUNDING) & (last | (level <= start + mass)), where, found)
        return np.clip(np.where(level > 0, found, self.edges[0]), *self.edges)

    def moment(self, order: float) -> float:
        """The mean of lambda^order; for a negative order the law must have no atom at 0."""
        log, mass = self.nodes
        total = float(np.sum(mass * np.exp(order * log)))
        return total + sum(mass * where**order for where, mass in self.atoms)

    @property
    def variance(self) -> float:
        """Of lambda."""
        log, mass = self.nodes
        spread = np.sum(mass * (np.exp(log) - self.mean) ** 2)
        return float(spread + sum(mass * (where - self.mean) ** 2 for where, mass in self.atoms))

    def curve(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """(lambda, density) at `count` places or a few more, closer to each other where the density bends: for drawing.

        There are none where next to no mass lies, and where lambda or its inverse is no floating-point number.
        """
        series, dips = self._drawn
        panels = len(series) // 2
        values = series.dot(_places(-(-count // max(panels, 1))))
        place, height = np.exp(values[:panels]), values[panels:]
        return place.ravel(), ((np.maximum(height, 0.0) if dips else height) / place).ravel()

    @functools.cached_property
    def _drawn(self) -> tuple[np.ndarray, bool]:
        """The series of log lambda on the panels to draw above those of the height, (2 P, n); is one not positive?"""
        log, mass = (v.reshape(-1, NODES) for v in self.nodes)
        with np.errstate(over="ignore", under="ignore"):
            moment = mass * np.exp(log - np.log(self.mean))
        share = np.maximum(mass.sum(axis=1), moment.sum(axis=1))
        drawn = (share > EMPTY * share.max(initial=0.0)) & (np.abs(self.log_edges).max(axis=1) < LARGEST)
        heights = self.height_series[drawn]
        return np.concatenate([self.log_series[drawn], heights]), bool(np.any(heights.dot(_places(DENSE)) < 0))

    def _continuous_below(self, place: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.where(place > 0, np.log(place), -np.inf)
        if not len(self.log_edges):
            return np.zeros(place.shape)
        panel, u = self._inside(log)
        after = np.searchsorted(self.log_edges[:, 1], log, side="left")  # panels that end below
        full = np.append(self.below, self.below[-1] + self.mass_series[-1].sum())
        return np.where(panel >= 0, self.below[panel] + _series(self.mass_series[panel], u), full[after])

    def _inside(self, log: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The panel of each log lambda (-1: none) and the place in it, from -1 to 1."""
        if not len(self.log_edges):
            return np.full(log.shape, -1), np.zeros(log.shape)
        panel = np.searchsorted(self.log_edges[:, 0], log, side="right") - 1
        inside = (panel >= 0) & (log <= self.log_edges[panel, 1])
        kept = np.where(inside, panel, 0)
        start = self.log_edges[kept, 0]
        u = _inverse(self.log_series[kept], np.where(inside, log, start))
        return np.where(inside, panel, -1), u


# ------------------------------------------------------------------------------------------------ from a path to a law


def resolved(
    name: str,
    depth: int,
    path: Path,
    ends: np.ndarray,
    mean: float,
    atoms: Atoms,
    log_edges: tuple[float, float] | None,
    noise: float = 1.0,
) -> Spectrum:
    """The law on a path; `ends` are the first panels' ends in ascending order of x, `log_edges` those of the density.

    `noise` is how much coarser a path is than one in closed form: what is below is not resolved further.
    Raises ArithmeticError with one line where mass or mean (`mean`, known exactly) are off by more than 1e-10.
    """
    left, right = ends[:-1], ends[1:]
    before = np.full(len(left), np.inf)  # roughness of the panels that were halved
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    done, log_mean = 0, np.log(mean)
    for _ in range(ROUNDS):
        half = (right - left)[:, None] / 2
        x = (left + right)[:, None] / 2 + half * _rule()[0]
        values = np.empty((4, *x.shape))  # mass, first moment, log lambda, height
        mass, moment, log, height = values
        log[:], height[:], rate = (v.reshape(x.shape) for v in path(x.ravel()))
        np.multiply(height * rate, half, out=mass)
        moment.fill(0.0)
        np.multiply(mass, np.exp(log - log_mean, where=mass > 0, out=moment), out=moment)
        series = values.reshape(-1, NODES).dot(_projector()).reshape(values.shape)
        coarse, rough = _coarse(series, depth, noise, before)
        number = int(np.count_nonzero(coarse))
        if done + len(left) + number > MOST or not number:  # whether the former is good enough, mass and mean will tell
            parts.append((left, values, series))
            break
        fine, done = ~coarse, done + len(left) - number
        parts.append((left[fine], values[:, fine], series[:, fine]))
        middle = (left + right)[coarse] / 2
        left = np.stack([left[coarse], middle], axis=1).ravel()
        right = np.stack([middle, right[coarse]], axis=1).ravel()
        before = np.repeat(rough[coarse], 2)
    if len(parts) > 1:
        order = np.argsort(np.concatenate([part[0] for part in parts]))
        values, series = (np.concatenate([part[k] for part in parts], axis=1)[:, order] for k in (1, 2))
    return _checked(name, depth, values, series, mean, atoms, log_edges)


def _coarse(series: np.ndarray, depth: int, noise: float, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which panels are to be halved, and how rough they are in units of what is allowed.

    series  of mass, first moment, log lambda and height, (4, P, n)

    What is left of a small roughness that halving did not lower is rounding, and is not halved again.
    """
    resolved, fine = noise * RESOLVED * (1 + DEEPER * depth), noise * FINE
    last, whole = np.abs(series).reshape(-1, NODES).dot(_bounds()).T.reshape(2, 4, -1)
    left_over = np.maximum(last[0], last[1]) > resolved
    share = 2 * np.maximum(series[0, :, 0], series[1, :, 0])
    loose = np.maximum(1, SMALL / np.maximum(share, EMPTY))  # of the height, where there is little mass
    bent = np.divide(last[3], whole[3], out=np.zeros_like(share), where=whole[3] > 0)
    rough = np.maximum(last[2] / (1 + 1e-2 * whole[2]), bent / loose) / fine
    rounding = (rough < ROUGH) & (bent < BENT) & (rough > before / FASTER)
    return left_over | ((share > noise * EMPTY) & (rough > 1) & ~rounding), rough


def _checked(
    name: str,
    depth: int,
    values: np.ndarray,
    series: np.ndarray,
    mean: float,
    atoms: Atoms,
    edges: tuple[float, float] | None,
) -> Spectrum:
    shares = 2 * series[:2, :, 0]
    mass_error, mean_error = (float(v) for v in shares.sum(axis=1) - 1)
    mass_error += sum(mass for _, mass in atoms)
    mean_error += sum(mass * place for place, mass in atoms) / mean
    if not (abs(mass_error) <= ALLOWED and abs(mean_error) <= ALLOWED):
        raise ArithmeticError(
            f"the spectrum of {name} at depth {depth} is refused: its mass is off by {mass_error:.1g} and its mean by "
            f"{mean_error:.1g}, where {ALLOWED:g} is allowed"
        )
    if not shares[0].all():
        kept = shares[0] != 0
        values, series, shares = values[:, kept], series[:, kept], shares[:, kept]
    places = [place for place, _ in atoms] + ([math.exp(edge) for edge in edges] if edges else [])
    return Spectrum(
        name=name,
        depth=depth,
        atoms=tuple(sorted(atoms)),
        edges=(min(places), max(places)),
        mean=mean,
        mass_error=mass_error,
        mean_error=mean_error,
        log_edges=series[2].dot(_ends()),
        log_series=series[2],
        height_series=series[3],
        mass_series=series[0].dot(_integrator()),
        below=shares[0].cumsum() - shares[0],
        nodes=(values[2].ravel(), (values[0] * _rule()[1]).ravel()),
    )


# ------------------------------------------------------------------------------------------------ Legendre series


@functools.cache
def _rule() -> tuple[np.ndarray, np.ndarray]:
    """Nodes of a panel and their weights; numpy solves for them at every call."""
    return np.polynomial.legendre.leggauss(NODES)


@functools.cache
def _projector() -> np.ndarray:
    """Values at the nodes -> coefficients, shape (n, n)."""
    node, weight = _rule()
    return (weight * _basis(node, NODES - 1).T * (np.arange(NODES)[:, None] + 0.5)).T


@functools.cache
def _ends() -> np.ndarray:
    """Coefficients -> the values at both ends of a panel, shape (n, 2)."""
    return np.stack([(-1.0) ** np.arange(NODES), np.ones(NODES)], axis=1)


@functools.lru_cache(maxsize=64)
def _places(count: int) -> np.ndarray:
    """Legendre polynomials at Chebyshev's places inside a panel, shape (n, count)."""
    return _basis(-np.cos(np.pi * (np.arange(count) + 0.5) / count), NODES - 1).T.copy()


def _basis(u: np.ndarray, degree: int) -> np.ndarray:
    """Legendre polynomials of degree 0 to `degree`, shape (*u.shape, degree + 1)."""
    return np.polynomial.legendre.legvander(np.ravel(u), degree).reshape(*np.shape(u), degree + 1)


@functools.cache
def _integrator() -> np.ndarray:
    """Coefficients -> those of the integral from -1, shape (n, n + 1): P_k has (P_(k+1) - P_(k-1)) / (2k + 1)."""
    return np.stack([np.polynomial.legendre.legint(unit, lbnd=-1) for unit in np.eye(NODES)])


@functools.cache
def _bounds() -> np.ndarray:
    """Absolute coefficients -> bounds of what the last four add up to, and of the whole series, shape (n, 2)."""
    return np.stack([np.arange(NODES) >= NODES - 4, np.ones(NODES)], axis=1)


def _series(coefficients: np.ndarray, u: np.ndarray) -> np.ndarray:
    """One series at one place each: coefficients (..., n), u (...)."""
    return np.einsum("...k,...k->...", coefficients, _basis(u, coefficients.shape[-1] - 1))


def _inverse(coefficients: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Where in [-1, 1] a rising series has a value: Newton's method inside a bracket that halves when it must."""
    shape, count = value.shape, coefficients.shape[-1]
    series, goal = coefficients.reshape(-1, count), np.ravel(value)
    slopes = np.polynomial.legendre.legder(series, axis=1)
    start, end = series @ (-1.0) ** np.arange(count), series.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.clip(np.nan_to_num(2 * (goal - start) / (end - start) - 1), -1, 1)
    settled = 4e-16 * (np.abs(end - start) + np.abs(goal))
    low, high = np.full(goal.shape, -1.0), np.ones(goal.shape)
    open_ = np.arange(len(goal))
    for _ in range(INVERSIONS):
        at = u[open_]
        basis = _basis(at, count - 1)
        excess = np.einsum("ik,ik->i", series[open_], basis) - goal[open_]
        slope = np.einsum("ik,ik->i", slopes[open_], basis[:, :-1])
        low[open_] = np.where(excess <= 0, at, low[open_])
        high[open_] = np.where(excess >= 0, at, high[open_])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = at - excess / slope
        step = np.where((step >= low[open_]) & (step <= high[open_]), step, (low[open_] + high[open_]) / 2)
        done = np.abs(excess) <= settled[open_]
        u[open_] = np.where(done, at, step)
        open_ = open_[~done & (np.abs(step - at) > 1e-15)]
        if not len(open_):
            break
    return u.reshape(shape)
