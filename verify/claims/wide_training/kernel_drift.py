"""Drift of the tangent kernel at finite width.

Gradients of gradients of explicit networks of few neurons, by automatic differentiation, give what their kernels change
by at the start; the law holds at every width, so that nothing is extrapolated. The activation is neither odd nor even.
Linear networks are trained to the end, each from its own start, by steps whose order is known.

At high precision the kernel of one neuron is differentiated along the flow numerically, and averaged over its output
weight by Gauss and Hermite's rule, over its preactivation by a trapezoid; the kernel at the end is integrated along the
output.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import SIN, TANH, Activation
from derivations.wide_training import kernel_drift
from numerics.measurement import Measurement
from numerics.wide_training.drifts import final_kernels, third_kernels
from verify.checks import Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, mpmath_function, torch_function
from verify.references.mean_field import SHIFTED

Kind = tuple[Activation, float, float, float]
NETWORKS: tuple[Kind, ...] = (  # activation, sigma_w, sigma_b, mean square of the input's entries
    (SHIFTED, 0.8, 0.4, 0.3),
    (TANH, 0.8, 0.3, 0.4),
)
SERIES = ("shifted sine, N E f O", "shifted sine, N^2 E O^2", "tanh, N E f O", "tanh, N^2 E O^2")
NOTHING = {"Theta_0": 4.0, "f_0": 0.3, "y": 1.4}  # where the end is not asked for
LINEAR: dict[str, Any] = {"sigma_w": 0.8, "square": 1.3, "target": 1.7}
HERMITE = 5  # nodes that integrate the sixth power of a Gaussian exactly


def measured_drifts(**settings: Any) -> Any:
    """The experiment with functions in place of the activations."""
    return partial(third_kernels, networks=tuple((torch_function(kind[0]), *kind[1:]) for kind in NETWORKS), **settings)


def averages(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both averages, times the width and its square: (networks, 2, widths)."""
    width, found = measured.axis, []
    assert width is not None
    for (activation, weight, bias, _), square in zip(NETWORKS, np.asarray(measured.given["squares"]), strict=True):
        variance = bias**2 + weight**2 * float(square)
        both = candidate.numpy(phi=activation, sigma_w=weight, K_II=variance, N=width, **NOTHING)[:2]
        found.append([width * both[0], width**2 * both[1]])
    return np.array(found)


def ends(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Kernels at the end, from each network's own start."""
    weight, square, target = LINEAR.values()
    starts = np.asarray(measured.given["starts"]).T
    given = {"f_0": starts[0], "Theta_0": starts[1], "y": target}
    end: np.ndarray = candidate.numpy(
        phi=TANH, sigma_w=weight, K_II=weight**2 * square, N=np.asarray(measured.axis), **given
    )[2]
    return end


def in_float64(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula in float64, whose averages share their nodes."""
    return [float(v) for v in candidate.numpy(**point)]


def one_neuron(dps: int, point: Point) -> list:
    """Both averages for one neuron, whose kernel is differentiated along the flow; the kernel along the output."""
    phi, slope = (mpmath_function(point["phi"], order) for order in (0, 1))
    with mpmath.workdps(2 * dps + 10):
        weight, variance, start, output, target = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "K_II", "Theta_0", "f_0", "y")
        )

        def kernel(a: Any, h: Any) -> Any:
            return weight**2 * (phi(h) ** 2 + a**2 * slope(h) ** 2 * variance)

        def third(a: Any, h: Any) -> Any:
            by_a, by_h = weight * phi(h), weight * a * slope(h) * variance
            return mpmath.diff(lambda e: kernel(a + e * by_a, h + e * by_h), 0)

        nodes = [mpmath.mpf(node) for node in mpmath.polyroots([1, 0, -10, 0, 15, 0], maxsteps=100, extraprec=200)]
        shares = [mpmath.factorial(HERMITE) / (HERMITE * _before(node)) ** 2 for node in nodes]
        step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 30)
        totals = [mpmath.mpf(0)] * 2
        for k in range(-int(reach / step), int(reach / step) + 1):
            h = mpmath.sqrt(variance) * k * step
            for a, share in zip(nodes, shares, strict=True):
                mass, changed = share * step * mpmath.npdf(k * step), third(a, h)
                totals[0] += mass * weight * a * phi(h) * changed
                totals[1] += mass * changed**2
        along = mpmath.odefun(lambda f, theta: 4 * variance * weight**2 * f / theta / int(point["N"]), output, start)
        return [*totals, along(target)]


def _before(node: Any) -> Any:
    """Hermite's polynomial of the fourth degree."""
    return node**4 - 6 * node**2 + 3


DRIFTS = measured_drifts(widths=(2, 5), batch=5500)

CLAIM = Claim(
    statement=kernel_drift.STATEMENT,
    checks=(
        Precision(
            name="one neuron along the flow",
            reference=one_neuron,
            against="the kernel of one neuron, differentiated numerically along the flow; the kernel along the output",
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "K_II": "0.7", "N": 1, "Theta_0": "3.3", "f_0": "-0.6", "y": "1.6"},
                {"phi": SIN, "sigma_w": "0.8", "K_II": "1.6", "N": 1, "Theta_0": "4.7", "f_0": "0.4", "y": "2.3"},
            ),
            digits=(10, 13),
            evaluate=in_float64,
        ),
        Ladder(
            name="linear networks trained to the end",
            predict=ends,
            quick=partial(final_kernels, widths=(3, 7, 12), time=16.0, **LINEAR),
            steps=(0.1, 0.05, 0.025),
            full_steps=(0.05, 0.025, 0.0125),
        ),
        Replicas(
            name="gradients of gradients of random networks",
            predict=averages,
            quick=DRIFTS,
            full=partial(DRIFTS, widths=(2, 5, 11), batch=9000),
            replicas=40,
            full_replicas=120,
            axis="width N",
            quantity="average with the third kernel",
            series=SERIES,
        ),
    ),
    quantities=(r"\mathbb{E}\, f O", r"\mathbb{E}\, O^2", "Theta_end"),
    convention="O is tau times the rate of Theta over y - f; Theta is the squared gradient of the output.",
    independence="Gradients of explicit networks by automatic differentiation, and linear networks trained by steps.",
)
