"""The language in which expressions are typed: functions, constants, and what they stand for."""

from __future__ import annotations

import functools
from collections.abc import Callable

import sympy as sp

Function = tuple[int, int, Callable[..., sp.Expr]]  # least and most arguments


def normal_cdf(a: sp.Expr) -> sp.Expr:
    """The distribution function of a standard Gaussian."""
    return sp.erfc(-a / sp.sqrt(2)) / 2


def _one(function: Callable[[sp.Expr], sp.Expr]) -> Function:
    return 1, 1, function


def _step(a: sp.Expr) -> sp.Expr:
    return sp.Piecewise((sp.S.Zero, a < 0), (sp.S.One, True))


FUNCTIONS: dict[str, Function] = {
    **{
        name: _one(getattr(sp, name))
        for name in (
            *("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech", "coth"),
            *("asin", "acos", "atan", "asinh", "acosh", "atanh", "sign"),
            *("erf", "erfc", "erfi", "gamma", "loggamma", "digamma", "factorial"),
        )
    },
    "ln": _one(sp.log),
    "log2": _one(lambda a: sp.log(a) / sp.log(2)),
    "log10": _one(lambda a: sp.log(a) / sp.log(10)),
    "log1p": _one(lambda a: sp.log(1 + a)),
    "expm1": _one(lambda a: sp.exp(a) - 1),
    "arcsin": _one(sp.asin),
    "arccos": _one(sp.acos),
    "arctan": _one(sp.atan),
    "arcsinh": _one(sp.asinh),
    "arccosh": _one(sp.acosh),
    "arctanh": _one(sp.atanh),
    "lgamma": _one(sp.loggamma),
    "psi": _one(sp.digamma),
    "polygamma": (2, 2, sp.polygamma),
    "zeta": (1, 2, sp.zeta),
    "beta": (2, 2, lambda a, b: sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b)),
    "binomial": (2, 2, sp.binomial),
    "besselj": (2, 2, sp.besselj),
    "besseli": (2, 2, sp.besseli),
    "bessely": (2, 2, sp.bessely),
    "besselk": (2, 2, sp.besselk),
    "lambertw": _one(sp.LambertW),
    "abs": _one(sp.Abs),
    "max": (2, 8, sp.Max),
    "min": (2, 8, sp.Min),
    "step": _one(_step),
    "heaviside": _one(_step),
    "relu": _one(lambda a: sp.Max(0, a)),
    "sigmoid": _one(lambda a: 1 / (1 + sp.exp(-a))),
    "softplus": _one(lambda a: sp.log(1 + sp.exp(a))),
    "silu": _one(lambda a: a / (1 + sp.exp(-a))),
    "Phi": _one(normal_cdf),
    "gelu": _one(lambda a: a * normal_cdf(a)),
}
CONSTANTS: dict[str, sp.Expr] = {
    "pi": sp.pi,
    "e": sp.E,
    "EulerGamma": sp.EulerGamma,
    "Catalan": sp.Catalan,
    "inf": sp.oo,
    "oo": sp.oo,
}
BINDING = {  # functions that bind a letter, as they are written
    "E": "E(f), an average over a standard Gaussian z",
    "sum": "sum(f, k, 1, n)",
    "product": "product(f, k, 1, n)",
    "integral": "integral(f, x, 0, inf)",
    "diff": "diff(f, x)",
}


@functools.cache
def words() -> frozenset[str]:
    """All names that have a meaning."""
    return frozenset((*FUNCTIONS, *CONSTANTS, *BINDING))
