"""Entropy of sampled weights, estimated from the distances between them; no density is assumed."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

NEIGHBOUR = 2  # which neighbour's distance is used
PAIRS = 6  # one in so many weights goes into a pair


def sampled_weights(
    *, width: int, replicas: int, stream: Stream, device: str, inputs: int, sigma_w: float, correlation: float
) -> Measurement:
    """Entropies of Gaussian, uniform and Laplace weights of equal variance, and of correlated Gaussian pairs, in nats.

    width        neurons of the layer; its width * inputs weights have the standard deviation sigma_w / sqrt(inputs)
    correlation  of the two weights of a pair
    device       unused: NumPy runs on the processor

    Values have shape (4,): entropy of a Gaussian weight; what a uniform and a Laplace weight have less; what a pair has
    less than two independent weights. Biases fall like the inverse of the number of weights. Raises ValueError for a
    correlation not between -1 and 1, or a layer too small for the estimates.
    """
    if not -1 < correlation < 1 or sigma_w <= 0 or width * inputs < 100:
        raise ValueError("needs 100 weights, a positive sigma_w, and a correlation between -1 and 1")
    scale, samples = sigma_w / np.sqrt(inputs), []
    shape = (width, inputs)
    for k in range(replicas):
        generator = stream.child(k).generator()
        gaussian = _entropy(scale * generator.standard_normal(shape))
        uniform = _entropy(np.sqrt(3) * scale * generator.uniform(-1, 1, shape))
        laplace = _entropy(scale * generator.laplace(0, np.sqrt(0.5), shape))
        first, other = scale * generator.standard_normal((2, width * inputs // PAIRS))
        pairs = np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * other], axis=1)
        samples.append([gaussian, gaussian - uniform, gaussian - laplace, 2 * gaussian - _joint_entropy(pairs)])
    return from_replicas(np.array(samples), resolution={"weights": width * inputs})


def _entropy(weights: np.ndarray) -> float:
    """Entropy of independent numbers from their spacings; without bias for a uniform density.

    Source: Vasicek 1976, with the correction of Van Es 1992.
    """
    from scipy import special

    ordered = np.sort(weights, axis=None)
    gaps = ordered[NEIGHBOUR:] - ordered[:-NEIGHBOUR]
    return float(np.mean(np.log(gaps)) + special.digamma(len(ordered) + 1) - special.digamma(NEIGHBOUR))


def _joint_entropy(points: np.ndarray) -> float:
    """Entropy of independent points of a plane from the distances of neighbours. Source: Kozachenko, Leonenko 1987."""
    from scipy import spatial, special

    tree = spatial.cKDTree(points, balanced_tree=False, compact_nodes=False)  # faster for so few searches
    distance = tree.query(points, k=[NEIGHBOUR + 1])[0]
    return float(
        special.digamma(len(points)) - special.digamma(NEIGHBOUR) + np.log(np.pi) + 2 * np.mean(np.log(distance))
    )
