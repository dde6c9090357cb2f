"""Claims that go wrong: false ones, blind ones, and ones whose code hangs, dies or raises."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.proof import Step
from derivations.symbols import a_0, t, tau
from tests.faulty_claims import POINTS, PRECISION, SIMULATION, power, steps
from verify.checks import Context, Precision
from verify.evidence import Evidence, Holds

FOREVER = 600  # seconds


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A check that does something bad when it prepares."""

    name: str
    deed: Any
    kind: str = "property"
    stochastic: bool = False

    def prepare(self, context: Context) -> None:
        self.deed(context)

    def judge(self, candidate: Any, prepared: Any, context: Context) -> Evidence:
        return Evidence(check=self.name, kind=self.kind, verdict=Holds.HOLDS, points=1)

    def refutes(self, candidate: Any, prepared: Any, context: Context) -> bool:
        return False


def hang(context: Context) -> None:
    time.sleep(FOREVER)


def die(context: Context) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(context: Context) -> None:
    """Killed the first time; leaves a mark in the data folder."""
    assert context.data is not None
    mark = context.data / "died"
    if not mark.exists():
        mark.touch()
        die(context)


def fail(context: Context) -> None:
    raise ZeroDivisionError("a check divides by zero")


class Endless(sp.Symbol):
    """An expression with which SymPy never finishes."""

    def expand(self, *args: Any, **kwargs: Any) -> Any:
        time.sleep(FOREVER)


def endless_steps() -> tuple[Step, ...]:
    return (Step(claim="It vanishes.", because="SymPy says so, in the end.", obligation=Endless("x")), *steps())


class Stubborn(Exception):
    """An exception that cannot be sent to another process."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


def raising_steps() -> tuple[Step, ...]:
    raise Stubborn("no", "derivation")


def wrong_steps() -> tuple[Step, ...]:
    return (*steps(), Step(claim="Grows.", because="Wrong.", obligation=a_0 * sp.exp(t / tau) - a_0 * sp.exp(-t / tau)))


LOOSE = Precision(
    name="one point, where tau is 1",
    reference=power,
    against="a power of a number",
    points=({**POINTS[0], "tau": "1"},),
)
HONEST = (PRECISION, SIMULATION)
