"""A small catalogue for the tests: cheap claims that are sound, and claims that go wrong, each in a way of its own.

`Settings(package="tests.faulty_claims")` runs it. A claim's derivation is imported by the name that its statement
carries; `entry` puts a module of that name where the import finds it.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import scipy.special  # noqa: F401  slow to import: when a worker starts, not under the time limit of a job
import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import a_0, t, tau
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream
from verify.checks import Check, Precision, Replicas
from verify.claim import Claim

PACKAGE = "tests.faulty_claims"
SOURCE = Source(document="000", where="A slide for tests")
ACTIVITY = sp.Symbol("a", positive=True)
POINTS = (
    {"a_0": "0.71", "tau": "1.37", "t": "0.63"},
    {"a_0": "1.43", "tau": "0.59", "t": "1.71"},
    {"a_0": "3.1", "tau": "2.3", "t": "4.7"},
)


def module_of(chapter: str, name: str, derivation: Callable[[], tuple[Step, ...]] | None = None) -> str:
    """The name of a module derivations.<chapter>.<name> that exists in memory only."""
    full = f"derivations.{chapter}.{name}"
    module = types.ModuleType(full)
    if derivation is not None:
        module.derivation = derivation  # type: ignore[attr-defined]
    sys.modules.setdefault(f"derivations.{chapter}", types.ModuleType(f"derivations.{chapter}"))
    sys.modules[full] = module
    return full


def steps() -> tuple[Step, ...]:
    """Exponential decay solves its equation."""
    solution = a_0 * sp.exp(-t / tau)
    return (
        Step(claim="It solves the equation.", because="Differentiate.", obligation=tau * solution.diff(t) + solution),
        Step(claim="It starts at a_0.", because="Insert t = 0.", obligation=solution.subs(t, 0) - a_0),
        Step(claim="There is no other.", because="Picard and Lindelöf.", assumption=SOURCE),
    )


def power(dps: int, point: Any) -> Any:
    """The value at a point, as a power of a number."""
    start, scale, end = (mpmath.mpf(point[k]) for k in ("a_0", "tau", "t"))
    return start * mpmath.power(mpmath.e, -end / scale)


def decaying(*, replicas: int, stream: Stream, device: str) -> Measurement:
    """Values of a decay with noise, drawn from its solution at random rates (a test may)."""
    times = np.linspace(0.3, 2.1, 7)
    clean = 1.7 * np.power(0.25, times)
    noise = stream.generator().normal(scale=0.003, size=(replicas, len(times)))
    return from_replicas(clean + noise, axis=times, given={"start": 1.7, "scale": -1 / np.log(0.25)})


def predicted(candidate: Any, measured: Measurement) -> np.ndarray:
    return candidate.numpy(a_0=measured.given["start"], tau=measured.given["scale"], t=measured.axis)


PRECISION = Precision(name="against a power", reference=power, against="a power of a number", points=POINTS)
SIMULATION = Replicas(
    name="simulated decay",
    predict=predicted,
    quick=functools.partial(decaying),
    replicas=20,
    axis="time",
    quantity="activity",
)


def entry(
    chapter: str,
    name: str,
    *,
    checks: tuple[Check, ...] = (PRECISION, SIMULATION),
    factor: Any = 1,
    printed: tuple[Printed, ...] = (),
    derivation: Callable[[], tuple[Step, ...]] = steps,
) -> Claim:
    """A claim that a decays exponentially, with what goes wrong put in by the caller."""
    statement = Statement(
        module=module_of(chapter, name, derivation),
        title=f"Exponential decay, {name}",
        formula=sp.Eq(ACTIVITY, factor * a_0 * sp.exp(-t / tau)),
        parameters=(
            Parameter(symbol=a_0, meaning="initial activity", domain=sp.Interval.open(0, sp.oo), typical=(0.1, 3)),
            Parameter(symbol=t, meaning="time", domain=sp.Interval(0, sp.oo), typical=(0.1, 3), unit="s"),
            Parameter(
                symbol=tau, meaning="time constant", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 3), unit="s"
            ),
        ),
        assumptions=("The rate does not change.",),
        regime=Exact(),
        sources=(SOURCE,),
        covers=("A1",),
        printed=printed,
    )
    sys.modules[statement.module].STATEMENT = statement  # type: ignore[attr-defined]
    return Claim(
        statement=statement,
        checks=checks,
        quantities=("a",),
        convention="Time in seconds.",
        independence="Numbers drawn for a test.",
        printed={},
    )
