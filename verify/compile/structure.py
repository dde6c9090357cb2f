"""What a formula says about itself: where it bends and how sharply, and whether it is a power or a sum of exponentials.

A rule that only samples an activation steps over exp(-((x - 2.37) / 0.01)^2); its formula has the centre and the width.
"""

from __future__ import annotations

import functools
import itertools
import math

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation, Sinc
from derivations.symbols import x
from verify.compile.candidate import numpy_function
from verify.compile.exact import Mpmath
from verify.compile.walker import compare

# Distance of the nearest singularity from the real axis, or the length on which an entire function varies.
WIDTHS: dict[type, float] = {
    sp.tanh: math.pi / 2,
    sp.sech: math.pi / 2,
    sp.exp: math.pi,
    sp.tan: math.pi / 2,
    sp.cosh: 1.0,
    sp.sinh: 1.0,
    sp.sin: 1.0,
    sp.cos: 1.0,
    sp.erf: 1.0,
    sp.erfc: 1.0,
    sp.atan: 1.0,
    sp.asinh: 1.0,
    sp.log: 1.0,
    Sinc: 1.0,
}
LINE = np.concatenate([-np.geomspace(1e6, 1e-9, 400), [0.0], np.geomspace(1e-9, 1e6, 400)])
MOST_TERMS, MOST_POWER = 60, 16  # of a sum of exponentials
MOST_SCALES = 200
MOST_EXPANDED = 300  # terms that an expression may have when it is expanded
CONSTANT_DIGITS, PLACE_DIGITS = 40, 100
EXACT = Mpmath()
TRIGONOMETRIC = (sp.sin, sp.cos, sp.sinh, sp.cosh, sp.exp)


def decimal(expression: sp.Expr) -> sp.Expr:
    """The expression with its constants, other than rational numbers, as decimals.

    SymPy would look for the polynomials that exact ones obey, e^0.37 as the 37th power of e^0.01: gigabytes.
    """
    if expression.is_Rational or isinstance(expression, (sp.Symbol, sp.Dummy)):
        return expression
    if not expression.free_symbols:
        with mpmath.workdps(CONSTANT_DIGITS):
            return sp.Float(EXACT.evaluate(expression, {}), CONSTANT_DIGITS)
    if isinstance(expression, sp.Piecewise):
        return expression
    return expression.func(*map(decimal, expression.args))


def hard_constants(expression: sp.Expr) -> bool:
    """Whether a constant in it is a function of others, as e^0.37 or tanh(0.2), not to be given to polynomials."""
    return any(not node.free_symbols for node in expression.atoms(sp.Function)) or bool(expression.has(sp.E))


def expanded_terms(expression: sp.Expr) -> int:
    """At most so many terms has an expression when it is expanded."""
    if expression.is_Add:
        return sum(expanded_terms(a) for a in expression.args)
    if expression.is_Mul:
        return math.prod(expanded_terms(a) for a in expression.args)
    if expression.is_Pow and expression.exp.is_Integer:
        inside, power = expanded_terms(expression.base), abs(int(expression.exp))
        return math.comb(inside + power - 1, power)
    if isinstance(expression, TRIGONOMETRIC):
        return 2 * expanded_terms(expression.args[0])
    return 1


def pieces(activation: Activation) -> list[sp.Expr]:
    """The smooth pieces of an activation from left to right, one more than its breakpoints."""
    if not activation.breakpoints:
        return [activation.expression]
    places = [-sp.oo, *activation.breakpoints, sp.oo]
    return [_on(activation.expression, low, high) for low, high in itertools.pairwise(places)]


def _on(expression: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """The expression between two places, no condition of which changes there."""
    with mpmath.workdps(PLACE_DIGITS):  # SymPy cannot always tell which of two constants is larger
        below, above = (None if abs(end) == sp.oo else EXACT.evaluate(end, {}) for end in (low, high))
        if below is None or above is None:
            middle = above - 1 if above is not None else below + 1 if below is not None else mpmath.mpf(0)
        else:
            middle = (below + above) / 2

    def chosen(node: sp.Piecewise) -> sp.Expr:
        with mpmath.workdps(PLACE_DIGITS):
            return next(v for v, c in node.args if c == sp.true or compare(c, EXACT, {x: middle}))

    while found := expression.atoms(sp.Piecewise):
        innermost = next(node for node in found if not any(a.has(sp.Piecewise) for a in node.args))
        expression = expression.xreplace({innermost: chosen(innermost)})
    return expression


@functools.lru_cache(maxsize=256)
def turned(expression: sp.Expr) -> sp.Expr:
    """The same with every 1 + exp(g) written as exp(g) (1 + exp(-g)), in logarithms and powers."""

    def of(total: sp.Expr) -> sp.Expr | None:
        if total.is_Add and len(total.args) == 2 and 1 in total.args:
            other = total - 1
            return other.args[0] if isinstance(other, sp.exp) else None
        return None

    def replaced(node: sp.Expr) -> sp.Expr:
        inside = of(node.args[0]) if isinstance(node, sp.log) else of(node.base) if node.is_Pow else None
        if inside is None:
            return node
        if isinstance(node, sp.log):
            return inside + sp.log(1 + sp.exp(-inside))
        return sp.exp(inside * node.exp) * (1 + sp.exp(-inside)) ** node.exp

    return expression.replace(lambda n: isinstance(n, (sp.log, sp.Pow)), replaced)


def scales(activation: Activation) -> tuple[tuple[float, float], ...]:
    """(centre, width) of every place where a function in the formula may bend: all arguments' zeros and vertices."""
    found: set[tuple[float, float]] = set()
    for piece in dict.fromkeys(pieces(activation)):
        for node in sp.preorder_traversal(piece):
            if isinstance(node, sp.Pow) and node.exp != 1 and not (node.exp.is_Integer and node.exp > 0):
                inside, width = node.base, 1.0
            elif type(node) in WIDTHS:
                inside, width = node.args[-1], WIDTHS[type(node)]
            else:
                continue
            if x in inside.free_symbols:
                found.update(_places(inside, width, isinstance(node, (sp.Pow, sp.log))))
    rounded = {(float(f"{c:.12g}"), float(f"{w:.6g}")) for c, w in found if math.isfinite(c) and w > 0}
    return tuple(sorted(rounded, key=lambda place: (place[1], abs(place[0]), place))[:MOST_SCALES])


def _places(inside: sp.Expr, width: float, singular: bool) -> list[tuple[float, float]]:
    """Around the zeros of an argument of a function: singular there, or bending within `width` of its argument."""
    if inside.is_polynomial(x):
        if expanded_terms(inside) > MOST_EXPANDED:
            return []
        polynomial = np.poly1d([float(c) for c in sp.Poly(decimal(inside), x).all_coeffs()])
        slope, found = polynomial.deriv(), []
        for root in np.atleast_1d(polynomial.roots):
            if singular and abs(root.imag) > 1e-12 * abs(root):
                found.append((float(root.real), float(abs(root.imag))))
            elif abs(slope(root)) > 0:
                found.append((float(root.real), width / abs(slope(root))))
        if polynomial.order >= 2:  # where the argument turns: its curvature sets the length
            for turn in np.atleast_1d(slope.roots):
                bend = abs(slope.deriv()(turn.real))
                if bend > 0:
                    found.append((float(turn.real), math.sqrt(2 * width / bend)))
        return found
    if singular:
        return []
    part = Activation(name="part", expression=inside)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(numpy_function(part)(LINE), dtype=float), LINE.shape)
        changes = np.flatnonzero(values[:-1] * values[1:] < 0)
        nought = np.flatnonzero(values == 0)
        ends = [(LINE[i], LINE[i + 1]) for i in changes[:20]] + [(LINE[i], LINE[i]) for i in nought[:5]]
        slope_at, found = numpy_function(part, 1), []
        for low, high in ends:
            below = float(numpy_function(part)(np.array([low]))[0])
            for _ in range(60):
                middle = (low + high) / 2
                if float(numpy_function(part)(np.array([middle]))[0]) * below > 0:
                    low = middle
                else:
                    high = middle
            steep = abs(float(np.broadcast_to(slope_at(np.array([high])), 1)[0]))
            if math.isfinite(steep) and steep > 0:
                found.append((float(high), width / steep))
    return found


def monomial(activation: Activation) -> tuple[float, float, float] | None:
    """(a, b, p) where the activation is a |x|^p below zero and b x^p above, or None."""
    if activation.breakpoints not in ((), (sp.S.Zero,)):
        return None
    parts = pieces(activation)
    y = sp.Symbol("y", positive=True)
    sides = [parts[0].subs(x, -y), parts[-1].subs(x, y)]
    found: list[tuple[float, float | None]] = []
    for side in sides:
        if any(y in node.free_symbols for node in side.atoms(sp.Function)) or expanded_terms(side) > MOST_EXPANDED:
            return None
        side = sp.expand(decimal(side))
        constant, rest = side.as_independent(y, as_Add=False)
        base, power = rest.as_base_exp()
        if constant == 0:
            found.append((0.0, None))
        elif rest == 1:
            found.append((float(constant), 0.0))
        elif base == y and power.is_number:
            found.append((float(constant), float(power)))
        else:
            return None
    powers = [p for _, p in found if p is not None]
    return (found[0][0], found[1][0], powers[0]) if powers and len(set(powers)) == 1 else None


def terms(activation: Activation) -> tuple[tuple[complex, int, complex], ...]:
    """(c, m, r) of the activation as a sum of c x^m exp(r x), or nothing where it is no such sum."""
    expression = activation.expression
    if activation.breakpoints or not _exponential(expression) or expanded_terms(expression) > MOST_EXPANDED:
        return ()
    y = sp.Dummy()  # complex: no rule may assume that it is real
    spread = sp.expand(decimal(expression).xreplace({x: y}).rewrite(sp.exp), power_exp=True)
    found: dict[tuple[int, complex], complex] = {}
    for term in sp.Add.make_args(spread):
        constant, rest = term.as_independent(y, as_Add=False)
        power, rate = 0, sp.S.Zero
        for factor in sp.Mul.make_args(rest):
            base, exponent = factor.as_base_exp()
            if isinstance(factor, sp.exp) and sp.Poly(factor.args[0], y).degree() == 1:
                slope, offset = sp.Poly(factor.args[0], y).all_coeffs()
                rate, constant = rate + slope, constant * sp.exp(offset)
            elif base == y and exponent.is_Integer and exponent > 0:
                power += int(exponent)
            elif factor != 1:
                return ()
        key = (power, complex(rate))
        found[key] = found.get(key, 0) + complex(constant)
    kept = tuple((c, m, r) for (m, r), c in found.items() if c)
    return kept if len(kept) <= MOST_TERMS and all(m <= MOST_POWER for _, m, _ in kept) else ()


def _exponential(node: sp.Expr) -> bool:
    """Whether a formula has nothing but numbers, x, sums, products, whole powers, and exponentials of lines."""
    if node == x or x not in node.free_symbols:
        return True
    if node.is_Add or node.is_Mul:
        return all(_exponential(a) for a in node.args)
    if node.is_Pow:
        return bool(node.exp.is_Integer and 0 < node.exp <= 4) and _exponential(node.base)
    return isinstance(node, TRIGONOMETRIC) and x not in node.args[0].diff(x).free_symbols
