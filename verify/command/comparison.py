"""What `rederive compare` prints of two expressions."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from rich.text import Text

from verify.command import console
from verify.compare.judge import DIFFERENT, EQUAL, UNDECIDED, Answer

CODES = {EQUAL: 0, DIFFERENT: 1, UNDECIDED: 4}
COLOURS = {EQUAL: "green", DIFFERENT: "red", UNDECIDED: "yellow"}


def data(options: argparse.Namespace, found: Answer) -> dict[str, Any]:
    """The answer as JSON types."""
    asked = {"expressions": [options.left.strip(), options.right.strip()], "where": options.where}
    answer = asdict(found)
    return asked | {**answer, "at": dict(found.at), "slopes": dict(found.slopes), "notes": list(found.notes)}


def show(found: Answer) -> None:
    """The verdict, both values at a point, how the sides are related, and notes."""
    console.show(Text.assemble((found.verdict, COLOURS[found.verdict]), f": {_how(found)}"))
    rows = [("at", ", ".join(f"{name} = {number}" for name, number in found.at.items()))] if found.at else []
    rows += [(name, number) for name, number in (("left", found.left), ("right", found.right)) if number is not None]
    table = console.grid(2)
    for name, text in rows:
        table.add_row(console.INDENT + name, text)
    if rows:
        console.show(table)
    for sentence in (*relations(found), *found.notes):
        print(console.prose(sentence))


def _how(found: Answer) -> str:
    if found.verdict == UNDECIDED:
        return found.how
    if found.verdict == DIFFERENT:
        return "balls around both values are apart"
    if found.digits is None or not found.points:
        return "proved"
    certified = f"certified to {found.digits} digits"
    if found.at:
        certified += f" at {found.points} points"
    return f"proved, and {certified}" if found.how == "proved" else f"{certified}; not proved"


def _power(name: str, slope: str) -> str:
    return name if slope == "1" else f"{name}^{slope}" if slope.isdigit() else f"{name}^({slope})"


def relations(found: Answer) -> list[str]:
    """How the sides are related, in words."""
    said = []
    points = f"at all {found.points} points" if found.points > 1 else "at the one point that tells"
    if found.ratio is not None:
        said.append(f"left = {found.ratio} * right, {points}")
    if found.difference is not None:
        said.append(f"left - right = {found.difference}, {points}")
    if found.slopes:
        powers = " * ".join(_power(name, slope) for name, slope in found.slopes.items() if slope != "0")
        if found.prefactor is None:
            said.append(f"left / right goes like {powers}")
        else:
            factor = "" if found.prefactor == "1" else f"{found.prefactor} * "
            said.append(f"left = {factor}{powers} * right, {points}")
    return said
