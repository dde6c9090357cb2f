"""The verification report of a run: pages that people read, and JSON and JUnit XML that machines read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.claim import Claim
    from verify.evidence import Outcome
    from verify.report.card import Places

PAGE, DATA, JUNIT, CLAIMS = "index.html", "report.json", "junit.xml", "claims"
MARK = "written by rederive"


class ReportError(OSError):
    """The report cannot be written where it was asked for."""


def write_report(
    claims: Iterable[Claim],
    outcomes: Mapping[str, Outcome],
    run: Mapping[str, Any],
    out: Path,
    *,
    cache: Path | None = None,
    places: Places | None = None,
    single_file: bool = False,
    aliases: Mapping[str, str] | None = None,
    hashes: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Write the report into the folder `out` and return the JSON document.

    index.html, report.json, junit.xml, and claims/<id>.html with a badge claims/<id>.svg for each claim; all claims in
    index.html with `single_file`. All are complete before the first is put in place. Pages of claims that are not in
    this run are removed: the folder says what one run found, and nothing in report.json would bear them out.

    run      the `run` object of report.json
    cache    a folder in which formulas and plots, which take most of the time, are kept for the next report
    places   where the files of a claim stand; None takes the rules of the layout
    aliases  old ids of claims -> present ones; None takes those of `verify.report.aliases`
    hashes   is told what was written: the name of each file, and the hash of its text

    Raises ReportError, which says what is in the folder, when `out` cannot be written.
    """
    from verify.report import again, card, document, files, junit, page
    from verify.report.aliases import ALIASES

    claims, out = list(claims), Path(out)
    prepare(out)
    found = document.build(claims, outcomes, run)
    old_ids, where = ALIASES if aliases is None else aliases, places or card.expected_places
    made = page.report(found, claims, outcomes, cache=cache, places=where, old_ids=old_ids)
    texts = page.pages(made, single_file=single_file)
    try:
        every = again.hashed(_with_data(texts, document.dumps(found), junit.junit(found)), hashes)
        written = files.write_together(out, every)
    except files.Mixed as problem:
        message = f"{out} now holds parts of two reports: {problem.strerror}; remove the folder and report again"
        raise ReportError(message) from problem
    except OSError as problem:
        raise _unwritable(out, problem) from problem
    try:
        files.remove_others(out / CLAIMS, written, MARK)
        files.remove_other(out / page.ERRATA, written, MARK)
    except OSError as problem:
        message = f"the report is written into {out}, but pages of an earlier one cannot be removed from {out / CLAIMS}"
        raise ReportError(f"{message}: {problem.strerror or problem}") from problem
    return found


def _with_data(texts: Iterable[tuple[str, str]], data: str, cases: str) -> Iterable[tuple[str, str]]:
    """The pages, and then what machines read: whoever finds the new JSON finds the new pages."""
    yield from texts
    yield JUNIT, cases
    yield DATA, data


def prepare(out: Path) -> None:
    """Make the folder and see that files can be written in it, before a run that would take minutes.

    Raises ReportError, with one line that names the folder and the remedy.
    """
    from tempfile import TemporaryFile

    try:
        out.mkdir(parents=True, exist_ok=True)
        for folder in (out, out / CLAIMS):
            if folder == out or folder.exists():
                with TemporaryFile(dir=folder):
                    pass
    except OSError as problem:
        raise _unwritable(out, problem) from problem


def _unwritable(out: Path, problem: OSError) -> ReportError:
    reason = problem.strerror or str(problem)
    remedy = "make the folder writable or name another with --out"
    return ReportError(f"cannot write the report into {out}: {reason}; {remedy}")
