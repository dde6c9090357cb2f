"""How one step of a derivation is settled.

A `Step` states a claim, why it holds, and either an obligation (expressions that must vanish) or an assumption with
its source. `decide` climbs from arithmetic of polynomials to `simplify`; a random high-precision probe may only refute.
It has no time limit of its own: the runner gives every step to a worker process under a hard limit, because SymPy can
hang in places that nothing inside the process can interrupt.
"""

from __future__ import annotations

import enum
import functools
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from derivations.quotients import vanishes
from derivations.statement import Source, components

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
    instances    which instances the obligation covers, where the claim is about more than these ("2, 3 and 5 layers")
    """

    claim: str
    because: str
    obligation: sp.Basic | sp.MatrixBase | tuple | None = None
    assumption: Source | None = None
    shows: sp.Basic | None = None
    instances: str = ""

    def __post_init__(self) -> None:
        if (self.obligation is None) == (self.assumption is None):
            raise ValueError(f"step {self.claim!r} needs either an obligation or an assumption")
        if not self.claim.strip() or not self.because.strip():
            raise ValueError("a step needs a claim and a reason")
        if self.instances and self.assumption is not None:
            raise ValueError(f"step {self.claim!r}: what is assumed is not proved for instances")
        if not self.claim.rstrip().endswith((".", "!", "?")):
            raise ValueError(f"step {self.claim!r}: a claim is a sentence and ends with a period")
        if any(isinstance(part, bool | BooleanAtom | Relational) for part in _flatten(self.obligation)):
            raise ValueError(f"step {self.claim!r}: an obligation is the difference of two sides, not true or false")

    @property
    def residuals(self) -> tuple[sp.Expr, ...]:
        """The scalar expressions that must vanish."""
        return tuple(_flatten(self.obligation)) if self.obligation is not None else ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict of a step and how it was reached."""

    verdict: Verdict
    how: str


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
    """Whether the relation that a step shows was judged: it is one of those `stated`, or its difference is settled.

    A difference is settled where it is a residual of the step, or vanishes once the letters that stated relations
    give (a statement's left-hand side, the letters of its definitions) are replaced by what they give. Only what takes
    little time is tried. A relation between names of which neither speaks is not judged.
    """
    if step.shows in stated:
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
    for name, method in (("rewriting", _rewrite), ("simplification", _simplified)):
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
