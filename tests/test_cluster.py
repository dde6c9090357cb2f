"""Runs on a Dask cluster: schedulers and workers on loopback that die, restart, come late or are of other versions.

That jobs which hang and die cost their claims only is tested in test_survival, for processes and for a cluster.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faulty_claims import PACKAGE
from tests.test_survival import HANGING, ROOT, SOUND, living, running, start
from verify.catalogue import load_claims
from verify.command.cli import main
from verify.evidence import Standing
from verify.run.runner import run
from verify.run.settings import Event, Settings
from verify.run.store import Store
from verify.run.workers import NAME, WorkersError

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.slow


class Cluster:
    """A scheduler with workers, each a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def _start(self, *arguments: str, path: str = str(ROOT)) -> subprocess.Popen:
        log = (self.folder / f"{len(self.processes)}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            stdout=log,
            stderr=log,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, (path, str(ROOT)))), "CUDA_VISIBLE_DEVICES": ""},
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def scheduler(self) -> subprocess.Popen:
        module = "distributed.cli.dask_scheduler"
        return self._start(module, "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def worker(self, path: str = str(ROOT)) -> subprocess.Popen:
        module = "distributed.cli.dask_worker"
        return self._start(
            module, self.address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder), path=path
        )

    def end(self, process: subprocess.Popen) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def jobs_of(self, worker: subprocess.Popen) -> list[str]:
        """Processes that work on jobs of a worker."""
        return [line for line in living(worker.pid) if NAME in line]


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    yield found
    for process in found.processes:
        found.end(process)


def until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def without_times(report: dict) -> dict:
    """A report.json without what differs between any two runs."""

    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k not in ("seconds", "date", "started")}
        return [plain(v) for v in value] if isinstance(value, list) else value

    return plain(report)


def test_a_cluster_of_this_machine_gives_the_same_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    reports = []
    for name, options in (("pool", ["--jobs", "2"]), ("cluster", ["--jobs", "2", "--cluster", "local:2"])):
        monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / name))
        assert main(["report", *SOUND, "--out", str(tmp_path / name), *options], package=PACKAGE) == 0
        reports.append(without_times(json.loads((tmp_path / name / "report.json").read_text())))
    assert reports[0] == reports[1]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "local:1e3", "somewhere"])
def test_what_is_no_cluster_is_told_in_one_line(address, monkeypatch, capsys):
    monkeypatch.setattr("verify.run.cluster.CONNECTING", 1.0)
    assert main(["check", SOUND[0], "--fresh", "--cluster", address], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and caught.err.count("\n") == 1 and address in caught.err


def test_a_cluster_may_grow_while_it_runs(cluster):
    """From nothing: no worker has come when the run starts."""
    cluster.scheduler()
    later = threading.Timer(2, cluster.worker)
    later.start()
    found = running(*SOUND, cluster=cluster.address)
    assert {outcome.verdict for outcome in found.outcomes.values()} == {Standing.VERIFIED}


def test_workers_that_die_and_a_scheduler_that_restarts_lose_nothing(cluster):
    cluster.scheduler()
    cluster.worker()
    first: list[str] = []

    def replace(event: Event) -> None:
        if event.what == "finished" and not first:
            first.append(event.claim)
            for process in cluster.processes:
                cluster.end(process)
            cluster.scheduler()
            cluster.worker()

    found = running(*SOUND, cluster=cluster.address, listen=replace)
    assert first and {outcome.verdict for outcome in found.outcomes.values()} == {Standing.VERIFIED}


def test_a_worker_of_another_version_is_refused_and_others_do_its_jobs(cluster):
    other = cluster.folder / "other" / "mpmath-0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: mpmath\nVersion: 0.1\n")
    cluster.scheduler()
    cluster.worker(path=str(other.parent))
    with pytest.raises(WorkersError, match=r"mpmath 0\.1 and not [\d.]+; install the same there"):
        running(SOUND[0], cluster=cluster.address)
    cluster.worker()
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    said: list[str] = []
    store = Store(cluster.folder / "store", said.append, PACKAGE)
    claims = [load_claims(PACKAGE)[name] for name in SOUND]
    found = run(claims, Settings(package=PACKAGE, cluster=cluster.address), store)
    assert {outcome.verdict for outcome in found.outcomes.values()} == {Standing.VERIFIED}
    assert all("mpmath 0.1" in line for line in said)  # no job may have come to it


def test_an_interrupted_run_leaves_nothing_behind_on_the_cluster(cluster):
    cluster.scheduler()
    worker = cluster.worker()
    process = start(["check", HANGING, "--cluster", cluster.address], {"REDERIVE_STORE": str(cluster.folder / "store")})
    until(lambda: cluster.jobs_of(worker))
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted" in stderr and stderr.count("\n") == 1
    until(lambda: not cluster.jobs_of(worker), 10)
