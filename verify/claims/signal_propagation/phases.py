"""Ordered and chaotic phase: the correlation that two inputs approach."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import TANH, Activation
from derivations.signal_propagation import phases
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.signal_propagation.two_inputs import correlations, last_layer_correlations
from numerics.solvers.correlation import fixed_correlation
from verify.checks import FiniteSize, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.references.mean_field import Network, fixed_point, simulated

STARTS = (-0.5, 0.2, 0.6)
SPREAD = 2.0  # times 1 / width: how far the mean correlation of networks of finite width may lie from the limit
ORDERED: Network = (TANH, 1.1, 0.2)
CHAOTIC: Network = (TANH, 2.5, 0.3)
_BOTH = (ORDERED, CHAOTIC)
LEANING = Activation(name="leaning_sin", expression=sp.sin(x + sp.Rational(1, 5)))  # with a closed kernel
WITHOUT_BIAS: Network = (TANH, 0.8, 0.0)
SHORT = 1e-9  # stands for the length 0 that networks without biases reach in the ordered phase
ELSEWHERE = 0.5  # stands for c* where there is no fixed point below 1
LAYERS = 3000  # after which the map of the points below has settled: 0.971^3000 < 1e-38


def _layers(kind: str, network: Network, starts: tuple[float, ...]) -> FiniteSize:
    setting: dict[str, Any] = {"network": simulated(network), "starts": starts, "siblings": 12}
    return FiniteSize(
        name=f"pairs of inputs in {kind} tanh networks",
        predict=partial(by_layer, network),
        quick=partial(correlations, layers=8, **setting),
        full=partial(correlations, layers=20, **setting),
        sizes=((60, 50), (120, 28), (240, 18)),
        full_sizes=((150, 1000), (300, 400), (600, 100)),
        axis="layer",
        quantity="correlation of two inputs",
        series=tuple(f"start at {start:g}" for start in starts),
    )


def _ends(name: str, networks: tuple[Network, ...], settings: tuple) -> Replicas:
    return Replicas(
        name=name,
        predict=partial(predicted_ends, networks),
        quick=partial(last_layer_correlations, networks=settings, width=100, starts=STARTS, layers=40, siblings=1),
        full=partial(last_layer_correlations, networks=settings, width=500, starts=STARTS, layers=40, siblings=1),
        replicas=24,
        bias=lambda candidate, measured: SPREAD / measured.resolution["width"],
        bias_note="2 / width, for networks of finite width after finitely many layers",
        axis="correlation in the first layer",
        quantity="correlation in the last layer",
        series=tuple(f"sigma_w {sigma_w:g}, sigma_b {sigma_b:g}" for _, sigma_w, sigma_b in networks),
    )


def kernel(q: Any, c: Any) -> Any:
    """E phi(u) phi(v) for phi = LEANING at length q and correlation c, in closed form."""
    return (mpmath.exp(-q * (1 - c)) - mpmath.cos(mpmath.mpf(2) / 5) * mpmath.exp(-q * (1 + c))) / 2


@functools.lru_cache(maxsize=16)
def kept_length(dps: int, weight: str, bias: str) -> Any:
    """The length that networks of LEANING keep, iterated."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b = mpmath.mpf(weight), mpmath.mpf(bias)
        q = sigma_w**2 + sigma_b**2
        for _ in range(LAYERS):
            last, q = q, sigma_b**2 + sigma_w**2 * kernel(q, 1)
            if abs(q - last) < mpmath.mpf(10) ** (-dps - 5):
                break
        return q


@functools.lru_cache(maxsize=16)
def after_many_layers(dps: int, weight: str, bias: str, start: str) -> Any:
    """The correlation at which networks of LEANING end, by iterating the closed kernel."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b, c = mpmath.mpf(weight), mpmath.mpf(bias), mpmath.mpf(start)
        q = kept_length(dps, weight, bias)
        for _ in range(LAYERS):
            c = (sigma_b**2 + sigma_w**2 * kernel(q, c)) / q
        return c


def iterated_kernel(dps: int, point: Point) -> list:
    """Correlation after one layer and after LAYERS layers."""
    with mpmath.workdps(dps + 10):
        sigma_w, sigma_b, c = (mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "c_l"))
        q = kept_length(dps, point["sigma_w"], point["sigma_b"])
        after = (sigma_b**2 + sigma_w**2 * kernel(q, c)) / q
        return [after, after_many_layers(dps, point["sigma_w"], point["sigma_b"], point["c_l"])]


def at_kept_length(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64, with the kept length and, in the chaotic phase, the end of another pair for c*."""
    weight, bias = point["sigma_w"], point["sigma_b"]
    end = float(after_many_layers(20, weight, bias, "0.9"))
    values = candidate.numpy(
        phi=LEANING,
        sigma_w=float(weight),
        sigma_b=float(bias),
        q_star=float(kept_length(20, weight, bias)),
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


def by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
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


LAST_LAYER = _ends("last layer of deep networks", _BOTH, tuple(map(simulated, _BOTH)))

CLAIM = Claim(
    statement=phases.STATEMENT,
    checks=(
        Precision(
            name="closed kernel iterated close to the transition",
            reference=iterated_kernel,
            evaluate=at_kept_length,
            against=f"the closed kernel of sin(x + 0.2) iterated {LAYERS} times, at chi_1 = 0.970 and 1.030",
            points=(
                {"sigma_w": "1.205", "sigma_b": "0.15", "c_l": "-0.58"},
                {"sigma_w": "1.274", "sigma_b": "0.15", "c_l": "0.37"},
            ),
            digits=(14, 20),
        ),
        LAST_LAYER,
        _layers("ordered", ORDERED, starts=(0.0, 0.4, 0.8)),
        _layers("chaotic", CHAOTIC, starts=(-0.5, 0.3, 0.95)),
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
            holds=LAST_LAYER,
        )
    },
)
