"""Mutants are put into functions that exist, in a process of their own; a change that runs at import is left alone."""

from __future__ import annotations

import math
import time
import weakref

import pytest

from tests import mutants
from verify.audit import alarms

MODULE = "verify/audit/alarms.py"
SOURCE = (mutants.ROOT / MODULE).read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert SOURCE.count(old) == 1
    return SOURCE.replace(old, new)


def test_a_change_reaches_functions_that_others_have_imported():
    function, right = alarms.fewest_seeds, alarms.fewest_seeds(0.003)
    ended = weakref.proxy(mutants.argparse.Namespace())  # whose class cannot be asked for
    wrong = changed("math.ceil(", "math.floor(")

    def seeds() -> tuple[bool, int]:
        return mutants.insert(MODULE, wrong), function(0.003)

    assert mutants.in_child(seeds, 30) == [True, math.floor(math.log(0.05) / math.log1p(-0.003))]
    assert function(0.003) == right  # the parent keeps the true one
    with pytest.raises(ReferenceError):
        isinstance(ended, int)


def test_a_change_that_runs_at_import_is_not_tried():
    assert not mutants.insert(MODULE, changed("CONFIDENCE = 0.95", "CONFIDENCE = 0.96"))
    assert not mutants.insert(MODULE, changed("seed: int\n    verdict", "seed: int = 1\n    verdict"))
    assert not mutants.insert(MODULE, SOURCE)


def test_a_child_that_hangs_or_dies_says_nothing(monkeypatch):
    begin = time.monotonic()
    assert mutants.in_child(lambda: [0 for _ in iter(int, 1)], 1) is None
    monkeypatch.setattr(mutants, "WAITING", 1)
    assert mutants.in_child(lambda: time.sleep(600), 1) is None and time.monotonic() - begin < 300
    assert mutants.in_child(lambda: 1 / 0, 30) is None


def test_the_shortest_tests_fill_the_budget():
    seconds = {"long": 9.0, "short": 1.0, "middle": 2.0}
    assert mutants.chosen([*seconds], seconds, 4.0) == ["short", "middle"]
    assert mutants.chosen(["long"], seconds, 4.0) == ["long"] and mutants.chosen([], seconds, 4.0) == []
