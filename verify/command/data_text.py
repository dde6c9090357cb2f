"""What `rederive eval` and `rederive compare ID FILE` print."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping
from typing import Any

import sympy as sp
from rich.text import Text

from verify import data, numbers
from verify.command import console, pretty
from verify.data import Finding
from verify.numbers import Table

CODES = {data.AGREES: 0, data.PARTS: 1, data.UNDECIDED: 4}
COLOURS = {data.AGREES: "green", data.PARTS: "red", data.UNDECIDED: "yellow"}
DOUBLE = 15  # digits that a JSON number keeps
SHOWN = 40  # rows of measured numbers that are printed


def evaluated(claim: str, found: Table, digits: int) -> dict[str, Any]:
    """The numbers as JSON types: strings where a double would lose digits."""

    def plain(value: Any) -> Any:
        if value is None:
            return None
        text = numbers.text_of(value, digits)
        return _double(text) if digits <= DOUBLE else text

    rows = [[*(_given(v) for v in point), *map(plain, values)] for point, values in found.rows]
    return {"id": claim, "columns": [*found.names, *found.quantities], "rows": rows, "notes": list(found.problems[:10])}


def _given(value: Any) -> Any:
    text = numbers.shown(value)
    try:
        return _double(text)
    except ValueError:
        return text


def _double(text: str) -> float | str:
    """A number of a text, or the text where it is too large or too small for a double."""
    double = float(text)
    lost = math.isinf(double) or (double == 0 and sp.Rational(text) != 0)
    return text if lost else double


def show_table(found: Table, digits: int) -> None:
    """A table for people."""
    unicode = console.has_unicode()
    quantities = [pretty.name(q, unicode=unicode) if "\\" in q else q for q in found.quantities]
    table = console.table(*found.names, *quantities, numbers=[*found.names, *quantities])
    for cells in _cells(found, digits):
        table.add_row(*(cell or console.NONE for cell in cells))
    console.show(table)
    for problem in found.problems[:3]:
        print(console.prose(problem))


def write_csv(found: Table, digits: int) -> None:
    """Comma-separated values with a header."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*found.names, *found.quantities])
    writer.writerows(_cells(found, digits))


def _cells(found: Table, digits: int) -> list[list[str]]:
    return [
        [*map(numbers.shown, point), *("" if v is None else numbers.text_of(v, digits) for v in values)]
        for point, values in found.rows
    ]


# ------------------------------------------------------------------------------------------------ data


def finding(claim: str, file: str, found: Finding) -> dict[str, Any]:
    """The comparison of data as JSON types."""
    return {
        "id": claim,
        "file": file,
        "verdict": found.verdict,
        "quantity": found.quantity,
        "threshold": found.threshold,
        "chi_square": found.chi_square,
        "parting": found.parting,
        "worst": _row(found.worst),
        "explanations": [{"sentence": e.sentence, "chi_square": e.chi_square} for e in found.explanations],
        "stated": list(found.stated),
        "ignored": list(found.ignored),
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: data.Row) -> Mapping[str, Any]:
    return {
        "at": {name: _given(value) for name, value in row.at.items()},
        "value": row.value,
        "error": row.error,
        "predicted": row.predicted,
        "deviation": row.deviation if row.error else None,
    }


def show_finding(claim: str, found: Finding) -> None:
    """Verdict, rows, where they part, and what would explain it."""
    console.show(Text.assemble((found.verdict, COLOURS[found.verdict]), f": {_summary(claim, found)}"))
    names = [name for name in found.worst.at if len({str(row.at[name]) for row in found.rows}) > 1]
    figures = [*names, "value", "error", "predicted", "off by"]
    table = console.table(*figures, numbers=figures)
    for row in found.rows[:SHOWN]:
        off = f"{row.deviation:.1f} errors" if row.error else f"{_relative(row):.1%}"
        error = console.NONE if row.error is None else f"{row.error:.3g}"
        table.add_row(
            *(numbers.shown(row.at[n]) for n in names), f"{row.value:.6g}", error, f"{row.predicted:.6g}", off
        )
    console.show(table)
    if len(found.rows) > SHOWN:
        print(f"{console.INDENT}and {len(found.rows) - SHOWN} more rows (--json has all)")
    if found.parting:
        print(console.prose(f"Where: {found.parting}."))
    for explanation in found.explanations:
        print(console.prose(f"Explained if {explanation.sentence} (chi square {explanation.chi_square:.2f} per row)."))
    if found.verdict == data.PARTS and not found.explanations:
        print(console.prose("No factor, offset or rescaled letter explains it."))
    if found.ignored:
        print(console.prose(f"Not read: {', '.join(found.ignored)}."))
    if found.verdict != data.AGREES:
        for sentence in found.stated:
            print(console.prose(f"Presupposed: {sentence}"))


def _relative(row: data.Row) -> float:
    return (row.value - row.predicted) / row.predicted if row.predicted else float("inf")


def _summary(claim: str, found: Finding) -> str:
    at = ", ".join(f"{name} = {numbers.shown(value)}" for name, value in found.worst.at.items())
    both = f"measured {found.worst.value:.6g}, predicted {found.worst.predicted:.6g}"
    if found.verdict == data.UNDECIDED:
        return f"no error bars (a column {data.ERROR}); largest deviation {_relative(found.worst):.2%} at {at}: {both}"
    rows = f"{len(found.rows)} rows against {claim}, chi square {found.chi_square:.2f} per row"
    return f"{rows}; largest deviation {found.worst.deviation:.1f} standard errors at {at}: {both}"
