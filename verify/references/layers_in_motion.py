"""Layers of linear networks in motion: their flow integrated, and times of passage read off it."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from gmpy2 import mpz

from numerics.measurement import Measurement
from verify.checks.precision import Point

NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)
EXAMPLES = 5
STEADY, HALVINGS = 1e-9, 2
MIDPOINTS = (2, 4, 6, 8, 10, 12)  # substeps of the modified midpoint rule, whose error is even in the step


def layer_strengths(point: Point) -> tuple[Any, Any]:
    """w_1, w_2 with product a and difference of squares c_0, by root finding."""
    a, c = (mpmath.mpf(point[k]) for k in ("a", "c_0"))
    w = mpmath.findroot(lambda x: (a / mpmath.exp(x)) ** 2 - mpmath.exp(2 * x) - c, mpmath.log(a) / 2)
    return mpmath.exp(w), a / mpmath.exp(w)


def two_layers_by_taylor(dps: int, start: tuple[Any, Any], s: Any, time: Any) -> tuple[Any, Any]:
    """Two layer strengths after `time` (in units of tau) of descent on (s - w_1 w_2)^2 / 2, by short Taylor series.

    Whole numbers stand for binary fractions with more places than the working precision: many times faster than mpf.
    """
    count = int(mpmath.ceil(8 * time * (s + start[0] ** 2 + start[1] ** 2)))
    smallest = min(mpmath.mag(w) for w in (*start, s) if w)
    places = mpmath.mp.prec + 60 + 2 * max(0, -int(smallest))

    def fixed(value: Any) -> mpz:
        with mpmath.workprec(2 * places):
            return mpz(int(mpmath.ldexp(value, places)))

    def product(f: list[mpz], g: list[mpz]) -> mpz:
        return sum(map(operator.mul, f, reversed(g))) >> places

    now_1, now_2, goal, step = fixed(start[0]), fixed(start[1]), fixed(s), fixed(time / count)
    for _ in range(count):
        w_1, w_2, error = [now_1], [now_2], [goal - (now_1 * now_2 >> places)]
        for k in range(1, dps + 20):
            first, second = (product(w, error) * step // k >> places for w in (w_2, w_1))
            w_1.append(first)
            w_2.append(second)
            error.append(-product(w_1, w_2))
        now_1, now_2 = sum(w_1), sum(w_2)
    return mpmath.ldexp(mpmath.mpf(int(now_1)), -places), mpmath.ldexp(mpmath.mpf(int(now_2)), -places)


def two_layers(dps: int, point: Point) -> Any:
    """w_1 w_2 at time t, both layers integrated from sqrt(a_0)."""
    t, s, a_0, tau = (mpmath.mpf(point[k]) for k in ("t", "s", "a_0", "tau"))
    w_1, w_2 = two_layers_by_taylor(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, t / tau)
    return w_1 * w_2


def while_it_moves(point: Point) -> bool:
    """Whether s t / tau is between 0.5 and 2.5, where the curve moves."""
    return 0.5 < float(point["s"]) * float(point["t"]) / float(point["tau"]) < 2.5


def passage(rate: Callable[[np.ndarray], np.ndarray], start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Time from `start` to `end` of a strength whose rate depends on itself: the integral of 1 / rate, along log a."""
    low, high = np.broadcast_arrays(np.log(start), np.log(end))
    nodes = np.exp(((high + low) + (high - low) * NODES[:, *(None,) * low.ndim]) / 2)
    with np.errstate(all="ignore"):
        return np.tensordot(WEIGHTS, nodes / rate(nodes), axes=1) * (high - low) / 2


def columns(measured: Measurement, *names: str) -> list[np.ndarray]:
    """What was given for each row of values, as columns that broadcast along the axis."""
    return [np.asarray(measured.given[name])[:, None] for name in names]


@dataclass(frozen=True, kw_only=True)
class Explicit:
    """A network with N2 hidden neurons and its examples, as mpmath matrices, and the singular vectors of its data."""

    first: Any
    second: Any
    x: Any
    y: Any
    left: Any
    singular_values: Any
    right: Any

    def loss(self, first: Any, second: Any) -> Any:
        """Half the squared error, summed over the examples, at other weights."""
        error = self.y - second * (first * self.x)
        return mpmath.fsum(e**2 for e in error) / 2


def explicit(point: Point, widths: tuple[int, int, int], whitened: bool = False) -> Explicit:
    """The network number `network` of the point: weights and examples are rational, the same at every precision.

    The inputs of whitened examples are multiplied by the inverse Cholesky factor of the sum of x x^T.
    """
    return _explicit(int(point["network"]), widths, whitened, mpmath.mp.dps)


@functools.lru_cache(maxsize=32)
def _explicit(number: int, widths: tuple[int, int, int], whitened: bool, dps: int) -> Explicit:
    generator = np.random.default_rng(number)

    def matrix(rows: int, columns: int) -> Any:
        return mpmath.matrix(rows, columns).apply(lambda _: mpmath.mpf(int(generator.integers(-999, 1000))) / 613)

    n_in, n_hidden, n_out = widths
    first, second = matrix(n_hidden, n_in), matrix(n_out, n_hidden)
    x, y = matrix(n_in, EXAMPLES), matrix(n_out, EXAMPLES)
    if whitened:
        x = mpmath.inverse(mpmath.cholesky(x * x.T)) * x
    left, values, right_t = mpmath.svd_r(y * x.T, full_matrices=True)
    right = right_t.T
    for k in range(n_out):  # the signs of singular vectors are free, and must not depend on the precision
        sign = mpmath.sign(left[0, k])
        for vectors in (left, right) if k < n_in else (left,):
            for j in range(vectors.rows):
                vectors[j, k] *= sign
    return Explicit(first=first, second=second, x=x, y=y, left=left, singular_values=values, right=right)


def rates(network: Explicit, neuron: int, tau: Any) -> list:
    """Rates of the weights of a hidden neuron in input mode 1 and output mode 1: derivatives of the loss along them."""

    def loss(e: Any, of_first: Any, of_second: Any) -> Any:
        first, second = network.first.copy(), network.second.copy()
        for j in range(first.cols):
            first[neuron, j] += e * of_first * network.right[j, 0]
        for k in range(second.rows):
            second[k, neuron] += e * of_second * network.left[k, 0]
        return network.loss(first, second)

    return [-mpmath.diff(lambda e, d=d: loss(e, *d), 0) / tau for d in ((1, 0), (0, 1))]


def until(dps: int, start: tuple[Any, Any], s: Any, passed: Any) -> tuple[Any, Any]:
    """Time, and strengths of two layers, at which `passed` (of both strengths) becomes zero from below, over tau."""
    piece, time = 1 / (4 * s), mpmath.mpf(0)
    while True:
        after = two_layers_by_taylor(dps, start, s, piece)
        if passed(*after) > 0:
            break
        start, time = after, time + piece
    ends = piece * mpmath.mpf(10) ** -dps, piece  # bracketed: a secant may leave the piece for negative times
    inside = mpmath.findroot(lambda d: passed(*two_layers_by_taylor(dps, start, s, d)), ends, solver="anderson")
    return time + inside, two_layers_by_taylor(dps, start, s, inside)


def time_to_strength(dps: int, point: Point) -> Any:
    """Time at which the product of two layers, integrated from sqrt(a_0), passes a_f, on its way up or down."""
    s, a_0, a_f, tau = (mpmath.mpf(point[k]) for k in ("s", "a_0", "a_f", "tau"))
    way = mpmath.sign(a_f - a_0)
    time, _ = until(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, lambda w_1, w_2: way * (w_1 * w_2 - a_f))
    return tau * time


def integrated_along_log(rate: Callable[[np.ndarray], np.ndarray], start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Strengths (rows, times) that start at `start` (rows, 1) at time 0, moving at `rate`; Gragg's method along log."""

    def slope(value: np.ndarray) -> np.ndarray:
        strength = np.exp(value)
        return rate(strength) / strength

    with np.errstate(all="ignore"):
        return np.exp(stepped(slope, np.log(start), times))


def stepped(slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Solution (rows, times) of an autonomous equation from `start` (rows, 1): extrapolated midpoint rule."""
    columns = [start]
    with np.errstate(all="ignore"):
        for step in np.diff(times):
            columns.append(_moved(slope, columns[-1], step, HALVINGS))
    return np.concatenate(columns, axis=1)


def _moved(slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray, step: float, halvings: int) -> np.ndarray:
    """The solution a step later, in two halves where the last two extrapolations differ by more than STEADY."""
    counts = np.array(MIDPOINTS).reshape(-1, *[1] * start.ndim)  # all divisions of a step along a new first axis
    first, part = slope(start), step / counts
    before, after = np.broadcast_to(start, (len(counts), *start.shape)), start + part * first
    table: list[np.ndarray] = []
    for k in range(1, MIDPOINTS[-1] + 1):
        moved = slope(after)
        if k == MIDPOINTS[len(table)]:  # the coarsest of those left is through
            table.append((before[0] + after[0] + part[0] * moved[0]) / 2)
            before, after, part, moved = before[1:], after[1:], part[1:], moved[1:]
        before, after = after, before + 2 * part * moved
    for k in range(1, len(table)):
        last = table[-1]
        for j in range(len(table) - 1, k - 1, -1):
            ratio = (MIDPOINTS[j] / MIDPOINTS[j - k]) ** 2
            table[j] = table[j] + (table[j] - table[j - 1]) / (ratio - 1)
    if halvings and np.any(np.abs(table[-1] - last) > STEADY):
        return _moved(slope, _moved(slope, start, step / 2, halvings - 1), step / 2, halvings - 1)
    return table[-1]
