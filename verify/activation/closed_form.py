"""Which activations have kernels in closed form, read off their expressions; the formulas for people."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derivations.activations import Activation
from derivations.symbols import q, x
from numerics.solvers import closed_kernels
from numerics.solvers.closed_kernels import RECTIFIED, Base, ClosedKernel
from verify.compile.structure import hard_constants

DEGREE = 24  # of a polynomial
c = sp.Symbol("c", real=True)  # correlation of two fields of variance q
ROOT = sp.sqrt(1 - c**2)
REST = sp.pi - sp.acos(c)
CUBIC = ROOT * (4 + 11 * c**2) + REST * (9 * c + 6 * c**3)


@dataclass(frozen=True, kw_only=True)
class ClosedForm:
    """An activation whose kernel is elementary: numbers, and formulas in q and c for two fields of variance q.

    product, slope   E phi(h) phi(h') and E phi'(h) phi'(h'); slope is None where phi jumps
    mean             E phi(h)
    """

    kernel: ClosedKernel
    product: sp.Expr
    slope: sp.Expr | None
    mean: sp.Expr


def closed_form(activation: Activation) -> ClosedForm | None:
    """The closed form of an activation, or None where none is known here."""
    expression = activation.expression
    if hard_constants(expression):
        return None
    if not activation.breakpoints:
        return _smooth(expression)
    if activation.breakpoints == (0,) and isinstance(expression, sp.Piecewise) and len(expression.args) == 2:
        below, above = (piece for piece, _ in expression.args)
        return _bent(below, above) if expression.args[0][1].subs(x, -1) == sp.true else _bent(above, below)
    return None


def _scaled(
    label: str,
    base: Base,
    formulas: tuple[sp.Expr, sp.Expr | None, sp.Expr],
    outer: sp.Expr = sp.S.One,
    inner: sp.Expr = sp.S.One,
    offset: sp.Expr = sp.S.Zero,
) -> ClosedForm:
    """outer f(inner x) + offset, from the formulas of f."""
    product, slope, mean = (f if f is None else f.subs(q, inner**2 * q) for f in formulas)
    mean = outer * mean + offset
    return ClosedForm(
        kernel=ClosedKernel(label=label, base=base, outer=float(outer), inner=float(inner), offset=float(offset)),
        product=outer**2 * product + offset * (2 * mean - offset),
        slope=None if slope is None else outer**2 * inner**2 * slope,
        mean=mean,
    )


# ------------------------------------------------------------------------------------------------ one kink at zero


def _bent(below: sp.Expr, above: sp.Expr) -> ClosedForm | None:
    if not (below.is_polynomial(x) and above.is_polynomial(x)):
        return None
    if x not in below.free_symbols | above.free_symbols:
        half, middle = (above - below) / 2, (above + below) / 2
        formulas = (2 / sp.pi * sp.asin(c), None, sp.S.Zero)
        return _scaled("a step", closed_kernels.SIGN, formulas, outer=half, offset=middle)
    offset = below.subs(x, 0)
    if offset != above.subs(x, 0):
        return None
    below, above = sp.expand(below - offset), sp.expand(above - offset)
    slopes = below.diff(x), above.diff(x)
    if not any(slope.has(x) for slope in slopes):
        return _line(*slopes, offset)
    if below != 0 and above != 0:
        return None
    monomial = sp.Poly(below + above, x)
    order = monomial.degree()
    if len(monomial.terms()) > 1 or order > RECTIFIED:
        return None
    outer = monomial.LC() * (1 if below == 0 else (-1) ** order)
    formulas = (
        q**order * _arc_cosine(order),
        order**2 * q ** (order - 1) * _arc_cosine(order - 1),
        2 ** sp.Rational(order - 2, 2)
        * sp.gamma(sp.Rational(order + 1, 2))
        / sp.sqrt(sp.pi)
        * q ** sp.Rational(order, 2),
    )
    return _scaled(
        f"a rectified monomial of order {order}", closed_kernels.rectified(order), formulas, outer=outer, offset=offset
    )


def _line(below: sp.Expr, above: sp.Expr, offset: sp.Expr) -> ClosedForm:
    straight, bend = below * above, (below - above) ** 2
    formulas = (
        q * (bend * _arc_cosine(1) + straight * c),
        bend * _arc_cosine(0) + straight,
        (above - below) * sp.sqrt(q / (2 * sp.pi)),
    )
    base = closed_kernels.bent_line(float(below), float(above))
    return _scaled("a bent line", base, formulas, offset=offset)


def _arc_cosine(order: int) -> sp.Expr:
    """J_n / (2 pi) of Cho and Saul 2009."""
    found = (REST, ROOT + REST * c, 3 * ROOT * c + REST * (1 + 2 * c**2), CUBIC)[order]
    return found / (2 * sp.pi)


# ------------------------------------------------------------------------------------------------ smooth functions


def _smooth(expression: sp.Expr) -> ClosedForm | None:
    if expression.is_polynomial(x):
        return _polynomial(sp.Poly(expression, x))
    for attempt in (_erf_or_gelu, _exponential, _wave):
        found = attempt(expression)
        if found is not None:
            return found
    return None


def _polynomial(given: sp.Poly) -> ClosedForm | None:
    if given.degree() > DEGREE:
        return None
    ascending = given.all_coeffs()[::-1]
    formulas = [_hermite_series(p) for p in (given, given.diff(x))]
    mean = sum((a * sp.factorial2(k - 1) * q ** (k // 2) for k, a in enumerate(ascending) if k % 2 == 0), sp.S.Zero)
    base = closed_kernels.polynomial(tuple(float(a) for a in ascending))
    return _scaled("a polynomial", base, (formulas[0], formulas[1], mean))


def _hermite_series(given: sp.Poly) -> sp.Expr:
    """sum k! a_k(q)^2 c^k with f(sqrt(q) z) = sum a_k He_k(z): x^n = sum n! / (2^m m! (n - 2 m)!) He_(n - 2 m)."""
    found: dict[int, sp.Expr] = {}
    for (n,), value in given.terms():
        for m in range(n // 2 + 1):
            share = sp.factorial(n) / (2**m * sp.factorial(m) * sp.factorial(n - 2 * m))
            found[n - 2 * m] = found.get(n - 2 * m, sp.S.Zero) + share * value * q ** sp.Rational(n, 2)
    return sum((sp.factorial(k) * sp.factor(a) ** 2 * c**k for k, a in found.items()), sp.S.Zero)


def _parts(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(offset, factor, core) with expression = offset + factor core."""
    offset, rest = sp.expand(expression).as_independent(x, as_Add=True)
    factor, core = rest.as_independent(x, as_Add=False)
    return offset, factor, core


def _rate(argument: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(a, b) of an argument a x + b, or None."""
    if not argument.is_polynomial(x) or sp.degree(argument, x) != 1:
        return None
    rate, shift = sp.Poly(argument, x).all_coeffs()
    return rate, shift


def _erf_or_gelu(expression: sp.Expr) -> ClosedForm | None:
    functions = expression.atoms(sp.erf)
    if len(functions) != 1:
        return None
    function = functions.pop()
    line = _rate(function.args[0])
    plain, factor = (sp.expand(expression).coeff(function, k) for k in (0, 1))
    if line is None or line[1] != 0 or sp.expand(expression - plain - factor * function) != 0:
        return None
    rate = line[0]
    if x not in plain.free_symbols | factor.free_symbols:
        wide = 1 + 2 * q
        formulas = (
            2 / sp.pi * sp.asin(2 * q * c / wide),
            4 / (sp.pi * sp.sqrt(wide**2 - 4 * q**2 * c**2)),
            sp.S.Zero,
        )
        return _scaled("an error function", closed_kernels.ERF, formulas, outer=factor, inner=rate, offset=plain)
    twice = sp.expand(2 * factor / x)
    if x in twice.free_symbols or sp.expand(plain - twice * x / 2 * sp.sign(rate)) != 0:
        return None
    inner = rate * sp.sqrt(2)  # x Phi(inner x) = gelu(inner x) / inner
    covariance, wide = q * c, (1 + q) ** 2
    rest = wide - covariance**2
    turned = sp.asin(covariance / (1 + q))
    formulas = (
        covariance / 4 + ((covariance**2 + q**2 * rest) / (wide * sp.sqrt(rest)) + covariance * turned) / (2 * sp.pi),
        sp.Rational(1, 4) + (covariance / sp.sqrt(rest) * (1 / rest + (1 - q**2) / wide + 1) + turned) / (2 * sp.pi),
        q / sp.sqrt(2 * sp.pi * (1 + q)),
    )
    return _scaled("gelu", closed_kernels.GELU, formulas, outer=sp.sign(rate) * twice / sp.Abs(inner), inner=inner)


def _exponential(expression: sp.Expr) -> ClosedForm | None:
    offset, factor, core = _parts(expression)
    core = sp.powsimp(core)
    if not isinstance(core, sp.exp) or not core.args[0].is_polynomial(x):
        return None
    exponent = sp.Poly(core.args[0], x)
    if exponent.degree() == 1:
        rate, shift = exponent.all_coeffs()
        whole = sp.exp(q * (1 + c))
        formulas: tuple[sp.Expr, sp.Expr, sp.Expr] = (whole, whole, sp.exp(q / 2))
        outer = factor * sp.exp(shift)
        return _scaled("an exponential", closed_kernels.EXP, formulas, outer=outer, inner=rate, offset=offset)
    if exponent.degree() == 2 and exponent.nth(1) == 0 and exponent.LC() < 0:
        gap = (1 + 2 * q) ** 2 - 4 * q**2 * c**2
        formulas = (1 / sp.sqrt(gap), 4 * q * c / gap ** sp.Rational(3, 2), 1 / sp.sqrt(1 + 2 * q))
        outer, inner = factor * sp.exp(exponent.nth(0)), sp.sqrt(-exponent.LC())
        return _scaled("a Gaussian", closed_kernels.BUMP, formulas, outer=outer, inner=inner, offset=offset)
    return None


def _wave(expression: sp.Expr) -> ClosedForm | None:
    """Waves of one rate add up to one wave."""
    offset, _, _ = _parts(expression)
    in_phase, quadrature, rate, waves = sp.S.Zero, sp.S.Zero, None, []
    for term in sp.Add.make_args(sp.expand(expression) - offset):
        factor, core = term.as_independent(x, as_Add=False)
        line = _rate(core.args[0]) if isinstance(core, (sp.sin, sp.cos)) else None
        if line is None or line[0] not in (rate, line[0] if rate is None else -rate):
            return None
        rate = line[0] if rate is None else rate
        sign = 1 if line[0] == rate else -1  # sin(s - r x) = sin(r x + pi - s)
        phase = line[1] + (sp.pi / 2 if isinstance(core, sp.cos) else 0)
        phase = phase if sign == 1 else sp.pi - phase
        in_phase, quadrature = in_phase + factor * sp.cos(phase), quadrature + factor * sp.sin(phase)
        waves.append((factor, phase))
    if rate is None:
        return None
    if len(waves) == 1:
        outer, phase = waves[0]
    elif in_phase == 0 or quadrature == 0:
        outer, phase = (quadrature, sp.pi / 2) if in_phase == 0 else (in_phase, sp.S.Zero)
    else:
        outer, phase = sp.sqrt(sp.expand(in_phase**2 + quadrature**2)), sp.atan2(quadrature, in_phase)
    near, far = sp.exp(-q * (1 - c)), sp.exp(-q * (1 + c)) * sp.cos(2 * phase)
    formulas = ((near - far) / 2, (near + far) / 2, sp.sin(phase) * sp.exp(-q / 2))
    return _scaled("a wave", closed_kernels.sine(float(phase)), formulas, outer=outer, inner=rate, offset=offset)
