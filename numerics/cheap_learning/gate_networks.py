"""Networks whose hidden neurons stand in gates of four: polynomials of several variables, from products of two."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.cheap_learning.multiplication import INPUT_WEIGHTS, forward
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

Activation = Callable[[np.ndarray], np.ndarray]
Exponents = tuple[int, ...]
Network = tuple[Activation, float, float]  # activation, bias of the neurons, half the second derivative there
Tree = Any  # the number of a leaf, or a pair of trees
NEURONS_OF_A_GATE = len(INPUT_WEIGHTS)
NEAR = float(np.finfo(float).eps ** 0.5)  # relative step of a difference quotient
TOLERANCE = 1e-3  # of the products that a network of gates must have learnt at the scale it is built for


def halves(exponents: Exponents) -> tuple[Exponents, Exponents]:
    """Two monomials whose product is this one, of degrees that differ by one at most."""
    factors = [k for k, power in enumerate(exponents) for _ in range(power)]
    middle = (len(factors) + 1) // 2
    first, second = (
        tuple(part.count(k) for k in range(len(exponents))) for part in (factors[:middle], factors[middle:])
    )
    return first, second


def one_off(exponents: Exponents) -> tuple[Exponents, Exponents]:
    """The monomial without its last factor, and that factor."""
    last = max(k for k, power in enumerate(exponents) if power)
    unit = tuple(int(k == last) for k in range(len(exponents)))
    return tuple(a - b for a, b in zip(exponents, unit, strict=True)), unit


def monomials(
    *,
    shapes: Sequence[tuple[int, int]],
    activation: Activation,
    bias: float,
    curvature: float,
    scale: float,
    stream: Stream,
    device: str,
    balanced: bool = True,
) -> Measurement:
    """Hidden neurons and layers of networks with all monomials of (variables, degree), each run on random inputs.

    A gate stands in the layer after the later of its two factors. Values, shape (2, shapes): neurons, layers of gates.
    With `balanced` a monomial is the product of its halves, otherwise of one variable and the rest. `device` is unused.
    Given: `shapes`. Raises ArithmeticError if a network's outputs are not the monomials.
    """
    rows = []
    for number, (variables, degree) in enumerate(shapes):
        inputs = stream.child(number).generator().uniform(-1, 1, (variables, 20))
        units = [tuple(int(j == k) for j in range(variables)) for k in range(variables)]
        values = {unit: row for unit, row in zip(units, inputs, strict=True)}
        layer, neurons = dict.fromkeys(units, 0), 0
        wanted = (e for e in itertools.product(range(degree + 1), repeat=variables) if 2 <= sum(e) <= degree)
        for exponents in sorted(wanted, key=sum):
            parts = halves(exponents) if balanced else one_off(exponents)
            pair = np.stack([values[part] for part in parts], axis=1)
            values[exponents] = forward(pair, activation, bias, curvature, scale)
            layer[exponents] = 1 + max(layer[part] for part in parts)
            neurons += NEURONS_OF_A_GATE
            exact = np.prod(inputs ** np.array(exponents)[:, None], axis=0)
            if np.max(np.abs(values[exponents] - exact)) > TOLERANCE:
                raise ArithmeticError(f"the gates do not compute the monomial with exponents {exponents}")
        rows.append([neurons, max(layer.values())])
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def product_trees(
    *,
    step: float,
    stream: Stream,
    device: str,
    activations: Sequence[Activation],
    biases: Sequence[float],
    curvatures: Sequence[float],
    degrees: Sequence[int] = (2, 3, 4, 5, 7),
    count: int = 6,
) -> Measurement:
    """Outputs of trees of gates with input weights of scale `step`, and how they change when the scale is halved.

    One set of trees for each of the A activations. Values, shape (A, 2 count + degrees): the product of four random
    factors by three gates at `count` draws; its change, (output at step - output at step/2) over (3/4) step^2; and the
    relative error over step^2 of a product of ones with as many factors as `degrees` says, by a tree that is drawn.
    `device` is unused. Given: factors (A, 4, count), degrees.
    """
    if not step > 0:
        raise ValueError(f"the scale of the input weights must be positive, not {step}")
    generator = stream.child("factors").generator()
    factors = generator.uniform(0.4, 1.1, (len(activations), 4, count)) * generator.choice([-1, 1], (1, 4, count))
    shapes = [_random_tree(degree, stream.child(f"tree {degree}").generator()) for degree in degrees]
    rows = []
    for k, (activation, bias, curvature) in enumerate(zip(activations, biases, curvatures, strict=True)):
        network: Network = (activation, bias, curvature)

        def product(tree: Tree, leaves: np.ndarray, scale: float, network: Network = network) -> np.ndarray:
            if isinstance(tree, int):
                return np.asarray(leaves[tree])
            pair = np.stack([product(part, leaves, scale, network) for part in tree], axis=1)
            return forward(pair, *network, scale)

        whole, half = (product(((0, 1), (2, 3)), factors[k], scale) for scale in (step, step / 2))
        ones = [product(shape, np.ones((n, 1)), step)[0] - 1 for shape, n in zip(shapes, degrees, strict=True)]
        rows.append(np.concatenate([whole, (whole - half) / (0.75 * step**2), np.array(ones) / step**2]))
    return Measurement(
        values=np.array(rows),
        given={"factors": factors, "degrees": np.array(degrees, dtype=float)},
        resolution={"step": step},
    )


def _random_tree(leaves: int, generator: np.random.Generator) -> Tree:
    """Pairs of parts, joined at random."""
    parts: list[Tree] = list(range(leaves))
    while len(parts) > 1:
        first, second = sorted(generator.choice(len(parts), 2, replace=False).tolist(), reverse=True)
        parts.append((parts.pop(first), parts.pop(second)))
    return parts[0]


def trained_polynomials(
    *, replicas: int, stream: Stream, device: str, activation: Activation, bias: float, curvature: float, neurons: int
) -> Measurement:
    """Two gates, one behind the other, that multiply three numbers: trained by least squares from the construction.

    All weights and biases of both gates move, and an output bias; inputs are 40 random points of a cube of side 1.2.
    `neurons` of the four of each gate are kept. Values, shape (1,), with errors: logarithm of the error of the
    construction with all neurons over that of the trained network, root mean squares at 200 other points.
    """
    from scipy.optimize import least_squares

    scale, kept = 0.7, np.arange(neurons)
    signs = np.array([1.0, 1.0, -1.0, -1.0])

    def output(theta: np.ndarray, points: np.ndarray, width: int) -> np.ndarray:
        """Outputs (..., P) of networks with the numbers theta, (..., 8 width + 1)."""
        rows = theta[..., :-1].reshape(*theta.shape[:-1], 8, 1, width)  # two weights, bias and output of either gate
        found = points[:, 0]
        for gate, other in enumerate(points.T[1:]):
            one, two, bias, out = (rows[..., 4 * gate + k, :, :] for k in range(4))
            found = np.sum(activation(found[..., None] * one + other[:, None] * two + bias) * out, axis=-1)
        return found + theta[..., -1:]

    def construction(chosen: np.ndarray) -> np.ndarray:
        gate = [
            (scale * INPUT_WEIGHTS[chosen].T).ravel(),
            np.full(len(chosen), bias),
            signs[chosen] / (8 * curvature * scale**2),
        ]
        return np.concatenate([*gate, *gate, [0.0]])

    gains = []
    for replica in range(replicas):
        generator = stream.child(replica).generator()
        points, others = generator.uniform(-0.6, 0.6, (40, 3)), generator.uniform(-0.6, 0.6, (200, 3))

        def error(theta: np.ndarray, width: int, places: np.ndarray) -> np.ndarray:
            return output(theta, places, width) - np.prod(places, axis=1)

        def slopes(theta: np.ndarray, width: int, places: np.ndarray) -> np.ndarray:
            """Derivatives by all of theta at once, (P, len(theta)), by differences to one side."""
            steps = NEAR * np.maximum(1, np.abs(theta))
            moved = output(theta + np.diag(steps), places, width) - output(theta, places, width)
            return np.asarray(moved.T / steps)

        found = least_squares(error, construction(kept), jac=slopes, args=(neurons, points), max_nfev=8)
        before, after = (
            np.sqrt(np.mean(error(theta, width, others) ** 2))
            for theta, width in ((construction(np.arange(4)), 4), (found.x, neurons))
        )
        gains.append([np.log(before / after)])
    return from_replicas(np.array(gains))
