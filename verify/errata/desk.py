"""The rows of the errata desk, read from desk.toml and checked: a desk that exists is consistent in itself.

Formulas that differ from the true one stand as Printed forms at their claims, where the claims' own checks judge them.
The desk adds one sentence for a slide to each, and everything that has no formula: conventions, letters, titles.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derivations.statement import bibliography
from verify.bibliography import differences

FILE = Path(__file__).with_name("desk.toml")
PLACES = ("printed", "units", "notation", "confirmed", "citation", "number")


class DeskError(ValueError):
    """A row of the errata desk is not well formed."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One erratum: where it is settled, and one sentence for a slide.

    place     one of PLACES; `also` is a second one
    printed, correct, where, evidence   of a row that no claim states
    claims    ids of the claims that bear it out

    Raises DeskError if something is missing.
    """

    id: str
    place: str
    slide: str
    also: str = ""
    printed: str = ""
    correct: str = ""
    where: str = ""
    evidence: str = ""
    claims: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = {self.place, self.also or self.place} - {*PLACES}
        if unknown:
            raise DeskError(f"{self.id}: no place {', '.join(sorted(unknown))}")
        if not self.slide.strip().endswith("."):
            raise DeskError(f"{self.id}: a row needs a sentence for a slide")

    @property
    def in_use(self) -> bool:
        """Whether it circulates in public code, and stands in no document."""
        return self.id.startswith("U")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A convention of a document beside the suite's, and the factor between them."""

    erratum: str
    documents: tuple[str, ...]
    quantity: str
    theirs: str
    ours: str
    factor: str
    claims: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Notation:
    """A letter that means several things; `names` are the suite's own names of the letters that replace it."""

    erratum: str
    documents: tuple[str, ...]
    letter: str
    clash: str
    ours: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """A formula that looks doubtful and is right; `entry` of the catalogue leads to the claims that confirm it."""

    entry: str
    erratum: str
    printed: str
    doubt: str


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number that public code or papers quote, which verify.errata.numbers judges."""

    erratum: str
    topic: str
    theirs: str


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A title with the surnames of authors as a list of references has them, and the entry of references.bib.

    Raises DeskError if there is no such entry.
    """

    erratum: str
    document: str
    where: str
    title: str
    authors: tuple[str, ...]
    entry: str

    def __post_init__(self) -> None:
        if self.entry not in bibliography():
            raise DeskError(f"{self.erratum}: references.bib has no {self.entry}")

    @property
    def differences(self) -> list[str]:
        """Where what is printed differs from the entry."""
        return differences(self.entry, self.title, self.authors)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """All rows, and the tables that they lead to. Raises DeskError if a row lacks its place, or a place its row."""

    rows: tuple[Row, ...]
    units: tuple[Unit, ...]
    notation: tuple[Notation, ...]
    confirmed: tuple[Confirmed, ...]
    citations: tuple[Citation, ...]
    numbers: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        ids = [row.id for row in self.rows]
        if len(set(ids)) != len(ids):
            raise DeskError(f"listed twice: {', '.join(sorted({name for name in ids if ids.count(name) > 1}))}")
        tables: dict[str, tuple[Any, ...]] = {
            "units": self.units,
            "notation": self.notation,
            "confirmed": self.confirmed,
            "citation": self.citations,
            "number": self.numbers,
        }
        for place, entries in tables.items():
            wanted = {row.id for row in self.rows if place in (row.place, row.also)}
            found = {entry.erratum for entry in entries}
            if wanted != found:
                raise DeskError(f"{place}: only one of row and table has {', '.join(sorted(wanted ^ found))}")

    def row(self, erratum: str) -> Row | None:
        """The row of an erratum, None if there is none."""
        return next((row for row in self.rows if row.id == erratum), None)

    def only(self, errata: Collection[str]) -> Desk:
        """The desk with some errata alone."""
        return Desk(
            rows=tuple(row for row in self.rows if row.id in errata),
            units=tuple(unit for unit in self.units if unit.erratum in errata),
            notation=tuple(clash for clash in self.notation if clash.erratum in errata),
            confirmed=tuple(one for one in self.confirmed if one.erratum in errata),
            citations=tuple(title for title in self.citations if title.erratum in errata),
            numbers=tuple(number for number in self.numbers if number.erratum in errata),
        )


@functools.cache
def desk() -> Desk:
    """The errata desk. Raises DeskError."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Desk(
        rows=_read(Row, data, "row"),
        units=_read(Unit, data, "unit"),
        notation=_read(Notation, data, "notation"),
        confirmed=_read(Confirmed, data, "confirmed"),
        citations=_read(Citation, data, "citation"),
        numbers=_read(Number, data, "number"),
    )


def _read(kind: Any, data: dict[str, Any], name: str) -> tuple[Any, ...]:
    found = []
    for number, entry in enumerate(data.get(name, ()), start=1):
        try:
            found.append(kind(**{key: _frozen(value) for key, value in entry.items()}))
        except TypeError as problem:
            raise DeskError(f"{name} {number}: {problem}") from None
    return tuple(found)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
