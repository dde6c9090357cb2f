"""Reference number systems: mpmath at any precision, and Arb balls whose digits are proven."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

import flint
import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.pycode import MpmathPrinter

from derivations.activations import Sinc
from derivations.calculus.gaussian import GaussE
from verify import certify
from verify.compile import pairs, quadrature
from verify.compile.memory import Memory
from verify.compile.walker import (
    Backend,
    CandidateError,
    Unsupported,
    compare,
    has_average,
    is_even,
    kinks,
    letters,
    whole,
)

MPF_BYTES = 400  # of a number and what it is kept under
SPARE_BITS = 40  # of balls, that rounding may cost
LOST_BITS = 12  # that rounding may have cost a number whose floor or ceiling is taken
STRETCHES, HALVINGS, NESTED_HALVINGS = 4, 7, 5  # of the range and of the steps of a Gaussian average, or of averages
BEND = 2  # places are BEND sinh(t / BEND): evenly spaced ones meet a short wave at one phase, as if it were none
MOST_ZEROS = 10_000  # behind the point, of a value for which as many digits more are worked with
LARGEST_MAGNITUDE = 100_000  # bits before the point of what is reduced by periods or doublings, which writes them out


class TooNarrow(quadrature.Unsettled):
    """An average for which evenly spaced nodes would have to lie closer than they may."""


def _reducing(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of mpmath that first reduces its argument: exp of exp(30) would write out 10^13 bits."""

    @functools.wraps(function)
    def reduced(a: Any) -> Any:
        if LARGEST_MAGNITUDE < mpmath.mag(a) < mpmath.inf:
            raise OverflowError("the argument of a function is too large")
        return function(a)

    return reduced


def _ordered(choose: Callable[..., Any]) -> Callable[..., Any]:
    """The largest or the smallest value; complex ones have no order, which makes the formula one without a value."""

    def chosen(*values: Any) -> Any:
        if any(isinstance(value, mpmath.mpc) for value in values):
            raise ValueError("complex numbers have no largest or smallest one")
        return choose(values)

    return chosen


def _stepping(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The floor or the ceiling; what is whole but for rounding is whole, as 45 times 1/45 is, or log 8 / log 2."""

    def stepped(a: Any) -> Any:
        nearest = mpmath.nint(a)
        rounding = mpmath.ldexp(1 + abs(nearest), LOST_BITS - mpmath.mp.prec)
        return nearest if abs(a - nearest) <= rounding else step(a)

    return stepped


MPMATH_FUNCTIONS = {
    sp.log: mpmath.log,
    **{
        getattr(sp, name): _reducing(getattr(mpmath, name))
        for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech", "coth")
    },
    sp.asin: mpmath.asin,
    sp.acos: mpmath.acos,
    sp.atan: mpmath.atan,
    sp.atanh: mpmath.atanh,
    sp.asinh: mpmath.asinh,
    sp.acosh: mpmath.acosh,
    sp.erf: mpmath.erf,
    sp.erfc: mpmath.erfc,
    sp.Abs: abs,
    sp.sign: mpmath.sign,
    sp.gamma: mpmath.gamma,
    sp.loggamma: mpmath.loggamma,
    sp.digamma: mpmath.digamma,
    sp.factorial: mpmath.factorial,
    sp.polygamma: lambda order, a: mpmath.polygamma(whole(order), a),
    sp.transpose: lambda a: a.T if isinstance(a, mpmath.matrix) else a,
    sp.Max: _ordered(max),
    sp.Min: _ordered(min),
    sp.LambertW: mpmath.lambertw,
    sp.polylog: lambda order, a: mpmath.polylog(order, a),
    sp.Heaviside: lambda a, half=0.5: mpmath.mpf(a > 0) if a != 0 else half,
    sp.floor: _stepping(mpmath.floor),
    sp.ceiling: _stepping(mpmath.ceil),
    sp.binomial: mpmath.binomial,
    Sinc: lambda k, u: mpmath.hyp0f1(whole(k) + mpmath.mpf(3) / 2, -u * u / 4),
}


def _by_precision(precision: Callable[[], int], number: Callable[[], Any]) -> Callable[[dict], Any]:
    """A number as a function of the symbols' values, converted once for each working precision."""
    known: dict[int, Any] = {}

    def constant(env: dict) -> Any:
        bits = precision()
        if bits not in known:
            known[bits] = number()
        return known[bits]

    return constant


def _spherical(bessel: Callable[..., Any]) -> Callable[..., Any]:
    """A spherical Bessel function from the one of half-integer order."""
    return lambda order, z: mpmath.sqrt(mpmath.pi / (2 * z)) * bessel(order + mpmath.mpf(1) / 2, z)


def _zeta(s: Any, a: Any = 1) -> Any:
    """Hurwitz's zeta function, about a^-s; mpmath 1.3 stops at an absolute error: 9 digits of 15 at s = 20, a = 30."""
    zeros = max(mpmath.re(s) * mpmath.log10(max(abs(a), 1)), 0) if mpmath.isfinite(s) and mpmath.isfinite(a) else 0
    if zeros > MOST_ZEROS:
        raise OverflowError("a value of zeta is too small")
    with mpmath.extradps(int(zeros)):
        found = mpmath.zeta(s, a)
    return +found


def _jacobi(n: Any, a: Any, b: Any, x: Any) -> Any:
    """Jacobi's function; mpmath 1.3 gives another one, or 0, where n and b are fractions and a is 0, -1, ..."""
    if mpmath.isint(n) or not mpmath.isint(a) or a > 0:
        return mpmath.jacobi(n, a, b, x)
    if a < 0:
        raise ValueError("Jacobi's function of fractional degree and a negative whole parameter")
    return mpmath.hyp2f1(-n, n + b + 1, 1, (1 - x) / 2)


RARE = {  # functions of mpmath with SymPy's arguments, for which SymPy prints no translation
    **{sp.zeta: _zeta, sp.jacobi: _jacobi},
    **{f: getattr(mpmath, f.__name__) for f in (sp.legendre, sp.hermite, sp.erfinv, sp.erfi, sp.expint)},
    **{f: getattr(mpmath, f.__name__) for f in (sp.airyai, sp.airybi, sp.harmonic, sp.gegenbauer)},
    **{sp.elliptic_k: mpmath.ellipk, sp.elliptic_e: mpmath.ellipe, sp.elliptic_f: mpmath.ellipf},
    **{sp.chebyshevt: mpmath.chebyt, sp.chebyshevu: mpmath.chebyu, sp.dirichlet_eta: mpmath.altzeta},
    **{sp.appellf1: mpmath.appellf1, sp.lerchphi: mpmath.lerchphi, sp.fibonacci: mpmath.fibonacci},
    **{sp.jn: _spherical(mpmath.besselj), sp.yn: _spherical(mpmath.bessely)},
    **{sp.Ei: mpmath.ei, sp.Si: mpmath.si, sp.Ci: mpmath.ci, sp.Shi: mpmath.shi, sp.Chi: mpmath.chi},
}


def of_node(node: sp.Basic) -> Callable[..., Any] | None:
    """A function of mpmath for the operands of a node that no rule covers; None where there is none."""
    if isinstance(node, sp.hyper):
        p, q = len(node.ap), len(node.bq)
        return lambda *values: mpmath.hyper(values[:p], values[p : p + q], values[-1])
    if isinstance(node, sp.meijerg):
        ends = [*itertools.accumulate((len(node.an), len(node.aother), len(node.bm), len(node.bother)), initial=0)]
        slices = [slice(*pair) for pair in itertools.pairwise(ends)]

        def meijer(*values: Any) -> Any:
            a, other, b, rest = (values[part] for part in slices)
            return mpmath.meijerg([a, other], [b, rest], values[-1])

        return meijer
    return translated(node.func, len(node.args))


@functools.cache
def translated(kind: type[sp.Basic], count: int) -> Callable[..., Any] | None:
    """A function of so many arguments that no rule covers, of mpmath: Bessel's, elliptic integrals, secants, ...

    None where neither a table nor SymPy translates it.
    """
    if kind in RARE:
        return RARE[kind]
    if not issubclass(kind, (sp.Function, sp.Mod)) or issubclass(kind, (AppliedUndef, sp.transpose, sp.adjoint)):
        return None
    letters = [sp.Dummy() for _ in range(count)]
    printer = MpmathPrinter({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": False})
    try:
        function: Callable[..., Any] = sp.lambdify(letters, kind(*letters), "mpmath", printer=printer)
    except (NotImplementedError, TypeError, ValueError):
        return None
    return function


class Mpmath(Backend):
    """Numbers of any precision, at the working precision of mpmath."""

    def __init__(self) -> None:
        self.memory = Memory(lambda value: getattr(value, "_mpf_", None), lambda value: MPF_BYTES)
        self._balls = Arb()
        self.rule: tuple[int, int] | None = None  # quarters and halvings inside an average that contains others

    def forget(self):
        super().forget()
        self._balls.forget()

    @property
    def table(self):
        return MPMATH_FUNCTIONS

    def otherwise(self, node):
        return of_node(node)

    def number(self, value):
        if value in (sp.oo, -sp.oo):
            return mpmath.inf if value is sp.oo else -mpmath.inf
        return mpmath.mpmathify(value._to_mpmath(mpmath.mp.prec))

    def constant(self, value):
        return _by_precision(lambda: mpmath.mp.prec, lambda: self.number(value))

    def setting(self):
        return mpmath.mp.prec

    def remembered(self, values, env):
        known = self.rule is None and all(isinstance(value, mpmath.mpf) for value in values)
        return (mpmath.mp.prec, *values) if known else None

    def raised(self, base, exponent, node):
        if not node.exp.is_Integer:
            return super().raised(base, exponent, node)
        whole_exponent = int(node.exp)
        return lambda env: base(env) ** whole_exponent

    def piecewise(self, node, env):
        for value, condition in node.args:
            if condition == sp.true or compare(condition, self, env):
                return self.evaluate(value, env)
        raise CandidateError("no branch of a Piecewise applies")

    def _places(self, node, variable, env):
        """Where a node has kinks along a letter, in order."""
        places = (self.evaluate(k, env) for k in kinks(node, variable))
        return sorted(place for place in places if mpmath.isfinite(place))

    def gauss(self, node, env):
        if self.rule is not None or not has_average(node.integrand):
            return self._mean(node, env)[0]
        # Far out, where its weight is nothing, an inner average need not settle by itself: only all together must.
        before, allowed = mpmath.inf, _allowed()
        for halvings in range(1, NESTED_HALVINGS + 1):
            self.rule = _count(_reach() * (1 + mpmath.mpf(halvings) / 4)), halvings
            try:
                value, size = self._mean(node, env)
            finally:
                self.rule = None
            if not mpmath.isfinite(value) or abs(value - before) <= allowed * size:
                return value
            before = value
        raise quadrature.Unsettled("an average of averages")

    def _mean(self, node, env):
        """A Gaussian mean, and that of the absolute value, about."""
        variable, integrand = node.variable, node.integrand
        places = self._places(integrand, variable, env)
        of_variable, inside = self.evaluation(integrand), dict(env)

        def at(z):
            inside[variable] = z
            return of_variable(inside)

        if places:
            reach = mpmath.sqrt(_reach() ** 2 + max(p * p for p in places))
            value = quadrature.with_digits(lambda z: at(z) * mpmath.npdf(z), [-reach, *places, reach])
            size = abs(value) if self.rule is None else _by_rule(at, self.rule[0], 0, _gaussian_nodes, mpmath.fsum)[1]
            return value, size
        found = self._in_balls(node, env)
        if found is not None:
            return found, abs(found)
        if self.rule is not None:
            return _by_rule(at, *self.rule, _gaussian_nodes, mpmath.fsum)
        reach = _reach()
        try:
            value = _trapezoid(at, reach, _gaussian_nodes, mpmath.fsum)
        except TooNarrow:
            panels = [-reach, mpmath.mpf(0), reach]
            value = quadrature.with_digits(lambda z: at(z) * mpmath.npdf(z), panels)
        return value, abs(value)

    def _in_balls(self, node, env):
        """The same rule in ball arithmetic, several times as fast; None where balls do not give enough digits."""
        values = {letter: env[letter] for letter in letters(node)}
        if has_average(node.integrand) or not all(isinstance(value, mpmath.mpf) for value in values.values()):
            return None
        try:
            with certify.precision(mpmath.mp.prec + SPARE_BITS):
                balls = {letter: flint.arb(value) for letter, value in values.items()}
                function = self._balls._along(node.integrand, node.variable, balls)
                if self.rule is not None:
                    return mpmath.mpf(_by_rule(function, *self.rule, _gaussian_balls, sum)[0])
                return mpmath.mpf(_trapezoid(function, _reach(), _gaussian_balls, sum))
        except (ArithmeticError, ValueError, TypeError, NotImplementedError):
            return None

    def integral(self, node, env):
        *inner, (variable, low, high) = node.limits
        function = node.func(node.function, *inner) if inner else node.function
        ends = [self.evaluate(e, env) for e in (low, high)]
        low, high = ends
        panels = [low, *(place for place in self._places(function, variable, env) if low < place < high), high]
        if all(mpmath.isinf(e) for e in ends):
            panels = sorted({*panels, mpmath.mpf(-3), mpmath.mpf(0), mpmath.mpf(3)})
        most = quadrature.FEW_PANELS if function.has(sp.Integral, GaussE) else quadrature.MOST_PANELS
        return quadrature.with_digits(lambda v: self.evaluate(function, {**env, variable: v}), panels, most)


def _allowed() -> Any:
    return mpmath.mpf(10) ** (-mpmath.mp.dps * 4 // 5)


def _reach() -> Any:
    """Where a Gaussian measure ends, but for what counts in the working precision."""
    return mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10) + 20)


def _count(reach: Any) -> int:
    """How many quarters of t lie between 0 and what is bent to `reach`."""
    return int(mpmath.ceil(4 * BEND * mpmath.asinh(reach / BEND)))


@functools.lru_cache(maxsize=64)
def _gaussian_nodes(bits: int, count: int, halvings: int) -> tuple[tuple[Any, Any], ...]:
    """Places with the normal density of t there: `count` quarters on either side of 0, or what a halving adds."""
    step = mpmath.mpf(1) / 4 / 2**halvings
    numbers = range(1 - (count << halvings), count << halvings, 2) if halvings else range(-count, count + 1)
    places = [(BEND * mpmath.sinh(k * step / BEND), mpmath.cosh(k * step / BEND)) for k in numbers]
    return tuple((z, slope * mpmath.npdf(z)) for z, slope in places)


@functools.lru_cache(maxsize=64)
def _gaussian_balls(bits: int, count: int, halvings: int) -> tuple[tuple[Any, Any], ...]:
    """The same as balls."""
    return tuple((flint.arb(z), flint.arb(weight)) for z, weight in _gaussian_nodes(bits, count, halvings))


def _by_rule(function: Callable, count: int, halvings: int, nodes: Callable, added: Callable) -> tuple[Any, Any]:
    """Gaussian means of a function and of its absolute value by trapezoids, whether these are enough or not."""
    levels = (nodes(mpmath.mp.prec, count, level) for level in range(halvings + 1))
    terms = [function(z) * weight for z, weight in itertools.chain(*levels)]
    return added(terms) / 2 ** (halvings + 2), added(map(abs, terms)) / 2 ** (halvings + 2)


def _trapezoid(function: Callable, reach: Any, nodes: Callable, added: Callable) -> Any:
    """Gaussian mean of an analytic function, by trapezoids between +-reach, halved until two levels agree.

    Ends at which something is left move outwards. Numbers are those of the nodes; of balls all must agree. Raises
    TooNarrow, or Unsettled where no end is far enough.
    """
    allowed = _allowed()
    for _ in range(STRETCHES):
        count = _count(reach)
        terms = [function(z) * weight for z, weight in nodes(mpmath.mp.prec, count, 0)]
        size, allowed = added(map(abs, terms)), type(terms[0])(allowed)
        if all(abs(end) <= allowed * size for end in (terms[0], terms[-1])):
            break
        reach *= 2
    else:
        raise quadrature.Unsettled("a Gaussian average")
    total = added(terms)
    for halvings in range(1, HALVINGS):
        terms = [function(z) * weight for z, weight in nodes(mpmath.mp.prec, count, halvings)]
        previous = total / 2 ** (halvings + 1)
        total, size = total + added(terms), size + added(map(abs, terms))
        value = total / 2 ** (halvings + 2)
        if abs(value - previous) <= allowed * size / 2 ** (halvings + 2):
            return value
    raise TooNarrow("a Gaussian average")


class Arb(Backend):
    """Balls of python-flint. Inside an integral values are acb and `analytic` is passed to functions that need it."""

    def __init__(self) -> None:
        self.analytic = False

    @property
    def table(self):
        return certify.FUNCTIONS

    def number(self, value):
        return certify.ball(value)

    def constant(self, value):
        return _by_precision(lambda: flint.ctx.prec, lambda: self.number(value))

    def remembered(self, values, env):
        if self.analytic or not all(isinstance(value, flint.arb) and value.is_finite() for value in values):
            return None
        return flint.ctx.prec, *((*value.mid().man_exp(), *value.rad().man_exp()) for value in values)

    def power(self, base, exponent, node):
        return certify.power(base, exponent, node.exp, analytic=self.analytic)

    def raised(self, base, exponent, node):
        if not node.exp.is_Integer:
            return super().raised(base, exponent, node)
        whole_exponent = int(node.exp)
        return lambda env: certify.whole_power(base(env), whole_exponent)

    def built(self, node):
        if type(node) in certify.KINKED:
            return functools.partial(self._kinked, node)
        branched = next((certify.BRANCHED[c] for c in type(node).__mro__ if c in certify.BRANCHED), None)
        if branched is not None:
            argument = self.evaluation(node.args[0])
            return lambda env: branched(argument(env), analytic=self.analytic)
        return super().built(node)

    def _kinked(self, node, env):
        values = [self.evaluate(a, env) for a in node.args]
        if any(isinstance(value, flint.acb) for value in values):
            raise Unsupported(f"{type(node).__name__} in ball arithmetic; write it as a Piecewise")
        return certify.KINKED[type(node)](*values)

    def integral(self, node, env):
        """Between finite ends, of a function without kinks."""
        if len(node.limits) != 1 or kinks(node.function, node.limits[0][0]):
            raise Unsupported("an integral over several variables, or with kinks, in ball arithmetic")
        variable, low, high = node.limits[0]
        of_variable = self._along(node.function, variable, env)

        def function(value, analytic):
            around, self.analytic = self.analytic, analytic
            try:
                return of_variable(value)
            finally:
                self.analytic = around  # the integral may stand in another one

        return certify.integral(function, self.evaluate(low, env), self.evaluate(high, env))

    def piecewise(self, node, env):
        # Outside integrals a condition must be proved one way; inside, `gauss` has fixed the branches per panel.
        for value, condition in node.args:
            if condition == sp.true:
                return self.evaluate(value, env)
            truth = compare(condition, self, env)
            if truth:
                return self.evaluate(value, env)
            if not compare(sp.Not(condition), self, env):
                raise CandidateError("a Piecewise condition is undecided in ball arithmetic")
        raise CandidateError("no branch of a Piecewise applies")

    def _along(self, node, variable, env):
        """The node as a function of one letter; parts without it are worked out once, at the values of the others."""
        if node == variable:
            return _itself
        if variable not in letters(node):
            constant = self.evaluate(node, env)
            return lambda value: constant
        if node.is_Add or node.is_Mul:
            return self._folded_along(node, variable, env)
        kind = next((cls for cls in type(node).__mro__ if cls in self.table), None)
        if node.is_Pow and node.exp.is_Integer:
            return _power_of(self._along(node.base, variable, env), int(node.exp))
        if kind and len(node.args) == 1:
            inner, function = self._along(node.args[0], variable, env), self.table[kind]
            return lambda value: function(inner(value))
        point, evaluation = dict(env), self.evaluation(node)

        def evaluated(value):
            point[variable] = value
            return evaluation(point)

        return evaluated

    def _folded_along(self, node, variable, env):
        """A sum or a product as a function of one letter, its parts without the letter put together."""
        operation = operator.add if node.is_Add else operator.mul
        still = [self.evaluate(a, env) for a in node.args if variable not in letters(a)]
        first, *others = (self._along(a, variable, env) for a in node.args if variable in letters(a))
        constant = functools.partial(operation, functools.reduce(operation, still)) if still else _itself
        if not others:
            return constant if first is _itself else lambda value: constant(first(value))

        def folded(value):
            result = constant(first(value))
            for other in others:
                result = operation(result, other(value))
            return result

        return folded

    def hermite(self, expression, variable, env, count):
        """The coefficients of a function without kinks, for averages over two fields."""
        if kinks(expression, variable):
            raise Unsupported("an average over two fields with kinks, in ball arithmetic")
        of_variable = self._along(expression, variable, env)

        def function(value, analytic):
            around, self.analytic = self.analytic, analytic
            try:
                return of_variable(value)
            finally:
                self.analytic = around

        bound = certify.growth(expression, variable, lambda e: self.evaluate(e, env))
        return certify.hermite_coefficients(function, of_variable, bound, count)

    def gauss(self, node, env):
        variable = node.variable
        if pairs.split(node) is not None:
            return pairs.average(node, env, self)
        places = [self.evaluate(k, env) for k in kinks(node.integrand, variable)]

        def on_panel(middle):
            """The integrand with every Piecewise replaced by the branch that is active at the panel's middle."""
            point = {**env, variable: middle}

            def chosen(piece):
                for value, condition in piece.args:
                    if condition == sp.true or compare(condition, self, point):
                        return value
                raise CandidateError("no branch of a Piecewise applies")

            smooth = node.integrand.replace(lambda n: isinstance(n, sp.Piecewise), chosen) if places else node.integrand
            of_variable = self._along(smooth, variable, env)

            def function(value, analytic):
                around, self.analytic = self.analytic, analytic
                try:
                    return of_variable(value)
                finally:
                    self.analytic = around  # the average may stand in another one

            return function

        bound = certify.growth(node.integrand, variable, lambda e: self.evaluate(e, env))
        on_line = None if places else self._along(node.integrand, variable, env)
        even = is_even(node.integrand, variable)
        return certify.gaussian_expectation(on_panel, places, bound, on_line=on_line, even=even)


def _itself(value: Any) -> Any:
    return value


def _power_of(inner: Callable[[Any], Any], exponent: int) -> Callable[[Any], Any]:
    """A whole power of a function."""
    if exponent != 2:
        return lambda value: certify.whole_power(inner(value), exponent)

    def squared(value: Any) -> Any:
        root = inner(value)
        return root * root

    return squared
