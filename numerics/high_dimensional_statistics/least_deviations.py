"""Least absolute deviations for many regressions at once: an interior point that is moved to its vertex and certified.

The dual program, max y . a with X^T a = X^T 1 / 2 and a between 0 and 1, is followed along its central path by
predictor and corrector steps for all regressions together. The solution fits as many examples as there are parameters:
those of least residuals are fitted exactly, and the rest says whether that vertex is the solution. Where it does not,
the simplex method of SciPy solves the program. Source: Portnoy, Koenker, Statistical Science 12 (1997).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.backend import load_torch

SHORT, MOST, CLOSE = 0.9995, 60, 1e-7  # share of the way to the boundary; steps; relative gap at which to stop
SLACK = 1e-9  # by which a multiplier of the vertex may exceed its bound, for rounding


def absolute_deviations(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Parameters with the least sum of absolute residuals, by the simplex method on the dual program, (P, N) and (P,).

    Raises ArithmeticError if the program does not end well, or if its parameters leave another sum than it says.
    """
    from scipy.optimize import linprog  # takes a second to import

    found = linprog(-labels, A_eq=inputs.T, b_eq=np.zeros(inputs.shape[1]), bounds=(-1, 1), method="highs-ds")
    if found.status != 0:
        raise ArithmeticError(f"linear program: {found.message}")
    parameters = -np.asarray(found.eqlin.marginals)
    if abs(np.sum(np.abs(labels - inputs @ parameters)) + found.fun) > 1e-6 * abs(found.fun):
        raise ArithmeticError("the parameters are not those of the linear program")
    return parameters


def least_deviations(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The same for several regressions at once, exact to rounding: (R, P, N) and (R, P) to (R, N)."""
    near = next_to_solution(inputs, labels)
    parameters, certain = _vertices(inputs, labels, near)
    for number in np.flatnonzero(~certain):
        parameters[number] = absolute_deviations(inputs[number], labels[number])
    return parameters


def next_to_solution(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Parameters next to the solution, (R, N), with a sum of residuals within CLOSE of the least one.

    A parameter without any input is 0.
    """
    torch, turned = load_torch(), np.swapaxes(inputs, 1, 2)
    idle = np.eye(inputs.shape[2]) * ~np.any(inputs, axis=1)[:, None, :]

    def product(parameters: np.ndarray) -> np.ndarray:
        return np.asarray((inputs @ parameters[..., None])[..., 0])

    def solver(matrix: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        factors = torch.linalg.lu_factor(torch.from_numpy(matrix))
        return lambda right: torch.linalg.lu_solve(*factors, torch.from_numpy(right[..., None]))[..., 0].numpy()

    def summed(values: np.ndarray) -> np.ndarray:
        return np.asarray((turned @ values[..., None])[..., 0])

    x = np.full(labels.shape, 0.5)  # a, and what it lacks of its bound
    s = 1 - x
    y = -solver(turned @ inputs + idle)(summed(labels))
    rest = -labels - product(y)
    rest = np.where(rest == 0, 1e-3, rest)
    z, w = np.maximum(rest, 0) + 1e-6, np.maximum(-rest, 0) + 1e-6
    for _ in range(MOST):
        gap = np.sum(z * x + w * s, axis=1)
        if np.max(gap / np.sum(np.abs(labels + product(y)), axis=1)) < CLOSE:
            break
        weight = 1 / (z / x + w / s)
        solved = solver((turned * weight[:, None, :]) @ inputs + idle)
        r = z - w
        first = summed(weight * r)
        dy = solved(first)
        dx = weight * (product(dy) - r)
        dz, dw = -z * (1 + dx / x), -w * (1 - dx / s)
        primal, dual = _lengths(x, s, dx), _lengths(z, w, dz, dw)
        mu, ahead = gap, np.sum((z + dual * dz) * (x + primal * dx) + (w + dual * dw) * (s - primal * dx), axis=1)
        mu = (mu * (ahead / mu) ** 3 / (2 * labels.shape[1]))[:, None]
        crossed = dx * dz / x + dx * dw / s
        pull = mu * (1 / x - 1 / s)
        dy = solved(first + summed(weight * (crossed - pull)))
        before_z, before_w = dx * dz, -dx * dw
        dx = weight * (product(dy) + pull - r - crossed)
        dz = mu / x - z - z * dx / x - before_z / x
        dw = mu / s - w + w * dx / s - before_w / s
        primal, dual = _lengths(x, s, dx), _lengths(z, w, dz, dw)
        x, s = x + primal * dx, s - primal * dx
        y, z, w = y + dual * dy, z + dual * dz, w + dual * dw
    return -y


def _lengths(first: np.ndarray, second: np.ndarray, move: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
    """How far both can move, at most the whole way, before one is zero: (R, 1). The second moves by `other` or back.

    Both are positive.
    """
    towards = np.max(-move / first, axis=1), np.max((move if other is None else -other) / second, axis=1)
    return np.asarray(SHORT / np.maximum(np.maximum(*towards), SHORT)[:, None])


def _vertices(inputs: np.ndarray, labels: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parameters that fit the examples of least residuals exactly, and whether they are the solution.

    They are where the signs of all other residuals, weighted by their inputs, are balanced by the fitted examples with
    weights between -1 and 1.
    """
    count = inputs.shape[2]
    residuals = labels - (inputs @ near[..., None])[..., 0]
    fitted = np.argpartition(np.abs(residuals), count - 1, axis=1)[:, :count]
    own = np.take_along_axis(inputs, fitted[..., None], axis=1)
    parameters = np.linalg.solve(own, np.take_along_axis(labels, fitted, axis=1)[..., None])[..., 0]
    signs = np.sign(labels - (inputs @ parameters[..., None])[..., 0])
    np.put_along_axis(signs, fitted, 0.0, axis=1)
    pulled = (np.swapaxes(inputs, 1, 2) @ signs[..., None])[..., 0]
    weights = np.linalg.solve(np.swapaxes(own, 1, 2), -pulled[..., None])[..., 0]
    return parameters, np.max(np.abs(weights), axis=1) <= 1 + SLACK
