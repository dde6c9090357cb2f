"""Where the parts of a claim stand: every file of it, found in the text of its entry, nothing imported."""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from verify import catalogue
from verify.own import places as own


def places(claim: str, package: str = catalogue.PACKAGE) -> dict[str, Any]:
    """Kinds of places -> where; files are given with a line. `package` is the one that holds the entries.

    Raises UnknownClaim for an id that is not there.
    """
    entry, mine = catalogue.entry_file(claim, package), own.place(package, claim)
    derivation = entry if mine else catalogue.derivation_file(claim)
    named, chapter = list(_imported(entry)), f"{package}.{catalogue.chapter_of(claim)}"
    experiments = [place for module, name in named if _simulates(module) and (place := _function(module, name))]
    shared = [_file(m) for m, _ in named if m.startswith("verify.references") or m == chapter]
    lemmas = [m for m, _ in (_imported(derivation) if derivation else ()) if m.startswith("derivations.")]
    return {
        "id": claim,
        "derivation": _line(derivation, "derivation", "STATEMENT") if derivation else f"derivations.{claim}",
        "lemmas": list(dict.fromkeys(_file(m) for m in lemmas if m.count(".") == 2)),
        "experiments": list(dict.fromkeys(experiments)),
        "solvers": list(dict.fromkeys(_file(m) for m, _ in named if m.startswith("numerics.solvers."))),
        "entry": _line(entry, "CLAIM"),
        "shared": list(dict.fromkeys(shared)),
        "test": f"pytest {mine.word}" if mine else f"tests/test_claims.py::test_claim[{claim}]",
        "latex_label": f"eq:{claim}",
    }


def _imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of a file; an imported module counts as itself, with an empty name."""
    for module, name in _outline(path.read_text(encoding="utf-8"))[0]:
        inner = f"{module}.{name}"
        is_module = inner.startswith(("derivations.", "numerics.")) and catalogue.source_file(inner) is not None
        yield (inner, "") if is_module else (module, name)


@functools.lru_cache(maxsize=64)  # a claim asks for the same file several times, its neighbours for what they share
def _outline(text: str) -> tuple[list[tuple[str, str]], dict[str, int], dict[str, int]]:
    """(module, name) of every import from a module; lines of the functions, and of the values, at the top of a file."""
    body = ast.parse(text).body
    imported = [
        (node.module, alias.name)
        for node in _statements(body)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]
    functions = {node.name: node.lineno for node in body if isinstance(node, ast.FunctionDef)}
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return imported, functions, {ast.unparse(name): node.lineno for node in assigned for name in node.targets}


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements, those within others included, without a look at their expressions."""
    for node in body:
        yield node
        for inner in ("body", "orelse", "handlers", "finalbody", "cases"):
            yield from _statements(getattr(node, inner, ()))


def _simulates(module: str) -> bool:
    """Whether a module stands in numerics.<chapter>."""
    return module.startswith("numerics.") and module.count(".") == 2 and not module.startswith("numerics.solvers.")


def _function(module: str, name: str) -> str | None:
    """The line of a function; None for what else a module of experiments holds."""
    path = catalogue.source_file(module)
    if path is None:
        return None
    line = _outline(path.read_text(encoding="utf-8"))[1].get(name)
    return f"{_shown(path)}:{line}" if line else None


def _line(path: Path, *names: str) -> str:
    """The line on which a file defines the first of several names that it defines at all."""
    _, functions, values = _outline(path.read_text(encoding="utf-8"))
    found = functions | values
    line = next((found[name] for name in names if name in found), 1)
    return f"{_shown(path)}:{line}"


def _file(module: str) -> str:
    path = catalogue.source_file(module)
    return _shown(path) if path else module


def _shown(path: Path) -> str:
    """A path from the current folder if it lies in it."""
    absolute, here = os.path.abspath(path), os.getcwd()
    return os.path.relpath(absolute, here) if absolute.startswith(here + os.sep) else absolute
