"""What the commands do."""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from numerics import digits
from numerics.backend import DeviceError, resolve_device
from verify import catalogue, latex, report
from verify.catalogue import UnknownClaim
from verify.claim import Claim
from verify.command import console, places, reporting, terminal, views
from verify.command.answer import INTERNAL, NOTHING, Interrupted, Refused, answer, collected, emit, selected, stored
from verify.command.options import shown
from verify.command.reporting import code as _code
from verify.evidence import PROFILES, Outcome
from verify.own import places as own
from verify.report import document
from verify.run.runner import RunResult, run
from verify.run.settings import Settings, processors
from verify.run.store import default_folder, write_atomically
from verify.run.workers import WorkersError

TABLES = (".csv", ".tsv", ".txt", ".dat")


def execute(options: argparse.Namespace, package: str | None = None) -> int:
    """Run the command that the options name; returns the exit code."""
    commands = {
        "show": show,
        "report": write_report,
        "check": check,
        "audit": audit,
        "errata": errata,
        "latex": write_latex,
        "activation": activation,
        "network": network,
        "compare": compare,
        "eval": evaluate,
        "plot": plot,
    }
    return answer(commands, options, package, (report.ReportError, DeviceError, latex.LatexMissing, WorkersError))


# ------------------------------------------------------------------------------------------------ looking


def show(options: argparse.Namespace, package: str) -> int:
    """All of each claim, with the evidence of its last run."""
    found = views.last(_selected(options, package), stored(package))
    if options.json:
        emit(options, {"claims": [views.whole(last) for last in found]})
    else:
        for last in found:
            own_place = own.place(package, last.claim.id)
            terminal.claim(last, own_place.word if own_place else "")
    return 0


# ------------------------------------------------------------------------------------------------ running


def write_report(options: argparse.Namespace, package: str) -> int:
    """Run claims, write the pages and the files for machines, and print a table."""
    claims, out = _selected(options, package), options.out
    settings = _settings(options, package)
    if options.plan:
        return _plan(options, claims, settings)
    where = functools.partial(places.places, package=package)
    how = {"cache": default_folder().parent / "page", "single_file": options.single_file}
    basis = reporting.basis([claim.id for claim in claims], options, settings)  # before the sources may change
    hashes: dict[str, str] = {}
    with _report_folder(out):
        result = _run(claims, settings)
        try:
            written = report.write_report(claims, result.outcomes, result.run, out, places=where, hashes=hashes, **how)
        except report.ReportError as problem:
            raise Refused(f"{problem}; {_kept(result)}") from problem
    if len(result.stored) == result.wanted:
        reporting.keep(basis, options, stored(package), result.stored, hashes)
    reporting.tell(options, written, result.outcomes.values(), result.run)
    return _code(result.outcomes.values())


def _plan(options: argparse.Namespace, claims: list[Claim], settings: Settings) -> int:
    from verify.command import plan as command
    from verify.run.plan import plan

    found = plan(claims, settings, stored(settings.package), command.WORKERS)
    emit(options, command.data(found), lambda: command.show(found))
    return 0


@contextlib.contextmanager
def _report_folder(out: Path) -> Iterator[None]:
    """Make the folder of a report before a run that would take minutes; it is not left behind empty."""
    remedy = "name another with --out"
    try:
        missing = [path for path in (out, *out.parents) if not path.exists()]
        if out not in missing and not out.is_dir():
            raise Refused(f"cannot write the report into {out}: it is a file, not a folder; {remedy}")
    except OSError as problem:
        raise Refused(f"cannot write the report into {out}: {problem.strerror}; {remedy}") from problem
    try:
        report.prepare(out)
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):  # it is not empty
                path.rmdir()
        raise


def _kept(result: RunResult) -> str:
    """What the store has of a run whose report is lost."""
    if len(result.stored) == result.wanted:
        return "the outcomes are kept, and the next report takes them from there"
    return f"{len(result.stored)} of {result.wanted} outcomes are kept for the next report"


def check(options: argparse.Namespace, package: str) -> int:
    """Run claims and print their evidence; with `--seeds`, their verdicts only, over all of them."""
    if options.seeds or options.sweep:
        return _grid(options, package)
    claims = _selected(options, package)
    result = _run(claims, _settings(options, package))
    if options.json:
        emit(options, document.build(claims, result.outcomes, result.run))
    else:
        for claim in claims:
            terminal.outcome(claim, result.outcomes[claim.id])
    reporting.errors(result.outcomes.values())
    return _code(result.outcomes.values())


def _grid(options: argparse.Namespace, package: str) -> int:
    from verify.command import grid as command
    from verify.run.grid import grid

    claims, settings = _selected(options, package), _settings(options, package)
    seeds = options.seeds or (options.seed,)
    profiles = PROFILES if options.sweep else (options.profile,)
    total = len(claims) * len(seeds) * len(profiles)
    with console.progress(total) as listener:
        found = grid(claims, settings, seeds, profiles, stored(package), listener)
    if found.interrupted:
        raise Interrupted(
            f"interrupted: {len(found.cells)} of {total} runs are kept; the same command goes on from there"
        )
    emit(options, command.data(found), lambda: command.show(found, claims, profiles))
    verdicts = {cell.verdict for cell in found.cells}
    return next((code for verdict, code in reporting.WORST_FIRST if verdict in verdicts), 0)


def plot(options: argparse.Namespace, package: str) -> int:
    """Draw the curves of a claim's evidence, and write the data behind them."""
    from verify import figures

    claims = _selected(options, package)
    if len(claims) > 1:
        raise Refused(f"plot draws one claim, not {len(claims)}; name one of {', '.join(c.id for c in claims[:5])}")
    (claim,) = claims
    found = _run(claims, _settings(options, package)).outcomes[claim.id]
    out = options.out or Path(f"{claim.id}.svg")
    try:
        for path in (out, options.table or out):
            path.parent.mkdir(parents=True, exist_ok=True)
        drawn = figures.figure(f"{claim.title} ({found.verdict.value})", found.evidence)
        drawn.savefig(out, dpi=200)
        if options.table is not None:
            with options.table.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(figures.rows(found.evidence))
    except figures.NothingToDraw as problem:
        raise Refused(str(problem), NOTHING) from problem
    except OSError as problem:
        reason = problem.strerror or problem
        raise Refused(f"cannot write {problem.filename or out}: {reason}; name another file") from problem
    written = [str(path) for path in (out, options.table) if path is not None]
    data = {"id": claim.id, "verdict": found.verdict.value, "written": written}
    emit(options, data, lambda: print(f"Written: {', '.join(written)}"))
    return _code([found])


def audit(options: argparse.Namespace, package: str) -> int:
    """Run claims and print what their audits found; with `--false-alarms`, their stochastic checks over fresh seeds."""
    if options.false_alarms:
        return _false_alarms(options, package)
    if options.experiments:
        return _experiments(options, package)
    claims = [claim for claim in _selected(options, package) if not claim.is_observation]
    if not claims:
        raise Refused("nothing to audit: observations have no formula that could be changed", NOTHING)
    result = _run(claims, _settings(options, package))
    found = [views.audit(claim, result.outcomes[claim.id]) for claim in claims]
    emit(options, {"claims": found}, lambda: terminal.audits(found))
    reporting.errors(result.outcomes.values())
    return _code(result.outcomes.values())


def _experiments(options: argparse.Namespace, package: str) -> int:
    from verify.audit.experiments import audit_experiments
    from verify.checks import Context
    from verify.command import mistakes as command

    settings = _settings(options, package)
    found = {}
    for claim in _selected(options, package):
        context = Context(
            claim=claim.id,
            seed=settings.seed,
            device=settings.device,
            data=settings.data,
            false_alarms=catalogue.false_alarm_share(claim, package),
        )
        found[claim.id] = audit_experiments(claim, context)
    if not any(found.values()):
        raise Refused("nothing to audit: no experiment of these claims has a place where a mistake is planted", NOTHING)
    emit(options, command.data(found), lambda: command.show(found))
    return 0 if all(fate.explained for fates in found.values() for fate in fates) else 4


def _false_alarms(options: argparse.Namespace, package: str) -> int:
    from verify.audit import alarms
    from verify.command import alarms as command
    from verify.run.sweep import sweep

    settings, count = _settings(options, package), options.false_alarms
    claims = [claim for claim in _selected(options, package) if alarms.stochastic(claim, settings.profile)]
    if not claims:
        raise Refused("nothing to draw: none of these claims has a check that uses random numbers", NOTHING)
    with console.progress(count * len(claims)) as listener:
        found = sweep(claims, settings, count, stored(package), listener)
    if found.interrupted:
        done = sum(len({draw.seed for draw in draws}) for draws in found.draws.values())
        kept = f"{done} of {count * len(claims)} seeds of claims are kept"
        raise Interrupted(f"interrupted: {kept}; the same command goes on from there")
    rows = [row for claim in claims for row in alarms.summary(claim.id, found.draws[claim.id])]
    emit(options, command.data(rows, found, settings.seed), lambda: command.show(rows, found, claims))
    if found.failed:
        return INTERNAL
    return 1 if any(row.refuted for row in rows) else 4 if any(row.undecided for row in rows) else 0


def errata(options: argparse.Namespace, package: str) -> int:
    """Uses what is stored, whatever its profile and seed, and runs what is not."""
    from verify.command import errata as command
    from verify.errata import listing

    if options.latex and options.json:
        raise Refused("--latex and --json are two forms of one answer; give one of them")
    named, options.ids = command.split(options.ids)
    try:
        chosen = _selected(options, package)
    except UnknownClaim as problem:
        raise type(problem)(f"{problem}; {command.numbered()}") from None
    claims = [claim for claim in chosen if claim.statement.printed]
    desk = listing.of_suite(chosen)
    unknown = command.unknown(named, listing.entries((claim, None) for claim in claims), desk)
    if unknown:
        raise Refused(unknown)
    if named:
        claims = [claim for claim in claims if {*named} & {form.erratum for form in claim.statement.printed}]
        desk = desk and desk.only(named)
    elif options.ids or own.is_collection(package):
        desk = None
    if not claims and not named:
        raise Refused("nothing to show: none of these claims has a wrong form, in the documents or in use", NOTHING)
    behind = listing.deciding(desk) if desk and not options.latex else ()
    wanted = list({c.id: c for c in (*claims, *(catalogue.load(name, package) for name in behind))}.values())
    settings = _settings(options, package)
    last = [] if options.fresh else views.current(views.last(wanted, stored(package)))
    outcomes = {claim.id: outcome for claim, outcome in last if outcome}
    lacking = [claim for claim in wanted if claim.id not in outcomes]
    if lacking:
        outcomes |= _run(lacking, settings).outcomes
    entries = listing.entries((claim, outcomes[claim.id]) for claim in claims)
    if named:
        entries = [entry for entry in entries if entry.form.erratum in named]
    verdicts = {name: outcome.verdict.value for name, outcome in outcomes.items()}
    if options.latex:
        print(latex.errata(entries, command.sections(desk)), end="")
    else:
        data = {"errata": [listing.data(entry) for entry in entries]}
        render = command.details if named or options.details else command.table
        emit(
            options, data | (listing.desk_data(desk, verdicts) if desk else {}), lambda: render(entries, desk, verdicts)
        )
    reporting.errors(outcomes.values())
    return _code(outcomes.values())


def write_latex(options: argparse.Namespace, package: str) -> int:
    """Print or write LaTeX, or compile it."""
    if options.bare and (options.derivations or options.bib):
        raise Refused("--bare is the formula alone: it goes without --derivations and --bib")
    if options.bib and not options.pdf and options.out is not None and options.out.suffix == ".bib":
        raise Refused(f"{options.out} is to hold the formulas, and their BibTeX entries go into a .bib file beside it")
    last, out = views.last(_selected(options, package), stored(package)), options.out
    pairs, outdated = views.current(last), sum(one.outdated for one in last)
    if outdated and not (options.bare or options.no_status):
        console.warn(f"{outdated} of {len(last)} claims have changed since they were run and are marked as not run")
    body, whole, entries = _tex(pairs, options)
    written = []
    try:
        if options.pdf:
            out = (out or Path("rederive")).with_suffix(".pdf")
            latex.compile_pdf(whole, out, entries)
            written = [out]
        elif out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            for path, text in ((out, body), (out.with_suffix(".bib"), entries)):
                if text:
                    write_atomically(path, text)
                    written.append(path)
    except OSError as problem:
        raise Refused(f"cannot write {out}: {problem.strerror or problem}; name another file with --out") from problem
    except latex.LatexError as problem:
        raise Refused(f"pdflatex refused the document: {problem}", INTERNAL) from problem
    found = {"claims": [views.formula(*pair) for pair in pairs], "tex": body, "written": out and str(out)}
    found |= {"bib": entries} if options.bib else {}
    printed = f"{body}\n{entries}" if entries else body
    emit(options, found, lambda: print(f"Written: {', '.join(map(str, written))}" if written else printed))
    return 0


def _tex(pairs: list[tuple[Claim, Outcome | None]], options: argparse.Namespace) -> tuple[str, str, str]:
    """What is to be put into a document, a document of its own, and the BibTeX entries for it."""
    claims, outcomes = [claim for claim, _ in pairs], {c.id: o for c, o in pairs if o}
    how = {"derivations": options.derivations, "status": not options.no_status, "cite": options.bib}
    entries = latex.entries(latex.sources(claims, derivations=options.derivations)) if options.bib else ""
    if options.beamer:
        body = latex.frames(claims, outcomes, latex.Style(**how, line=latex.SLIDE))
        return body, latex.presentation(body, cite=bool(entries)), entries
    body = latex.bare(claims) if options.bare else latex.export(claims, outcomes, latex.Style(**how))
    return body, latex.document(body, cite=bool(entries)), entries


# ------------------------------------------------------------------------------------------------ activations


def activation(options: argparse.Namespace, package: str) -> int:
    """What a wide network with an activation does to signals and gradients."""
    from verify.activation.reading import ActivationError
    from verify.command import activation as command
    from verify.command import activation_text

    try:
        found = command.answer(options)
    except (ActivationError, ArithmeticError, command.NoInitialization) as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(
            f"cannot write {options.plot}: {problem.strerror or problem}; name another with --plot"
        ) from problem
    emit(options, found, lambda: activation_text.show(found))
    return 0


def network(options: argparse.Namespace, package: str) -> int:
    """A PyTorch model at initialization against theory."""
    from verify.command import network as command
    from verify.network.observe import ModelError

    try:
        with contextlib.redirect_stdout(sys.stderr):  # what a model prints is no result of a command
            found = command.answer(options)
    except ModelError as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(
            f"cannot write {options.plot}: {problem.strerror or problem}; name another with --plot"
        ) from problem
    emit(options, found.to_dict(), lambda: command.show(found))
    return 0


def evaluate(options: argparse.Namespace, package: str) -> int:
    """Numbers of a claim's formula."""
    from verify import numbers
    from verify.command import data_text

    claims = _selected(options, package)
    if len(claims) > 1:
        raise Refused(f"eval takes one claim, not {len(claims)}; name one of {', '.join(c.id for c in claims[:5])}")
    if options.csv and options.json:
        raise Refused("--csv and --json are two forms of one answer; give one of them")
    try:
        found = numbers.table(claims[0], options.values, options.digits)
    except numbers.ValuesError as problem:
        raise Refused(str(problem)) from problem
    render = data_text.write_csv if options.csv else data_text.show_table
    emit(
        options,
        data_text.evaluated(claims[0].id, found, options.digits),
        lambda: render(found, options.digits),
    )
    if found.problems:
        console.warn(f"{len(found.problems)} of {len(found.rows)} rows have no value; {found.problems[0]}")
    return 4 if len(found.problems) == len(found.rows) else 0


def _compare_data(options: argparse.Namespace, package: str) -> int:
    """Measured numbers against a claim."""
    from verify import data, numbers
    from verify.command import data_text

    options.ids = [options.left]
    package = collected(options, package)
    claims = _selected(options, package)
    if len(claims) > 1:
        raise Refused(f"data are compared with one claim, not {len(claims)}; name one of them")
    try:
        found = data.compare(claims[0], Path(options.right), options.values)
    except numbers.ValuesError as problem:
        raise Refused(str(problem)) from problem
    emit(
        options,
        data_text.finding(claims[0].id, options.right, found),
        lambda: data_text.show_finding(claims[0].id, found),
    )
    return data_text.CODES[found.verdict]


def _is_data(word: str) -> bool:
    """Whether the right side of a comparison is a file, and no expression. Refuses one that is no table."""
    if word.lower().endswith(TABLES):
        return True
    if Path(word).suffix and os.path.isfile(word):
        raise Refused(f"{word} is no table as text; save it as CSV ({', '.join(TABLES)})")
    return False


def compare(options: argparse.Namespace, package: str) -> int:
    """Whether two expressions are equal, or data what a claim predicts."""
    if _is_data(options.right):
        return _compare_data(options, package)
    if re.fullmatch(r"[a-z]\w*\.[a-z]\w*", options.left) and options.left in catalogue.ids(package):
        right = shown(options.right)
        raise Refused(f"{options.left} is a claim, and {right} no file of data; give a {', '.join(TABLES)} file")
    if options.values:
        raise Refused(f"{options.values[0]!r} is too much: values go with a claim and a CSV file; see --where")
    from verify.command import comparison
    from verify.compare.limited import ExpressionError
    from verify.compare.limited import compare as compared

    limits = {"digits": options.digits, "seconds": options.seconds}
    try:
        found = compared(options.left.strip(), options.right.strip(), options.where, **limits)
    except ExpressionError as problem:
        raise Refused(str(problem)) from problem
    emit(options, comparison.data(options, found), lambda: comparison.show(found))
    return comparison.CODES[found.verdict]


# ------------------------------------------------------------------------------------------------ shared


def _selected(options: argparse.Namespace, package: str) -> list[Claim]:
    return [catalogue.load(claim, package) for claim in selected(options, package)]


def _settings(options: argparse.Namespace, package: str) -> Settings:
    if options.data is not None:
        try:
            digits.read(options.data)  # before a run that would take minutes
        except ValueError as problem:
            raise Refused(f"{problem}; --data names the folder of MNIST's IDX files") from problem
    return Settings(
        profile=options.profile,
        seed=options.seed,
        jobs=options.jobs or processors(),
        cluster=options.cluster,
        device=resolve_device(options.device),
        data=options.data,
        fresh=options.fresh,
        package=package,
    )


def _run(claims: list[Claim], settings: Settings) -> RunResult:
    """Run claims with a bar on the terminal. Raises Interrupted."""
    with console.progress(len(claims)) as listener:
        result = run(claims, settings, stored(settings.package), listener)
    if result.interrupted:
        raise Interrupted(
            f"interrupted: {len(result.stored)} of {result.wanted} claims are finished and kept in "
            f"{default_folder()}; nothing else was written; the same command goes on from there"
            if result.stored
            else "interrupted: nothing is kept and nothing was written"
        )
    return result
