"""A derivation proves nothing about what enters none of its obligations: definitions and right-hand sides."""

from __future__ import annotations

import ast
import dataclasses
import importlib
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import sympy as sp

from derivations.proof import Step, is_judged
from derivations.statement import Observation, Parameter, Statement
from verify.catalogue import load_claims
from verify.run.examine import stated_by

CLAIMS = load_claims()
STATEMENTS = [c for c, claim in CLAIMS.items() if not isinstance(claim.statement, Observation)]


def forget(module: ModuleType) -> None:
    """What a derivation has kept is built anew when it is asked for again."""
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def residuals(steps: tuple[Step, ...]) -> set[sp.Expr]:
    """All obligations of a derivation."""
    return {residual for step in steps for residual in step.residuals}


def enters(
    module: ModuleType, statement: Statement, number: int, before: set[sp.Expr], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Whether the obligations change with a definition: where it stands, and where the module has given it a name."""
    definition = statement.where[number]
    factor = sp.Symbol("another factor", positive=True)
    wrong = sp.Eq(definition.lhs, factor * definition.rhs, evaluate=False)
    letter = Parameter(symbol=factor, meaning="", domain=sp.Interval.open(0, sp.oo), typical=(1, 3))
    where = (*statement.where[:number], wrong, *statement.where[number + 1 :])
    changed = dataclasses.replace(statement, where=where, parameters=(*statement.parameters, letter))
    with monkeypatch.context() as patch:
        patch.setattr(module, "STATEMENT", changed)
        for name, value in list(vars(module).items()):
            if isinstance(value, sp.Basic) and value in (definition, definition.rhs):
                patch.setattr(module, name, wrong if value == definition else wrong.rhs)
        forget(module)
        after = residuals(module.derivation())
    forget(module)  # what was built with the wrong definition is not kept
    return after != before


@pytest.mark.parametrize("claim_id", [c for c in STATEMENTS if CLAIMS[c].statement.where])
def test_every_definition_enters_an_obligation(claim_id, monkeypatch):
    """A derivation that holds for any definition proves nothing about it, unless a result that it uses does."""
    statement = CLAIMS[claim_id].statement
    assert isinstance(statement, Statement)
    module = importlib.import_module(statement.module)
    used = {d for other in statement.uses for d in getattr(CLAIMS[other].statement, "where", ())}
    before = residuals(CLAIMS[claim_id].steps())
    idle = [
        d.lhs
        for k, d in enumerate(statement.where)
        if not (d in used or enters(module, statement, k, before, monkeypatch))
    ]
    assert idle == []


def multiplied(statement: Statement, sides: Collection[int]) -> tuple[Statement, dict[int, sp.Symbol]]:
    """The statement with a letter of its own in front of some of its right-hand sides, or in the place of a zero."""
    factors = {k: sp.Symbol(f"factor {k}", positive=True) for k in sides}
    right = list(statement.right)
    for k, factor in factors.items():
        right[k] = factor * right[k] if right[k] != 0 else factor
    together = sp.Tuple(*right) if len(right) > 1 else right[0]
    positive = sp.Interval.open(0, sp.oo)
    letters = (Parameter(symbol=f, meaning="", domain=positive, typical=(1, 3)) for f in factors.values())
    changed = dataclasses.replace(
        statement,
        formula=statement.formula.func(statement.formula.lhs, together, evaluate=False),
        parameters=(*statement.parameters, *letters),
        stable=None,
        letters=(),
    )
    return changed, factors


def sides_that_enter(module: ModuleType, statement: Statement, sides: Collection[int], monkeypatch) -> set[int]:
    """The right-hand sides of which a factor stands in some obligation, or in what an assumption shows."""
    changed, factors = multiplied(statement, sides)
    with monkeypatch.context() as patch:
        patch.setattr(module, "STATEMENT", changed)
        renamed = {statement.right[k]: changed.right[k] for k in factors if statement.right[k].args}
        renamed |= {statement.formula: changed.formula, sp.Tuple(*statement.right): sp.Tuple(*changed.right)}
        for name, value in list(vars(module).items()):
            if isinstance(value, sp.Basic) and value in renamed:
                patch.setattr(module, name, renamed[value])
        forget(module)
        try:
            steps = module.derivation()
            built = [*residuals(steps), *(s.shows for s in steps if s.assumption and s.shows is not None)]
        except (ValueError, TypeError, ArithmeticError, NotImplementedError, AttributeError, sp.PolynomialError):
            if len(factors) == 1:
                return set(factors)  # a derivation that cannot be built with it looks at it
            built = None
    forget(module)  # what was built with the wrong sides is not kept
    if built is None:
        return set().union(*(sides_that_enter(module, statement, [k], monkeypatch) for k in factors))
    found = set().union(*(e.free_symbols for e in built))
    return {k for k, factor in factors.items() if factor in found}


@pytest.mark.parametrize("claim_id", STATEMENTS)
def test_every_side_enters_an_obligation(claim_id, monkeypatch):
    """A derivation that holds whatever stands on one of the right-hand sides proves nothing about that one."""
    statement = CLAIMS[claim_id].statement
    assert isinstance(statement, Statement)
    module, sides = importlib.import_module(statement.module), range(len(statement.right))
    entering = sides_that_enter(module, statement, sides, monkeypatch)
    assert [statement.left[k] for k in sides if k not in entering] == []


def typed_again(tree: ast.AST) -> Iterator[str]:
    """Sides of displayed relations that a name is said to mean: the relation would say that something is itself."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Step":
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            if {"shows", "means"} <= given.keys():
                parts = {ast.unparse(node) for node in ast.walk(given["shows"]) if isinstance(node, ast.expr)}
                values = [
                    value for node in ast.walk(given["means"]) if isinstance(node, ast.Dict) for value in node.values
                ]
                yield from (text for text in map(ast.unparse, values) if text in parts)


def test_no_name_means_what_is_displayed_beside_it():
    found = {
        path.name: again
        for path in sorted((Path(__file__).parents[1] / "derivations").rglob("*.py"))
        if (again := list(typed_again(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


UNJUDGED = {  # what proved steps display and nothing judges; docs/reliability.md says why
    "deep_linear.amplified_fraction": ["Its moments are contour integrals"],
    "generalization.overfitting": ["However many modes there are"],
}


@pytest.mark.parametrize("claim_id", STATEMENTS)
def test_what_proved_steps_display_is_judged(claim_id):
    """A relation that nothing judges belongs to a step that is taken from a source, but for the few listed."""
    stated = stated_by(CLAIMS[claim_id])
    shown = [step for step in CLAIMS[claim_id].steps() if step.shows is not None and not step.assumption]
    found = [step.claim for step in shown if not is_judged(step, stated)]
    known = UNJUDGED.get(claim_id, [])
    assert len(found) == len(known) and all(map(str.startswith, found, known)), found


def test_what_is_typed_again_is_found():
    told = ast.parse("Step(claim='', because='', shows=sp.Eq(y, a / b), means={y: a / b})")
    assert list(typed_again(told)) == ["a / b"]
