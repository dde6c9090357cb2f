"""Times at which modes pass a strength, and the front of the modes that are half learned, against layers in motion.

The time stated is put to layers that are integrated up to it, and to networks that are trained on examples; the front
to the integrated time at which a mode reaches half its strength, and to the strengths of many modes of one network in
training. The front is a limit of a faint start: its deviation is followed over decades of the start.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.generalization import detection_wave
from numerics.deep_linear.passage_times import descent_times
from numerics.generalization.many_modes import half_learned_singular_value
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import mode, numbers, root, travel
from verify.references.layers_in_motion import columns, two_layers, while_it_moves
from verify.references.quadrature import quadrature

STEPS = (0.02, 0.01, 0.005, 0.0025)
FULL_STEPS = (0.01, 0.005, 0.0025, 0.00125, 0.000625)
PASSING_VALUES = (3.1, 2.3, 1.4)

FAINT = (
    {"a": "0.31", "shat": "1.7", "a_0": "3.7e-40", "t": "31.3", "tau": "1.3"},
    {"a": "0.47", "shat": "2.6", "a_0": "8.9e-38", "t": "23.9", "tau": "0.7"},
    {"a": "0.23", "shat": "1.4", "a_0": "5.3e-43", "t": "71.7", "tau": "2.3"},
    {"a": "2.3e-3", "shat": "310", "a_0": "5.3e-43", "t": "0.17", "tau": "0.9"},
)

ENDING = tuple({"a": "0.3", "shat": "1.9", "a_0": "0.013", "tau": "1.3", "left": x} for x in ("0.4", "1e-3", "1e-12"))

passages_in_training = partial(
    descent_times,
    singular_values=PASSING_VALUES,
    strengths=(np.sqrt([[0.013, 0.021, 0.034]] * 2),),
    tau=1.7,
    levels=tuple(np.arange(0.1, 0.96, 0.05)),
)

front_in_training = partial(half_learned_singular_value, initial=1e-9, tau=1.7)
ANY = {"a": 0.3, "shat": 1.7, "a_0": 0.011, "t": 0.8}  # for parts of a formula that do not depend on these


def still_moving(point: Point) -> bool:
    """Whether the mode moves at that time, so that its strength tells the time."""
    return while_it_moves({**point, "s": point["shat"]})


def own_time(dps: int, point: Point) -> Any:
    """The time after which the layers were stopped."""
    return mpmath.mpf(point["t"])


@functools.lru_cache(maxsize=256)
def _stopped(dps: int, t: str, shat: str, a_0: str, tau: str) -> Any:
    return two_layers(dps, {"t": t, "s": shat, "a_0": a_0, "tau": tau})


def time_of_strength(formula: Candidate, dps: int, point: Point) -> Any:
    """The time stated for the strength that two layers have reached, integrated up to t."""
    reached = _stopped(dps, *(point[name] for name in ("t", "shat", "a_0", "tau")))
    return formula.mpmath(dps, **{**point, "a": reached})[0]


def half_learned(dps: int, point: Point) -> Any:
    """The singular value of the mode that stands at half its strength at the time `time_to_half`."""
    return mpmath.mpf(point["shat"])


def when_half_learned(dps: int, point: Point) -> list:
    """The time at which a mode has half its strength, and its own singular value: the front at that time."""
    return [_time_to_half(dps, *(point[name] for name in ("shat", "a_0", "tau"))), mpmath.mpf(point["shat"])]


def time_and_front_at_half(formula: Candidate, dps: int, point: Point) -> list:
    """The time stated for half of the singular value, and the front stated at the time that was integrated."""
    with mpmath.workdps(dps):
        half = mpmath.mpf(point["shat"]) / 2
        stated = formula.mpmath(dps, **{**point, "t": 1, "a": half})[0]
        return [stated, front_at_half(formula, dps, {**point, "a": half})]


def equal_growth(dps: int, point: Point) -> Any:
    """The singular value above e a_0 whose growth e^(2 s t / tau) is s / a_0, by bisection.

    The time is given by how much of its end is left, so that it comes close to the end.
    """
    a_0, left = mpmath.mpf(point["a_0"]), mpmath.mpf(point["left"])

    def grows_more(logarithm: Any) -> bool:  # of s / a_0
        return mpmath.exp(logarithm - 1) * (1 - left) > logarithm

    with mpmath.workdps(2 * dps):  # both singular values meet at the end
        low, high = mpmath.mpf(1), mpmath.mpf(2)
        while not grows_more(high):
            high *= 2
        for _ in range(4 * dps):
            middle = (low + high) / 2
            low, high = (low, middle) if grows_more(middle) else (middle, high)
        return a_0 * mpmath.exp(low)


def front_close_to_its_end(formula: Candidate, dps: int, point: Point) -> Any:
    """The front stated when the share `left` of the time to its end, tau / (2 e a_0), is left."""
    a_0, tau, left = (mpmath.mpf(point[name]) for name in ("a_0", "tau", "left"))
    time = (1 - left) * tau / (2 * mpmath.e * a_0)
    return formula.mpmath(dps, a=point["a"], shat=point["shat"], a_0=a_0, tau=tau, t=time)[1]


@functools.lru_cache(maxsize=256)
def _time_to_half(dps: int, shat_text: str, a_0: str, tau_text: str) -> Any:
    """Time that two equal layers, which descend the loss, take from a faint start to half the singular value."""
    shat, tau = mpmath.mpf(shat_text), mpmath.mpf(tau_text)

    def per_growth(log_strength: Any) -> Any:  # dt / d ln a of two equal layers
        layer = mpmath.exp(log_strength / 2)
        moving = layer * (shat - layer * layer) / tau
        return layer / (moving + moving)

    start, end = mpmath.log(mpmath.mpf(a_0)), mpmath.log(shat / 2)
    panels = [start, *(end - 2**k for k in (6, 5, 4, 3, 2, 1, 0) if end - 2**k > start), end]
    return quadrature(per_growth, panels)


def front_at_half(formula: Candidate, dps: int, point: Point) -> Any:
    """The front stated at the time at which the mode of `shat` has half its strength."""
    time = _time_to_half(dps, *(point[name] for name in ("shat", "a_0", "tau")))
    return formula.mpmath(dps, **{**point, "t": time})[1]


def predicted_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (modes, levels)."""
    s, start = columns(measured, "singular_value", "initial")
    tau = measured.given["tau"]
    return formula.numpy(**{**ANY, "a": s * measured.axis, "shat": s, "a_0": start, "tau": tau})[0]


def predicted_front(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The singular value that is half learned, over time."""
    g = measured.given
    return formula.numpy(**{**ANY, "t": measured.axis, "a_0": g["initial"], "tau": g["tau"]})[1]


def certified_front(bits: int, point: Point) -> list[Any]:
    """The time to a strength, and the singular value whose growth from a faint start has reached its half by then."""
    strength, data, start, time, tau = numbers(point, "a", "shat", "a_0", "t", "tau")
    front = root(lambda s: 2 * s * time / tau - (s / start).log(), point["near"])
    return [travel(mode(data, tau), start, strength), front]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=detection_wave.STATEMENT,
    checks=(
        Certified(
            name="certified time and front",
            reference=certified_front,
            evaluate=without_guess,
            against="the integral of one over the rate of two layers, and a root of the balance of growth and start",
            values=("t", "shat_half"),
            points=({"a": "0.31", "shat": "1.7", "a_0": "3.7e-40", "t": "31.3", "tau": "1.3", "near": "1.8988"},),
        ),
        Precision(
            name="layers stopped in motion",
            reference=own_time,
            evaluate=time_of_strength,
            parameters=detection_wave.STATEMENT.parameters,
            count=3,
            constraint=still_moving,
            against="the time after which two layers, integrated by Taylor series, were stopped",
        ),
        Precision(
            name="half learned from a faint start",
            reference=half_learned,
            points=FAINT,
            evaluate=front_at_half,
            against="the singular value of a mode, at the integrated time to half its final strength",
        ),
        Precision(
            name="front to the end of its time",
            reference=equal_growth,
            points=ENDING,
            evaluate=front_close_to_its_end,
            against="the larger of two singular values of equal growth, by bisection",
            same_law=True,
        ),
        Rate(
            name="front from fainter and fainter starts",
            exact=when_half_learned,
            points=({"shat": "1.7", "tau": "1.3"}, {"shat": "0.6", "tau": "0.7"}),
            values=("1e-8", "1e-14", "1e-22", "1e-32"),
            digits=60,
            evaluate=time_and_front_at_half,
            against="the singular value of a mode, at the integrated time to half its final strength",
        ),
        Ladder(
            name="passages in training",
            predict=predicted_passages,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(passages_in_training, networks=((7, 9, 5),), examples=24),
            full=partial(passages_in_training, networks=((40, 60, 30),), examples=200),
            axis="mode strength a / shat",
            quantity="time of passage t (tau = 1.7)",
            series=tuple(f"shat = {s}" for s in PASSING_VALUES),
        ),
        Ladder(
            name="front in training",
            predict=predicted_front,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(
                front_in_training,
                widths=(28, 31, 26),
                examples=40,
                singular_values=tuple(np.arange(0.9, 3.31, 0.1)),
                times=tuple(np.arange(7.0, 12.1, 1.0)),
            ),
            full=partial(  # a start so faint that the limit's own error, of its order, stays below the steps'
                front_in_training,
                widths=(60, 80, 50),
                examples=150,
                singular_values=tuple(np.arange(0.9, 3.84, 0.06)),
                times=tuple(np.arange(8.0, 15.1, 0.5)),
                initial=1e-11,
            ),
            axis="training time t (tau = 1.7)",
            quantity="half-learned singular value shat",
            series=("front",),
        ),
    ),
    quantities=("t(a, shat)", "shat_half(t)"),
    convention="The loss is half the squared error, time counts presentations, tau = P / lambda; a mode counts as "
    "learned from half its final strength.",
    independence="All entries of both matrices are free and descend the error on examples, with unequal "
    "widths; the front is read off the strengths of all modes.",
)
