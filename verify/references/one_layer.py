"""One layer with orthogonal weights at finite width, exactly: its squared singular values are squared slopes."""

from __future__ import annotations

import numpy as np

from numerics.jacobian_spectrum.products import Network

REACH, FINE, COARSE = 9.0, 1 / 64, 1 / 8  # of both parts of a preactivation in their deviations, and steps


def mean_powers(network: Network, width: int, orders: int) -> np.ndarray:
    """Means of the powers 1 to `orders` of the squared singular values of a network of one layer, at a width above 81.

    Without its biases a preactivation is a coordinate of a point on a sphere in N dimensions, whose density falls like
    (1 - t^2 / N)^((N - 3) / 2) and not like a Gaussian.
    """
    t, z = np.arange(-REACH, REACH, FINE), np.arange(-REACH, REACH, COARSE)
    of_sphere, of_bias = np.exp((width - 3) / 2 * np.log1p(-(t**2) / width)), np.exp(-(z**2) / 2)
    inner = np.sqrt(network.squared_length - network.sigma_b**2)
    field = np.add.outer(inner * t, network.sigma_b * z)
    squares = (network.sigma_w * network.derivative(field)) ** 2
    weights = np.multiply.outer(of_sphere / of_sphere.sum(), of_bias / of_bias.sum())
    return np.array([np.sum(weights * squares**k) for k in range(1, orders + 1)])
