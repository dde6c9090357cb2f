"""Claims and what became of them as plain data: what `--json` prints and the tables are made of."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from derivations.proof import Step
from derivations.statement import Statement
from verify import catalogue, latex
from verify.audit.mutants import standing
from verify.claim import Claim
from verify.evidence import Outcome
from verify.report import document
from verify.run import examine, lemmas
from verify.run.store import Store

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Last:
    """A claim and the outcome of its last run; None where there is none, or where it belongs to another statement.

    outdated   derivation, checks or experiment have changed since, of the claim or of one that it rests on
    """

    claim: Claim
    outcome: Outcome | None
    outdated: bool = False


def last(claims: Sequence[Claim], store: Store) -> list[Last]:
    """Claims with the outcomes of their last runs, whose verdicts take into account what they rest on."""
    wanted = [*claims, *lemmas.below(claims, functools.partial(catalogue.load, package=store.package))]
    stored = {c.id: found for c in wanted if (found := store.newest(c.id))}
    own = {c.id: examine.judged(c, stored[c.id].outcome) for c in wanted if c.id in stored}
    settled = lemmas.settled(own)
    outdated = lemmas.outdated(own, [name for name, found in stored.items() if store.is_outdated(found)])
    return [
        Last(claim=claim, outcome=outcome, outdated=claim.id in outdated)
        if (outcome := settled.get(claim.id)) and _is_of(claim, outcome)
        else Last(claim=claim, outcome=None)
        for claim in claims
    ]


def current(found: Sequence[Last]) -> list[tuple[Claim, Outcome | None]]:
    """Claims with the outcomes of their last runs, where nothing that those were made with has changed since."""
    return [(last.claim, None if last.outdated else last.outcome) for last in found]


def _is_of(claim: Claim, outcome: Outcome) -> bool:
    """Whether an outcome belongs to the claim as it is stated and checked now."""
    judged, printed = {p.erratum for p in outcome.printed}, {p.erratum for p in claim.statement.printed}
    return outcome.digest == claim.statement.digest and judged == printed and not examine.lacking(claim, outcome)


def whole(last: Last) -> dict[str, Any]:
    """All of a claim: its entry in report.json with what the statement assumes; without an outcome, as not run."""
    claim, outcome = last.claim, last.outcome
    known: Mapping[str, Outcome] = {claim.id: outcome} if outcome else {}
    entry = document.build([claim], known, dict.fromkeys(document.RUN_KEYS))["claims"][0]
    unknown = {} if outcome else {"verdict": None, "reason": "not run"}
    parameters, given = getattr(claim.statement, "parameters", ()), claim.steps()
    return (
        entry
        | unknown
        | {
            "assumptions": list(claim.statement.assumptions),
            "uses": list(claim.statement.uses),
            "convention": claim.convention,
            "independence": claim.independence,
            "date": outcome.date if outcome else None,
            "outdated": last.outdated,
            "parameters": [
                {"symbol": p.name, "meaning": p.meaning, "domain": p.domain and str(p.domain), "unit": p.unit}
                for p in parameters
            ],
            "steps": [
                entry | {"latex": None if step.shows is None else latex.formula(step.shows)}
                for entry, step in zip(steps(given, outcome), given, strict=True)
            ],
        }
    )


def steps(given: Sequence[Step], outcome: Outcome | None) -> list[dict[str, Any]]:
    """Steps of a derivation with their verdicts; 'not run' where the outcome has other steps, or there is none."""
    found = outcome.steps if outcome else ()
    same = [step.claim for step in found] == [step.claim for step in given]
    return [
        {
            "claim": step.claim,
            "because": step.because,
            "verdict": found[number].verdict if same else "not run",
            "how": found[number].how if same else "",
            "judged": found[number].judged if same else True,
            "seconds": found[number].seconds if same else None,
        }
        for number, step in enumerate(given)
    ]


def audit(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    """The audit of one claim; the miss rate counts the mutants that are not provably equal to the formula."""
    found = outcome.audit
    if found is None:
        return {"id": claim.id, "verdict": outcome.verdict.value, "audited": False, "reason": outcome.reason}
    equal = len(found.survivors) - found.missed
    wrong = found.mutants - equal
    return {
        "id": claim.id,
        "verdict": outcome.verdict.value,
        "audited": True,
        "mutants": found.mutants,
        "rejected": found.rejected,
        "crashed": found.crashed,
        "equal": equal,
        "missed": found.missed,
        "miss_rate": found.missed / wrong if wrong else None,
        "miss_rate_bound": miss_bound(found.missed, wrong),
        "survivors": [asdict(survivor) for survivor in found.survivors],
        "nodes": [
            asdict(node) | {"place": place}
            for node, place in zip(found.nodes, standing(claim.formula_statement), strict=True)
        ],
        "seconds": found.seconds,
    }


def miss_bound(missed: int, tried: int) -> float:
    """Upper limit of the miss rate at 95 % (Clopper and Pearson, one side), mutants taken as a sample of errors.

    >>> round(miss_bound(0, 58), 3), miss_bound(3, 3)
    (0.05, 1.0)
    """
    from scipy.special import betaincinv

    return 1.0 if missed >= tried else float(betaincinv(missed + 1, tried - missed, CONFIDENCE))


def formula(claim: Claim, outcome: Outcome | None) -> dict[str, Any]:
    """A claim as `rederive latex` lists it."""
    return {
        "id": claim.id,
        "label": latex.label(claim.id),
        "status": latex.mark(outcome),
        "latex": latex.statement(claim.statement) if isinstance(claim.statement, Statement) else None,
    }
