"""Pieces of pages made ahead: an interruption, which reaches every process of a terminal, ends them without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """
import time
from verify.report.kept import Kept, Task

def slow(k):
    print("made", flush=True)
    time.sleep(0.2)
    return k

if __name__ == "__main__":
    tasks = [Task(key=str(k), make=slow, arguments=(k,), fits=lambda value: True) for k in range(200)]
    try:
        kept = Kept()
        with kept.ahead(tasks, 2):
            for task in tasks:
                kept.get(task)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_what_is_made_ahead(tmp_path, number):
    path = tmp_path / "ahead.py"
    handled = "import signal\n" + "".join(  # of both: a shell starts what runs in its background deaf to the first
        f"signal.signal(signal.{name}, signal.default_int_handler)\n" for name in ("SIGINT", "SIGTERM")
    )
    path.write_text(handled + SCRIPT, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline().startswith("made")
    time.sleep(0.1)
    os.killpg(process.pid, number)
    lost = False
    try:
        out, err = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:  # an exception that meets a callback of the interpreter is lost: once more
        lost = True
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert "interrupted" in out and (err == "" or (lost and err.startswith("Exception ignored in"))), err
