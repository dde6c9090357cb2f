"""Where the parts of a claim stand: derivation, experiments, entry, test, LaTeX label."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from verify import latex
from verify.catalogue import entry_modules
from verify.claim import Claim

EXPERIMENTS = ("quick", "full", "control")  # the fields of checks that hold experiments


def places(claim: Claim, package: str) -> dict[str, Any]:
    """Kinds of places -> where; files are given with a line. `package` is the one that holds the entries."""
    return {
        "id": claim.id,
        "derivation": _derivation(claim),
        "experiments": list(dict.fromkeys(_place(f) for f in _experiments(claim))),
        "entry": _entry(claim, package),
        "test": f"tests/test_claims.py::test_claim[{claim.id}]",
        "latex_label": latex.label(claim.id),
    }


def _derivation(claim: Claim) -> str:
    """Where `derivation` is defined; for an Observation, where it is stated."""
    module = importlib.import_module(claim.statement.module)
    function = getattr(module, "derivation", None)
    if function is not None:
        return _place(inspect.unwrap(function))
    return _shown(module.__file__) if getattr(module, "__file__", None) else claim.statement.module


def _experiments(claim: Claim) -> Iterator[Callable]:
    """The functions that simulate: those of the checks, or what those of the entry itself call from numerics."""
    checks = list(claim.checks)
    for ordeal in claim.printed.values():
        checks += [check for check in (ordeal.fails, ordeal.holds) if check is not None]
    for check in checks:
        for field in EXPERIMENTS:
            function = getattr(check, field, None)
            while isinstance(function, functools.partial):
                function = function.func
            if function is None:
                continue
            function = inspect.unwrap(function)
            yield from _called(function) or [function]


def _called(function: Callable) -> list[Callable]:
    """Experiments that a function of an entry names."""
    code = getattr(function, "__code__", None)
    if code is None or _simulates(function):
        return []
    named = [function.__globals__.get(name) for name in code.co_names]  # type: ignore[attr-defined]
    return [f for f in named if inspect.isfunction(f) and _simulates(f)]


def _simulates(function: Callable) -> bool:
    """Whether a function stands in numerics.<chapter>."""
    package, _, rest = function.__module__.partition(".")
    return package == "numerics" and "." in rest and not rest.startswith("solvers.")


def _entry(claim: Claim, package: str) -> str:
    """The line of the entry in the chapter's CLAIMS: the call whose arguments name the claim."""
    modules = entry_modules(package, claim.chapter)
    home = next((m for m in modules if any(c.id == claim.id for c in m.CLAIMS)), modules[0])
    path = Path(home.__file__ or "")
    short = claim.id.rpartition(".")[2]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (ast.unparse(call.func) != "Claim", call.lineno)):
        for value in (*(k.value for k in node.keywords if k.arg == "statement"), *node.args):
            if isinstance(value, (ast.Name, ast.Attribute, ast.Constant)) and short in re.split(
                r"\W", ast.unparse(value)
            ):
                return f"{_shown(path)}:{node.lineno}"
    return _shown(path)


def _place(function: Callable) -> str:
    code = getattr(function, "__code__", None)
    return f"{_shown(code.co_filename)}:{code.co_firstlineno}" if code else f"{function.__module__}.{function!r}"


def _shown(path: str | Path | None) -> str:
    """A path from the current folder if it lies in it."""
    absolute, here = os.path.abspath(str(path)), os.getcwd()
    return os.path.relpath(absolute, here) if absolute.startswith(here + os.sep) else absolute
