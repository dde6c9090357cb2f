"""The sources that an outcome depends on: all that the claim's file imports, and all that the schedule imports.

Imports are followed by grimp, those inside functions included; it reads the three packages in 0.1 s, where Python's ast
takes 0.5 s. What only presents outcomes is imported by neither, so it does not count. A file outside the packages, as
for a claim of one's own, is followed as far as its imports are not installed; files of data that it names count, too.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import grimp
from grimp.exceptions import SourceSyntaxError

from verify.catalogue import PACKAGE
from verify.own import places as own

PACKAGES = ("derivations", "numerics", "verify")
MACHINERY = "verify.run.schedule"
PRESENTATION = ("verify.command", "verify.report")
FACADE = "rederive"
LONGEST_NAME = 200  # of a file, beyond which a text names none


def digest(package: str, claim: str) -> str:
    """Hash of the sources behind a claim of a package of claims, or of a collection. Raises OwnClaimError, OSError."""
    found = own.place(package, claim)
    if found is not None and found.kind == own.FILE:
        return known().digest_of_file(found.path)
    if found is not None:
        return known(found.where.partition(".")[0]).digest_of_module(found.where)
    package = PACKAGE if own.is_collection(package) else package
    return known(package.partition(".")[0]).digest_of_claim(package, claim)


def everything(package: str) -> str:
    """Hash of all files of the packages that a claim of `package` may rest on, those of data and of pages included."""
    total = hashlib.sha256()
    for top in dict.fromkeys((*PACKAGES, package.partition(".")[0])):
        for path in sorted(_folder(top).rglob("*.*")):
            if path.parent.name != "__pycache__" and path.is_file():
                total.update(_hash(top, path) + os.fsencode(path))
    return total.hexdigest()


@functools.cache
def known(top: str = "verify") -> Sources:
    """The sources as they are now, with those of the top-level package `top`."""
    return Sources(tuple(dict.fromkeys((*PACKAGES, top))))


class Sources:
    """Who imports whom in some top-level packages. Reads each file once."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self.folders = {package: _folder(package) for package in packages}
        self.graph: grimp.ImportGraph | None
        try:
            first, *others = packages
            self.graph = grimp.build_graph(first, *others, cache_dir=None, exclude_type_checking_imports=True)
        except SourceSyntaxError:  # a file that is being edited: then everything counts
            self.graph = None
        self.modules = frozenset(self.graph.modules if self.graph is not None else self._found())
        self.imported: dict[str, frozenset[str]] = {}
        self.hashes: dict[str, bytes] = {}

    def digest_of_claim(self, package: str, claim: str) -> str:
        """Hash of the sources behind a claim's file, or behind its chapter where claims have no files of their own."""
        own, chapter = f"{package}.{claim}", f"{package}.{claim.partition('.')[0]}"
        if own in self.modules:
            return self._digest({own})
        return self._digest({name for name in self.modules if f"{name}.".startswith(f"{chapter}.")})

    def digest_of_module(self, name: str) -> str:
        """Hash of the sources behind a module."""
        return self._digest({name} if name in self.modules else set(self.modules))

    def digest_of_file(self, path: Path) -> str:
        """Hash of the sources behind a file, wherever it lies. Raises OSError."""
        return self._digest(*self._behind(path.resolve()))

    def closure(self, starts: set[str]) -> set[str]:
        """Modules that importing some modules and the schedule would import, these included."""
        if self.graph is None:
            return {name for name in self.modules if not name.startswith(PRESENTATION)}
        return self._following(starts, self._machinery) | self._machinery

    @functools.cached_property
    def _facade(self) -> set[str]:
        """The modules from which names are re-exported for claims of one's own."""
        import rederive

        return set(rederive.HOMES) & self.modules

    @functools.cached_property
    def _machinery(self) -> set[str]:
        return self._following({MACHINERY}, set())

    def _following(self, starts: set[str], known: set[str]) -> set[str]:
        found: set[str] = set()
        waiting = starts - known
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= self._imports(name) - found - known
        return found

    def _digest(self, modules: set[str], files: frozenset[Path] = frozenset()) -> str:
        total = hashlib.sha256()
        for name in sorted(self.closure(modules)):
            total.update(self._hash(name))
        for path in sorted(files):
            total.update(_hash(path.name, path))
        return total.hexdigest()

    def _found(self) -> Iterator[str]:
        for package, folder in self.folders.items():
            for path in folder.rglob("*.py"):
                parts = path.relative_to(folder).with_suffix("").parts
                yield ".".join((package, *(parts[:-1] if parts[-1] == "__init__" else parts)))

    def _imports(self, name: str) -> frozenset[str]:
        """The modules that a module imports, and the package that it is in."""
        if name not in self.imported:
            assert self.graph is not None
            package = name.rpartition(".")[0]
            direct = self.graph.find_modules_directly_imported_by(name)
            self.imported[name] = frozenset({*direct, *([package] if package else ())})
        return self.imported[name]

    def _hash(self, name: str) -> bytes:
        if name not in self.hashes:
            package, *parts = name.split(".")
            self.hashes[name] = _hash(name, _candidates(self.folders[package], parts)[0])
        return self.hashes[name]

    def _behind(self, start: Path) -> tuple[set[str], frozenset[Path]]:
        """Modules of the packages, and files outside of them, that a file outside of them imports, itself included."""
        modules: set[str] = set()
        files: set[Path] = set()
        waiting = [start]
        while waiting:
            path = waiting.pop()
            files.add(path)
            files |= _data(path)
            for folder, name in _names(path):
                if folder is None and name in self.modules:
                    modules.add(name)
                    continue
                if folder is None and name == FACADE:  # which imports on demand, by name
                    modules |= self._facade
                    continue
                if folder is None and name.partition(".")[0] in sys.stdlib_module_names:
                    continue
                folders = [folder] if folder else [path.parent, *_own_folders()]
                for place in folders:
                    waiting += [other for other in _candidates(place, name.split(".")) if other not in files]
        return modules, frozenset(files)


def _hash(name: str, path: Path) -> bytes:
    return hashlib.sha256(os.fsencode(name) + b"\0" + path.read_bytes()).digest()


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


def _names(path: Path) -> set[tuple[Path | None, str]]:
    """What a file imports, with every package on the way: (folder of a relative import or None, dotted name)."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # it will fail when it is run
        return set()
    found: set[tuple[Path | None, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(None, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[node.level - 1] if node.level else None
            home = f"{node.module}." if node.module else ""
            found |= {(folder, home + alias.name) for alias in node.names}
    return {
        (folder, ".".join(parts[:k]))
        for folder, name in found
        for parts in [name.split(".")]
        for k in range(1, len(parts) + 1)
    }


def _data(path: Path) -> set[Path]:
    """The files that a file of Python names in a text: those beside it, and in folders beside it that it names too."""
    try:
        nodes = ast.walk(ast.parse(path.read_bytes()))
    except (SyntaxError, ValueError):
        return set()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = sorted(text for text in texts if 0 < len(text) < LONGEST_NAME and text.isprintable() and text.strip(". /"))
    folders = [path.parent, *(path.parent / name for name in names if (path.parent / name).is_dir())]
    return {folder / name for folder in folders for name in names if (folder / name).is_file()} - {path}


@functools.cache
def _own_folders() -> tuple[Path, ...]:
    """Where Python looks for modules, without what is installed and without its own."""
    installed = [Path(path).resolve() for path in sysconfig.get_paths().values()]
    places = [Path(entry or ".").resolve() for entry in sys.path]
    return tuple(
        place
        for place in places
        if not {"site-packages", "dist-packages"} & set(place.parts) and not any(map(place.is_relative_to, installed))
    )


def _candidates(folder: Path, parts: list[str]) -> list[Path]:
    """The files that a dotted name means in a folder: a module, or a package."""
    path = folder.joinpath(*parts)
    return [p for p in (path / "__init__.py", path.parent / f"{path.name}.py") if p.is_file()]
