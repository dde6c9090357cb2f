"""Who works on a run: processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable

from verify.run.interruption import Interruption
from verify.run.settings import Settings
from verify.run.workers import LocalWorkers, Workers, WorkersError


def crew_of(settings: Settings, at_most: int, signals: Interruption | None, warn: Callable[[str], None]) -> Workers:
    """The workers that settings ask for, not more than are of use. Raises WorkersError."""
    if settings.cluster is None:
        return LocalWorkers(min(settings.jobs, at_most), signals)
    try:
        from verify.run.cluster import DaskWorkers
    except ImportError as problem:
        raise WorkersError(
            f"a cluster needs the package {problem.name}, which is not installed: pip install 'rederive[cluster]'"
        ) from problem
    return DaskWorkers(settings.cluster, signals, warn)
