"""The polynomials of all truth tables of four bits at once, against a loop over Python integers."""

from __future__ import annotations

import time

import numpy as np

from numerics.cheap_learning.tables import all_tables, coefficients

BITS = 4


def at_once():
    """The coefficients of all 65,536 tables, a column each."""
    return coefficients(all_tables(BITS))


def one_by_one():
    """The same by Moebius' sums over subsets, bit by bit, table after table."""
    rows = 2**BITS
    found = []
    for table in range(2**rows):
        values = [table >> row & 1 for row in range(rows)]
        step = 1
        while step < rows:
            for row in range(rows):
                if row & step:
                    values[row] -= values[row ^ step]
            step *= 2
        found.append(values)
    return found


def test_all_tables_of_four_bits(ratio):
    """The polynomials of all truth tables against a loop over Python integers."""
    ratio(at_once, one_by_one, clock=time.process_time, count=3, goal=50)
    np.testing.assert_array_equal(at_once().T, one_by_one())
