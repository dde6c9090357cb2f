"""vanishes() sees that expressions are zero, says how, and never that of one which is not."""

from __future__ import annotations

import random

import pytest
import sympy as sp

from derivations.proof import _is_zero
from derivations.quotients import vanishes

u, v = sp.symbols("u v", positive=True)
w = sp.Symbol("w", real=True)
n = sp.Symbol("n", integer=True)
f = sp.Function("f")
nested = sp.sqrt(1 + sp.sqrt(w**2 + 1))
unevaluated = sp.Add(sp.oo, -u, evaluate=False)


@pytest.mark.parametrize(
    ("zero", "how"),
    [
        ((u + v) ** 3 - u**3 - 3 * u**2 * v - 3 * u * v**2 - v**3, "expansion"),
        (u * (1 / u + v) - 1 - u * v, "expansion"),
        (u / (u + v) + v / (u + v) - 1, "canonical form"),
        (1 / (u + 1 / v) - v / (u * v + 1), "canonical form"),
        (sp.exp(u + 2 * w) - sp.exp(u) * sp.exp(w) ** 2, "expansion"),
        ((u + v) ** (n + 1) - u * (u + v) ** n - v * (u + v) ** n, "expansion"),
        (2 ** (n + 2) - 4 * 2**n, "expansion"),
        (sp.exp(w * sp.log(u) / 2) ** 2 - u**w, "expansion"),
        (sp.exp(n * sp.log(u + v) + w) * (u + v) - (u + v) ** (n + 1) * sp.exp(w), "expansion"),
        (sp.sqrt(6) * (sp.sqrt(2) + sp.sqrt(3)) - 2 * sp.sqrt(3) - 3 * sp.sqrt(2), "expansion"),
        ((1 + sp.I) ** 2 - 2 * sp.I, "expansion"),
        (sp.sqrt(u) * (sp.sqrt(u) + 1) - u - sp.sqrt(u), "expansion"),
        ((sp.sqrt(u + v) - sp.sqrt(u)) * (sp.sqrt(u + v) + sp.sqrt(u)) - v, "expansion"),
        ((u + v) ** sp.Rational(3, 2) - u * sp.sqrt(u + v) - v * sp.sqrt(u + v), "expansion"),
        (sp.sqrt(1 - 1 / w) ** 2 * w - w + 1, "expansion"),
        ((nested + 1) * (nested - 1) - sp.sqrt(w**2 + 1), "expansion"),
        (f(w) * (f(w) + f(u)) - f(w) ** 2 - f(u) * f(w), "expansion"),
        (f(w).diff(w) / (1 + f(w).diff(w)) + 1 / (1 + f(w).diff(w)) - 1, "canonical form"),
    ],
)
def test_zero_is_seen(zero, how):
    assert zero != 0 and vanishes(zero) == how


@pytest.mark.parametrize(
    "other",
    [
        u - v,
        sp.sqrt(w**2) - w,
        sp.sqrt(u) - u,
        (w**2) ** sp.Rational(1, 4) - sp.sqrt(w),
        sp.Rational(1, 10**40) * u,
        sp.sqrt(w) * sp.sqrt(w - 1) - sp.sqrt(w * (w - 1)),  # of opposite signs for w < 0
        sp.sqrt(sp.Symbol("z") ** 2) - sp.Symbol("z"),
        f(u) - f(v),
        1 / ((u + v) ** 2 - u**2 - 2 * u * v - v**2),
        0 * u + sp.Pow(sp.sqrt(2) ** 2 - 2 + (u + 1) ** 2 - u**2 - 2 * u - 1, -1, evaluate=False) * (u - v) + v - u,
        u * (1 + sp.O(w)) - u - u * sp.O(w),
        (sp.AccumBounds(0, 1) + u) * v - v * sp.AccumBounds(0, 1) - u * v,
        unevaluated - unevaluated * (u + 1) + unevaluated * u,
        (u - u * sp.Float("1")) * v + v * sp.Float("1e-300"),
        sp.Symbol("p", commutative=False) * u - u * u,
    ],
)
def test_nothing_is_said_of_what_is_not_zero_or_has_no_value(other):
    assert vanishes(other) == ""


def test_random_expressions_and_what_they_expand_to():
    """Sums, products and powers of letters and roots, against SymPy's expansion; one more is seen not to vanish."""
    source = random.Random(1)
    leaves = [u, v, w, sp.sqrt(u), sp.sqrt(2), sp.exp(v), f(w), sp.Rational(2, 3), 1 / v, sp.sqrt(u + 1)]

    def draw(depth: int) -> sp.Expr:
        if depth == 0:
            return source.choice(leaves)
        kind, parts = source.choice((sp.Add, sp.Mul, sp.Pow)), [draw(depth - 1) for _ in range(3)]
        return parts[0] ** source.randint(2, 3) if kind is sp.Pow else kind(*parts)

    for _ in range(60):
        drawn = draw(3)
        assert drawn == sp.expand(drawn) or vanishes(drawn - sp.expand(drawn))
        assert not vanishes(drawn - sp.expand(drawn) + 1) and not vanishes(drawn - sp.expand(drawn) + w / 10**9)


def test_roots_of_quotients_and_logarithms_among_factors():
    root = sp.sqrt(u + 1 / v)
    assert vanishes(1 / (root - 1) - (root + 1) / (u + 1 / v - 1))
    assert not vanishes(1 / (root - 1) - (root - 1) / (u + 1 / v - 1))
    assert not vanishes(1 / (root - 1) - (root + 1) / (u + 1 / v**2 - 1))
    power = sp.exp(f(v) * sp.log(u) * sp.sin(w))
    assert vanishes(power - u ** (f(v) * sp.sin(w)))
    assert not vanishes(power - u ** sp.sin(w)) and not vanishes(power - u ** f(v))


def test_matrices_that_do_not_commute_are_not_read_as_numbers():
    a, b = sp.symbols("a b", commutative=False)
    for word in (a * b - b * a, a * b * a - a * a * b):
        assert not _is_zero(word)
    assert _is_zero(a * (b + 1) - a * b - a)
