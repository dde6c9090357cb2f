"""`rederive check --seeds 1:300 [--sweep]`: the verdicts of claims over a grid of seeds and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.claim import Claim
from verify.command import console
from verify.evidence import Standing
from verify.run.grid import Cell, Grid


def data(found: Grid) -> dict[str, Any]:
    """What `--json` prints."""
    return {"cells": [vars(cell) for cell in found.cells]}


def show(found: Grid, claims: Sequence[Claim], profiles: Sequence[str]) -> None:
    """One row for each claim and profile, then every cell that is not verified."""
    numbers = ("seeds", *(verdict.value for verdict in Standing), "seconds")
    table = console.table("claim", "profile", *numbers, numbers=numbers, wrapped=["claim"])
    for profile in profiles:
        for claim in claims:
            cells = [cell for cell in found.cells if (cell.claim, cell.profile) == (claim.id, profile)]
            counts = [str(sum(cell.verdict is verdict for cell in cells)) for verdict in Standing]
            seconds = sum(cell.seconds for cell in cells) / len(cells)
            table.add_row(claim.id, profile, str(len(cells)), *counts, f"{seconds:.2f}")
    console.show(table, "")
    verified = sum(cell.verdict is Standing.VERIFIED for cell in found.cells)
    print(f"{verified} of {len(found.cells)} are verified. Seconds: mean of one run.")
    for cell in found.cells:
        if cell.verdict is not Standing.VERIFIED:
            print(console.prose(f"{cell.claim}, {_where(cell)}: {cell.verdict.value}, {cell.reason.splitlines()[0]}"))


def _where(cell: Cell) -> str:
    return f"seed {cell.seed}" if cell.profile == "quick" else f"seed {cell.seed}, {cell.profile} profile"
