"""Sum-product networks, expanded with whole numbers: which monomials their output has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

Polynomial = dict[int, int]  # inputs of a monomial, as bits -> coefficient
LARGEST_WEIGHT = 9
MOST_LEVELS = 4  # 2 * 128^2 monomials; the next level has 2^31


@dataclass(frozen=True)
class Unit:
    """One unit: what it does, and the units or inputs that it reads; a sum has weights, an input its number."""

    kind: str
    children: tuple[Unit, ...] = ()
    weights: tuple[int, ...] = ()
    number: int = 0


def expanded_networks(*, levels: tuple[int, ...], products_first: bool, stream: Stream, device: str) -> Measurement:
    """Monomials and units of trees on 4^level inputs whose layers multiply and add by turns, with random weights.

    Values have shape (2, levels): monomials of the expanded output, and units of the network. The expansion is compared
    with the network itself at random whole inputs. `device` is unused. Given: `inputs`.
    Raises ValueError for levels that are not between 1 and MOST_LEVELS.
    """
    if min(levels) < 1 or max(levels) > MOST_LEVELS:
        raise ValueError(f"levels {levels} must lie between 1 and {MOST_LEVELS}")
    counts, sizes = [], []
    for level in levels:
        generator = stream.child(level).generator()
        top = _tree(4**level, products_first, generator)
        polynomial = _expanded(top)
        places = [int(v) for v in generator.integers(1, 5, 4**level)]
        if _output(top, places) != _at(polynomial, places):
            raise ArithmeticError(f"the expansion of {4**level} inputs is not what the network computes")
        counts.append(sum(c != 0 for c in polynomial.values()))
        sizes.append(_units(top))
    return Measurement(
        values=np.array([counts, sizes], dtype=float),
        axis=np.asarray(levels, dtype=float),
        given={"inputs": 4.0 ** np.asarray(levels)},
    )


def _tree(inputs: int, products_first: bool, generator: np.random.Generator) -> Unit:
    layer, multiply = [Unit("input", number=k) for k in range(inputs)], products_first
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=True)
        if multiply:
            layer = [Unit("product", pair) for pair in pairs]
        else:
            layer = [Unit("sum", pair, tuple(generator.integers(1, LARGEST_WEIGHT + 1, 2).tolist())) for pair in pairs]
        multiply = not multiply
    return layer[0]


def _expanded(unit: Unit) -> Polynomial:
    """The output as a polynomial; every input is read once, so that no power above one arises."""
    if unit.kind == "input":
        return {1 << unit.number: 1}
    left, right = (_expanded(child) for child in unit.children)
    found: Polynomial = {}
    if unit.kind == "product":
        for a, c in left.items():
            for b, d in right.items():
                found[a | b] = found.get(a | b, 0) + c * d
        return found
    for part, weight in zip((left, right), unit.weights, strict=True):
        for a, c in part.items():
            found[a] = found.get(a, 0) + weight * c
    return found


def _output(unit: Unit, places: list[int]) -> int:
    """The network's forward pass, in whole numbers."""
    if unit.kind == "input":
        return places[unit.number]
    left, right = (_output(child, places) for child in unit.children)
    return left * right if unit.kind == "product" else unit.weights[0] * left + unit.weights[1] * right


def _at(polynomial: Polynomial, places: list[int]) -> int:
    """A polynomial at whole inputs, four of them at a time."""
    chunks = [_products(places[k : k + 4]) for k in range(0, len(places), 4)]
    total = 0
    for monomial, coefficient in polynomial.items():
        for products in chunks:
            part = monomial & 15
            if part:
                coefficient *= products[part]
            monomial >>= 4
            if not monomial:
                break
        total += coefficient
    return total


def _products(places: list[int]) -> list[int]:
    """The product of each subset of some inputs, by the bits of the subset."""
    table = [1]
    for place in places:
        table += [place * value for value in table]
    return table


def _units(unit: Unit) -> int:
    """Sums and products of the network."""
    return (unit.kind != "input") + sum(_units(child) for child in unit.children)
