"""Mistakes planted by hand, of kinds that the audit's first-order mutants do not make.

A chapter's mistakes stand in a file of its own, as MISTAKES. Each turns the entry of a claim into a wrong one; the
suite must not verify it, or the mistake says why nothing could see it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.proof import Step
from derivations.statement import Statement
from verify.claim import Claim

KINDS = ("formula", "left side", "definition", "experiment", "reference", "regime", "domain", "step", "displayed step")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake.

    claim    id of the claim
    kind     which part is wrong, one of KINDS
    what     the mistake in words
    plant    makes the wrong entry from the right one
    checks   names of the checks that have to run; empty: all. Those that cannot see the mistake only cost time
    unseen   why nothing can see it; empty where it must be caught
    """

    claim: str
    kind: str
    what: str
    plant: Callable[[Claim], Claim]
    checks: tuple[str, ...] = ()
    unseen: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.what}: kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if not isinstance(self.what, str) or not callable(self.plant):
            raise ValueError(f"{self.claim}: a mistake needs its words, and a function that plants it")


def with_statement(claim: Claim, **changes: Any) -> Claim:
    """The claim with other fields of its statement."""
    return dataclasses.replace(claim, statement=dataclasses.replace(claim.statement, **changes))


def with_formula(change: Callable[[sp.Basic, sp.Basic], tuple[Any, Any]]) -> Callable[[Claim], Claim]:
    """Change (left, right) of the formula; a stable form, which stands for the old one, is dropped."""

    def plant(claim: Claim) -> Claim:
        assert isinstance(claim.statement, Statement)
        left, right = change(claim.statement.formula.lhs, claim.statement.formula.rhs)
        wrong = claim.statement.formula.func(left, right, evaluate=False)
        assert wrong != claim.statement.formula, "the mistake changes nothing"
        dropped = {"stable": None} if claim.statement.stable is not None else {}
        return with_statement(claim, formula=wrong, **dropped)

    return plant


def with_check(name: str, change: Callable[[Any], Any]) -> Callable[[Claim], Claim]:
    """Change one check, found by its name."""

    def plant(claim: Claim) -> Claim:
        assert name in {check.name for check in claim.checks}, f"{claim.id} has no check {name!r}"
        checks = tuple(change(check) if check.name == name else check for check in claim.checks)
        return dataclasses.replace(claim, checks=checks)

    return plant


def with_experiment(name: str, **arguments: Any) -> Callable[[Claim], Claim]:
    """Give the experiment of one check other arguments."""

    def change(check: Any) -> Any:
        return dataclasses.replace(check, quick=functools.partial(check.quick, **arguments))

    return with_check(name, change)


def with_step(number: int, **changes: Any) -> Callable[[Claim], Claim]:
    """Change one step of the derivation."""

    def plant(claim: Claim) -> Claim:
        steps = list(claim.steps())
        steps[number] = dataclasses.replace(steps[number], **changes)
        return WithSteps.of(claim, tuple(steps))

    return plant


def with_shown(number: int, change: Callable[[sp.Basic], Any]) -> Callable[[Claim], Claim]:
    """Change the right-hand side of the relation that a step displays."""

    def plant(claim: Claim) -> Claim:
        shown = claim.steps()[number].shows
        assert isinstance(shown, sp.Eq)
        return with_step(number, shows=sp.Eq(shown.lhs, change(shown.rhs), evaluate=False))(claim)

    return plant


@dataclasses.dataclass(frozen=True, kw_only=True)
class WithSteps(Claim):
    """A claim with a derivation put in its place."""

    planted: tuple[Step, ...] = ()

    @classmethod
    def of(cls, claim: Claim, steps: tuple[Step, ...]) -> WithSteps:
        fields = {field.name: getattr(claim, field.name) for field in dataclasses.fields(Claim)}
        return cls(**fields, planted=steps)

    def steps(self) -> tuple[Step, ...]:
        return self.planted
