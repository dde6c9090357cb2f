"""Gradients of linear networks from the correlations of the data, without the examples.

Half the squared error of all P examples depends on them only through S31 = sum y x^T, S11 = sum x x^T and tr S33 =
sum |y|^2, so that a step costs products of weight matrices, however many examples there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch


def product(weights: Sequence[Any]) -> Any:
    """The input-output map of a network, (..., N_out, N_in): the last matrix times ... times the first."""
    total = weights[0]
    for weight in weights[1:]:
        total = weight @ total
    return total


def slopes(weights: Sequence[Any], cross: Any, square: Any = None) -> tuple[Any, list[Any]]:
    """The input-output map, and the gradients of half the squared error by every matrix.

    weights  (..., N_(l+1), N_l) each, first matrix first; leading axes are networks that know nothing of each other
    cross    S31, (..., N_out, N_in);  square  S11, (..., N_in, N_in), or None for the unit matrix
    The products run along the narrower end of the network: from the inputs if they are not more than the outputs. On a
    processor they are NumPy's, since PyTorch's of small matrices take two or three times as long; no gradients pass.
    """
    if isinstance(cross, np.ndarray) or cross.device.type != "cpu":
        return _slopes(weights, cross, square)
    wrap = load_torch().from_numpy
    with np.errstate(over="ignore", invalid="ignore"):  # as PyTorch does
        total, found = _slopes([w.numpy() for w in weights], cross.numpy(), None if square is None else square.numpy())
    return wrap(total), [wrap(slope) for slope in found]


def _slopes(weights: Sequence[Any], cross: Any, square: Any) -> tuple[Any, list[Any]]:
    if len(weights) == 1:
        return weights[0], [_missing(weights[0], cross, square)]
    if weights[0].shape[-1] <= weights[-1].shape[-2]:
        return _from_the_inputs(weights, cross, square)
    return _from_the_outputs(weights, cross, square)


def loss(total: Any, cross: Any, square: Any, outputs: Any) -> Any:
    """Half the squared error on all examples of the map `total`; outputs is tr S33."""
    return ((total @ square - 2 * cross) * total).sum(dim=(-2, -1)) / 2 + outputs / 2


def _missing(total: Any, cross: Any, square: Any) -> Any:
    return (total if square is None else total @ square) - cross


def _from_the_inputs(weights: Sequence[Any], cross: Any, square: Any) -> tuple[Any, list[Any]]:
    below = [weights[0]]  # maps from the inputs to each layer
    for weight in weights[1:]:
        below.append(weight @ below[-1])
    back = _missing(below[-1], cross, square)
    found = []
    for weight, reached in zip(weights[:0:-1], below[-2::-1], strict=True):
        found.append(back @ reached.mT)
        back = weight.mT @ back
    return below[-1], [back, *reversed(found)]


def _from_the_outputs(weights: Sequence[Any], cross: Any, square: Any) -> tuple[Any, list[Any]]:
    above = [weights[-1]]  # maps from each layer to the outputs
    for weight in weights[-2::-1]:
        above.append(above[-1] @ weight)
    back = _missing(above[-1], cross, square)
    found = []
    for weight, reaching in zip(weights[:-1], above[-2::-1], strict=True):
        found.append(reaching.mT @ back)
        back = back @ weight.mT
    return above[-1], [*found, back]
