"""Independent evaluations and predictions for the chapter manifold_geometry: what the checks compare formulas with."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, TANH, Activation
from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, mpmath_function, numpy_function
from verify.references.mean_field import length_fixed_point

CHAOTIC, ORDERED, ERROR_FUNCTION = (TANH, 2.5, 0.3), (TANH, 0.9, 0.3), (ERF, 1.9, 0.4)  # activation, sigma_w, sigma_b

# ----------------------------------------------------------------------------------------------------- the great circle


def differentiated_circle(dps: int, point: Point) -> list:
    """The five quantities of a circle in a slanted plane, differentiated and integrated numerically."""
    size, q = int(point["N"]), mpmath.mpf(point["q"])
    axis = mpmath.matrix([mpmath.mpf(1) / (k + 2) for k in range(size)])
    share = 2 / mpmath.fsum(a * a for a in axis)
    mirrored = [[mpmath.mpf(k == j) - share * axis[k] * axis[j] for k in range(size)] for j in (0, 1)]
    radius = mpmath.sqrt(size * q)

    def along(order: int, angle: Any) -> list:
        def coordinate(i: int, a: Any) -> Any:
            return radius * (mirrored[0][i] * mpmath.cos(a) + mirrored[1][i] * mpmath.sin(a))

        return [mpmath.diff(functools.partial(coordinate, i), angle, order) for i in range(size)]

    def dot(a: list, b: list) -> Any:
        return mpmath.fsum(x * y for x, y in zip(a, b, strict=True))

    def speeds(angle: Any) -> tuple[Any, Any, Any]:
        v, a = along(1, angle), along(2, angle)
        vv, va, aa = dot(v, v), dot(v, a), dot(a, a)
        straight = [(x - y * va / vv) / mpmath.sqrt(vv) for x, y in zip(a, v, strict=True)]  # derivative of v / |v|
        return mpmath.sqrt(vv), mpmath.sqrt(vv * aa - va**2) / vv ** mpmath.mpf(1.5), dot(straight, straight)

    with mpmath.workdps(2 * dps):
        places = [speeds(2 * mpmath.pi * k / 3 + mpmath.mpf("0.3")) for k in range(3)]
        lengths = [
            2 * mpmath.pi * mpmath.fsum(p) / 3 for p in ([s for s, *_ in places], [mpmath.sqrt(g) for *_, g in places])
        ]
        speed, bend, gauss = places[0]
        return [speed**2, bend, gauss, *lengths]


# ------------------------------------------------------------------- curvature recursion at high precision and in balls


def jets(series: Any) -> list:
    """Metric and squared curvature from a kernel's Taylor series in the difference of the angles."""
    second, fourth = 2 * series[2], 24 * series[4]
    return [-second, fourth / second**2]


def before(q: Any, gbar: Any, kappabar: Any) -> Any:
    """An even kernel with this length, metric and curvature, as a series of balls."""
    return flint.arb_series([q, 0, -gbar / 2, 0, kappabar**2 * gbar**2 / 24], prec=5)


def balls(point: Point) -> tuple:
    """sigma_w, q*, gbar and kappabar of a point as balls."""
    return tuple(certify.ball(point[name]) for name in ("sigma_w", "q_star", "gbar", "kappabar"))


def arcsine_layer(bits: int, point: Point) -> list:
    """The layer of error functions: its kernel is an arcsine (Williams 1998), expanded in power series."""
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = balls(point)
        image = (before(q, gbar, kappabar) * (2 / (1 + 2 * q))).asin() * (2 * sigma_w**2 / flint.arb.pi())
        return jets(image)


def sech_average(q: Any, polynomial: Callable[[Any], Any]) -> Any:
    """Gaussian average of an even power of sech(sqrt(q) z), as an integral over its Fourier transform (Parseval).

    The transform of sech^2 is w(k) = pi k / sinh(pi k / 2), and that of a higher power is w times a polynomial in k^2.
    """
    end, pi = flint.arb(70), flint.arb.pi()

    def integrand(k: Any, analytic: bool) -> Any:
        wave = 2 / (flint.acb(0, 1) * pi * k / 2).sinc()
        return polynomial(k * k) * wave * (-q * k * k / 2).exp()

    # Beyond k = 70, wave * polynomial < k^6 and falls faster than the Gaussian factor is wide.
    rest = 2 * end**6 * (-q * end**2 / 2).exp()
    integral = 2 * flint.acb.integral(integrand, flint.acb(0), flint.acb(end)).real
    return (integral + flint.arb(0, rest.upper())) / (2 * pi)


def sech_chis(sigma_w: Any, q: Any) -> tuple[Any, Any]:
    """chi_1 and chi_2 of tanh, whose derivatives squared are sech^4 and 4 (sech^4 - sech^6)."""
    fourth = sech_average(q, lambda s: (s + 4) / 6)
    sixth = sech_average(q, lambda s: (s + 16) * (s + 4) / 120)
    return sigma_w**2 * fourth, 4 * sigma_w**2 * (fourth - sixth)


def fourier_layer(bits: int, point: Point) -> list:
    """The layer of tanh, from Fourier integrals and the kernel's Taylor series."""
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = balls(point)
        change = before(q, gbar, kappabar) - q
        first, second = sech_chis(sigma_w, q)
        return jets(first * change + second / 2 * change * change)


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


# ------------------------------------------------------------------------------------------------ what the formula says


@functools.cache
def fixed_point(activation: Activation, sigma_w: float, sigma_b: float) -> float:
    """q* of the length map, iterated on a trapezoid rule from above."""
    phi = numpy_function(activation)
    z = np.arange(-12, 12, 1 / 64)
    weight = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 64
    q, last = sigma_w**2 + sigma_b**2, 0.0
    while abs(q - last) > 1e-14 * q:
        q, last = sigma_b**2 + sigma_w**2 * float(weight @ phi(math.sqrt(q) * z) ** 2), q
    return q


def layer(candidate: Candidate, network: tuple[Activation, float, float], gbar: Any, kappabar2: Any) -> np.ndarray:
    """Metric per neuron and width times squared curvature, one layer on, of a network at its fixed point."""
    activation, sigma_w, _ = network
    bend = math.sqrt(abs(kappabar2))  # a wrong formula may give a negative square; it is off at the layer before
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), gbar=gbar, kappabar=bend)


def by_layer(network: tuple[Activation, float, float], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The two quantities of `layer` in the layers after the first, (2, layers)."""
    state, rows = np.array([measured.given["gbar"], measured.given["kappabar2"]]), []
    for _ in range(measured.values.shape[1]):
        state = layer(candidate, network, *state)
        rows.append(state)
    return np.array(rows).T


def law(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch, intercept in units of chi_2 / chi_1^2 (from closed forms for the error function), and slope."""
    (_, sigma_w, _), q = ERROR_FUNCTION, fixed_point(*ERROR_FUNCTION)
    first, second = sigma_w**2 * 4 / math.pi / math.sqrt(1 + 4 * q), sigma_w**2 * 16 * q / math.pi / (1 + 4 * q) ** 1.5
    low, high = (layer(candidate, ERROR_FUNCTION, 0.7, square) for square in (0.5, 3.5))
    slope = (high[1] - low[1]) / 3
    return np.array([low[0] / 0.7, (low[1] - 0.5 * slope) * first**2 / second, slope])


def raw_layer(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the formula makes of metric and squared curvature themselves, the width left out."""
    return layer(candidate, CHAOTIC, measured.given["metric"], measured.given["curvature2"])


def at_fixed_point(candidate: Candidate, bits: int, point: Point) -> list:
    """q* from ball arithmetic on tanh itself, and what the formula takes for chi_1 and chi_2 there."""
    q = length_fixed_point(TANH, point["sigma_w"], point["sigma_b"], point["near"], bits)
    gbar, kappabar = flint.arb(3) / 7, flint.arb(5) / 3
    metric, bend = candidate.arb(bits, phi=TANH, sigma_w=point["sigma_w"], q_star=q, gbar=gbar, kappabar=kappabar)
    stretch = metric / gbar
    return [q, stretch, (bend - kappabar**2 / stretch) * stretch**2 / 3]


def finite(candidate: Candidate, dps: int, point: Point) -> Any:
    """The formula at high precision; where it is not finite and real, float64 says so a thousand times faster."""
    candidate.numpy(**point)
    return candidate.mpmath(dps, **point)


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
