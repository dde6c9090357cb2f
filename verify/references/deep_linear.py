"""Independent evaluations and predictions for the chapter deep_linear: what the checks compare formulas with."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_n_mode
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate

NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)

# ----------------------------------------------------------------------------------- layers in motion at high precision


def layer_strengths(point: Point) -> tuple[Any, Any]:
    """w_1, w_2 with product a and difference of squares c_0, by root finding."""
    a, c = (mpmath.mpf(point[k]) for k in ("a", "c_0"))
    w = mpmath.findroot(lambda x: (a / mpmath.exp(x)) ** 2 - mpmath.exp(2 * x) - c, mpmath.log(a) / 2)
    return mpmath.exp(w), a / mpmath.exp(w)


def integrated(dps: int, start: tuple[Any, Any], s: Any, time: Any) -> tuple[Any, Any]:
    """Two layer strengths after `time` (in units of tau) of descent on (s - w_1 w_2)^2 / 2, by short Taylor series.

    Whole numbers stand for binary fractions with more places than the working precision: ten times faster than mpf.
    """
    count = int(mpmath.ceil(8 * time * (s + start[0] ** 2 + start[1] ** 2)))
    smallest = min(mpmath.mag(w) for w in (*start, s) if w)
    places = mpmath.mp.prec + 60 + 2 * max(0, -int(smallest))

    def fixed(value: Any) -> int:
        with mpmath.workprec(2 * places):
            return int(mpmath.ldexp(value, places))

    def product(f: list[int], g: list[int]) -> int:
        return sum(map(operator.mul, f, reversed(g))) >> places

    now_1, now_2, goal, step = fixed(start[0]), fixed(start[1]), fixed(s), fixed(time / count)
    for _ in range(count):
        w_1, w_2, error = [now_1], [now_2], [goal - (now_1 * now_2 >> places)]
        for k in range(1, dps + 20):
            first, second = (product(w, error) * step // k >> places for w in (w_2, w_1))
            w_1.append(first)
            w_2.append(second)
            error.append(-product(w_1, w_2))
        now_1, now_2 = sum(w_1), sum(w_2)
    return mpmath.ldexp(mpmath.mpf(now_1), -places), mpmath.ldexp(mpmath.mpf(now_2), -places)


def layers_in_motion(dps: int, point: Point) -> list:
    """Imbalance after 0.3 tau, and present rate of the mode strength, of layers that descend (s - w_1 w_2)^2 / 2."""
    s, tau = (mpmath.mpf(point[k]) for k in ("s", "tau"))
    start = layer_strengths(point)

    def loss(w_1: Any, w_2: Any) -> Any:
        return (s - w_1 * w_2) ** 2 / 2

    later = integrated(dps, start, s, mpmath.mpf(3) / 10)
    down = [-mpmath.diff(loss, start, order) / tau for order in ((1, 0), (0, 1))]
    rate = mpmath.diff(lambda e: (start[0] + e * down[0]) * (start[1] + e * down[1]), 0)
    return [later[1] ** 2 - later[0] ** 2, rate]


def two_layers(dps: int, point: Point) -> Any:
    """w_1 w_2 at time t, both layers integrated from sqrt(a_0)."""
    t, s, a_0, tau = (mpmath.mpf(point[k]) for k in ("t", "s", "a_0", "tau"))
    w_1, w_2 = integrated(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, t / tau)
    return w_1 * w_2


def while_it_moves(point: Point) -> bool:
    """Whether s t / tau is between 0.5 and 2.5, where the curve moves."""
    return 0.5 < float(point["s"]) * float(point["t"]) / float(point["tau"]) < 2.5


def chain_in_motion(dps: int, point: Point) -> Any:
    """Rate of the product of d equal weights that descend (s - w_1 ... w_d)^2 / 2, differentiated numerically."""
    a, s, tau = (mpmath.mpf(point[k]) for k in ("a", "s", "tau"))
    count = point["N_l"] - 1
    weights = [mpmath.root(a, count)] * count

    def loss(shift: Any, layer: int) -> Any:
        return (s - mpmath.fprod(w + (shift if k == layer else 0) for k, w in enumerate(weights))) ** 2 / 2

    down = [-mpmath.diff(lambda e, k=k: loss(e, k), 0) / tau for k in range(count)]
    return mpmath.diff(lambda e: mpmath.fprod(w + e * v for w, v in zip(weights, down, strict=True)), 0)


def growing_depth(dps: int, point: Point) -> Any:
    """N_l times the integral of 1 / rate at N_l = 32, 64, ..., extrapolated to infinity in powers of 1 / N_l."""
    rate = candidate(depth_n_mode.STATEMENT)
    table = []
    for layers in (32 * 2**k for k in range(7)):

        def slowness(a, layers=layers):
            return layers / rate.mpmath(dps, N_l=layers, a=a, s=point["s"], tau=1)

        table.append(mpmath.quad(slowness, [mpmath.mpf(point["a_0"]), mpmath.mpf(point["a_f"])]))
    power = 1
    while len(table) > 1:
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
        power += 1
    return table[0]


# ------------------------------------------------------------------------------------------------ what the formula says


def flow_residual(formula: Candidate, point: Point, dps: int) -> list:
    """tau da/dt over 2 a (s - a), minus 1; and a at time 0 over a_0, minus 1."""
    t, s, tau, a_0 = (mpmath.mpf(point[k]) for k in ("t", "s", "tau", "a_0"))

    def curve(time):
        return formula.mpmath(3 * dps, t=time, s=s, tau=tau, a_0=a_0)

    a = curve(t)
    return [tau * mpmath.diff(curve, t) / (2 * a * (s - a)) - 1, curve(mpmath.mpf(0)) / a_0 - 1]


def passage(rate: Callable[[np.ndarray], np.ndarray], start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Time from `start` to `end` of a strength whose rate depends on itself: the integral of 1 / rate, along log a."""
    low, high = np.broadcast_arrays(np.log(start), np.log(end))
    nodes = np.exp(((high + low) + (high - low) * NODES[:, *(None,) * low.ndim]) / 2)
    with np.errstate(all="ignore"):
        return np.tensordot(WEIGHTS, nodes / rate(nodes), axes=1) * (high - low) / 2


def columns(measured: Measurement, *names: str) -> list[np.ndarray]:
    """What was given for each row of values, as columns that broadcast along the axis."""
    return [np.asarray(measured.given[name])[:, None] for name in names]


def imbalance(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The conserved imbalance of each mode, at all times."""
    a, s, c = columns(measured, "initial", "singular_values", "imbalance")
    conserved = formula.numpy(a=a, s=s, c_0=c, tau=measured.given["tau"])[0]
    return np.broadcast_to(conserved, measured.values.shape)


def unbalanced_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes of unbalanced layers pass the levels, (modes, levels)."""
    s, start, c = columns(measured, "singular_value", "initial", "imbalance")
    tau = measured.given["tau"]
    return passage(lambda a: formula.numpy(a=a, s=s, c_0=c, tau=tau)[1], start, s * measured.axis)


def input_output_map(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the modes, then entries of the input-output map they make up, over time."""
    g = measured.given
    s, start = columns(measured, "singular_values", "initial")
    modes = formula.numpy(t=measured.axis, s=s, a_0=start, tau=g["tau"])
    entries = np.einsum("ik,kt,jk->ijt", g["left"], modes, g["right"])
    return np.concatenate([modes, entries.reshape(-1, modes.shape[1])])


def deep_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (networks and modes, levels)."""
    layers, s, start = columns(measured, "layers", "singular_value", "initial")
    tau = measured.given["tau"]
    return passage(lambda a: formula.numpy(N_l=layers, a=a, s=s, tau=tau), start, s * measured.axis)


def power_law(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Exponent of the strength in rate / (s - a), and its factor, for each depth."""
    layers, s, tau = measured.given["layers"], 2.6, measured.given["tau"]
    a = np.array([0.3, 1.7])[:, None]
    with np.errstate(all="ignore"):
        logs = np.log(formula.numpy(N_l=layers, a=a, s=s, tau=tau) / (s - a))
    exponent = (logs[1] - logs[0]) / np.log(a[1] / a[0])
    return np.stack([exponent, np.exp(logs[0] - exponent * np.log(a[0]))], axis=1)


def deep_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """N_l t / tau from the initial strengths to the final ones, (modes, final strengths)."""
    s, start = columns(measured, "singular_value", "initial")
    return formula.numpy(s=s, a_0=start, a_f=measured.axis)
