"""Deep linear networks: how the modes of the input-output map are learned."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import balancedness, depth_n_mode, infinite_depth_time, mode_logistic
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.deep_linear.learning_curves import imbalance, input_output_map
from numerics.deep_linear.passage_times import descent_times, rate_power_law
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate

NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)
SINGULAR_VALUES = (3.1, 2.3, 1.4, 0.9)
DEEP_SINGULAR_VALUES = (1.7, 1.2, 0.8)
LATE = tuple({"t": time, "s": "3.3", "a_0": "1e-5", "tau": "1.1"} for time in ("20", "150", "1000", "3333"))
CONVENTION = "Time counts presentations, tau = P / lambda; the loss is half the squared error summed over examples."
TRAINED = "Trained on examples by automatic differentiation: all entries of all matrices free, unequal widths."


def _passage(rate: Callable[[np.ndarray], np.ndarray], start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Time from `start` to `end` of a strength whose rate depends on itself: the integral of 1 / rate, along log a."""
    low, high = np.broadcast_arrays(np.log(start), np.log(end))
    nodes = np.exp(((high + low) + (high - low) * NODES[:, *(None,) * low.ndim]) / 2)
    with np.errstate(all="ignore"):
        return np.tensordot(WEIGHTS, nodes / rate(nodes), axes=1) * (high - low) / 2


def _columns(measured: Measurement, *names: str) -> list[np.ndarray]:
    """What was given for each row of values, as columns that broadcast along the axis."""
    return [np.asarray(measured.given[name])[:, None] for name in names]


def _layer_strengths(point: Point) -> tuple[Any, Any]:
    """w_1, w_2 with product a and difference of squares c_0, by root finding."""
    a, c = (mpmath.mpf(point[k]) for k in ("a", "c_0"))
    w = mpmath.findroot(lambda x: (a / mpmath.exp(x)) ** 2 - mpmath.exp(2 * x) - c, mpmath.log(a) / 2)
    return mpmath.exp(w), a / mpmath.exp(w)


def _integrated(dps: int, start: tuple[Any, Any], s: Any, time: Any) -> tuple[Any, Any]:
    """Two layer strengths after `time` (in units of tau) of descent on (s - w_1 w_2)^2 / 2, by short Taylor series."""
    count = int(mpmath.ceil(20 * time * (s + start[0] ** 2 + start[1] ** 2)))
    step = time / count

    def product(f: list, g: list) -> Any:
        return mpmath.fdot(zip(f, reversed(g), strict=True))

    for _ in range(count):
        w_1, w_2, error = [start[0]], [start[1]], [s - start[0] * start[1]]
        for k in range(1, dps + 20):
            first, second = product(w_2, error) / k, product(w_1, error) / k
            w_1.append(first)
            w_2.append(second)
            error.append(-product(w_1, w_2))
        start = tuple(mpmath.polyval(w[::-1], step) for w in (w_1, w_2))
    return start


def _layers_in_motion(dps: int, point: Point) -> list:
    """Imbalance after 0.3 tau, and present rate of the mode strength, of layers that descend (s - w_1 w_2)^2 / 2."""
    s, tau = (mpmath.mpf(point[k]) for k in ("s", "tau"))
    start = _layer_strengths(point)

    def loss(w_1: Any, w_2: Any) -> Any:
        return (s - w_1 * w_2) ** 2 / 2

    later = _integrated(dps, start, s, mpmath.mpf(3) / 10)
    down = [-mpmath.diff(loss, start, order) / tau for order in ((1, 0), (0, 1))]
    rate = mpmath.diff(lambda e: (start[0] + e * down[0]) * (start[1] + e * down[1]), 0)
    return [later[1] ** 2 - later[0] ** 2, rate]


def _imbalance(formula: Candidate, measured: Measurement) -> np.ndarray:
    a, s, c = _columns(measured, "initial", "singular_values", "imbalance")
    conserved = formula.numpy(a=a, s=s, c_0=c, tau=measured.given["tau"])[0]
    return np.broadcast_to(conserved, measured.values.shape)


def _unbalanced_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    s, start, c = _columns(measured, "singular_value", "initial", "imbalance")
    tau = measured.given["tau"]
    return _passage(lambda a: formula.numpy(a=a, s=s, c_0=c, tau=tau)[1], start, s * measured.axis)


def _two_layers(dps: int, point: Point) -> Any:
    """w_1 w_2 at time t, both layers integrated from sqrt(a_0)."""
    t, s, a_0, tau = (mpmath.mpf(point[k]) for k in ("t", "s", "a_0", "tau"))
    w_1, w_2 = _integrated(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, t / tau)
    return w_1 * w_2


def _while_it_moves(point: Point) -> bool:
    return 0.5 < float(point["s"]) * float(point["t"]) / float(point["tau"]) < 2.5


def _flow_residual(formula: Candidate, point: Point, dps: int) -> list:
    """tau da/dt over 2 a (s - a), minus 1; and a at time 0 over a_0, minus 1."""
    t, s, tau, a_0 = (mpmath.mpf(point[k]) for k in ("t", "s", "tau", "a_0"))

    def curve(time):
        return formula.mpmath(3 * dps, t=time, s=s, tau=tau, a_0=a_0)

    a = curve(t)
    return [tau * mpmath.diff(curve, t) / (2 * a * (s - a)) - 1, curve(mpmath.mpf(0)) / a_0 - 1]


def _map(formula: Candidate, measured: Measurement) -> np.ndarray:
    g = measured.given
    s, start = _columns(measured, "singular_values", "initial")
    modes = formula.numpy(t=measured.axis, s=s, a_0=start, tau=g["tau"])
    entries = np.einsum("ik,kt,jk->ijt", g["left"], modes, g["right"])
    return np.concatenate([modes, entries.reshape(-1, modes.shape[1])])


def _chain_in_motion(dps: int, point: Point) -> Any:
    """Rate of the product of d equal weights that descend (s - w_1 ... w_d)^2 / 2, differentiated numerically."""
    a, s, tau = (mpmath.mpf(point[k]) for k in ("a", "s", "tau"))
    count = point["N_l"] - 1
    weights = [mpmath.root(a, count)] * count

    def loss(shift: Any, layer: int) -> Any:
        return (s - mpmath.fprod(w + (shift if k == layer else 0) for k, w in enumerate(weights))) ** 2 / 2

    down = [-mpmath.diff(lambda e, k=k: loss(e, k), 0) / tau for k in range(count)]
    return mpmath.diff(lambda e: mpmath.fprod(w + e * v for w, v in zip(weights, down, strict=True)), 0)


def _deep_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    layers, s, start = _columns(measured, "layers", "singular_value", "initial")
    tau = measured.given["tau"]
    return _passage(lambda a: formula.numpy(N_l=layers, a=a, s=s, tau=tau), start, s * measured.axis)


def _power_law(formula: Candidate, measured: Measurement) -> np.ndarray:
    layers, s, tau = measured.given["layers"], 2.6, measured.given["tau"]
    a = np.array([0.3, 1.7])[:, None]
    with np.errstate(all="ignore"):
        logs = np.log(formula.numpy(N_l=layers, a=a, s=s, tau=tau) / (s - a))
    exponent = (logs[1] - logs[0]) / np.log(a[1] / a[0])
    return np.stack([exponent, np.exp(logs[0] - exponent * np.log(a[0]))], axis=1)


def _growing_depth(dps: int, point: Point) -> Any:
    """N_l times the integral of 1 / rate at N_l = 32, 64, ..., extrapolated to infinity in powers of 1 / N_l."""
    rate = candidate(depth_n_mode.STATEMENT)
    table = []
    for layers in (32 * 2**k for k in range(10)):

        def slowness(a, layers=layers):
            return layers / rate.mpmath(dps, N_l=layers, a=a, s=point["s"], tau=1)

        table.append(mpmath.quad(slowness, [mpmath.mpf(point["a_0"]), mpmath.mpf(point["a_f"])]))
    power = 1
    while len(table) > 1:
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
        power += 1
    return table[0]


def _deep_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    s, start = _columns(measured, "singular_value", "initial")
    return formula.numpy(s=s, a_0=start, a_f=measured.axis)


def _balanced(depth: int, initial: tuple[float, ...]) -> np.ndarray:
    """Layer strengths that multiply to the initial mode strengths, equal in all layers."""
    return np.tile(np.asarray(initial) ** (1 / depth), (depth, 1))


CHAINS = ((7, 9, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6), (7, 5, 8, 6, 9, 6), (6, 9, 5, 7, 6, 8, 5), (5, 6, 9, 7, 5, 8, 6, 7))
WIDE_CHAINS = tuple(tuple(5 * width for width in chain) for chain in CHAINS)
STEPS = (0.02, 0.01, 0.005, 0.0025)
FULL_STEPS = (0.01, 0.005, 0.0025, 0.00125, 0.000625)

UNBALANCED = np.array([[0.11, 0.7, 0.35, 0.9], [0.8, 0.21, 0.6, 0.17]])  # strengths of four modes in two layers

drift = partial(
    imbalance, singular_values=SINGULAR_VALUES, strengths=UNBALANCED, tau=1.7, times=tuple(np.arange(0, 5.01, 0.5)),
)  # fmt: skip
passing = partial(
    descent_times, singular_values=SINGULAR_VALUES, strengths=(UNBALANCED,), tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)  # fmt: skip
curves = partial(
    input_output_map, singular_values=SINGULAR_VALUES, initial=(0.013, 0.021, 0.034, 0.055), tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)  # fmt: skip
power_law = partial(
    rate_power_law, singular_values=DEEP_SINGULAR_VALUES, initial=0.06, tau=1.7,
    times=((0.6, 1.2, 1.8), (0.8, 1.6, 2.2), (0.6, 1.2, 1.8), (0.6, 1.2, 1.6), (0.6, 1.0, 1.4), (0.6, 0.8, 1.2)),
)  # fmt: skip
deep = partial(
    descent_times, singular_values=DEEP_SINGULAR_VALUES, tau=1.7, levels=tuple(np.arange(0.2, 0.91, 0.1)),
    strengths=tuple(_balanced(len(chain) - 1, (0.09, 0.06, 0.08)) for chain in CHAINS),
)  # fmt: skip
growing = partial(
    depth_scaled_times, singular_values=(2.3, 1.3), initial=(0.13, 0.21), levels=tuple(np.arange(0.3, 1.01, 0.1)),
)  # fmt: skip

CLAIMS = (
    Claim(
        statement=balancedness.STATEMENT,
        checks=(
            Precision(
                name="two layers in motion", reference=_layers_in_motion,
                parameters=balancedness.STATEMENT.parameters, count=5,
                against="two layer strengths that descend their loss, differentiated numerically",
            ),
            Ladder(
                name="imbalance in training", predict=_imbalance, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(drift, widths=(7, 9, 5), examples=24),
                full=partial(drift, widths=(40, 60, 30), examples=200),
                axis="time", quantity="imbalance", series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
            Ladder(
                name="unbalanced training", predict=_unbalanced_passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(passing, networks=((7, 9, 5),), examples=24),
                full=partial(passing, networks=((40, 60, 30),), examples=200),
                axis="fraction of s", quantity="time of passage", series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=mode_logistic.STATEMENT,
        checks=(
            Precision(
                name="two layers integrated", reference=_two_layers,
                parameters=mode_logistic.STATEMENT.parameters, count=3, constraint=_while_it_moves,
                points=({"t": "0.41", "s": "0.83", "a_0": "1.9", "tau": "1.3"},),
                against="the flow of both layer strengths integrated by Taylor series",
            ),
            Property(
                name="flow and start", sentence="tau da/dt = 2 a (s - a), and a starts at a_0",
                residual=_flow_residual, parameters=mode_logistic.STATEMENT.parameters,
            ),
            Ladder(
                name="trained network", predict=_map, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(curves, widths=(7, 9, 5), examples=24),
                full=partial(curves, widths=(60, 100, 40), examples=400),
                axis="time", quantity="strength", series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
            ),
            Precision(
                name="late times in floating point", digits=(20, 30), points=LATE,
                reference=lambda dps, point: point["s"],
                evaluate=lambda formula, dps, point: formula.numpy(**point).item(),
                against="the singular value, which the curve has reached",
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED,
    ),
    Claim(
        statement=depth_n_mode.STATEMENT,
        checks=(
            Precision(
                name="chain in motion", reference=_chain_in_motion,
                parameters=depth_n_mode.STATEMENT.parameters, count=8,
                against="a chain of equal weights that descends its loss, differentiated numerically",
            ),
            Ladder(
                name="rate against strength", predict=_power_law, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(power_law, networks=CHAINS, examples=24),
                full=partial(power_law, networks=WIDE_CHAINS, examples=100),
            ),
            Ladder(
                name="training at six depths", predict=_deep_passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(deep, networks=CHAINS, examples=24),
                full=partial(deep, networks=WIDE_CHAINS, examples=100),
                axis="fraction of s", quantity="time of passage",
                series=tuple(f"{len(chain)} layers, s = {s}" for chain in CHAINS for s in DEEP_SINGULAR_VALUES),
            ),
        ),
        convention=CONVENTION,
        independence=TRAINED + " The layers are balanced at the start only.",
    ),
    Claim(
        statement=infinite_depth_time.STATEMENT,
        checks=(
            Precision(
                name="growing depth", reference=_growing_depth,
                parameters=infinite_depth_time.STATEMENT.parameters, count=3,
                against="the integrated rate at depths up to 16384, extrapolated in powers of 1 / N_l",
            ),
            Ladder(
                name="growing networks", predict=_deep_times, steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
                full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
                quick=partial(growing, widths=(4, 3, 5, 4, 3), courant=0.05, examples=9),
                full=partial(growing, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
                axis="final strength", quantity="N_l t / tau", series=("s = 2.3", "s = 1.3"),
            ),
        ),
        convention="Time is N_l t / tau, with tau fixed while the depth grows; the ladder's step is 1 / (N_l - 1).",
        independence="All matrices are free and follow Runge-Kutta steps along the automatic gradient of the loss.",
    ),
)  # fmt: skip
