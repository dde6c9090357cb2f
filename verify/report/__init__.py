"""The verification report of a run: a page that people read, and JSON and JUnit XML that machines read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from verify.claim import Claim
from verify.evidence import Outcome

PAGE, DATA, JUNIT = "index.html", "report.json", "junit.xml"


class ReportError(OSError):
    """The report cannot be written where it was asked for."""


def write_report(
    claims: Iterable[Claim],
    outcomes: Mapping[str, Outcome],
    run: Mapping[str, Any],
    out: Path,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Write index.html, report.json and junit.xml into the folder `out`, each atomically, and return the JSON document.

    `run` is the `run` object of report.json. `cache` is a folder in which formulas and plots, which take most of the
    time, are kept for the next report; None keeps nothing. Raises ReportError when `out` cannot be written.
    """
    from verify.report import document, junit, page
    from verify.run.store import write_atomically

    claims, out = list(claims), Path(out)
    prepare(out)
    found = document.build(claims, outcomes, run)
    texts = {DATA: document.dumps(found), JUNIT: junit.junit(found), PAGE: page.render(found, claims, outcomes, cache)}
    try:
        for name, text in texts.items():
            write_atomically(out / name, text)
    except OSError as problem:
        raise _unwritable(out, problem) from problem
    return found


def prepare(out: Path) -> None:
    """Make the folder and see that files can be written in it, before a run that would take minutes.

    Raises ReportError, with one line that names the folder and the remedy.
    """
    from tempfile import TemporaryFile

    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as problem:
        raise _unwritable(out, problem) from problem


def _unwritable(out: Path, problem: OSError) -> ReportError:
    reason = problem.strerror or str(problem)
    remedy = "make the folder writable or name another with --out"
    return ReportError(f"cannot write the report into {out}: {reason}; {remedy}")
