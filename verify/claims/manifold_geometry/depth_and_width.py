"""Depth against width: a bound for one hidden layer, exponential growth, decision boundaries."""

from __future__ import annotations

import functools
from typing import Any

from derivations.activations import ERF, SIN, Activation
from derivations.manifold_geometry import (
    boundary_flattening,
    depth_beats_width,
    shallow_length_bound,
)
from numerics.manifold_geometry.boundaries import boundary_geometry
from numerics.manifold_geometry.depth_and_width import deep_and_shallow
from numerics.manifold_geometry.shallow_layer import steep_layers
from verify.checks import Certified, FiniteSize, Ladder, Property
from verify.claim import Claim, Ordeal
from verify.claims.manifold_geometry import at_fixed_point
from verify.compile import numpy_function
from verify.references import manifold_geometry as reference
from verify.references import manifold_geometry_boundary as boundary
from verify.references import manifold_geometry_depth as depth
from verify.references import manifold_geometry_shallow as shallow

_RANDOM_LAYERS = Property(
    name="random monotone layers stay below",
    sentence="no random hard tanh layer makes a random polygon longer than the bounds allow",
    residual=shallow.excess,
    parameters=(*shallow_length_bound.STATEMENT.parameters, shallow.LAYER_NUMBER),
    examples=12,
)

SHALLOW_LENGTH_BOUND = Claim(
    statement=shallow_length_bound.STATEMENT,
    checks=(
        Property(
            name="staircases attain the bounds",
            sentence="staircases of hard tanh neurons are exactly as long as the bounds allow",
            residual=shallow.attained,
            parameters=shallow_length_bound.STATEMENT.parameters,
            examples=12,
        ),
        _RANDOM_LAYERS,
        Ladder(
            name="layers of ever steeper neurons",
            predict=shallow.steep,
            quick=functools.partial(
                steep_layers, widths=(5, 3, 8), turns=(3, 5, 7), ranges=(2.3, 0.7, 1.4), replicas=6,
                scales=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
            ),
            full=functools.partial(
                steep_layers, widths=(5, 17, 29, 40), turns=(3, 5, 7, 5), ranges=(2.3, 0.7, 1.4, 3.1), replicas=20,
                scales=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
            ),
            steps=(8e-4, 4e-4, 2e-4, 1e-4),
            full_steps=(8e-5, 4e-5, 2e-5, 1e-5),
            order=1,
            axis="layer",
            quantity="length behind the layer",
            series=("open curve", "closed curve"),
            style="stem",
            picture=shallow.gaussian_lengths,
        ),
    ),
    convention="The activation's range includes its scale; changes of direction of a closed curve count once around.",
    independence="Lengths of polygons through points of the image, for random weights and biases; no total variation.",
    printed={
        "E11": Ordeal(
            fails=Property(
                name="an activation that is not monotone",
                sentence="one neuron with a sine for its activation stays below the bound",
                residual=shallow.wave_excess,
                parameters=shallow_length_bound.STATEMENT.parameters[2:],
                examples=5,
            ),
            holds=_RANDOM_LAYERS,
        )
    },
)  # fmt: skip


def _deep(
    kind: str, network: tuple[Activation, float, float], sizes: tuple, full_sizes: tuple, **pictures: Any
) -> FiniteSize:
    settings = {key: v for key, v in at_fixed_point(*network, points=200).items() if key != "derivatives"}
    experiment = functools.partial(
        deep_and_shallow,
        **settings,
        activation=numpy_function(network[0]),
        shallow_range=depth.SHALLOW_RANGE,
        neurons=5,
    )
    return FiniteSize(
        name=f"lengths in {kind} networks",
        predict=functools.partial(depth.by_depth, network),
        quick=functools.partial(experiment, layers=5),
        full=functools.partial(experiment, layers=7),
        sizes=sizes,
        full_sizes=full_sizes,
        axis="depth",
        quantity="over the root of the width",
        series=("length of the image", "neurons of one hidden layer"),
        **pictures,
    )


DEPTH_BEATS_WIDTH = Claim(
    statement=depth_beats_width.STATEMENT,
    checks=(
        _deep(
            "chaotic tanh",
            reference.CHAOTIC,
            ((100, 70), (200, 30), (400, 16)),
            ((250, 300), (500, 100), (1000, 30)),
            picture=functools.partial(depth.depth_and_width, reference.CHAOTIC),
        ),
        _deep("ordered tanh", reference.ORDERED, ((80, 50), (160, 26), (320, 14)), ((250, 100), (500, 40), (1000, 15))),
        Certified(
            name="kernels iterated in power series",
            reference=depth.iterated_kernel,
            against="the kernel of every layer in power series, and the exact length of a staircase",
            bits=64,
            digits=12,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "D": 4, "R": "0.83"},
                {"phi": SIN, "sigma_w": "1.3", "q_star": "0.7", "D": 5, "R": "3.1"},
            ),
        ),
    ),
    convention="The circle counts as layer 1's field; lengths and widths are over the root of the last layer's width.",
    independence="Polygons through the outputs of explicit networks of unequal widths; no derivative and no kernel.",
)


def _boundaries(
    kind: str, network: tuple[Activation, float, float], arc: float, sizes: tuple, full_sizes: tuple, **pictures: Any
) -> FiniteSize:
    experiment = functools.partial(boundary_geometry, **at_fixed_point(*network, points=60))
    return FiniteSize(
        name=f"boundaries through {kind} networks",
        predict=functools.partial(boundary.by_layer, network),
        quick=functools.partial(experiment, layers=5, arc=arc),
        full=functools.partial(experiment, layers=6, arc=0.6 * arc),
        sizes=sizes,
        full_sizes=full_sizes,
        axis="layer",
        quantity="boundary in the input",
        series=("length", "mean curvature"),
        **pictures,
    )


BOUNDARY_FLATTENING = Claim(
    statement=boundary_flattening.STATEMENT,
    checks=(
        _boundaries(
            "chaotic tanh",
            reference.CHAOTIC,
            0.05,
            ((70, 120), (140, 52), (280, 22)),
            ((200, 600), (400, 200), (800, 60)),
            picture=boundary.on_the_sphere,
        ),
        _boundaries(
            "ordered tanh",
            reference.ORDERED,
            0.15,
            ((60, 60), (120, 30), (240, 20)),
            ((200, 300), (400, 100), (800, 30)),
        ),
        Certified(
            name="kernels iterated to the boundary's layer",
            reference=boundary.pulled_back,
            against="the kernel of every layer in power series, Crofton's formula and Gaussian integrals",
            bits=64,
            digits=12,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "l": 4},
                {"phi": SIN, "sigma_w": "1.3", "q_star": "0.7", "l": 5},
            ),
        ),
    ),
    convention="Lengths and curvatures are those of the unit sphere; the boundary of layer l is flat in its fields.",
    independence="Changes of sign on short arcs of explicit networks; derivatives by the chain rule, no Rice formula.",
)


CLAIMS = (
    SHALLOW_LENGTH_BOUND,
    DEPTH_BEATS_WIDTH,
    BOUNDARY_FLATTENING,
)
