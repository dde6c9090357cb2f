"""When the test error turns and how far it rises, against integrated modes and students that learn noise.

At high precision the pole of the data gives singular value and overlaps, the time is an integral over the strength,
and the noise is integrated over its own law, with few and with many outputs per input. Students of one neuron and of
more neurons than the data have modes follow the gradient flow entry by entry, in steps that show their order first;
the error is the distance to the teacher itself. Without noise there is no rise.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.generalization import overfitting
from numerics.generalization.long_training import (
    error_from_minimum_to_end,
    error_minimum_of_one_neuron,
    error_per_output,
)
from numerics.generalization.students import Setting
from numerics.measurement import Measurement
from verify.checks import Approach, Certified, FiniteSize, Precision, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import integral, mode, numbers, travel
from verify.references.layers_in_motion import columns
from verify.references.quadrature import quadrature
from verify.references.spiked_matrices import away_from_threshold, certified_pole, pole_of_the_data

LEARNERS = ((2.6, 0.5, 0.01), (3.1, 1.5, 0.02))  # teacher, outputs per input, initial strength
LEARNERS_OF_NOISE = ((2.6, 0.5, 0.13), (3.1, 1.5, 0.17))  # strong starts: some noise is there from the beginning
NOISY_STUDENTS = tuple(f"teacher {teacher}, {ratio} outputs per input" for teacher, ratio, _ in LEARNERS_OF_NOISE)
noise_in_training = partial(error_per_output, students=LEARNERS_OF_NOISE, examples_per_input=1.5, step=0.15)
error_rise = partial(error_from_minimum_to_end, teacher=2.6, initial=0.01, end=4.0, step=0.1)

RISING, FULL_RISING = (
    Setting(inputs=n, ratio=0.5, examples=3 * n // 2, widths=(1, n // 5, 3 * n // 5)) for n in (20, 100)
)

FEW_AND_MANY_OUTPUTS = (
    {"sbar": "1.3", "A": "0.06", "a_0": "0.013", "t": "1.1", "tau": "0.8"},
    {"sbar": "3.4", "A": "7.3", "a_0": "0.031", "t": "0.7", "tau": "1.3"},
)
IDLE = {"t": 1.3, "tau": 1.0}  # for the parts of the formula that do not depend on time


def turn_and_noise(dps: int, point: Point) -> list:
    """Time and rise of the best multiple of the data's mode, and the mean squared strength of the noise modes.

    The place and residue of the pole give singular value and overlaps; the time is an integral over the strength; the
    noise modes are those of the density of Marchenko and Pastur, with layers integrated to time t.
    """
    s, ratio, a_0, t, tau = (mpmath.mpf(point[k]) for k in ("sbar", "A", "a_0", "t", "tau"))
    largest, output, incoming = pole_of_the_data(dps, point)
    product = mpmath.sqrt(output * incoming)

    def error(a: Any) -> Any:
        return ((a - s * product) ** 2 + s * s * (1 - product * product)) / (s * s)

    best = mpmath.findroot(lambda a: mpmath.diff(error, a), (s / 3, s / 2))
    log_start, log_best = mpmath.log(a_0), mpmath.log(best)
    panels = [log_start + (log_best - log_start) * k / 8 for k in range(9)]
    time = quadrature(lambda y: tau / (2 * (largest - mpmath.exp(y))), panels)

    def learned(angle: Any) -> Any:  # squared strength of a mode, times the density of its angle in the noise's law
        x = 1 + ratio + 2 * mpmath.sqrt(ratio) * mpmath.cos(angle)
        value = mpmath.sqrt(x)
        growth = mpmath.expm1(2 * value * t / tau)
        strength = a_0 * (1 + growth) / (1 + a_0 * growth / value)
        return 2 * (strength * mpmath.sin(angle)) ** 2 / (mpmath.pi * x)

    noise = quadrature(learned, mpmath.linspace(0, mpmath.pi, 3))
    return [time, error(largest) - error(best), noise / (s * s)]


def predicted_turns(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Time and rise of each student of one neuron, (students, 2)."""
    g: Any = measured.given
    return formula.numpy(sbar=g["teacher"], A=g["ratio"], a_0=g["initial"], **IDLE)[:2].T


def noise_over_time(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test error per output of each student over time, (students, T)."""
    teacher, ratio, start = columns(measured, "teacher", "ratio", "initial")
    return formula.numpy(sbar=teacher, A=ratio, a_0=start, t=measured.axis, tau=1.0)[2]


def in_floats(formula: Candidate, dps: int, point: Point) -> list:
    """The three parts stated, in double precision: the integral would cost each wrong formula a second otherwise."""
    return [mpmath.mpf(float(value)) for value in formula.numpy(**{k: float(v) for k, v in point.items()})]


def certified_turn(bits: int, point: Point) -> list[Any]:
    """Time to the best strength, rise of the error beyond it, and the noise learned, over the law of squared modes."""
    teacher, ratio, start, time, tau = numbers(point, "sbar", "A", "a_0", "t", "tau")
    largest, output, incoming = certified_pole(point)
    best = teacher * (output * incoming).sqrt()
    low, high = (1 - ratio.sqrt()) ** 2, (1 + ratio.sqrt()) ** 2
    middle, half = (low + high) / 2, (high - low) / 2

    def learned(u: Any, analytic: bool) -> Any:
        """Squared strength times density, over the angle of the squared mode."""
        level = middle - half * u.cos()
        value = level.sqrt(analytic=analytic)
        growth = (2 * value * time / tau).exp()
        strength = start * growth / (1 + start * (growth - 1) / value)
        return strength**2 * (half * u.sin()) ** 2 / (2 * flint.arb.pi() * ratio * level)

    noise = integral(learned, arb(0), flint.arb.pi(), cuts=True)
    return [travel(mode(largest, tau), start, best), ((largest - best) / teacher) ** 2, noise / teacher**2]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "w"})


CLAIM = Claim(
    statement=overfitting.STATEMENT,
    checks=(
        Certified(
            name="certified turn and noise",
            reference=certified_turn,
            evaluate=without_guess,
            against="integrals over the noise's law and over the strength",
            bits=90,
            digits=18,
            values=("t_opt", "E_1", "e_test"),
            points=({"sbar": "1.9", "A": "0.61", "a_0": "0.013", "t": "1.1", "tau": "0.8", "w": "5.389"},),
        ),
        Precision(
            name="integrated modes of the noise's law",
            reference=turn_and_noise,
            count=2,
            points=FEW_AND_MANY_OUTPUTS,
            parameters=overfitting.STATEMENT.parameters,
            constraint=away_from_threshold,
            digits=(16, 26),
            evaluate=in_floats,
            against="the integrated time to the best strength, the error beyond it, and an integral over the noise",
        ),
        FiniteSize(
            name="noise learned in training",
            predict=noise_over_time,
            size_name="inputs",
            quick=partial(noise_in_training, times=tuple(np.arange(0.0, 3.01, 0.3))),
            full=partial(noise_in_training, times=tuple(np.arange(0.0, 5.11, 0.3))),
            terms=2,
            sizes=((16, 60), (24, 50), (36, 40), (54, 30)),
            full_sizes=((40, 80), (60, 60), (80, 50), (110, 40)),
            axis="training time t / tau",
            quantity="test error per output",
            series=NOISY_STUDENTS,
        ),
        Approach(
            name="noise learned by small students",
            predict=noise_over_time,
            size_name="inputs",
            quick=partial(noise_in_training, times=(0.0, 0.6, 1.2)),
            sizes=((16, 40), (48, 40)),
        ),
        FiniteSize(
            name="turn of one neuron",
            predict=predicted_turns,
            size_name="inputs",
            quick=partial(error_minimum_of_one_neuron, students=LEARNERS, examples_per_input=1.5, end=3.2, step=0.064),
            sizes=((30, 100), (40, 64), (54, 48), (76, 40)),  # narrower ones show the second power of 1 / N
            full_sizes=((60, 140), (80, 100), (120, 80), (160, 60)),
        ),
        Trend(
            name="rise of the test error, and none without noise",
            replicas=40,
            quick=partial(error_rise, setting=RISING, noise=True),
            full=partial(error_rise, setting=FULL_RISING, noise=True),
            control=partial(error_rise, setting=RISING, noise=False),
        ),
    ),
    quantities=("t_opt", "E_1", "Limit(e_test/N_3, N_3, oo, dir='-')"),
    convention="Errors are relative to the teacher's squared singular value; the noise in the correlation has "
    "variance 1 / N_1, and A counts outputs per input.",
    independence="Students of one neuron and of more neurons than the data have modes are trained entry by entry; "
    "the error is the distance to the teacher itself, and the control has labels without noise.",
)
