"""Metric and curvature of a curve, one random layer on.

Networks of unequal widths push position, velocity and acceleration of a circle through their layers by the chain rule.
They are compared layer by layer, and once more as a fit of one layer against the layer before, which tests the law at
metrics and curvatures that no recursion predicted. The references take other roads to one layer: kernels in power
series, Fourier integrals, and the moments of the image of a Gaussian curve, in which no kernel is differentiated.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, TANH
from derivations.manifold_geometry import curvature_recursion
from derivations.statement import Source
from numerics.manifold_geometry.random_network import layer_geometry, layer_to_layer_fit, raw_geometry
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Approach, Certified, FiniteSize, Literature, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.manifold_geometry import at_fixed_point
from verify.compile import Candidate, mpmath_function
from verify.references.mean_field import (
    ERROR_FUNCTION,
    LOPSIDED,
    ORDERED,
    SHIFTED,
    Network,
    finite,
    fixed_point,
    length_fixed_point,
    output_kernel,
    sech_average,
    sech_chis,
)


def _circle_through(kind: str, network: Network) -> FiniteSize:
    return FiniteSize(
        name=f"circle through {kind} networks",
        predict=functools.partial(geometry_by_layer, network),
        quick=functools.partial(layer_geometry, layers=5, circles=7, **at_fixed_point(*network, points=6)),
        full=functools.partial(layer_geometry, layers=8, circles=10, **at_fixed_point(*network, points=8)),
        sizes=((180, 56), (360, 32), (720, 18)),  # in narrower ones the second power of 1/N is a standard error
        full_sizes=((252, 350), (500, 120), (1000, 40)),
        axis="layer l",
        quantity="geometry of the curve",
        series=("metric per neuron", "width times kappa^2"),
    )


def metric_and_curvature(series: Any) -> list:
    """Metric and squared curvature from a kernel's Taylor series in the difference of the angles."""
    second, fourth = 2 * series[2], 24 * series[4]
    return [-second, fourth / second**2]


def kernel_before(q: Any, gbar: Any, kappabar: Any) -> Any:
    """An even kernel with this length, metric and curvature, as a series of balls."""
    return flint.arb_series([q, 0, -gbar / 2, 0, kappabar**2 * gbar**2 / 24], prec=5)


def point_in_balls(point: Point) -> tuple:
    """sigma_w, q*, gbar and kappabar of a point as balls."""
    return tuple(certify.ball(point[name]) for name in ("sigma_w", "q_star", "gbar", "kappabar"))


def layer_with_closed_kernel(bits: int, point: Point) -> list:
    """The layer of an activation whose kernel has a closed form, expanded in power series."""
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = point_in_balls(point)
        return metric_and_curvature(output_kernel(point["phi"], kernel_before(q, gbar, kappabar), q) * sigma_w**2)


def tanh_layer(bits: int, point: Point) -> list:
    """The layer of tanh, from Fourier integrals and the kernel's Taylor series."""
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = point_in_balls(point)
        change = kernel_before(q, gbar, kappabar) - q
        first, second = sech_chis(sigma_w, q)
        return metric_and_curvature(first * change + second / 2 * change * change)


def fixed_point_by_fourier(bits: int, point: Point) -> list:
    """q*, chi_1 and chi_2 of a tanh network, with E tanh^2 = 1 - E sech^2 from Fourier integrals."""
    with certify.precision(bits):
        sigma_w, sigma_b = (certify.ball(point[name]) for name in ("sigma_w", "sigma_b"))
        q = certify.root(
            lambda v: sigma_b**2 + sigma_w**2 * (1 - sech_average(v, lambda s: 1)) - v,
            lambda v: sigma_w**2 * sech_average(v, lambda s: s / 2) - 1,
            point["near"],
            bits,
        )
        return [q, *sech_chis(sigma_w, q)]


def gaussian_curve(dps: int, point: Point) -> list:
    """Moments of the image of a Gaussian position, velocity and acceleration; no derivative of a kernel, no Price.

    In a wide layer (h, v, a) is Gaussian with E h^2 = q, E v^2 = g, E a h = -g, E a^2 = kappabar^2 g^2 and v apart. The
    image has velocity phi' v and acceleration phi'' v^2 + phi' a; v and a are averaged given h, then h on a trapezoid.
    """
    derivatives = [mpmath_function(point["phi"], k) for k in (1, 2)]
    with mpmath.workdps(dps + 10):
        sigma_w, q, g, bend = (mpmath.mpf(point[name]) for name in ("sigma_w", "q_star", "gbar", "kappabar"))
        step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 30)
        stretch, acceleration = [], []
        for k in range(-int(reach / step), int(reach / step) + 1):
            h, weight = mpmath.sqrt(q) * k * step, step * mpmath.npdf(k * step)
            slope, curve = (d(h) for d in derivatives)
            mean = -g * h / q  # of a, given h
            spread = bend**2 * g**2 - g**2 / q
            stretch.append(weight * slope**2 * g)
            acceleration.append(
                weight * (3 * g**2 * curve**2 + 2 * g * slope * curve * mean + slope**2 * (mean**2 + spread))
            )
        velocity = sigma_w**2 * mpmath.fsum(stretch)
        return [velocity, sigma_w**2 * mpmath.fsum(acceleration) / velocity**2]


def geometry_of_next_layer(candidate: Candidate, network: Network, gbar: Any, kappabar2: Any) -> np.ndarray:
    """Metric per neuron and width times squared curvature, one layer on, of a network at its fixed point."""
    activation, sigma_w, _ = network
    bend = math.sqrt(abs(kappabar2))  # a wrong formula may give a negative square; it is off at the layer before
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), gbar=gbar, kappabar=bend)


def geometry_by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The two quantities of `layer` in the layers after the first, (2, layers)."""
    state, rows = np.array([measured.given["gbar"], measured.given["kappabar2"]]), []
    for _ in range(measured.values.shape[1]):
        state = geometry_of_next_layer(candidate, network, *state)
        rows.append(state)
    return np.array(rows).T


def fitted_law(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch, intercept in units of chi_2 / chi_1^2 (from closed forms for the error function), and slope."""
    (_, sigma_w, _), q = ERROR_FUNCTION, fixed_point(*ERROR_FUNCTION)
    first, second = sigma_w**2 * 4 / math.pi / math.sqrt(1 + 4 * q), sigma_w**2 * 16 * q / math.pi / (1 + 4 * q) ** 1.5
    low, high = (geometry_of_next_layer(candidate, ERROR_FUNCTION, 0.7, square) for square in (0.5, 3.5))
    slope = (high[1] - low[1]) / 3
    return np.array([low[0] / 0.7, (low[1] - 0.5 * slope) * first**2 / second, slope])


def raw_geometry_of_next_layer(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the formula makes of metric and squared curvature themselves, the width left out."""
    return geometry_of_next_layer(candidate, LOPSIDED, measured.given["metric"], measured.given["curvature2"])


def balls_at_fixed_point(candidate: Candidate, bits: int, point: Point) -> list:
    """q* from ball arithmetic on tanh itself, and what the formula takes for chi_1 and chi_2 there."""
    q = length_fixed_point(TANH, point["sigma_w"], point["sigma_b"], point["near"], bits)
    gbar, kappabar = flint.arb(3) / 7, flint.arb(5) / 3
    metric, bend = candidate.arb(bits, phi=TANH, sigma_w=point["sigma_w"], q_star=q, gbar=gbar, kappabar=kappabar)
    stretch = metric / gbar
    return [q, stretch, (bend - kappabar**2 / stretch) * stretch**2 / 3]


def critical_bias(candidate: Candidate) -> float:
    """Bias variance of the critical tanh network with sigma_w^2 = 1.05: no stretch at the fixed point."""
    from scipy import optimize

    def stretch(q: float) -> float:
        return float(candidate.numpy(phi=TANH, sigma_w=math.sqrt(1.05), q_star=q, gbar=0.7, kappabar=0.6)[0]) / 0.7 - 1

    if stretch(1e-4) * stretch(0.9) > 0:
        return math.inf
    q = optimize.brentq(stretch, 1e-4, 0.9, xtol=1e-12)
    z = np.arange(-12, 12, 1 / 64)
    return q - 1.05 * float(np.exp(-z * z / 2) @ np.tanh(math.sqrt(q) * z) ** 2) / math.sqrt(2 * math.pi) / 64


LOPSIDED_LAYERS = _circle_through("chaotic, neither odd nor even", LOPSIDED)

CLAIM = Claim(
    statement=curvature_recursion.STATEMENT,
    checks=(
        FiniteSize(
            name="law fitted to networks of error functions",
            predict=fitted_law,
            quick=functools.partial(
                layer_to_layer_fit, layers=6, circles=20, **at_fixed_point(*ERROR_FUNCTION, points=4)
            ),
            sizes=((160, 80), (320, 52), (640, 34)),
            full_sizes=((252, 900), (500, 300), (1000, 100)),
        ),
        LOPSIDED_LAYERS,
        _circle_through("ordered tanh", ORDERED),
        Approach(
            name="narrow layers",
            predict=functools.partial(geometry_by_layer, LOPSIDED),
            quick=functools.partial(layer_geometry, layers=2, circles=14, **at_fixed_point(*LOPSIDED, points=6)),
            sizes=((24, 400), (96, 160)),
            full_sizes=((24, 4000), (96, 1600)),
        ),
        Literature(
            name="critical point of tanh networks",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
            ),
            evaluate=critical_bias,
        ),
        Certified(
            name="closed kernels in power series",
            reference=layer_with_closed_kernel,
            against="the closed kernels of error functions and of shifted sines, expanded in power series",
            bits=100,
            digits=20,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "gbar": "1.37", "kappabar": "0.83"},
                {"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "gbar": "0.49", "kappabar": "1.57"},
            ),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=tanh_layer,
            against="integrals over the Fourier transforms of sech^4 and sech^6, composed in power series",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.3", "q_star": "0.61", "gbar": "0.43", "kappabar": "1.71"},),
        ),
        Certified(
            name="fixed points of tanh networks",
            reference=fixed_point_by_fourier,
            evaluate=balls_at_fixed_point,
            against="Fourier integrals, with the fixed point found in them",
            bits=120,
            digits=20,
            values=("q*", "chi_1", "chi_2"),
            points=(
                {"sigma_w": "2.5", "sigma_b": "0.3", "near": "4.2"},
                {"sigma_w": "0.9", "sigma_b": "0.3", "near": "0.2"},
            ),
        ),
        Precision(
            name="image of a Gaussian curve",
            reference=gaussian_curve,
            against="moments of the image of a Gaussian position, velocity and acceleration",
            points=(
                {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "gbar": "0.8", "kappabar": "1.1"},
                {"phi": SHIFTED, "sigma_w": "2.3", "q_star": "0.7", "gbar": "1.9", "kappabar": "1.6"},
            ),
            digits=(25, 40),
            evaluate=finite,
        ),
    ),
    quantities=("gbar^l", "kappabar^l**2"),
    convention="Layer 1 is the circle; gbar = g^E / N and kappabar^2 = N kappa^2 with the width N of each layer.",
    independence="Explicit networks of unequal widths; position, velocity, acceleration by the chain rule, no kernel.",
    printed={
        "E19": Ordeal(
            fails=Replicas(
                name="bars read as the metric and curvature of the slides",
                predict=raw_geometry_of_next_layer,
                quick=functools.partial(raw_geometry, width=200, circles=1, **at_fixed_point(*LOPSIDED, points=32)),
                replicas=30,
            ),
            holds=LOPSIDED_LAYERS,
        )
    },
)
