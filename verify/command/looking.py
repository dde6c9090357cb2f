"""`rederive list`, `where`, `new` and `completion`: they answer from the text of the files and from the store."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import verify.own
from verify import catalogue
from verify.catalogue import Heading
from verify.command import completion, console
from verify.command.answer import Refused, answer, emit, selected, stored
from verify.command.options import shown
from verify.command.places import places
from verify.own import places as own


def execute(options: argparse.Namespace, package: str | None = None) -> int:
    """Run the command that the options name; returns the exit code."""
    return answer({"list": list_claims, "where": where, "new": new, "completion": complete}, options, package)


def list_claims(options: argparse.Namespace, package: str) -> int:
    """Claims with the verdicts of their last runs; one whose sources have changed since is marked."""
    from verify.run import lemmas

    store, chosen = stored(package), selected(options, package)
    last = {claim: found for claim in catalogue.ids(package) if (found := store.newest(claim))}
    own_evidence = {claim: found.outcome for claim, found in last.items()}
    settled = lemmas.settled(own_evidence)
    outdated = lemmas.outdated(own_evidence, [claim for claim, found in last.items() if store.is_outdated(found)])
    rows = []
    for claim in chosen:
        head, outcome = _heading(claim, package), settled.get(claim)
        rows.append(
            {
                "id": claim,
                "kind": head.kind,
                "title": head.title,
                "chapter": catalogue.chapter_of(claim),
                "covers": list(head.covers),
                "verdict": outcome.verdict.value if outcome else None,
                "outdated": claim in outdated,
                "date": outcome.date if outcome else None,
            }
        )
    emit(options, {"claims": rows}, lambda: _show_overview(rows))
    return 0


def _heading(claim: str, package: str) -> Heading:
    """What the text of a derivation says; for a claim made up in memory, what the claim says."""
    found = catalogue.heading(claim, package)
    if found.title:
        return found
    made = catalogue.load(claim, package)
    kind = "observation" if made.is_observation else "statement"
    return Heading(kind=kind, title=made.title, covers=made.statement.covers)


def where(options: argparse.Namespace, package: str) -> int:
    """The places of each claim."""
    found = [places(claim, package) for claim in selected(options, package)]
    emit(options, {"claims": found}, lambda: _show_places(found))
    return 0


def new(options: argparse.Namespace, package: str) -> int:
    """Write a claim of one's own that holds as it stands, to be changed."""
    path: Path = options.file
    if path.suffix != ".py":
        raise Refused(f"{shown(str(path))} is no name of a Python file; give one such as {shown(path.stem)}.py")
    template = Path(verify.own.__path__[0], "template.py").read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(template)
    except FileExistsError:
        raise Refused(f"{shown(str(path))} exists already; name another file") from None
    except OSError as problem:
        reason = problem.strerror or problem
        raise Refused(f"cannot write {shown(str(path))}: {reason}; name another file") from problem
    claim = own.id_of(Path(os.path.abspath(path)))
    emit(
        options,
        {"written": str(path), "id": claim},
        lambda: print(f"Written: {path}, the claim {claim}. Next: rederive check {shlex.quote(str(path))}"),
    )
    return 0


def complete(options: argparse.Namespace, package: str) -> int:
    """What a shell runs so that it completes."""
    text = completion.code(options.shell)
    emit(options, {"shell": options.shell, "code": text}, lambda: print(text))
    return 0


def _show_overview(found: Sequence[Mapping[str, Any]]) -> None:
    table = console.table("claim", "verdict", "title", wrapped=["title"])
    for entry in found:
        table.add_row(entry["id"], console.verdict(entry["verdict"], outdated=entry["outdated"]), entry["title"])
    console.show(table)


def _show_places(found: Sequence[Mapping[str, Any]]) -> None:
    for claim in found:
        table = console.grid(2)
        for name, value in claim.items():
            for number, line in enumerate(value if isinstance(value, list) else [value]):
                table.add_row(name.replace("_", " ") if number == 0 else "", line)
        console.show(table)
        if claim is not found[-1]:
            print()
