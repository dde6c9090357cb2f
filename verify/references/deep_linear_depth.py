"""Independent evaluations and predictions for what depth does to deep linear networks."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_n_mode, stable_learning_rate
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate


def chain_gradient(dps: int, point: Point) -> list:
    """Gradient norm of (s - w_1 ... w_d)^2 / 2 at equal weights, and rate of the product, by numerical derivatives."""
    a, s, tau = (mpmath.mpf(point[k]) for k in ("a", "s", "tau"))
    count = point["N_l"] - 1
    weights = [mpmath.root(a, count)] * count

    def loss(shift: Any, layer: int) -> Any:
        return (s - mpmath.fprod(w + (shift if k == layer else 0) for k, w in enumerate(weights))) ** 2 / 2

    up = [mpmath.diff(lambda e, k=k: loss(e, k), 0) for k in range(count)]
    rate = mpmath.diff(lambda e: mpmath.fprod(w - e * g / tau for w, g in zip(weights, up, strict=True)), 0)
    return [mpmath.norm(up), rate]


def first_update(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Length of the first update of all modes together, and rates of the mode strengths, (1 + modes, networks)."""
    s, start = (np.asarray(measured.given[name])[:, None] for name in ("singular_values", "initial"))
    norm, rate = formula.numpy(N_l=measured.given["layers"], a=start, s=s, tau=measured.given["tau"])
    return np.concatenate([np.linalg.norm(norm, axis=0, keepdims=True), rate])


def chain_at_rest(dps: int, point: Point) -> list:
    """Largest Hessian eigenvalue of (s - w_1 ... w_d)^2 / 2 at equal weights with product s, and the learning rate at
    which an update reverses a common change of the weights; both by numerical differentiation.
    """
    s, count = mpmath.mpf(point["s"]), point["N_l"] - 1
    weight = mpmath.root(s, count)

    def loss(*shifts: Any) -> Any:
        return (s - mpmath.fprod(weight + e for e in shifts) * weight ** (count - len(shifts))) ** 2 / 2

    # by symmetry of equal weights the Hessian has one diagonal entry and one off the diagonal
    diagonal = mpmath.diff(loss, 0, 2)
    mixed = mpmath.diff(loss, (0, 0), (1, 1)) if count > 1 else mpmath.mpf(0)
    hessian = mpmath.matrix(count, count)
    for i in range(count):
        for j in range(count):
            hessian[i, j] = diagonal if i == j else mixed

    def slope(rate: Any) -> Any:
        def update(w: Any) -> Any:
            return w + rate * (s - w**count) * w ** (count - 1)

        return mpmath.diff(update, weight)

    start = mpmath.mpf(1) / 10
    return [max(mpmath.eigsy(hessian, eigvals_only=True)), mpmath.findroot(lambda x: slope(x) + 1, (start, 2 * start))]


def top_curvature(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Largest eigenvalue of the Hessian, (networks,)."""
    return formula.numpy(N_l=measured.given["layers"], s=measured.given["singular_value"])[0]


def stability_threshold(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Largest stable learning rate, (networks,)."""
    return formula.numpy(N_l=measured.given["layers"], s=measured.given["singular_value"])[1]


def updates_at_growing_depth(dps: int, point: Point) -> Any:
    """Curvature at the minimum times the integral of 1 / rate at N_l = 32, 64, ..., extrapolated to infinity."""
    rate, steepness = candidate(depth_n_mode.STATEMENT), candidate(stable_learning_rate.STATEMENT)
    table = []
    for layers in (32 * 2**k for k in range(7)):
        curvature = steepness.mpmath(dps, N_l=layers, s=point["s"])[0]

        def updates(a: Any, layers: int = layers, curvature: Any = curvature) -> Any:
            return curvature / rate.mpmath(dps, N_l=layers, a=a, s=point["s"], tau=1)

        table.append(mpmath.quad(updates, [mpmath.mpf(point["a_0"]), mpmath.mpf(point["a_f"])]))
    power = 1
    while len(table) > 1:  # Richardson: remove one power of 1 / N_l at a time
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
        power += 1
    return table[0]


def paced_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Updates from the initial strengths to the final ones; the steepest mode sets the learning rate of all."""
    s, start = (np.asarray(measured.given[name])[:, None] for name in ("singular_value", "initial"))
    return formula.numpy(s=s, a_0=start, a_f=measured.axis) * (measured.given["steepest"] / s) ** 2
