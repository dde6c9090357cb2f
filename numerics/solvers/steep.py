"""Quadrature that no steep, oscillating or bumpy activation escapes: panels cut until the function is resolved on each.

Whether it is, is read from the coefficients of the Legendre series on the panel: they must have decayed. Halving the
spacing and seeing no change is no such test, since all nodes may miss an oscillation in the same way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.solvers.lattice import POINTS, SPAN, gaussian, legendre
from numerics.solvers.nonlinearity import Nonlinearity

SPANS, OUTSIDE = (SPAN, 2 * SPAN, 4 * SPAN), 1e-15  # deviations that are covered; what the last of them may hold
RESOLVED = 1e-9  # of the last of 20 Legendre coefficients: the rule is exact to degree 39, hence to its square
NEGLIGIBLE = 1e-15  # of the whole average: coefficients below it are rounding, or of no weight
SMOOTH, ROUNDED = 0.05, 1e-5  # of the reach, and of what is averaged
LEVELS, PANELS = 60, 3000  # of cutting; an activation that needs more is not resolved
GIVEN_UP = 34  # levels after which an average that diverges (as E phi''^2 of |x|^1.5) is called infinite
HALF_LINE = 1e-17  # relative width below which a panel cannot be cut


def adaptive(
    phi: Nonlinearity, low: float, high: float, averaged: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes x, shape (n,), and what is averaged there with its weight, shape (n, columns), for variances low to high.

    `averaged` maps places (n,) to columns (n, columns). Raises ArithmeticError where more panels would be needed, or
    what is averaged outgrows the Gaussian.
    """
    for span in SPANS:  # a wider one where phi grows like an exponential
        x, rows = _panels(phi, low, high, averaged, span)
        weight = np.abs(rows) * gaussian(x, np.array([high]))[0][:, None]
        outside = weight[np.abs(x) > (span - 1) * np.sqrt(high)].sum(axis=0)
        if not np.any(outside > OUTSIDE * weight.sum(axis=0)):
            return x, rows
    raise ArithmeticError(f"{phi.name} grows too fast for a Gaussian of variance {high:g}")


def _panels(
    phi: Nonlinearity, low: float, high: float, averaged: Callable[[np.ndarray], np.ndarray], span: float
) -> tuple[np.ndarray, np.ndarray]:
    edges = _edges(phi, low, high, span)
    start, end = edges[:-1], edges[1:]
    nodes, weights = legendre(POINTS)
    transform = np.polynomial.legendre.legvander(nodes, POINTS - 1).T * weights * (np.arange(POINTS) + 0.5)[:, None]
    kinks = np.array(phi.breakpoints)
    kept_x, kept_rows, settled, diverges = [], [], 0.0, np.False_
    for level in range(LEVELS):
        half = (end - start) / 2
        x = (start + end)[:, None] / 2 + half[:, None] * nodes
        np.clip(x, np.nextafter(start, np.inf)[:, None], np.nextafter(end, -np.inf)[:, None], out=x)
        values = averaged(x.ravel()).reshape(*x.shape, -1)
        mass = 2 * half * _density(start, end, low, high)
        sizes = np.abs(values).max(axis=1)
        if not np.all(np.isfinite(sizes) | (mass[:, None] == 0)):
            raise ArithmeticError(f"{phi.name} grows too fast for a Gaussian of variance {high:g}")
        rows = values * (half[:, None] * weights)[..., None]
        total = settled + np.abs(rows * _density(x, x, low, high)[..., None]).sum(axis=(0, 1))
        tails = np.abs(np.einsum("kn,pnc->pkc", transform[-4:], values)).max(axis=1)
        good = (tails <= RESOLVED * sizes) | (tails * mass[:, None] <= NEGLIGIBLE * total)
        if level > GIVEN_UP:  # an integrable power at a kink has become negligible by now
            diverges = diverges | ~np.all(good, axis=0)
            good |= diverges
        # On a twentieth of the distance to a singularity small coefficients that do not fall further are rounding.
        rounding = np.all(tails <= ROUNDED * sizes, axis=1) & (half <= SMOOTH * phi.reach)
        smooth = rounding & ~np.isin(start, kinks) & ~np.isin(end, kinks)
        fine = np.all(good, axis=1) | smooth | (half <= HALF_LINE * np.maximum(np.abs(start), np.abs(end)))
        kept_x.append(x[fine].ravel())
        kept_rows.append(rows[fine].reshape(-1, values.shape[-1]))
        settled = settled + np.abs(rows[fine] * _density(x[fine], x[fine], low, high)[..., None]).sum(axis=(0, 1))
        if np.all(fine):
            whole = np.concatenate(kept_rows)
            whole[:, np.broadcast_to(diverges, whole.shape[1])] = np.inf
            return np.concatenate(kept_x), whole
        start, end = start[~fine], end[~fine]
        middle = (start + end) / 2
        start, end = np.concatenate([start, middle]), np.concatenate([middle, end])
        if len(start) > PANELS:
            break
    raise ArithmeticError(f"averages of {phi.name} at variance {low:g} do not settle: it varies too fast")


def _edges(phi: Nonlinearity, low: float, high: float, span: float) -> np.ndarray:
    """Panels two of the smaller deviations long, cut at kinks and around the places where phi may bend."""
    end, step = span * np.sqrt(high), 2 * np.sqrt(low)
    count = int(np.ceil(end / step))
    edges = [np.linspace(-end, end, 2 * count + 1), [c for c in phi.breakpoints if -end < c < end]]
    for centre, width in phi.scales:
        if abs(centre) < end + width and width < step:
            around = width * 2.0 ** np.arange(int(np.ceil(np.log2(step / width))) + 1)
            edges.append(np.concatenate([centre - around, [centre], centre + around]))
    line = np.unique(np.concatenate([np.asarray(e, dtype=float) for e in edges]))
    return line[(line >= -end) & (line <= end)]


def _density(start: np.ndarray, end: np.ndarray, low: float, high: float) -> np.ndarray:
    """The largest density on each panel of any Gaussian of variance between low and high."""
    nearest = np.where(start * end <= 0, 0.0, np.minimum(np.abs(start), np.abs(end)))
    q = np.clip(nearest**2, low, high)  # the density at x is largest for q = x^2
    return np.exp(-(nearest**2) / (2 * q)) / np.sqrt(2 * np.pi * q)
