"""Ratios inside one run: ours and a reference are timed in turn, A B A B, and the ratio of each pair is kept.

At the end one table says what was measured against what. `--table FILE` writes it there as Markdown.
"""

from __future__ import annotations

import inspect
import itertools
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.table import Row, markdown, text

PAIRS = 7
GOLDEN, NUMBERS = (5**0.5 - 1) / 2, itertools.count(1)
SLOWER = 5  # times the others that a first call may take, or a cache is timed


def pytest_addoption(parser):
    parser.addoption("--table", type=Path, metavar="FILE", help="write the table of all ratios as Markdown")


def pytest_configure(config):
    config.stash[ROWS] = []


ROWS = pytest.StashKey[list[Row]]()


def slow_start(first: float, others: list[float], once: str) -> str:
    """What is wrong with a benchmark whose first call takes so much longer than the others; "" if nothing is."""
    usual = statistics.median(others)
    if once or first <= SLOWER * usual:
        return ""
    return (
        f"the first call takes {first / usual:.1f} times as long as the others: they take from a cache what the first "
        f"worked out; give every call arguments of its own, or say what is done once for a process with once=..."
    )


def unseen(function: Callable[..., object]) -> Callable[[], object]:
    """The function of a number, with one that it never had: from 0 to 1, in no order. One without is left as it is."""
    if not inspect.signature(function).parameters:
        return function
    return lambda: function(next(NUMBERS) * GOLDEN % 1)


@pytest.fixture
def ratio(benchmark, request):
    """ratio(ours, reference): benchmarks `ours`, and keeps the quartiles of reference / ours.

    Either may take a number, which no call had before, and makes its arguments from it: then nothing can be taken from
    a cache. Where `ours` takes none, a first call that is SLOWER times slower than the others fails the benchmark,
    unless `once` says what is worked out once for a process. `times` is how many runs of the reference one run of ours
    does the work of; slow references take a smaller `count`. The table says whether the median reaches the `goal`.
    """

    def measure(
        ours: Callable[..., object],
        reference: Callable[..., object],
        clock: Callable[[], float] = time.perf_counter,
        times: float = 1,
        count: int = PAIRS,
        goal: float | None = None,
        once: str = "",
    ) -> None:
        run, other, takes_number = unseen(ours), unseen(reference), bool(inspect.signature(ours).parameters)
        other()  # what both need is imported
        start = clock()
        run()
        first, pairs, own = clock() - start, [], []
        for _ in range(count):
            start = clock()
            run()
            middle = clock()
            other()
            pairs.append(times * (clock() - middle) / (middle - start))
            own.append(middle - start)
        benchmark.pedantic(run, rounds=3)
        low, median, high = statistics.quantiles(pairs, n=4)
        benchmark.extra_info["reference_over_ours"] = [round(v, 4) for v in (low, median, high)]
        name = request.node.name.removeprefix("test_").replace("_", " ")
        said = " ".join((request.function.__doc__ or "").strip().split("\n\n")[0].split())
        row = Row(work=name, against=said, low=low, median=median, high=high, goal=goal, once=once)
        request.config.stash[ROWS].append(row)
        problem = "" if takes_number else slow_start(first, own, once)
        assert not problem, problem

    return measure


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    if not rows:
        return
    terminalreporter.section("reference / ours: above 1, ours is faster")
    terminalreporter.write_line(text(rows))
    place = config.getoption("--table")
    if place is not None:
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        place.write_text(markdown(rows, machine), encoding="utf-8")
        terminalreporter.write_line(f"Written: {place}")
