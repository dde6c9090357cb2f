"""Formulas that are right only at those values of a letter which the checks insert.

A letter that no check moves could as well be a number: the formula is then seen for one width, one data set, one
activation, whatever it says of others. What the checks insert is noted while they judge the formula itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.statement import Parameter, Statement
from verify.audit.mutants import Mutant, written
from verify.checks import Check, Context
from verify.claim import Claim
from verify.compile import CandidateError
from verify.compile.candidate import insert
from verify.compile.walker import letters

FEW = 3  # a letter with more values than this is moved
Value: TypeAlias = "sp.Rational | Activation"
Given: TypeAlias = Mapping[str, "frozenset[Value] | None"]


def given(claim: Claim, checks: Iterable[Check], prepared: Mapping[str, Any], context: Context) -> Given:
    """The values that checks insert for each letter, by name; None where they are many, or no plain numbers."""
    found: dict[str, frozenset[Value] | None] = {}

    def note(values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            known = found.get(name, frozenset())
            new = None if known is None else _plain(value)
            together = None if known is None or new is None else known | new
            found[name] = together if together is None or len(together) <= FEW else None

    watched = claim.candidate().telling(note)
    for check in checks:
        try:
            check.refutes(watched, prepared[check.name], context)
        except CandidateError:
            continue  # what it was given is noted
    return found


def narrow(statement: Statement, given: Given) -> Iterator[Mutant]:
    """The statement with one letter of one side or definition fixed at a value that the checks insert for it."""
    for parameter in statement.parameters:
        for value in sorted(given.get(parameter.name) or (), key=str):
            fixed = _fixing(parameter, value)
            name = value.name if isinstance(value, Activation) else value
            for right, where in _one_by_one(statement, parameter.symbol, fixed):
                yield written(statement, f"right for {parameter.name} = {name} only", right=right, where=where)


def _one_by_one(
    statement: Statement, letter: Any, fixed: Callable[[sp.Expr], sp.Expr]
) -> Iterator[tuple[tuple[sp.Expr, ...], tuple[sp.Eq, ...]]]:
    right, where = statement.right, statement.where
    for k, side in enumerate((*right, *(d.rhs for d in where))):
        if letter not in letters(side) and not any(f.func == letter for f in side.atoms(sp.Function)):
            continue
        try:
            new = fixed(side)
        except (ValueError, TypeError):
            continue  # SymPy builds none: a derivative by the letter
        if new == side or new.has(sp.zoo, sp.nan):
            continue
        if k < len(right):
            yield (*right[:k], new, *right[k + 1 :]), where
        else:
            n = k - len(right)
            yield right, (*where[:n], sp.Eq(where[n].lhs, new, evaluate=False), *where[n + 1 :])


def _fixing(parameter: Parameter, value: Value) -> Callable[[sp.Expr], sp.Expr]:
    if isinstance(value, Activation):
        return lambda side: insert(side, parameter.symbol, value)
    return lambda side: side.xreplace({parameter.symbol: value})


def _plain(value: Any) -> frozenset[Value] | None:
    """The different numbers in a value that is given to a formula; None if they are many, or not plain."""
    if isinstance(value, Activation):
        return frozenset({value})
    if isinstance(value, (str, int, sp.Rational)):
        return frozenset({sp.Rational(value)})
    if isinstance(value, (float, np.floating, np.integer, np.ndarray, list, tuple)):
        numbers = np.unique(np.asarray(value, dtype=float))
        if len(numbers) <= FEW and np.all(np.isfinite(numbers)):
            return frozenset(sp.Rational(repr(float(number))) for number in numbers)
    return None
