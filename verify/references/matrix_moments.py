"""Mean traces of products of random matrices and random slopes at finite width, exactly: no free probability enters.

One layer takes a symmetric matrix A to D W A W^T D, with W Gaussian or a uniformly random orthogonal matrix and D a
diagonal of independent slopes. The mean of a product of traces of powers is then a linear combination of such products
for A: a sum over the ways to pair the entries of W (Wick), for orthogonal matrices over two such pairings, weighted by
the inverse of the matrix of width^loops (Weingarten). Slopes that meet in one neuron enter with their higher moments.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import flint
import mpmath

ENORMOUS = 10**60  # a width at which what finite widths add is below all digits that are compared
Cycles = tuple[int, ...]  # powers whose traces are multiplied, in descending order
Pairing = tuple[tuple[int, int], ...]


def pairings(slots: tuple[int, ...]) -> Iterator[Pairing]:
    """All ways to divide the slots into pairs."""
    if not slots:
        yield ()
        return
    first, *rest = slots
    for partner in rest:
        others = tuple(s for s in rest if s != partner)
        for more in pairings(others):
            yield ((first, partner), *more)


def classes(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """What the links connect, of the numbers below `count`."""
    groups = [{k} for k in range(count)]
    for a, b in links:
        one, other = (next(g for g in groups if k in g) for k in (a, b))
        if one is not other:
            groups.remove(other)
            one |= other
    return [sorted(g) for g in groups]


@functools.cache
def powers(order: int, largest: int | None = None) -> tuple[Cycles, ...]:
    """The partitions of the order: which powers of the matrix have their traces multiplied."""
    limit = order if largest is None else largest
    if order == 0:
        return ((),)
    return tuple((k, *rest) for k in range(min(order, limit), 0, -1) for rest in powers(order - k, k))


@functools.cache
def rows(cycles: Cycles, pairing: Pairing) -> tuple[int, ...]:
    """How many squared slopes meet in each free neuron, when the pairing equates the neurons of the entries of W.

    Entry 2 i of W stands before A in factor i, entry 2 i + 1 behind it; that one has the neuron of the next factor.
    """
    following: dict[int, int] = {}
    start = 0
    for length in cycles:
        following |= {start + k: start + (k + 1) % length for k in range(length)}
        start += length
    neuron = [k // 2 if k % 2 == 0 else following[k // 2] for k in range(2 * start)]
    return tuple(sorted(len(g) for g in classes(start, [(neuron[a], neuron[b]) for a, b in pairing])))


@functools.cache
def columns(order: int, pairing: Pairing) -> Cycles:
    """Which traces of powers of A are left, when the pairing equates the indices that A has on both sides."""
    return tuple(sorted((len(g) for g in classes(order, [(a // 2, b // 2) for a, b in pairing])), reverse=True))


@functools.cache
def blocks(count: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """All ways in which `count` free neurons can coincide."""
    if count == 0:
        return ((),)
    last, found = count - 1, []
    for parts in blocks(last):
        found += [(*parts[:k], (*parts[k], last), *parts[k + 1 :]) for k in range(len(parts))]
        found.append((*parts, (last,)))
    return tuple(found)


def neurons(met: tuple[int, ...], width: int, slopes: Sequence[Any]) -> Any:
    """Sum over all neurons, free to coincide, of the mean of their slopes; slopes[n] is the mean of phi'^(2 n)."""
    total: Any = 0
    for parts in blocks(len(met)):
        choices = functools.reduce(lambda a, b: a * b, range(width, width - len(parts), -1), 1)
        term: Any = choices
        for part in parts:
            term = term * slopes[sum(met[k] for k in part)]
        total = total + term
    return total


@functools.cache
def weingarten(order: int, width: int) -> dict[tuple[Pairing, Pairing], Any]:
    """Mean of a product of 2 `order` entries of a random orthogonal matrix, by the pairings of its rows and columns."""
    every = list(pairings(tuple(range(2 * order))))
    loops = [[len(classes(2 * order, (*p, *q))) for q in every] for p in every]
    gram = flint.fmpq_mat(len(every), len(every), [flint.fmpq(width) ** k for row in loops for k in row])
    inverse = gram.inv()
    return {(p, q): inverse[i, j] for i, p in enumerate(every) for j, q in enumerate(every) if inverse[i, j]}


def one_layer(
    order: int, width: int, slopes: Sequence[Any], traces: dict[Cycles, Any], *, orthogonal: bool, inputs: int
) -> dict[Cycles, Any]:
    """Mean products of traces behind one more layer. W has variance 1 / inputs, or is orthogonal and square."""
    found = {}
    for cycles in powers(order):
        total: Any = mpmath.mpf(0)
        if orthogonal:
            for (p, q), weight in weingarten(order, width).items():
                factor = mpmath.mpf(int(weight.p)) / int(weight.q)
                total += factor * neurons(rows(cycles, p), width, slopes) * traces[columns(order, q)]
        else:
            for p in pairings(tuple(range(2 * order))):
                total += neurons(rows(cycles, p), width, slopes) * traces[columns(order, p)]
            total /= mpmath.mpf(inputs) ** order
        found[cycles] = total
    return found


def mean_power(
    order: int, layers: int, slopes: Sequence[Any], *, orthogonal: bool, width: int = ENORMOUS, dps: int = 30
) -> Any:
    """Mean of tr (J J^T)^order / N of a network of equal widths.

    slopes   slopes[n] is the mean of (sigma_w phi')^(2 n), n up to the order; slopes[0] is 1
    """
    return stacked_power(order, layers, (slopes,), orthogonal=orthogonal, width=width, dps=dps)


def stacked_power(
    order: int, layers: int, stack: Sequence[Sequence[Any]], *, orthogonal: bool, width: int = ENORMOUS, dps: int = 30
) -> Any:
    """The same where every layer has several random matrices, each followed by a diagonal with its own moments."""
    places = powers(order)
    with mpmath.workdps(dps + 8 * order * 60 if width == ENORMOUS else dps + 40):
        transfer = mpmath.eye(len(places))
        for slopes in stack:
            step = mpmath.matrix(len(places), len(places))
            for column, kept in enumerate(places):
                unit: dict[Cycles, Any] = {c: mpmath.mpf(c == kept) for c in places}
                found = one_layer(order, width, slopes, unit, orthogonal=orthogonal, inputs=width)
                for row, c in enumerate(places):
                    step[row, column] = found[c]
            transfer = step * transfer
        start = mpmath.matrix([mpmath.mpf(width) ** len(c) for c in places])
        return (transfer**layers * start)[places.index((order,))] / width


def projected_power(order: int, rotations: int, projection: Sequence[Any], *, width: int, dps: int = 30) -> Any:
    """Mean of tr (A)^order / width of A = P O ... P O P O^T P ... O^T P with so many rotations between projections.

    projection  projection[n] is the trace of P^n over the width; a fixed matrix, whose entries are not drawn
    """
    places = powers(order)
    with mpmath.workdps(dps + 8 * order * 60 if width == ENORMOUS else dps + 40):
        traces = {c: mpmath.mpf(1) for c in places}
        for c in places:
            for power in c:
                traces[c] *= width * projection[power]
        for _ in range(rotations):
            found = {}
            for cycles in places:
                total: Any = mpmath.mpf(0)
                for (p, q), weight in weingarten(order, width).items():
                    term = mpmath.mpf(int(weight.p)) / int(weight.q) * traces[columns(order, q)]
                    for met in rows(cycles, p):
                        term *= width * projection[met]
                    total += term
                found[cycles] = total
            traces = found
        return traces[(order,)] / width
