"""What a run survives: code that hangs or dies, Ctrl-C, spoilt files, folders that cannot be written."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faulty_claims import PACKAGE
from verify.catalogue import load_claims
from verify.command.cli import main
from verify.evidence import Holds, Standing
from verify.run.runner import RunResult, Settings, run
from verify.run.settings import Event
from verify.run.store import Store
from verify.run.workers import NAME

ROOT = Path(__file__).resolve().parent.parent
SOUND = ("sound.decay", "sound.misprinted", "sound.again", "sound.ordering")
HANGING = "broken.hangs"


BROKEN = (HANGING, "broken.dies", "broken.dies_once", "broken.endless_step", "broken.unbuildable")
LIMIT = 3.0  # seconds


def running(*ids: str, listen: Callable[[Event], None] = lambda event: None, **settings) -> RunResult:
    claims = load_claims(PACKAGE)
    return run([claims[i] for i in ids], Settings(package=PACKAGE, **({"jobs": 2} | settings)), progress=listen)


@pytest.fixture(scope="module", params=[None, "local:2"], ids=["pool", "cluster"])
def rough(request, tmp_path_factory) -> tuple[RunResult, dict[str, list[str]]]:
    """One run of all that hangs and dies, among claims that do not; and what was tried again, by claim."""
    retries: dict[str, list[str]] = {}

    def listen(event: Event) -> None:
        if event.what == "retried":
            retries.setdefault(event.claim, []).append(event.note)

    marks = tmp_path_factory.mktemp("marks")
    limits = {"check_limit": LIMIT, "step_limit": LIMIT}
    result = running(*BROKEN, *SOUND, listen=listen, data=marks, cluster=request.param, **limits)
    assert (marks / "died").exists()
    return result, retries


# ------------------------------------------------------------------------------------------------ workers


def test_a_claim_that_hangs_is_an_error_after_one_retry(rough):
    result, retries = rough
    assert result.outcomes[HANGING].verdict is Standing.ERROR
    assert result.outcomes[HANGING].reason == "the checks: ran over the time limit of 3 s, 2 times"
    assert retries[HANGING] == ["the checks: ran over the time limit of 3 s; trying again"]


def test_a_worker_that_is_killed_costs_one_retry(rough):
    result, retries = rough
    found = result.outcomes["broken.dies_once"]
    assert found.verdict is Standing.VERIFIED and len(found.evidence) == 5  # the checks ran again, all of them
    assert retries[found.id] == ["the checks: the worker process died (exit code -9); trying again"]


def test_a_worker_that_is_killed_twice_is_an_error(rough):
    found = rough[0].outcomes["broken.dies"]
    assert found.verdict is Standing.ERROR
    assert found.reason == "the checks: the worker process died (exit code -9), 2 times"


def test_a_step_that_hangs_is_undecided(rough):
    found = rough[0].outcomes["broken.endless_step"]
    assert found.verdict is Standing.UNDECIDED
    assert [step.verdict for step in found.steps] == ["undecided", "proved", "proved", "assumed"]
    assert found.steps[0].how == "ran over the time limit of 3 s"
    assert found.evidence[0].verdict is Holds.UNDECIDED


def test_a_derivation_that_raises_what_cannot_be_sent_is_an_error_with_its_traceback(rough):
    found = rough[0].outcomes["broken.unbuildable"]
    assert found.verdict is Standing.ERROR
    assert found.reason.splitlines()[0].endswith("Stubborn: no") and "\nTraceback (most" in found.reason


def test_the_other_claims_are_not_touched(rough):
    result, retries = rough
    assert {result.outcomes[name].verdict for name in SOUND} == {Standing.VERIFIED}
    assert not set(retries) & set(SOUND)
    assert list(result.outcomes) == [*BROKEN, *SOUND] and not result.interrupted


def test_no_process_is_left(rough):
    assert working() == []


def test_workers_that_die_with_nothing_to_do_are_replaced():
    """Killed between two jobs, so that no job is there to be retried."""
    killed: list[int] = []

    def listen(event: Event) -> None:
        if event.what == "finished" and not killed:
            for worker in working():
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
            time.sleep(0.5)

    result = running(*SOUND, jobs=1, listen=listen)
    assert killed and {outcome.verdict for outcome in result.outcomes.values()} == {Standing.VERIFIED}


# ------------------------------------------------------------------------------------------------ interruption


def start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen:
    """The command line in a process group of its own, like a job of a terminal."""
    script = f"import sys; from verify.command.cli import main; sys.exit(main({arguments!r}, package={PACKAGE!r}))"
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        start_new_session=True,
    )


def living(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, member = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[:3]
            if int(member) == group and state != "Z":
                found.append(path.parent.joinpath("cmdline").read_text(encoding="utf-8"))
    return found


def working() -> list[int]:
    """Worker processes of this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[:2]
            command = path.parent.joinpath("cmdline").read_text(encoding="utf-8").split("\0")
            if int(parent) == os.getpid() and state != "Z" and NAME in command:
                found.append(int(path.parent.name))
    return found


def wait_for(condition, process: subprocess.Popen, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("signals", ("terminal", "service"))
def test_an_interrupted_report_keeps_what_was_finished_and_goes_on_from_there(signals, tmp_path):
    """Ctrl-C in a terminal goes to the whole process group; a service sends SIGTERM to the process alone."""
    out, folder = tmp_path / "report", tmp_path / "store" / "outcomes"
    environment = {"REDERIVE_STORE": str(tmp_path / "store"), "CUDA_VISIBLE_DEVICES": ""}
    ids = [*SOUND, HANGING]
    process = start(["report", *ids, "--out", str(out), "--jobs", "2"], environment)
    wait_for(lambda: list(folder.glob("sound.*.json")), process)
    if signals == "terminal":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.terminate()
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130 and stdout == ""
    kept = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert stderr.count("\n") == 1 and "Traceback" not in stderr
    assert f"interrupted: {len(kept)} of 5 claims are finished and kept in {folder}" in stderr
    assert not out.exists()
    end = time.monotonic() + 10  # the workers notice a moment later
    while living(process.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert living(process.pid) == []

    again = start(["report", *SOUND, "--out", str(out), "--jobs", "2"], environment)
    _, stderr = again.communicate(timeout=60)
    assert again.returncode == 0, stderr
    assert {p.name for p in out.iterdir()} == {"claims", "errata.html", "index.html", "report.json", "junit.xml"}
    assert {name: (folder / name).stat().st_mtime_ns for name in kept} == kept  # not worked out again
    assert len(list(folder.iterdir())) == len(SOUND)


@pytest.mark.slow
def test_an_interruption_while_workers_are_starting_is_quiet(tmp_path):
    process = start(["check", HANGING, "--jobs", "2"], {"REDERIVE_STORE": str(tmp_path)})
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        process.communicate()
        pytest.skip("no list of child processes on this system")
    wait_for(lambda: len(children.read_text(encoding="ascii").split()) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in stderr


# ------------------------------------------------------------------------------------------------ the store


@pytest.fixture
def store(tmp_path, monkeypatch, one_worker) -> Path:
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return tmp_path / "store" / "outcomes"


@pytest.mark.parametrize("damage", ("", "{", '{"key": "another", "outcome": {}}', '{"outcome": 3}', "\x00\xff"))
def test_a_spoilt_file_of_the_store_is_named_and_worked_out_again(damage, store, capsys):
    claim = load_claims(PACKAGE)["sound.ordering"]
    kept = Store(store, package=PACKAGE)
    path = store / f"{claim.id}-{kept.key(claim.id, Settings().parameters)[:32]}.json"
    store.mkdir(parents=True)
    path.write_bytes(damage.encode("latin-1"))
    assert main(["check", claim.id, "--jobs", "1"], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert str(path) in caught.err and "cannot be read" in caught.err and caught.err.count("\n") == 1
    assert "verified" in caught.out
    assert json.loads(path.read_text(encoding="utf-8"))["outcome"]["verdict"] == "verified"


def test_what_is_stored_comes_back_as_it_was(tmp_path, one_worker):
    found = running("sound.misprinted", "broken.blind", "broken.wrong")
    store = Store(tmp_path)
    for name, outcome in found.outcomes.items():
        store.save(name, "key", outcome)
        assert store.load(name, "key") == outcome == store.newest(name).outcome


def test_a_store_that_cannot_be_written_costs_a_warning_only(tmp_path, monkeypatch, capsys, one_worker):
    monkeypatch.setenv("REDERIVE_STORE", "/proc/nowhere")
    assert main(["check", "sound.ordering", "--jobs", "1"], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert "verified" in caught.out and "outcomes are not stored: /proc/nowhere" in caught.err


def test_the_store_does_not_grow_without_end(tmp_path, monkeypatch, one_worker):
    monkeypatch.setattr("verify.run.store.KEPT", 3)
    outcome = running("sound.ordering").outcomes["sound.ordering"]
    for number in range(6):
        Store(tmp_path).save(outcome.id, str(number), outcome)
        os.utime(tmp_path / f"{outcome.id}-{number}.json", (number, number))
    assert {p.stem[-1] for p in tmp_path.iterdir()} == {"3", "4", "5"}


def test_fresh_works_out_anew_and_a_second_run_does_not(store, capsys):
    arguments = ["check", "sound.ordering", "--jobs", "1"]
    assert main(arguments, package=PACKAGE) == 0
    path = next(store.iterdir())
    first = path.stat().st_mtime_ns
    assert main(arguments, package=PACKAGE) == 0 and path.stat().st_mtime_ns == first
    assert main([*arguments, "--seed", "2"], package=PACKAGE) == 0 and len(list(store.iterdir())) == 2
    assert main([*arguments, "--fresh"], package=PACKAGE) == 0 and path.stat().st_mtime_ns > first


# ------------------------------------------------------------------------------------------------ the report


@pytest.mark.parametrize("where", ("a file/below", "/proc/report", "/sys/kernel/report"))
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(where, store, tmp_path, capsys):
    """Permissions do not bind the superuser, so the folders are such that nobody can write them."""
    (tmp_path / "a file").touch()
    out = where if where.startswith("/") else str(tmp_path / where)
    assert main(["report", *SOUND, "--out", out], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and caught.err.count("\n") == 1 and out in caught.err and "--out" in caught.err
    assert not store.exists()


def test_a_report_that_cannot_be_written_in_the_end_loses_nothing(store, tmp_path, capsys):
    (tmp_path / "report" / "index.html").mkdir(parents=True)
    assert main(["report", "sound.ordering", "--out", str(tmp_path / "report"), "--jobs", "1"], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert caught.err.count("\n") == 1 and "the outcomes are kept" in caught.err
    assert len(list(store.glob("sound.ordering-*.json"))) == 1


TIMES = {"seconds", "started", "date", "jobs"}


def without_times(node):
    if isinstance(node, dict):
        return {key: without_times(value) for key, value in node.items() if key not in TIMES}
    return [without_times(value) for value in node] if isinstance(node, list) else node


def test_the_same_seed_gives_the_same_report_whatever_the_number_of_jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    texts = []
    for jobs in ("1", "2"):
        monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / jobs))
        out = tmp_path / f"report {jobs}"
        ids = [*SOUND, "broken.blind", "broken.wrong"]
        assert main(["report", *ids, "--out", str(out), "--jobs", jobs, "--seed", "3"], package=PACKAGE) == 1
        texts.append(json.dumps(without_times(json.loads((out / "report.json").read_text(encoding="utf-8")))))
    assert texts[0] == texts[1] and '"profile": "quick"' in texts[0]


@pytest.mark.slow
def test_two_runs_at_once_share_a_store(tmp_path):
    """Each works everything out anew; what they leave is whole, and a third run takes it."""
    environment = {"REDERIVE_STORE": str(tmp_path)}
    both = [start(["check", *SOUND, "--fresh", "--jobs", "1"], environment) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0] and {stderr for _, stderr in said} == {""}
    warnings: list[str] = []
    store = Store(tmp_path / "outcomes", warnings.append, PACKAGE)
    events: list[Event] = []
    third = run([load_claims(PACKAGE)[name] for name in SOUND], Settings(package=PACKAGE), store, events.append)
    assert {event.what for event in events} == {"stored"}
    assert {outcome.verdict for outcome in third.outcomes.values()} == {Standing.VERIFIED} and warnings == []
    assert not [path for path in (tmp_path / "outcomes").iterdir() if not path.name.endswith(".json")]
