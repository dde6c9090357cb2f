"""Covariance (NNGP) and neural tangent kernel of pairs of inputs of one length, layer by layer.

NTK parametrization: a layer maps h to sigma_w w phi(h) / sqrt(fan-in) + sigma_b b with w, b unit normal, and gradients
are those by w and b. The first layer is linear in the input: there the tangent kernel is the covariance K, and

    Theta = K' + sigma_w^2 E phi'(h) phi'(h') Theta_before,     K' = sigma_b^2 + sigma_w^2 E phi(h) phi(h').

Source: Jacot et al. 2018; Lee et al. 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.solvers.closed_kernels import ClosedKernel
from numerics.solvers.correlation import average_product
from numerics.solvers.hermite import coefficients
from numerics.solvers.moments import LARGEST, SMALLEST
from numerics.solvers.nonlinearity import Nonlinearity

SAME = 4e-16  # relative change of a length or a correlation below which a layer repeats the one before


@dataclass(frozen=True, kw_only=True)
class Tangent:
    """Per layer, the first included: lengths q, shape (L + 1,), covariance and tangent kernel, shape (L + 1, n).

    ntk and ntk_alike (an input with itself, shape (L + 1,)) are None where phi jumps: E phi'^2 is then infinite.
    """

    q: np.ndarray
    nngp: np.ndarray
    ntk: np.ndarray | None
    ntk_alike: np.ndarray | None


def pair_averages(
    phi: Nonlinearity, closed: ClosedKernel | None, q: float, c: np.ndarray, order: int = 0
) -> np.ndarray:
    """E f(h) f(h') for correlations c, shape (n,), both fields of variance q, f = phi (order 0) or phi' (1).

    By the closed form if there is one, by Mehler's formula if phi is smooth, else pair by pair. Raises ArithmeticError
    where averages do not exist or do not settle.
    """
    if closed is not None:
        function = closed.slope if order else closed.product
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.broadcast_to(function(np.asarray(q), np.asarray(q), c), c.shape)
        if not np.all(np.isfinite(found)):
            raise ArithmeticError(f"averages of {phi.name} at length {q:g} exceed the numbers of float64")
        return found
    if not SMALLEST <= q <= LARGEST:
        raise ArithmeticError(
            f"averages of {phi.name} are offered at lengths from {SMALLEST:.2g} to {LARGEST:g}, not {q:g}"
        )
    if not phi.breakpoints:
        try:
            squares = coefficients(phi, np.array([q]), order=order)[0] ** 2
        except ArithmeticError:
            pass  # too sharp for the series
        else:
            return np.polynomial.polynomial.polyval(c, squares)
    return np.array([average_product(phi, q, float(value), order=order) for value in c])


def tangent(
    phi: Nonlinearity,
    closed: ClosedKernel | None,
    q: float,
    c: np.ndarray,
    sigma_w: float,
    sigma_b: float,
    layers: int,
    differentiable: bool = True,
) -> Tangent:
    """Kernels through `layers` layers above one whose preactivations have length q and correlations c, shape (n,)."""
    w2, b2 = sigma_w**2, sigma_b**2
    with_itself = np.append(np.asarray(c, dtype=float), 1.0)
    length, covariance, theta = float(q), q * with_itself, q * with_itself
    rows = [(length, covariance, theta)]
    before: tuple[float, np.ndarray] | None = None
    for _ in range(layers):
        correlation = np.clip(covariance / length, -1, 1)
        correlation[-1] = 1.0
        here = (length, correlation)
        if before is None or not _same(here, before):
            product = pair_averages(phi, closed, length, correlation)
            slope = (
                pair_averages(phi, closed, length, correlation, order=1)
                if differentiable
                else np.zeros_like(with_itself)
            )
            before = here
        covariance = b2 + w2 * product
        length = float(covariance[-1])
        if not length > 0:
            raise ArithmeticError(f"inputs of {phi.name} shrink to length zero, where they have no correlation")
        theta = covariance + w2 * slope * theta if differentiable else theta
        rows.append((length, covariance, theta))
    lengths, nngp, ntk = (np.array(column) for column in zip(*rows, strict=True))
    return Tangent(
        q=lengths,
        nngp=nngp[:, :-1],
        ntk=ntk[:, :-1] if differentiable else None,
        ntk_alike=ntk[:, -1] if differentiable else None,
    )


def _same(here: tuple[float, np.ndarray], before: tuple[float, np.ndarray]) -> bool:
    return abs(here[0] - before[0]) <= SAME * here[0] and bool(np.all(np.abs(here[1] - before[1]) <= SAME))
