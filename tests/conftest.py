"""Shared fixtures: one run of the whole suite, used by every test that looks at outcomes."""

from __future__ import annotations

import os

import pytest

from verify.catalogue import select
from verify.checks.base import PROFILES
from verify.run.runner import RunResult, Settings, run


def pytest_addoption(parser: pytest.Parser) -> None:
    """The profile in which the claims run."""
    parser.addoption("--profile", choices=PROFILES, default=PROFILES[0], help="profile of the run of the suite")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `pytest -n`, tests that share a costly fixture stay in one process: the run of the suite, a file's own."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        shared = {name for name in names if name in vars(getattr(item, "module", None))} - {"request"}
        if "suite_run" in names or shared:
            item.add_marker(pytest.mark.xdist_group("suite" if "suite_run" in names else item.path.stem))


CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture(scope="session")
def suite_run(request: pytest.FixtureRequest) -> RunResult:
    """The claims that the selected tests look at, seed 1, nothing taken from a store; quick without `--profile`.

    `pytest tests/test_claims.py -k ID` runs that claim and no other.
    """
    looking = [item for item in request.session.items if "suite_run" in getattr(item, "fixturenames", ())]
    wanted = {getattr(item, "callspec", None) and item.callspec.params.get("claim_id") for item in looking}
    chosen = select([]) if None in wanted else [claim for claim in select([]) if claim.id in wanted]
    return run(chosen, Settings(jobs=CPUS, profile=request.config.getoption("profile")), store=None)
