"""What happens to processes and streams: parents that are killed, signals in bad moments, clocks, no semaphores."""

from __future__ import annotations

import itertools
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.faulty_claims import PACKAGE
from tests.test_survival import HANGING, ROOT, SOUND, living, running, start, wait_for, working
from verify.checks import Context
from verify.command.cli import main
from verify.evidence import Standing
from verify.run import interruption, jobs, workers
from verify.run.jobs import Fate, Job, Kind

CONTEXT = Context(claim=SOUND[0], seed=1, profile="quick", device="cpu", data=None, false_alarms=1e-6)
JOB = Job(package=PACKAGE, claim=SOUND[0], kind=Kind.PROOF, context=CONTEXT, limit=30)


def ended(group: int, seconds: float) -> list[str]:
    """Processes of a group that still live after some time."""
    end = time.monotonic() + seconds
    while living(group) and time.monotonic() < end:
        time.sleep(0.05)
    return living(group)


@pytest.fixture
def hanging(tmp_path):
    """A report of one claim that hangs and one that is finished, with two workers; its folders do not exist yet."""
    process = start(
        ["report", SOUND[3], HANGING, "--out", str(tmp_path / "new" / "report"), "--jobs", "2"],
        {"REDERIVE_STORE": str(tmp_path / "store"), "CUDA_VISIBLE_DEVICES": ""},
    )
    wait_for(lambda: list((tmp_path / "store").glob("outcomes/sound.*.json")), process)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


# ------------------------------------------------------------------------------------------------ signals


@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(hanging):
    assert sum(workers.NAME in line for line in living(hanging.pid)) == 4  # two workers, each with its fork
    hanging.kill()
    assert ended(hanging.pid, 3) == []


@pytest.mark.slow
def test_a_terminal_that_hangs_up_ends_a_run_like_ctrl_c(hanging, tmp_path):
    os.killpg(hanging.pid, signal.SIGHUP)
    _, stderr = hanging.communicate(timeout=30)
    assert hanging.returncode == 130 and "1 of 2 claims are finished and kept" in stderr and stderr.count("\n") == 1
    assert not (tmp_path / "new").exists() and ended(hanging.pid, 10) == []


@pytest.mark.slow
def test_ctrl_c_right_after_a_stopped_run_goes_on_is_noticed(hanging):
    os.killpg(hanging.pid, signal.SIGSTOP)
    time.sleep(0.3)
    os.killpg(hanging.pid, signal.SIGCONT)
    os.killpg(hanging.pid, signal.SIGINT)
    _, stderr = hanging.communicate(timeout=10)
    assert hanging.returncode == 130 and stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_eight_times_ctrl_c_is_once(pause, hanging, tmp_path):
    for _ in range(8):
        os.killpg(hanging.pid, signal.SIGINT)
        time.sleep(pause)
    _, stderr = hanging.communicate(timeout=30)
    assert hanging.returncode == 130 and stderr.count("\n") == 1 and "Traceback" not in stderr
    assert not (tmp_path / "new").exists()


def test_a_signal_that_is_ignored_stays_so():
    """Under nohup, the end of the terminal is no reason to stop."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption.handled():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_only_the_first_signal_raises_and_none_while_claims_run():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruption.handled():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # the process is about to end
    signal.signal(signal.SIGINT, before)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    with interruption.noted() as signals:
        signal.raise_signal(signal.SIGINT)
        assert signals is not None and signals.came
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_can_run_claims():
    found = []
    thread = threading.Thread(target=lambda: found.append(running(SOUND[3], jobs=1)))
    thread.start()
    thread.join()
    assert found[0].outcomes[SOUND[3]].verdict is Standing.VERIFIED


# ------------------------------------------------------------------------------------------------ time


def test_a_clock_that_is_set_harms_no_job(monkeypatch):
    """Every look at the wall clock finds it ten minutes later."""
    clock, steps, retried = time.time, itertools.count(), []

    def listen(event) -> None:
        if event.what == "started":
            monkeypatch.setattr(time, "time", lambda: clock() + 600 * next(steps))
        elif event.what == "retried":
            retried.append(event.note)

    found = running(SOUND[0], jobs=1, listen=listen)
    assert found.outcomes[SOUND[0]].verdict is Standing.VERIFIED and retried == []


def test_time_in_which_a_run_was_stopped_does_not_count(monkeypatch):
    """The limits of jobs, whose processes were stopped too."""
    now = time.monotonic()
    crew = workers.LocalWorkers(1)
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600)
    crew._advance()
    assert crew._clock <= 2 * workers.TICK
    monkeypatch.setattr(time, "monotonic", lambda: now + 3601)
    crew._advance()
    assert crew._clock <= 2 * workers.TICK + 1


# ------------------------------------------------------------------------------------------------ workers


def test_claims_run_where_there_are_no_semaphores(monkeypatch):
    """As without /dev/shm."""

    import multiprocessing.synchronize

    def missing(*arguments):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("_multiprocessing.SemLock", missing)
    with pytest.raises(FileNotFoundError):
        multiprocessing.get_context("spawn").Lock()
    assert running(SOUND[3], jobs=2).outcomes[SOUND[3]].verdict is Standing.VERIFIED


def test_a_worker_that_cannot_be_started_is_told_in_one_line(monkeypatch, tmp_path, capsys):
    def refuse(*arguments, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    monkeypatch.setattr("subprocess.Popen", refuse)
    assert main(["check", SOUND[3]], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert (
        caught.out == "" and caught.err == "rederive: cannot start a worker process: Resource temporarily unavailable\n"
    )


def test_a_result_that_cannot_be_sent_is_named(monkeypatch):
    monkeypatch.setattr(jobs, "_work", lambda claim, job: lambda: None)
    result = jobs.received(JOB, jobs.perform(JOB))
    assert result.fate is Fate.UNSENDABLE and "lambda" in result.reason
    monkeypatch.setattr(jobs, "_work", lambda claim, job: Unreadable())
    result = jobs.received(JOB, jobs.perform(JOB))
    assert result.fate is Fate.UNSENDABLE and result.reason == "ValueError: cannot be read"
    assert jobs.received(JOB, pickle.dumps("what a check printed")).fate is Fate.UNSENDABLE


class Unreadable:
    """Can be pickled, but not read back."""

    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise ValueError("cannot be read")


def test_a_claim_that_cannot_be_loaded_is_an_error_with_its_traceback():
    job = Job(package="tests.no_such_claims", claim="a.b", kind=Kind.CHECKS, context=CONTEXT, limit=30)
    result = jobs.received(job, jobs.perform(job))
    assert result.fate is Fate.RAISED and "Traceback" in result.reason and "'a.b'" in result.reason


def test_a_worker_imports_only_the_claim_that_it_works_on():
    script = (
        "import sys; from verify.run import jobs; from tests.test_faults import JOB\n"
        "assert jobs.received(JOB, jobs.perform(JOB)).fate is jobs.Fate.DONE\n"
        "print(*(m for m in sys.modules if m.startswith('tests.faulty_claims.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["tests.faulty_claims.sound", f"tests.faulty_claims.{SOUND[0]}"], done.stderr


def test_workers_do_jobs_in_any_order_and_can_be_told_to_stop():
    """The interface that a cluster would have as well."""
    crew: workers.Workers = workers.LocalWorkers(2)
    hanging = Job(package=PACKAGE, claim=HANGING, kind=Kind.CHECKS, context=CONTEXT, limit=60)
    try:
        for job in (hanging, JOB):
            crew.submit(job)
        assert crew.free == 0
        (result,) = crew.wait()
        assert result.job == JOB and result.fate is Fate.DONE and crew.free == 1
        crew.cancel(hanging)
        assert crew.free == 2 and crew.wait() == []
    finally:
        crew.stop()
    assert working() == []


# ------------------------------------------------------------------------------------------------ streams


def shell(redirected: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command with streams of its own."""
    script = f"import sys; from verify.command.cli import main; sys.exit(main(sys.argv[1:], package={PACKAGE!r}))"
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirected}', "sh", sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "REDERIVE_STORE": str(folder), "CUDA_VISIBLE_DEVICES": ""},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirected", "said"),
    [(">&-", "standard output is closed"), ("<&- >&-", "standard output is closed"), ("> /dev/full", "No space left")],
)
def test_an_output_that_cannot_be_written_is_told_in_one_line(redirected, said, tmp_path):
    done = shell(redirected, "check", SOUND[3], "--jobs", "1", folder=tmp_path)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("redirected", ["2>&-", "<&- 2>&-"])
def test_results_are_printed_where_nobody_reads_the_errors(redirected, tmp_path):
    done = shell(redirected, "check", SOUND[3], "--jobs", "1", folder=tmp_path)
    assert done.returncode == 0 and "verified" in done.stdout and done.stderr == ""


@pytest.mark.slow
def test_with_store_and_report_full_only_true_sentences_are_said(tmp_path):
    """No file can grow, as on full disks."""
    script = f"import sys; from verify.command.cli import main; sys.exit(main(sys.argv[1:], package={PACKAGE!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script, "report", *SOUND[:2], "--out", str(tmp_path / "new" / "report")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "REDERIVE_STORE": str(tmp_path / "store")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "0 of 2 outcomes are kept" in done.stderr and "takes them from there" not in done.stderr
    assert done.stderr.count("outcomes are not stored") == 1
    assert done.stderr.count("rederive: ") == 2 and "Traceback" not in done.stderr and not (tmp_path / "new").exists()


# ------------------------------------------------------------------------------------------------ names


LONG, LONE, ESCAPED = "x" * 300, "data\ud800", "data\udcff\n"


@pytest.mark.parametrize("name", [LONG, LONE, ESCAPED], ids=["long", "surrogate", "control"])
@pytest.mark.parametrize("option", ["--data", "--out"])
def test_names_that_no_file_can_have_are_refused_in_one_line(option, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    if option == "--out" and name == ESCAPED:
        name = f"{LONG}{name}"  # a name that a file can have here would be taken
    assert main(["report", SOUND[3], option, name], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and caught.err.count("\n") == 1 and option in caught.err
    assert list(tmp_path.iterdir()) == []


def test_a_figure_and_a_file_of_formulas_are_refused_likewise(tmp_path, capsys):
    for arguments in (["activation", "tanh", "--plot", f"{LONE}.svg"], ["latex", SOUND[0], "--out", LONE]):
        assert main(arguments, package=PACKAGE) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["latex", SOUND[0], "--out", str(tmp_path / LONG)], package=PACKAGE) == 2
    assert "File name too long" in capsys.readouterr().err


@pytest.mark.slow
def test_a_report_can_have_a_name_that_is_no_text(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    out = tmp_path / "report\udcff"
    assert main(["report", SOUND[3], "--out", str(out), "--jobs", "1"], package=PACKAGE) == 0
    assert {path.name for path in out.iterdir()} == {"claims", "errata.html", "index.html", "junit.xml", "report.json"}
