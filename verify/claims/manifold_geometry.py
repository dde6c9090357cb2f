"""Chapter manifold_geometry (document 001): curves in the space of a layer, and what random layers do to them."""

from __future__ import annotations

import functools
import math
from typing import Any

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.manifold_geometry import curvature_recursion, great_circle
from derivations.statement import Source
from numerics.manifold_geometry.great_circle import sampled_circle
from numerics.manifold_geometry.random_network import fitted_law, layer_geometry, raw_geometry
from verify.checks import Certified, FiniteSize, Ladder, Literature, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.compile import numpy_function
from verify.references import manifold_geometry as reference

# ------------------------------------------------------------------------------------------- the great circle

GREAT_CIRCLE = Claim(
    statement=great_circle.STATEMENT,
    checks=(
        Precision(
            name="a slanted circle differentiated numerically",
            reference=reference.differentiated_circle,
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


def _network(activation: Activation, sigma_w: float, sigma_b: float, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point."""
    derivatives = tuple(numpy_function(activation, k) for k in range(3))
    length = reference.fixed_point(activation, sigma_w, sigma_b)
    return {
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "squared_length": length,
        "derivatives": derivatives,
        "points": points,
    }


def _circle_through(kind: str, network: tuple[Activation, float, float], points: int) -> FiniteSize:
    return FiniteSize(
        name=f"circle through {kind} networks",
        predict=functools.partial(reference.by_layer, network),
        quick=functools.partial(layer_geometry, layers=5, **_network(*network, points=points)),
        full=functools.partial(layer_geometry, layers=8, **_network(*network, points=2 * points)),
        sizes=((150, 160), (300, 60), (600, 18)),
        full_sizes=((250, 600), (500, 200), (1000, 60)),
        axis="layer",
        quantity="geometry of the curve",
        series=("metric per neuron", "width times kappa^2"),
    )


CHAOTIC_LAYERS = _circle_through("chaotic tanh", reference.CHAOTIC, points=32)

CURVATURE_RECURSION = Claim(
    statement=curvature_recursion.STATEMENT,
    checks=(
        FiniteSize(
            name="law fitted to networks of error functions",
            predict=reference.law,
            quick=functools.partial(fitted_law, layers=6, **_network(*reference.ERROR_FUNCTION, points=24)),
            sizes=((120, 160), (240, 70), (480, 24)),
            full_sizes=((250, 600), (500, 200), (1000, 60)),
        ),
        CHAOTIC_LAYERS,
        _circle_through("ordered tanh", reference.ORDERED, points=16),
        Literature(
            name="critical point of tanh networks",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
            ),
            evaluate=reference.critical_bias,
        ),
        Certified(
            name="error function, arcsine kernel in power series",
            reference=reference.arcsine_layer,
            against="the arcsine kernel expanded in power series",
            bits=100,
            digits=20,
            points=({"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "gbar": "1.37", "kappabar": "0.83"},),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=reference.fourier_layer,
            against="integrals over the Fourier transforms of sech^4 and sech^6, composed in power series",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.3", "q_star": "0.61", "gbar": "0.43", "kappabar": "1.71"},),
        ),
        Certified(
            name="fixed points of tanh networks",
            reference=reference.fixed_point_by_fourier,
            evaluate=reference.at_fixed_point,
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
            reference=reference.gaussian_curve,
            against="moments of the image of a Gaussian position, velocity and acceleration",
            points=(
                {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "gbar": "0.8", "kappabar": "1.1"},
                {"phi": SIN, "sigma_w": "2.3", "q_star": "0.7", "gbar": "1.9", "kappabar": "1.6"},
            ),
            digits=(25, 40),
            evaluate=reference.finite,
        ),
    ),
    convention="Layer 1 is the circle; gbar = g^E / N and kappabar^2 = N kappa^2 with the width N of each layer.",
    independence="Explicit networks of unequal widths; position, velocity, acceleration by the chain rule, no kernel.",
    printed={
        "E19": Ordeal(
            fails=Replicas(
                name="bars read as the metric and curvature of the slides",
                predict=reference.raw_layer,
                quick=functools.partial(raw_geometry, width=200, **_network(*reference.CHAOTIC, points=32)),
                replicas=30,
            ),
            holds=CHAOTIC_LAYERS,
        )
    },
)

CLAIMS = (GREAT_CIRCLE, CURVATURE_RECURSION)
