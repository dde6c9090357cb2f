"""One hidden layer that multiplies n variables: built from signs, and searched for by its outputs."""

from __future__ import annotations

import itertools
import math

import numpy as np

from numerics.cheap_learning.multiplication import INPUT_WEIGHTS, OUTPUT_SIGNS, Activation, forward
from numerics.measurement import Measurement
from numerics.streams import Stream

SOLVED, LARGEST_WEIGHT, ITERATIONS, STUCK = 1e-8, 1e4, 60, 1e8
REACH, PLACES = 0.2, 16  # inputs along a ray: outputs are polynomials there to rounding
PRECISE = 1e-3  # relative: error of networks in float64 at the scales at which they are run


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
    *,
    shapes: tuple[tuple[int, int], ...],
    activation: Activation,
    slope: Activation,
    bias: float,
    coefficient: dict[int, float],
    tries: int,
    stream: Stream,
    device: str,
    power: bool = False,
) -> Measurement:
    """Searches for one hidden layer that multiplies n variables, for (n, neurons), by its outputs.

    slope         derivative of the activation;  bias  of all neurons
    coefficient   Taylor coefficients of the activation at the bias, by order
    power         takes the activation x^n without a bias, and of the construction one of two opposite signs
    Input and output weights start at random places near those of the construction and move by damped Gauss-Newton
    steps. The network is run at inputs on random rays near zero; polynomials through its outputs along each ray have
    to be those of the product, up to the order n. Values, shape (1, shapes): tries, out of `tries`, that reach it
    with weights below LARGEST_WEIGHT. `device` is unused. Given: `shapes`.
    """
    counts = []
    for number, (variables, neurons) in enumerate(shapes):
        signs = np.array(list(itertools.product((1, -1), repeat=variables)), dtype=float)
        network, order = (activation, slope, bias), coefficient[variables]
        if power:
            network, order, signs = (*_powers(variables), 0.0), 1.0, signs[signs[:, 0] > 0]
        generator = stream.child(number).generator()
        rows = np.arange(neurons) % len(signs)
        inner = signs[rows] + 0.15 * generator.standard_normal((tries, neurons, variables))
        outer = np.prod(signs[rows], axis=1) * (1 + 0.15 * generator.standard_normal((tries, neurons)))
        outer /= len(signs) * math.factorial(variables) * order
        rays = generator.uniform(-1, 1, (2 * math.comb(2 * variables - 1, variables), variables))
        counts.append(int(_solved(inner, outer, rays, *network).sum()))
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def _powers(order: int) -> tuple[Activation, Activation]:
    """The activation x^order and its derivative."""
    return lambda x: x**order, lambda x: order * x ** (order - 1)


def _solved(
    inner: np.ndarray, outer: np.ndarray, rays: np.ndarray, activation: Activation, slope: Activation, bias: float
) -> np.ndarray:
    """Which networks come to multiply, by damped Gauss-Newton steps, (T,).

    inner   input weights (T, neurons, variables);  outer  output weights (T, neurons);  rays  directions of inputs
    """
    tries, neurons, variables = inner.shape
    places = REACH * np.cos(np.pi * (np.arange(PLACES) + 0.5) / PLACES)
    taylor = np.linalg.inv(np.vander(places, increasing=True))[: variables + 1].T  # from outputs along a ray
    target = np.zeros((len(rays), variables + 1))
    target[:, variables] = np.prod(rays, axis=1)

    def missing(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the outputs lack, (T, rays, orders), and its slopes by the weights (T, rays, orders, weights)."""
        a, w = theta[:, : neurons * variables].reshape(-1, neurons, variables), theta[:, neurons * variables :]
        field = (a @ rays.T)[..., None] * places + bias
        hidden, moved = activation(field) @ taylor, (slope(field) * places) @ taylor  # (T, neurons, rays, orders)
        by_inner = np.einsum("tj,tjpk,pv->tpkjv", w, moved, rays, optimize=True)
        by_outer = np.moveaxis(hidden, 1, 3)
        return np.einsum("tj,tjpk->tpk", w, hidden) - target, np.concatenate(
            [by_inner.reshape(*by_inner.shape[:3], -1), by_outer], axis=3
        )

    def flat(found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return found[0].reshape(tries, -1), found[1].reshape(tries, found[0][0].size, -1)

    theta = np.concatenate([inner.reshape(tries, -1), outer], axis=1)
    damping, (residual, slopes) = np.full(tries, 1e-3), flat(missing(theta))
    unit = np.eye(theta.shape[1])
    for _ in range(ITERATIONS):
        square = np.swapaxes(slopes, 1, 2) @ slopes + damping[:, None, None] * unit
        move = -np.linalg.solve(square, np.einsum("trw,tr->tw", slopes, residual)[..., None])[..., 0]
        trial, trial_slopes = flat(missing(theta + move))
        better = np.sum(trial**2, axis=1) < np.sum(residual**2, axis=1)
        theta[better] += move[better]
        residual[better], slopes[better] = trial[better], trial_slopes[better]
        damping = np.where(better, np.maximum(damping / 10, 1e-14), damping * 10)
        reached: np.ndarray = np.max(np.abs(residual), axis=1) < SOLVED
        if np.all(reached | (damping > STUCK)):
            break
    return reached & (np.max(np.abs(theta), axis=1) < LARGEST_WEIGHT)
