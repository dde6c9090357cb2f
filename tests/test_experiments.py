"""Experiments say what they hand over: every key of `given` stands in the docstring of the experiment."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import numerics

ROOT = Path(numerics.__file__).parent
MODULES = [path for path in sorted(ROOT.glob("*/*.py")) if path.parent.name != "solvers"]
Function = ast.FunctionDef


def functions(tree: ast.Module) -> dict[str, Function]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def keys(node: ast.expr, scope: Function, known: dict[str, Function]) -> set[str]:
    """Literal keys of a mapping: of displays and of `dict(...)`, through names and functions of the same module.

    Of a key with a number in it, such as f"weights {n}", what stands before the number.
    """
    found: set[str] = set()
    match node:
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                found |= keys(value, scope, known) if key is None else spelled(key)
        case ast.DictComp():
            found |= spelled(node.key)
        case ast.BinOp():
            found |= keys(node.left, scope, known) | keys(node.right, scope, known)
        case ast.IfExp():
            found |= keys(node.body, scope, known) | keys(node.orelse, scope, known)
        case ast.Call(func=ast.Name(id="dict")):
            found |= {k.arg for k in node.keywords if k.arg}
            for part in [*node.args, *(k.value for k in node.keywords if k.arg is None)]:
                found |= keys(part, scope, known)
        case ast.Call(func=ast.Name(id=name)) if name in known:
            for inner in ast.walk(known[name]):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    found |= keys(inner.value, known[name], known)
        case ast.Name(id=name):
            for inner in ast.walk(scope):
                found |= assigned(inner, name, scope, known)
    return found


def spelled(key: ast.expr) -> set[str]:
    """The literal text of one key."""
    if isinstance(key, ast.JoinedStr):
        key = key.values[0]
    return {str(key.value).strip()} if isinstance(key, ast.Constant) else set()


def assigned(node: ast.AST, name: str, scope: Function, known: dict[str, Function]) -> set[str]:
    """Keys that one statement of a function gives to the mapping of this name."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return keys(value, scope, known)
        case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
            return keys(value, scope, known)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=target), slice=key)]) if target == name:
            return spelled(key)
    return set()


def handed_over(function: Function, known: dict[str, Function]) -> set[str]:
    """Keys of `given` in the measurements that a function makes, itself or in a helper that makes them for it."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.keyword) and node.arg == "given":
            found |= keys(node.value, function, known)
    return found


def documented(function: Function, known: dict[str, Function]) -> str:
    """What a docstring says from its word "Given" on, with what the experiments that it refers to say there."""
    text = (ast.get_docstring(function) or "").partition("Given")[2]
    others = {name: known[name] for name in known if name != function.name}
    return text + "".join(documented(others[name], others) for name in re.findall(r"`(\w+)`", text) if name in others)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_given_is_documented(path):
    known = functions(ast.parse(path.read_text(encoding="utf-8")))
    missing = []
    for name, function in known.items():
        text = documented(function, known)
        missing += [f"{name}: {key}" for key in handed_over(function, known) if not re.search(rf"\b{key}\b", text)]
    assert not missing


def test_the_search_finds_keys_however_they_are_written():
    known = functions(
        ast.parse(
            "def shape(tree):\n    return {'depth': 1}\n"
            "def run(n):\n"
            "    facts = dict(tau=1, **shape(n))\n"
            "    facts['start'] = 2\n"
            "    facts |= {f'weights {n}': 3}\n"
            "    return Measurement(given={**facts, 'late': 4} | {'more': 5})\n"
        )
    )
    assert handed_over(known["run"], known) == {"tau", "depth", "start", "weights", "late", "more"}
