"""What an expression may grow to, measured as it is built and before anything is worked out from it."""

from __future__ import annotations

import sympy as sp

from derivations.symbols import x
from verify.activation.pieces import Kinked
from verify.activation.zeros import held

SIZE, DEGREE = 260, 48  # of an expression as a tree, with all names written out; in x and in functions of x
BITS = 4000  # of a rational number
LASTING = (Kinked, sp.Abs)  # of the degree of what stands in them


class ActivationError(ValueError):
    """The text is not an activation; the message says what is refused, why, and what to write instead."""


class Measure:
    """Sizes and degrees of expressions, each part looked at once."""

    def __init__(self) -> None:
        self.known: dict[sp.Expr, tuple[int, int]] = {}

    def bounded(self, value: sp.Expr) -> sp.Expr:
        """The value itself, unless it has grown too large, or a constant in it is no real number that float64 holds."""
        size, degree = self.of(value)
        if size > SIZE or degree > DEGREE:
            what = f"{size} parts; {SIZE}" if size > SIZE else f"degree {degree}; {DEGREE}"
            raise ActivationError(f"with its names written out the expression has {what} at most are read")
        return value

    def power(self, base: sp.Expr, exponent: sp.Rational) -> bool:
        """Whether a power stays within the bounds."""
        bits = max((int(n).bit_length() for c in base.atoms(sp.Rational) for n in (c.p, c.q)), default=0)
        return bool(bits * abs(exponent) <= BITS and self.of(base)[1] * abs(exponent) <= DEGREE)

    def of(self, value: sp.Expr) -> tuple[int, int]:
        """Nodes of an expression as a tree, and its degree in x and in functions of it; refuses bad constants."""
        if value not in self.known:
            if value in (sp.zoo, sp.oo, -sp.oo, sp.nan, sp.I):
                raise ActivationError("a part of the expression is infinite or complex, not a real number")
            if value.is_Rational and max(int(value.p).bit_length(), int(value.q).bit_length()) > BITS:
                raise ActivationError(f"a number in the expression needs more than {BITS} bits; write it smaller")
            parts = [self.of(a) for a in value.args]
            self.known[value] = 1 + sum(size for size, _ in parts), _degree(value, [d for _, d in parts])
            if value.args and not value.free_symbols and not value.has(Kinked) and not held(value):
                raise ActivationError(f"{value} is infinite or too large; an activation is real and finite")
        return self.known[value]


def _degree(value: sp.Expr, degrees: list[int]) -> int:
    if value == x:
        return 1
    if value.is_Mul:
        return sum(degrees)
    if value.is_Pow and value.exp.is_Rational:
        return int(sp.ceiling(degrees[0] * abs(value.exp)))
    largest = max(degrees, default=0)
    return largest if value.is_Add or isinstance(value, LASTING) else min(largest, 1)
