"""All real zeros of a smooth function of x: exact where a formula gives them, isolated by intervals otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import mpmath
import numpy as np
import sympy as sp

from derivations.symbols import x
from verify.activation.opaque import small
from verify.compile.exact import Mpmath
from verify.compile.intervals import Interval, Intervals
from verify.compile.walker import Unsupported

DIGITS = 140  # working precision of places; a zero that no formula gives is kept to KEPT digits
KEPT = 120
SAME = mpmath.mpf(10) ** -60  # places closer than this are one
OFFSET, LARGEST_POWER, SMALLEST_POWER, PER_OCTAVE = 0.0137, 44, -12, 4  # of the panels of a search
ROUNDS, PANELS, MOST = 90, 4000, 40  # of a search; zeros that it may find
DIGITWISE = 600  # signs that are looked up digit by digit, in one round
NARROW = 2.0**-40  # width, relative to 1 + |x|, below which a panel is not cut any more
SIMPLE = 10_000  # largest denominator of a number that is tried as an exact zero
ODD = (sp.sinh, sp.tanh, sp.asinh, sp.atan, sp.erf)  # zero where their argument is
NEVER = (sp.exp, sp.cosh, sp.sech, sp.erfc)
EXACT, FAST = Mpmath(), Intervals()


LARGEST = 1e30  # size of a constant


class Unlocated(ValueError):
    """Zeros that are not located: too many, or too close to a touch."""


@dataclass(frozen=True)
class Place:
    """A point of the real line: as an expression without x, and to DIGITS digits."""

    exact: sp.Expr
    value: mpmath.mpf


def number(expression: sp.Expr, at: mpmath.mpf | None = None) -> mpmath.mpf:
    """An expression in x at one place, to nearly DIGITS digits; raises ArithmeticError where it is not real."""
    with mpmath.workdps(DIGITS):
        try:
            found = EXACT.evaluate(expression, {x: at})
        except Unsupported as problem:  # infinity or the imaginary unit
            raise ArithmeticError(str(problem)) from problem
        if not isinstance(found, mpmath.mpf):
            if abs(mpmath.im(found)) > SAME * (1 + abs(found)):
                raise ArithmeticError("not real")
            found = mpmath.re(found)
        return +found


def held(constant: sp.Expr) -> bool:
    """Whether an expression without x is a number of ordinary size; asked before its digits are written out."""
    with np.errstate(all="ignore"):
        near = FAST.evaluate(constant, {})
    return bool(abs(near.low) < LARGEST and abs(near.high) < LARGEST)


def place(exact: sp.Expr) -> Place:
    """A place that has a formula."""
    return Place(exact, number(exact))


def sign(expression: sp.Expr, at: mpmath.mpf) -> int:
    """The sign of an expression in x at one place; 0 where it is zero to KEPT digits."""
    value = number(expression, at)
    return 0 if abs(value) < mpmath.mpf(10) ** -KEPT else 1 if value > 0 else -1


def zeros(function: sp.Expr, low: mpmath.mpf, high: mpmath.mpf) -> list[Place]:
    """The zeros strictly between two places, in ascending order, and the poles of quotients.

    Raises Unlocated where they are not found or not known to be all.
    """
    found: list[Place] = []
    for candidate in sorted(_zeros(function, low, high), key=lambda p: p.value):
        inside = candidate.value - low > SAME and high - candidate.value > SAME
        if inside and (not found or candidate.value - found[-1].value > SAME):
            found.append(candidate)
    return found


def _zeros(function: sp.Expr, low: mpmath.mpf, high: mpmath.mpf) -> list[Place]:
    if x not in function.free_symbols:
        return []
    if function.is_Mul:
        return [p for factor in function.args for p in _zeros(factor, low, high)]
    if function.is_Pow and function.exp.is_Rational:
        return _zeros(function.base, low, high)  # poles too: the sign changes there
    if isinstance(function, ODD):
        return _zeros(function.args[0], low, high)
    if isinstance(function, NEVER):
        return []
    if isinstance(function, sp.log):
        return _zeros(function.args[0] - 1, low, high)
    coefficients = quadratic(function)
    if coefficients is not None:
        return _roots(*coefficients)
    if function.is_Add:
        if small(function) and any(_divided(term) for term in function.args):
            above, below = sp.fraction(sp.together(function))
            if below != 1 and below.has(x):
                return [*_zeros(above, low, high), *_zeros(below, low, high)]
        inverted = _inverted(function)
        if inverted is not None:
            return [p for inner in inverted for p in _zeros(inner, low, high)]
    return _search(function, low, high)


def _divided(term: sp.Expr) -> bool:
    factors = term.args if term.is_Mul else (term,)
    return any(bool(f.is_Pow and f.exp.is_negative and f.has(x)) for f in factors)


def quadratic(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """Coefficients (of 1, x, x^2) of a polynomial of second degree at most, or None."""
    if x not in expression.free_symbols:
        return expression, sp.S.Zero, sp.S.Zero
    if expression == x:
        return sp.S.Zero, sp.S.One, sp.S.Zero
    if expression.is_Add:
        parts = [quadratic(a) for a in expression.args]
        return None if None in parts else tuple(sp.Add(*column) for column in zip(*parts, strict=True))
    factors: list[sp.Expr] = []
    if expression.is_Mul:
        factors = list(expression.args)
    elif expression.is_Pow and expression.exp == 2:
        factors = [expression.base] * 2
    product: list[sp.Expr] = [sp.S.One]
    for factor in factors:
        part = quadratic(factor)
        if part is None:
            return None
        new = [sp.S.Zero] * (len(product) + 2)
        for i, a in enumerate(product):
            for j, b in enumerate(part):
                new[i + j] += a * b
        while len(new) > 1 and new[-1] == 0:
            new.pop()
        if len(new) > 3:
            return None
        product = new
    return tuple([*product, sp.S.Zero, sp.S.Zero][:3]) if factors else None  # type: ignore[return-value]


def _roots(c0: sp.Expr, c1: sp.Expr, c2: sp.Expr) -> list[Place]:
    if not _nonzero(c2):
        return [place(-c0 / c1)] if _nonzero(c1) else []
    inside = c1**2 - 4 * c2 * c0
    if not _nonzero(inside):
        return [place(-c1 / (2 * c2))]
    if number(inside) < 0:
        return []
    return [place((-c1 + s * sp.sqrt(inside)) / (2 * c2)) for s in (-1, 1)]


def _nonzero(constant: sp.Expr) -> bool:
    if constant.is_Rational:
        return bool(constant != 0)
    if abs(number(constant)) < SAME:
        raise Unlocated(f"{constant} is too close to zero")
    return True


def _inverted(function: sp.Expr) -> list[sp.Expr] | None:
    """For constant + scale * f(g): the functions g - f^-1(-constant / scale), or None where there is no such form."""
    constant, rest = function.as_independent(x, as_Add=True)
    scale, core = rest.as_independent(x, as_Add=False)
    if rest.is_Add or not core.args:
        return None
    target, inner = -constant / scale, core.args[0]
    value = number(target)
    if target != 0 and abs(value) < SAME:
        raise Unlocated(f"{target} is too close to zero")
    if core.is_Pow and core.exp.is_Integer and core.exp > 0:
        root = sp.Pow(abs(target) if target.is_Rational else (target if value > 0 else -target), 1 / core.exp)
        if core.exp % 2:
            return [inner - (root if value > 0 else -root)]
        return [inner - root, inner + root] if value > 0 else []
    if isinstance(core, sp.exp):
        return [inner - sp.log(target)] if value > 0 else []
    if isinstance(core, sp.log):
        return [inner - sp.exp(target)]
    if isinstance(core, sp.tanh):
        return [inner - sp.atanh(target)] if abs(value) < 1 else []
    if isinstance(core, sp.atan):
        return [inner - sp.tan(target)] if abs(value) < mpmath.pi / 2 else []
    if isinstance(core, sp.sinh):
        return [inner - sp.asinh(target)]
    if isinstance(core, sp.asinh):
        return [inner - sp.sinh(target)]
    return None


# ------------------------------------------------------------------------------------------------ by intervals


def _search(function: sp.Expr, low: mpmath.mpf, high: mpmath.mpf) -> list[Place]:
    """Simple zeros are isolated where the derivative has one sign; others must be simple numbers."""
    slope = function.diff(x)
    panels = _panels(float(low), float(high))
    brackets: list[list[float]] = []
    narrow: list[list[float]] = []
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            value = _value(function, panels)
            finite = np.isfinite(value.low) & np.isfinite(value.high)  # else a pole may lie inside
            panels, finite = panels[~value.without_zero()], finite[~value.without_zero()]
            if not len(panels):
                break
            steady = finite & _value(slope, panels).without_zero()
            signs = _signs(function, panels[steady])
            for (left, right), (first, last) in zip(panels[steady].tolist(), signs, strict=True):
                if 0 in (first, last):
                    narrow.append([left, left] if first == 0 else [right, right])
                elif first != last:
                    brackets.append([left, right])
            panels = panels[~steady]
            thin = panels[:, 1] - panels[:, 0] < NARROW * (1 + np.abs(panels).min(axis=1))
            narrow += panels[thin].tolist()
            panels = panels[~thin]
            if len(panels) > PANELS or len(narrow) > PANELS or len(brackets) > MOST:
                raise Unlocated(f"the zeros of {function} are too many or too close")
            middle = panels @ np.array([0.51, 0.49])
            panels = np.concatenate(
                [np.stack([panels[:, 0], middle], axis=1), np.stack([middle, panels[:, 1]], axis=1)]
            )
    if len(panels):
        raise Unlocated(f"the zeros of {function} are too many or too close")
    return [_refined(function, *bracket) for bracket in brackets] + _touched(function, narrow)


def _panels(low: float, high: float) -> np.ndarray:
    """Panels between two places, one of which may be infinite, wider further out; zero is inside one."""
    sizes = 2.0 ** np.arange(SMALLEST_POWER, LARGEST_POWER, 1 / PER_OCTAVE)
    edges = np.concatenate([-sizes[::-1], sizes]) - OFFSET * sizes[0]
    low, high = max(low, edges[0]), min(high, edges[-1])
    edges = np.concatenate([[low], edges[(edges > low) & (edges < high)], [high]])
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _value(function: sp.Expr, panels: np.ndarray) -> Interval:
    found = FAST.evaluate(function, {x: Interval(panels[:, 0], panels[:, 1])})
    shape = panels.shape[:1]
    return Interval(np.broadcast_to(found.low, shape), np.broadcast_to(found.high, shape))


def _signs(function: sp.Expr, panels: np.ndarray) -> list[list[int]]:
    """Signs at both ends of panels, by intervals where these decide and by digits elsewhere."""
    ends = panels.ravel()
    value = _value(function, np.stack([ends, ends], axis=1))
    signs = np.where(value.low > 0, 1, np.where(value.high < 0, -1, 0))
    open_ = np.flatnonzero(signs == 0)
    if len(open_) > DIGITWISE:
        raise Unlocated(f"the zeros of {function} are too many or too close")
    for place_ in open_:
        signs[place_] = sign(function, mpmath.mpf(float(ends[place_])))
    return signs.reshape(panels.shape).tolist()


def _refined(function: sp.Expr, low: float, high: float) -> Place:
    with mpmath.workdps(DIGITS):
        slope, at = function.diff(x), (mpmath.mpf(low) + mpmath.mpf(high)) / 2
        left = sign(function, mpmath.mpf(low))
        below, above = mpmath.mpf(low), mpmath.mpf(high)
        for _ in range(3 * DIGITS):  # Newton's method, or halves where it leaves the bracket
            value = number(function, at)
            if (value > 0) == (left > 0):
                below = at
            else:
                above = at
            tangent = number(slope, at)
            close = mpmath.mpf(10) ** -(KEPT + 5) * (1 + abs(at))
            new = at - value / tangent if tangent else at
            if tangent and abs(new - at) < close:  # asked first: the last step may end on an end of the bracket
                at = new
                break
            if not below < new < above:
                new = (below + above) / 2
            step, at = abs(new - at), new
            if step < close:
                break
        else:
            raise Unlocated(f"the zero of {function} near {float(at):.4g} is not found")
        exact = _simple(function, float(low), float(high), at)
        return exact if exact is not None else Place(sp.Float(at, KEPT), +at)


def _simple(function: sp.Expr, low: float, high: float, near: mpmath.mpf | None = None) -> Place | None:
    """A zero that is a simple fraction, proved by SymPy's own values of functions, or None."""
    middle = Fraction((low + high) / 2).limit_denominator(SIMPLE)
    exact = sp.Rational(middle.numerator, middle.denominator)
    if not low - NARROW <= exact <= high + NARROW and near is None:
        return None
    if near is not None:
        candidate = Fraction(float(near)).limit_denominator(SIMPLE)
        exact = sp.Rational(candidate.numerator, candidate.denominator)
        if abs(number(exact) - near) > mpmath.mpf(10) ** -(KEPT - 10):
            return None
    return place(exact) if function.subs(x, exact) == 0 else None


def _touched(function: sp.Expr, narrow: list[list[float]]) -> list[Place]:
    """The zeros in clusters of narrow panels, each a simple fraction."""
    clusters: list[list[float]] = []
    for low, high in sorted(narrow):
        if clusters and low <= clusters[-1][1] + 4 * NARROW * (1 + abs(low)):
            clusters[-1][1] = max(high, clusters[-1][1])
        else:
            clusters.append([low, high])
    found = []
    for low, high in clusters:
        exact = _simple(function, low, high)
        if exact is None or high - low > 1e-6 * (1 + abs(low)):
            raise Unlocated(f"the zero of {function} near {low:.4g} is not found")
        found.append(exact)
    return found
