"""Networks whose hidden neurons stand in gates of four: polynomials of several variables, from products of two."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from numerics.cheap_learning.multiplication import INPUT_WEIGHTS, forward
from numerics.measurement import Measurement
from numerics.streams import Stream

Activation = Callable[[np.ndarray], np.ndarray]
Exponents = tuple[int, ...]
NEURONS_OF_A_GATE = len(INPUT_WEIGHTS)
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
