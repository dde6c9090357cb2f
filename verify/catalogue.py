"""Finding claims: each is the CLAIM of a file of its own, `<package>/<chapter>/<claim>.py`; nothing else lists them.

Ids come from the names of files, and titles and places in the lectures from the text of the derivations: to name,
order and select claims nothing is imported. `load` imports one claim. In place of a package there may be a collection
of claims of one's own (`verify.own`).
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import functools
import importlib
import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.own import places as own

if TYPE_CHECKING:
    from verify.claim import Claim

PACKAGE = "verify.claims"
_STATEMENT = re.compile(r"^STATEMENT\b.*\n(?:(?:[ \t)#].*)?\n)*", re.MULTILINE)  # and the lines that go on with it
UNPLACED = "~"  # sorts behind every entry of the catalogue


class UnknownClaim(KeyError):
    """An id or chapter that is not there. The message names the nearest ids."""

    def __str__(self) -> str:
        return str(self.args[0])


class NothingSelected(UnknownClaim):
    """A pattern with wildcards that matches no claim."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What the text of a derivation says of its claim: title, the catalogue's entries that it covers, and its kind."""

    kind: str = ""  # statement or observation
    title: str = ""
    covers: tuple[str, ...] = ()


@functools.cache
def ids(package: str = PACKAGE) -> tuple[str, ...]:
    """The ids of all claims in the order of the lectures: by the first entry that each covers, chapters together.

    Those of a collection in its own order.
    """
    if own.is_collection(package):
        return tuple(own.places(package))
    found = [f"{path.parent.name}.{path.stem}" for folder in _folders(package) for path in folder.glob("*/[!_]*.py")]
    place = {claim: (natural((*heading(claim).covers, UNPLACED)[0]), claim) for claim in found}
    first: dict[str, Any] = {}
    for claim in sorted(found, key=place.__getitem__):
        first.setdefault(chapter_of(claim), place[claim])
    return tuple(sorted(found, key=lambda claim: (first[chapter_of(claim)], place[claim])))


@functools.cache
def heading(claim: str, package: str = PACKAGE) -> Heading:
    """Title and covers of a claim, read from derivations/<chapter>/<claim>.py; empty where there is no such file."""
    if own.place(package, claim):
        return Heading()
    path = derivation_file(claim)
    if path is None:
        return Heading()
    for node in _statement_of(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["STATEMENT"]:
            assert isinstance(node.value, ast.Call), path
            said = {k.arg: k.value for k in node.value.keywords if k.arg in ("title", "covers")}
            kind = ast.unparse(node.value.func).lower()
            return Heading(kind=kind, **{name: ast.literal_eval(value) for name, value in said.items() if name})
    return Heading()


def _statement_of(text: str) -> ast.Module:
    """The part of a file that defines STATEMENT, parsed; the whole file where that part cannot be read alone."""
    try:
        return ast.parse("".join(_STATEMENT.findall(text)))
    except SyntaxError:
        return ast.parse(text)


def derivation_file(claim: str) -> Path | None:
    """The file that derives a claim, None if there is none (claims made up in memory, for tests)."""
    return source_file(f"derivations.{claim}")


def entry_file(claim: str, package: str = PACKAGE) -> Path:
    """The file that enters a claim. Raises UnknownClaim if there is none."""
    found = own.place(package, claim)
    if found is not None:
        return found.path
    package = PACKAGE if own.is_collection(package) else package
    path = source_file(f"{package}.{claim}")
    if path is None or path.name == "__init__.py":
        raise UnknownClaim(_nearest(claim, ids(package)))
    return path


def source_file(module: str) -> Path | None:
    """The file of a module, None if it has none. Only a top-level package is looked up, and nothing is imported."""
    top, *inner = module.split(".")
    for folder in _folders(top):
        inside = folder.joinpath(*inner)
        for path in (inside.with_name(f"{inside.name}.py"), inside / "__init__.py"):
            if inner and path.is_file():
                return path
    return None


def load(claim: str, package: str = PACKAGE) -> Claim:
    """Import one claim, and nothing of the others. A collection has the suite's claims, too: its own may rest on them.

    Raises UnknownClaim for an id that is not there, ValueError if the file enters another claim, OwnClaimError.
    """
    found = own.place(package, claim)
    if found is not None:
        from verify.own.loading import load as load_own

        return load_own(found)
    return _imported(claim, PACKAGE if own.is_collection(package) else package)


@functools.cache
def _imported(claim: str, package: str) -> Claim:
    entry_file(claim, package)
    found: Claim = importlib.import_module(f"{package}.{claim}").CLAIM
    if found.id != claim:
        raise ValueError(f"{package}.{claim} enters the claim {found.id}")
    return found


class Claims(Mapping[str, "Claim"]):
    """Claims by id, in the order of the lectures; each is imported when it is asked for.

    An id that is not there raises UnknownClaim, a KeyError that names the nearest ids.
    """

    def __init__(self, package: str = PACKAGE) -> None:
        self.package = package

    def __getitem__(self, claim: str) -> Claim:
        return load(claim, self.package)

    def __iter__(self) -> Iterator[str]:
        return iter(ids(self.package))

    def __len__(self) -> int:
        return len(ids(self.package))

    def __repr__(self) -> str:
        first = next(iter(self), "chapter.claim")
        return f"<{len(self)} claims in {len(chapters(self.package))} chapters, such as {first!r}>"


def load_claims(package: str = PACKAGE) -> Claims:
    """All claims by id, in the order of the lectures."""
    return Claims(package)


def chapters(package: str = PACKAGE) -> tuple[str, ...]:
    """Names of the chapters, in order."""
    return tuple(dict.fromkeys(map(chapter_of, ids(package))))


def chapter_of(claim: str) -> str:
    """The chapter of an id."""
    return claim.partition(".")[0]


def matching(patterns: Iterable[str], package: str = PACKAGE) -> list[str]:
    """Ids that any pattern matches (an id, a chapter or a glob), in catalogue order; all for no pattern.

    Raises UnknownClaim for a name that is not there, NothingSelected for a pattern with wildcards that matches nothing.
    """
    known, wanted = ids(package), tuple(patterns)
    for pattern in wanted:
        if not any(_matches(claim, pattern) for claim in known):
            problem = NothingSelected if set(pattern) & set("*?[") else UnknownClaim
            raise problem(_nearest(pattern, known))
    return [claim for claim in known if not wanted or any(_matches(claim, pattern) for pattern in wanted)]


def select(patterns: Iterable[str], package: str = PACKAGE) -> list[Claim]:
    """The claims that `matching` names, imported."""
    return [load(claim, package) for claim in matching(patterns, package)]


def false_alarm_share(claim: Claim, package: str = PACKAGE) -> float:
    """The part of the run's budget of false alarms that each stochastic check of a claim may spend.

    The budget is divided over the claims of the package, and a claim's part over its stochastic checks, the ordeals of
    its printed forms among them: the verdict of a claim depends neither on the others nor on which of them run. A claim
    of one's own has the part of one of the suite's.
    """
    from verify.checks.base import FALSE_ALARMS

    package = PACKAGE if own.is_collection(package) else package
    return FALSE_ALARMS / max(len(ids(package)), 1) / max(len(_stochastic(claim)), 1)


def _stochastic(claim: Claim) -> set[str]:
    """Names of the stochastic checks of a claim: each prepares, and hence draws, once."""
    ordeals = [
        check for ordeal in claim.printed.values() for check in (ordeal.fails, ordeal.holds) if check is not None
    ]
    return {check.name for check in (*claim.checks, *ordeals) if check.stochastic}


def natural(text: str) -> list[tuple[str, int]]:
    """A key that sorts A10 after A9.

    >>> sorted(["A10", "A9", "B1"], key=natural)
    ['A9', 'A10', 'B1']
    """
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", text)]


def _folders(package: str) -> list[Path]:
    """Where a package lies; only its top level is looked up, nothing is imported."""
    top, *inner = package.split(".")
    found = importlib.util.find_spec(top)
    places = (found.submodule_search_locations or ()) if found else ()
    return [folder for place in places if (folder := Path(place).joinpath(*inner)).is_dir()]


def _matches(claim: str, pattern: str) -> bool:
    return pattern == chapter_of(claim) or fnmatch.fnmatchcase(claim, pattern)


def _nearest(pattern: str, known: Iterable[str]) -> str:
    chapters = tuple(dict.fromkeys(map(chapter_of, known)))
    names = [*known, *chapters]
    short = {name.rpartition(".")[2]: name for name in names}
    near = difflib.get_close_matches(pattern, names, n=3, cutoff=0.4)
    near += [short[n] for n in difflib.get_close_matches(pattern.rpartition(".")[2], short, n=3, cutoff=0.5)]
    hint = ", ".join(dict.fromkeys(near)) or f"one of {', '.join(chapters)}"
    return f"no claim matches {pattern!r}; nearest: {hint}"
