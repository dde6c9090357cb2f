"""How one step of a derivation is settled.

A `Step` states a claim, why it holds, and either an obligation (expressions that must vanish) or an assumption with
its source. `decide` climbs from arithmetic of polynomials to `simplify`; a random high-precision probe may only refute.
It has no time limit of its own: the runner gives every step to a worker process under a hard limit, because SymPy can
hang in places that nothing inside the process can interrupt.
"""

from __future__ import annotations

import enum
import functools
import operator
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from derivations.quotients import vanishes
from derivations.statement import Source, components

Meaning: TypeAlias = "Mapping[sp.Basic, Any]"  # of names
PROBE_DIGITS = 50
PROBE_POINTS = 4
SMALL = 150  # operations up to which it is tried whether what is displayed was judged
NESTED = 4  # definitions in definitions


class Verdict(enum.StrEnum):
    """Outcome of one step. A universal sentence of which only some instances are proved says so."""

    PROVED = "proved"
    INSTANCES = "proved for instances"
    ASSUMED = "assumed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a derivation.

    claim        what is asserted, a sentence with its period
    because      the reason, in words
    obligation   expressions that must vanish identically (an expression, a Matrix, or several of them); or
    assumption   the source of what is taken over without proof
    shows        the relation that the step establishes, for the reader; rendered as LaTeX, and marked as not judged
                 where it is no obligation and follows from no statement
    means        what names in `shows` stand for in the derivation, expressions or matrices that it has built, never the
                 other side typed again; several mappings for several instances. With them in place the relation is
                 part of the obligation, or all of it. An empty mapping where it has no names of its own
    instances    which instances the obligation covers, where the claim is about more than these ("2, 3 and 5 layers")
    """

    claim: str
    because: str
    obligation: sp.Basic | sp.MatrixBase | tuple | None = None
    assumption: Source | None = None
    shows: sp.Basic | None = None
    means: Meaning | tuple[Meaning, ...] | None = None
    instances: str = ""

    def __post_init__(self) -> None:
        stated = self.obligation is not None or self.means is not None
        if stated == (self.assumption is not None):
            raise ValueError(f"step {self.claim!r} needs either an obligation or an assumption")
        if self.means is not None and not isinstance(self.shows, tuple(_DIFFERENCES)):
            raise ValueError(f"step {self.claim!r}: names have a meaning in a displayed equation or inequality only")
        for meaning in self._meanings:
            absent = [str(name) for name in meaning if not self.shows.has(name)]  # type: ignore[union-attr]
            if absent:
                raise ValueError(f"step {self.claim!r}: what is displayed has no {', '.join(absent)}")
        if not self.claim.strip() or not self.because.strip():
            raise ValueError("a step needs a claim and a reason")
        if self.instances and self.assumption is not None:
            raise ValueError(f"step {self.claim!r}: what is assumed is not proved for instances")
        if not self.claim.rstrip().endswith((".", "!", "?")):
            raise ValueError(f"step {self.claim!r}: a claim is a sentence and ends with a period")
        if any(isinstance(part, bool | BooleanAtom | Relational) for part in _flatten(self.obligation)):
            raise ValueError(f"step {self.claim!r}: an obligation is the difference of two sides, not true or false")

    @property
    def _meanings(self) -> tuple[Meaning, ...]:
        if self.means is None:
            return ()
        return self.means if isinstance(self.means, tuple) else (self.means,)

    @functools.cached_property
    def residuals(self) -> tuple[sp.Expr, ...]:
        """The scalar expressions that must vanish: of the obligation, and of what is displayed with its meaning."""
        stated = tuple(_flatten(self.obligation)) if self.obligation is not None else ()
        return (*stated, *(part for meaning in self._meanings for part in _displayed(self.shows, meaning)))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict of a step and how it was reached."""

    verdict: Verdict
    how: str


def _displayed(relation: Any, meaning: Meaning) -> Iterator[sp.Expr]:
    """What must vanish for a displayed relation to hold where its names have a meaning.

    Raises ValueError where its sides do not fit each other.
    """
    for pair in zip(components(relation.lhs), components(relation.rhs), strict=True):
        left, right = (_entries(_meant(side, meaning)) for side in pair)
        if isinstance(left, sp.MatrixBase) != isinstance(right, sp.MatrixBase):
            if 0 not in (left, right):
                raise ValueError(f"a matrix cannot equal a number: {relation}")
            difference = right if left == 0 else left
        else:
            difference = left - right
        for entry in _flatten(difference):
            yield _DIFFERENCES[relation.func](_worked_out(entry))


def _worked_out(difference: sp.Expr) -> sp.Expr:
    """With limits, derivatives and sums over a few numbers in closed form; integrals stay as they are."""
    return difference.replace(
        lambda node: isinstance(node, (sp.Limit, sp.Derivative, sp.Subs)) or _is_short_sum(node),
        lambda node: _at_place(node) if isinstance(node, sp.Limit) else node.doit(integrals=False),
    )


def _at_place(limit: sp.Limit) -> sp.Expr:
    """A limit in closed form; that of a polynomial is its value, which SymPy finds term by term, by leading terms."""
    expression, letter, place, _ = limit.args
    if place.is_finite and expression.is_polynomial(letter):
        return expression.subs(letter, place)
    return limit.doit(integrals=False)


def _entries(side: Any) -> Any:
    """A matrix of known size with its entries."""
    return side.as_explicit() if isinstance(side, sp.MatrixExpr) else side


def _meant(node: sp.Basic, meaning: Meaning) -> Any:
    """An expression with what its names stand for, numbers or matrices, in place of them."""
    if node in meaning:
        value = meaning[node]
        return value.as_immutable() if isinstance(value, sp.MatrixBase) else sp.sympify(value)
    parts = [_meant(argument, meaning) for argument in node.args]
    if all(new is old for new, old in zip(parts, node.args, strict=True)):
        return node
    if isinstance(node, (sp.Add, sp.MatAdd)):
        return functools.reduce(operator.add, parts)
    if isinstance(node, (sp.Mul, sp.MatMul)):
        return functools.reduce(operator.mul, parts)
    if isinstance(node, (sp.Pow, sp.MatPow)):
        return parts[0] ** parts[1]
    built = node.func(*parts)
    return built.doit() if isinstance(built, sp.MatrixExpr) else built


def _equal(difference: sp.Expr) -> sp.Expr:
    """The difference itself; with a term O(...) zero, if what is left is of that order."""
    if not difference.has(sp.Order):
        return difference
    order = (difference := sp.expand(difference)).getO()
    if order is None:
        return sp.S.NaN  # it stands inside a function
    (letter,), (place,) = order.variables, order.point
    ratio = difference.removeO() / order.expr
    ratio = sp.cancel(ratio) if ratio.is_rational_function() else ratio
    return _zero_where(sp.limit(ratio, letter, place).is_finite)  # Order.contains errs for a logarithm


def _signed(has_sign: Callable[[sp.Expr], bool | None]) -> Callable[[sp.Expr], sp.Expr]:
    """Zero for a difference whose sign is seen, as it stands or in factors."""

    def seen(difference: sp.Expr) -> sp.Expr:
        known = (has_sign(form) for form in (difference, sp.factor(sp.together(difference))))
        return _zero_where(next((answer for answer in known if answer is not None), None))

    return seen


def _zero_where(true: bool | None) -> sp.Expr:
    """What must vanish for something known to be true or false; nan, of which nothing can be shown, if unknown."""
    return sp.S.NaN if true is None else sp.S.Zero if true else sp.S.One


_DIFFERENCES: Mapping[Any, Callable[[sp.Expr], sp.Expr]] = {
    sp.Eq: _equal,
    sp.Ne: _signed(lambda difference: difference.is_nonzero),
    sp.Ge: _signed(lambda difference: difference.is_nonnegative),
    sp.Gt: _signed(lambda difference: difference.is_positive),
    sp.Le: _signed(lambda difference: difference.is_nonpositive),
    sp.Lt: _signed(lambda difference: difference.is_negative),
}


def decide(step: Step) -> Decision:
    """Settle one step. UNDECIDED is never a pass."""
    if step.assumption is not None:
        return Decision(verdict=Verdict.ASSUMED, how=f"taken from {step.assumption.name}: {step.assumption.where}")
    if not step.residuals:
        return Decision(verdict=Verdict.UNDECIDED, how="the step has no obligation to check")
    methods = []
    for residual in step.residuals:
        decision = _decide_residual(residual)
        if decision.verdict is not Verdict.PROVED:
            return decision
        methods.append(decision.how)
    how = ", ".join(dict.fromkeys(methods))
    if step.instances:
        return Decision(verdict=Verdict.INSTANCES, how=f"for {step.instances}: {how}")
    return Decision(verdict=Verdict.PROVED, how=how)


def is_judged(step: Step, stated: Collection[sp.Basic] = ()) -> bool:
    """Whether the relation that a step shows is judged: it is one of those `stated`, or its difference is settled.

    Where the names of a step have a meaning, the relation is among its obligations.
    A difference is settled where it is a residual of the step, or vanishes once the letters that stated relations
    give (a statement's left-hand side, the letters of its definitions) are replaced by what they give. Only what takes
    little time is tried. A relation between names of which neither speaks is not judged.
    """
    if step.means is not None or step.shows in stated:
        return True
    if not isinstance(step.shows, sp.Eq):
        return False
    left, right = components(step.shows.lhs), components(step.shows.rhs)
    if len(left) != len(right) or any(isinstance(side, sp.MatrixBase) for side in (*left, *right)):
        return False
    residuals = {r for r in step.residuals if r != 0}
    known = frozenset(stated)
    replaced = functools.partial(_replaced, given=_given(known), laws=_laws(known))
    return all(_is_settled(a - b, residuals, replaced) for a, b in zip(left, right, strict=True))


@functools.lru_cache(maxsize=16)
def _given(stated: frozenset[sp.Basic]) -> dict[sp.Basic, sp.Basic]:
    """What stated equations give for letters and for functions of letters; nothing where two of them differ."""
    found: dict[sp.Basic, sp.Basic] = {}
    doubtful = set()
    for relation in stated:
        if isinstance(relation, sp.Eq):
            for name, value in zip(components(relation.lhs), components(relation.rhs), strict=True):
                if isinstance(name, (sp.Symbol, AppliedUndef)) and not isinstance(value, sp.MatrixBase):
                    doubtful |= {name} if found.setdefault(name, value) != value else set()
    return {name: value for name, value in found.items() if name not in doubtful}


@functools.lru_cache(maxsize=16)
def _laws(stated: frozenset[sp.Basic]) -> dict[Any, tuple[tuple[sp.Symbol, ...], sp.Expr]]:
    """Functions that one stated equation gives at letters, hence everywhere: the letters, and what it gives."""
    found: dict[Any, list[tuple[tuple[sp.Symbol, ...], sp.Expr]]] = {}
    for name, value in _given(stated).items():
        if (
            isinstance(name, AppliedUndef)
            and all(a.is_Symbol for a in name.args)
            and len(set(name.args)) == len(name.args)
        ):
            found.setdefault(name.func, []).append((name.args, value))
    return {function: laws[0] for function, laws in found.items() if len(laws) == 1}


def _is_settled(difference: sp.Expr, residuals: Collection[sp.Expr], replace: Callable[[sp.Expr], sp.Expr]) -> bool:
    for _ in range(NESTED):  # definitions use each other
        if not _is_small(difference):
            return False
        if _is_zero(difference) or any(_is_plus_or_minus(difference, residual) for residual in residuals):
            return True
        replaced = replace(difference)
        if replaced == difference:
            break
        difference = replaced
    slow = (sp.Sum, sp.Product, sp.Limit, sp.Integral)
    if _has_a_name_of_its_own(difference) or difference.has(*slow) or not _is_small(difference):
        return False
    difference = difference.doit(integrals=False)
    if _is_zero(difference):
        return True
    if not _can_be_probed(difference):
        return bool(sp.expand(difference) == 0)
    return _probe(difference, points=1) is None and _canonical(difference) == 0


def _is_zero(expression: sp.Expr) -> bool:
    return bool(vanishes(expression)) or (not expression.is_commutative and sp.expand(expression) == 0)


def _is_plus_or_minus(difference: sp.Expr, residual: sp.Expr) -> bool:
    same_letters = difference.free_symbols == residual.free_symbols
    return same_letters and _is_small(residual) and (_is_zero(difference - residual) or _is_zero(difference + residual))


def _has_a_name_of_its_own(difference: sp.Expr) -> bool:
    """Whether a term is a multiple of a letter that stands nowhere else, so that it vanishes for one value."""
    terms = sp.Add.make_args(difference)
    letters = [term.as_coeff_Mul()[1] for term in terms]
    return any(
        letter.is_Symbol and not any(letter in other.free_symbols for n, other in enumerate(terms) if n != k)
        for k, letter in enumerate(letters)
    )


def _replaced(
    expression: sp.Expr,
    given: Mapping[sp.Basic, sp.Basic],
    laws: Mapping[Any, tuple[tuple[sp.Symbol, ...], sp.Expr]],
) -> sp.Expr:
    """With what is given for letters, and for functions at other arguments; sums over a few numbers written out."""

    def at_arguments(node: sp.Expr) -> sp.Expr:
        letters, value = laws[node.func]
        bound = set().union(*(getattr(part, "bound_symbols", ()) for part in sp.preorder_traversal(value)))
        if bound & node.free_symbols:  # the sum of a law would take hold of a letter of the argument
            return node
        return value.subs(dict(zip(letters, node.args, strict=True)), simultaneous=True)

    try:
        found = expression.xreplace(dict(given))
        found = found.replace(lambda node: isinstance(node, AppliedUndef) and node.func in laws, at_arguments)
        return found.replace(_is_short_sum, lambda node: node.doit())
    except (TypeError, ValueError):  # a letter that an integral or a derivative goes over
        return expression


def _is_short_sum(node: sp.Basic) -> bool:
    if not (isinstance(node, sp.Sum) and len(node.limits) == 1):
        return False
    _, low, high = node.limits[0]
    return bool(low.is_Integer and high.is_Integer and 0 <= high - low < NESTED * 8)


@functools.lru_cache(maxsize=256)
def _is_small(expression: sp.Expr) -> bool:
    return bool(sp.count_ops(expression) <= SMALL)


def _decide_residual(residual: sp.Expr) -> Decision:
    proved = Verdict.PROVED
    if residual == 0:
        return Decision(verdict=proved, how="identical")
    if found := vanishes(residual):
        return Decision(verdict=proved, how=found)
    readings: tuple[tuple[str, Callable[[sp.Expr], sp.Expr]], ...] = (
        ("rewriting", _in_exponentials),
        ("simplification", _cancelled),
    )
    for name, reading in readings:
        if vanishes(reading(residual)):
            return Decision(verdict=proved, how=name)
    for name, method in (("expansion", sp.expand), ("canonical form", _canonical)):
        if method(residual) == 0:
            return Decision(verdict=proved, how=name)
    witness = _probe(residual)
    if witness is not None:
        return Decision(verdict=Verdict.REFUTED, how=f"not zero at {witness}")
    for name, method in (
        ("rewriting", _rewrite),
        ("factoring", _with_roots_of_factors),
        ("simplification", _simplified),
    ):
        if method(residual) == 0:
            return Decision(verdict=proved, how=name)
    return Decision(verdict=Verdict.UNDECIDED, how="no method reduced the residual to zero, and no probe refuted it")


def _canonical(expression: sp.Expr) -> sp.Expr:
    """Numerator over a common denominator, with exponentials of sums split into products of powers."""
    numerator, _ = sp.fraction(sp.together(sp.expand_power_exp(expression.doit(integrals=False))))
    return sp.expand(sp.powsimp(sp.expand(sp.expand_power_exp(sp.expand(numerator)))))


def _in_exponentials(expression: sp.Expr) -> sp.Expr:
    return expression.rewrite(sp.exp)


def _cancelled(expression: sp.Expr) -> sp.Expr:
    """With quotients inside logarithms reduced."""
    return expression.replace(sp.log, lambda inside: sp.log(sp.cancel(inside)))


def _simplified(expression: sp.Expr) -> sp.Expr:
    # Integrals stay as they are: SymPy's are sometimes silently wrong, and no step may rest on one.
    return sp.simplify(expression, doit=False)


def _rewrite(expression: sp.Expr) -> sp.Expr:
    """Hyperbolic and trigonometric functions as exponentials, logarithms expanded, then the canonical form."""
    return _canonical(sp.expand_log(_in_exponentials(expression), force=False))


def _with_roots_of_factors(expression: sp.Expr) -> sp.Expr:
    """With what stands under square roots in factors: the root of a square is what was squared."""
    found = expression.replace(lambda node: node.is_Pow and node.exp == sp.S.Half, lambda e: sp.sqrt(sp.factor(e.base)))
    return sp.expand(found)


def _probe(expression: sp.Expr, points: int = PROBE_POINTS) -> str | None:
    """A point at which the expression is certainly not zero, or None. Undefined functions cannot be probed."""
    if not _can_be_probed(expression):
        return None
    source = random.Random(20261122)
    for _ in range(points):
        point = {s: _draw(s, source) for s in sorted(expression.free_symbols, key=str)}
        value = expression.subs(point).evalf(PROBE_DIGITS)
        size = sum((abs(a.subs(point).evalf(15)) for a in sp.Add.make_args(expression)), sp.S.Zero)
        if not (value.is_comparable or value.is_number) or value.has(sp.nan, sp.zoo, sp.oo):
            continue
        if abs(value) > sp.Float(10) ** (-PROBE_DIGITS * 3 // 5) * (1 + size):
            where = ", ".join(f"{s} = {v}" for s, v in point.items())
            return f"{where or 'any point'}, where it is {value.evalf(6)}"
    return None


def _can_be_probed(expression: sp.Expr) -> bool:
    binds = any(getattr(node, "bound_symbols", ()) for node in sp.preorder_traversal(expression))  # integrals, averages
    return (
        not binds
        and not expression.has(AppliedUndef, sp.Derivative, sp.MatrixSymbol)
        and all(isinstance(s, sp.Symbol) and s.is_commutative for s in expression.free_symbols)
    )


def _draw(symbol: sp.Symbol, source: random.Random) -> sp.Rational:
    """A rational point that respects the symbol's assumptions and is never 0, 1 or 2."""
    if symbol.is_integer:
        return sp.Integer(source.randint(3, 9))
    value = sp.Rational(source.randint(23, 197), 61)
    if value.is_integer:
        return _draw(symbol, source)
    if symbol.is_nonpositive:
        return -value
    return value if symbol.is_nonnegative or source.random() < 0.5 else -value


def _flatten(obligation: object) -> Iterable[sp.Expr]:
    if isinstance(obligation, (tuple, list, sp.Tuple)):
        for part in obligation:
            yield from _flatten(part)
    elif isinstance(obligation, sp.MatrixBase):
        yield from obligation
    elif isinstance(obligation, sp.Eq):
        yield obligation.lhs - obligation.rhs
    elif isinstance(obligation, bool):  # `left == right` has compared how both sides are written
        yield obligation
    else:
        yield sp.sympify(obligation)
