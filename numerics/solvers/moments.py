"""Gaussian averages of an activation, for arrays of variances."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy import special

from numerics.solvers.lattice import gaussian, panels, sinh_lattice
from numerics.solvers.nonlinearity import Nonlinearity

SMALLEST, LARGEST = 2.0**-20, 1e6  # variances for which averages are offered
TOLERANCE = 2e-14  # relative change on halving the spacing at which a rule counts as converged
CANCELLATION = 4e-16  # added to it, in units of sqrt(q): e^x - 1 and the like lose digits near zero
HALVINGS = 5
REACHES = (1.0, 8.0, 0.125, 64.0)  # tried in turn, in units of the activation's reach
BLOCK = 2048  # variances worked on at a time, so that temporaries stay in cache


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Averages over h of variance q, each of the shape of q.

    square     E phi(h)^2
    gradient   E phi'(h)^2
    curvature  E phi''(h)^2; None where phi' jumps
    slope      d/dq E phi(h)^2
    """

    square: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray | None
    slope: np.ndarray


def moments(phi: Nonlinearity, q: np.ndarray | float) -> Moments:
    """The averages that mean-field theory needs, at variances q of any shape, to about 1e-13.

    Raises ValueError for a variance outside [SMALLEST, LARGEST], ArithmeticError where the rule does not converge (an
    activation that grows too fast, or varies on a scale far below its `reach`).
    """
    variance = np.asarray(q, dtype=float)
    if not np.all((variance >= SMALLEST) & (variance <= LARGEST)):
        raise ValueError(f"variances from {SMALLEST:g} to {LARGEST:g} are offered, not {np.min(q):g} to {np.max(q):g}")
    flat = variance.ravel()
    table = np.empty((len(flat), 4))
    if phi.closed is not None:
        table[:] = np.stack(CLOSED[phi.closed](flat), axis=1)
    else:
        octaves = np.floor(np.log2(flat)).astype(int)
        for k in np.unique(octaves):
            chosen = np.flatnonzero(octaves == k)
            x, features = _features(phi, int(k))
            for start in range(0, len(chosen), BLOCK):
                part = chosen[start : start + BLOCK]
                table[part] = gaussian(x, flat[part]) @ features
        table[:, 3] /= flat
    square, gradient, curvature, slope = (column.reshape(variance.shape) for column in table.T)
    jumps = phi.second is None
    return Moments(square=square, gradient=gradient, curvature=None if jumps else curvature, slope=slope)


@functools.lru_cache(maxsize=4096)
def _features(phi: Nonlinearity, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n,) and what is averaged at them with its weight (n, 4), for variances in [2^k, 2^(k+1)]."""
    low, high = 2.0**k, 2.0 ** (k + 1)
    ends = np.array([low, np.sqrt(low * high), high])
    for reach in REACHES:
        x, features = coarser = _rule(phi, low, high, reach * phi.reach, 1.0)
        before = gaussian(x, ends) @ features
        for halving in range(1, HALVINGS):
            x, features = finer = _rule(phi, low, high, reach * phi.reach, 2.0**-halving)
            found = gaussian(x, ends) @ features
            if not np.all(np.isfinite(found)):
                raise ArithmeticError(f"{phi.name} grows too fast for a Gaussian of variance {high:g}")
            allowed = TOLERANCE + CANCELLATION / np.sqrt(low)
            if np.all(np.abs(found - before) <= allowed * _sizes(found, ends, phi.reach)):
                return coarser
            coarser, before = finer, found
    raise ArithmeticError(f"averages of {phi.name} at variance {low:g} do not settle to {TOLERANCE:g}")


def _sizes(found: np.ndarray, q: np.ndarray, reach: float) -> np.ndarray:
    """What each average is to be resolved against: itself; with phi'' also phi'; E h phi phi' by Cauchy and Schwarz."""
    square, gradient, curvature, _ = found.T
    return np.stack([square, gradient, curvature + gradient / reach**2, np.sqrt(q * square * gradient)], axis=1)


def _rule(phi: Nonlinearity, low: float, high: float, reach: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(all="ignore"):
        if phi.breakpoints:
            x, weight = panels(low, high, reach, phi.breakpoints, spacing)
            return x, _averaged(phi, x) * weight[:, None]
        x, weight = sinh_lattice(low, high, reach, spacing)
        return x, (_averaged(phi, x) + _averaged(phi, -x)) * weight[:, None]


def _averaged(phi: Nonlinearity, x: np.ndarray) -> np.ndarray:
    value, first = phi.value(x), phi.first(x)
    second = phi.second(x) ** 2 if phi.second is not None else np.zeros_like(x)
    return np.stack(np.broadcast_arrays(value**2, first**2, second, x * value * first), axis=1)


def _relu(q: np.ndarray) -> tuple[np.ndarray, ...]:
    half = np.full_like(q, 0.5)
    return q / 2, half, np.zeros_like(q), half


def _erf(q: np.ndarray) -> tuple[np.ndarray, ...]:
    """Source: Williams 1996, Computing with infinite networks; phi = erf(x)."""
    wide = 1 + 2 * q
    root = np.sqrt(1 + 4 * q)
    slope = 4 / (np.pi * wide * root)
    return 2 / np.pi * np.arcsin(2 * q / wide), 4 / (np.pi * root), 16 * q / (np.pi * root**3), slope


def _hard_tanh(q: np.ndarray) -> tuple[np.ndarray, ...]:
    # erf(a) - 2 a exp(-a^2) / sqrt(pi), a = 1 / sqrt(2 q), as one function: the terms cancel when q is large.
    slope = special.gammainc(1.5, 0.5 / q)
    edge = 1 / np.sqrt(2 * q)
    return q * slope + special.erfc(edge), special.erf(edge), np.zeros_like(q), slope


def _sin(q: np.ndarray) -> tuple[np.ndarray, ...]:
    decay = np.exp(-2 * q)
    square = -np.expm1(-2 * q) / 2
    return square, (1 + decay) / 2, square, decay


CLOSED = {"relu": _relu, "erf": _erf, "hard_tanh": _hard_tanh, "sin": _sin}
