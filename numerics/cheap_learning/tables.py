"""Truth tables of bits, all of them at once: their polynomials, and networks that compute them.

A table of n bits is a column of an array with 2^n rows, one for each input; bit i of the number of a row is y_(i+1).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

MOST_BITS = 4  # 65,536 tables; five bits have 4 billion


def all_tables(bits: int) -> np.ndarray:
    """Every function of so many bits, shape (2^bits, 2^(2^bits)), entries 0 and 1 of int8."""
    if not 1 <= bits <= MOST_BITS:
        raise ValueError(f"tables of {bits} bits: between 1 and {MOST_BITS} can be listed")
    tables = np.zeros((2**bits, 2 ** (2**bits)), dtype=np.int8)
    for row in range(2**bits):
        tables[row].reshape(-1, 2, 2**row)[:, 1] = 1
    return tables


def coefficients(tables: np.ndarray, signs: bool = False) -> np.ndarray:
    """Coefficients of the polynomials with these tables, of the same shape, in whole numbers.

    Bit by bit the lower half is subtracted from the upper one. With `signs` the variables are -1 and 1, and what comes
    back is 2^bits times the coefficients.
    """
    found = tables.copy()
    step = 1
    while step < len(found):
        pairs = found.reshape(len(found) // (2 * step), 2, step, *found.shape[1:])
        pairs[:, 1] -= pairs[:, 0]
        if signs:
            pairs[:, 0] *= 2
            pairs[:, 0] += pairs[:, 1]
        step *= 2
    return found


def polynomials(*, bits: tuple[int, ...], stream: Stream, device: str, signs: bool = False) -> Measurement:
    """The polynomials of all tables of n bits, for every n of `bits`.

    Values, shape (3, bits): monomials that some table needs; absolute value of the determinant of the matrix of all
    monomials at all inputs; tables without the monomial of all bits. `signs` takes variables -1 and 1 in place of 0 and
    1. `stream` and `device` are unused. Raises ArithmeticError if two tables have the same polynomial.
    """
    rows = []
    for count in bits:
        found = coefficients(all_tables(count), signs)
        if not _all_different(found):
            raise ArithmeticError(f"two tables of {count} bits have one polynomial")
        places = np.array([[row >> k & 1 for k in range(count)] for row in range(2**count)])
        values = 2 * places - 1 if signs else places
        matrix = [[int(np.prod(at[chosen == 1])) for chosen in places] for at in values]
        rows.append([np.sum(np.any(found != 0, axis=1)), abs(_determinant(matrix)), np.sum(found[-1] == 0)])
    return Measurement(values=np.array(rows, dtype=float).T, axis=np.array(bits, dtype=float))


def _all_different(columns: np.ndarray) -> bool:
    """Whether no two columns of small whole numbers are equal: sorted as words of 64 bits."""
    padded = np.zeros((columns.shape[1], max(8, len(columns))), dtype=np.int8)
    padded[:, : len(columns)] = columns.T
    words = padded.view(np.uint64)
    ordered = words[np.lexsort(words.T)]
    return bool(np.all(np.any(ordered[1:] != ordered[:-1], axis=1)))


def _determinant(matrix: list[list[int]]) -> int:
    """By elimination with fractions."""
    rows, sign, product = [[Fraction(v) for v in row] for row in matrix], 1, Fraction(1)
    for k in range(len(rows)):
        pivot = next((r for r in range(k, len(rows)) if rows[r][k] != 0), None)
        if pivot is None:
            return 0
        if pivot != k:
            rows[k], rows[pivot], sign = rows[pivot], rows[k], -sign
        product *= rows[k][k]
        for row in rows[k + 1 :]:
            if row[k] != 0:
                factor = row[k] / rows[k][k]
                for c in range(k, len(rows)):
                    row[c] -= factor * rows[k][c]
    return int(sign * product)
