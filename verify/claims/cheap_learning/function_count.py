"""Most functions have no small network.

All settings of networks are tried at once, and different functions counted: polynomials modulo two, which attain the
bound, and networks of threshold neurons, which stay below it. Sums without products are the control.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.cheap_learning import function_count
from derivations.statement import Parameter, Source
from numerics.cheap_learning.described_networks import polynomials_modulo_two, threshold_functions
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

SHAPES = ((1, 3), (2, 3), (2, 6), (3, 5), (3, 8), (3, 11), (4, 7), (4, 10), (4, 16))
NETWORKS = ((1, 1), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 2))  # bits and hidden neurons
NUMBER = Parameter(symbol=sp.Symbol("k", integer=True), meaning="network", domain=sp.Range(0, 8), typical=(0, 7))


def functions(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Functions, by bits of input and of the description."""
    bits, free = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(B=free, n=bits)[None]


def settings_of_a_table(dps: int, point: Point) -> int:
    """Tables of 2^n rows of which B at most are free."""
    free = min(int(point["B"]), 2 ** int(point["n"]))
    return len(set(itertools.product((0, 1), repeat=free)))


def excess_of_threshold_networks(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much the functions of a kind of threshold networks break the bound."""
    bits, hidden = NETWORKS[int(point["k"])]
    description, count = threshold_functions(bits, hidden)
    stated = candidate.mpmath(dps, B=description, n=bits)
    return candidate.broken(mpmath.mpf(count), stated, mpmath.mpf(10) ** (-dps // 2))


def truth_tables(candidate: Candidate) -> float:
    """Functions of three variables, with enough bits to set all rows of a table."""
    return float(candidate.numpy(n=3, B=11))


CLAIM = Claim(
    statement=function_count.STATEMENT,
    checks=(
        Literature(
            name="truth tables of three variables",
            published="256",
            source=Source(document="oeis", where="A001146, entry 3"),
            evaluate=truth_tables,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="settings of a table",
            reference=settings_of_a_table,
            points=({"B": 5, "n": 3}, {"B": 11, "n": 3}, {"B": 7, "n": 4}),
            against="the settings of the free rows of a table",
        ),
        Enumeration(
            name="polynomials modulo two",
            predict=functions,
            quick=functools.partial(polynomials_modulo_two, shapes=SHAPES),
            full=functools.partial(polynomials_modulo_two, shapes=(*SHAPES, (4, 19), (5, 18))),
            control=functools.partial(polynomials_modulo_two, shapes=SHAPES[3:], products=False),
            axis="number of the kind of network",
            quantity="number of functions",
            style="stem",
        ),
        Property(
            name="threshold networks stay below",
            sentence="no kind of threshold networks computes more functions than its bits allow",
            residual=excess_of_threshold_networks,
            parameters=(NUMBER,),
            examples=30,
        ),
    ),
    quantities=("S",),
    convention="Functions of n bits with values 0 and 1; a network's description has B bits.",
    independence="All settings are run at all inputs, and different tables counted.",
)
