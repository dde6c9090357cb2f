"""A claim: a statement, its derivation, and everything that could refute it."""

from __future__ import annotations

import functools
import html
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derivations.proof import Step
from derivations.statement import LeadingOrder, Limit, Observation, Parameter, Statement, components
from verify.checks import Check
from verify.compile import Candidate, candidate
from verify.compile.quantities import names

BACKENDS = ("numpy", "torch", "mpmath")


@dataclass(frozen=True, kw_only=True)
class Ordeal:
    """How a printed form is put to the test, where the claim's own checks do not fit it.

    fails  must refute the printed form
    holds  must let it hold under the added assumption; None for a plain misprint
    """

    fails: Check
    holds: Check | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An entry of the suite.

    statement     from derivations/<chapter>/<claim>.py, which also has `derivation() -> tuple[Step, ...]`
    checks        in order of cost; the audit sends every mutant through them until one rejects it
    convention    units of theory against units of the simulation, in one sentence
    independence  what the simulation does not assume, in one sentence
    quantities    what the checks measure and what their references give, by name and in their order: each a part of a
                  left-hand side as SymPy prints it. The statement's equations are solved for them, so that a wrong
                  left-hand side gives wrong numbers or lacks the name. None for an Observation; of one's own, the
                  left-hand sides themselves if nothing else is said.
    printed       ordeals by erratum; a printed form without one goes through `checks`
    experiment    the function that simulates, for `rederive where`
    """

    statement: Statement | Observation
    checks: tuple[Check, ...]
    convention: str = ""
    independence: str = ""
    quantities: tuple[str, ...] | None = None
    printed: Mapping[str, Ordeal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.statement, Statement) and self.quantities is None:
            if not self.statement.is_own:
                raise ValueError(f"{self.id}: quantities must name what the checks measure, in their order")
            object.__setattr__(self, "quantities", names(self.statement.left))
        if not self.statement.is_own and not (self.convention and self.independence):
            raise ValueError(f"{self.id}: a claim of the suite says its convention and what it is independent of")
        own = [check.name for check in self.checks]
        if not own or len(set(own)) != len(own):
            raise ValueError(f"{self.id}: checks need names of their own, and there must be one")
        forms = {p.erratum for p in self.statement.printed}
        if self.is_observation and forms - set(self.printed):
            raise ValueError(f"{self.id}: printed forms of an observation need ordeals, as it has no formula")
        unknown = set(self.printed) - forms
        if unknown:
            raise ValueError(f"{self.id}: no printed form {', '.join(sorted(unknown))}")

    @property
    def id(self) -> str:
        return self.statement.id

    @property
    def chapter(self) -> str:
        return self.statement.chapter

    @property
    def title(self) -> str:
        return self.statement.title

    @property
    def formula(self) -> sp.Basic | None:
        """The SymPy relation that is claimed; None for an Observation."""
        return self.statement.formula if isinstance(self.statement, Statement) else None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The letters of the formula, with their meanings and domains."""
        return self.statement.parameters if isinstance(self.statement, Statement) else ()

    @property
    def latex(self) -> str:
        """The formula as LaTeX; the sentence of an Observation."""
        from verify import latex

        return latex.statement(self.statement) if isinstance(self.statement, Statement) else self.statement.sentence

    def function(self, backend: str = "numpy") -> Callable[..., Any]:
        """The quantities of the formula as a function of its letters, given by name.

        "numpy" broadcasts over arrays, "torch" is differentiable, "mpmath" has as many digits as mpmath.mp.dps.
        Several quantities come as a list, or along a first axis. Raises TypeError for an Observation, ValueError for
        another backend.
        """
        if backend not in BACKENDS:
            raise ValueError(f"{backend!r} is no backend; take one of {', '.join(BACKENDS)}")
        statement, candidate = self.formula_statement, self.candidate()

        def function(**values: Any) -> Any:
            if backend == "mpmath":
                import mpmath

                return candidate.mpmath(mpmath.mp.dps, **values)
            return getattr(candidate, backend)(**values)

        function.__name__ = self.id.rpartition(".")[2]
        letters = ", ".join(sorted(candidate.takes))
        function.__doc__ = f"{statement.title}: {', '.join(self.quantities or ())} at {letters}."
        return function

    def __repr__(self) -> str:
        return f"<Claim {self.id}: {self.title}>"

    @property
    def is_observation(self) -> bool:
        return isinstance(self.statement, Observation)

    @property
    def formula_statement(self) -> Statement:
        """The statement of a claim that has a formula; raises TypeError for an Observation."""
        if not isinstance(self.statement, Statement):
            raise TypeError(f"{self.id} is an observation, without a formula")
        return self.statement

    def candidate(self, formula: sp.Basic | None = None) -> Candidate:
        """The statement's formula, or a printed one, as its checks see it: the values of `quantities`.

        An ordeal of a printed form with a left-hand side of its own, or of an Observation, measures that side as it
        stands. Raises LackingQuantity where a left-hand side does not give a quantity, TypeError for an Observation
        without a printed form.
        """
        if formula is not None and self.is_observation:
            return Candidate(components(formula.rhs))
        statement, quantities = self.formula_statement, self.quantities
        for form in statement.printed:
            own = form.formula == formula and form.formula.lhs != statement.formula.lhs
            if own and form.erratum in self.printed:
                quantities = names(components(form.formula.lhs))
        return candidate(statement, formula, quantities)

    @property
    def rate(self) -> str:
        """What becomes of the rate that the regime states: measured, or not judged; empty where none is stated."""
        if not isinstance(getattr(self.statement, "regime", None), (Limit, LeadingOrder)):
            return ""
        judging = [check for check in self.checks if getattr(check, "judges_rate", False)]
        if not judging:
            return "not judged"
        reasons = [full_only(check) for check in judging]
        return "measured" if "" in reasons else f"measured in the full profile only: {reasons[0]}"

    def checks_in(self, profile: str) -> tuple[Check, ...]:
        """The checks that run in a profile."""
        return tuple(check for check in self.checks if profile == "full" or not full_only(check))

    def steps(self) -> tuple[Step, ...]:
        """The derivation, built when it is first asked for. An Observation has none."""
        return () if self.is_observation else _derivation(self.statement.module)

    def _repr_latex_(self) -> str | None:
        """The formula, for notebooks."""
        if isinstance(self.statement, Observation):
            return None
        from verify import latex

        return f"$\\displaystyle {latex.statement(self.statement)}$"

    def _repr_html_(self) -> str | None:
        """The sentence of an Observation, for notebooks."""
        if isinstance(self.statement, Observation):
            return f"<p>{html.escape(self.statement.sentence)}</p>"
        return None


def full_only(check: Check) -> str:
    """Why a check runs in the full profile only; empty where it always runs."""
    return getattr(check, "full_only", "")


@functools.cache
def _derivation(module: str) -> tuple[Step, ...]:
    steps = importlib.import_module(module).derivation()
    return (steps,) if isinstance(steps, Step) else tuple(steps)
