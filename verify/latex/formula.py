r"""Formulas, statements and mutants as LaTeX, broken into rows where they are wider than the page."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import sympy as sp
from sympy.core.relational import Relational

from derivations.statement import LeadingOrder, Observation, Regime, Statement, components
from verify.latex.layout import INDENT, rows, width
from verify.latex.printer import LINE, FieldPrinter, relation


def lines(expr: sp.Basic | Sequence, line: float = LINE, regime: Regime | None = None) -> tuple[str, ...]:
    """A formula as rows `left & right` of an aligned environment, none wider than `line` em where that can be done.

    Relations between tuples give one relation for each component; a tuple of relations gives them one after another.
    Of a `regime` of leading order, polynomials in the small parameter are series: in rising order, with O(...).
    """
    found: list[str] = []
    small = regime if isinstance(regime, LeadingOrder) else None
    pairs = [_sides(e, line, small) for e in _relations(expr)]
    lead = max((width(left) for left, _ in pairs), default=0.0)
    if lead <= line / 2:
        for left, right in pairs:
            found += _indented(f"{left} &", rows(right, line - lead))
        if extent(found) <= line:
            return tuple(found)
    found = []
    for left, right in pairs:
        if width(left) + width(right) <= line:
            found += [f"& {left} {right}"]
        else:
            found += [*_indented("&", rows(left, line)), *(rf"&\qquad {row}" for row in rows(right, line - INDENT))]
    return tuple(found)


def extent(found: Sequence[str]) -> float:
    """Estimated width of aligned rows, in em."""
    columns = [row.split("&", 1) for row in found]
    return max((width(c[0]) for c in columns), default=0.0) + max((width(c[1]) for c in columns), default=0.0)


def _indented(lead: str, parts: Sequence[str]) -> list[str]:
    return [f"{lead.lstrip()}{parts[0]}", *(rf"&\qquad {part}" for part in parts[1:])]


def _sides(expr: sp.Basic, line: float, small: LeadingOrder | None = None) -> tuple[str, str]:
    if not isinstance(expr, Relational):
        return "", str(_printer(line).doprint(expr))
    series = small if small and isinstance(expr, sp.Eq) and _is_series(expr.rhs, small.parameter) else None
    printer = FieldPrinter(line, rising=series.parameter if series else None)
    left, right = str(printer.doprint(expr.lhs)), str(printer.doprint(expr.rhs))
    if series:
        right += f" + O{printer.doprint(sp.Tuple(sp.Pow(series.parameter, series.order)))}"
    below = _reciprocal(expr.rhs)
    if below is not None and isinstance(expr, sp.Eq) and expr.lhs.is_Symbol and right.endswith("^{-1}"):
        left, right = rf"\frac{{1}}{{{left}}}", str(printer.doprint(below))  # as papers write depth scales
    return left, f"{relation(expr)} {right}"


@functools.lru_cache(maxsize=8)
def _printer(line: float) -> FieldPrinter:
    """One printer for all expressions of a width: parts of a formula are printed one after the other."""
    return FieldPrinter(line)


def _is_series(expr: sp.Basic, parameter: sp.Symbol) -> bool:
    return isinstance(expr, sp.Expr) and parameter in expr.free_symbols and bool(expr.is_polynomial(parameter))


def _reciprocal(expr: sp.Basic) -> sp.Expr | None:
    """What 1 / expr is, where expr is written as 1 or -1 over something."""
    if isinstance(expr, sp.Pow) and expr.exp == -1:
        return expr.base
    if isinstance(expr, sp.Mul) and len(expr.args) == 2 and expr.args[0] == -1:
        inside = _reciprocal(expr.args[1])
        return None if inside is None else -inside
    return None


def _relations(expr: sp.Basic | Sequence) -> Iterator[sp.Basic]:
    if isinstance(expr, Relational) and isinstance(expr.rhs, sp.Tuple):
        for left, right in zip(components(expr.lhs), components(expr.rhs), strict=True):
            yield expr.func(left, right, evaluate=False)
    elif isinstance(expr, (tuple, list, sp.Tuple, sp.And)):
        parts = expr.args if isinstance(expr, sp.Basic) else expr
        if all(isinstance(p, (Relational, tuple, list, sp.Tuple)) for p in parts) and parts:
            for part in parts:
                yield from _relations(part)
        else:
            yield sp.sympify(expr)
    else:
        yield expr


def aligned(found: Sequence[str]) -> str:
    """Rows as one formula."""
    if len(found) == 1:
        return found[0].replace("&", "", 1).strip()
    body = " \\\\\n".join(found)
    return f"\\begin{{split}}\n{body}\n\\end{{split}}"


def formula(expr: sp.Basic | Sequence, line: float = LINE) -> str:
    r"""An expression, relation or tuple of relations as LaTeX for a display, without delimiters.

    Formulas wider than `line` em come as a `split` environment, which amsmath, MathJax and ziamath all understand.

    >>> w = sp.Symbol("sigma_w", positive=True)
    >>> formula(sp.Eq(sp.Symbol("chi_1"), w**2 * sp.log(w) ** 2))
    '\\chi_1 = \\sigma_w^2 [\\ln(\\sigma_w)]^2'
    """
    return aligned(lines(expr, line))


def inline(expr: sp.Basic) -> str:
    """An expression as LaTeX for a line of text: fractions with a slash."""
    return FieldPrinter(flat=True).doprint(expr)


def statement(result: Statement | Observation, line: float = LINE) -> str:
    """A result's formula with the definitions that it uses; empty for an Observation, which has no formula."""
    if not isinstance(result, Statement):
        return ""
    shown, where = result.shown
    return aligned([*lines(shown, line, result.regime), *_definitions(where, line)])


def difference(
    result: Statement,
    right: Sequence[sp.Expr],
    where: Sequence[sp.Eq] = (),
    left: Sequence[sp.Expr] = (),
    relation: type[sp.Rel] | None = None,
) -> str:
    """The parts of a result that other sides, definitions or another relation change, as these say them."""
    other = relation or result.formula.func
    changed = [
        other(*new, evaluate=False)
        for old, new in zip(
            zip(result.left, result.right, strict=True), zip(left or result.left, right, strict=True), strict=True
        )
        if old != new or other is not result.formula.func
    ]
    changed += [new for old, new in zip(result.where, where, strict=False) if old != new]
    return formula(changed) if changed else ""


def label(identifier: str) -> str:
    """The LaTeX label of a claim."""
    return f"eq:{identifier}"


def _definitions(where: Sequence[sp.Eq], line: float) -> list[str]:
    found = list(lines(list(where), line - 3.5)) if where else []
    return [rf"\text{{where }} {found[0]}", *found[1:]] if found else []
