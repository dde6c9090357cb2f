"""Every mistake planted by hand is caught, or stands here with the reason why it cannot be seen."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import tests.planted_mistakes as planted
from derivations.proof import Step, Verdict, is_judged
from derivations.statement import Statement
from tests.planted_mistakes import Mistake
from verify import catalogue
from verify.audit.audit import audit
from verify.checks import Check, Context, Domain
from verify.claim import Claim
from verify.compile import CandidateError
from verify.compile.quantities import LackingQuantity
from verify.evidence import Holds
from verify.run.examine import prove, stated_by

SETTLED = (Verdict.PROVED, Verdict.INSTANCES, Verdict.ASSUMED)
MISTAKES = tuple(
    mistake
    for found in pkgutil.iter_modules(planted.__path__)
    for mistake in importlib.import_module(f"{planted.__name__}.{found.name}").MISTAKES
)


def notices(mistake: Mistake) -> Iterator[str]:
    """What notices the mistake: steps that are not settled, checks that do not hold, wrong formulas that pass them.

    A wrong relation that a step displays is noticed where a right one there is known to be judged, and this one is not.
    """
    right = catalogue.load(mistake.claim)
    wrong = mistake.plant(right)
    kept = tuple(check for check in wrong.checks if check.name in mistake.checks or not mistake.checks)
    assert len(kept) == len(mistake.checks or wrong.checks), "a check is named that the claim has not"
    statement = dataclasses.replace(wrong.statement, printed=())
    wrong = dataclasses.replace(wrong, statement=statement, checks=kept, printed={})
    if mistake.kind in ("step", "displayed step"):
        yield from unsettled(mistake, wrong, right)
    yield from refusals(wrong, right)


def unsettled(mistake: Mistake, wrong: Claim, right: Claim) -> Iterator[str]:
    """Steps that were changed and are not settled; the others are, as the run of the suite says."""
    for shown, step in zip(right.steps(), wrong.steps(), strict=True):
        if step == shown:
            continue
        noticed = prove(step).verdict not in SETTLED
        if noticed or (mistake.kind == "displayed step" and judged(shown, right) and not judged(step, right)):
            yield step.claim


def judged(step: Step, claim: Claim) -> bool:
    return step.shows is not None and is_judged(step, stated_by(claim))


def refusals(wrong: Claim, right: Claim) -> Iterator[str]:
    """Checks of a wrong claim that do not hold, or its audit, or its left-hand side."""
    context = Context(claim=wrong.id, false_alarms=catalogue.false_alarm_share(right))
    if not isinstance(wrong.statement, Statement):
        formula = None
    else:
        context = dataclasses.replace(context, regime=wrong.statement.regime)
        try:
            formula = wrong.candidate()
        except LackingQuantity as problem:
            yield str(problem)
            return
    prepared: dict[str, Any] = {}
    ends = (Domain(parameters=wrong.statement.parameters),) if isinstance(wrong.statement, Statement) else ()
    changed_first = sorted(wrong.checks, key=lambda check: check in right.checks)  # the others mostly notice nothing
    for check in (*changed_first, *ends):
        try:
            same = check in right.checks and context.regime == getattr(right.statement, "regime", None)
            prepared[check.name] = done_once(right.id, check.name) if same else check.prepare(context)
            found = check.judge(formula, prepared[check.name], context)
        except (CandidateError, ArithmeticError, ValueError, RuntimeWarning) as problem:  # not a slip of the mistake
            yield f"{check.name}: {problem}"
            continue
        if found.verdict is not Holds.HOLDS and not (check in ends and found.verdict is Holds.UNDECIDED):
            yield check.name
    if formula is not None:
        report = audit(wrong, prepared, context)
        if report is not None and report.missed:
            yield "the audit"


@functools.cache
def done_once(claim_id: str, name: str) -> Any:
    """What a check of the suite prepares, which does not depend on the formula."""
    claim = catalogue.load(claim_id)
    check: Check = next(check for check in claim.checks if check.name == name)
    share = catalogue.false_alarm_share(claim)
    regime = getattr(claim.statement, "regime", None)
    return check.prepare(Context(claim=claim_id, false_alarms=share, regime=regime))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.claim}: {m.what}")
def test_a_planted_mistake_is_caught(mistake):
    noticed = next(notices(mistake), None)  # the first is enough
    if mistake.unseen:
        assert noticed is None, f"it is seen by {noticed}: say so no longer"
    else:
        assert noticed is not None


def test_there_are_enough_and_of_every_kind():
    assert len(MISTAKES) >= 60
    assert {mistake.kind for mistake in MISTAKES} == set(planted.KINDS)
