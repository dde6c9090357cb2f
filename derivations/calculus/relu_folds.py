"""Layers of relu neurons on a line, and hyperplanes in space: evaluated, and counted without a formula."""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.proof import Step

p, q = sp.symbols("p q", positive=True)
INSIDE = p / (p + q)  # any place of (0, 1)
folds, fold_number = sp.Symbol("m", positive=True), sp.Symbol("k", integer=True, nonnegative=True)


def relu(field: sp.Expr) -> sp.Expr:
    """max(0, field)."""
    return sp.Max(0, field if field.is_number else sp.factor(field))


def fold(place: sp.Expr, folds: int) -> sp.Expr:
    """What a layer of `folds` relu neurons makes of a coordinate: to and fro over [0, 1]."""
    first = relu(folds * place)
    return first + sum((-1) ** k * relu(2 * folds * place - 2 * k) for k in range(1, folds))


def sawtooth(place: sp.Expr, depth: int) -> sp.Expr:
    """The tent composed with itself."""
    for _ in range(depth):
        place = fold(place, 2)
    return place


def arrangement(planes: int, dimension: int) -> int:
    """Cells of hyperplanes in general position: a new one is itself cut by the others, once a new cell."""
    if planes == 0 or dimension == 0:
        return 1
    return arrangement(planes - 1, dimension) + arrangement(planes - 1, dimension - 1)


def pieces(heights: list[sp.Expr]) -> int:
    """Linear pieces of a polygon over equal steps."""
    rises = [b - a for a, b in itertools.pairwise(heights)]
    return 1 + sum(b != a for a, b in itertools.pairwise(rises))


def sums_to_first_slope(heights: list[sp.Expr]) -> int:
    """In how many ways changes of slope of a polygon over unit steps, taken away, can sum to its first slope."""
    rises = [b - a for a, b in itertools.pairwise(heights)]
    changes = [b - a for a, b in itertools.pairwise(rises)]
    chosen = (c for size in range(len(changes) + 1) for c in itertools.combinations(changes, size))
    return sum(-sum(some) == rises[0] for some in chosen)


def many_folds() -> Step:
    """The value of an alternating sum of neurons, for any number of folds, on the fold with any number."""
    sign = sp.Symbol("e", real=True)  # (-1)^k: 1 or -1; the next fold has the other
    signs, numbers = (sign - 1) / 2, (sign * (2 * fold_number + 1) - 1) / 4
    onward = {sign: -sign, fold_number: fold_number + 1}
    first = {sign: 1, fold_number: 0}

    def value(place: sp.Expr, direction: int) -> sp.Expr:
        height = folds * place * (1 + 2 * signs) - 2 * numbers
        return height.subs(sign, direction)

    even, odd = (fold_number + INSIDE) / folds, (fold_number + 1 - INSIDE) / folds
    layer = sp.Function("T_m")
    return Step(
        claim="A layer of any number m of neurons lays (0, 1) to and fro m times: on the fold number k it has the "
        "height u at the place (k + u)/m if k is even, at (k + 1 - u)/m if it is odd.",
        because="On that fold neurons 0 to k are on. The sums of (-1)^j and of (-1)^j j over j from 1 to k start at 0 "
        "and gain their next term; with them m x + 2 sum (-1)^j (m x - j) is evaluated at both places, and the layer "
        "itself on all folds of 3, 4 and 5 neurons.",
        obligation=(
            signs.subs(first),
            numbers.subs(first),
            sp.expand(signs.subs(onward, simultaneous=True) - signs + sign),
            sp.expand(numbers.subs(onward, simultaneous=True) - numbers + sign * (fold_number + 1)),
            value(odd, -1) - INSIDE,
            *(
                fold((k + (INSIDE if k % 2 == 0 else 1 - INSIDE)) / count, count) - INSIDE
                for count in (3, 4, 5)
                for k in range(count)
            ),
        ),
        shows=sp.Eq(layer(even), INSIDE, evaluate=False),
        means={layer(even): value(even, 1)},
    )


def places_of_a_third(count: int) -> list[sp.Expr]:
    """All places of [0, 1] that a layer of `count` folds sends to 1/3, found by looking at it piece by piece."""
    found = []
    for k in range(count):
        low, high = (fold(sp.Rational(end, count), count) for end in (k, k + 1))
        share = (sp.Rational(1, 3) - low) / (high - low)
        place = (k + share) / count
        if 0 < share < 1 and fold(place, count) == sp.Rational(1, 3):
            found.append(place)
    return found
