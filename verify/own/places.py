"""Claims outside of the suite: files, folders, and packages with an entry point of the group `rederive.claims`.

What a command line names becomes a collection: one text, which stands where the name of the package of claims stands
otherwise, so that settings, jobs and the store carry it to wherever a claim is loaded.
"""

from __future__ import annotations

import ast
import fnmatch
import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

GROUP = "rederive.claims"  # of entry points
PREFIX = "own:"  # of a collection
FILE, MODULE, SUITE = "file", "module", "suite"
ENVIRONMENTS = ("pyvenv.cfg", "conda-meta")  # mark a folder of installed packages


class OwnClaimError(LookupError):
    """A claim of one's own that cannot be found or loaded. The message names the file, the reason and the mend."""


class NoClaims(OwnClaimError):
    """A folder or package without any claim."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a claim is: a file by its absolute path, a module by its dotted name, or in the suite by its id."""

    claim: str
    kind: str
    where: str

    @property
    def path(self) -> Path:
        """The file."""
        if self.kind == FILE:
            return Path(self.where)
        spec = importlib.util.find_spec(self.where)
        if spec is None or not spec.origin:
            raise OwnClaimError(f"the module {self.where} of the claim {self.claim} is gone; install its package again")
        return Path(spec.origin)

    @property
    def word(self) -> str:
        """What names the claim on a command line, from the current folder."""
        if self.kind == FILE:
            inside = os.path.relpath(self.where)
            return self.where if inside.startswith("..") else inside
        return self.claim


# ------------------------------------------------------------------------------------------------ collections


def collection(words: Sequence[str], in_suite: Callable[[str], Sequence[str]]) -> str | None:
    """The collection that the words of a command line name, None if none of them is a claim of one's own.

    `in_suite` gives the ids of the suite that a word matches. Raises OwnClaimError, NoClaims.
    """
    found: list[Place] = []
    own = False
    for word in words:
        ids = () if _is_path(word) else in_suite(word)
        places = [] if ids else list(_named(word))
        own |= bool(places)
        if not ids and not places:
            return None  # an unknown id: the catalogue says what is near
        found += places or [Place(claim=claim, kind=SUITE, where=claim) for claim in ids]
    if not own:
        return None
    places_by_id: dict[str, Place] = {}
    for place in found:
        other = places_by_id.setdefault(place.claim, place)
        if other != place:
            raise OwnClaimError(f"{other.word} and {place.word} are both the claim {place.claim}; rename one of them")
    return PREFIX + json.dumps([[p.claim, p.kind, p.where] for p in places_by_id.values()])


def of_files(paths: Sequence[Path]) -> str:
    """The collection of some files. Raises OwnClaimError."""
    name = collection([os.path.abspath(path) for path in paths], lambda word: ())
    assert name is not None
    return name


def is_collection(package: str) -> bool:
    """Whether a package of claims is a collection."""
    return package.startswith(PREFIX)


def places(package: str) -> dict[str, Place]:
    """The claims of a collection by id, in their order."""
    rows = json.loads(package.removeprefix(PREFIX))
    return {claim: Place(claim=claim, kind=kind, where=where) for claim, kind, where in rows}


def place(package: str, claim: str) -> Place | None:
    """Where a claim is, if it is one of one's own; None for one of a package, also where a collection names it.

    What a claim of a collection rests on may also lie in a file beside it that nobody named.
    """
    if not is_collection(package):
        return None
    named = places(package)
    found = named.get(claim) or _beside(named.values(), claim)
    return None if found is None or found.kind == SUITE else found


def _beside(named: Iterable[Place], claim: str) -> Place | None:
    """The claim in a file that lies beside one of some claims."""
    for folder in dict.fromkeys(Path(found.where).parent for found in named if found.kind == FILE):
        path = folder / f"{claim.rpartition('.')[2]}.py"
        if path.is_file() and id_of(path) == claim:
            return Place(claim=claim, kind=FILE, where=str(path))
    return None


def stored_as(package: str, claim: str) -> str:
    """The name under which outcomes of a claim are stored: two files in folders of the same name are two claims."""
    found = place(package, claim)
    return claim if found is None else f"{claim}@{_hash(found.where)[:12]}"


# ------------------------------------------------------------------------------------------------ finding


def _is_path(word: str) -> bool:
    separators = {os.sep, os.altsep or os.sep}
    return word.endswith(".py") or word in (os.curdir, os.pardir) or any(s in word for s in separators)


def _named(word: str) -> Iterator[Place]:
    if _is_path(word) or os.path.isdir(word):
        yield from _of_path(word)
    else:
        yield from _registered(word)


def _of_path(word: str) -> Iterator[Place]:
    path = Path(os.path.abspath(word))
    try:
        if path.is_dir():
            files = [file for file in _files(path) if has_claim(file)]
            if not files:
                raise NoClaims(f"no file in {word} defines CLAIM; rederive new {path.name}/NAME.py writes one")
        elif path.is_file():
            files = [path]
            if path.suffix != ".py":
                raise OwnClaimError(f"{word} is no Python file; a claim is a file such as {path.stem}.py")
            if not has_claim(path):
                raise OwnClaimError(
                    f"{word} defines no CLAIM; a file of a claim ends in CLAIM = Claim(...), as rederive new writes it"
                )
        else:
            mend = f"; rederive new {word} writes a template" if path.suffix == ".py" else ""
            raise OwnClaimError(f"{word} does not exist{mend}")
    except OSError as problem:
        raise OwnClaimError(f"{word} cannot be read: {problem.strerror or problem}; make it readable") from problem
    for file in files:
        yield Place(claim=id_of(file), kind=FILE, where=str(file))


def identifier(name: str) -> str:
    """The name of a folder or file as a part of an id.

    >>> identifier("My gates-2")
    'my_gates_2'
    """
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "own"
    return word if word[0].isalpha() else f"n{word}"


def id_of(file: Path) -> str:
    """The id of a claim in a file: names of folder and file."""
    return f"{identifier(file.parent.name)}.{identifier(file.stem)}"


def _files(folder: Path) -> Iterator[Path]:
    """The Python files in a folder and below, sorted; not those of environments, nor hidden or private ones."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            if path.name != "node_modules" and not any((path / mark).exists() for mark in ENVIRONMENTS):
                yield from _files(path)
        elif path.suffix == ".py":
            yield path


def has_claim(path: Path) -> bool:
    """Whether a file defines CLAIM at its top level; one that cannot be parsed but names it counts, and fails when it
    is loaded. Raises OSError."""
    source = path.read_bytes()
    if b"CLAIM" not in source:
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return True
    targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
    targets += [n.target for n in tree.body if isinstance(n, ast.AnnAssign)]
    return any(isinstance(t, ast.Name) and t.id == "CLAIM" for t in targets)


def _registered(word: str) -> Iterator[Place]:
    """Claims of installed packages: a word is the name of an entry point, or it and the name of a claim, or a glob."""
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        for found in (
            _of_package(entry.name, entry.value.partition(":")[0].strip()) if _begins(word, entry.name) else ()
        ):
            if word == entry.name or fnmatch.fnmatchcase(found.claim, word):
                yield found


def _begins(word: str, name: str) -> bool:
    return fnmatch.fnmatchcase(name, word.partition(".")[0])


def _of_package(name: str, module: str) -> Iterator[Place]:
    said = f"the entry point {name} of {GROUP} names {module}"
    try:
        spec = importlib.util.find_spec(module)
    except Exception as problem:  # the package itself is imported on the way
        raise OwnClaimError(f"{said}, which cannot be imported: {type(problem).__name__}: {problem}") from problem
    if spec is None:
        raise OwnClaimError(f"{said}, which does not exist; install its package again")
    found = []
    for folder in map(Path, spec.submodule_search_locations or ()):
        for path in _files(folder):
            if has_claim(path):
                found.append(".".join((module, *path.relative_to(folder).with_suffix("").parts)))
    if not spec.submodule_search_locations:
        found = [module]
    if not found:
        raise NoClaims(f"{said}, where no module defines CLAIM")
    for inner in found:
        claim = f"{identifier(name)}.{identifier(inner.rpartition('.')[2])}"
        yield Place(claim=claim, kind=MODULE, where=inner)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
