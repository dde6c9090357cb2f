"""Curves and what random layers do to them: metric, curvature, autocorrelation, growth."""

from __future__ import annotations

import functools
import math

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.manifold_geometry import (
    curvature_recursion,
    curve_geometry,
    grassmannian_growth,
    great_circle,
    isotropic_stretch,
    manifold_kernel,
)
from derivations.statement import Source
from numerics.manifold_geometry.autocorrelation import autocorrelation
from numerics.manifold_geometry.great_circle import sampled_circle
from numerics.manifold_geometry.image_curves import last_ratio, lengths_and_curvature, turned
from numerics.manifold_geometry.random_network import fitted_law, layer_geometry, raw_geometry
from numerics.manifold_geometry.sampled_curves import CURVES, bends_and_turns
from numerics.manifold_geometry.stretched_curve import after_linear_layer
from verify.checks import Certified, FiniteSize, Ladder, Literature, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.claims.manifold_geometry import at_fixed_point
from verify.compile import numpy_function
from verify.references import manifold_geometry as reference
from verify.references import manifold_geometry_curves as curves
from verify.references import manifold_geometry_growth as growth
from verify.references import manifold_geometry_kernel as kernel

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


def _circle_through(kind: str, network: tuple[Activation, float, float]) -> FiniteSize:
    return FiniteSize(
        name=f"circle through {kind} networks",
        predict=functools.partial(reference.by_layer, network),
        quick=functools.partial(layer_geometry, layers=5, circles=20, **at_fixed_point(*network, points=6)),
        full=functools.partial(layer_geometry, layers=8, circles=10, **at_fixed_point(*network, points=8)),
        sizes=((100, 56), (200, 26), (400, 16)),
        full_sizes=((250, 600), (500, 200), (1000, 60)),
        axis="layer",
        quantity="geometry of the curve",
        series=("metric per neuron", "width times kappa^2"),
    )


CHAOTIC_LAYERS = _circle_through("chaotic tanh", reference.CHAOTIC)

CURVATURE_RECURSION = Claim(
    statement=curvature_recursion.STATEMENT,
    checks=(
        FiniteSize(
            name="law fitted to networks of error functions",
            predict=reference.law,
            quick=functools.partial(
                fitted_law, layers=6, circles=20, **at_fixed_point(*reference.ERROR_FUNCTION, points=4)
            ),
            sizes=((100, 50), (200, 24), (400, 16)),
            full_sizes=((250, 600), (500, 200), (1000, 60)),
        ),
        CHAOTIC_LAYERS,
        _circle_through("ordered tanh", reference.ORDERED),
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
                quick=functools.partial(
                    raw_geometry, width=200, circles=1, **at_fixed_point(*reference.CHAOTIC, points=32)
                ),
                replicas=30,
            ),
            holds=CHAOTIC_LAYERS,
        )
    },
)


def _image_of_the_circle(phase: str, network: growth.Network, smallest: int) -> FiniteSize:
    run = functools.partial(lengths_and_curvature, circles=12, outline=180, **growth.settings(network, points=4))
    return FiniteSize(
        name=f"image of a circle in {phase} networks",
        predict=functools.partial(growth.by_layer, network),
        quick=functools.partial(run, layers=7),
        full=functools.partial(run, layers=10),
        sizes=((smallest, 44), (2 * smallest, 26), (4 * smallest, 14)),
        full_sizes=((250, 200), (500, 80), (1000, 30)),
        axis="layer",
        quantity="geometry of the curve",
        series=growth.WORDS,
        picture=functools.partial(growth.projected, phase),
    )


ORDERED_GROWTH = _image_of_the_circle("ordered", growth.ORDERED, 80)

GRASSMANNIAN_GROWTH = Claim(
    statement=grassmannian_growth.STATEMENT,
    checks=(
        _image_of_the_circle("chaotic", growth.CHAOTIC, 80),
        _image_of_the_circle("critical", growth.CRITICAL, 80),
        ORDERED_GROWTH,
        Replicas(
            name="linear networks, which do not turn the circle further",
            predict=functools.partial(growth.turned, growth.STRAIGHT),
            quick=functools.partial(
                turned, width=60, layers=4, circles=1, **growth.settings(growth.STRAIGHT, points=160)
            ),
            replicas=8,
        ),
        Certified(
            name="layers of error functions in power series",
            reference=growth.arcsine_layers,
            against="arcsine kernels composed in power series, layer by layer",
            bits=70,
            digits=12,
            points=({"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "l": 5},),
        ),
    ),
    convention="Layer 1 is the circle, lengths are over one turn; metric over the width and curvature times its root.",
    independence="Explicit networks of unequal widths; position, velocity and acceleration, no recursion.",
    printed={
        "E18": Ordeal(
            fails=ORDERED_GROWTH,
            holds=FiniteSize(
                name="ratio of successive lengths in deep layers of ordered networks",
                predict=functools.partial(growth.last_ratio, growth.FAST_ORDERED, 14),
                quick=functools.partial(
                    last_ratio, layers=14, circles=12, **growth.settings(growth.FAST_ORDERED, points=4)
                ),
                sizes=((40, 30), (80, 20), (160, 12)),
            ),
        )
    },
)


def _autocorrelation(phase: str, network: tuple[Activation, float, float]) -> FiniteSize:
    run = functools.partial(autocorrelation, circles=6, **kernel.settings(network, points=24))
    return FiniteSize(
        name=f"Fourier transforms over the circle in {phase} networks",
        predict=functools.partial(kernel.by_layer, network),
        quick=functools.partial(run, layers=5),
        full=functools.partial(run, layers=8),
        sizes=((80, 70), (160, 36), (320, 20)),
        full_sizes=((250, 600), (500, 200), (1000, 60)),
        axis="difference of the angles",
        quantity="autocorrelation",
        series=tuple(f"layer {layer}" for layer in range(2, 6)),
    )


MANIFOLD_KERNEL = Claim(
    statement=manifold_kernel.STATEMENT,
    checks=(
        Precision(
            name="slanted circle and average over two Gaussian fields",
            reference=kernel.averaged,
            against="a circle in a slanted plane, and the average of erf times erf on a grid in two dimensions",
            points=({"q_star": "1.37", "Delta": "0.7", "q_Delta": "0.53", "sigma_w": "1.7", "sigma_b": "0.3"},),
            digits=(11, 14),
        ),
        _autocorrelation("chaotic", reference.ERROR_FUNCTION),
        _autocorrelation("ordered", kernel.ORDERED_ERRORS),
    ),
    convention="Angles in radians; the autocorrelation is the mean over circle and neurons, and q* at difference 0.",
    independence="Explicit networks of unequal widths at equally spaced angles, power spectra of their neurons.",
)

CURVE_GEOMETRY = Claim(
    statement=curve_geometry.STATEMENT,
    checks=(
        Ladder(
            name="circles through three points and angles of chords",
            predict=curves.at_places,
            quick=functools.partial(
                bends_and_turns,
                places=24,
                widths=(30, 50, 40),
                sigma_w=1.6,
                sigma_b=0.3,
                derivatives=(numpy_function(TANH), numpy_function(TANH, 1), numpy_function(TANH, 2)),
            ),
            full=functools.partial(
                bends_and_turns,
                places=200,
                widths=(300, 500, 400),
                sigma_w=1.6,
                sigma_b=0.3,
                derivatives=(numpy_function(TANH), numpy_function(TANH, 1), numpy_function(TANH, 2)),
            ),
            steps=(0.04, 0.02, 0.01, 0.005),
            order=2,
            axis="parameter",
            quantity="measured on three points",
            series=(*(f"curvature, {curve}" for curve in CURVES), "Gauss metric, ellipse"),
            picture=curves.osculating,
        ),
        Precision(
            name="three points of a cubic",
            reference=curves.three_points,
            against="the circle through three points of a cubic, and the angle between their chords, in the limit",
            parameters=curve_geometry.STATEMENT.parameters,
            count=3,
            digits=(20, 30),
        ),
    ),
    convention="Any parameter, in radians; curvature is the inverse radius, the Gauss metric is per squared parameter.",
    independence="Positions of three neighbouring points on an ellipse, a helix and the image of a circle in a net.",
)

ISOTROPIC_STRETCH = Claim(
    statement=isotropic_stretch.STATEMENT,
    checks=(
        FiniteSize(
            name="closed curves through wide random linear layers",
            predict=curves.over_stretches,
            quick=functools.partial(after_linear_layer, squared_stretches=(0.35, 0.7, 1.6, 3.3), points=60),
            full=functools.partial(after_linear_layer, squared_stretches=(0.2, 0.35, 0.7, 1.6, 3.3, 6.0), points=120),
            sizes=((80, 80), (160, 40), (320, 20)),
            full_sizes=((250, 800), (500, 400), (1000, 100)),
            axis="squared stretch chi_1",
            quantity="geometry of the curve",
            series=("length", "curvature", "Grassmannian length"),
        ),
        Precision(
            name="a stretched curve in space, integrated numerically",
            reference=curves.stretched,
            evaluate=curves.from_before,
            against="lengths by quadrature and curvature by a cross product, before and after the stretch",
            points=({"chi_1": "0.37"}, {"chi_1": "2.9"}),
            digits=(15, 25),
        ),
    ),
    convention="The squared stretch is the variance of a weight times the number of outputs, not of inputs.",
    independence="Polygons, circles through three corners and turns of chords, through explicit Gaussian matrices.",
)


CLAIMS = (
    GREAT_CIRCLE,
    CURVATURE_RECURSION,
    GRASSMANNIAN_GROWTH,
    MANIFOLD_KERNEL,
    CURVE_GEOMETRY,
    ISOTROPIC_STRETCH,
)
