"""The steps of four matrices, entry by entry, against the loss moved by one weight at a time.

The reference never multiplies transposed matrices: it shifts a single weight by what its neuron then hears more, and
differentiates the loss numerically. In the experiment examples pass one after the other through networks of four to six
matrices of unequal widths; consecutive matrices are then multiplied to four factors, since the statement is about
factors.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import deep_gradient
from numerics.deep_linear.chain_pass import chain_pass
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError

UNEQUAL = ((3, 4, 2, 5, 3), (4, 3, 5, 2, 6, 3, 4))  # four matrices, and six that are multiplied to four factors
through = partial(chain_pass, networks=UNEQUAL)
LETTERS = ("W^1", "W^2", "W^3", "W^4")


def chains(*widths: tuple[int, ...]) -> tuple[Point, ...]:
    """Points of the domain: networks of four matrices with these widths, with two examples each."""
    return tuple({"widths": w, "lambda_": f"0.{17 + 6 * k}"} for k, w in enumerate(widths))


@functools.lru_cache(maxsize=64)
def _matrices(dps: int, widths: tuple[int, ...]) -> tuple[tuple[Any, ...], Any, Any]:
    """Weights, inputs and outputs whose entries spread evenly over (-1, 1)."""
    turn = (mpmath.sqrt(5) - 1) / 2
    entries = (2 * mpmath.frac(k * turn) - 1 for k in itertools.count(3))

    def matrix(rows: int, columns: int) -> Any:
        return mpmath.matrix([[next(entries) for _ in range(columns)] for _ in range(rows)])

    weights = tuple(matrix(rows, columns) for columns, rows in itertools.pairwise(widths))
    return weights, matrix(widths[0], 2), matrix(widths[-1], 2)


def loss_differences(dps: int, point: Point) -> list:
    """Minus the learning rate times the derivative of the loss by every weight, by numerical differentiation."""
    weights, inputs, outputs = _matrices(dps, point["widths"])

    def loss(layer: int, row: int, column: int, shift: Any) -> Any:
        signal = inputs
        for k, weight in enumerate(weights):
            signal = weight * signal
            if k == layer:  # one weight is moved: its neuron hears more of one neuron below
                below = inputs
                for earlier in weights[:layer]:
                    below = earlier * below
                for example in range(inputs.cols):
                    signal[row, example] += shift * below[column, example]
        return mpmath.fsum(e**2 for e in outputs - signal) / 2

    return [
        -mpmath.mpf(point["lambda_"]) * mpmath.diff(functools.partial(loss, layer, row, column), 0)
        for layer, weight in enumerate(weights)
        for row in range(weight.rows)
        for column in range(weight.cols)
    ]


def _entries(found: Sequence[Any], shapes: Sequence[tuple[int, int]]) -> list:
    """The entries of matrices of the shapes expected, row by row; raises CandidateError for other shapes."""
    if [(m.rows, m.cols) if isinstance(m, mpmath.matrix) else None for m in found] != list(shapes):
        raise CandidateError("a change does not have the shape of its matrix")
    return [entry for matrix in found for entry in matrix]


def chain_steps(formula: Candidate, dps: int, point: Point) -> list:
    """The steps stated for the matrices of a point, entry by entry."""
    weights, inputs, outputs = _matrices(dps, point["widths"])
    letters = dict(zip(LETTERS, weights, strict=True)) | {"Sigma^31": outputs * inputs.T, "Sigma^11": inputs * inputs.T}
    found = formula.mpmath(dps, lambda_=point["lambda_"], **letters)
    return _entries(found, [(w.rows, w.cols) for w in weights])


def pass_through_chains(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Change of every weight over the learning rate, in networks of four, five or six matrices."""
    given, columns = measured.given, []
    for number in range(len(given) // 4):
        widths = [int(w) for w in np.asarray(given[f"widths {number}"])]
        ends = np.cumsum([a * b for a, b in itertools.pairwise(widths)])
        parts = np.split(np.asarray(given[f"weights {number}"]), ends[:-1])
        weights = [p.reshape(b, a) for p, (a, b) in zip(parts, itertools.pairwise(widths), strict=True)]
        sums = {
            "Sigma^31": mpmath.matrix(np.reshape(given[f"cross {number}"], (widths[-1], widths[0]))),
            "Sigma^11": mpmath.matrix(np.reshape(given[f"square {number}"], (widths[0], widths[0]))),
        }

        def steps(factors: Sequence[np.ndarray], own: range, sums: dict = sums) -> list:
            letters = {name: mpmath.matrix(m) for name, m in zip(LETTERS, factors, strict=True)}
            found = formula.mpmath(15, lambda_=1, **letters, **sums)
            return _entries([found[k] for k in own], [factors[k].shape for k in own])

        if len(weights) == len(LETTERS):
            columns += steps(weights, range(4))
        else:  # the first three matrices and the product of the others; then the product of the first ones and the last
            columns += steps([*weights[:3], _product(weights[3:])], range(3))
            columns += steps([_product(weights[:-3]), *weights[-3:]], range(7 - len(weights), 4))
    return np.array(columns, dtype=float)


def _product(weights: Sequence[np.ndarray]) -> np.ndarray:
    """The map of consecutive matrices, the first one acting first."""
    return functools.reduce(lambda total, weight: weight @ total, weights)


CLAIM = Claim(
    statement=deep_gradient.STATEMENT,
    checks=(
        Precision(
            name="equal widths",
            reference=loss_differences,
            evaluate=chain_steps,
            points=chains((2, 2, 2, 2, 2), (3, 3, 3, 3, 3)),
            against="losses of networks with equal widths, differentiated numerically by every weight",
        ),
        Precision(
            name="unequal widths",
            reference=loss_differences,
            evaluate=chain_steps,
            points=chains((3, 4, 2, 5, 3)),
            against="the loss of a network of widths 3, 4, 2, 5, 3, differentiated numerically by every weight",
        ),
        Ladder(
            name="one pass through deep networks",
            predict=pass_through_chains,
            steps=(0.0005, 0.00025, 0.000125, 0.0000625),
            full_steps=(0.0001, 0.00005, 0.000025, 0.0000125),
            quick=partial(through, examples=24),
            full=partial(through, examples=240),
        ),
    ),
    quantities=(r"\Delta W^1", r"\Delta W^2", r"\Delta W^3", r"\Delta W^4"),
    convention="The loss of an example is half its squared error; the step of the learning rate multiplies the "
    "gradient summed over one pass, and the ladder's step is the learning rate.",
    independence="Examples are presented one after the other; automatic differentiation moves all weights of "
    "networks of four matrices and of six, whose neighbouring layers have unequal widths.",
)
