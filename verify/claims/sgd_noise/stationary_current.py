"""Two weights that circle while their density stands still.

The simulation descends on sampled minibatches of losses that are turned against each other more and more with the
distance from the origin; it counts where steps lie and adds up how far they go across the radius, and knows neither a
covariance nor a current. The formula gets slopes and covariances from the examples. That mean rates of change vanish,
and that the current is what circling paths add up to, is asked of the formula by Ito's rule, without the components of
a current. How fast the limit is reached is measured on a bowl with linear noise, where the update rule's means are
known at every learning rate; its noise turns, so that it is no gradient, which the formula does not ask of it.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.sgd_noise import stationary_current
from derivations.statement import POSITIVE, Parameter
from derivations.symbols import x
from numerics.measurement import Measurement
from numerics.sgd_noise.two_weights import settled_current
from verify.checks import FiniteSize, Property, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.sgd_noise import LADDER, UNITS
from verify.compile import Candidate, numpy_function
from verify.references.noisy_descent import minibatches_of_pairs, noise_of_pairs, polynomial

TURNED = x**2 / (1 + x**2)
LOPSIDED = TURNED * sp.exp(-x / 5)  # neither even nor odd
SETTING: dict[str, Any] = {
    "pull": (0.4, 0.3),
    "twist": 0.9,
    "examples": 10,
    "batch": 3,
    "settle": 8.0,
    "duration": 12.0,
    "edges": (0.2, 0.4, 0.6, 0.8, 1.0, 1.7),
}
FAMILY = tuple(
    Parameter(symbol=sp.Symbol(name, positive=True), meaning=meaning, domain=POSITIVE, typical=typical)
    for name, meaning, typical in (
        ("stiffness", "second derivative of the loss at the origin", (0.3, 1.2)),
        ("heat", "g F at the origin", (0.12, 0.4)),
        ("stretch", "how much F_rr gains, over its value at the origin", (0.4, 2.5)),
        ("bulge", "how much F_tt gains, over its value at the origin", (0.3, 1.5)),
        ("swirl", "how large F_rt becomes, over the value of F_rr at the origin", (0.3, 0.9)),
    )
)
KNOWN = tuple(p for p in stationary_current.STATEMENT.parameters if p.name in ("epsilon", "B"))


def of_radius(name: str, expression: sp.Expr) -> Activation:
    """A function of the radius, written in x; its name is that of the expression."""
    return Activation(name=f"{name} {expression}", expression=sp.sympify(expression))


@functools.lru_cache(maxsize=16)
def covariances(a: float, b: float, c: float, twist: float) -> dict[str, Activation]:
    """Covariances along and across the radius, from those of the examples' corners: a, b and c as in a matrix.

    Where the losses are turned by psi(r), one slopes by Re(a (1 - i r psi')) along the radius and by Im(a) across it;
    r psi' = 2 twist r^2/(1 + r^2).
    """
    shear = 2 * twist * TURNED
    return {
        "F_rr": of_radius("along", a + 2 * c * shear + b * shear**2),
        "F_tt": of_radius("across", sp.Float(b)),
        "F_rt": of_radius("mixed", c + b * shear),
    }


def density_and_velocity(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Density of the radius in the bins, integrated from its slope, and mean velocity in them, (2, bins)."""
    given = measured.given
    edges = np.asarray(given["edges"])
    pull = [c for coefficient in np.asarray(given["pull"]) for c in (0, coefficient)]
    loss = polynomial((0, *(c / k for k, c in enumerate(pull, start=1))))
    radius = np.linspace(edges[0], edges[-1], 301)
    corners = np.asarray(given["corners"])
    square = corners.T @ corners / len(corners)
    slope, velocity = candidate.numpy(
        varrho=radius,
        L=loss,
        epsilon=given["learning_rate"],
        B=given["batch"],
        **covariances(*square[[0, 1, 0], [0, 1, 1]].tolist(), float(given["twist"])),
    )
    with np.errstate(all="ignore"):  # a wrong formula may overflow; nan agrees with nothing
        visits = radius * np.exp(summed(slope, radius))
        total, carried = (np.interp(edges, radius, summed(y, radius)) for y in (visits, visits * velocity))
        share = np.diff(total)
        return np.stack([share / total[-1] / np.diff(edges), np.diff(carried) / share])


def summed(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Integral from the first place to each, by Simpson's rule."""
    from scipy import integrate

    return integrate.cumulative_simpson(values, x=places, initial=0)


@functools.lru_cache(maxsize=16)
def family(values: tuple) -> dict[str, Activation]:
    """Loss and covariances at a point, whose values are those of FAMILY and KNOWN."""
    stiffness, heat, stretch, bulge, swirl, rate, batch = map(sp.Rational, values)
    scale = heat * 2 * batch / rate  # F at the origin
    return {
        "L": polynomial((0, 0, stiffness / 2, sp.Rational(1, 15))),
        "F_rr": of_radius("along", scale * (1 + stretch * LOPSIDED)),
        "F_tt": of_radius("across", scale * (1 + bulge * TURNED * (1 + sp.sin(x) / 3))),
        "F_rt": of_radius("mixed", scale * swirl * LOPSIDED),
    }


def mean_rates(candidate: Candidate, point: Point, dps: int) -> list[float]:
    """Mean rates of change of r^2 and r^4 by Ito's rule, and of what r^2 and r^3 times the angle's change add up to.

    Over the size of their terms. By Ito's rule r^n changes at the mean rate -n r^(n-1) L' + g n r^(n-2) ((n - 1) F_rr +
    F_tt), and the sum of r^n d(angle), taken at middles of steps, at g F_rt (n r^(n-2) - 2 r^(n-2)).
    """
    from scipy import integrate

    functions = family(tuple(point[p.name] for p in (*FAMILY, *KNOWN)))
    radius = 1e-6 + np.linspace(0, 12, 1201)
    slope, velocity = candidate.numpy(varrho=radius, epsilon=point["epsilon"], B=point["B"], **functions)
    g = float(point["epsilon"]) / (2 * point["B"])
    along, across, mixed = (g * numpy_function(functions[name])(radius) for name in ("F_rr", "F_tt", "F_rt"))
    slope_of_loss = numpy_function(functions["L"], 1)(radius)
    with np.errstate(all="ignore"):  # a wrong formula may overflow; nan agrees with nothing
        log_density = summed(slope, radius)
        visits = radius * np.exp(log_density - log_density.max())
        terms = [
            np.stack([-n * radius ** (n - 1) * slope_of_loss, n * radius ** (n - 2) * ((n - 1) * along + across)])
            for n in (2, 4)
        ]
        terms += [np.stack([radius ** (n - 1) * velocity, -(n - 2) * radius ** (n - 2) * mixed]) for n in (3, 4)]
        means = [integrate.simpson(visits * t, radius) for t in terms]
        return [float(np.sum(m) / np.sum(np.abs(m))) for m in means]


BOWLS = (
    {"pairs": (("0.5", "0.4"), ("-0.2", "0.3")), "B": 3, "stiffness": "1.1", "push": "1.2"},
    {"pairs": (("0.7", "-0.5"), ("0.3", "0.6"), ("0.4", "-0.3")), "B": 2, "stiffness": "1.7", "push": "0.9"},
)


def circling_on_a_bowl(dps: int, point: Point) -> list:
    """Means of r^2 and r^4, and of what r^4 d(angle) adds up to in a unit of time, at any learning rate.

    From the update rule alone, with the weights as one complex number z: the mean loss is stiffness |z|^2 / 2, and an
    example's gradient deviates by epsilon^(-1/2) ((x + i y) z + push p). The point's `pairs` (x, y) come with both
    signs and with each of the six p that are evenly spaced on the unit circle. So a step is z -> a z + b, where b
    points everywhere alike, and means of |z|^2 and |z|^4 after it are sums of those before it. The angle's change is
    taken at middles of steps: r^4 d(angle) is |z' + z|^2 Im(z' conj(z)) / 4.
    """
    with mpmath.workdps(3 * dps):
        rate, stiffness, push = (mpmath.mpf(point[name]) for name in ("epsilon", "stiffness", "push"))
        size, spread = point["B"], mpmath.sqrt(rate)
        factors = [
            (chance, mpmath.mpc(1 - rate * stiffness - spread * x, -spread * y))
            for chance, x, y in minibatches_of_pairs(point)
        ]

        def mean(of: Any) -> Any:
            return mpmath.fsum(chance * of(a) for chance, a in factors)

        pushed = rate * push**2 / size  # mean of |b|^2; that of |b|^4 is (2 - 1/B) times its square
        stretched = [mean(lambda a, n=n: abs(a) ** n) for n in (2, 4)]
        second = pushed / (1 - stretched[0])
        fourth = (4 * stretched[0] * pushed * second + (2 - mpmath.mpf(1) / size) * pushed**2) / (1 - stretched[1])
        return [second, fourth, mean(lambda a: abs(1 + a) ** 2 * a.imag) / (4 * rate) * fourth]


def circling_by_formula(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The same means by the formula's density and velocity, on Simpson's rule far into the tails."""
    from scipy import integrate

    xx, twice_xy, yy = noise_of_pairs(point)
    place = np.linspace(1e-6, 4.2, 2401)
    radius, stretch = np.sinh(place), np.cosh(place)
    even = sp.Rational(point["push"]) ** 2 / (2 * sp.Rational(point["epsilon"]))
    slope, velocity = candidate.numpy(
        varrho=radius,
        epsilon=point["epsilon"],
        B=point["B"],
        L=polynomial((0, 0, sp.Rational(point["stiffness"]) / 2)),
        F_rr=polynomial((even, 0, xx)),
        F_tt=polynomial((even, 0, yy)),
        F_rt=polynomial((0, 0, twice_xy / 2)),
    )
    with np.errstate(all="ignore"):  # a wrong formula may overflow; nan agrees with nothing
        log_density = summed(slope * stretch, place)
        visits = radius * stretch * np.exp(log_density - log_density.max())
        averaged = np.stack([np.ones_like(radius), radius**2, radius**4, radius**3 * velocity])
        total, *means = integrate.simpson(visits * averaged, place)
        return [float(mean / total) for mean in means]


CLAIM = Claim(
    statement=stationary_current.STATEMENT,
    checks=(
        FiniteSize(
            name="descent on losses that are turned against each other",
            predict=density_and_velocity,
            sizes=((1, 32), (2, 32), (4, 32)),
            full_sizes=((1, 64), (2, 64), (4, 64)),
            quick=functools.partial(settled_current, **SETTING, learning_rate=0.06, tilt=7.75, chains=300),
            full=functools.partial(settled_current, **SETTING, learning_rate=0.03, tilt=10.96, chains=1000),
            axis="distance r from the origin",
            quantity="density p and velocity",
            series=("density", "mean velocity across the radius"),
            size_name="steps per unit of time",
        ),
        Property(
            name="mean rates by Ito's rule",
            residual=mean_rates,
            parameters=(*FAMILY, *KNOWN),
            examples=3,
            dps=9,
            sentence="the means of r^2 and r^4 are stationary, and the current is what circling paths add up to",
        ),
        Rate(
            name="circling on a bowl",
            exact=circling_on_a_bowl,
            evaluate=circling_by_formula,
            points=BOWLS,
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=16,
            against="means of r^2, r^4 and r^4 d(angle) in which the update rule settles, over all minibatches",
        ),
    ),
    quantities=("s_u(varrho)", "v_t(varrho)"),
    convention=UNITS + LADDER,
    independence="Steps on sampled minibatches, counted and added up; neither F nor g nor a density is used.",
)
