"""Boolean functions in two layers, searched by brute force: shortest disjunctive normal forms, and threshold units."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

MOST_INPUTS, MOST_SEARCHED = 8, 3
WEIGHTS = range(-2, 3)  # of a unit of up to MOST_SEARCHED inputs: more give no further function
Table = tuple[bool, ...]
Term = tuple[int, int]  # inputs that the term leaves out, as bits; values of the others, as bits

FUNCTIONS: dict[str, Callable[[int, int], bool]] = {
    "parity": lambda ones, inputs: ones % 2 == 1,
    "majority": lambda ones, inputs: 2 * ones > inputs,
}


def two_layers(*, inputs: tuple[int, ...], function: str, stream: Stream, device: str) -> Measurement:
    """Terms and threshold units of a function of the number of ones, shape (2, inputs).

    Terms: the shortest disjunctive normal form, by Quine and McCluskey's tabulation and a search for the least cover.
    Units: one hidden layer built from the truth table, a unit for each number of ones where the function changes.
    Both are compared with the function at all inputs. `stream` and `device` are unused.
    Raises ValueError for an unknown function or for inputs that are not between 1 and MOST_INPUTS.
    """
    if function not in FUNCTIONS or min(inputs) < 1 or max(inputs) > MOST_INPUTS:
        raise ValueError(f"function {function!r} of {inputs} inputs cannot be tabulated")
    tables = [_table(function, count) for count in inputs]
    counts = [[len(_shortest(t, k)) for t, k in zip(tables, inputs, strict=True)]]
    counts += [[_thresholds(t, k) for t, k in zip(tables, inputs, strict=True)]]
    return Measurement(values=np.array(counts, dtype=float), axis=np.asarray(inputs, dtype=float))


def conjunctions(*, inputs: tuple[int, ...], function: str, stream: Stream, device: str) -> Measurement:
    """The AND gates below one OR gate that make the function: the first row of `two_layers`, shape (inputs,)."""
    both = two_layers(inputs=inputs, function=function, stream=stream, device=device)
    return Measurement(values=both.values[0], axis=both.axis)


def least_units(*, inputs: tuple[int, ...], function: str, stream: Stream, device: str) -> Measurement:
    """The least number of threshold units whose linear combination is the function, shape (inputs,), by trying all.

    All units with input weights from WEIGHTS and any threshold are tried, but of a unit and its negation only one: they
    sum to the constant that is always there. `stream` and `device` are unused.
    Raises ValueError for an unknown function or for inputs that are not between 1 and MOST_SEARCHED.
    """
    if function not in FUNCTIONS or min(inputs) < 1 or max(inputs) > MOST_SEARCHED:
        raise ValueError(f"function {function!r} of {inputs} inputs cannot be searched")
    found = [_least(np.array(_table(function, count), dtype=float), count) for count in inputs]
    return Measurement(values=np.array(found, dtype=float), axis=np.asarray(inputs, dtype=float))


def _table(function: str, inputs: int) -> Table:
    return tuple(bool(FUNCTIONS[function](place.bit_count(), inputs)) for place in range(2**inputs))


# ------------------------------------------------------------------------------------ disjunctive normal forms


def _primes(table: Table, inputs: int) -> list[Term]:
    """Terms that imply the function and do so no longer if an input is left out, by joining neighbours."""
    level = {(0, place) for place, value in enumerate(table) if value}
    primes: list[Term] = []
    while level:
        joined, used = set(), set()
        for free, value in level:
            for bit in (1 << k for k in range(inputs)):
                if not free & bit and (free, value ^ bit) in level:
                    joined.add((free | bit, value & ~bit))
                    used |= {(free, value), (free, value ^ bit)}
        primes += sorted(level - used)
        level = joined
    return primes


def _covered(term: Term, inputs: int) -> frozenset[int]:
    free, value = term
    return frozenset(place for place in range(2**inputs) if place & ~free == value)


def _shortest(table: Table, inputs: int) -> list[frozenset[int]]:
    """A least set of prime terms that is true where the function is; raises ArithmeticError if it is not."""
    sets = [_covered(term, inputs) for term in _primes(table, inputs)]
    wanted = frozenset(place for place, value in enumerate(table) if value)
    least = _cover(wanted, sets, len(sets))
    if least is None or frozenset().union(*least) != wanted:
        raise ArithmeticError("the normal form is not the function")
    return least


def _cover(wanted: frozenset[int], sets: list[frozenset[int]], most: int) -> list[frozenset[int]] | None:
    """A least cover by at most so many sets, or None: every way to cover the place that the fewest sets cover."""
    if not wanted:
        return []
    if most == 0:
        return None
    choices = {place: [k for k in sets if place in k] for place in wanted}
    place = min(wanted, key=lambda p: (len(choices[p]), p))
    best = None
    for chosen in choices[place]:
        rest = _cover(wanted - chosen, sets, most - 1)
        if rest is not None:
            best, most = [chosen, *rest], len(rest)
    return best


# --------------------------------------------------------------------------------------------- threshold units


def _thresholds(table: Table, inputs: int) -> int:
    """Units of a hidden layer that counts ones; raises ArithmeticError if the network is not the function."""
    by_ones = [table[2**ones - 1] for ones in range(inputs + 1)]
    bounds = [ones for ones in range(1, inputs + 1) if by_ones[ones] != by_ones[ones - 1]]
    readout = np.array([int(by_ones[bound]) - int(by_ones[bound - 1]) for bound in bounds])
    places = (np.arange(2**inputs)[:, None] >> np.arange(inputs)) & 1
    hidden = places @ np.ones((inputs, len(bounds)), dtype=int) >= np.array(bounds)
    if not np.array_equal(hidden @ readout + int(by_ones[0]), np.array(table, dtype=int)):
        raise ArithmeticError("the threshold network is not the function")
    return len(bounds)


def _least(values: np.ndarray, inputs: int) -> int:
    places = (np.arange(2**inputs)[:, None] >> np.arange(inputs)) & 1
    units = set()
    for weights in itertools.product(WEIGHTS, repeat=inputs):
        sums = places @ np.array(weights)
        on = [tuple(sums >= bound) for bound in range(int(sums.min()) + 1, int(sums.max()) + 1)]
        units |= {min(unit, tuple(not value for value in unit)) for unit in on}
    layer = np.array(sorted(units), dtype=float)
    for count in range(len(layer) + 1):
        chosen = np.array(list(itertools.combinations(range(len(layer)), count)), dtype=int)
        columns = np.concatenate([np.ones((len(chosen), 1, 2**inputs)), layer[chosen]], axis=1)
        without = np.linalg.matrix_rank(columns)
        beside = np.concatenate([columns, np.broadcast_to(values, (len(chosen), 1, 2**inputs))], axis=1)
        if np.any(np.linalg.matrix_rank(beside) == without):
            return count
    raise ArithmeticError("no number of units is enough")
