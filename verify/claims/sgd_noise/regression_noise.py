"""How far two weights of a linear regression spread, whose inputs differ in size.

The simulation draws fresh examples of a noisy teacher and fits them; it knows no Hessian and no covariance. The
reference follows the second moments of the weights over discrete inputs with Gaussian moments, all minibatches
enumerated.
"""

from __future__ import annotations

import functools
import itertools

import mpmath
import numpy as np

from derivations.sgd_noise import regression_noise
from numerics.measurement import Measurement
from numerics.sgd_noise.regression import spread_of_regression
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

POINTS = (
    {"h_i": "0.43", "h_j": "1.3", "sigma": "0.7", "epsilon": "0.17", "B": 3},
    {"h_i": "0.92", "h_j": "1.71", "sigma": "1.9", "epsilon": "0.062", "B": 4},
)


def followed(dps: int, point: Point) -> list:
    """Variances that are unchanged by a step on inputs of three values each, minibatches of these enumerated."""
    with mpmath.workdps(2 * dps):
        root, third = mpmath.sqrt(3), mpmath.mpf(1) / 6
        values = ((-root, third), (mpmath.mpf(0), 4 * third), (root, third))
        rate, size, sigma = mpmath.mpf(point["epsilon"]), point["B"], mpmath.mpf(point["sigma"])
        scales = [mpmath.sqrt(mpmath.mpf(point[name])) for name in ("h_i", "h_j")]
        examples = [(p * q, (scales[0] * x, scales[1] * y)) for (x, p), (y, q) in itertools.product(values, repeat=2)]
        passed, added = mpmath.zeros(2, 2), mpmath.zeros(2, 1)
        for chosen in itertools.combinations_with_replacement(range(len(examples)), size):
            chance = mpmath.factorial(size)
            for k in set(chosen):
                chance *= examples[k][0] ** chosen.count(k) / mpmath.factorial(chosen.count(k))
            inputs = [examples[k][1] for k in chosen]
            for a, b in itertools.product(range(2), repeat=2):
                kept = (1 if a == b else 0) - rate * mpmath.fsum(x[a] * x[b] for x in inputs) / size
                passed[a, b] += chance * kept**2
            for a in range(2):
                added[a] += chance * (rate * sigma / size) ** 2 * mpmath.fsum(x[a] ** 2 for x in inputs)
        return list(mpmath.lu_solve(mpmath.eye(2) - passed, added))


def at_each_rate(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula along the learning rate."""
    given, inputs = measured.given, np.asarray(measured.given["inputs"]) ** 2
    return np.array(
        candidate.numpy(
            h_i=inputs[0], h_j=inputs[1], sigma=given["label_noise"], epsilon=measured.axis, B=given["batch"]
        )
    )


REGRESSION = functools.partial(
    spread_of_regression, inputs=(0.7, 1.3), label_noise=0.8, batch=3, learning_rates=(0.1, 0.25, 0.5)
)

CLAIM = Claim(
    statement=regression_noise.STATEMENT,
    checks=(
        Precision(
            name="all minibatches of nine inputs",
            reference=followed,
            points=POINTS,
            against="variances that a step leaves unchanged, over all minibatches of inputs with Gaussian moments",
        ),
        Replicas(
            name="fresh examples",
            predict=at_each_rate,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(REGRESSION, chains=85),
            full=functools.partial(REGRESSION, chains=700),
            axis="learning rate epsilon",
            quantity="variance of a weight theta",
            series=("small input", "large input"),
        ),
    ),
    quantities=("S_i", "S_j"),
    convention="The loss of an example is half its squared error; the Hessian is the covariance of the inputs.",
    independence="Least squares on drawn examples; neither the Hessian nor the covariance of gradients is known.",
)
