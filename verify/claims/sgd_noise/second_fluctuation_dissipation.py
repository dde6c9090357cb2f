"""The second relation at ever smaller learning rates, and the order of its error in a well that is no bowl.

The simulation descends in a well on sampled minibatches and takes means. The reference solves for the moments that the
update rule leaves unchanged in a well with a fourth power, over all minibatches.
"""

from __future__ import annotations

import functools

import mpmath
import numpy as np

from derivations.sgd_noise import second_fluctuation_dissipation
from numerics.measurement import Measurement
from numerics.sgd_noise.relations import settled_in_a_well
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

WELLS = (
    {"slopes": ("0.5", "-0.3", "-0.2"), "stiffness": "1.1", "cubic": "0.4", "quartic": "0.3", "B": 2},
    {"slopes": ("0.7", "0.1", "-0.8"), "stiffness": "0.7", "cubic": "-0.3", "quartic": "0.5", "B": 3},
)
MOMENTS = 16  # higher ones are below rounding at the learning rates asked for


@functools.lru_cache(maxsize=32)
def settled(slopes: tuple, stiffness: str, cubic: str, quartic: str, size: int, rate: str, dps: int) -> tuple:
    """(mean of L'^2, mean of L'' g^2) in the state that the update rule leaves unchanged, from its moments.

    The slope of an example is stiffness theta + cubic theta^2 + quartic theta^3 plus its own number.
    """
    import itertools

    with mpmath.workdps(3 * dps):
        epsilon, own = mpmath.mpf(rate), [mpmath.mpf(x) for x in slopes]
        draws = [mpmath.fsum(batch) / size for batch in itertools.product(own, repeat=size)]
        noise = [mpmath.fsum(x**k for x in draws) / len(draws) for k in range(MOMENTS + 1)]
        pull = [mpmath.mpf(0), *(mpmath.mpf(c) for c in (stiffness, cubic, quartic))]
        after = [(1 if k == 1 else 0) - epsilon * c for k, c in enumerate(pull)]
        power, powers = [mpmath.mpf(1)], [[mpmath.mpf(1)]]
        for _ in range(MOMENTS):
            power = product(power, after)[: MOMENTS + 1]
            powers.append(power)
        matrix, right = mpmath.zeros(MOMENTS, MOMENTS), mpmath.zeros(MOMENTS, 1)
        for n in range(1, MOMENTS + 1):
            matrix[n - 1, n - 1] += 1
            for j in range(n + 1):
                share = mpmath.binomial(n, j) * (-epsilon) ** j * noise[j]
                for k, c in enumerate(powers[n - j]):
                    if k:
                        matrix[n - 1, k - 1] -= share * c
                    else:
                        right[n - 1] += share * c
        means = [mpmath.mpf(1), *mpmath.lu_solve(matrix, right)]
        bend = [k * c for k, c in enumerate(pull)][1:]
        squared = product(pull, pull)
        first = mpmath.fsum(c * means[k] for k, c in enumerate(squared))
        second = mpmath.fsum(c * means[k] for k, c in enumerate(product(bend, squared)))
        return first, second + noise[2] * mpmath.fsum(c * means[k] for k, c in enumerate(bend))


def product(left: list, right: list) -> list:
    """The product of two polynomials, constants first."""
    found = [mpmath.mpf(0)] * (len(left) + len(right) - 1)
    for j, a in enumerate(left):
        for k, b in enumerate(right):
            found[j + k] += a * b
    return found


def at(dps: int, point: Point) -> tuple:
    """Both means at a point."""
    letters = [point[name] for name in ("slopes", "stiffness", "cubic", "quartic", "B", "epsilon")]
    return settled(*letters, dps)


def squared_slope(dps: int, point: Point) -> mpmath.mpf:
    """Mean of the squared slope of the mean loss."""
    return at(dps, point)[0]


def of_curvature(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula with the mean curvature along the gradients of minibatches."""
    return candidate.mpmath(dps, epsilon=point["epsilon"], G_H=at(dps, point)[1])


def over_the_rate(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for a mean curvature of 1, over the learning rate, at each of them."""
    rates = np.asarray(measured.given["learning_rates"])
    return np.asarray(candidate.numpy(epsilon=rates, G_H=1.0)) / rates


WELL = functools.partial(
    settled_in_a_well,
    slope=(0.0, 0.8, 0.3, 0.5),
    spread=1.0,
    examples=9,
    batch=3,
    learning_rates=(0.08, 0.12, 0.16),
)

CLAIM = Claim(
    statement=second_fluctuation_dissipation.STATEMENT,
    checks=(
        Rate(
            name="all minibatches in a well",
            exact=squared_slope,
            evaluate=of_curvature,
            points=WELLS,
            values=("1e-2", "1e-3", "1e-4", "1e-5"),
            digits=20,
            against="the mean that the update rule leaves unchanged in a well with a fourth power, over all "
            "minibatches",
        ),
        FiniteSize(
            name="settled descent at ever smaller rates",
            predict=over_the_rate,
            sizes=((1, 32), (2, 32), (4, 32)),
            full_sizes=((1, 60), (2, 60), (4, 60)),
            quick=functools.partial(WELL, chains=400),
            full=functools.partial(WELL, chains=1600),
            axis="learning rate epsilon at size 1",
            quantity="squared gradient over curvature and learning rate",
            series=("ratio of the two means",),
            size_name="steps per unit of time",
        ),
    ),
    quantities=("G_L",),
    convention="g_B is the gradient of a minibatch's mean loss, H the Hessian of the mean loss at the same weights.",
    independence="Steps on sampled minibatches in a well, of which means are taken; no expansion in the learning rate.",
)
