"""Flattening a product of n variables.

Flat and deep networks are built, run and counted. Networks with one neuron fewer are searched for from many places
near the construction, by what their outputs lack, and not found; with 2^n they are. An activation x^n, which the page
does not exclude, needs half of them.
"""

from __future__ import annotations

import functools
import itertools
import math

import mpmath
import numpy as np

from derivations.activations import SIGMOID
from derivations.cheap_learning import flattening_cost
from numerics.cheap_learning.flat_networks import built, searched
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane

BIAS, TRIES = 0.7, 12
_TAYLOR = {k: float(numpy_function(SIGMOID, k)(np.asarray(BIAS))) / math.factorial(k) for k in range(2, 8)}
_BUILT = functools.partial(
    built, activation=numpy_function(SIGMOID), bias=BIAS, coefficient=_TAYLOR, curvature=_TAYLOR[2]
)
_SEARCHED = functools.partial(
    searched,
    activation=numpy_function(SIGMOID),
    slope=numpy_function(SIGMOID, 1),
    bias=BIAS,
    coefficient=_TAYLOR,
    tries=TRIES,
)
SEARCHED = ((2, 3), (2, 4), (3, 6), (3, 7), (3, 8))


def flat_from_cost(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Neurons of the flat network, and of the deep one from the cost; weights from the cost."""
    flat, deep, neurons, synapses = candidate.numpy(n=measured.axis)
    return np.stack([neurons * deep, flat / neurons, synapses * 3 * deep, 3 * deep])


def tries_that_succeed(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """All tries where there are as many neurons as it takes, none where there are fewer."""
    variables, neurons = np.asarray(measured.given["shapes"]).T
    return TRIES * (neurons >= candidate.numpy(n=variables)[0])[None].astype(float)


def rank_and_gates(dps: int, point: Point) -> list:
    """Rank of the products over subsets at all signs, gates of a tree taken apart, and quotients of both networks."""
    n = int(point["n"])
    signs = list(itertools.product((1, -1), repeat=n))
    sets = [s for k in range(n + 1) for s in itertools.combinations(range(n), k)]
    matrix = np.array([[math.prod(a[i] for i in s) for a in signs] for s in sets], dtype=float)
    rank = int(np.linalg.matrix_rank(matrix))
    parts, gates = [1] * n, 0
    while len(parts) > 1:
        parts.append(parts.pop() + parts.pop())
        gates += 1
    deep = 4 * gates
    return [rank, deep, mpmath.mpf(rank) / deep, mpmath.mpf(sum(len(a) + 1 for a in signs)) / (gates * (4 * 2 + 4))]


def costs(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Neurons over the number of variables, counted and stated."""
    places = tuple(np.asarray(measured.axis).tolist())
    said = candidate.numpy(n=np.asarray(measured.axis))
    return (
        Plane(
            title="Hidden neurons that multiply n variables",
            x_label="number of variables n",
            y_label="number of hidden neurons, logarithm to base 2",
            paths=tuple(
                Path(
                    label=name,
                    group=k,
                    theory=(places, tuple(np.log2(said[k]).tolist())),
                    measured=(places, tuple(np.log2(measured.values[k]).tolist())),
                )
                for k, name in enumerate(("one hidden layer", "gates in a tree"))
            ),
        ),
    )


CLAIM = Claim(
    statement=flattening_cost.STATEMENT,
    checks=(
        Precision(
            name="rank of the products at all signs",
            reference=rank_and_gates,
            points=({"n": 3}, {"n": 4}, {"n": 6}),
            against="the rank of the products over subsets, and gates of a tree",
        ),
        Enumeration(
            name="networks built and run",
            predict=flat_from_cost,
            quick=functools.partial(_BUILT, variables=(2, 3, 4, 5, 6)),
            axis="number of variables n",
            quantity="number counted",
            series=("neurons, flat", "neurons, deep", "weights, flat", "weights, deep"),
            picture=costs,
        ),
        Enumeration(
            name="networks searched for",
            predict=tries_that_succeed,
            quick=functools.partial(_SEARCHED, shapes=SEARCHED),
            full=functools.partial(_SEARCHED, shapes=(*SEARCHED, (4, 14), (4, 15), (4, 16))),
            control=functools.partial(_SEARCHED, shapes=((2, 2), (3, 4)), power=True),
            axis="number of the search",
            quantity="number of tries that succeed",
            style="stem",
        ),
    ),
    quantities=("N_flat", "N_deep", "C_n", "C_s"),
    convention="Hidden neurons and weights that are not zero; biases are not counted, and the flat output has none.",
    independence="Networks run at random inputs; a search that starts near the construction and moves all weights "
    "until the outputs near zero are those of the product.",
    printed={
        "E31": Ordeal(
            fails=Enumeration(
                name="networks with the activation x^n",
                predict=flat_from_cost,
                quick=functools.partial(_BUILT, variables=(2, 3, 4, 5), power=True),
            ),
            holds=Enumeration(
                name="networks with a generic activation",
                predict=flat_from_cost,
                quick=functools.partial(_BUILT, variables=(2, 3, 4, 5)),
            ),
        )
    },
)
