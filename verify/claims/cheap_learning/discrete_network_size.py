"""Functions of bits in three layers.

Networks are built for random Hamiltonians and run at all inputs, and for all tables of up to four bits at once. Neurons
that are not steep enough are the control. The page's bound is tried against sets of bits, counted one by one.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.cheap_learning import discrete_network_size
from derivations.statement import Parameter, Source
from numerics.cheap_learning.bit_networks import every_table, random_polynomials
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

SHAPES = ((1, 1), (2, 2), (3, 2), (4, 3), (5, 2), (6, 4), (7, 3), (8, 5))
STEEP, FLAT = 40.0, 3.0


def weights_of_last_layer(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Coefficients, by number of bits and degree."""
    shapes = np.asarray(measured.given["shapes"])
    return np.array([[float(candidate.numpy(n=n, d=d)[0]) for n, d in shapes]])


def tables(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Tables, by number of bits."""
    return np.array([[float(candidate.numpy(n=n, d=1)[1]) for n in np.asarray(measured.axis)]])


def sets_and_tables(dps: int, point: Point) -> list[int]:
    """Sets of at most d bits, one by one, and tables: two values for each input."""
    n, d = int(point["n"]), int(point["d"])
    values = 1
    for _ in range(2**n):
        values *= 2
    return [_sets(n, d), values]


@functools.cache
def _sets(n: int, d: int) -> int:
    return sum(1 for chosen in range(2**n) if chosen.bit_count() <= d)


def excess_of_sets(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much the number of sets of at most d bits breaks the bound."""
    n, d = int(point["n"]), int(point["d"])
    stated = candidate.mpmath(dps, n=n, d=d)[0]
    return candidate.broken(mpmath.mpf(_sets(n, d)), stated, mpmath.mpf(10) ** (-dps // 2))


def _bound(name: str, sentence: str, bits: tuple[int, int], degrees: tuple[int, int]) -> Property:
    n, d = discrete_network_size.STATEMENT.parameters
    parameters: tuple[Parameter, ...] = (n.narrowed(typical=bits), d.narrowed(typical=degrees))
    return Property(name=name, sentence=sentence, residual=excess_of_sets, parameters=parameters, examples=12)


def near_words(candidate: Candidate) -> float:
    """Sets of at most three of six bits."""
    return float(candidate.numpy(n=6, d=3)[0])


def truth_tables(candidate: Candidate) -> float:
    """Functions of three bits."""
    return float(candidate.numpy(n=3, d=2)[1])


CLAIM = Claim(
    statement=discrete_network_size.STATEMENT,
    checks=(
        Literature(
            name="words of six bits at a distance of three at most",
            published="42",
            source=Source(document="oeis", where="A000125, entry 6, and the comment on the Hamming distance"),
            evaluate=near_words,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Literature(
            name="truth tables of three variables",
            published="256",
            source=Source(document="oeis", where="A001146, entry 3"),
            evaluate=truth_tables,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="sets of bits one by one",
            reference=sets_and_tables,
            points=tuple({"n": n, "d": d} for n, d in itertools.product((3, 6), (2, 3))),
            against="sets of at most d bits, and two values for each input",
        ),
        Enumeration(
            name="networks for random Hamiltonians",
            predict=weights_of_last_layer,
            quick=functools.partial(random_polynomials, shapes=SHAPES, beta=STEEP),
            full=functools.partial(random_polynomials, shapes=(*SHAPES, (9, 4), (9, 9)), beta=STEEP, replicas=5),
            axis="number of the Hamiltonian",
            quantity="number of weights of the last layer",
            style="stem",
        ),
        Enumeration(
            name="networks for all tables",
            predict=tables,
            quick=functools.partial(every_table, bits=(1, 2, 3, 4), beta=STEEP),
            control=functools.partial(every_table, bits=(3, 4), beta=FLAT),
            axis="number of bits n",
            quantity="number of tables computed",
        ),
    ),
    quantities=("N(n, d)", "F(n)"),
    convention="Coefficients with the constant; the constant is a bias and takes no hidden neuron.",
    independence="Networks run at all inputs; their coefficients are drawn, or solved from the tables.",
    printed={
        "E28b": Ordeal(
            fails=_bound("terms of any degree", "n^4 bounds the number of coefficients", (15, 18), (5, 16)),
            holds=_bound("terms of at most four bits", "n^4 bounds the number of terms", (2, 12), (1, 4)),
        )
    },
)
