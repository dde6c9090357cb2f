"""Ratios inside one run: ours and a reference are timed in turn, A B A B, and the ratio of each pair is kept."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest

PAIRS = 7


@pytest.fixture
def ratio(benchmark):
    """ratio(ours, reference): benchmarks `ours`, and keeps the quartiles of reference / ours in extra_info.

    `times` is how many runs of the reference one run of ours does the work of; slow references take a smaller `count`.
    What is printed says whether the median reaches the `goal`.
    """

    def measure(
        ours: Callable[[], object],
        reference: Callable[[], object],
        clock: Callable[[], float] = time.perf_counter,
        times: float = 1,
        count: int = PAIRS,
        goal: float | None = None,
    ) -> None:
        ours(), reference()  # warm caches
        pairs = []
        for _ in range(count):
            start = clock()
            ours()
            middle = clock()
            reference()
            pairs.append(times * (clock() - middle) / (middle - start))
        benchmark.pedantic(ours, rounds=3)
        low, median, high = statistics.quantiles(pairs, n=4)
        benchmark.extra_info["reference_over_ours"] = [round(v, 4) for v in (low, median, high)]
        said = "" if goal is None else f"; goal {goal:g}: {'met' if median >= goal else 'MISSED'}"
        print(f"\nreference / ours: median {median:.3g} (quartiles {low:.3g} to {high:.3g}){said}")

    return measure
