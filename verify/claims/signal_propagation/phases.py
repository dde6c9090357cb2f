"""Ordered and chaotic phase: the correlation that two inputs approach.

Pairs of inputs pass through explicit deep networks, in both phases and for an activation that is neither odd nor even,
and their correlations are compared with the map from layer to layer and with its end; nothing is iterated but the
network. The biases are large, so that a wrong one shows. Close to the transition a closed kernel is iterated at high
precision instead. The page leaves out that the ordered phase needs biases; networks without them end elsewhere.

For the shifted sine the correlation over two layers is known at any width, and approaches the map like 1 / N.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from flint import arb

from derivations.activations import TANH, Activation
from derivations.signal_propagation import phases
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.signal_propagation.two_inputs import correlations, last_layer_correlations
from numerics.solvers.fixed_correlation import fixed_correlation
from verify.checks import Certified, FiniteSize, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.references import finite_width
from verify.references.balls import numbers, slope
from verify.references.mean_field import (
    SHIFTED,
    Network,
    fixed_point,
    output_kernel,
    published_critical_point,
    simulated,
)

STARTS = (-0.15, 0.3, 0.9)
ORDERED: Network = (TANH, 0.9, 0.3)
CHAOTIC: Network = (SHIFTED, 2.2, 1.2)
ENDING: tuple[Network, ...] = (ORDERED, (SHIFTED, 1.1, 0.4))  # 1 - c falls at least like 0.63^l
DEEP, FAR = 70, 12  # layers: 0.63^70 < 1e-13, and in the chaotic phase c - c* falls like 0.29^l, to 4e-7
LEANING = Activation(name="leaning_sin", expression=sp.sin(x + sp.Rational(1, 5)))  # with a closed kernel
WITHOUT_BIAS: Network = (TANH, 0.8, 0.0)
SHORT = 1e-9  # stands for the length 0 that networks without biases reach in the ordered phase
ELSEWHERE = 0.5  # stands for c* where there is no fixed point below 1
LAYERS = 3000  # after which the map of the points below has settled: 0.971^3000 < 1e-38


def _layers(kind: str, network: Network, starts: tuple[float, ...], replicas: tuple[int, ...]) -> FiniteSize:
    setting: dict[str, Any] = {"network": simulated(network), "starts": starts, "siblings": 12}
    return FiniteSize(
        name=f"pairs of inputs in {kind} networks",
        predict=partial(predicted_correlations, network),
        quick=partial(correlations, layers=5, **setting),
        full=partial(correlations, layers=20, **setting),
        sizes=tuple(zip((60, 120, 240), replicas, strict=True)),
        full_sizes=((152, 300), (300, 100), (600, 100)),
        axis="layer l",
        quantity="correlation c_l of two inputs",
        series=tuple(f"start at {start:g}" for start in starts),
    )


def _ends(name: str, networks: tuple[Network, ...], settings: tuple) -> Replicas:
    return Replicas(
        name=name,
        predict=partial(predicted_ends, networks),
        quick=partial(last_layer_correlations, networks=settings, width=60, starts=STARTS, layers=DEEP, siblings=1),
        full=partial(last_layer_correlations, networks=settings, width=500, starts=STARTS, layers=DEEP, siblings=1),
        replicas=24,
        full_replicas=10,
        axis="correlation c_l in layer 1",
        quantity="correlation c_l in the last layer",
        series=_names(networks),
    )


def _names(networks: tuple[Network, ...]) -> tuple[str, ...]:
    return tuple(f"sigma_w {sigma_w:g}, sigma_b {sigma_b:g}" for _, sigma_w, sigma_b in networks)


def mirror(phi: Activation) -> Any:
    """cos 2 a of a sine that is shifted by a, at the working precision."""
    return mpmath.cos(mpmath.mpf(2) / 5 if phi is LEANING else mpmath.mpf(7) / 5)


def kernel(phi: Activation, q: Any, c: Any) -> Any:
    """E phi(u) phi(v) for LEANING or SHIFTED at length q and correlation c, in closed form."""
    return (mpmath.exp(-q * (1 - c)) - mirror(phi) * mpmath.exp(-q * (1 + c))) / 2


@functools.lru_cache(maxsize=16)
def kept_length(dps: int, phi: Activation, weight: str, bias: str) -> Any:
    """The length that networks of LEANING or SHIFTED keep, iterated."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b = mpmath.mpf(weight), mpmath.mpf(bias)
        q = sigma_w**2 + sigma_b**2
        for _ in range(LAYERS):
            last, q = q, sigma_b**2 + sigma_w**2 * kernel(phi, q, 1)
            if abs(q - last) < mpmath.mpf(10) ** (-dps - 5):
                break
        return q


@functools.lru_cache(maxsize=16)
def after_many_layers(dps: int, phi: Activation, weight: str, bias: str, start: str) -> Any:
    """The correlation at which networks of LEANING or SHIFTED end, by iterating the closed kernel."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b, c = mpmath.mpf(weight), mpmath.mpf(bias), mpmath.mpf(start)
        q = kept_length(dps, phi, weight, bias)
        # The closed kernel, whose second exponential is that of -2 q over the first.
        turned, gain, own = mirror(phi) * mpmath.exp(-2 * q), sigma_w**2 / (2 * q), sigma_b**2 / q
        for _ in range(LAYERS):
            near, last = mpmath.exp(q * (c - 1)), c
            c = own + gain * (near - turned / near)
            if c == last:
                break
        return c


def iterated_kernel(dps: int, point: Point) -> list:
    """Correlation after one layer and after LAYERS layers."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b, c = (mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "c_l"))
        q = kept_length(dps, point["phi"], point["sigma_w"], point["sigma_b"])
        after = (sigma_b**2 + sigma_w**2 * kernel(point["phi"], q, c)) / q
        return [after, after_many_layers(dps, point["phi"], point["sigma_w"], point["sigma_b"], point["c_l"])]


def at_kept_length(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64, with the kept length and, in the chaotic phase, the end of another pair for c*."""
    phi, weight, bias = point["phi"], point["sigma_w"], point["sigma_b"]
    end = float(after_many_layers(20, phi, weight, bias, "0.9"))
    values = candidate.numpy(
        phi=phi,
        sigma_w=float(weight),
        sigma_b=float(bias),
        q_star=float(kept_length(20, phi, weight, bias)),
        c_l=float(point["c_l"]),
        c_star=end if end < 1 - 1e-9 else ELSEWHERE,
    )
    return [float(v) for v in values]


@functools.cache
def crossing(network: Network) -> float:
    """The fixed point of the map below 1 from the solver, or ELSEWHERE where there is none."""
    activation, sigma_w, _ = network
    found = fixed_correlation(nonlinearity(activation), fixed_point(*network), sigma_w).c
    return found if found < 1 else ELSEWHERE


def predicted_correlations(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The map iterated from the starts, (starts, layers)."""
    activation, sigma_w, sigma_b = network
    state, columns = np.asarray(measured.given["starts"]), []
    for _ in range(measured.values.shape[1]):
        columns.append(state)
        mapped = candidate.numpy(
            phi=activation,
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            q_star=fixed_point(*network),
            c_l=np.clip(state, -1, 1),
            c_star=crossing(network),
        )
        state = mapped[0]
    return np.array(columns).T


def predicted_ends(networks: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Where all pairs of each network end, (networks, starts)."""
    rows = []
    for activation, sigma_w, sigma_b in networks:
        kept = sigma_b > 0
        network = (activation, sigma_w, sigma_b)
        found = candidate.numpy(
            phi=activation,
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            q_star=fixed_point(*network) if kept else SHORT,
            c_l=0.4,
            c_star=crossing(network) if kept else ELSEWHERE,
        )
        rows.append([float(found[1])] * measured.values.shape[1])
    return np.array(rows)


def exact_correlation(dps: int, point: Point) -> float:
    """Covariance over two layers behind N neurons, over q*."""
    network = (float(point["sigma_w"]), float(point["sigma_b"]))
    q = finite_width.fixed_length(network)
    return float(finite_width.third_layer(float(point["N"]), network, q, float(point["c_l"])).real) / q


def mapped_twice(candidate: Candidate, dps: int, point: Point) -> float:
    """The map of the formula, applied twice."""
    sigma_w, sigma_b, c = (float(point[name]) for name in ("sigma_w", "sigma_b", "c_l"))
    q = finite_width.fixed_length((sigma_w, sigma_b))
    for _ in range(2):
        found = candidate.numpy(phi=SHIFTED, sigma_w=sigma_w, sigma_b=sigma_b, q_star=q, c_l=c, c_star=ELSEWHERE)
        c = float(found[0])
    return c


TOGETHER = _ends("last layer of ordered networks", ENDING, tuple(map(simulated, ENDING)))


def certified_map(bits: int, point: Point) -> list[Any]:
    """One step of the closed map of correlations, and 1 or the given fixed point, as its slope at 1 says."""
    gain, bias, q, overlap, fixed = numbers(point, "sigma_w", "sigma_b", "q_star", "c_l", "c_star")

    def mapped(c: Any) -> Any:
        return (output_kernel(point["phi"], q * c, q) * gain**2 + bias**2) / q

    return [mapped(overlap), arb(1) if slope(mapped, arb(1)) < 1 else fixed]


def ordered(candidate: Candidate, sigma_w: float, length: float) -> float:
    """0.5 where the limit of correlations is 1, else 1.5, as the formula says: the boundary is the published one."""
    point = {"phi": TANH, "sigma_w": sigma_w, "sigma_b": 0.0045, "q_star": length, "c_l": 0.4, "c_star": 0.6}
    return 0.5 if float(candidate.numpy(**point)[1]) > 0.8 else 1.5


CLAIM = Claim(
    statement=phases.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", ordered),
        Certified(
            name="certified closed kernels",
            reference=certified_map,
            against="closed kernels of the shifted sine",
            bits=64,
            digits=12,
            values=("c", "limit"),
            points=(
                {"phi": SHIFTED, "sigma_w": "1.2", "sigma_b": "0.4", "q_star": "0.8", "c_l": "0.43", "c_star": "0.6"},
            ),
        ),
        Precision(
            name="closed kernel iterated close to the transition",
            reference=iterated_kernel,
            evaluate=at_kept_length,
            against=f"the closed kernels of sin(x + 0.2) and sin(x + 0.7) iterated {LAYERS} times, at "
            "chi_1 = 0.97 and 1.03",
            points=(
                {"phi": LEANING, "sigma_w": "1.205", "sigma_b": "0.15", "c_l": "-0.58"},
                {"phi": LEANING, "sigma_w": "1.274", "sigma_b": "0.15", "c_l": "0.37"},
                {"phi": SHIFTED, "sigma_w": "1.38", "sigma_b": "0.48", "c_l": "0.23"},
            ),
            digits=(14, 20),
        ),
        TOGETHER,
        FiniteSize(
            name="last layer of chaotic networks",
            predict=partial(predicted_ends, (CHAOTIC,)),
            quick=partial(
                last_layer_correlations, networks=(simulated(CHAOTIC),), starts=STARTS, layers=FAR, siblings=24
            ),
            sizes=((52, 40), (100, 22), (200, 20)),
            full_sizes=((100, 140), (200, 60), (400, 64)),
            axis="correlation c_l in layer 1",
            quantity="correlation c_l in the last layer",
            series=_names((CHAOTIC,)),
        ),
        _layers("ordered", ORDERED, starts=(-0.15, 0.4, 0.8), replicas=(120, 34, 44)),
        _layers("chaotic", CHAOTIC, starts=(-0.2, 0.3, 0.95), replicas=(240, 50, 84)),
        Rate(
            name="two layers of finite width",
            exact=exact_correlation,
            evaluate=mapped_twice,
            against="the exact covariance over two layers of the shifted sine behind N neurons",
            points=({"sigma_w": "1.5", "sigma_b": "0.6", "c_l": "0.3"},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
        ),
    ),
    quantities=("c_{l+1}", r"\lim_{l \to \infty} c_l"),
    convention="The correlation is the inner product of the preactivations of two inputs over their norms; layer 1 is "
    "the first that follows the inputs.",
    independence="Explicit networks of unequal widths with biases and fresh weights in every layer; nothing is "
    "iterated but the network.",
    printed={
        "E16": Ordeal(
            fails=_ends(
                "networks without biases",
                (WITHOUT_BIAS,),
                ((numpy_function(TANH), *WITHOUT_BIAS[1:], 1.0),),
            ),
            holds=TOGETHER,
        )
    },
)
