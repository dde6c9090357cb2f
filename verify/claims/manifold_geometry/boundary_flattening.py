"""Where a neuron of a deep layer changes sign in the input: the length of that line, and how it bends.

Explicit networks are asked only for signs at the two ends of short arcs, and for derivatives by the chain rule at the
arcs that a boundary crosses; neither a kernel nor the Rice formula nor a recursion over layers enters. The certified
reference starts from the kernel of every layer as a power series, counts changes of sign along a great circle from its
correlation, and integrates the two Gaussian averages itself.
"""

from __future__ import annotations

import functools
from typing import Any

import flint
import numpy as np

from derivations.activations import ERF
from derivations.manifold_geometry import boundary_flattening
from numerics.manifold_geometry.boundaries import boundary_geometry
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Approach, Certified, FiniteSize
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.manifold_geometry import at_fixed_point
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.mean_field import LOPSIDED, ORDERED, SHIFTED, Network, fixed_point, output_kernel


def _boundaries(
    kind: str, network: Network, arc: float, sizes: tuple, full_sizes: tuple, **pictures: Any
) -> FiniteSize:
    experiment = functools.partial(boundary_geometry, **at_fixed_point(*network, points=60))
    return FiniteSize(
        name=f"boundaries through {kind} networks",
        predict=functools.partial(boundaries_by_layer, network),
        quick=functools.partial(experiment, layers=5, arc=arc),
        full=functools.partial(experiment, layers=6, arc=0.6 * arc),
        sizes=sizes,
        full_sizes=full_sizes,
        axis="layer l",
        quantity="boundary in the input",
        series=("length", "mean curvature"),
        **pictures,
    )


def _narrow_networks(network: Network, arc: float) -> Approach:
    experiment = functools.partial(boundary_geometry, arc=arc, **at_fixed_point(*network, points=60))
    return Approach(
        name="narrow networks",
        predict=functools.partial(boundaries_by_layer, network),
        quick=functools.partial(experiment, layers=3),
        sizes=((16, 1600), (64, 2400)),
        full_only="few networks do not tell it from its root",
    )


def half_line_moment(power: int, rate: Any) -> Any:
    """Integral over the positive half-line of t^power exp(-rate t^2 / 2), as a ball."""
    end = (flint.arb(400) / rate).sqrt()

    def integrand(t: Any, analytic: bool) -> Any:
        return t**power * (-rate * t * t / 2).exp()

    # Beyond `end` the integrand is below exp(-200) times its scale, and falls faster than exp(-rate end t).
    rest = flint.arb(0, ((1 + end) ** power * flint.arb(-190).exp()).upper())
    return flint.acb.integral(integrand, flint.acb(0), flint.acb(end)).real + rest


def boundary_from_kernels(bits: int, point: Point) -> list:
    """Length and mean absolute curvature of a boundary of layer l, from the kernel of every layer before it.

    Length: Crofton's formula, with the rate of changes of sign along a great circle, the limit of arccos(correlation)
    over pi times the angle. Curvature: quotient of the means of second derivative and gradient, integrated.
    """
    with certify.precision(bits):
        sigma_w, q = (certify.ball(point[name]) for name in ("sigma_w", "q_star"))
        field = flint.arb_series([q, 0, -q / 2, 0, q / 24], prec=5)
        for _ in range(int(point["l"]) - 1):
            image = output_kernel(point["phi"], field, q) * sigma_w**2
            field = image - image[0] + q  # the bias that keeps the length
        pi, metric = flint.arb.pi(), -2 * field[2]
        rate = (2 * (1 - field / q)[2]).sqrt() / pi
        spread2 = 24 * field[4] - metric**2 / q
        mean_bend = half_line_moment(1, 1 / spread2) / half_line_moment(0, 1 / spread2)
        mean_gradient = half_line_moment(2, 1 / metric) / half_line_moment(1, 1 / metric)
        return [pi * 2 * pi * rate, mean_bend / mean_gradient]


def boundaries_by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Length and mean curvature of the boundaries of the layers on the axis, (2, layers)."""
    assert measured.axis is not None
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), l=measured.axis)


def boundaries_on_the_sphere(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Where one neuron of layer 2 and one of the last layer vanish: half of the sphere of inputs, from above."""
    assert measured.axis is not None
    paths = []
    names = ("second", "layer 2"), ("last", f"layer {int(measured.axis[-1])}")
    for group, (key, label) in enumerate(names):
        x, y, height = np.asarray(measured.given[key])
        shown = tuple(tuple(map(float, coordinate[height > 0])) for coordinate in (x, y))
        paths.append(Path(label=label, group=group, measured=(shown[0], shown[1])))
    angle = np.linspace(0, 2 * np.pi, 121)
    rim = tuple(map(float, np.cos(angle))), tuple(map(float, np.sin(angle)))
    return (
        Plane(
            title="Boundaries on the sphere of inputs that are planes in a layer",
            x_label="first coordinate of the input",
            y_label="second coordinate of the input",
            paths=(*paths, Path(label="edge of the sphere", group=2, theory=rim)),
            equal=True,
        ),
    )


CLAIM = Claim(
    statement=boundary_flattening.STATEMENT,
    checks=(
        _boundaries(
            "chaotic, neither odd nor even",
            LOPSIDED,
            0.08,
            ((80, 88), (160, 44), (320, 46)),
            ((200, 920), (400, 305), (800, 96)),
            picture=boundaries_on_the_sphere,
        ),
        _boundaries(
            "ordered tanh",
            ORDERED,
            0.14,
            ((72, 124), (144, 66), (288, 58)),
            ((200, 900), (400, 304), (800, 122)),
        ),
        _narrow_networks(LOPSIDED, 0.12),
        Certified(
            name="kernels iterated to the boundary's layer",
            reference=boundary_from_kernels,
            against="the kernel of every layer in power series, Crofton's formula and Gaussian integrals",
            bits=64,
            digits=12,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "l": 4},
                {"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "l": 5},
            ),
        ),
    ),
    quantities=("L_b", "kappa_b"),
    convention="Lengths and curvatures are those of the unit sphere; the boundary of layer l is flat in its fields.",
    independence="Changes of sign on short arcs of explicit networks; derivatives by the chain rule, no Rice formula.",
)
