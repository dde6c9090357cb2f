"""Power, scatter and memory of particles in dragged traps, against the law of a trap at rest.

Particles follow traps of two shapes in steps of time; work, place and force are recorded. At finite speed the law of
the particle is integrated, and comes to that at rest like the square of the speed.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.learning_and_memory import sensing
from numerics.learning_and_memory.dragged_traps import sensed
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision, Property, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane

TRAPS = (2.0, 3.0)
particles = partial(sensed, powers=TRAPS, stiffness=1.7, friction=0.8, temperature=0.6, speed=0.9)
SHAPES = (
    {"p_V": "4", "kappa_0": "1.3", "zeta": "0.7", "T": "0.6"},
    {"p_V": "3", "kappa_0": "0.8", "zeta": "1.6", "T": "1.1"},
)


def dragged(dps: int, point: Point) -> list:
    """Power, scatter, memory and cost by integrals over the particle's law at that speed.

    The memory of the force is what its products with later ones add up to: the diffusion equation is integrated twice.
    """
    p, stiffness, friction, T, speed = (mpmath.mpf(point[name]) for name in ("p_V", "kappa_0", "zeta", "T", "v_0"))
    reach = (p * T / stiffness) ** (1 / p)
    panels = [k * reach for k in (-8, -2, 0, 2, 8)]

    @functools.cache  # every mean takes it at the same places
    def law(y: Any) -> Any:
        return mpmath.exp(-(stiffness * abs(y) ** p / p + friction * speed * y) / T)

    whole = mpmath.quad(law, panels)

    def mean(function: Any) -> Any:
        return mpmath.quad(lambda y: function(y) * law(y), panels) / whole

    @functools.cache
    def force(y: Any) -> Any:
        return -stiffness * mpmath.sign(y) * abs(y) ** (p - 1)

    center, pull = mean(lambda y: y), mean(force)
    scatter = mean(lambda y: (y - center) ** 2)
    square = mean(lambda y: (force(y) - pull) ** 2)
    together = -friction * mean(lambda y: (force(y) - pull) * (y - center))
    power = speed * pull
    return [power, scatter, together / square, power * scatter / (T * together / square * speed**2)]


def at_rest(dps: int, point: Point) -> list:
    """The same at rest, with the power of this speed."""
    still = dragged(dps, {**point, "v_0": "1e-9"})
    power = mpmath.mpf(point["zeta"]) * mpmath.mpf(point["v_0"]) ** 2
    return [power, *still[1:3], still[3]]


def excess(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much a trap's cost is below 1."""
    return max(mpmath.mpf(0), 1 - candidate.mpmath(dps, **point)[3])


def measured_values(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Power, scatter and memory, (3, traps)."""
    given: Any = measured.given
    known = {name: given[key] for name, key in (("kappa_0", "stiffness"), ("zeta", "friction"), ("T", "temperature"))}
    found = candidate.numpy(p_V=given["powers"], v_0=given["speed"], **known)[:3]
    return np.array([np.broadcast_to(row, given["powers"].shape) for row in found])


def costs(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Power times scatter over what a harmonic trap needs, over the power of the trap, and for the traps measured."""
    given: Any = measured.given
    least = given["temperature"] * measured.values[2] * given["speed"] ** 2
    seen = np.broadcast_to(measured.values[0] * measured.values[1] / least, given["powers"].shape)
    fine = np.linspace(1.2, 6, 60)
    drawn = np.asarray(candidate.numpy(p_V=fine, v_0=0.1, kappa_0=1.0, zeta=1.0, T=1.0)[3])
    path = Path(
        label="trap of energy |x|^(p_V)",
        theory=(tuple(fine.tolist()), tuple(drawn.tolist())),
        measured=(tuple(given["powers"].tolist()), tuple(seen.tolist())),
    )
    x_label, y_label = "power p_V of the trap", "power times scatter, over the least"
    return (
        Plane(title="What a sensor costs; points: the finest step", x_label=x_label, y_label=y_label, paths=(path,)),
    )


CLAIM = Claim(
    statement=sensing.STATEMENT,
    checks=(
        Precision(
            name="laws of slow particles",
            reference=at_rest,
            points=(
                {"p_V": "2", "kappa_0": "1.3", "zeta": "0.7", "T": "0.6", "v_0": "0.3"},
                *({**shape, "v_0": speed} for shape, speed in zip(SHAPES, ("0.2", "0.5"), strict=True)),
            ),
            digits=(9, 12),
            against="integrals over the particle's law, on a slope that is hardly one",
        ),
        Rate(
            name="finite speed",
            exact=dragged,
            points=SHAPES,
            values=("0.2", "0.1", "0.05", "0.02"),
            digits=15,
            against="integrals over the particle's law in the trap that is dragged at that speed",
        ),
        Property(
            name="no trap is cheaper than the harmonic one",
            sentence="power times scatter is at least T tau v^2",
            residual=excess,
            parameters=sensing.STATEMENT.parameters,
            examples=10,
        ),
        FiniteSize(
            name="particles in dragged traps",
            predict=measured_values,
            quick=partial(particles, particles=170),
            picture=costs,
            full=partial(particles, particles=950),
            sizes=((14, 24), (28, 20), (56, 20)),
            full_sizes=((28, 50), (56, 50), (112, 50)),
            size_name="steps to a relaxation time",
        ),
    ),
    quantities=("P_drag", "V_x", "tau_F", "r_cost"),
    convention="Temperature is in units of energy; the particle is told where the trap is up to its mean lag.",
    independence="Particles move in steps of time; work, place and force are averaged, and no law is known.",
)
