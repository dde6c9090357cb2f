"""Ball arithmetic (python-flint): numbers whose digits are proven.

A ball is a midpoint with a radius that contains the exact value. The one way to a wrong ball is an integrand that is
not analytic and does not say so, so only functions in `FUNCTIONS` are evaluated: all are analytic or meromorphic, and
those that have branch cuts (`power`, `logarithm` and `BRANCHED`) take the `analytic` flag. Kinks are split into panels
before integrating. A ball that is not finite decides nothing.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import flint
import sympy as sp
from flint import acb, arb, fmpq

from derivations.activations import Sinc
from verify import trapezoid

NEWTON_STEPS = 60
EVALUATIONS = 10_000  # of an integrand on one panel; an integral that needs more is not enclosed, hence undecided


class Unbounded(NotImplementedError):
    """No growth bound is known for an integrand, so the tail of its integral cannot be enclosed."""


@contextlib.contextmanager
def precision(bits: int, terms: int | None = None) -> Iterator[None]:
    """Work at `bits` bits, with power series of `terms` terms, inside the block; what was set comes back after it."""
    before, cap = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = bits, cap if terms is None else terms
    try:
        yield
    finally:
        flint.ctx.prec, flint.ctx.cap = before, cap


def ball(value: Any) -> Any:
    """A ball that contains an exact value: int, decimal text, SymPy number, or a ball itself.

    Raises TypeError for a float, which is rarely the number that was meant (1.37 is not 137/100).
    """
    if isinstance(value, (arb, acb)):
        return value
    if isinstance(value, (bool, float)):
        raise TypeError(f"{value!r} is a float; give it as text or as a rational to say which number is meant")
    if isinstance(value, int):
        return arb(value)
    if isinstance(value, str):
        return ball(sp.Rational(value))
    if value is sp.pi:
        return arb.pi()
    if value is sp.E:
        return arb(1).exp()
    if value is sp.EulerGamma:
        return arb.const_euler()
    if isinstance(value, sp.Float):
        value = sp.Rational(value)
    if isinstance(value, sp.Rational):
        return arb(fmpq(int(value.p), int(value.q)))
    raise TypeError(f"no exact ball for {value!r}")


def _polygamma(order: Any, value: Any) -> Any:
    """Derivative of the digamma function, meromorphic for a whole order; raises ValueError for any other."""
    whole = order.unique_fmpz()
    if whole is None or whole < 0:
        raise ValueError(f"a polygamma function of order {order}")
    found = acb(value).polygamma(acb(whole))
    return found if isinstance(value, acb) else found.real


def _sinc(order: Any, value: Any) -> Any:
    """Sinc(k, u) = 0F1(; k + 3/2; -u^2 / 4), entire; by sin u / u where that is narrower."""
    if order == 0:
        return value.sinc()
    if order == 1 and not value.contains(0):
        return 3 * (value.sinc() - value.cos()) / (value * value)
    kind = type(value)
    return (-(value * value) / 4).hypgeom_0f1(kind(order) + kind(3) / 2)


def _bounded(low: int, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function whose real values lie from `low` to 1, which flint's own does not know of very wide balls."""

    def value(place: Any) -> Any:
        found = function(place)
        if found.is_finite() or not (isinstance(found, arb) and place.is_finite()):
            return found
        return arb(0, 1) if low else arb(1, 1) / 2

    return value


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is evaluated at real balls only, since its branch cuts or poles take no flag."""

    def value(*places: Any) -> Any:
        if any(isinstance(place, acb) for place in places):
            raise NotImplementedError("a function with branch cuts or poles, at complex balls")
        return function(*places)

    return value


def _binomial(above: Any, below: Any) -> Any:
    """A binomial coefficient; of whole numbers without Gamma functions, which have poles there."""
    n, k = above.unique_fmpz(), below.unique_fmpz()
    if n is not None and k is not None and n >= 0:
        return arb(math.comb(int(n), int(k)) if k >= 0 else 0)
    return (above + 1).gamma() * (below + 1).rgamma() * (above - below + 1).rgamma()


def _lambert(value: Any, branch: Any = 0) -> Any:
    """Lambert's W on branch 0 or -1; on any other it is not real, and nothing is given."""
    number = branch if isinstance(branch, int) else branch.unique_fmpz()
    return value.lambertw(int(number)) if number in (0, -1) else arb.nan()


def _step(direction: str) -> Callable[[Any], Any]:
    """The floor or the ceiling of a ball that holds no jump, and otherwise nothing."""

    def value(place: Any) -> Any:
        found = getattr(place, direction)()
        return found if found.unique_fmpz() is not None else arb.nan()

    return value


def _sign(value: Any) -> Any:
    """1 or -1 where a ball lies on one side of zero, 0 at zero, and otherwise nothing."""
    if value == 0:
        return arb(0)
    return arb(1) if value > 0 else arb(-1) if value < 0 else arb.nan()


# Functions with kinks or jumps, of real balls.
KINKED: dict[type, Callable[..., Any]] = {
    sp.Abs: abs,
    sp.Max: lambda *values: functools.reduce(arb.max, values),
    sp.Min: lambda *values: functools.reduce(arb.min, values),
    sp.sign: _sign,
    sp.Heaviside: lambda value, half=None: (_sign(value) + 1) / 2,
    sp.floor: _step("floor"),
    sp.ceiling: _step("ceil"),
}

FUNCTIONS: dict[type, Callable[..., Any]] = {
    sp.acos: _real(arb.acos),
    sp.asin: _real(arb.asin),
    sp.atanh: _real(arb.atanh),
    sp.acosh: _real(arb.acosh),
    sp.coth: _real(arb.coth),
    sp.gamma: _real(arb.gamma),
    sp.loggamma: _real(arb.lgamma),
    sp.factorial: _real(lambda v: (v + 1).gamma()),
    sp.binomial: _real(_binomial),
    sp.LambertW: _real(_lambert),
    sp.exp: lambda v: v.exp(),
    sp.sin: _bounded(-1, lambda v: v.sin()),
    sp.cos: _bounded(-1, lambda v: v.cos()),
    sp.tan: lambda v: v.tan(),
    sp.sinh: lambda v: v.sinh(),
    sp.cosh: lambda v: v.cosh(),
    sp.tanh: _bounded(-1, lambda v: v.tanh()),
    sp.sech: _bounded(0, lambda v: v.sech()),
    sp.erf: _bounded(-1, lambda v: v.erf()),
    sp.erfc: lambda v: v.erfc(),
    sp.digamma: lambda v: v.digamma(),
    sp.polygamma: _polygamma,
    Sinc: _sinc,
}


def _arctangent(value: Any, *, analytic: bool = False) -> Any:
    """Cut from i and -i outwards along the imaginary axis; by logarithms, since Arb's own is nan on wide balls."""
    if not isinstance(value, acb):
        return value.atan()
    turned = value * acb(0, 1)
    return ((1 + turned).log(analytic=analytic) - (1 - turned).log(analytic=analytic)) / acb(0, 2)


def _area_sine(value: Any, *, analytic: bool = False) -> Any:
    """Cut as the arctangent; it is odd, and in the half plane of the middle z + sqrt(1 + z^2) stays away from zero."""
    if not isinstance(value, acb):
        return value.asinh()
    half = -1 if value.real.mid() < 0 else 1
    root = (1 + value * value).sqrt(analytic=analytic)
    return half * (half * value + root).log(analytic=analytic)


def power(base: Any, exponent: Any, node: sp.Expr, *, analytic: bool = False) -> Any:
    """base ** exponent; `node` is the exponent as an expression (integers need no branch cut)."""
    if node.is_Integer:
        return whole_power(base, int(node))
    if isinstance(base, acb):
        return base.sqrt(analytic=analytic) if node == sp.S.Half else base.pow(acb(exponent), analytic=analytic)
    return base.sqrt() if node == sp.S.Half else base**exponent


def whole_power(base: Any, exponent: int) -> Any:
    """base ** exponent for a whole exponent."""
    if exponent > 1 and isinstance(base, arb) and base.mid() == 0:  # flint gives nan for a ball around zero
        return math.prod([base] * exponent, start=arb(1))
    return base**exponent


def logarithm(value: Any, *, analytic: bool = False) -> Any:
    """Principal logarithm; inside an integral the branch cut is flagged."""
    return value.log(analytic=analytic) if isinstance(value, acb) else value.log()


BRANCHED: dict[type, Callable[..., Any]] = {sp.log: logarithm, sp.atan: _arctangent, sp.asinh: _area_sine}


def growth(expression: sp.Expr, variable: sp.Symbol, evaluate: Callable[[sp.Expr], Any]) -> tuple[Any, int, Any]:
    """(C, m, r) with |expression| <= C (1 + |variable|)^m exp(r |variable|) for every real value of the variable.

    `evaluate` gives a ball for an expression without the variable. Raises Unbounded where no rule applies.
    """
    ceilings: dict[sp.Expr, Any] = {}  # exponentials that are bounded on the piece at hand
    floors: dict[sp.Expr, Any] = {}  # and positive bounds of what they divide by
    still = arb(0)  # the rate of what grows like a power

    def floor(base: sp.Expr) -> Any | None:
        found = _floor(base)
        return evaluate(found) if found is not None else floors.get(base)

    def largest(parts: list[tuple[Any, int, Any]]) -> tuple[Any, int, Any]:
        """Of a sum."""
        return sum((c for c, _, _ in parts), arb(0)), max(m for _, m, _ in parts), max(r for _, _, r in parts)

    def exponential(exponent: sp.Expr) -> tuple[Any, int, Any]:
        """exp of what is at most a + b |variable|."""
        start, rate = arb(0), arb(0)
        for term in sp.Add.make_args(exponent):
            if variable not in term.free_symbols:
                start = start + evaluate(term)
            elif not term.is_nonpositive:
                slope = term / variable
                if variable not in slope.free_symbols:
                    rate = rate + abs(evaluate(slope))
                    continue
                c, m, r = bound(term)
                if m > 1 or not r == 0:
                    raise Unbounded(f"no growth bound for {sp.exp(exponent)}")
                start, rate = start + c, rate + m * c
        return start.exp().upper(), 0, rate.upper()

    def bound(node: sp.Expr) -> tuple[Any, int, Any]:
        if variable not in node.free_symbols:
            return abs(evaluate(node)).upper(), 0, still
        if node in ceilings:
            return ceilings[node], 0, still
        if node == variable:
            return arb(1), 1, still
        if node.is_Add:
            return largest([bound(a) for a in node.args])
        if node.is_Mul:
            constant, rest = node.as_independent(variable, as_Add=False)
            root = _root(rest) if rest.is_Mul else None
            if root is not None:  # before its sums are taken apart from its quotients
                c, m, r = bound(root)
                return abs(evaluate(constant)).upper() * c**2, 2 * m, 2 * r
            try:
                parts = [bound(a) for a in _paired(node)]
            except Unbounded:
                spread = sp.expand_mul(node, deep=False)  # an exponential may pair with a quotient outside its sum
                if spread == node:
                    raise
                return bound(spread)
            size = arb(1)
            for c, _, _ in parts:
                size = size * c
            return size, sum(m for _, m, _ in parts), sum((r for _, _, r in parts), arb(0)).upper()
        if node.is_Pow and node.exp.is_Rational and node.exp > 0:
            c, m, r = bound(node.base)
            p = evaluate(node.exp)
            return power(c, p, node.exp), int(sp.ceiling(m * node.exp)), (r * p).upper()
        if node.is_Pow and node.exp.is_Rational and floor(node.base) is not None:
            return power(floor(node.base), evaluate(node.exp), node.exp), 0, still
        if isinstance(node, (sp.tanh, sp.erf, sp.sin, sp.cos, sp.sech, Sinc)):
            return arb(1), 0, still
        if isinstance(node, (sp.erfc, sp.atan)):
            return arb(2), 0, still
        if isinstance(node, sp.asinh):  # |asinh g| <= |g|
            return bound(node.args[0])
        if isinstance(node, sp.log) and isinstance(node.args[0], sp.Add) and node.args[0].args[0] == 1:
            rest = node.args[0] - 1
            if isinstance(rest, sp.exp):  # log(1 + e^g) <= log 2 + |g|
                c, m, r = bound(rest.args[0])
                return c + arb(2).log(), m, r
        if isinstance(node, sp.exp):
            return exponential(node.args[0])
        if isinstance(node, (sp.sinh, sp.cosh)):  # at most exp |g|
            return largest([exponential(sign * node.args[0]) for sign in (1, -1)])
        if isinstance(node, sp.Piecewise):
            parts = []
            for value, below in _pieces(node):
                for power_ in value.atoms(sp.exp):
                    ratio = _ratio(power_.args[0], below.lhs) if below is not None else None
                    if ratio is not None and ratio.is_number and ratio.is_positive:  # exp(r g) where g < top
                        ceilings[power_] = (evaluate(ratio) * evaluate(below.rhs)).exp().upper()
                for quotient in value.atoms(sp.Pow) if below is not None else ():
                    for sign in (1, -1) if quotient.exp.is_Integer and quotient.exp < 0 else ():
                        least = _above(sign * quotient.base, below, variable)
                        if least is not None and evaluate(least) > 0:
                            floors[quotient.base] = evaluate(least)  # of its absolute value
                parts.append(bound(value))
                ceilings.clear()
                floors.clear()
            return largest(parts)
        raise Unbounded(f"no growth bound for {node}")

    return bound(expression)


def _ratio(above: sp.Expr, below: sp.Expr) -> sp.Expr:
    """The quotient; reduced only where no constant is a function, as e^0.37, which takes polynomials gigabytes."""
    quotient = above / below
    return quotient if quotient.is_number or quotient.has(sp.Function, sp.E) else sp.cancel(quotient)


def _root(product: sp.Expr) -> sp.Expr | None:
    """What a product is the square of, if it is the square of a product of integer powers, or None."""
    pairs = [factor.as_base_exp() for factor in product.args]
    if not all(power_.is_Integer and power_ % 2 == 0 for _, power_ in pairs):
        return None
    return sp.Mul(*(base ** (power_ / 2) for base, power_ in pairs))


def _paired(product: sp.Expr) -> list[sp.Expr]:
    """The factors of a product, less exp(k g) (c + exp(g) + ...)^-m: at most 1 for k = m > 0 and positive terms."""
    factors = list(product.args)
    for power_ in [f for f in factors if isinstance(f, sp.exp)]:
        for quotient in [f for f in factors if f.is_Pow and f.exp.is_Integer and f.exp < 0]:
            for term in quotient.base.args if _floor(quotient.base) is not None else ():
                k = _ratio(power_.args[0], term.args[0]) if isinstance(term, sp.exp) else sp.S.Zero
                if k.is_Integer and 0 < k <= -quotient.exp and power_ in factors and quotient in factors:
                    factors.remove(power_)
                    factors.remove(quotient)
                    factors.append(quotient.base ** (quotient.exp + k))
    return factors


def _pieces(node: sp.Piecewise) -> list[tuple[sp.Expr, Any]]:
    """The pieces of a function, each with a relation g < top that holds on it (its own, the negated last) or None."""
    pieces, before = [], None
    for value, condition in node.args:
        below = condition if isinstance(condition, (sp.StrictLessThan, sp.LessThan)) else None
        if isinstance(condition, (sp.StrictGreaterThan, sp.GreaterThan)):
            below = sp.Lt(-condition.lhs, -condition.rhs, evaluate=False)
        if condition == sp.true and isinstance(before, (sp.StrictLessThan, sp.LessThan)):
            below = sp.Lt(-before.lhs, -before.rhs, evaluate=False)
        pieces.append((value, below))
        before = condition
    return pieces


def _above(base: sp.Expr, below: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """What a linear function stays above where `below` holds, a relation g < top with a linear g; or None."""
    slope, unit = base.diff(variable), below.lhs.diff(variable)
    if variable in slope.free_symbols or variable in unit.free_symbols or unit == 0:
        return None
    ratio = _ratio(slope, unit)
    constant = sp.expand(base - ratio * below.lhs)
    if variable in constant.free_symbols or not (ratio.is_number and ratio.is_negative):
        return None
    return constant + ratio * below.rhs


def _floor(expression: sp.Expr) -> sp.Expr | None:
    """A positive constant that a sum of positive terms never falls below, or None."""
    if isinstance(expression, sp.cosh):
        return sp.S.One
    if expression.is_Add:
        constants = [a for a in expression.args if a.is_number and a.is_positive]
        others = [a for a in expression.args if a not in constants]
        if constants and all(isinstance(a, (sp.exp, sp.cosh)) or a.is_nonnegative for a in others):
            return sp.Add(*constants)
    return None


def _never_positive(expression: sp.Expr) -> bool:
    return all(bool(term.is_nonpositive) for term in sp.Add.make_args(expression))


def gaussian_expectation(
    on_panel: Callable,
    places: list,
    bound: tuple[Any, int, Any],
    *,
    on_line: Callable[[Any], Any] | None = None,
    even: bool = False,
) -> Any:
    """Enclosure of E f(z) for standard Gaussian z.

    By the trapezoidal rule where f is holomorphic around the real axis, otherwise panel by panel.

    on_panel   middle of a panel (arb) -> function (acb, analytic flag) -> acb that is f on that panel
    places     balls around the kinks of f
    bound      (C, m, r) with |f(z)| <= C (1 + |z|)^m exp(r |z|), for the tail outside the range of integration
    on_line    f at real values (arb -> arb), where it has no kinks
    even       f(-z) = f(z) is known: half the range is enough
    """
    bits = flint.ctx.prec
    size, power_, rate = bound
    norm = (2 * arb.pi()).sqrt()

    def tail(reach: Any) -> Any:
        """What is beyond: for z > Z, (1+z)^m <= (1+Z)^m e^{m(z-Z)/(1+Z)} and e^{-z^2/2} <= e^{-Z^2/2 - Z(z-Z)}."""
        falls = reach - arb(power_) / (1 + reach) - rate
        if not falls > 0:
            raise Unbounded("the integrand grows too fast for the range of integration")
        found = 2 * size * (1 + reach) ** power_ * (rate * reach - reach * reach / 2).exp() / norm / falls
        return arb(0, abs(found).upper())

    if on_line is not None:
        reach = arb(((2 * bits * arb(2).log() + 8).sqrt() + 2 * rate + arb(power_) / 8).upper())
        while not tail(reach).rad() < arb(2) ** -bits:
            reach += 1
        found = trapezoid.expectation(functools.partial(on_panel(arb(0)), analytic=True), on_line, reach, even=even)
        if found is not None:
            return found + tail(reach)
    reach = arb(((2 * bits * arb(2).log() + 40).sqrt().ceil() + (2 * rate).ceil()).mid())
    inside = sorted((p for p in places if not abs(p) > reach), key=lambda p: float(p.mid()))
    edges = [arb(0), *(p for p in inside if p > 0), reach] if even else [-reach, *inside, reach]
    total = arb(0)
    for low, high in itertools.pairwise(edges):
        if not low < high:  # kinks that coincide or touch the end of the range
            raise Unbounded("two kinks are too close to be separated at this precision")
        function = on_panel(arb(((low + high) / 2).mid()))

        def weighted(z: Any, analytic: bool, function: Callable = function) -> Any:
            return function(z, analytic) * (-z * z / 2).exp()

        total += acb.integral(weighted, acb(low), acb(high), eval_limit=EVALUATIONS).real / norm
    return (2 * total if even else total) + tail(reach)


def hermite_coefficients(function: Callable, on_line: Callable, bound: tuple[Any, int, Any], count: int) -> list[Any]:
    """Enclosures of E f(z) h_n(z) for standard Gaussian z and the first normalized Hermite polynomials.

    Arguments are as those of `gaussian_expectation`, without kinks. Raises Unbounded where no rule is found.
    """
    bits = flint.ctx.prec
    size, power_, rate = bound
    reach = arb((2 * (bits * arb(2).log() + 8).sqrt() + 4 * rate + arb(power_) / 4).upper())

    def beyond() -> Any:
        falls = reach / 2 - arb(power_) / (1 + reach) - rate
        if not falls > 0:
            raise Unbounded("the integrand grows too fast for the range of integration")
        shrunk = (rate * reach - reach * reach / 4).exp()
        return 2 * arb(trapezoid.CRAMER) * size * (1 + reach) ** power_ * shrunk / (2 * arb.pi()).sqrt() / falls

    while not beyond() < arb(2) ** -bits:
        reach += 1
    found = trapezoid.hermite(functools.partial(function, analytic=True), on_line, reach, count)
    if found is None:
        raise Unbounded("no rectangle around the real axis on which the integrand is holomorphic")
    return [value + arb(0, beyond().upper()) for value in found]


def integral(function: Callable[[Any, bool], Any], low: Any, high: Any) -> Any:
    """Enclosure of a real integral between finite ends. `function` takes a complex ball and the `analytic` flag.

    Where an end is a ball the integral goes from middle to middle, and what is left is enclosed by the mean value.
    """
    low, high = arb(low), arb(high)
    start, stop = arb(low.mid()), arb(high.mid())
    found = acb.integral(function, acb(start), acb(stop), eval_limit=EVALUATIONS).real
    for end, middle, sign in ((low, start, -1), (high, stop, 1)):
        if not end.is_exact():
            found = found + sign * (end - middle) * function(acb(end), False).real
    return found


def root(function: Callable[[Any], Any], derivative: Callable[[Any], Any], guess: str, bits: int = 140) -> Any:
    """Enclosure of the root of a real function near `guess`, with proof that it is the only one in the ball.

    Newton on midpoints, then one Krawczyk test; `function` and `derivative` map balls to balls. Raises
    ArithmeticError if Newton does not settle or the test does not prove existence and uniqueness.
    """
    with precision(bits):
        point = ball(guess)
        tangent, before = arb(derivative(point).mid()), None
        for _ in range(NEWTON_STEPS):
            following = arb((point - function(point) / tangent).mid())
            change, point = abs(following - point), following
            if change < arb(2) ** (-bits + 20) * (1 + abs(point)):
                break
            if before is not None and not change < before / 1000:  # the tangent is too old
                tangent = arb(derivative(point).mid())
            before = change
        else:
            raise ArithmeticError("Newton's method did not settle; give a better guess")
        slope = 1 / arb(derivative(point).mid())
        for shrink in (bits - 30, bits // 2, bits // 3, bits // 5):
            box = arb(point, arb(2) ** -shrink * (1 + abs(point)))
            image = point - slope * function(point) + (1 - slope * derivative(box)) * (box - point)
            if box.contains_interior(image):
                return image
        raise ArithmeticError("the Krawczyk test proves no unique root near the guess")


def digits(value: Any, count: int = 15) -> str:
    """A ball as text: `count` digits with the radius, or only the digits that are proven."""
    return value.str(count, radius=True)
