"""A weight that settles in a bowl under three ways of drawing minibatches.

The simulation draws indices of examples with and without replacement, and by new random orders of all, and measures how
far the weight spreads. The reference goes through every order of a small data set.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools

import mpmath
import numpy as np

from derivations.sgd_noise import reshuffling
from numerics.measurement import Measurement
from numerics.sgd_noise.bowls import DRAWINGS, settled_variance
from numerics.streams import Stream
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

SLOPES = (mpmath.mpf(3), mpmath.mpf(-1), mpmath.mpf(-4), mpmath.mpf(7), mpmath.mpf(-10), mpmath.mpf(5))  # sum 0
SETS = (
    {"epsilon": "0.37", "h": "0.83", "B": 3, "M_e": 2},
    {"epsilon": "0.61", "h": "1.46", "B": 2, "M_e": 3},
)


def _stationary(factor: mpmath.mpf, added: list) -> mpmath.mpf:
    """The variance that is left unchanged where a factor is kept and all of `added` are equally likely."""
    return mpmath.fsum(x * x for x in added) / len(added) / (1 - factor**2)


def all_orders(dps: int, point: Point) -> list:
    """The four variances from the update rule, over all draws and all orders of six examples."""
    rate, size = mpmath.mpf(point["epsilon"]), point["B"]
    kept = 1 - rate * mpmath.mpf(point["h"])

    def step(batch: tuple) -> mpmath.mpf:
        return -rate * mpmath.fsum(batch) / size

    found = [
        _stationary(kept, [step(batch) for batch in draws])
        for draws in (itertools.product(SLOPES, repeat=size), itertools.combinations(SLOPES, size))
    ]
    paths: list[list[mpmath.mpf]] = []
    for order in itertools.permutations(SLOPES):
        weight, path = mpmath.mpf(0), []
        for first in range(0, len(order), size):
            weight = kept * weight + step(order[first : first + size])
            path.append(weight)
        paths.append(path)
    end = _stationary(kept ** point["M_e"], [path[-1] for path in paths])
    inner = [
        kept ** (2 * m) * end + mpmath.fsum(path[m - 1] ** 2 for path in paths) / len(paths)
        for m in range(1, point["M_e"] + 1)
    ]
    return [*found, end, mpmath.fsum(inner) / point["M_e"]]


def of_slopes(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula with the variance of those examples."""
    return candidate.mpmath(dps, Gamma=mpmath.fsum(x * x for x in SLOPES) / len(SLOPES), **point)


def three_drawings(replicas: int, stream: Stream, device: str, **setting) -> Measurement:
    """`settled_variance` under each drawing: (4, learning rates), epochs at their ends and over all steps.

    Given: as for `settled_variance`.
    """
    runs = [
        settled_variance(drawing=how, stream=stream.child(how), replicas=replicas, device=device, **setting)
        for how in DRAWINGS
    ]
    rows = [(0, 1), (1, 1), (2, 0), (2, 1)]
    return dataclasses.replace(
        runs[0],
        values=np.stack([runs[k].values[row] for k, row in rows]),
        errors=np.stack([_errors(runs[k])[row] for k, row in rows]),
    )


def _errors(measured: Measurement) -> np.ndarray:
    assert measured.errors is not None
    return measured.errors


def of_weight(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula at each learning rate, with the variance of the examples' linear terms."""
    given = measured.given
    return np.array(
        candidate.numpy(
            epsilon=measured.axis,
            h=given["curvature"],
            Gamma=float(np.var(given["gradients"])),
            B=given["batch"],
            M_e=int(given["examples"]) // int(given["batch"]),
        )
    )


def first_of_all(dps: int, point: Point) -> list:
    """Only the draws with replacement."""
    return all_orders(dps, point)[:1]


ALL_ORDERS = Precision(
    name="all draws and all orders",
    reference=all_orders,
    points=SETS,
    evaluate=of_slopes,
    against="the variance that the update rule leaves unchanged, over all draws and all orders of six examples",
)
SETTING = functools.partial(
    three_drawings, curvature=1.3, spread=2.0, examples=12, batch=3, learning_rates=(0.06, 0.25, 0.6, 1.1)
)

CLAIM = Claim(
    statement=reshuffling.STATEMENT,
    checks=(
        ALL_ORDERS,
        Replicas(
            name="three drawings",
            predict=of_weight,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(SETTING, chains=16),
            full=functools.partial(SETTING, chains=800),
            axis="learning rate epsilon",
            quantity="variance of the weight theta",
            series=("with replacement", "without", "ends of epochs", "over epochs"),
        ),
    ),
    quantities=("V_with", "V_without", "V_end", "V_epoch"),
    convention="L is the mean loss; the variance of the examples' gradients has the divisor N.",
    independence="Steps on drawn examples; the simulation knows no covariance of minibatches.",
    printed={
        "E7b": Ordeal(
            fails=ALL_ORDERS,
            holds=dataclasses.replace(
                ALL_ORDERS,
                name="draws with replacement",
                reference=first_of_all,
                evaluate=lambda formula, dps, point: of_slopes(formula, dps, point)[:1],
            ),
        )
    },
)
