"""Loading a claim of one's own: its file is executed like any script, and what is wrong with it is said in one line."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
import types
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.own.places import FILE, OwnClaimError, Place, _hash

if TYPE_CHECKING:
    from verify.claim import Claim

_loaded: dict[tuple[Place, int], Claim] = {}


def load(place: Place) -> Claim:
    """The claim in a file or module; loaded again when the file has changed. Raises OwnClaimError.

    It gets a home of its own in sys.modules, by which its derivation is found, whatever the file calls itself.
    """
    try:
        path = place.path
        state = path.stat().st_mtime_ns
    except OSError as problem:
        raise OwnClaimError(f"{place.word} cannot be read: {problem.strerror or problem}") from problem
    key = (place, state)
    if key not in _loaded:
        home = f"own_{_hash(f'{place.where} {state}')[:12]}.{place.claim}"
        with _saying_where(place, path), contextlib.redirect_stdout(sys.stderr):
            module = _executed(home, path) if place.kind == FILE else importlib.import_module(place.where)
        _loaded[key] = _rehomed(module, home, place)
    return _loaded[key]


class _Untraced(importlib.machinery.SourceFileLoader):
    """Loads a file without leaving bytecode in the user's folder."""

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Nothing is written."""


def finder(folder: str) -> importlib.machinery.FileFinder:
    """Finds what lies in a folder as Python does, and leaves no bytecode there."""
    kinds = importlib.machinery
    return kinds.FileFinder(
        folder,
        (kinds.ExtensionFileLoader, kinds.EXTENSION_SUFFIXES),
        (_Untraced, kinds.SOURCE_SUFFIXES),
        (kinds.SourcelessFileLoader, kinds.BYTECODE_SUFFIXES),
    )


def _executed(home: str, path: Path) -> types.ModuleType:
    """The module of a file. Files beside it can be imported, by name or relatively."""
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)  # last: a file of the user's hides no library
    parts = home.split(".")[:-1]
    for k in range(1, len(parts) + 1):
        package = types.ModuleType(".".join(parts[:k]))
        package.__path__ = [folder]
        sys.modules.setdefault(package.__name__, package)
    sys.path_importer_cache[folder] = finder(folder)
    spec = importlib.util.spec_from_file_location(home, path, loader=_Untraced(home, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[home] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[home]
        raise
    return module


@contextlib.contextmanager
def _saying_where(place: Place, path: Path):
    """Whatever a file raises as it is loaded, in one line."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except SyntaxError as problem:
        line = f"line {problem.lineno}: " if problem.filename == str(path) else ""
        raise OwnClaimError(f"{place.word} cannot be read: {line}{problem.msg}; mend the file") from problem
    except BaseException as problem:  # SystemExit, too
        own = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path)]
        line = f"line {own[-1].lineno}: " if own else ""
        said = " ".join(str(problem).split())
        reason = f"{type(problem).__name__}: {said}" if said else type(problem).__name__
        raise OwnClaimError(f"{place.word} cannot be loaded: {line}{reason}; mend the file") from problem


def _rehomed(module: types.ModuleType, home: str, place: Place) -> Claim:
    from derivations.statement import Observation
    from verify.claim import Claim
    from verify.compile import LackingQuantity

    claim = getattr(module, "CLAIM", None)
    if not isinstance(claim, Claim):
        kind = "is missing" if claim is None else f"is a {type(claim).__name__}"
        raise OwnClaimError(f"{place.word} cannot be loaded: CLAIM {kind}; it is made as CLAIM = Claim(...)")
    if not callable(getattr(module, "derivation", None)):
        if not isinstance(claim.statement, Observation) and hasattr(module, "derivation"):
            raise OwnClaimError(
                f"{place.word} cannot be loaded: derivation is no function; it returns a tuple of steps"
            )
        setattr(module, "derivation", tuple)  # noqa: B010  no steps
    with contextlib.suppress(LackingQuantity):  # which the evidence says
        lacking = "" if isinstance(claim.statement, Observation) else claim.candidate().lacking
        if lacking:
            raise OwnClaimError(f"{place.word} has a formula without numbers: {lacking}; write it another way")
    sys.modules[home] = module
    return replace(claim, statement=replace(claim.statement, module=home))
