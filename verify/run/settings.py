"""How a run is made, and what is heard of it."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verify.catalogue import PACKAGE
from verify.evidence import PROFILES


def cache_folder() -> Path:
    """The user's cache folder, or $REDERIVE_STORE."""
    import platformdirs

    return Path(os.environ.get("REDERIVE_STORE") or platformdirs.user_cache_dir("rederive"))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The name of the processor of this machine."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to run. Limits are wall-clock seconds of one job; a job over its limit is killed.

    `cluster` is the address of a Dask scheduler, or `local:N`; the workers of this machine are not used then.

    Raises ValueError for a value out of range.
    """

    profile: str = "quick"
    seed: int = 1
    jobs: int = field(default_factory=processors)
    cluster: str | None = None
    device: str = "cpu"
    data: Path | None = None
    fresh: bool = False
    step_limit: float = 30.0
    check_limit: float | None = None
    package: str = PACKAGE

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile {self.profile!r} is not one of {', '.join(PROFILES)}")
        if self.jobs < 1:
            raise ValueError(f"jobs is {self.jobs}; at least 1 is needed")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed is {self.seed}; a seed is an integer from 0 to 2^63 - 1")

    @property
    def examination_limit(self) -> float:
        return self.check_limit or {"quick": 180.0, "full": 1200.0}[self.profile]

    @property
    def parameters(self) -> dict[str, Any]:
        """What an outcome depends on, beside the sources. Raises ValueError if the data are missing."""
        data = _digest(self.data) if self.data else None
        return {"profile": self.profile, "seed": self.seed, "device": self.device, "data": data}


def now() -> str:
    """The time as it stands in reports: in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def described(settings: Settings, started: str, seconds: float, environment: Mapping[str, str]) -> dict[str, Any]:
    """The `run` object of report.json."""
    return {
        "profile": settings.profile,
        "seed": settings.seed,
        "started": started,
        "seconds": round(seconds, 3),
        "jobs": settings.jobs,
        "device": settings.device,
        "environment": dict(environment),
    }


@dataclass(frozen=True, kw_only=True)
class Event:
    """Progress: `what` is started, finished, stored or retried; counts are of claims; `note` is a verdict or reason."""

    what: str
    claim: str
    done: int = 0
    total: int = 0
    note: str = ""


def _digest(folder: Path) -> str:
    """Hash of the files of data in a folder, so that outcomes do not outlive the data that they rest on."""
    from numerics import digits

    digest = hashlib.sha256()
    for path in digits.files(folder):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
