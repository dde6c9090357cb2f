"""Outcomes stored by content, so that an interrupted run resumes and a second run is immediate.

The key is a hash of the claim's id, the sources behind it, the parameters of the run and the versions of the libraries;
a value is one JSON file, written atomically. What another version of rederive has written is left alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cattrs

from verify import evidence
from verify.catalogue import PACKAGE
from verify.evidence import Outcome
from verify.own.places import stored_as
from verify.run import sources
from verify.run.cost import Cost
from verify.run.settings import cache_folder, processor

LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "torch", "python-flint", "hypothesis", "scikit-learn")
KEPT = 100  # outcomes of one claim; older ones are removed


def default_folder() -> Path:
    """Where outcomes are kept."""
    return cache_folder() / "outcomes"


def versions() -> dict[str, str]:
    """Versions of the libraries that outcomes depend on."""
    return {name: installed(name) for name in LIBRARIES}


@functools.cache
def installed(library: str) -> str:
    """The version of a library, or "absent"."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def environment() -> dict[str, str]:
    """Versions, processor and threads, as they stand in the report."""
    return {
        "python": platform.python_version(),
        **versions(),
        "platform": platform.system(),
        "cpu": processor(),
        "threads": "1 per worker",
    }


@functools.cache
def shape() -> str:
    """Hash of the form that outcomes have in this version: what has another one was stored by another version."""
    kinds = [k for k in vars(evidence).values() if isinstance(k, type) and k.__module__ == evidence.__name__]
    parts = [
        (k.__name__, [m.value for m in k] if issubclass(k, enum.Enum) else [(f.name, f.type) for f in _fields(k)])
        for k in kinds
    ]
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()[:16]


def _fields(kind: Any) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An outcome as it lies in the store, the hash of the sources that it was made with, and what its jobs cost."""

    outcome: Outcome
    source: str
    key: str
    profile: str = ""
    costs: tuple[tuple[str, Cost], ...] = ()


@dataclass(frozen=True)
class Store:
    """A folder of outcomes of the claims of a package.

    `warn` is told, in one line, of files that cannot be read, and once that none can be written.
    """

    folder: Path
    warn: Callable[[str], None] = lambda line: None
    package: str = PACKAGE
    _told: list[str] = field(default_factory=list, compare=False, repr=False)

    def key(self, claim: str, parameters: Mapping[str, Any]) -> str:
        """The key of a claim under the parameters of a run, its sources being as they are now."""
        source = sources.digest(self.package, claim)
        identity = {"claim": claim, "source": source, "parameters": dict(parameters), "versions": versions()}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def path(self, claim: str, key: str) -> Path:
        """The file of an outcome."""
        return self.folder / f"{stored_as(self.package, claim)}-{key[:32]}.json"

    def load(self, claim: str, key: str) -> Outcome | None:
        """The stored outcome, or None if there is none that can be read: then what stands in its place is removed."""
        path = self.path(claim, key)
        try:
            found = _read(path)
            if found is None or found.key != key:
                raise ValueError("it belongs to another run")
            return found.outcome
        except FileNotFoundError:
            return None
        except Exception as problem:  # any damage to the file: cattrs raises many kinds
            self.discard(claim, key, f"cannot be read ({type(problem).__name__})")
            return None

    def discard(self, claim: str, key: str, reason: str) -> None:
        """Make place for a new outcome, and say why. A folder in its place is not deleted but renamed."""
        path = self.path(claim, key)
        try:
            if path.is_dir():
                aside = Path(tempfile.mkdtemp(prefix=f"{path.name}.aside-", dir=self.folder))
                path.replace(aside)
                done = f"it is now {aside}"
            else:
                path.unlink(missing_ok=True)
                done = "it is removed"
        except OSError as problem:
            done = f"it cannot be removed ({problem.strerror})"
        self.warn(f"the stored outcome {path} {reason}; {done} and the claim is worked out again")

    def save(
        self,
        claim: str,
        key: str,
        outcome: Outcome,
        profile: str = "",
        costs: tuple[tuple[str, Cost], ...] = (),
    ) -> bool:
        """Write an outcome atomically. A store that cannot be written costs a warning, not the run: then False."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            source = sources.digest(self.package, claim)
            stored = Stored(outcome=outcome, source=source, key=key, profile=profile, costs=costs)
            write_atomically(self.path(claim, key), _written(stored))
        except OSError as problem:
            if not self._told:
                self._told.append(f"outcomes are not stored: {self.folder} cannot be written ({problem.strerror})")
                self.warn(self._told[0])
            return False
        for old in self._files(claim)[KEPT:]:
            with_suppressed_errors(old.unlink)  # another run may have done so
        return True

    def _files(self, claim: str) -> list[Path]:
        """The stored outcomes of a claim, newest first."""
        found = []
        try:
            for entry in os.scandir(self.folder):
                if (
                    entry.name.startswith(f"{stored_as(self.package, claim)}-")
                    and entry.name.endswith(".json")
                    and entry.is_file()
                ):
                    with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                        found.append((entry.stat().st_mtime_ns, entry.path))
        except OSError:
            return []
        return [Path(path) for _, path in sorted(found, reverse=True)]

    def read(self, path: Path) -> Stored | None:
        """What lies in a file of the store, None if another version wrote it. Raises OSError, and others for damage."""
        return _read(path)

    def costs(self, claim: str, profile: str) -> tuple[tuple[str, Cost], ...]:
        """What the jobs of a claim cost when they were last done in a profile; nothing if they never were."""
        for path in self._files(claim):
            with contextlib.suppress(Exception):  # any damage to the file: it is told when its outcome is wanted
                found = _read(path)
                if found and found.profile == profile and found.costs:
                    return found.costs
        return ()

    def is_outdated(self, stored: Stored) -> bool:
        """Whether derivation, checks, experiment, or anything else that an outcome was made with has changed since.

        What the claim rests on has sources of its own. Raises OwnClaimError, OSError.
        """
        return stored.source != sources.digest(self.package, stored.outcome.id)

    def newest(self, claim: str) -> Stored | None:
        """The last outcome of a claim that this version has stored, whatever its parameters; None if there is none."""
        for path in self._files(claim):
            try:
                found = _read(path)
            except FileNotFoundError:
                continue
            except Exception as problem:
                self.warn(f"the stored outcome {path} cannot be read ({type(problem).__name__}); it is skipped")
            else:
                if found:
                    return found
        return None


class Altered(ValueError):
    """A file of the store does not hold what was written into it."""


def _written(stored: Stored) -> str:
    outcome = json.loads(json.dumps(cattrs.unstructure(stored.outcome), default=_plain))
    return json.dumps(
        {
            "shape": shape(),
            "key": stored.key,
            "source": stored.source,
            "profile": stored.profile,
            "costs": cattrs.unstructure(stored.costs),
            "seal": _seal(outcome),
            "outcome": outcome,
        }
    )


def _read(path: Path) -> Stored | None:
    """What `_written` wrote, None if another version did. Raises Altered, OSError, and what comes of damage."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("shape") != shape():
        return None
    if data["seal"] != _seal(data["outcome"]):
        raise Altered(path)
    return Stored(
        outcome=cattrs.structure(data["outcome"], Outcome),
        source=data["source"],
        key=data["key"],
        profile=data.get("profile", ""),
        costs=cattrs.structure(data.get("costs", ()), tuple[tuple[str, Cost], ...]),
    )


def _seal(outcome: Any) -> str:
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()[:32]


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
    """Write a file (text as UTF-8) so that a reader sees the old or the new content, never a part. Raises OSError.

    A link stays one; what is no file, such as /dev/null or a pipe, is written and not replaced.
    """
    path, written = path.resolve(), content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(written)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(written)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with_suppressed_errors(lambda: os.unlink(name))
        raise
