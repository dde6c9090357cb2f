"""Outcomes stored by content, so that an interrupted run resumes and a second run is immediate.

The key is a hash of the claim's id, the source of the three packages, the parameters of the run and the versions of the
libraries; a value is one JSON file, written atomically. A file that cannot be read back is named, removed and computed
again.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cattrs

from verify.evidence import Outcome

LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "torch", "python-flint", "hypothesis", "scikit-learn")
PACKAGES = ("derivations", "numerics", "verify")
PRESENTATION = ("verify/__init__.py", "verify/__main__.py", "verify/command/", "verify/report/")
KEPT = 100  # outcomes of one claim; older ones are removed


def default_folder() -> Path:
    """The user's cache folder, or $REDERIVE_STORE."""
    import platformdirs

    return Path(os.environ.get("REDERIVE_STORE") or platformdirs.user_cache_dir("rederive")) / "outcomes"


def versions() -> dict[str, str]:
    """Versions of the libraries that outcomes depend on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


@functools.cache
def source_digest() -> str:
    """Hash of all source that can change an outcome: the three packages without what only presents them."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(PRESENTATION):
                digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Store:
    """A folder of outcomes. `warn` is told, in one line, of files that cannot be read or written."""

    folder: Path
    warn: Callable[[str], None] = lambda line: None

    def key(self, claim: str, parameters: Mapping[str, Any]) -> str:
        identity = {"claim": claim, "source": source_digest(), "parameters": dict(parameters), "versions": versions()}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def _path(self, claim: str, key: str) -> Path:
        return self.folder / f"{claim}-{key[:32]}.json"

    def load(self, claim: str, key: str) -> Outcome | None:
        """The stored outcome, or None if there is none that can be read."""
        path = self._path(claim, key)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as problem:
            self._spoilt(path, problem)
            return None
        try:
            data = json.loads(text)
            if data["key"] != key:
                raise ValueError("it belongs to another run")
            return cattrs.structure(data["outcome"], Outcome)
        except Exception as problem:  # any damage to the file: cattrs raises many kinds
            self._spoilt(path, problem)
            return None

    def _spoilt(self, path: Path, problem: Exception) -> None:
        reason = f"cannot be read ({type(problem).__name__})"
        self.warn(f"the stored outcome {path} {reason}; it is removed and worked out again")
        with_suppressed_errors(path.unlink)

    def _files(self, claim: str) -> list[Path]:
        """The stored outcomes of a claim, newest first. Raises OSError."""
        return sorted(self.folder.glob(f"{claim}-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)

    def save(self, claim: str, key: str, outcome: Outcome) -> None:
        """Write an outcome atomically. A store that cannot be written costs a warning, not the run."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"key": key, "outcome": cattrs.unstructure(outcome)}, default=_plain)
            write_atomically(self._path(claim, key), text)
            for old in self._files(claim)[KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as problem:
            self.warn(f"outcomes are not stored: {self.folder} cannot be written ({problem.strerror})")

    def newest(self, claim: str) -> Outcome | None:
        """The last stored outcome of a claim, whatever its parameters; None if there is none."""
        try:
            paths = self._files(claim)
        except OSError:
            return None
        for path in paths:
            try:
                return cattrs.structure(json.loads(path.read_text(encoding="utf-8"))["outcome"], Outcome)
            except Exception as problem:
                self._spoilt(path, problem)
        return None


def _plain(value: Any) -> Any:
    """A NumPy number as Python's own."""
    return value.item()


def with_suppressed_errors(action: Callable[[], Any]) -> None:
    """Do what is not worth failing for."""
    try:
        action()
    except OSError:
        return


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) so that a reader sees the old or the new content, never a part. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with_suppressed_errors(lambda: os.unlink(name))
        raise
