"""The network that learns handwritten digits in claims on wide networks, and its tangent kernel in the limit."""

from __future__ import annotations

import numpy as np

from derivations.activations import Activation
from numerics.solvers.tangent import tangent
from verify.compile.nonlinearity import nonlinearity
from verify.references.mean_field import SHIFTED

NETWORK: tuple[Activation, float, float] = (SHIFTED, 1.4, 0.3)  # activation, sigma_w, sigma_b
HIDDEN = (1.0, 1.25)  # widths of the hidden layers


def kernel(products: np.ndarray) -> np.ndarray:
    """The tangent kernel of inputs with these mean products of entries, all of one length."""
    activation, weight, bias = NETWORK
    covariance = bias**2 + weight**2 * products
    upper = np.triu_indices(len(products))
    length = float(covariance[0, 0])
    found = tangent(nonlinearity(activation), None, length, covariance[upper] / length, weight, bias, len(HIDDEN)).ntk
    assert found is not None
    full = np.zeros_like(products)
    full[upper] = found[-1]
    return full + np.triu(full, 1).T
