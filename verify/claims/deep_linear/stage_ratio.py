"""How long modes stay unlearned and how long their transition takes, in training and from ever smaller starts.

The statement holds integrals; the references move chains of equal weights by Taylor series until they pass both
fractions, and experiments train whole networks. The limits of small starts are extrapolated from ratios of chains and
networks, and the pace at which they are approached is measured over decades.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np
from gmpy2 import mpz

from derivations.deep_linear import stage_ratio
from derivations.statement import Statement
from numerics.deep_linear.stage_lengths import small_start_ratios, stage_ratios
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CHAINS, FULL_STEPS, STEPS, TRAINED, WIDE_CHAINS, fewest_layers
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.balls import (
    numbers,
    travel,
)
from verify.references.layers_in_motion import columns

stages = partial(
    stage_ratios,
    singular_values=(2.3, 1.3),
    initial=(0.06, 0.021),
    margins=(0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35),
)

POWERS = {3: 3, 4: 2}  # number of matrices -> power of h with which the ratio is proportional to h


def small_starts(step: float) -> tuple[float, float, float]:
    """Initial fractions of s for two, three and four matrices, for ratios proportional to `step`."""
    return float(np.exp(-1 / step)), step ** POWERS[3], step ** POWERS[4]


def small_start_points(statement: Statement) -> tuple[Point, ...]:
    """A chain of three weights, and the shortest one for which the statement is made."""
    return tuple(
        {"N_l": layers, "s": "1.7", "a_0": "0.03", "delta": "0.23"} for layers in (4, fewest_layers(statement))
    )


waiting = partial(
    small_start_ratios,
    singular_values=(2.3, 1.3),
    starts=small_starts,
    margins=(0.2, 0.25, 0.3, 0.35, 0.4),
)


def _series(full: Any, count: int, order: int) -> list:
    """Taylor coefficients of one of `count` equal weights that descend (s - w_1 ... w_count)^2 / 2.

    In units of the present weight and of its rate of growth the flow is x^(count - 1) (1 - full x^count) from x = 1,
    where `full` is the present fraction of s; whole numbers stand for binary fractions, with places enough for
    coefficients as small as 1 / order!.
    """
    places = mpmath.mp.prec + 60 + order * order.bit_length()

    def product(first: list[mpz], second: list[mpz]) -> mpz:
        return sum(map(operator.mul, first, reversed(second))) >> places

    with mpmath.workprec(2 * places):
        known = mpz(int(mpmath.ldexp(full, places)))
    powers: list[list[mpz]] = [[mpz(1) << places] for _ in range(count + 1)]  # x^0, x^1, ...
    for n in range(order):
        flow = powers[count - 1][n] - (known * product(powers[count - 1], powers[count]) >> places)
        powers[0].append(mpz(0))
        powers[1].append(flow // (n + 1))
        for k in range(2, count + 1):
            powers[k].append(product(powers[k - 1], powers[1]))
    return [mpmath.mpf((int(x), -places)) for x in powers[1]]


def passages(dps: int, count: int, s: Any, start: Any, fractions: tuple[Any, ...]) -> list:
    """Times, over tau, at which the product of `count` equal weights passes `fractions` of s, from a fraction `start`.

    Taylor series of the flow, in steps that keep the last term below the working precision.
    """
    weight, time, order, times = mpmath.root(start * s, count), mpmath.mpf(0), dps + 10, []
    levels = [mpmath.root(fraction * s, count) for fraction in fractions]
    while levels:
        series, rate = _series(weight**count / s, count, order)[::-1], s * weight ** (count - 2)
        step = mpmath.root(mpmath.mpf(10) ** (-dps - 5) / abs(series[0]), order)
        after = weight * mpmath.polyval(series, step)
        while levels and after > levels[0]:
            level = levels.pop(0) / weight

            def passed(d: Any, series: list = series, level: Any = level) -> Any:
                return mpmath.polyval(series, d) - level

            times.append(time + mpmath.findroot(passed, (mpmath.mpf(0), step), solver="anderson") / rate)
        weight, time = after, time + step / rate
    return times


def _stage_ratio(dps: int, count: int, s: Any, start: Any, delta: Any) -> Any:
    first, last = passages(dps, count, s, start, (delta, 1 - delta))
    return (last - first) / first


def integrated_stage_ratios(dps: int, point: Point) -> list:
    """Transition over ignorance of a chain of N_l - 1 equal weights, and of two."""
    s, a_0, delta = (mpmath.mpf(point[k]) for k in ("s", "a_0", "delta"))
    return [_stage_ratio(dps, count, s, a_0 / s, delta) for count in (point["N_l"] - 1, 2)]


def scaled_ratios(dps: int, point: Point) -> list:
    """The ratio of two weights times log(s / a_0), and that of N_l - 1 weights times (s / a_0)^(1 - 2 / (N_l - 1))."""
    digits = dps + int(-mpmath.log10(mpmath.mpf(point["a_0"])))  # the transition is a small part of a long time
    with mpmath.workdps(digits):
        of_any, of_two = integrated_stage_ratios(digits, point)
        inverse = mpmath.mpf(point["s"]) / mpmath.mpf(point["a_0"])
        return [mpmath.log(inverse) * of_two, inverse ** (1 - mpmath.mpf(2) / (point["N_l"] - 1)) * of_any]


def stage_ratios_of_small_starts(dps: int, point: Point) -> list:
    """Limits at zero h of the ratio over h: two weights that start at e^(-1/h) of s, and three or four at h^power; with
    fewer weights the ratio itself, at e^(-1/h). One is added to the second limit, which may vanish.

    Ratios at several h, with digits to spare, are extrapolated by the polynomial through them.
    """
    with mpmath.workdps(dps + 8):
        s, delta, count = mpmath.mpf(point["s"]), mpmath.mpf(point["delta"]), point["N_l"] - 1

        def limit(matrices: int, start: Callable[[Any], Any], scale: Callable[[Any, Any], Any], nodes: list) -> Any:
            values = [_stage_ratio(dps + 8, matrices, s, start(h), delta) * scale(start(h), h) for h in nodes]
            for k in range(1, len(nodes)):  # Neville, at zero
                values = [
                    (nodes[i] * values[i + 1] - nodes[i + k] * values[i]) / (nodes[i] - nodes[i + k])
                    for i in range(len(values) - 1)
                ]
            return values[0]

        nodes = [1 / mpmath.mpf(40 + 10 * k) for k in range(5)]

        def exponentially(h: Any) -> Any:
            return mpmath.exp(-1 / h)

        first = limit(2, exponentially, lambda start, h: 1 / h, nodes)
        if count in POWERS:
            power = POWERS[count]
            return [first, 1 + limit(count, lambda h: h**power, lambda start, h: 1 / h, [h / 3 for h in nodes])]
        gamma = 1 - mpmath.mpf(2) / count
        return [first, 1 + limit(count, exponentially, lambda start, h: start**-gamma, nodes)]


def transition_over_ignorance(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The ratio of each network and mode, (networks and modes, margins); by its own component for two matrices."""
    layers, s, start = columns(measured, "layers", "singular_value", "initial")
    of_any, of_two, *_ = formula.numpy(N_l=layers, s=s, a_0=start, delta=measured.axis)
    return np.where(layers == 3, of_two, of_any)


def limits(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The ratio over the step as the step, and with it the start, goes to zero; (networks and modes, margins)."""
    layers, s = columns(measured, "layers", "singular_value")
    _, _, of_two, of_any = formula.numpy(N_l=np.maximum(layers, 4), s=s, a_0=0.02 * s, delta=measured.axis)
    return np.where(layers == 3, of_two, of_any)


def picture_of_stages(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Learning curves of the slowest mode at each depth, and the broken line from start to transition to end of it."""
    given = {name: np.asarray(value, dtype=float) for name, value in measured.given.items()}
    margin = float(np.asarray(measured.axis)[0])
    ratios = transition_over_ignorance(formula, measured)[:, 0]
    slowest = np.flatnonzero(given["singular_value"] == np.min(given["singular_value"]))
    paths = []
    for group, row in enumerate(slowest):
        s, waited = given["singular_value"][row], given["ignorance"][row]
        time, strength = given["curve_time"][row] / waited, given["curve_strength"][row] / s
        corners = (0.0, 1.0, 1 + float(ratios[row])), (float(given["initial"][row] / s), margin, 1 - margin)
        label = f"{int(given['layers'][row]) - 1} matrices"
        paths.append(Path(label=label, group=group, theory=corners, measured=(tuple(time), tuple(strength))))
    return (
        Plane(
            title="Ignorance and transition",
            x_label="time t over that of ignorance",
            y_label="mode strength a / s",
            paths=tuple(paths),
        ),
    )


def limits_of_point(formula: Candidate, dps: int, point: Point) -> list:
    """Both limits, one added to the second."""
    of_two, of_any = formula.numpy(**point)[2:].tolist()
    return [of_two, 1 + of_any]


def certified_stages(bits: int, point: Point) -> Any:
    """Time of the transition over that of the ignition, for the weight of a chain: no fraction of the strength."""
    s, start, delta = numbers(point, "s", "a_0", "delta")
    depth = point["N_l"] - 1
    places = [a.root(depth) for a in (start, delta * s, (1 - delta) * s)]

    def rate(weight: Any) -> Any:
        return weight ** (depth - 1) * (s - weight**depth)

    return travel(rate, *places[1:]) / travel(rate, *places[:2])


def first_ratio(candidate: Candidate, bits: int, point: Point) -> Any:
    """The ratio that the formula gives at this depth."""
    return candidate.arb(bits, **point)[0]


CLAIM = Claim(
    statement=stage_ratio.STATEMENT,
    checks=(
        Certified(
            name="certified stages of a chain of weights",
            reference=certified_stages,
            evaluate=first_ratio,
            against="integrals of one over the rate of the weight of a chain",
            values=("rho",),
            points=(
                {"N_l": 3, "s": "1.7", "a_0": "0.03", "delta": "0.23"},
                {"N_l": 4, "s": "1.7", "a_0": "0.03", "delta": "0.23"},
                {"N_l": 6, "s": "0.8", "a_0": "0.05", "delta": "0.13"},
            ),
        ),
        Ladder(
            name="stages of training",
            predict=transition_over_ignorance,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(stages, networks=(*CHAINS[:2], CHAINS[3]), examples=24),
            full=partial(stages, networks=(*WIDE_CHAINS[:2], WIDE_CHAINS[3]), examples=100),
            axis="fraction delta of the singular value",
            quantity="transition over ignorance",
            series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 5) for s in (2.3, 1.3)),
            picture=picture_of_stages,
        ),
        Ladder(
            name="ever smaller starts",
            predict=limits,
            steps=tuple(0.08 * 2 ** (-k / 2) for k in range(5)),
            quick=partial(waiting, networks=((7, 6, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6)), examples=12),
            full=partial(waiting, networks=((35, 30, 25), (30, 40, 25, 35), (25, 35, 30, 40, 30)), examples=60),
            axis="fraction delta of the singular value",
            quantity="ratio over its small parameter",
            series=tuple(f"{d} matrices, s = {s}" for d in (2, 3, 4) for s in (2.3, 1.3)),
        ),
        Precision(
            name="chains in motion",
            reference=integrated_stage_ratios,
            digits=(15, 25),
            parameters=stage_ratio.STATEMENT.parameters,
            count=2,
            points=({"N_l": fewest_layers(stage_ratio.STATEMENT), "s": "1.7", "a_0": "0.71", "delta": "0.47"},),
            against="chains of equal weights integrated by Taylor series until they pass both fractions",
            evaluate=lambda formula, dps, point: formula.numpy(**point)[:2].tolist(),
        ),
        Rate(
            name="approach to the limits",
            exact=scaled_ratios,
            digits=16,
            points=({"N_l": 4, "s": "1.7", "delta": "0.23"},),
            values=("1e-3", "1e-6", "1e-12", "1e-24"),
            against="chains of equal weights that start this small",
            evaluate=lambda formula, dps, point: formula.numpy(**point)[2:].tolist(),
        ),
        Precision(
            name="chains from small starts",
            reference=stage_ratios_of_small_starts,
            digits=(12, 15),
            points=small_start_points(stage_ratio.STATEMENT),
            against="chains of equal weights that start ever smaller, extrapolated",
            evaluate=limits_of_point,
        ),
    ),
    quantities=(
        "rho(N_l)",
        "rho(3)",
        "Limit(rho(3)*log(s/a_0), a_0, 0, dir='+')",
        "Limit((s/a_0)**(1 - 2/(N_l - 1))*rho(N_l), a_0, 0, dir='+')",
    ),
    convention="Ignorance lasts until the strength is delta s, the transition until it is (1 - delta) s; the small "
    "parameter is 1 / log(s / a_0) for two matrices and (a_0 / s)^(1 - 2/d) for d, and the ladder's step.",
    independence=TRAINED + " The small starts follow adaptive Runge-Kutta steps along the gradient.",
)
