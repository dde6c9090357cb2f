"""Invented claims and outcomes with everything that a report can show; nothing here is a result of the suite."""

from __future__ import annotations

import math
import random

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Limit, Observation, Parameter, Printed, Source, Statement
from derivations.symbols import N, a_0, chi_1, q, s, sigma_w, t, tau
from verify.checks import Trend
from verify.claim import Claim
from verify.compile.quantities import names
from verify.evidence import (
    Audit,
    Curve,
    Evidence,
    Holds,
    Node,
    Outcome,
    PrintedOutcome,
    Standing,
    StepOutcome,
    Survivor,
)

POSITIVE = sp.Interval.open(0, sp.oo)
SLIDE = Source(document="001", where="Learning dynamics of <modes>")
PAPER = Source(document="saxe2014exact", where="equation (15)")
HOSTILE = 'A title with <b>markup</b>, "quotes", & </script><script>document.title = "broken"</script>'
RUN = {
    "profile": "quick",
    "seed": 1,
    "started": "2026-01-02T03:04:05+00:00",
    "seconds": 98.25,
    "jobs": 2,
    "device": "cpu",
    "environment": {"python": "3.11.7", "sympy": "1.14.0", "cpu": "a processor", "threads": "1 per worker"},
}


class SampleClaim(Claim):
    """A claim whose derivation does not stand in a file of its own."""

    def steps(self) -> tuple[Step, ...]:
        return () if self.is_observation else STEPS


LOGISTIC = s * sp.exp(2 * s * t / tau) / (sp.exp(2 * s * t / tau) - 1 + s / a_0)
MODE = sp.Function("a")
STEPS = (
    Step(
        claim="The mode obeys a closed equation.",
        because="The gradient of the loss is projected on the mode.",
        obligation=sp.S.Zero,
        shows=sp.Eq(tau * sp.Derivative(MODE(t), t), 2 * MODE(t) * (s - MODE(t)), evaluate=False),
    ),
    Step(claim="The logistic curve solves it.", because="Inserted, the residual vanishes.", obligation=sp.S.Zero),
    Step(claim="The solution is unique.", because="The right-hand side is locally Lipschitz.", assumption=SLIDE),
)
PARAMETERS = (
    Parameter(symbol=t, meaning="training time", domain=sp.Interval(0, sp.oo), typical=(0.1, 4), unit="tau"),
    Parameter(symbol=s, meaning="singular value of the input-output correlation", domain=POSITIVE, typical=(0.3, 3)),
    Parameter(symbol=a_0, meaning="initial mode strength", domain=sp.Interval.open(0, 1), typical=(0.01, 0.3)),
    Parameter(symbol=tau, meaning="time constant", domain=POSITIVE, typical=(0.5, 3), unit="time"),
)


def _claim(statement: Statement | Observation) -> Claim:
    return SampleClaim(
        statement=statement,
        checks=(Trend(name="none", quick=_never, control=_never, replicas=8),),
        quantities=names(statement.left) if isinstance(statement, Statement) else None,
        convention="One unit of tau is P / lambda presentations.",
        independence="The simulation trains full weight matrices of unequal widths and knows no formula.",
    )


def _never(**_: object) -> None:
    raise AssertionError("a report runs no experiment")


def _statement(name: str, title: str, formula: sp.Basic, parameters: tuple, **more: object) -> Statement:
    settings = {
        "assumptions": ("Inputs are whitened.", "The start is balanced and small."),
        "regime": Exact(),
        "sources": (SLIDE,),
        "covers": ("A9",),
    } | more
    return Statement(module=f"derivations.{name}", title=title, formula=formula, parameters=parameters, **settings)


WIDE = sp.Eq(
    sp.Symbol("K"), sp.Add(*(sp.exp(-k * q**2 / N) * sp.cos(k * sigma_w) / k for k in range(3, 12))), evaluate=False
)
CLAIMS = tuple(
    _claim(statement)
    for statement in (
        _statement(
            "deep_linear.mode_logistic",
            "Logistic learning curve of a mode",
            sp.Eq(MODE(t), LOGISTIC),
            PARAMETERS,
            sources=(SLIDE, PAPER),
            printed=(
                Printed(
                    erratum="E5",
                    kind="misprint",
                    formula=sp.Eq(MODE(t), LOGISTIC.subs(t, t / 2)),
                    source=SLIDE,
                    note="The page has half the rate, which belongs to the singular value and not to its square.",
                ),
                Printed(
                    erratum="E17",
                    kind="assumption",
                    formula=sp.Eq(MODE(t), s),
                    source=PAPER,
                    note="The page states the end point, which is reached only at late times.",
                ),
            ),
        ),
        _statement(
            "deep_linear.hostile",
            HOSTILE,
            sp.Eq(MODE(t), s * t),
            PARAMETERS[:2],
            uses=("deep_linear.mode_logistic", "deep_linear.not_in_this_run"),
        ),
        _statement(
            "signal_propagation.wide_kernel",
            "A kernel whose formula is wider than a small screen",
            WIDE,
            (
                Parameter(symbol=q, meaning="length per neuron", domain=POSITIVE, typical=(0.3, 3)),
                Parameter(symbol=sigma_w, meaning="weight scale", domain=POSITIVE, typical=(0.5, 3)),
                Parameter(symbol=N, meaning="width", domain=sp.S.Naturals, typical=(30, 90)),
            ),
            regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
            covers=("D4", "D5"),
            uses=("deep_linear.mode_logistic",),
        ),
        _statement(
            "signal_propagation.open_question",
            "A claim that no method settles",
            sp.Eq(chi_1, sigma_w**2 * q),
            (
                Parameter(symbol=q, meaning="length per neuron", domain=POSITIVE, typical=(0.3, 3)),
                Parameter(symbol=sigma_w, meaning="weight scale", domain=POSITIVE, typical=(0.5, 3)),
            ),
        ),
        Observation(
            module="derivations.sgd_noise.ordering",
            title="Larger batches need larger steps",
            sentence="At equal noise scale, batches eight times as large reach the same loss in as many presentations.",
            quantity="presentations until the loss falls below 0.1",
            negative_control="the same step size at every batch size",
            sources=(SLIDE,),
            covers=("G9", "G10"),
        ),
        _statement(
            "sgd_noise.broken",
            "A claim whose check raised",
            sp.Eq(chi_1, q / 3),
            (Parameter(symbol=q, meaning="length per neuron", domain=POSITIVE, typical=(0.3, 3)),),
        ),
    )
)


def _curves(seed: int) -> tuple[Curve, ...]:
    draw = random.Random(seed)
    curves = []
    for index, size in enumerate((3.0, 2.0, 1.2)):
        axis = tuple(0.1 + 0.29 * k for k in range(28))
        theory = tuple(size / (1 + (size / 0.02 - 1) * math.exp(-2 * size * x)) for x in axis)
        measured = tuple(y + draw.gauss(0, 0.012) for y in theory)
        curves.append(
            Curve(
                label=f"mode {index + 1}, s = {size:g}",
                axis_label="time t / tau",
                value_label="mode strength a",
                axis=axis,
                theory=theory,
                measured=measured,
                error=(0.012,) * len(axis),
            )
        )
    return tuple(curves)


def _decay() -> Curve:
    draw = random.Random(5)
    axis = tuple(10 * 10 ** (k / 4) for k in range(9))
    theory = tuple(3 / x**2 for x in axis)
    return Curve(
        label="width 10 to 1000",
        axis_label="width N",
        value_label="excess of the kernel",
        axis=axis,
        theory=theory,
        measured=tuple(y * (1 + draw.gauss(0, 0.03)) for y in theory),
        error=tuple(0.03 * y for y in theory),
    )


def _evidence(kind: str, check: str, points: int, resolution: float | None, **more: object) -> Evidence:
    settings = {"verdict": Holds.HOLDS, "seconds": 0.41, "detail": f"{points} points compared"} | more
    if resolution is not None:
        settings |= {"discrepancy": resolution / 7, "uncertainty": resolution / 3}
    return Evidence(kind=kind, check=check, points=points, resolution=resolution, **settings)


PROOF = tuple(
    StepOutcome(claim=step.claim, because=step.because, verdict=verdict, how=how, seconds=0.03)
    for step, verdict, how in zip(
        STEPS, ("proved", "proved", "assumed"), ("canonical form", "expansion", "from 001"), strict=True
    )
)
AUDIT = Audit(
    mutants=104,
    rejected=101,
    crashed=1,
    survivors=(
        Survivor(
            latex=r"\frac{s}{1 + \left(\frac{s}{a_{0}} - 1\right) e^{-2 s t / \tau}}",
            reason="equal to the formula",
            equivalent=True,
        ),
        Survivor(latex=r"s \tanh{\left(t \right)}", reason="no check tells it apart below t = 0.1", equivalent=False),
    ),
    nodes=(
        Node(latex="s", smallest=3e-12),
        Node(latex=r"\frac{s}{a_{0}}", smallest=2.4e-4),
        Node(latex=r"e^{2 s t / \tau}", smallest=None),
        Node(latex="2", smallest=0.013),
    ),
)
SOUND = Audit(mutants=88, rejected=88, nodes=(Node(latex="q", smallest=1e-9),))
TRACE = 'Traceback (most recent call last):\n  File "checks.py", line 3, in judge\nValueError: a <bad> value & more'
LOOSE = StepOutcome(
    claim="It holds for any depth.",
    because="By induction.",
    verdict="proved for instances",
    how="for 2 and 3 layers",
    latex="x = y",
    judged=False,
)
OUTCOMES = {
    outcome.id: outcome
    for outcome in (
        Outcome(
            id="deep_linear.mode_logistic",
            digest="0123456789abcdef",
            verdict=Standing.VERIFIED,
            reason="by certificate, precision, certified, property, simulation, literature",
            steps=PROOF,
            seconds=7.5,
            evidence=(
                _evidence("certificate", "derivation", 2, None, detail="2 steps proved, 1 assumed, of 3"),
                _evidence("precision", "integrated equation", 12, 1e-30, detail="working precision 50 and 80 digits"),
                _evidence("certified", "balls at five times", 5, 1e-25),
                _evidence("property", "on the whole domain", 400, 1e-9),
                _evidence(
                    "simulation",
                    "trained matrices",
                    84,
                    0.0042,
                    seed=1,
                    seconds=5.2,
                    curves=_curves(1),
                    detail="steps 0.04, 0.02, 0.01 extrapolated to 0; observed order 1.003, expected 1",
                ),
                _evidence("literature", "half time of the paper", 1, 0.01),
            ),
            printed=(
                PrintedOutcome(erratum="E5", verdict="refuted", detail="trained matrices: 84 points compared"),
                PrintedOutcome(erratum="E17", verdict="conditional", detail="holds for t above 20 tau / s"),
            ),
            audit=AUDIT,
        ),
        Outcome(
            id="deep_linear.hostile",
            digest="1" * 16,
            verdict=Standing.REFUTED,
            reason="refuted: <trained> matrices & more",
            steps=PROOF[:2],
            seconds=1.25,
            evidence=(
                _evidence("certificate", "derivation", 2, None),
                _evidence(
                    "simulation",
                    "<trained> matrices",
                    9,
                    0.03,
                    verdict=Holds.REFUTED,
                    curves=(_decay(),),
                    seed=1,
                    detail="deviation of 8.1 standard errors in both stages </script>",
                ),
            ),
        ),
        Outcome(
            id="signal_propagation.wide_kernel",
            digest="2" * 16,
            verdict=Standing.VERIFIED,
            seconds=2.0,
            reason="by certificate, simulation",
            audit=SOUND,
            steps=(*PROOF, LOOSE),
            evidence=(
                _evidence("certificate", "derivation", 3, None),
                _evidence("simulation", "random networks", 9, 0.06, curves=(_decay(), *_curves(2)[:1]), seed=1),
            ),
        ),
        Outcome(
            id="signal_propagation.open_question",
            digest="3" * 16,
            verdict=Standing.UNDECIDED,
            reason="undecided: derivation",
            seconds=31.0,
            steps=(
                StepOutcome(
                    claim="The two sides agree.",
                    because="They should.",
                    verdict="undecided",
                    how="stopped",
                    seconds=30.0,
                ),
            ),
            evidence=(
                _evidence(
                    "certificate",
                    "derivation",
                    0,
                    None,
                    verdict=Holds.UNDECIDED,
                    detail="0 steps proved, 0 assumed, of 1",
                ),
                _evidence("literature", "table of the paper", 3, float("inf"), detail="no uncertainty is printed"),
            ),
        ),
        Outcome(
            id="sgd_noise.ordering",
            digest="4" * 16,
            verdict=Standing.VERIFIED,
            reason="by simulation",
            seconds=3.5,
            evidence=(_evidence("simulation", "digits, two sizes", 6, 0.11, seed=1),),
        ),
        Outcome(
            id="sgd_noise.broken",
            digest="5" * 16,
            verdict=Standing.ERROR,
            reason=f"the checks raised: {TRACE}",
            evidence=(Evidence(check="run", kind="certificate", verdict=Holds.ERROR, points=0, detail=TRACE + "\x00"),),
        ),
    )
}
