"""Every mistake planted by hand is caught, or stands here with the reason why it cannot be seen."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

import tests.planted_mistakes as planted
from derivations.proof import Verdict
from tests.planted_mistakes import Mistake
from verify import catalogue
from verify.checks import Context
from verify.evidence import Holds
from verify.run.examine import examine, prove

SETTLED = (Verdict.PROVED, Verdict.INSTANCES, Verdict.ASSUMED)
MISTAKES = tuple(
    mistake
    for found in pkgutil.iter_modules(planted.__path__)
    for mistake in importlib.import_module(f"{planted.__name__}.{found.name}").MISTAKES
)


def caught_by(mistake: Mistake) -> list[str]:
    """What notices the mistake: checks that do not hold, steps that are not settled, wrong formulas that pass."""
    wrong = mistake.plant(catalogue.load(mistake.claim))
    if mistake.checks:
        unknown = set(mistake.checks) - {check.name for check in wrong.checks}
        assert not unknown, f"no check {unknown}"
        wrong = dataclasses.replace(
            wrong, checks=tuple(c for c in wrong.checks if c.name in mistake.checks), printed={}
        )
        wrong = dataclasses.replace(wrong, statement=dataclasses.replace(wrong.statement, printed=()))
    noticed = []
    if mistake.kind in ("step", "displayed step", "definition"):
        noticed += [
            s.claim for s in map(prove, wrong.steps()) if s.verdict not in ("proved", "proved for instances", "assumed")
        ]
    if not noticed:
        share = catalogue.false_alarm_share(wrong)
        found = examine(wrong, Context(claim=mistake.claim, false_alarms=share))
        noticed += [e.check for e in found.evidence if e.verdict is not Holds.HOLDS]
        if found.audit is not None and found.audit.missed:
            noticed.append("audit")
    return noticed


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.claim}: {m.what}")
def test_a_planted_mistake_is_caught(mistake):
    noticed = caught_by(mistake)
    if mistake.unseen:
        assert not noticed, f"it is seen by {noticed}: say so no longer"
    else:
        assert noticed
