"""Shared fixtures: one run of the whole suite, used by every test that looks at outcomes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from verify.catalogue import select
from verify.evidence import PROFILES
from verify.run import runner
from verify.run.runner import RunResult, Settings, run
from verify.run.workers import LocalWorkers

LONGEST = (
    "claims",
    "page",
    "survival",
    "cluster",
    "faults",
    "latex",
    "obligations",
    "planted_mistakes",
    "report",
    "docs",
)
TOGETHER = {"page": "claims", "obligations": "latex"}  # the suite's run, and derivations as they are


def pytest_addoption(parser: pytest.Parser) -> None:
    """The profile in which the claims run."""
    parser.addoption("--profile", choices=PROFILES, default=PROFILES[0], help="profile of the run of the suite")


def pytest_configure(config: pytest.Config) -> None:
    """What one run keeps for the next, fonts and failed examples, lies in pytest's cache, as formulas and plots do."""
    if config.pluginmanager.has_plugin("cacheprovider"):
        os.environ["MPLCONFIGDIR"] = str(config.cache.mkdir("matplotlib"))  # before it is imported
        set_hypothesis_home_dir(config.cache.mkdir("hypothesis"))


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing else is left outside of pytest's folders, nor taken from the user's: home, caches and temporary files."""
    folder = str(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("REDERIVE_STORE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.delenv(variable, raising=False)
        patch.setenv("HOME", folder)
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """`pytest -n` keeps the tests of a file in one process, as they share what costs most, and so do some files.

    Groups by mark would say this at the tests, but pytest-xdist 3.8.0 does not see them under pytest 9.2.0.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            name = Path(nodeid.partition("::")[0]).stem.removeprefix("test_")
            return TOGETHER.get(name, name)

    config.option.loadscopereorder = False  # files with few tests are not the short ones
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, or a processor waits for them at the end.

    Those that wait for processes come while the suite runs, which leaves no processor idle; formulas are set in the
    tests of LaTeX, which keep them, before they stand on pages.

    The first test that looks at outcomes waits for the suite's run, whatever the machine.
    """
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    for item in items:
        if "suite_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(1500))


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


class Lasting(LocalWorkers):
    """A worker that goes on after a run: to start one costs more than all that it does in most tests."""

    def stop(self) -> None:
        """Nothing; the process ends with the tests of the module."""


@pytest.fixture(scope="module")
def lasting() -> Iterator[Lasting]:
    worker = Lasting(1)
    yield worker
    LocalWorkers.stop(worker)


@pytest.fixture
def one_worker(lasting, monkeypatch) -> None:
    """Runs of this process share one worker: for tests in which none is meant to die, or to be one of several."""
    monkeypatch.setattr(runner, "crew_of", lambda settings, at_most, signals, warn: lasting)
