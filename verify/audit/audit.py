"""Do the checks of a claim notice a wrong formula?

Every mutant goes through the claim's checks as a callable; what the checks prepared (experiments, references) is used
again, so an audit costs comparisons only. Rejected means that a check refuted the mutant. Crashed means that no check
refuted it but it had no finite real value somewhere; crashes are counted apart, since they do not show that a check
looks. So that crashes are few, what has no value somewhere is planted with absolute values under its roots and
logarithms. What survives is either provably equal to the formula on its domain, or a defect of the checks. What has no
finite real value at any point of any check, or none where it differs from the formula, says nothing and is not planted;
how many there are is said.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from derivations.activations import Activation
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter, Statement
from derivations.symbols import x
from verify import latex
from verify.audit.jury import Jury
from verify.audit.mutants import Mutant, evaluable, mutants, scaled
from verify.audit.narrow import given, narrow
from verify.checks import Certified, Check, Context, Trend
from verify.checks.base import NoValue
from verify.claim import Claim
from verify.compile import CandidateError, LackingQuantity, Unsupported
from verify.compile.candidate import MPMATH, candidate_of, insert
from verify.compile.quantities import solved
from verify.evidence import INDEPENDENT_KINDS, Audit, Node, Survivor
from verify.limits import TooLong, processor_time

FINEST = 12  # the blind-spot map looks for relative changes of 1 down to 10^-FINEST
DIGITS, CLEARLY = (
    60,
    25,
)  # with which a difference is worked out at a point, and the one from which it is none of rounding
EQUALITY_SECONDS = 10  # of the processor: a verdict must not depend on the load of the machine
FEW_TERMS = 4  # of a sum, that are looked at one by one
ANY = Activation(name="any", expression=sp.exp(x) + sp.exp(2 * x))  # neither odd nor even, nor is a derivative of it
PLACE = sp.Dummy("x", real=True)  # of a derivative


def audit(claim: Claim, prepared: Mapping[str, Any], context: Context) -> Audit | None:
    """Send all mutants of a claim's formula through its checks. None for an Observation, which has no formula."""
    statement = claim.statement
    if not isinstance(statement, Statement):
        return None
    started = time.perf_counter()
    everyone = tuple(check for check in claim.checks if check.name in prepared and not isinstance(check, Trend))
    checks, last = Jury(_quick(everyone)), Jury(everyone)
    rejected = crashed = senseless = same = 0
    survivors = []
    one_sample = replace(context, first_sample_only=True)
    inserted = given(claim, everyone, prepared, one_sample)
    everything = (*mutants(statement, claim.quantities), *narrow(statement, inserted))
    for mutant in everything:
        fate = _fate(mutant, claim, checks, prepared, one_sample)
        if fate in ("survived", "unsupported") and mutant.is_written_as(statement):
            same += 1
            continue
        if fate == "crashed":
            real = evaluable(mutant, statement)
            fate = "no value" if real is None else _fate(real, claim, checks, prepared, one_sample)
            mutant = mutant if real is None else real
        if fate not in ("rejected", "no value") and len(everyone) > len(checks.members):
            fate = _fate(mutant, claim, last, prepared, one_sample)
        if fate == "survived":  # only now is a second sample worth its time
            fate = _fate(mutant, claim, last, prepared, context)
        if fate == "rejected":
            rejected += 1
        elif fate in ("crashed", "unsupported"):
            crashed += 1
        elif fate == "no value":
            senseless += 1
        else:
            survivors.append(_survivor(mutant.canonical(), claim))
    return Audit(
        mutants=len(everything) - senseless - same,
        rejected=rejected,
        crashed=crashed,
        senseless=senseless,
        survivors=tuple(survivors),
        nodes=_blind_spots(claim, everyone, prepared, one_sample),
        seconds=time.perf_counter() - started,
    )


def _quick(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks that are asked first: those that prove no digits, where there are any."""
    return tuple(check for check in checks if not isinstance(check, Certified)) or checks


def _fate(mutant: Mutant, claim: Claim, checks: Jury, prepared: Mapping, context: Context) -> str:
    """What becomes of a mutant. Rejected if any check refutes it, whatever the others say or raise."""
    sides = mutant.left, mutant.right, mutant.relation
    try:
        wrong = candidate_of(claim.formula_statement, *sides, claim.quantities, mutant.where)
    except LackingQuantity:
        return "rejected"
    fates, problem = set(), None
    for check in checks.quickest_first():
        try:
            with checks.timed(check), np.errstate(all="ignore"):  # wrong formulas divide by zero; it is seen in values
                refuted = check.refutes(wrong, prepared[check.name], context)
            if refuted:
                checks.convicted(check)
                return "rejected"
            fates.add("survived")
        except NoValue:
            fates.add("no value")
        except CandidateError:
            fates.add("crashed")
        except (Unsupported, NotImplementedError):
            continue  # this backend cannot evaluate what the mutation made; the other checks decide
        except Exception as found:  # it counts only if no other check refutes: then the order would matter
            problem = problem or found
    if problem is not None:
        raise problem
    if not fates:
        return "unsupported"
    if fates == {"survived"}:
        return "survived"
    return "no value" if fates == {"no value"} else "crashed"


def _survivor(mutant: Mutant, claim: Claim) -> Survivor:
    statement = claim.formula_statement
    equal = _provably_equal(mutant, statement, claim.quantities or ())
    reason = "provably equal on the domain" if equal else f"not noticed by any check ({mutant.change})"
    return Survivor(
        latex=latex.difference(statement, mutant.right, mutant.where, mutant.left, mutant.relation),
        place=_place(mutant, statement),
        reason=reason,
        equivalent=equal,
    )


def _place(mutant: Mutant, statement: Statement) -> str:
    """What the mutant says instead, with the slip in marks."""
    old = (*statement.left, *statement.right, *(d.rhs for d in statement.where))
    new = (*mutant.left, *mutant.right, *(d.rhs for d in mutant.where))
    rows = [latex.places.changed(a, b) for a, b in zip(old, new, strict=False) if a != b]
    relation = "" if mutant.relation is statement.formula.func else mutant.relation.rel_op
    return "; ".join([*rows, relation] if relation else rows)


def _provably_equal(mutant: Mutant, statement: Statement, quantities: tuple[str, ...]) -> bool:
    """Whether SymPy proves, within a time limit, that a mutant equals the formula; points only refute."""
    if mutant.relation != statement.formula.func:
        return False
    definitions, changed = (tuple((d.lhs, d.rhs) for d in reversed(f.where)) for f in (statement, mutant))
    written = zip(_sides(statement), _sides(mutant), strict=True)
    same_left = mutant.left == statement.left
    if same_left and all(_equal_inside(left, right, statement) for left, right in written if left != right):
        return True
    true, wrong = (solved(f.left, f.right, quantities) for f in (statement, mutant))
    for left, right in zip(true, wrong, strict=True):
        difference = _spelled_out(left, definitions) - _spelled_out(right, changed)
        if difference == 0:
            continue
        if _differs_somewhere(difference, statement.parameters) or not _simplifies_to_zero(difference):
            return False
    return True


@functools.lru_cache(maxsize=256)
def _spelled_out(side: sp.Expr, definitions: tuple[tuple[sp.Expr, sp.Expr], ...]) -> sp.Expr:
    """A side without letters that the formula defines, its integrals in one form; survivors share most sides."""
    return _reflected(side.subs(definitions))


def _sides(formula: Statement | Mutant) -> tuple[sp.Expr, ...]:
    return (*formula.right, *(d.rhs for d in formula.where))


def _equal_inside(left: sp.Basic, right: sp.Basic, statement: Statement) -> bool:
    """Whether some part around the one place where two expressions differ is provably equal in both.

    Small parts are quick to settle: the sign under a square need not wait for the integral around it.
    """
    pairs = [(left, right)]
    while left.func == right.func and len(left.args) == len(right.args):
        unlike = [(a, b) for a, b in zip(left.args, right.args, strict=True) if a != b]
        if len(unlike) != 1:
            break
        left, right = unlike[0]
        pairs.append((left, right))
    if any(_same_total(inner, other) for inner, other in pairs):
        return True
    for inner, other in reversed(pairs[1:]):
        if isinstance(inner, sp.Expr) and isinstance(other, sp.Expr) and not inner.has(sp.Integral, GaussE, sp.Sum):
            difference = inner - other
            if not _differs_somewhere(difference, statement.parameters) and _simplifies_to_zero(difference):
                return True
    return False


def _same_total(left: sp.Basic, right: sp.Basic) -> bool:
    """Whether two expressions are sums that differ in their lower ends only, by few terms, all of which vanish."""
    if not (isinstance(left, sp.Sum) and isinstance(right, sp.Sum)) or left.function != right.function:
        return False
    (variable, low, *high), *others = left.limits
    (same, other, *end), *rest = right.limits
    apart = low - other
    if (variable, high, others) != (same, end, rest) or not (apart.is_Integer and abs(apart) <= FEW_TERMS):
        return False
    first = other if apart > 0 else low
    return all(left.function.subs(variable, first + k) == 0 for k in range(abs(apart)))


def _reflected(expression: sp.Expr) -> sp.Expr:
    """Every integral over the whole line in one of its forms: of f(z) or of f(-z), or less that of -f."""

    def whole_line(node: sp.Basic) -> bool:
        return isinstance(node, GaussE) or (
            isinstance(node, sp.Integral) and [limit[1:] for limit in node.limits] == [(-sp.oo, sp.oo)]
        )

    def one_form(node: sp.Expr) -> sp.Expr:
        variable = node.bound_symbols[0]
        inside = node.args[0].replace(  # phi'(z) as the derivative of phi, taken at z, which phi'(-z) is written as
            lambda e: isinstance(e, sp.Derivative) and e.expr.args == (variable,),
            lambda e: sp.Subs(sp.Derivative(e.expr.func(PLACE), (PLACE, e.derivative_count)), PLACE, variable),
        )
        forms = []
        for integrand in (inside, inside.subs(variable, -variable)):
            sign = -1 if integrand.could_extract_minus_sign() else 1  # a factor -1 stands outside
            forms.append((node.func(sign * integrand, *node.args[1:]), sign))
        form, sign = min(forms, key=lambda pair: sp.default_sort_key(pair[0]))
        return sign * form

    return expression.replace(whole_line, one_form)


def _differs_somewhere(difference: sp.Expr, parameters: tuple[Parameter, ...]) -> bool:
    if difference.has(GaussE, sp.Integral):
        return False  # it has a number that takes seconds
    if difference.has(AppliedUndef):
        if any({*slope.expr.args} != {*slope.variables} for slope in difference.atoms(sp.Derivative)):
            return False  # a derivative by something inside
        for function in {node.func for node in difference.atoms(AppliedUndef)}:
            difference = insert(difference, function, ANY)
        if difference.has(AppliedUndef, sp.Derivative, sp.Subs):
            return False
    source = random.Random(1)
    inner = sorted(difference.free_symbols - {p.symbol for p in parameters}, key=str)  # bound outside, or defined
    for _ in range(8):
        point = {}
        for p in parameters:
            if not p.is_function:
                low, high = p.typical  # type: ignore[misc]
                value = source.randint(int(low), int(high)) if p.is_integer else source.uniform(low, high)
                point[p.symbol] = sp.Integer(value) if p.is_integer else sp.Rational(str(round(value, 6)))
        point |= {symbol: sp.Rational(str(round(source.uniform(0.3, 0.9), 6))) for symbol in inner}
        if _is_apart(difference, point):
            return True
    return False


def _is_apart(difference: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> bool:
    """Whether a difference is clearly not zero at a point; asked of SymPy only where mpmath has no value for it."""
    try:
        with mpmath.workdps(DIGITS):
            found = MPMATH.evaluate(difference, {symbol: MPMATH.number(value) for symbol, value in point.items()})
            if mpmath.isfinite(found):
                return bool(abs(found) > mpmath.mpf(10) ** -CLEARLY)
    except (ArithmeticError, ValueError, TypeError, KeyError, NotImplementedError):
        pass
    value = difference.subs(point)
    return bool(value.is_number and value is not sp.nan and abs(sp.N(value, 40)) > sp.Float(10) ** -CLEARLY)


def _simplifies_to_zero(difference: sp.Expr) -> bool:
    try:
        with processor_time(EQUALITY_SECONDS):
            return sp.expand(difference) == 0 or sp.simplify(difference) == 0
    except TooLong:
        return False


def _blind_spots(claim: Claim, checks: tuple[Check, ...], prepared: Mapping, context: Context) -> tuple[Node, ...]:
    """For each node, the smallest relative change that the independent checks notice, and that these or any others do.

    Checks that prove digits are asked only where no other notices anything.
    """
    independent = Jury(check for check in checks if check.kind in INDEPENDENT_KINDS)
    exact = tuple(check for check in checks if check.kind not in INDEPENDENT_KINDS)
    others, proving = Jury(_quick(exact)), Jury(exact)
    nodes = []
    guesses, found = [1, FINEST], {}  # what experiments notice, and what digits do
    statement = claim.formula_statement
    written = functools.cache(functools.partial(latex.formula, line=float("inf")))
    for node, scale in scaled(statement):
        if scale not in found:
            found[scale] = [
                _finest(scale, claim, group, prepared, context, guess)
                for group, guess in zip((independent, others), guesses, strict=True)
            ]
            if found[scale] == [None, None]:
                found[scale][1] = _finest(scale, claim, proving, prepared, context, FINEST)
            guesses = [guess if power is None else power for power, guess in zip(found[scale], guesses, strict=True)]
        alone, rest = (None if power is None else 10.0**-power for power in found[scale])
        noticed = [change for change in (alone, rest) if change is not None]
        nodes.append(Node(latex=written(node), smallest=min(noticed, default=None), independent=alone))
    return tuple(nodes)


def _finest(scale: Any, claim: Claim, checks: Jury, prepared: Mapping, context: Context, guess: int) -> int | None:
    """The largest power for which a node's change by 10^-power is still noticed; None if even doubling it is not.

    The search starts at `guess`, the power of the node before: neighbours differ little.
    """

    def noticed(power: int) -> bool:
        fate = _fate(scale(sp.Rational(1, 10**power)), claim, checks, prepared, context)
        return fate not in ("survived", "unsupported")

    if not checks.members:
        return None
    beyond = FINEST + 1
    seen, unseen, power, stride = -1, beyond, guess, 1
    while unseen - seen > 1:  # growing strides until the edge lies between two powers, then bisection
        if noticed(power):
            seen = power
        else:
            unseen = power
        if seen < 0:
            power = max(unseen - stride, 0)
        elif unseen == beyond:
            power = min(seen + stride, beyond - 1)
        else:
            power = (seen + unseen) // 2
        stride *= 2
    return None if seen < 0 else seen
