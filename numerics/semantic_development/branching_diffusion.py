"""Features that diffuse down trees, sampled: spectrum of the items' covariance and similarities of their categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

Tree = tuple[int, float]  # branches at each node, probability of a flip along a link


def sampled_features(
    *, branching: int, depth: int, flip: float, features: int, replicas: int, generator: np.random.Generator
) -> np.ndarray:
    """Features of the items of a regular tree, (replicas, items, features): +1 or -1 at the root, flipped on the way.

    They are in single precision, which whole numbers up to 16 million do not leave.

    Items stand in the order of the tree, so that the items of a category are neighbours. Raises ValueError for a tree
    that does not branch, a probability outside 0 to 1, or no more features than items.
    """
    if branching < 2 or depth < 1 or not 0 < flip < 1:
        raise ValueError(f"no tree with {branching} branches, {depth} levels and flips with probability {flip}")
    if features <= branching**depth:
        raise ValueError(f"{features} features are too few for {branching**depth} items")
    turned = generator.integers(0, 2, size=(replicas, 1, features)).astype(bool)
    for _ in range(depth):
        turned = np.repeat(turned, branching, axis=1)
        turned ^= generator.random(turned.shape, dtype=np.float32) < flip
    values = turned.astype(np.float32)
    values *= -2
    values += 1
    return values


def spectrum(
    *, trees: Sequence[Tree], depth: int, width: int, replicas: int, stream: Stream, device: str = "cpu"
) -> Measurement:
    """Squared singular values of the sampled features, per feature, grouped where the spectrum has its widest gaps.

    trees   (branching, flip) of each tree, all with `depth` levels
    width   number of features

    Values (3, trees, depth + 1): mean and sum of each of the depth + 1 groups, from the largest singular values down;
    and the mean square of the features along the distinctions of each level of the tree, from the root down.
    Given: branching and flip of the trees, depth; apart (items, items), the mean squared difference of the features of
    every two items of the first tree and replica. The widest gaps part the levels if there are many features and flips
    are neither rare nor nearly fair.
    """
    found, apart = [], np.empty(0)
    for items, (branching, _) in zip(_sampled(trees, depth, width, replicas, stream), trees, strict=True):
        products = _mean_products(items, device)
        groups = _grouped(_squares(products), depth)
        found.append(np.concatenate([groups, _along_tree(products, branching, depth)[:, None]], axis=1))
        if len(found) == 1:
            apart = 2 - 2 * products[0]
    return from_replicas(
        np.stack(found, axis=2),
        axis=np.arange(depth + 1.0),
        given={**_given(trees, depth), "apart": apart},
        resolution={"features": float(width)},
    )


def spectrum_differences(
    *, trees: Sequence[Tree], depth: int, width: int, replicas: int, stream: Stream, device: str = "cpu"
) -> Measurement:
    """Differences of the group means of `spectrum`, each minus the next.

    Values (trees, depth). Given as for `spectrum`.
    """
    found = [
        -np.diff(_grouped(_squares(_mean_products(items, device)), depth)[:, 0], axis=-1)
        for items in _sampled(trees, depth, width, replicas, stream)
    ]
    return from_replicas(
        np.stack(found, axis=1),
        axis=np.arange(float(depth)),
        given=_given(trees, depth),
        resolution={"features": float(width)},
    )


def spectrum_over_coherence(
    *, trees: Sequence[Tree], depth: int, width: int, replicas: int, stream: Stream, device: str = "cpu"
) -> Measurement:
    """Group means of the spectrum over how much more similar an item is to its category than to the nearest other.

    For each level from 1 to `depth`: the mean product, per feature, of an item's features with those of all items of
    its category, itself included, minus that with the items of the sibling categories.

    Values (trees, depth). Given: branching and flip of the trees, depth; inside and outside (trees, depth), the two
    mean similarities over all replicas.
    """
    ratios, inside, outside = [], [], []
    for items, (branching, _) in zip(_sampled(trees, depth, width, replicas, stream), trees, strict=True):
        similarity = _mean_products(items, device)
        means = _grouped(_squares(similarity), depth)[:, 0]
        sizes = [branching ** (depth - k) for k in range(1, depth + 1)]
        found = np.array([_category_means(similarity, branching, size) for size in sizes])
        ratios.append(means[:, 1:] / (found[:, 0] - found[:, 1]).T)
        inside.append(found[:, 0].mean(axis=-1))
        outside.append(found[:, 1].mean(axis=-1))
    return from_replicas(
        np.stack(ratios, axis=1),
        axis=np.arange(1.0, depth + 1),
        given={**_given(trees, depth), "inside": np.array(inside), "outside": np.array(outside)},
        resolution={"features": float(width)},
    )


def _given(trees: Sequence[Tree], depth: int) -> dict[str, np.ndarray | float]:
    branching, flip = zip(*trees, strict=True)
    return {"branching": np.array(branching), "flip": np.array(flip), "depth": depth}


def _sampled(trees: Sequence[Tree], depth: int, width: int, replicas: int, stream: Stream) -> Iterator[np.ndarray]:
    """Features of each tree, from a stream of its own."""
    for number, (branching, flip) in enumerate(trees):
        yield sampled_features(
            branching=branching,
            depth=depth,
            flip=flip,
            features=width,
            replicas=replicas,
            generator=stream.child(number).generator(),
        )


def _mean_products(items: np.ndarray, device: str) -> np.ndarray:
    """Products of the features of every two items, per feature, (replicas, items, items).

    Sums of up to 16 million products of +1 and -1 are exact in single precision.
    """
    if items.shape[2] >= 2**24:
        raise ValueError(f"products of {items.shape[2]} features do not fit into single precision")
    rows = load_torch().as_tensor(items, device=resolve_device(device))
    return (rows @ rows.mT).cpu().numpy().astype(float) / items.shape[2]


def _squares(products: np.ndarray) -> np.ndarray:
    """Squared singular values per feature of each replica, decreasing: the eigenvalues of the mean products."""
    return np.linalg.eigvalsh(products)[:, ::-1]


def _along_tree(products: np.ndarray, branching: int, depth: int) -> np.ndarray:
    """Sum of squares between the categories of a level inside their parents, per feature and distinction.

    Squares of the features' means over a category are means of their products. Shape (replicas, depth + 1); level 0 is
    the mean over all items.
    """
    replicas, count, _ = products.shape
    rows, parents = [], np.zeros(replicas)
    for level in range(depth + 1):
        categories = branching**level
        size = count // categories
        blocks = products.reshape(replicas, categories, size, categories, size)
        squares = np.einsum("riaib->r", blocks) / size**2
        distinctions = categories - categories // branching if level else 1
        rows.append((squares - branching * parents) * size / distinctions)
        parents = squares
    return np.stack(rows, axis=1)


def _grouped(squares: np.ndarray, depth: int) -> np.ndarray:
    """Mean and sum of depth + 1 groups of decreasing numbers, parted at the widest gaps on a logarithmic scale.

    The gaps are those of the mean over replicas; shape (replicas, 2, depth + 1).
    """
    steps = -np.diff(np.log(squares.mean(axis=0)))
    starts = np.concatenate([[0], np.sort(np.argsort(steps)[-depth:]) + 1])
    sizes = np.diff(np.concatenate([starts, [squares.shape[1]]]))
    sums = np.add.reduceat(squares, starts, axis=1)
    return np.stack([sums / sizes, sums], axis=1)


def _category_means(similarity: np.ndarray, branching: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean similarity inside categories of `size` items, and between sibling categories, for each replica."""
    replicas, items, _ = similarity.shape
    blocks = similarity.reshape(replicas, items // size, size, items // size, size).mean(axis=(2, 4))
    category = np.arange(items // size)
    same = category[:, None] == category
    siblings = (category[:, None] // branching == category // branching) & ~same
    return blocks[:, same].mean(axis=1), blocks[:, siblings].mean(axis=1)
