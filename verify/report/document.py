"""report.json: what a run found, for machines. Schema 1; the same outcomes give the same bytes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.characters import INVISIBLE
from verify.evidence import Audit, Curve, Evidence, Outcome, Plane, PrintedOutcome, Standing
from verify.run.store import write_atomically

if TYPE_CHECKING:
    from derivations.statement import Printed
    from verify.claim import Claim

SCHEMA = 1
NUMBERS = re.compile(r"(?<=\[)(?:\s+(?:-?\d[-+.eE\d]*|null),?)+\s+(?=\])")
UNFINISHED = "the run ended before this claim was finished"
RUN_KEYS = ("profile", "seed", "started", "seconds", "jobs", "device", "environment")


def build(claims: Iterable[Claim], outcomes: Mapping[str, Outcome], run: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a run as plain data, claims in the given order.

    A claim without an outcome (an interrupted run) stands in the report as undecided. `run` has RUN_KEYS.
    """
    found = [(claim, outcomes.get(claim.id) or unfinished(claim)) for claim in claims]
    return {
        "schema": SCHEMA,
        "product": {"name": "rederive", "version": product_version()},
        "run": {key: run[key] for key in RUN_KEYS},
        "summary": _summary([outcome for _, outcome in found]),
        "claims": [_claim(claim, outcome) for claim, outcome in found],
    }


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write report.json atomically. Raises OSError."""
    write_atomically(path, dumps(document))


def dumps(document: Mapping[str, Any]) -> str:
    """JSON text; keys keep their order, floats are written with all their digits, control characters are escaped.

    Lists of numbers stand on one line.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    text = NUMBERS.sub(lambda match: re.sub(r"\s+", " ", match[0]), text)
    return INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def run_as_text(run: Mapping[str, Any]) -> str:
    """The `run` object as it stands in the text of report.json."""
    return dumps({"run": {key: run[key] for key in RUN_KEYS}})[2:-3]


def unfinished(claim: Claim) -> Outcome:
    """The outcome of a claim that a run did not finish."""
    return Outcome(id=claim.id, digest=claim.statement.digest, verdict=Standing.UNDECIDED, reason=UNFINISHED)


def product_version() -> str:
    """The installed version of rederive; "unknown" when it runs from a folder that was never installed."""
    try:
        return version("rederive")
    except PackageNotFoundError:
        return "unknown"


def _summary(outcomes: list[Outcome]) -> dict[str, int]:
    standings = [outcome.verdict for outcome in outcomes]
    audits = [outcome.audit for outcome in outcomes if outcome.audit is not None]
    return {
        "claims": len(outcomes),
        **{standing.value: standings.count(standing) for standing in Standing},
        "printed_refuted": sum(form.verdict == "refuted" for outcome in outcomes for form in outcome.printed),
        "mutants": sum(audit.mutants for audit in audits),
        "mutants_rejected": sum(audit.rejected for audit in audits),
    }


def _claim(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    from verify import latex

    statement = claim.statement
    judged = {form.erratum: form for form in outcome.printed}
    return {
        "id": claim.id,
        "kind": "observation" if claim.is_observation else "statement",
        "title": claim.title,
        "chapter": claim.chapter,
        "covers": list(statement.covers),
        "verdict": outcome.verdict.value,
        "reason": outcome.reason,
        "latex": None if claim.is_observation else latex.statement(statement),  # type: ignore[arg-type]
        "sentence": statement.sentence if claim.is_observation else None,  # type: ignore[union-attr]
        "digest": outcome.digest,
        "sources": [{"document": source.name, "where": source.where} for source in statement.sources],
        "printed": [_printed(form, judged.get(form.erratum)) for form in statement.printed],
        "steps": [
            {"claim": step.claim, "because": step.because, "verdict": step.verdict, "seconds": _number(step.seconds)}
            for step in outcome.steps
        ],
        "evidence": [_evidence(evidence) for evidence in outcome.evidence],
        "audit": _audit(outcome.audit) if outcome.audit is not None else None,
        "seconds": _number(outcome.seconds),
    }


def _printed(form: Printed, judged: PrintedOutcome | None) -> dict[str, Any]:
    from verify import latex

    return {
        "erratum": form.erratum,
        "latex": latex.formula(form.formula),
        "kind": form.kind,
        "note": form.note,
        "verdict": judged.verdict if judged is not None else None,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "check": evidence.check,
        "kind": evidence.kind,
        "verdict": evidence.verdict.value,
        "points": evidence.points,
        "discrepancy": _number(evidence.discrepancy),
        "uncertainty": _number(evidence.uncertainty),
        "resolution": _number(evidence.resolution),
        "resolution_median": _number(evidence.resolution_median),
        "seconds": _number(evidence.seconds),
        "seed": evidence.seed,
        "detail": evidence.detail,
        "same_law": evidence.same_law,
        "coarse": evidence.coarse,
        "setting": evidence.setting,
        "curves": [_curve(curve) for curve in evidence.curves],
        "planes": [_plane(plane) for plane in evidence.planes],
    }


def _curve(curve: Curve) -> dict[str, Any]:
    numbers = ("axis", "theory", "measured", "error")
    return {
        "label": curve.label,
        "axis_label": curve.axis_label,
        "value_label": curve.value_label,
        "style": curve.style,
        **{name: _values(getattr(curve, name)) for name in numbers},
    }


def _plane(plane: Plane) -> dict[str, Any]:
    return {
        "title": plane.title,
        "x_label": plane.x_label,
        "y_label": plane.y_label,
        "marks": [{"x": place, "label": label} for place, label in plane.marks],
        "paths": [
            {
                "label": path.label,
                "theory": [_values(numbers) for numbers in path.theory],
                "measured": [_values(numbers) for numbers in path.measured],
            }
            for path in plane.paths
        ],
    }


def _values(numbers: Iterable[float]) -> list[float | None]:
    """Numbers of a curve; null where there is none."""
    return [float(number) if math.isfinite(number) else None for number in numbers]


def _audit(audit: Audit) -> dict[str, Any]:
    return {
        "mutants": audit.mutants,
        "rejected": audit.rejected,
        "crashed": audit.crashed,
        "missed": audit.missed,
        "survivors": [{"latex": s.latex, "reason": s.reason, "equivalent": s.equivalent} for s in audit.survivors],
        "blind_nodes": audit.blind_nodes,
    }


def _number(value: float | None) -> float | str | None:
    """A JSON number; JSON has none for infinities and nan, which become strings."""
    return value if value is None or math.isfinite(value) else str(value)
