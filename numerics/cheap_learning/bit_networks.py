"""Networks of logistic neurons on bits, run at all inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.cheap_learning.tables import all_tables, coefficients
from numerics.measurement import Measurement
from numerics.streams import Stream

ROUNDING = 1e-9  # relative: how far a count that comes out of float64 may lie from a whole number


def inputs(bits: int) -> np.ndarray:
    """All inputs, shape (2^bits, bits)."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits) & 1).astype(float)


def _logistic(field: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-field)))


def _whole(value: Any) -> float:
    """A number that is whole up to rounding; raises ArithmeticError if it is not."""
    nearest = float(np.rint(value))
    if abs(value - nearest) > ROUNDING * abs(nearest):
        raise ArithmeticError(f"{value} is no whole number")
    return nearest


def single_neurons(
    *, bits: tuple[int, ...], odds: tuple[int, ...], stream: Stream, device: str, threshold: float = -0.5
) -> Measurement:
    """One neuron on k bits, at all inputs, with weights 2 log r, and its threshold at k + `threshold` ones.

    For every k of `bits` and every r of `odds`. Values, shape (2 odds, bits): one over the largest distance of the
    output from the product of the bits; and r times the odds against one, summed over all inputs. With such weights
    both are whole. `stream` and `device` are unused. Given: `odds`.
    """
    rows: list[list[float]] = []
    for r in odds:
        worst, total = [], []
        for k in bits:
            places = inputs(k)
            output = _logistic(2 * np.log(r) * (places @ np.ones(k) - (k + threshold)))
            worst.append(_whole(1 / np.max(np.abs(output - np.prod(places, axis=1)))))
            total.append(_whole(np.sum(r * (1 - output) / output)))
        rows += [worst, total]
    return Measurement(values=np.array(rows), axis=np.array(bits, dtype=float), given={"odds": np.array(odds)})


def random_polynomials(
    *, shapes: tuple[tuple[int, int], ...], beta: float, stream: Stream, device: str, replicas: int = 3
) -> Measurement:
    """Networks of three layers for random Hamiltonians of (bits, degree), with coefficients 1 to 9 and -9 to -1.

    A hidden neuron for each term but the constant multiplies its bits; the last layer sums. Values, shape (1, shapes):
    weights of the last layer, its bias included. `device` is unused. Given: `shapes`. Raises ArithmeticError if an
    output, rounded, is not the Hamiltonian.
    """
    sizes = []
    for number, (bits, degree) in enumerate(shapes):
        places = inputs(bits)
        terms = places[places.sum(axis=1) <= degree]
        counts = set()
        for replica in range(replicas):
            generator = stream.child(number).child(replica).generator()
            weights = generator.integers(1, 10, len(terms)) * generator.choice([-1, 1], len(terms))
            exact = np.prod(np.where(terms == 1, places[:, None, :], 1.0), axis=2) @ weights
            hidden, neurons = _hidden(places, terms[1:], beta)
            if not np.array_equal(np.rint(hidden @ weights[1:] + weights[0]), exact):
                raise ArithmeticError(f"the network of {bits} bits does not compute its Hamiltonian")
            counts.add(neurons + 1)
        sizes.append(max(counts))
    return Measurement(
        values=np.array([sizes], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def every_table(*, bits: tuple[int, ...], beta: float, stream: Stream, device: str) -> Measurement:
    """Networks of three layers with a hidden neuron for every set of bits, for all tables of n bits at once.

    The weights of the last layer are the coefficients of the table's polynomial. Values, shape (1, bits): tables that
    the networks compute, when their outputs are rounded. `stream` and `device` are unused.
    """
    right = []
    for count in bits:
        tables, places = all_tables(count), inputs(count)
        weights = coefficients(tables).astype(np.float32)
        hidden, _ = _hidden(places, places[1:], beta)
        output = hidden.astype(np.float32) @ weights[1:] + weights[0]
        right.append(int(np.all(np.rint(output) == tables, axis=0).sum()))
    return Measurement(values=np.array([right], dtype=float), axis=np.array(bits, dtype=float))


def _hidden(places: np.ndarray, sets: np.ndarray, beta: float) -> tuple[np.ndarray, int]:
    """Outputs (inputs, sets) of one neuron for each set of bits, and how many neurons there are."""
    field = beta * (places @ sets.T - (sets.sum(axis=1) - 0.5))
    return _logistic(field), len(sets)
