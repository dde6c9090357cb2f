"""Wide linear networks that learn one example: their state at any time, over all starts, at every width."""

from __future__ import annotations

import numpy as np

NODES, STEPS = 24, 160  # of quadratures over a chi-square; of Runge and Kutta's method up to the time asked


def trained(width: float, target: float, time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(masses, outputs, kernels) of networks a . w / sqrt(N) of an input of length 1, with N hidden neurons.

    f and Theta = (|a|^2 + |w|^2) / N flow by f' = -Theta (f - y) and Theta' = -4 f (f - y) / N, which leaves Theta^2 -
    4 f^2 / N as it is; at the start |a + w|^2 / N and |a - w|^2 / N are two independent chi-squares, times 2 / N.
    """
    order = np.arange(1, NODES)
    jacobi = np.diag(2.0 * np.arange(NODES) + width / 2)  # of Laguerre's polynomials for x^(N/2 - 1) exp(-x)
    beside = np.sqrt(order * (order + width / 2 - 1))
    values, vectors = np.linalg.eigh(jacobi + np.diag(beside, 1) + np.diag(beside, -1))
    one, other = np.meshgrid(4 * values / width, 4 * values / width)
    mass = np.multiply.outer(vectors[0] ** 2, vectors[0] ** 2)
    constant, output, step = one * other, np.sqrt(width) * (one - other) / 4, time / STEPS

    def kernel(f: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.sqrt(constant + 4 * f**2 / width)
        return found

    def slope(f: np.ndarray) -> np.ndarray:
        return -kernel(f) * (f - target)

    for _ in range(STEPS):
        first = slope(output)
        second = slope(output + step / 2 * first)
        third = slope(output + step / 2 * second)
        output = output + step / 6 * (first + 2 * second + 2 * third + slope(output + step * third))
    return mass, output, kernel(output)
