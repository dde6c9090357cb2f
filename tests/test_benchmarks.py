"""The benchmarks time no cache, and say in one table what was measured."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import conftest
from tests.benchmarks.table import Row, markdown, text

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    Row(work="certified integral[30]", against="tanh against mpmath.quad.", low=14.2, median=26.41, high=45.5, goal=15),
    Row(work="kernel | of tanh", against="Pairs.", low=0.3, median=0.31, high=0.4, goal=0.5, once="a table"),
    Row(work="law", against="One pass.", low=1, median=2, high=3),
]


def calls_of(function, count=4):
    """How often the work behind a cache is done in several calls that a benchmark would make."""
    done = []

    @functools.cache
    def work(value):
        done.append(value)
        return value

    run = conftest.unseen(lambda number: function(work, number))
    for _ in range(count):
        run()
    return len(done)


def test_a_benchmark_of_a_number_never_takes_from_a_cache():
    assert calls_of(lambda work, number: work(number)) == 4
    assert calls_of(lambda work, number: work(1.37)) == 1


def test_all_benchmarks_are_found(tmp_path):
    """Peers apart, which are in no environment but their own."""
    command = [sys.executable, "-m", "pytest", "tests/benchmarks", "--collect-only", "-q", "--override-ini", "addopts="]
    command += ["--benchmark-storage", tmp_path.as_uri()]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_a_first_call_that_is_much_slower_than_the_others_fails():
    assert "takes 20.0 times as long" in conftest.slow_start(2.0, [0.1, 0.1, 0.3], "")
    assert conftest.slow_start(2.0, [0.1, 0.1, 0.3], "a table") == ""
    assert conftest.slow_start(0.4, [0.1, 0.1, 0.3], "") == ""


def test_the_table_says_which_goals_are_met():
    shown, page = text(ROWS), markdown(ROWS, "a machine")
    assert "26.4 (14.2 to 45.5)" in shown and shown.count(": met") == 1 and shown.count("MISSED") == 1
    lines = page.splitlines()
    assert lines[-3] == "| certified integral[30] | tanh against mpmath.quad. | 26.4 (14.2 to 45.5) | 15 | yes |"
    assert lines[-2].startswith(r"| kernel \| of tanh | Pairs. Once for a process: a table. |")
    assert lines[-1] == "| law | One pass. | 2 (1 to 3) |  |  |"


@pytest.mark.parametrize("function", [lambda: 1, lambda number: number])
def test_what_takes_no_number_is_called_as_it_is(function):
    found = conftest.unseen(function)()
    assert found == 1 or 0 < found < 1
