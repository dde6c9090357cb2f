"""Points at which two expressions are compared: of every size, on both sides of every number in the expressions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import sympy as sp

from verify.compare.reading import Letter

SEED = 20261128
SPECIAL = (0, 1, 2)  # where wrong formulas agree with right ones
SIZES = ((0.2, 5.0), (0.2, 5.0), (1e-3, 0.2), (5.0, 300.0))  # ranges of size, drawn in turn
INTEGERS = ((3, 9), (3, 9), (10, 40))
Point = dict[str, sp.Rational]


def points(letters: Mapping[str, Letter], numbers: frozenset[sp.Rational]) -> Iterator[Point]:
    """Points without end, the same in every run. `numbers` are those of the expressions: kinks may lie there."""
    source = random.Random(SEED)
    near = sorted(numbers - set(map(sp.Integer, SPECIAL)), key=lambda n: (abs(n), n))
    count = 0
    while True:
        yield {name: _drawn(letters[name], source, count + k, near) for k, name in enumerate(sorted(letters))}
        count += 1


def _drawn(letter: Letter, source: random.Random, count: int, near: list[sp.Rational]) -> sp.Rational:
    for _ in range(100):
        value = _number(letter, source, count, near)
        above = value > letter.low or (value == letter.low and not letter.open_low)
        below = value < letter.high or (value == letter.high and not letter.open_high)
        if above and below and (value not in SPECIAL or letter.integer):
            return value
        count += 1
    low, high = letter.low, letter.high
    return sp.Rational(low + high, 2) if low.is_finite and high.is_finite else low if low.is_finite else high


def _number(letter: Letter, source: random.Random, count: int, near: list[sp.Rational]) -> sp.Rational:
    low, high = letter.low, letter.high
    if letter.integer:
        first, last = INTEGERS[count % len(INTEGERS)]
        start = int(sp.ceiling(low)) if low.is_finite else 0
        last = max(last, start + 6)
        if high.is_finite:
            last = min(last, int(sp.floor(high)))
        return sp.Integer(source.randint(min(max(first, start), last), last) if last >= start else start)
    if near and count % 5 == 4:
        place = source.choice(near)
        return place * sp.Rational(source.choice((89, 97, 104, 113)), 100)
    if low.is_finite and high.is_finite:
        return sp.Rational(low) + (sp.Rational(high) - sp.Rational(low)) * sp.Rational(source.randint(13, 987), 1000)
    smallest, largest = SIZES[count % len(SIZES)]
    size = sp.Rational(f"{smallest * (largest / smallest) ** source.random():.4g}")
    if low.is_finite:
        return sp.Rational(low) + size
    if high.is_finite:
        return sp.Rational(high) - size
    return size if source.random() < 0.5 else -size
