"""Shared fixtures: one run of the whole suite, used by every test that looks at outcomes."""

from __future__ import annotations

import os

import pytest

from verify.catalogue import select
from verify.run.runner import RunResult, Settings, run

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture(scope="session")
def suite_run() -> RunResult:
    """All claims, quick profile, seed 1, nothing taken from a store."""
    return run(select([]), Settings(jobs=CPUS), store=None)
