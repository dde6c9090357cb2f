"""A function with kinks as smooth pieces of the real line, and how it goes on from one to the next.

Kinks stand in an expression as inert nodes, of which SymPy works nothing out. They are replaced from the inside by what
they are on each part of the line; no expression with kinks ever reaches SymPy's own simplification.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import mpmath
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from verify.activation.opaque import plain
from verify.activation.zeros import DIGITS, Place, Unlocated, held, number, sign, zeros

PIECES, SEARCHES = 32, 120  # of one activation
TOP_ORDER = 3  # derivatives compared at a kink
NEAR, NEARER = mpmath.mpf(10) ** -20, mpmath.mpf(10) ** -40  # distances from a kink at which they are compared
GROWTH = 3  # between them, above which a derivative is infinite: |x|^(-1/20) grows by 10
JUMP = mpmath.mpf(10) ** -15  # relative difference above which two sides differ
INFINITY = mpmath.inf


class Unreadable(ValueError):
    """A function that is not real, not finite, or whose kinks are not located; the message says where."""


class Kinked(sp.Function):
    """A function with kinks or jumps, of which nothing is worked out but that it is real."""

    is_real = True


class Maximum(Kinked):
    """The larger of two."""


class Minimum(Kinked):
    """The smaller of two."""


class Modulus(Kinked):
    """The absolute value."""


class Sign(Kinked):
    """-1 or 1."""


class Step(Kinked):
    """1 where its argument is positive, 0 where it is negative."""


class Choice(Kinked):
    """The second argument where the first is positive, the third elsewhere."""


class Root(Kinked):
    """A power whose exponent is no integer."""


NO_NUMBER = (sp.zoo, sp.oo, -sp.oo, sp.nan, sp.I)


@dataclass(frozen=True)
class Piece:
    """A smooth expression in x and the part of the line where it holds."""

    expression: sp.Expr
    low: Place | None
    high: Place | None

    @property
    def ends(self) -> tuple[mpmath.mpf, mpmath.mpf]:
        return self.low.value if self.low else -INFINITY, self.high.value if self.high else INFINITY


def pieces(expression: sp.Expr) -> list[Piece]:
    """Smooth pieces from left to right; raises Unreadable."""
    found = _Splitter().split(Piece(expression, None, None))
    found = [Piece(plain(piece.expression), piece.low, piece.high) for piece in found]
    merged = [found[0]]
    for piece in found[1:]:
        if piece.expression == merged[-1].expression:
            merged[-1] = Piece(piece.expression, merged[-1].low, piece.high)
        else:
            merged.append(piece)
    for piece in merged:
        _refuse_singular(piece)
    return merged


def joined(parts: list[Piece]) -> sp.Expr:
    """The pieces as one expression."""
    if len(parts) == 1:
        return parts[0].expression
    below = [(p.expression, sp.StrictLessThan(x, p.high.exact, evaluate=False)) for p in parts if p.high is not None]
    return sp.Piecewise(*below, (parts[-1].expression, True), evaluate=False)


class _Splitter:
    def __init__(self) -> None:
        self.searches = 0

    def split(self, whole: Piece) -> list[Piece]:
        found, waiting = [], [whole]
        while waiting:
            piece = waiting.pop()
            node = next((n for n in sp.postorder_traversal(piece.expression) if isinstance(n, Kinked)), None)
            if node is None:
                found.append(piece)
            else:
                waiting += reversed(self._parts(piece, node))
            if len(found) + len(waiting) > PIECES:
                raise Unreadable(f"it has more than {PIECES} pieces")
        return found

    def _parts(self, piece: Piece, node: sp.Expr) -> list[Piece]:
        switch, (low, high) = plain(_switch(node)), piece.ends
        if switch.has(sp.I):
            raise Unreadable("a part of it is complex, not a real number")
        if not all(held(part) for part in sp.preorder_traversal(switch) if part.args and not part.free_symbols):
            raise Unreadable("a constant in it is infinite or too large")  # not named: to print it takes its digits
        places: list[Place] = []
        if switch != 0 and x in switch.free_symbols:
            self.searches += 1
            if self.searches > SEARCHES:
                raise Unreadable("it has too many kinks")
            try:
                places = zeros(switch, low, high)
            except (Unlocated, ArithmeticError, TypeError) as problem:
                raise Unreadable(f"a kink where {switch} = 0 cannot be located: {problem}") from None
        edges = [piece.low, *places, piece.high]
        return [
            Piece(_replaced(piece.expression, node, switch, Piece(piece.expression, *ends)), *ends)
            for ends in itertools.pairwise(edges)
        ]


def _replaced(expression: sp.Expr, node: sp.Expr, switch: sp.Expr, piece: Piece) -> sp.Expr:
    try:
        side = 0 if switch == 0 else sign(switch, _middle(piece))
    except (ArithmeticError, TypeError, ValueError):
        raise Unreadable(f"{switch} is not a real number at x = {mpmath.nstr(_middle(piece), 4)}") from None
    settled = expression.xreplace({node: _settled(node, side, piece)})
    if settled.has(*NO_NUMBER):
        raise Unreadable(f"near x = {mpmath.nstr(_middle(piece), 4)} it is not a real, finite number")
    return settled


def _middle(piece: Piece) -> mpmath.mpf:
    """A place inside, not a special one."""
    low, high = piece.ends
    with mpmath.workdps(DIGITS):
        if low == -INFINITY:
            return -mpmath.mpf("0.7310585") if high == INFINITY else high - mpmath.mpf("0.7310585")
        return low + (mpmath.mpf("0.7310585") if high == INFINITY else (high - low) * mpmath.mpf("0.4310585"))


def _switch(node: sp.Expr) -> sp.Expr:
    """What is zero where a node changes its form."""
    return node.args[0] - node.args[1] if isinstance(node, (Maximum, Minimum)) else node.args[0]


def _settled(node: sp.Expr, side: int, piece: Piece) -> sp.Expr:
    """What a node is on a part of the line where its switch is positive (1), negative (-1) or zero (0)."""
    if isinstance(node, (Maximum, Minimum)):
        return node.args[0 if (side > 0) == isinstance(node, Maximum) else 1]
    if isinstance(node, Modulus):
        return side * node.args[0]
    if isinstance(node, Sign):
        return sp.Integer(side)
    if isinstance(node, Step):
        return sp.Integer(max(side, 0))
    if isinstance(node, Choice):
        return node.args[1 if side > 0 else 2]
    base, exponent = node.args
    if side < 0:
        raise Unreadable(f"near x = {mpmath.nstr(_middle(piece), 4)} it is not real: a power of a negative number")
    if side == 0:
        if exponent < 0:
            raise Unreadable("it divides by zero")
        return sp.S.Zero
    power = _power_of_positive(base, exponent, piece)
    for inner in power.atoms(sp.Abs):  # sqrt(x^2)
        power = power.xreplace({inner: sign(inner.args[0], _middle(piece)) * inner.args[0]})
    return power


def _power_of_positive(base: sp.Expr, exponent: sp.Expr, piece: Piece) -> sp.Expr:
    """A power of what is positive on a piece, factor by factor: (x^3)^(1/2) has the slope 0 / 0 at 0, x^(3/2) has 0.

    No factor changes its sign, since the ends of the piece are the zeros of the whole. Sums stay as they are: common
    factors of high powers have more digits than float64 has exponents.
    """
    rest, powers = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(base):
        inner, order = factor.as_base_exp()
        if order == 1 or not order.is_Rational or x not in inner.free_symbols:
            rest *= factor
            continue
        side = sign(inner, _middle(piece))
        rest *= side if order.p % 2 else 1
        powers *= sp.Pow(side * inner, order * exponent)
    return sp.Pow(rest, exponent) * powers


def _refuse_singular(piece: Piece) -> None:
    """Refuse poles and branch points inside a piece."""
    for node in sp.preorder_traversal(piece.expression):
        critical = None
        if node.is_Pow and not (node.exp.is_Integer and node.exp > 0):
            critical = node.base
        elif isinstance(node, sp.log):
            critical = node.args[0]
        elif isinstance(node, sp.tan):
            critical = sp.cos(node.args[0])
        if critical is None or x not in critical.free_symbols:
            continue
        try:
            places = zeros(critical, *piece.ends)
            real = not isinstance(node, sp.log) or sign(critical, _middle(piece)) > 0
        except (Unlocated, ArithmeticError, TypeError) as problem:
            raise Unreadable(f"it may be infinite where {critical} = 0, and that is not excluded: {problem}") from None
        if places:
            raise Unreadable(f"near x = {float(places[0].value):.4g} it is not smooth and finite")
        if not real:
            raise Unreadable(f"near x = {mpmath.nstr(_middle(piece), 4)} it is not real")


# ------------------------------------------------------------------------------------------------ at a kink


def smoothness(parts: list[Piece]) -> int:
    """The order of the highest derivative that is continuous at every kink; -1 where the function itself jumps.

    Raises Unreadable where the function or its slope is infinite on one side.
    """
    smoothest = TOP_ORDER
    for left, right in itertools.pairwise(parts):
        assert left.high is not None
        for order in range(smoothest + 1):
            below, above = _beside(left, left.high, order, -1), _beside(right, left.high, order, 1)
            known = below is not None and above is not None
            if order < 2 and not known:
                what = "slope" if order else "value"
                raise Unreadable(f"at x = {float(left.high.value):.4g} it has no finite {what}")
            if below is None or above is None or abs(below - above) > JUMP * (1 + abs(below) + abs(above)):
                smoothest = order - 1
                break
    return smoothest


def _beside(piece: Piece, at: Place, order: int, side: int) -> mpmath.mpf | None:
    """The limit of a derivative of a piece at one end of it; None where it is infinite."""
    derivative = piece.expression
    for _ in range(order):  # one by one: for a higher one SymPy also simplifies, which may take seconds
        derivative = derivative.diff(x)
    with mpmath.workdps(DIGITS):
        try:
            near, nearer = (number(derivative, at.value + side * step) for step in (NEAR, NEARER))
        except (ArithmeticError, TypeError, ValueError):
            return None
        return nearer if abs(nearer) <= GROWTH * abs(near) + NEAR else None


def activation(name: str, expression: sp.Expr) -> tuple[Activation, list[Piece]]:
    """An activation from an expression with kinks, and its pieces; raises Unreadable."""
    try:
        parts = pieces(expression)
        whole = joined(parts)
    except TypeError as problem:  # SymPy finds a place not comparable
        raise Unreadable(f"the places of its kinks cannot be compared: {problem}") from problem
    places = tuple(p.high.exact for p in parts if p.high is not None)
    kept = smoothness(parts) if places else 0
    return Activation(name=name, expression=whole, breakpoints=places, smoothness=kept), parts


def approximate(chosen: Activation) -> bool:
    """Whether the place of a kink is known by its digits only, not by a formula."""
    return any(place.has(sp.Float) for place in chosen.breakpoints)
