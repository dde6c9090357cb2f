"""Three neighbouring points on curves: the circle through them, and the angle between their chords."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from numerics.manifold_geometry.random_network import Derivatives, Jet, through_layer
from numerics.measurement import Measurement
from numerics.streams import Stream

Curve = Callable[[np.ndarray], Jet]  # parameters (T,) -> position, velocity, acceleration, each (dimensions, T)
CURVES = ("ellipse", "helix", "network")


def bends_and_turns(
    *,
    step: float,
    stream: Stream,
    device: str,
    places: int,
    widths: tuple[int, ...],
    sigma_w: float,
    sigma_b: float,
    derivatives: Derivatives,
) -> Measurement:
    """Curvature and squared turning speed of the CURVES, from positions alone.

    step         distance of neighbouring points along the parameter
    places       parameters, spread over one turn, at which the curves are measured
    widths       of the layers of a random network; its curve is the image of a great circle, over the root of the width
    derivatives  the activation, its first and its second derivative
    device       unused: the work is tiny

    Values have shape (2, curves, places): the inverse radius of the circle through three points, and the squared angle
    between their two chords over the squared step. The error falls with the square of the step. Given: products `vv`,
    `va`, `aa` of velocity and acceleration at the places, by the chain rule; `outline` (2, points), the ellipse, and
    `spot`, `tangent`, `normal`, each (2, places), on it. Raises ValueError for a step that is not positive.
    """
    if step <= 0 or places < 2:
        raise ValueError("needs a positive step and at least two places")
    generator = stream.generator()
    where = 2 * np.pi * (np.arange(places) + generator.random()) / places
    curves = (ellipse, helix, _network(widths, sigma_w, sigma_b, derivatives, generator))
    bends, turns, products = [], [], []
    for curve in curves:
        before, here, after = (curve(where + shift)[0] for shift in (-step, 0.0, step))
        _, v, a = curve(where)
        bends.append(_inverse_radius(before, here, after))
        turns.append((_angle(here - before, after - here) / step) ** 2)
        products.append([np.sum(m * n, axis=0) for m, n in ((v, v), (v, a), (a, a))])
    spot, v, a = ellipse(where)
    tangent = v / np.linalg.norm(v, axis=0)
    straight = a - tangent * np.sum(tangent * a, axis=0)
    vv, va, aa = np.swapaxes(products, 0, 1)
    return Measurement(
        values=np.array([bends, turns]),
        axis=where,
        given={
            "vv": vv,
            "va": va,
            "aa": aa,
            "outline": ellipse(np.linspace(0, 2 * np.pi, 60))[0],
            "spot": spot,
            "tangent": tangent,
            "normal": straight / np.linalg.norm(straight, axis=0),
        },
        resolution={"step": step},
    )


def ellipse(t: np.ndarray) -> Jet:
    """An ellipse with the half axes 1.7 and 0.8, at the parameter t (T,)."""
    axes = np.array([[1.7], [0.8]])
    cosine, sine = np.cos(t), np.sin(t)
    return axes * np.array([cosine, sine]), axes * np.array([-sine, cosine]), axes * np.array([-cosine, -sine])


def helix(t: np.ndarray) -> Jet:
    """A helix of radius 1 and pitch 0.6 per radian, at the angle t + sin(t) / 3: neither uniform nor closed."""
    angle, rate, change = t + np.sin(t) / 3, 1 + np.cos(t) / 3, -np.sin(t) / 3
    position = np.array([np.cos(angle), np.sin(angle), 0.6 * angle])
    first = np.array([-np.sin(angle), np.cos(angle), np.full_like(angle, 0.6)])
    second = np.array([-np.cos(angle), -np.sin(angle), np.zeros_like(angle)])
    return position, rate * first, rate**2 * second + change * first


def _network(
    widths: tuple[int, ...], sigma_w: float, sigma_b: float, derivatives: Derivatives, generator: np.random.Generator
) -> Curve:
    frame, _ = np.linalg.qr(generator.standard_normal((widths[0], 2)))
    layers = [
        (
            generator.standard_normal((outputs, inputs)) * (sigma_w / np.sqrt(inputs)),
            sigma_b * generator.standard_normal((outputs, 1)),
        )
        for inputs, outputs in itertools.pairwise(widths)
    ]

    def curve(t: np.ndarray) -> Jet:
        cosine, sine = np.cos(t), np.sin(t)
        plane = np.sqrt(widths[0]) * frame
        jet: Jet = (plane @ [cosine, sine], plane @ [-sine, cosine], plane @ [-cosine, -sine])
        for weights, biases in layers:
            jet = through_layer(jet, weights, biases, derivatives)
        h, v, a = (part / np.sqrt(widths[-1]) for part in jet)
        return h, v, a

    return curve


def _inverse_radius(before: np.ndarray, here: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Inverse radius of the circle through three points: 4 * area / (product of the sides)."""
    first, second, across = here - before, after - here, after - before
    sides = [np.linalg.norm(side, axis=0) for side in (first, second, across)]
    along = np.sum(first * second, axis=0) / sides[0] ** 2
    height = np.linalg.norm(second - along * first, axis=0)
    return 2 * height / (sides[1] * sides[2])


def _angle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angle between two vectors, exact for small angles."""
    apart = first / np.linalg.norm(first, axis=0) - second / np.linalg.norm(second, axis=0)
    return 2 * np.arcsin(np.linalg.norm(apart, axis=0) / 2)
