"""From checks to a verdict: run the checks of one claim, judge its printed forms, audit it, conclude."""

from __future__ import annotations

import importlib
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from derivations.proof import Step, Verdict, decide, is_judged
from derivations.statement import Printed, Statement
from verify import latex
from verify.audit.audit import audit
from verify.catalogue import PACKAGE
from verify.checks import Check, Context, Domain
from verify.claim import Claim
from verify.compile import CandidateError, LackingQuantity
from verify.evidence import (
    INDEPENDENT_KINDS,
    PROFILES,
    Audit,
    Evidence,
    Holds,
    Outcome,
    PrintedOutcome,
    Standing,
    StepOutcome,
)
from verify.own import places
from verify.own.loading import load

OPEN = (Verdict.REFUTED.value, Verdict.UNDECIDED.value)  # verdicts of steps that the evidence names


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What the checks, the printed forms and the audit of one claim gave; the derivation is settled apart."""

    evidence: tuple[Evidence, ...]
    printed: tuple[PrintedOutcome, ...]
    audit: Audit | None
    seconds: float = 0.0


def prove(step: Step, stated: Collection[sp.Basic] = ()) -> StepOutcome:
    """Settle one step of a derivation. `stated` are relations that are judged elsewhere: those of the statements."""
    started = time.perf_counter()
    decision = decide(step)
    return StepOutcome(
        claim=step.claim,
        because=step.because,
        verdict=decision.verdict.value,
        how=decision.how,
        latex=latex.formula(step.shows) if step.shows is not None else "",
        judged=step.shows is None or is_judged(step, stated),
        seconds=time.perf_counter() - started,
    )


def stated_by(claim: Claim, package: str = PACKAGE) -> frozenset[sp.Basic]:
    """The relations of a claim's statement and of those that its derivation rests on."""
    statements = [claim.statement]
    for name in claim.statement.uses:
        own = places.place(package, name)
        theirs = importlib.import_module(f"derivations.{name}").STATEMENT if own is None else load(own).statement
        statements.append(theirs)
    kept = [s for s in statements if isinstance(s, Statement)]
    return frozenset(relation for statement in kept for relation in (statement.formula, *statement.where))


def examine(claim: Claim, context: Context) -> Examination:
    """Run all checks of a claim, judge what the pages print, and audit the checks.

    A check that raises is an `error`, never a refutation; its traceback stands in the detail.
    """
    started = time.perf_counter()
    prepared: dict[str, Any] = {}
    evidence = []
    try:
        true = claim.candidate() if isinstance(claim.statement, Statement) else None
    except LackingQuantity as problem:
        wrong = Evidence(
            check="left-hand side", kind="certificate", verdict=Holds.REFUTED, points=0, detail=str(problem)
        )
        return Examination(evidence=(wrong,), printed=(), audit=None, seconds=time.perf_counter() - started)
    if isinstance(claim.statement, Statement):
        context = replace(context, regime=claim.statement.regime)
    for check in (*claim.checks_in(context.profile), *_ends(claim)):
        evidence.append(_run(check, true, replace(context, pictures=True), prepared))
    printed = tuple(_judge_printed(claim, form, prepared, context) for form in claim.statement.printed)
    sound = all(e.verdict is Holds.HOLDS for e in evidence)
    report = audit(claim, prepared, context) if sound else None
    return Examination(evidence=tuple(evidence), printed=printed, audit=report, seconds=time.perf_counter() - started)


def _ends(claim: Claim) -> tuple[Domain, ...]:
    """The check on the ends of the domain, for a formula whose domain has ends at which it can be evaluated."""
    if not isinstance(claim.statement, Statement):
        return ()
    check = Domain(parameters=claim.statement.parameters)
    inside, ends = check.prepare(Context(claim=claim.id))
    return (check,) if ends and check.has_value(claim.candidate(), inside) else ()


def _run(check: Check, formula: Any, context: Context, prepared: dict[str, Any]) -> Evidence:
    started = time.perf_counter()
    try:
        if check.name not in prepared:
            prepared[check.name] = check.prepare(context)
        found = check.judge(formula, prepared[check.name], context)
    except CandidateError as problem:
        found = _failed(check, Holds.UNDECIDED, f"the formula has no finite real value: {problem}")
    except Exception:
        found = _failed(check, Holds.ERROR, traceback.format_exc(limit=-4))
    return replace(found, seconds=time.perf_counter() - started)


def _failed(check: Check, verdict: Holds, detail: str) -> Evidence:
    return Evidence(check=check.name, kind=check.kind, verdict=verdict, points=0, detail=detail)


def _judge_printed(claim: Claim, form: Printed, prepared: dict[str, Any], context: Context) -> PrintedOutcome:
    """Refuted, conditional (fails as printed, holds under the assumption), or holds."""
    try:
        formula = claim.candidate(form.formula)
    except LackingQuantity as problem:
        return PrintedOutcome(erratum=form.erratum, verdict="refuted", detail=str(problem))
    ordeal = claim.printed.get(form.erratum)
    checks = claim.checks_in(context.profile) if ordeal is None else (ordeal.fails,)
    decisive, notes = False, []
    for check in checks:
        found = _run(check, formula, context, prepared)
        if found.verdict is Holds.ERROR:
            return PrintedOutcome(erratum=form.erratum, verdict="error", detail=f"{check.name}: {found.detail}")
        if found.verdict is Holds.REFUTED:
            decisive = True
            notes.append(f"{check.name}: {found.detail}")
            break
    if not decisive:
        return PrintedOutcome(
            erratum=form.erratum, verdict="holds", detail="no check tells the printed form from the true one"
        )
    if ordeal is not None and ordeal.holds is not None:
        found = _run(ordeal.holds, formula, context, prepared)
        if found.verdict is Holds.HOLDS:
            return PrintedOutcome(
                erratum=form.erratum,
                verdict="conditional",
                detail="; ".join([*notes, f"{ordeal.holds.name}: {found.detail}"]),
            )
        notes.append(f"{ordeal.holds.name}: {found.verdict.value}, {found.detail}")
    return PrintedOutcome(erratum=form.erratum, verdict="refuted", detail="; ".join(notes))


def certificate(steps: tuple[StepOutcome, ...]) -> Evidence:
    """The derivation as one piece of evidence: its points are the steps that were proved."""
    verdicts = [Verdict(step.verdict) for step in steps]
    proved, assumed = verdicts.count(Verdict.PROVED), verdicts.count(Verdict.ASSUMED)
    instances = verdicts.count(Verdict.INSTANCES)
    if Verdict.REFUTED in verdicts:
        verdict = Holds.REFUTED
    elif Verdict.UNDECIDED in verdicts or not proved:
        verdict = Holds.UNDECIDED
    else:
        verdict = Holds.HOLDS
    return Evidence(
        check="derivation",
        kind="certificate",
        verdict=verdict,
        points=proved,
        seconds=sum(step.seconds for step in steps),
        detail=f"{proved} steps proved, {assumed} assumed, of {len(steps)}"
        + (f"; {instances} proved for instances only" if instances else "")
        + "".join(f"; step {k} ({s.claim}) {s.verdict}: {s.how}" for k, s in enumerate(steps, 1) if s.verdict in OPEN),
    )


def conclude(
    claim: Claim, evidence: tuple[Evidence, ...], printed: tuple[PrintedOutcome, ...], report: Audit | None
) -> tuple[Standing, str]:
    """The verdict of a claim, and the evidence that decided it."""
    for verdict, standing in (
        (Holds.REFUTED, Standing.REFUTED),
        (Holds.ERROR, Standing.ERROR),
        (Holds.UNDECIDED, Standing.UNDECIDED),
    ):
        guilty = [e.check for e in evidence if e.verdict is verdict]
        if guilty:
            return standing, f"{verdict.value}: {', '.join(guilty)}"
    if not any(e.kind in INDEPENDENT_KINDS for e in evidence):
        return Standing.UNDECIDED, "no evidence is independent of the derivation"
    if isinstance(claim.statement, Statement):
        if report is None or report.mutants == 0:
            return Standing.UNDECIDED, "the checks were not audited"
        if report.missed:
            return Standing.UNDECIDED, f"the checks miss {report.missed} of {report.mutants} wrong formulas"
    for form in printed:
        if form.verdict == "error":
            return Standing.ERROR, f"printed form {form.erratum}: {form.detail}"
        if form.verdict == "holds":
            return Standing.UNDECIDED, f"the checks do not tell the printed form {form.erratum} from the true one"
    kinds = dict.fromkeys(e.kind for e in evidence if not e.same_law)
    return Standing.VERIFIED, f"by {', '.join(kinds)}"


def judged(claim: Claim, outcome: Outcome) -> Outcome:
    """An outcome with the verdict that its evidence gives to the claim now; UNDECIDED where evidence is missing."""
    if outcome.verdict is Standing.ERROR:
        return outcome
    evidence = outcome.evidence
    if not claim.is_observation:
        evidence = (certificate(outcome.steps), *(e for e in evidence if e.check != "derivation"))
    verdict, reason = conclude(claim, evidence, outcome.printed, outcome.audit)
    missing = lacking(claim, outcome)
    if missing:
        verdict, reason = Standing.UNDECIDED, f"the stored outcome lacks {', '.join(missing)}"
    if verdict is outcome.verdict and claim.statement.uses == outcome.uses:
        return outcome
    return replace(outcome, verdict=verdict, reason=reason, uses=claim.statement.uses)


def lacking(claim: Claim, outcome: Outcome) -> list[str]:
    """Checks and printed forms of a claim of which an outcome says nothing."""
    checks = [] if claim.is_observation else ["derivation"]
    checks += [check.name for check in claim.checks_in(PROFILES[0])]  # an outcome does not say its profile
    found = {e.check for e in outcome.evidence}, {form.erratum for form in outcome.printed}
    forms = [form.erratum for form in claim.statement.printed]
    return [name for name in checks if name not in found[0]] + [name for name in forms if name not in found[1]]
