"""What each operation of a network makes of a field, to leading order in 1 / width.

A rule gives the new field, and a function that takes the covariance of gradients behind the operation (per feature, as
the field has it: between places or at each) to those in front of it, one for each input. Where the theory has no rule,
`Unknown` says why, and the prediction goes on from what was measured.

Sources: Poole et al. 2016 and Schoenholz et al. 2017 (layers of weights and activations), Xiao et al. 2018
(convolutions), Yang and Schoenholz 2017 (residual branches), Yang et al. 2019 (batch normalization); dropout, layer and
RMS normalization are derived in the chapter on signal propagation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from numerics.solvers.nonlinearity import Nonlinearity
from verify.network import averages
from verify.network.fields import FULL, OTHER, PAIR, SAME, TANGENT, Field, independent_sum, shifts

# Covariances of gradients between places, (T', T') or (T',), to those of each input, (T, T) or (T,).
Back = Callable[[np.ndarray], list[np.ndarray]]
WHITE = 0.02  # of the length: difference of covariances up to which places count as unrelated


class Unknown(Exception):
    """An operation that the theory has no map for, and why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The field behind an operation, the way back, and the relative variance that it adds to squared gradients."""

    field: Field
    back: Back
    noise: float = 0.0


def dense(
    field: Field,
    number: int,
    outputs: int,
    variance: float,
    bias: float,
    share: np.ndarray,
    offsets: np.ndarray | None = None,
    mean: float = 0.0,
) -> Step:
    """Independent weights over all features of some places; `share` (T', T) says which places a row is made of.

    bias is the mean square of the biases, mean their mean; offsets are those of the field.
    """
    size = field.features
    fan_in = size * float(np.sum(share[0]))
    plain = np.array_equal(share, np.eye(len(share)))
    chosen = field.full and np.all((share > 0).sum(1) == 1)
    if plain:
        covariance = field.covariance
    elif chosen:
        covariance = np.array([share @ c @ share.T for c in field.covariance])
    else:  # rows of several places: what different rows share is not followed
        covariance = field.diagonal @ share.T
        covariance = covariance[:, :, None] if len(share) == 1 else covariance
    new = Field(
        covariance=covariance * size * variance + shifts(covariance, bias),
        mean=np.full(len(share), mean),
        features=outputs,
        sources=frozenset({number}),
        spread=_behind_weights(field, outputs, fan_in),
        rest=field.rest + 1 / outputs + 1 / fan_in,
        offsets=offsets,
    )

    def back(gradient: np.ndarray) -> list[np.ndarray]:
        if plain:
            return [outputs * variance * gradient]
        if chosen and gradient.ndim == 2:
            return [outputs * variance * (share.T @ gradient @ share)]
        flat = share.T @ (np.diagonal(gradient) if gradient.ndim == 2 else gradient)
        return [outputs * variance * like(field, flat)]

    return Step(field=new, back=back, noise=2 / fan_in)


def like(field: Field, diagonal: np.ndarray) -> np.ndarray:
    """Numbers at each place, as the covariance of a field has them: a diagonal matrix where it is full."""
    return np.diag(diagonal) if field.full else diagonal


def _behind_weights(field: Field, outputs: int, fan_in: float) -> tuple[float, float, float]:
    length, tangent, turn = field.spread
    c = float(np.nan_to_num(np.clip(field.correlation, -1, 1)))
    return length + 2 / outputs, tangent + 2 / outputs, turn + (1 - c * c) ** 2 / outputs


def convolution(
    field: Field,
    number: int,
    channels: int,
    variance: float,
    bias: float,
    taps: list[csr_matrix],
    offsets: np.ndarray | None = None,
    groups: int = 1,
    mean: float = 0.0,
) -> Step:
    """Taps, each (T', T): the place that every output reads with it. `field` has the features of one group."""
    size = field.features
    reach = sum(taps[1:], start=taps[0])
    if field.full and reach.shape[0] <= FULL:
        covariance = sum(np.array([tap @ (tap @ c).T for c in field.covariance]) for tap in taps)
    else:
        covariance = (reach @ field.diagonal.T).T
        covariance = covariance[:, :, None] if reach.shape[0] == 1 else covariance
    white = field.white and (not field.full or reach.shape[0] <= FULL or _white(field))
    fan_in = size * float(reach.sum() / reach.shape[0])
    new = Field(
        covariance=np.asarray(covariance) * size * variance + shifts(np.asarray(covariance), bias),
        mean=np.full(reach.shape[0], mean),
        features=channels,
        sources=frozenset({number}),
        spread=_behind_weights(field, channels, fan_in),
        rest=field.rest + 1 / channels + 1 / fan_in,
        white=white,
        offsets=offsets,
    )

    def back(gradient: np.ndarray) -> list[np.ndarray]:
        if field.full and gradient.ndim == 2:
            whole = sum(tap.T @ (tap.T @ gradient.T).T for tap in taps)
        else:
            whole = like(field, reach.T @ (np.diagonal(gradient) if gradient.ndim == 2 else gradient))
        return [channels / groups * variance * np.asarray(whole)]

    return Step(field=new, back=back, noise=2 / fan_in)


def _white(field: Field) -> bool:
    """Whether different places of one input are correlated as those of different inputs."""
    places = field.places
    apart = (field.covariance[SAME].sum() - np.trace(field.covariance[SAME])) / max(places * (places - 1), 1)
    return places == 1 or bool(abs(apart - field.covariance[OTHER].mean()) < WHITE * field.length)


def pointwise(field: Field, phi: Nonlinearity) -> Step:
    """An activation. Raises Unknown where its argument is not Gaussian or its averages do not exist."""
    if not field.length > 0:
        raise Unknown("its argument is zero")
    if not field.gaussian:
        raise Unknown("its argument is not Gaussian over the weights")
    try:
        new, slopes = averages.activated(phi, field)
    except (ArithmeticError, ValueError) as problem:
        raise Unknown(str(problem)) from problem
    added = max(new.spread[1] - field.spread[1], 0.0)

    def back(gradient: np.ndarray) -> list[np.ndarray]:
        if gradient.ndim == field.covariance.ndim - 1:
            return [gradient * slopes]
        return [like(field, gradient * np.diagonal(slopes) if slopes.ndim == 2 else gradient * slopes)]

    return Step(field=new, back=back, noise=added)


def scale(field: Field, factors: np.ndarray | float) -> Step:
    """A factor, or one for each feature, (N,)."""
    square = float(np.mean(np.square(factors)))
    return Step(field=field.scaled(factors), back=lambda g: [g * square])


def shift(field: Field, constant: np.ndarray, offsets: np.ndarray | None = None) -> Step:
    """Plus a constant, (T, N) or (1, N) or a number: the same for all inputs.

    offsets are those of the features where the law of the constant is no Gaussian one.
    """
    values = constant if constant.ndim == 2 else constant.reshape(1, 1)
    values = np.broadcast_to(values, (field.places, values.shape[1]))
    means = values.mean(1)
    if field.full:
        cross = np.outer(field.mean, means)
        added = values @ values.T / values.shape[1] + cross + cross.T
    else:
        added = (values**2).mean(1) + 2 * field.mean * means
    if offsets is not None and field.offsets is not None:
        offsets = (
            offsets + field.offsets if len(offsets) == len(field.offsets) else max(offsets, field.offsets, key=np.var)
        )
    new = replace(
        field,
        covariance=field.covariance + shifts(field.covariance, added),
        mean=field.mean + means,
        offsets=field.offsets if offsets is None else offsets,
    )
    return Step(field=new, back=lambda g: [g])


def then(first: Step, rule: Callable[[Field], Step]) -> Step:
    """One operation after another, as one."""
    second = rule(first.field)
    return Step(field=second.field, back=lambda g: first.back(second.back(g)[0]), noise=first.noise + second.noise)


def total(first: Field, second: Field) -> Step:
    """A sum of two branches. Raises Unknown where they are not independent, or of other places."""
    if first.places != second.places:
        raise Unknown("two tensors of different places are added")
    if first.sources & second.sources and (first.mean.any() or second.mean.any() or not first.gaussian):
        raise Unknown("the branches that are added share weights, so that they are not independent")
    if first.sources & second.sources:
        raise Unknown("the branches that are added share weights")
    return Step(field=independent_sum(first, second), back=lambda g: [g, g])


def gate(first: Field, second: Field) -> Step:
    """A product of two independent tensors, feature by feature."""
    if first.places != second.places or first.full != second.full:
        raise Unknown("two tensors of different places are multiplied")
    if first.sources & second.sources:
        raise Unknown("what is multiplied shares weights, so that it is not independent")
    a, b = first.covariance, second.covariance
    covariance = a * b
    covariance[TANGENT] = a[TANGENT] * b[SAME] + b[TANGENT] * a[SAME]
    parts = [first.spread[k] + second.spread[k] for k in range(3)]
    new = replace(
        first,
        covariance=covariance,
        mean=first.mean * second.mean,
        gaussian=False,
        sources=first.sources | second.sources,
        spread=(parts[0] + 2 / first.features, parts[1] + 2 / first.features, parts[2]),
        offsets=None,
        gains=None,
    )
    return Step(field=new, back=lambda g: [g * b[SAME], g * a[SAME]])


def layer_norm(field: Field, eps: float, *, centred: bool = True) -> Step:
    """Every place is given mean 0 and variance 1 over its features (RMS normalization leaves the mean)."""
    mean = field.mean if centred else np.zeros_like(field.mean)
    variance = field.diagonal[SAME] - mean**2 + eps
    if np.any(variance <= 0):
        raise Unknown("the features have no variance to be normalized")
    off = np.outer(mean, mean) if field.full else mean**2
    scale = np.sqrt(np.outer(variance, variance)) if field.full else variance
    new = replace(
        field,
        covariance=(field.covariance - shifts(field.covariance, off)) / scale,
        mean=np.zeros_like(mean) if centred else field.mean / np.sqrt(variance),
        spread=(0.0, field.spread[1] + field.spread[0], field.spread[2]),
        offsets=None if field.offsets is None else field.offsets / np.sqrt(np.mean(variance)),
    )
    return Step(field=new, back=lambda g: [g / scale], noise=field.spread[0] + 1 / field.features)


def batch_norm(field: Field, eps: float, samples: int) -> Step:
    """Every feature is given mean 0 and variance 1 over the batch of pairs and all places.

    Its mean square over the batch is the mean covariance of two entries, which is taken off all covariances.
    """
    if field.full:
        means = field.covariance[:TANGENT].mean(axis=(1, 2))
        common = float(np.array([1.0, 1.0, samples - 2.0]) / samples @ means)
    elif field.white:
        common = float(field.diagonal[OTHER].mean())
    else:
        raise Unknown("the covariances between places, which batch normalization takes off, are not known")
    variance = field.length - common + eps
    if variance <= 0:
        raise Unknown("the batch has no variance to be normalized")
    entries = samples * field.places
    covariance = (field.covariance - shifts(field.covariance, common)) / variance
    # the variance of a batch of Gaussians scatters, together with the products that are divided by it
    small = 1 - 2 * (1 - np.clip(covariance, -1, 1) ** 2) / entries
    small[TANGENT] = 1.0
    new = replace(
        field,
        covariance=covariance * small,
        mean=np.zeros_like(field.mean),
        spread=(0.0, field.spread[1] + field.spread[0], field.spread[2]),
        rest=field.rest + 2 / entries,
        offsets=None,
        gains=None,
    )
    return Step(field=new, back=lambda g: [g / variance], noise=field.spread[0] + 1 / entries)


def dropout(field: Field, p: float, *, whole: bool = False) -> Step:
    """Features kept with probability 1 - p and divided by it, for every input and (unless whole) place anew."""
    kept = 1 - p
    if kept <= 0:
        raise Unknown("everything is dropped")
    factor = np.ones_like(field.covariance)
    index = np.arange(field.places)
    for row in (SAME, TANGENT):
        if field.full and not whole:
            factor[row, index, index] /= kept
        else:
            factor[row] /= kept
    new = replace(
        field,
        covariance=field.covariance * factor,
        gaussian=field.gaussian and p == 0,
    )
    return Step(field=new, back=lambda g: [g * factor[TANGENT]], noise=p / kept / field.features)


def pool(field: Field, matrix: np.ndarray) -> Step:
    """Places mixed with fixed weights (T', T): averages, padding, nearest-neighbour upsampling."""
    if field.full:
        return Step(field=field.mixed(matrix), back=lambda g: [matrix.T @ g @ matrix])
    if np.any((matrix != 0).sum(1) > 1):
        raise Unknown("it averages over places whose covariances are not known: there are too many of them")
    new = replace(field, covariance=field.covariance @ (matrix**2).T, mean=matrix @ field.mean)
    return Step(field=new, back=lambda g: [(matrix**2).T @ g])


def attend(field: Field, matrix: np.ndarray, p: float = 0.0, scores: float = 0.0) -> Step:
    """Values mixed by attention weights: their means at initialization, and how they scatter.

    Gaussian scores of variance s^2 give weights whose mean squares are exp(s^2) times those of the uniform ones. The
    derivative of the softmax carries another part 2 s^2 of what the values carry: through queries and through keys.
    """
    if not field.full:
        raise Unknown(f"attention over {field.places} tokens: covariances between that many are not kept")
    new = field.mixed(matrix)
    index, squares = np.arange(len(matrix)), matrix**2
    dropped = p / (1 - p)
    uneven, turned = math.exp(scores) - 1, math.exp(scores) * (1 + 2 * scores) - 1
    together = math.exp(scores * field.correlation**2) - 1  # the scores of two inputs are correlated, too
    for row, scatter in ((SAME, uneven), (TANGENT, turned), (PAIR, together)):
        kept = np.diagonal(new.covariance[row])
        apart = np.maximum(squares @ field.diagonal[row] - squares.sum(1) * kept, 0.0)
        extra = scatter * apart + dropped * (squares @ field.diagonal[row]) * (row != PAIR)
        new.covariance[row, index, index] += extra

    def back(gradient: np.ndarray) -> list[np.ndarray]:
        before = matrix.T @ gradient @ matrix
        before[index, index] += squares.T @ np.diagonal(gradient) * (dropped + turned)
        return [before]

    return Step(field=new, back=back)
