"""One hidden layer that multiplies n variables: built from signs, and searched for with fewer neurons."""

from __future__ import annotations

import itertools
import math

import numpy as np

from numerics.cheap_learning.multiplication import INPUT_WEIGHTS, OUTPUT_SIGNS, Activation, forward
from numerics.measurement import Measurement
from numerics.streams import Stream

SOLVED, LARGEST_WEIGHT = 1e-9, 1e4
PRECISE = 1e-3  # relative: error of networks in float64 at the scales at which they are run


def exponents(variables: int, least: int, most: int) -> list[tuple[int, ...]]:
    """Exponents of all monomials whose degree lies between `least` and `most`."""
    return [e for e in itertools.product(range(most + 1), repeat=variables) if least <= sum(e) <= most]


def built(
    *,
    variables: tuple[int, ...],
    activation: Activation,
    bias: float,
    coefficient: dict[int, float],
    curvature: float,
    stream: Stream,
    device: str,
    power: bool = False,
) -> Measurement:
    """Flat networks with all signs for weights and deep ones of gates, run at random inputs, and counted.

    `coefficient` are Taylor coefficients of the activation at the bias, by order, and `curvature` that of the second
    one. With `power` the flat network has the activation x^n, no bias, and a neuron for one of two opposite signs.
    Values, shape (4, variables): neurons of the flat and the deep network, then weights that are not zero of the flat
    one and of the gates. Raises ArithmeticError if a network does not multiply. `device` is unused.
    """
    rows = []
    for count in variables:
        inputs = stream.child(count).generator().uniform(0.5, 1.2, (count, 12))
        exact = np.prod(inputs, axis=0)
        signs = np.array(list(itertools.product((1, -1), repeat=count)), dtype=float)
        if power:
            signs = signs[signs[:, 0] > 0]
            hidden, order = (signs @ inputs) ** count, 1.0
        else:
            scale = 10 ** (-6 / (count + 2))  # rounding is 1e-16 over its power n, the error its square
            hidden, order = activation(scale * signs @ inputs + bias), coefficient[count] * scale**count
        readout = np.prod(signs, axis=1) / (order * len(signs) * math.factorial(count))
        _require(readout @ hidden, exact, 0.2, f"one hidden layer of {len(signs)} neurons")
        parts = list(inputs)
        gates = 0
        while len(parts) > 1:
            pair = np.stack([parts.pop(0), parts.pop(0)], axis=1)
            parts.append(forward(pair, activation, bias, curvature, 1e-2))
            gates += 1
        _require(parts[0], exact, PRECISE, f"{gates} gates")
        flat, of_a_gate = np.count_nonzero(signs) + np.count_nonzero(readout), np.count_nonzero(INPUT_WEIGHTS)
        rows.append(
            [len(signs), gates * len(INPUT_WEIGHTS), flat, gates * (of_a_gate + np.count_nonzero(OUTPUT_SIGNS))]
        )
    return Measurement(values=np.array(rows, dtype=float).T, axis=np.array(variables, dtype=float))


def _require(output: np.ndarray, exact: np.ndarray, tolerance: float, what: str) -> None:
    if np.max(np.abs(output / exact - 1)) > tolerance:
        raise ArithmeticError(f"{what} do not multiply: {output} for {exact}")


def searched(
    *, shapes: tuple[tuple[int, int], ...], tries: int, stream: Stream, device: str, power: bool = False
) -> Measurement:
    """Searches for one hidden layer whose Taylor polynomial of degree n is the product, for (n, neurons).

    Input and output weights start at random places near those of the construction and move by damped Gauss-Newton
    steps, until all moments of order up to n (of order n alone with `power`) are those of the product. Values, shape
    (1, shapes): tries, out of `tries`, that reach it with weights below LARGEST_WEIGHT. `device` is unused. Given:
    `shapes`.
    """
    counts = []
    for number, (variables, neurons) in enumerate(shapes):
        degrees = np.array(exponents(variables, variables if power else 0, variables))
        target = np.all(degrees == 1, axis=1).astype(float)
        signs = np.array(list(itertools.product((1, -1), repeat=variables)), dtype=float)
        if power:
            signs = signs[signs[:, 0] > 0]
        solved = 0
        for attempt in range(tries):
            generator = stream.child(number).child(attempt).generator()
            rows = np.arange(neurons) % len(signs)
            inner = signs[rows] + 0.15 * generator.standard_normal((neurons, variables))
            outer = np.prod(signs[rows], axis=1) / len(signs) * (1 + 0.15 * generator.standard_normal(neurons))
            solved += _solved(inner, outer, degrees, target)
        counts.append(solved)
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def _solved(inner: np.ndarray, outer: np.ndarray, degrees: np.ndarray, target: np.ndarray) -> bool:
    """Whether damped Gauss-Newton steps reach the moments `target` of monomials with exponents `degrees`."""
    neurons, variables = inner.shape
    theta, damping = np.concatenate([inner.ravel(), outer]), 1e-3

    def moments(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a, w = place[: neurons * variables].reshape(neurons, variables), place[neurons * variables :]
        factors = a[:, None, :] ** degrees  # (neurons, monomials, variables)
        products = np.prod(factors, axis=2)
        slopes = np.empty((len(degrees), neurons, variables))
        for k in range(variables):
            others = np.prod(np.delete(factors, k, axis=2), axis=2)
            slopes[:, :, k] = (
                w[:, None] * degrees[:, k] * a[:, None, k] ** np.maximum(degrees[:, k] - 1, 0) * others
            ).T
        return products.T @ w - target, np.concatenate([slopes.reshape(len(degrees), -1), products.T], axis=1)

    residual, slope = moments(theta)
    for _ in range(60):
        square = slope @ slope.T
        move = -slope.T @ np.linalg.solve(square + damping * np.eye(len(square)), residual)
        trial, trial_slope = moments(theta + move)
        if np.sum(trial**2) < np.sum(residual**2):
            theta, residual, slope, damping = theta + move, trial, trial_slope, max(damping / 10, 1e-14)
        else:
            damping *= 10
        if np.max(np.abs(residual)) < SOLVED:
            return bool(np.max(np.abs(theta)) < LARGEST_WEIGHT)
    return False
