"""Chapter manifold_geometry (document 001): curves in the space of a layer, and what random layers do to them."""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.manifold_geometry import curvature_recursion, great_circle
from derivations.statement import Source
from numerics.manifold_geometry.great_circle import sampled_circle
from numerics.manifold_geometry.random_network import fitted_law, layer_geometry, raw_geometry
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Ladder, Literature, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, mpmath_function, numpy_function

CHAOTIC, ORDERED, ERROR_FUNCTION = (TANH, 2.5, 0.3), (TANH, 0.9, 0.3), (ERF, 1.9, 0.4)  # activation, sigma_w, sigma_b

# ------------------------------------------------------------------------------------------- the great circle


def _curve(dps: int, point: Point) -> list:
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


GREAT_CIRCLE = Claim(
    statement=great_circle.STATEMENT,
    checks=(
        Precision(
            name="a slanted circle differentiated numerically",
            reference=_curve,
            against="velocity and acceleration by numerical differentiation, lengths by quadrature over the circle",
            points=({"N": 5, "q": "0.37"}, {"N": 7, "q": "1.83"}),
        ),
        Ladder(
            name="polygons on sampled circles",
            predict=lambda candidate, m: candidate.numpy(N=m.given["N"], q=m.given["q"]),
            quick=functools.partial(sampled_circle, dimensions=(3, 11, 40, 90), squared_lengths=(0.21, 1.7, 0.6, 3.3)),
            full=functools.partial(
                sampled_circle, dimensions=(3, 30, 300, 3000), squared_lengths=(0.21, 1.7, 0.6, 3.3)
            ),
            steps=tuple(2 * math.pi / n for n in (48, 96, 192, 384)),
            order=2,
            axis="dimension",
            quantity="measured on the polygon",
            series=("metric", "curvature", "Gauss metric", "length", "Gauss length"),
        ),
    ),
    convention="Angles in radians; the metric is per squared radian, curvature is the inverse radius.",
    independence="Chords, circles through three points and polygons, on a circle in a random plane; no derivative.",
)

# ---------------------------------------------------------------------------------------- curvature recursion


@functools.cache
def _fixed_point(activation: Activation, sigma_w: float, sigma_b: float) -> float:
    """q* of the length map, iterated on a trapezoid rule from above."""
    phi = numpy_function(activation)
    z = np.arange(-12, 12, 1 / 64)
    weight = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 64
    q, last = sigma_w**2 + sigma_b**2, 0.0
    while abs(q - last) > 1e-14 * q:
        q, last = sigma_b**2 + sigma_w**2 * float(weight @ phi(math.sqrt(q) * z) ** 2), q
    return q


def _network(activation: Activation, sigma_w: float, sigma_b: float, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point."""
    derivatives = tuple(numpy_function(activation, k) for k in range(3))
    length = _fixed_point(activation, sigma_w, sigma_b)
    return {
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "squared_length": length,
        "derivatives": derivatives,
        "points": points,
    }


def _layer(candidate: Candidate, network: tuple[Activation, float, float], gbar: Any, kappabar2: Any) -> np.ndarray:
    activation, sigma_w, _ = network
    bend = math.sqrt(abs(kappabar2))  # a wrong formula may give a negative square; it is off at the layer before
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=_fixed_point(*network), gbar=gbar, kappabar=bend)


def _by_layer(network: tuple[Activation, float, float], candidate: Candidate, measured: Measurement) -> np.ndarray:
    state, rows = np.array([measured.given["gbar"], measured.given["kappabar2"]]), []
    for _ in range(measured.values.shape[1]):
        state = _layer(candidate, network, *state)
        rows.append(state)
    return np.array(rows).T


def _law(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch, intercept in units of chi_2 / chi_1^2 (from closed forms for the error function), and slope."""
    (_, sigma_w, _), q = ERROR_FUNCTION, _fixed_point(*ERROR_FUNCTION)
    first, second = sigma_w**2 * 4 / math.pi / math.sqrt(1 + 4 * q), sigma_w**2 * 16 * q / math.pi / (1 + 4 * q) ** 1.5
    low, high = (_layer(candidate, ERROR_FUNCTION, 0.7, square) for square in (0.5, 3.5))
    slope = (high[1] - low[1]) / 3
    return np.array([low[0] / 0.7, (low[1] - 0.5 * slope) * first**2 / second, slope])


def _raw(candidate: Candidate, measured: Measurement) -> np.ndarray:
    return _layer(candidate, CHAOTIC, measured.given["metric"], measured.given["curvature2"])


def _jets(series: Any) -> list:
    """Metric and squared curvature from a kernel's Taylor series in the difference of the angles."""
    second, fourth = 2 * series[2], 24 * series[4]
    return [-second, fourth / second**2]


def _before(q: Any, gbar: Any, kappabar: Any) -> Any:
    """An even kernel with this length, metric and curvature, as a series of balls."""
    return flint.arb_series([q, 0, -gbar / 2, 0, kappabar**2 * gbar**2 / 24], prec=5)


def _balls(point: Point) -> tuple:
    return tuple(certify.ball(point[name]) for name in ("sigma_w", "q_star", "gbar", "kappabar"))


def _arcsine(bits: int, point: Point) -> list:
    """The layer of error functions: its kernel is an arcsine (Williams 1998), expanded in power series."""
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = _balls(point)
        image = (_before(q, gbar, kappabar) * (2 / (1 + 2 * q))).asin() * (2 * sigma_w**2 / flint.arb.pi())
        return _jets(image)


def _fourier(bits: int, point: Point) -> list:
    """The layer of tanh: Gaussian averages of sech^4 and sech^6 as integrals over their Fourier transforms (Parseval).

    The transform of sech^2 is w(k) = pi k / sinh(pi k / 2); two derivatives give that of sech^4, (k^2 + 4) w / 6, and
    that of sech^6, (k^2 + 16) (k^2 + 4) w / 120.
    """
    with certify.precision(bits):
        sigma_w, q, gbar, kappabar = _balls(point)
        end, pi = flint.arb(70), flint.arb.pi()

        def average(polynomial: Any) -> Any:
            def integrand(k: Any, analytic: bool) -> Any:
                wave = 2 / (flint.acb(0, 1) * pi * k / 2).sinc()
                return polynomial(k * k) * wave * (-q * k * k / 2).exp()

            # Beyond k = 70, wave * polynomial < k^6 and falls faster than the Gaussian factor is wide.
            rest = 2 * end**6 * (-q * end**2 / 2).exp()
            return (
                2 * flint.acb.integral(integrand, flint.acb(0), flint.acb(end)).real + flint.arb(0, rest.upper())
            ) / (2 * pi)

        fourth, sixth = average(lambda s: (s + 4) / 6), average(lambda s: (s + 16) * (s + 4) / 120)
        change = _before(q, gbar, kappabar) - q
        first, second = sigma_w**2 * fourth, 4 * sigma_w**2 * (fourth - sixth)  # sech^4, and (2 tanh sech^2)^2
        return _jets(first * change + second / 2 * change * change)


def _gaussian_curve(dps: int, point: Point) -> list:
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


def _finite(candidate: Candidate, dps: int, point: Point) -> Any:
    """The formula at high precision; where it is not finite and real, float64 says so a thousand times faster."""
    candidate.numpy(**point)
    return candidate.mpmath(dps, **point)


def _critical_bias(candidate: Candidate) -> float:
    """Bias variance of the critical tanh network with sigma_w^2 = 1.05: no stretch at the fixed point."""
    from scipy import optimize

    def stretch(q: float) -> float:
        return float(candidate.numpy(phi=TANH, sigma_w=math.sqrt(1.05), q_star=q, gbar=0.7, kappabar=0.6)[0]) / 0.7 - 1

    if stretch(1e-4) * stretch(0.9) > 0:
        return math.inf
    q = optimize.brentq(stretch, 1e-4, 0.9, xtol=1e-12)
    z = np.arange(-12, 12, 1 / 64)
    return q - 1.05 * float(np.exp(-z * z / 2) @ np.tanh(math.sqrt(q) * z) ** 2) / math.sqrt(2 * math.pi) / 64


def _circle_through(kind: str, network: tuple[Activation, float, float], points: int) -> FiniteSize:
    return FiniteSize(
        name=f"circle through {kind} networks",
        predict=functools.partial(_by_layer, network),
        quick=functools.partial(layer_geometry, layers=5, **_network(*network, points=points)),
        full=functools.partial(layer_geometry, layers=8, **_network(*network, points=2 * points)),
        sizes=((150, 160), (300, 60), (600, 18)),
        full_sizes=((250, 600), (500, 200), (1000, 60)),
        axis="layer",
        quantity="geometry of the curve",
        series=("metric per neuron", "width times kappa^2"),
    )


CHAOTIC_LAYERS = _circle_through("chaotic tanh", CHAOTIC, points=32)

CURVATURE_RECURSION = Claim(
    statement=curvature_recursion.STATEMENT,
    checks=(
        FiniteSize(
            name="law fitted to networks of error functions",
            predict=_law,
            quick=functools.partial(fitted_law, layers=6, **_network(*ERROR_FUNCTION, points=24)),
            sizes=((120, 160), (240, 70), (480, 24)),
            full_sizes=((250, 600), (500, 200), (1000, 60)),
        ),
        CHAOTIC_LAYERS,
        _circle_through("ordered tanh", ORDERED, points=16),
        Literature(
            name="critical point of tanh networks",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
            ),
            evaluate=_critical_bias,
        ),
        Certified(
            name="error function, arcsine kernel in power series",
            reference=_arcsine,
            against="the arcsine kernel expanded in power series",
            bits=100,
            digits=20,
            points=({"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "gbar": "1.37", "kappabar": "0.83"},),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=_fourier,
            against="integrals over the Fourier transforms of sech^4 and sech^6, composed in power series",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.3", "q_star": "0.61", "gbar": "0.43", "kappabar": "1.71"},),
        ),
        Precision(
            name="image of a Gaussian curve",
            reference=_gaussian_curve,
            against="moments of the image of a Gaussian position, velocity and acceleration",
            points=(
                {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "gbar": "0.8", "kappabar": "1.1"},
                {"phi": SIN, "sigma_w": "2.3", "q_star": "0.7", "gbar": "1.9", "kappabar": "1.6"},
            ),
            digits=(25, 40),
            evaluate=_finite,
        ),
    ),
    convention="Layer 1 is the circle; gbar = g^E / N and kappabar^2 = N kappa^2 with the width N of each layer.",
    independence="Explicit networks of unequal widths; position, velocity, acceleration by the chain rule, no kernel.",
    printed={
        "E19": Ordeal(
            fails=Replicas(
                name="bars read as the metric and curvature of the slides",
                predict=_raw,
                quick=functools.partial(raw_geometry, width=200, **_network(*CHAOTIC, points=32)),
                replicas=30,
            ),
            holds=CHAOTIC_LAYERS,
        )
    },
)

CLAIMS = (GREAT_CIRCLE, CURVATURE_RECURSION)
