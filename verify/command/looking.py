"""`rederive list` and `rederive where`: they answer from the text of the files and from the store."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from verify.command import console
from verify.command.answer import answer, emit, selected
from verify.command.places import places


def execute(options: argparse.Namespace, package: str | None = None) -> int:
    """Run the command that the options name; returns the exit code."""
    return answer({"list": list_claims, "where": where}, options, package)


def list_claims(options: argparse.Namespace, package: str) -> int:
    """Claims with the verdicts of their last runs."""
    from verify import catalogue
    from verify.command import views
    from verify.run.store import Store, default_folder

    store = Store(default_folder(), warn=console.warn)
    chosen = selected(options, package)
    found = [views.overview(catalogue.load(claim, package), store.newest(claim)) for claim in chosen]
    emit(options, {"claims": found}, lambda: _show_overview(found))
    return 0


def where(options: argparse.Namespace, package: str) -> int:
    """The places of each claim."""
    found = [places(claim, package) for claim in selected(options, package)]
    emit(options, {"claims": found}, lambda: _show_places(found))
    return 0


def _show_overview(found: Sequence[Mapping[str, Any]]) -> None:
    table = console.table("claim", "verdict", "title", wrapped=["title"])
    for entry in found:
        verdict = console.verdict(entry["verdict"])
        if entry["outdated"]:
            verdict = Text(f"{entry['verdict']} (changed since)", style="dim")
        table.add_row(entry["id"], verdict, entry["title"])
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
