"""Integrals and Gaussian averages as balls: panels between kinks, and bounds of what is left out at their ends.

A panel ends at every place where the integrand may have a kink, a jump or a singularity; on it a kinked function is the
branch that holds there. Ends at infinity, and ends where the integrand is not finite, are approached up to a bound of
the rest that follows from the form of the integrand. What no rule covers raises Unsupported: then nothing is decided.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import flint
import sympy as sp
from flint import acb, arb

from derivations.calculus.gaussian import GaussE
from verify.certify import Unbounded
from verify.compare.balls import KINKED, Values, analytic_value, holds, value
from verify.compare.growth import Bounds, rest_of_integral
from verify.compile.walker import Unsupported

EVALUATIONS = 60_000
STARTS = (2, 16, 1024)
FURTHEST = 4000  # doublings of the place up to which an integral is worked out
MONOTONE = (sp.tanh, sp.sinh, sp.erf, sp.atan, sp.asinh)  # odd, without another zero
Fixed = Callable[[sp.Expr], Any]


def average(node: GaussE, at: Values) -> Any:
    """A ball around an average over a standard Gaussian."""
    z = node.variable
    return over(node.integrand * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), z, -sp.oo, sp.oo, at)


def integral(node: sp.Integral, at: Values) -> Any:
    """A ball around an integral over one variable."""
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        raise Unsupported("an integral over several variables")
    variable, low, high = node.limits[0]
    return over(node.function, variable, low, high, at)


def over(integrand: sp.Expr, variable: sp.Symbol, low: sp.Expr, high: sp.Expr, at: Values) -> Any:
    """A ball around an integral. Raises Unsupported, Unbounded."""
    if integrand.has(sp.Integral, GaussE, sp.Sum, sp.Product):
        inside = integrand.atoms(sp.Integral, GaussE, sp.Sum, sp.Product)
        if any(variable in node.free_symbols for node in inside):
            raise Unsupported("an integral in an integral")
    known: dict[sp.Expr, Any] = {}

    def fixed(part: sp.Expr) -> Any:
        if part not in known:
            known[part] = value(part, at)
        return known[part]

    if low == high:
        return arb(0)
    if high == -sp.oo or low == sp.oo or (_finite(low) and _finite(high) and fixed(low) > fixed(high)):
        return -over(integrand, variable, high, low, at)
    edges = [low, *_inside(integrand, variable, low, high, fixed), high]
    if low == -sp.oo and high == sp.oo and len(edges) == 2:
        edges.insert(1, sp.S.Zero)
    total = arb(0)
    for left, right in itertools.pairwise(edges):
        smooth = _smooth(integrand, variable, left, right, fixed)
        total = total + _panel(smooth, variable, left, right, fixed)
    return total


def _finite(end: sp.Expr) -> bool:
    return end not in (sp.oo, -sp.oo)


# ------------------------------------------------------------------------------------------------ kinks


def _inside(integrand: sp.Expr, variable: sp.Symbol, low: sp.Expr, high: sp.Expr, fixed: Fixed) -> list[sp.Expr]:
    """Kinks and singularities strictly between the ends, in order."""
    places: set[sp.Expr] = set()
    for switch in _switches(integrand):
        if variable in switch.free_symbols:
            places |= set(_zeros(switch, variable, fixed))
    for node in integrand.atoms(sp.log, sp.Pow):
        argument = node.args[0]
        plain = isinstance(node, sp.Pow) and (node.exp.is_integer and node.exp.is_nonnegative)
        if variable in argument.free_symbols and not plain:
            try:
                places |= set(_zeros(argument, variable, fixed))
            except Unsupported:
                continue  # a singularity that is met makes the ball infinite
    found: list[sp.Expr] = []
    for place in places:
        ball = fixed(place)
        if not ball.is_finite():
            raise Unsupported(f"no place of the kink {place}")
        if any(place == end for end in (low, high)):
            continue
        above, below = low == -sp.oo or ball > fixed(low), high == sp.oo or ball < fixed(high)
        if (_finite(low) and ball < fixed(low)) or (_finite(high) and ball > fixed(high)):
            continue
        if not (above and below):
            raise Unsupported(f"the kink {place} cannot be told from an end of the integral")
        found.append(place)
    found.sort(key=lambda place: float(fixed(place).mid()))
    for left, right in itertools.pairwise(found):
        if not fixed(left) < fixed(right):
            raise Unsupported(f"the kinks {left} and {right} cannot be told apart")
    return found


def _switches(integrand: sp.Expr) -> set[sp.Expr]:
    conditions = [c for p in integrand.atoms(sp.Piecewise) for _, c in p.args if c != sp.true]
    if any(not isinstance(c, (sp.Lt, sp.Le, sp.Gt, sp.Ge)) for c in conditions):
        raise Unsupported("a condition that is no comparison")
    found = {c.lhs - c.rhs for c in conditions}
    found |= {node.args[0] for node in integrand.atoms(sp.Abs, sp.sign, sp.Heaviside)}
    return found | {a - b for m in integrand.atoms(sp.Max, sp.Min) for a in m.args for b in m.args if a != b}


def _zeros(switch: sp.Expr, variable: sp.Symbol, fixed: Fixed) -> list[sp.Expr]:
    """All real zeros of an expression. Raises Unsupported where they cannot be listed."""
    if variable not in switch.free_symbols or isinstance(switch, (sp.exp, sp.cosh)):
        return []
    if switch.is_Mul:
        return [zero for factor in switch.args for zero in _zeros(factor, variable, fixed)]
    if isinstance(switch, (*MONOTONE, sp.Abs)) or (switch.is_Pow and switch.exp.is_positive):
        return _zeros(switch.args[0], variable, fixed)
    if switch.is_Pow and switch.exp.is_negative:
        return _zeros(switch.base, variable, fixed)  # where it changes its sign
    polynomial = switch.as_poly(variable) if switch.is_polynomial(variable) else None
    if polynomial is not None and polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return [-b / a]
    if polynomial is not None and polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        discriminant = sp.expand(b**2 - 4 * a * c)
        size = fixed(discriminant)
        if size < 0:
            return []
        if discriminant == 0:
            return [-b / (2 * a)]
        if size > 0:
            return [(-b + sign * sp.sqrt(discriminant)) / (2 * a) for sign in (1, -1)]
    raise Unsupported(f"the zeros of {switch}")


def _smooth(integrand: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr, fixed: Fixed) -> sp.Expr:
    """The integrand on a panel, where no kinked function changes its branch."""
    middle = _middle(left, right, fixed)

    class At(dict):
        def __missing__(self, symbol: sp.Symbol) -> Any:
            return middle if symbol == variable else fixed(symbol)

    here = At()

    def sign(expression: sp.Expr) -> bool:
        ball = value(expression, here)
        if ball > 0 or ball < 0:
            return bool(ball > 0)
        raise Unsupported(f"the sign of {expression} between its zeros")

    def chosen(node: sp.Expr) -> sp.Expr:
        if isinstance(node, sp.Abs):
            return node.args[0] if sign(node.args[0]) else -node.args[0]
        if isinstance(node, sp.sign):
            return sp.S.One if sign(node.args[0]) else sp.S.NegativeOne
        if isinstance(node, sp.Heaviside):
            return sp.S.One if sign(node.args[0]) else sp.S.Zero
        if isinstance(node, (sp.Max, sp.Min)):
            best = node.args[0]
            for other in node.args[1:]:
                best = other if sign(other - best) == isinstance(node, sp.Max) else best
            return best
        for branch, condition in node.args:
            truth = True if condition == sp.true else holds(condition, here)
            if truth is None:
                raise Unsupported(f"the truth of {condition} between its zeros")
            if truth:
                return branch
        raise Unsupported("no branch of a Piecewise applies")

    while found := [n for n in integrand.atoms(*KINKED) if variable in n.free_symbols]:
        innermost = next(n for n in found if not any(a.has(*KINKED) and variable in a.free_symbols for a in n.args))
        integrand = integrand.xreplace({innermost: chosen(innermost)})
    return integrand


# ------------------------------------------------------------------------------------------------ panels


def _panel(smooth: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr, fixed: Fixed) -> Any:
    if smooth == 0:
        return arb(0)
    on = functools.partial(_integrated, smooth, variable, fixed)
    special = [not _finite(e) or not _regular(smooth, variable, e, fixed) for e in (left, right)]
    if special == [False, False]:
        return on(fixed(left), fixed(right))
    middle = _middle(left, right, fixed)
    total = arb(0)
    for end, sign, is_special in ((left, -1, special[0]), (right, 1, special[1])):
        if not is_special:
            total = total + sign * on(middle, fixed(end))
            continue
        place, rest = _cut(smooth, variable, end, sign, middle, fixed)
        total = total + sign * on(middle, place) + arb(0, rest.abs_upper())
    return total


def _middle(left: sp.Expr, right: sp.Expr, fixed: Fixed) -> Any:
    """A number between two ends."""
    if _finite(left) and _finite(right):
        return arb(((fixed(left) + fixed(right)) / 2).mid())
    if _finite(left):
        return arb((fixed(left) + 1).mid())
    return arb((fixed(right) - 1).mid()) if _finite(right) else arb(0)


def _cut(smooth: sp.Expr, variable: sp.Symbol, end: sp.Expr, sign: int, middle: Any, fixed: Fixed) -> tuple[Any, Any]:
    """(place, bound of what is left out between the place and the end)."""
    y = sp.Dummy("y", positive=True)
    if _finite(end):  # y is the inverse of the distance
        turned = _inserted(smooth, variable, end - sign / y) / y**2
        nearest = 1 / abs(fixed(end) - middle)
    else:
        turned, nearest = smooth.xreplace({variable: sign * y}), abs(middle)
    problem: Unbounded | None = None
    for start in STARTS:
        try:
            growth = Bounds(y, start, fixed).growth(turned)
            place = arb(start).max(nearest + 1)
            place = arb(place.mid()) if place.rad() == 0 else arb(place.upper())
            for _ in range(FURTHEST):
                rest = rest_of_integral(growth, place)
                if rest < arb(2) ** -flint.ctx.prec:
                    break
                place = place * 2 if growth.algebraic else place + place / 8
                place = arb(place.upper())
            else:
                raise Unbounded("the rest of an integral does not fall below the precision")
        except Unbounded as found:
            problem = found
            continue
        return (fixed(end) - sign / place if _finite(end) else sign * place), rest
    raise problem or Unbounded("no bound")


def _inserted(smooth: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """An integrand at a place near its end, with the sums in its functions multiplied out, so that they cancel."""
    found = smooth.xreplace({variable: place})

    def tidied(node: sp.Expr) -> sp.Expr:
        if not node.args:
            return node
        arguments = [tidied(a) for a in node.args]
        if isinstance(node, (sp.log, sp.Pow)):
            inside = sp.expand(arguments[0])
            arguments[0] = inside if inside.is_Mul or not inside.is_Add else sp.together(inside)
        return node.func(*arguments)

    return tidied(found)


def _regular(smooth: sp.Expr, variable: sp.Symbol, end: sp.Expr, fixed: Fixed) -> bool:
    """Whether the integrand is analytic around an end."""
    place = fixed(end)
    around = acb(arb(place.mid(), 2.0**-30 * (1 + abs(float(place.mid())))), arb(0, 2.0**-30))
    try:
        found = analytic_value(smooth, variable, around, True, fixed)
    except ValueError:
        return False
    return bool(found.is_finite())


def _integrated(smooth: sp.Expr, variable: sp.Symbol, fixed: Fixed, low: Any, high: Any) -> Any:
    def integrand(z: Any, analytic: bool) -> Any:
        try:
            return analytic_value(smooth, variable, z, analytic, fixed)
        except ValueError:  # no value on such a rectangle
            return acb("nan")

    found = acb.integral(integrand, acb(low), acb(high), eval_limit=EVALUATIONS)
    if not found.imag.abs_upper() < 2.0 ** (-flint.ctx.prec // 3):  # the integrand is not real, or nothing is known
        return arb("nan")
    return found.real
