r"""SymPy expressions as LaTeX in the notation of the field.

Differences from SymPy's printer: the Gaussian measure \int \mathcal{D}z, names by the rules of `notation`, \phi' for
derivatives of a function of one argument, powers that can be read in one way only, brackets no larger than their
content, integrals and sums last in a product, and rows for formulas that are wider than the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter

from derivations.calculus.gaussian import GaussE
from verify.latex.layout import tall, width
from verify.latex.notation import name, script
from verify.latex.order import negative, open_ended, split

KEPT = 5000  # parts that a printer knows
LINE = 32.0  # em; fits the text of a standard article in one column
TIME = ("t", "tau", "T", "s")  # a derivative in one of these is written d/dt, others with a prime
FUNCTIONS = {
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "acot": r"\operatorname{arccot}",
    "asinh": r"\operatorname{arsinh}",
    "acosh": r"\operatorname{arcosh}",
    "atanh": r"\operatorname{artanh}",
    "acoth": r"\operatorname{arcoth}",
    "sech": r"\operatorname{sech}",
    "csch": r"\operatorname{csch}",
    "erf": r"\operatorname{erf}",
    "erfc": r"\operatorname{erfc}",
    "erfinv": r"\operatorname{erf}^{-1}",
    "sign": r"\operatorname{sgn}",
    "loggamma": r"\ln\Gamma",
    "gamma": r"\Gamma",
    "log": r"\ln",
    "digamma": r"\psi",
    "DiracDelta": r"\delta",
    "Max": r"\max",
    "Min": r"\min",
} | {f: rf"\{f}" for f in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth")}
POWERED = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch"}


class FieldPrinter(LatexPrinter):
    """Prints one expression, for a line of `line` em: wider fractions, roots and exponents are written flat.

    Sums of powers of `rising` come in rising order.
    """

    def __init__(self, line: float = LINE, flat: bool = False, rising: sp.Symbol | None = None) -> None:
        super().__init__({"ln_notation": True, "inv_trig_style": "full"})
        self._rising = rising
        self._flat_beyond = 0.7 * line
        self._script_depth = int(flat)  # in scripts and in running text fractions have a slash
        self._printed: dict[tuple[sp.Basic, int], Any] = {}

    def _print(self, expr: Any, **options: Any) -> Any:
        """Each part once: whether it fits on a fraction is asked before it is written there."""
        if options or not isinstance(expr, sp.Basic):
            return super()._print(expr, **options)
        key = expr, self._script_depth
        found = self._printed.get(key)
        if found is None:
            found = super()._print(expr)
            if len(self._printed) >= KEPT:
                self._printed.clear()
            self._printed[key] = found
        return found

    # ---- brackets, scripts, names

    def _brackets(self, tex: str, square: bool | None = None) -> str:
        square = ("(" in tex and "[" not in tex) if square is None else square
        left, right = "[]" if square else "()"
        return rf"\left{left}{tex}\right{right}" if tall(tex) else f"{left}{tex}{right}"

    def _add_parens(self, s: str) -> str:
        return self._brackets(s)

    _add_parens_lspace = _add_parens

    def _script(self, expr: Any) -> str:
        self._script_depth += 1
        try:
            return str(self._print(expr))
        finally:
            self._script_depth -= 1

    def _deal_with_super_sub(self, string: str, style: str = "plain") -> str:
        return rf"\mathbf{{{name(string)}}}" if style == "bold" else name(string)

    # ---- sums, products, powers

    def _print_Add(self, expr: sp.Add, order: Any = None) -> str:
        terms = sorted(self._as_ordered_terms(expr, order=order), key=open_ended)
        if self._rising is not None and all(term.is_polynomial(self._rising) for term in terms):
            terms.sort(key=lambda term: sp.degree(term, self._rising))
        first = next((k for k, term in enumerate(terms) if not negative(term)), 0)
        terms.insert(0, terms.pop(first))
        tex = ""
        for k, term in enumerate(terms):
            part = self._print(term)
            minus = part.startswith("- ") and not term.is_Add
            if term.is_Add or isinstance(term, Relational):
                part = self._brackets(part)
            tex += part if not k else f" - {part[2:]}" if minus else f" + {part}"
        return tex

    def _print_Mul(self, expr: sp.Mul) -> str:
        if expr.args[0] is sp.S.One or any(a.is_Number for a in expr.args[1:]):
            return self._product(expr.args)  # unevaluated: show what is written
        if negative(expr):
            return f"- {self._print(-expr)}"
        joined = _one_root(expr)
        if not joined.is_Mul:
            return str(self._print(joined))
        above, below = split(joined)
        return self._fraction(above, below) if below else self._product(above)

    def _fraction(self, factors: Sequence[sp.Expr], denominator: Sequence[sp.Expr]) -> str:
        below = self._product(denominator)
        if self._script_depth:
            simple = len(denominator) == 1 and not denominator[0].is_Add
            return f"{self._product(factors, closed=True)} / {below if simple else self._brackets(below)}"
        if width(below) > self._flat_beyond or (r"\int" in below and r"\frac" in below):
            return f"{self._product(factors, closed=True)} {self._brackets(below)}^{{-1}}"
        above = [f for f in factors if not self._beside(f)]
        sums = [f for f in above if f.is_Add]
        if len(sums) == 1 and not tall(below) and width(below) <= 5 and tall(str(self._print(sums[0]))):
            above.remove(sums[0])  # no fractions on a fraction where a short factor before them will do
        beside = [f for f in factors if f not in above]
        while above and width(self._product(above)) > self._flat_beyond:
            beside.insert(0, above.pop())
        top = self._product(above) if above else "1"
        rest = self._product(beside, first=False) if beside else ""
        return rf"\frac{{{top}}}{{{below}}} {rest}".rstrip()

    def _beside(self, factor: sp.Expr) -> bool:
        """Whether a factor stands beside a fraction rather than on it."""
        tex = self._print(factor) if factor.is_Function else ""
        high = tall(tex) and not tex.startswith("e^")
        return high or open_ended(factor) or isinstance(factor, (sp.Piecewise, sp.MatrixBase, sp.Integral))

    def _product(self, factors: Iterable[sp.Expr], *, first: bool = True, closed: bool = False) -> str:
        """Factors side by side; `closed` says that something follows the last of them."""
        factors = [f for f in factors if f is not sp.S.One] or [sp.S.One]
        alone = len(factors) == 1 and first and not closed
        tex = ""
        for k, factor in enumerate(factors):
            part = str(self._print(factor))
            last = k == len(factors) - 1 and not closed
            if not alone and self._must_bracket(factor, part, first=first and k == 0, last=last):
                part = self._brackets(part)
            if tex and part[0].isdigit():
                tex += r" \cdot "
            elif tex:
                tex += r"\, " if part.startswith((r"\int", r"\begin")) else " "
            tex += part
        return tex

    def _must_bracket(self, factor: sp.Expr, tex: str, *, first: bool, last: bool) -> bool:
        if factor.is_Add or isinstance(factor, Relational) or (tex.startswith("-") and not first):
            return True
        return not last and (open_ended(factor) or isinstance(factor, sp.Piecewise))

    def _print_Pow(self, expr: sp.Pow) -> str:
        base, exponent = expr.base, expr.exp
        if exponent.is_Rational and exponent.is_negative and base.is_commutative and base != 1:
            return self._fraction([sp.S.One], [base if exponent == -1 else sp.Pow(base, -exponent, evaluate=False)])
        if exponent.is_Rational and exponent.p == 1 and exponent.q > 1:
            inside = str(self._print(base))
            if width(inside) <= self._flat_beyond and not self._script_depth > 1:
                return rf"\sqrt{{{inside}}}" if exponent.q == 2 else rf"\sqrt[{exponent.q}]{{{inside}}}"
        power = script("^", self._script(exponent))
        if base.is_Function and base.func.__name__ in POWERED and exponent.is_Integer and exponent > 1:
            return self._function_name(base) + power + self._arguments(base.args)
        return self._base(base) + power

    def _base(self, base: sp.Expr) -> str:
        tex = str(self._print(base))
        kinds = (sp.Symbol, sp.NumberSymbol, sp.Indexed, sp.matrices.expressions.matexpr.MatrixElement)
        plain = isinstance(base, kinds)
        function = isinstance(base, AppliedUndef) and "^" not in self._function_name(base)
        if plain and "'" in tex:
            return f"{{{tex}}}"
        if (plain and "^" not in tex) or function or isinstance(base, sp.Abs) or (base.is_Integer and base >= 0):
            return tex
        return self._brackets(tex)

    def _print_Rational(self, expr: sp.Rational) -> str:
        sign, p = ("- ", -expr.p) if expr.p < 0 else ("", expr.p)
        return f"{sign}{p}/{expr.q}" if self._script_depth else rf"{sign}\frac{{{p}}}{{{expr.q}}}"

    def _print_Integer(self, expr: sp.Integer) -> str:
        return str(expr) if expr >= 0 else f"- {-expr}"

    # ---- functions

    def _function_name(self, expr: sp.Function) -> str:
        text = expr.func.__name__
        known = not isinstance(expr, AppliedUndef) and text in FUNCTIONS
        return FUNCTIONS[text] if known else name(text, word=r"\operatorname")

    def _arguments(self, arguments: Iterable[sp.Basic]) -> str:
        return self._brackets(", ".join(self._print(a) for a in arguments), square=False)

    def _print_Function(self, expr: sp.Function, exp: str | None = None) -> str:
        text = expr.func.__name__
        if not isinstance(expr, AppliedUndef) and text not in FUNCTIONS and hasattr(self, f"_print_{text}"):
            tex = str(getattr(self, f"_print_{text}")(expr))
        else:
            tex = self._function_name(expr) + self._arguments(expr.args)
        return tex if exp is None else f"{self._brackets(tex)}^{{{exp}}}"

    _print_log = _print_Max = _print_Min = _print_gamma = _print_DiracDelta = _print_Function

    def _print_LambertW(self, expr: sp.LambertW, exp: str | None = None) -> str:
        branch = f"_{{{self._print(expr.args[1])}}}" if len(expr.args) > 1 else ""
        tex = f"W{branch}" + self._arguments(expr.args[:1])
        return tex if exp is None else f"{self._brackets(tex)}^{{{exp}}}"

    def _print_Heaviside(self, expr: sp.Heaviside, exp: str | None = None) -> str:
        return r"\Theta" + self._arguments(expr.args[:1] if expr.args[1] == sp.Rational(1, 2) else expr.args)

    def _print_polygamma(self, expr: sp.polygamma, exp: str | None = None) -> str:
        order, argument = expr.args
        return (r"\psi" if order == 0 else rf"\psi^{{({self._print(order)})}}") + self._arguments([argument])

    def _print_transpose(self, expr: sp.Expr, exp: str | None = None) -> str:
        inside = self._print(expr.args[0])
        return (self._brackets(inside) if "^" in inside else inside) + "^{T}"

    def _print_ExpBase(self, expr: sp.Expr, exp: str | None = None) -> str:
        power = self._script(expr.args[0])
        high = width(power) * 0.72 > 9 or any(sign in power for sign in (r"\int", r"\sum", r"\begin"))
        if high and not self._script_depth:
            return r"\exp" + self._brackets(self._print(expr.args[0]), square=False)
        return f"e{script('^', power)}"

    def _print_Abs(self, expr: sp.Abs, exp: str | None = None) -> str:
        inside = self._print(expr.args[0])
        return rf"\left|{inside}\right|" if tall(inside) else rf"|{inside}|"

    # ---- calculus

    def _print_GaussE(self, expr: GaussE) -> str:
        measures, inside = "", expr
        while isinstance(inside, GaussE):
            measures += rf"\mathcal{{D}}{self._print(inside.variable)}\, "
            inside = inside.integrand
        return rf"\int {measures}{self._term(inside)}"

    def _term(self, expr: sp.Basic) -> str:
        tex = str(self._print(expr))
        return self._brackets(tex) if isinstance(expr, (sp.Add, Relational)) or tex.startswith("-") else tex

    def _print_Integral(self, expr: sp.Integral) -> str:
        signs, measures = "", ""
        for variable, *limits in expr.limits:
            scripts = "".join(script(m, self._script(x)) for m, x in zip("_^", limits[-2:], strict=False))
            signs = rf"\int{scripts} " + signs
            measures += rf"\, d{self._print(variable)}"
        return f"{signs}{self._term(expr.function)}{measures}"

    def _big(self, expr: sp.Sum | sp.Product, sign: str) -> str:
        signs = ""
        for variable, low, high in expr.limits:
            signs = f"{sign}_{{{self._print(variable)} = {self._script(low)}}}^{{{self._script(high)}}} {signs}"
        return signs + self._term(expr.function)

    def _print_Sum(self, expr: sp.Sum) -> str:
        return self._big(expr, r"\sum")

    def _print_Product(self, expr: sp.Product) -> str:
        return self._big(expr, r"\prod")

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        inside, counts = expr.expr, expr.variable_count
        single = isinstance(inside, AppliedUndef) and len(inside.args) == 1 and inside.args[0] == counts[0][0]
        if single and counts[0][0].name not in TIME:
            return self._primed(inside, int(counts[0][1]), inside.args[0])
        d = r"\partial " if len(inside.free_symbols) > 1 and not single else "d"
        order = sum(n for _, n in counts)
        below = " ".join(d + self._base(v) + (script("^", self._script(n)) if n != 1 else "") for v, n in counts)
        above = f"{d.strip()}{script('^', self._script(order))}" if order != 1 else d.strip()
        if isinstance(inside, (AppliedUndef, sp.Symbol)):
            return rf"\frac{{{above} {self._print(inside)}}}{{{below}}}"
        return rf"\frac{{{above}}}{{{below}}} {self._brackets(self._print(inside), square=True)}"

    def _primed(self, function: AppliedUndef, order: int, argument: sp.Basic) -> str:
        mark = "'" * order if order <= 3 else f"^{{({order})}}"
        return self._function_name(function) + mark + self._arguments([argument])

    def _print_Subs(self, expr: sp.Subs) -> str:
        inside, old, new = expr.args
        if isinstance(inside, sp.Derivative) and isinstance(inside.expr, AppliedUndef):
            function, counts = inside.expr, inside.variable_count
            places = {v: [k for k, a in enumerate(function.args) if a.has(v)] for v in old}
            if all(len(p) == 1 and function.args[p[0]] == v for v, p in places.items()) and len(counts) == len(old):
                if len(function.args) == 1:
                    return self._primed(function, int(counts[0][1]), new[0])
                marks = "".join(
                    rf"\partial_{places[v][0] + 1}{script('^', str(n)) if n != 1 else ''} " for v, n in counts
                )
                values = dict(zip(old, new, strict=True))
                arguments = self._arguments(values.get(a, a) for a in function.args)
                return f"{marks}{self._function_name(function)}{arguments}"
        at = ", ".join(f"{self._print(o)} = {self._script(n)}" for o, n in zip(old, new, strict=True))
        return rf"\left.{self._print(inside)}\right|_{{{at}}}"

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        base = self._print(expr.base)
        base = f"{{{base}}}" if "_" in base else base
        return base + script("_", ("" if len(expr.indices) < 3 else ",").join(self._script(i) for i in expr.indices))

    # ---- relations, cases, sets

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        cases = " \\\\ ".join(
            rf"{self._print(e)} & " + (r"\text{otherwise}" if c == sp.true else rf"\text{{for }} {self._print(c)}")
            for e, c in expr.args
        )
        return rf"\begin{{cases}} {cases} \end{{cases}}"

    def _print_Tuple(self, expr: sp.Tuple) -> str:
        return self._brackets(", ".join(self._print(a) for a in expr), square=False)

    _print_tuple = _print_Tuple

    def _print_Relational(self, expr: Relational) -> str:
        return " ".join((self._print(expr.lhs), relation(expr), self._print(expr.rhs)))

    def _print_Order(self, expr: sp.Order) -> str:
        return "O" + self._arguments([expr.expr])


def _one_root(expr: sp.Mul) -> sp.Expr:
    """A product of square roots as the root of a product, where at most one is not of a number known to be positive."""
    roots = [f for f in expr.args if f.is_Pow and f.exp == sp.Rational(1, 2) and not f.base.is_number]
    if len(roots) < 2 or sum(not f.base.is_nonnegative for f in roots) > 1:
        return expr
    root = sp.Pow(sp.Mul(*(f.base for f in roots)), sp.Rational(1, 2), evaluate=False)
    others = [f for f in expr.args if f not in roots]
    return sp.Mul(*others, root, evaluate=False) if others else root


def relation(expr: Relational) -> str:
    """The sign of a relation."""
    return {"==": "=", ">=": r"\geq", "<=": r"\leq", "!=": r"\neq"}.get(expr.rel_op, expr.rel_op)
