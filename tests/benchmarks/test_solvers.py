"""The float64 solvers in units of the bare operations that they cannot avoid."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize

from derivations.activations import ACTIVATIONS
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.kernel import kernel
from numerics.solvers.length import lengths
from numerics.solvers.nonlinearity import Nonlinearity
from verify.compile.nonlinearity import nonlinearity

SIDE, NODES = 200, 28
WEIGHTS, BIASES = np.linspace(0.5, 4, SIDE)[:, None], np.linspace(0.01, 2, SIDE)
PASS = np.linspace(0, 8, SIDE * SIDE * NODES).reshape(SIDE * SIDE, NODES)


def phi(name: str) -> Nonlinearity:
    return nonlinearity(ACTIVATIONS[name])


def covariance(count: int) -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(count, count)) * np.linspace(0.7, 1.3, count)[:, None]
    return vectors @ vectors.T / count


def test_lengths_of_tanh_on_a_grid(ratio):
    """q*, chi1, chi2 and V' of 200 x 200 networks against a pass of tanh over 28 nodes: at most 15 passes."""
    ratio(
        lambda u: lengths(phi("tanh"), WEIGHTS + u / 1e3, BIASES), lambda: np.tanh(PASS), time.thread_time, goal=1 / 15
    )


def test_lengths_of_tanh_one_by_one(ratio):
    """40,000 networks against 12 by adaptive quadrature and a bracketed root: a network 1000 times faster."""
    some = [(w, b) for w in (0.8, 1.4, 2.2, 3.6) for b in (0.1, 0.6, 1.7)]

    def average(function: Callable[[np.ndarray], np.ndarray], q: float) -> float:
        density = 2 / np.sqrt(2 * np.pi)
        return integrate.quad(lambda z: function(np.sqrt(q) * z) * np.exp(-z * z / 2) * density, 0, 9, epsabs=1e-12)[0]

    def first(h: np.ndarray) -> np.ndarray:
        return 1 - np.tanh(h) ** 2

    def second(h: np.ndarray) -> np.ndarray:
        return -2 * np.tanh(h) * first(h)

    def one(w: float, b: float) -> tuple[float, float, float, float]:
        q = optimize.brentq(
            lambda q: b**2 + w**2 * average(lambda h: np.tanh(h) ** 2, q) - q, b**2, b**2 + w**2, rtol=1e-12
        )
        chi1, chi2 = (w**2 * average(lambda h, f=f: f(h) ** 2, q) for f in (first, second))
        return q, chi1, chi2, chi1 + w**2 * average(lambda h: np.tanh(h) * second(h), q)

    at = lengths(phi("tanh"), *np.array(some).T)
    ours = np.stack([at.q, at.chi1, at.chi2, at.slope], axis=1)
    np.testing.assert_allclose(ours, [one(*network) for network in some], rtol=1e-8)
    ratio(
        lambda u: lengths(phi("tanh"), WEIGHTS + u / 1e3, BIASES),
        lambda u: [one(w + u / 1e3, b) for w, b in some],
        goal=1000 * len(some) / SIDE**2,
    )


def test_lengths_of_erf_on_a_grid(ratio):
    """Closed forms against the quadrature of tanh: no more than half of it, in spite of the shared search."""
    ratio(
        lambda u: lengths(phi("erf"), WEIGHTS + u / 1e3, BIASES),
        lambda u: lengths(phi("tanh"), WEIGHTS + u / 1e3, BIASES),
        goal=2,
    )


def test_correlations_of_tanh_on_a_grid(ratio):
    """c* and xi_c of the same networks against their lengths: at most 4 times as much."""
    at = lengths(phi("tanh"), WEIGHTS, BIASES)
    ratio(
        lambda u: fixed_correlations(phi("tanh"), at.q * (1 + u / 1e9), WEIGHTS, at.chi1),
        lambda u: lengths(phi("tanh"), WEIGHTS + u / 1e3, BIASES),
        time.thread_time,
        goal=1 / 4,
    )


def test_series_of_correlations_of_tanh(ratio):
    """The same with the series of the activation worked out anew, against a hundred passes of tanh."""
    from numerics.solvers import chaos, hermite

    at = lengths(phi("tanh"), WEIGHTS, BIASES)

    def anew() -> None:
        chaos._series.cache_clear()
        hermite._projected.cache_clear()
        fixed_correlations(phi("tanh"), at.q, WEIGHTS, at.chi1)

    ratio(anew, lambda: [np.tanh(PASS) for _ in range(100)], goal=1)


@pytest.mark.parametrize("name", ["relu", "erf"])
def test_kernel_with_closed_form(ratio, name):
    """N = 1000, 32 layers, against bare passes of arccos and sqrt: at most 3 of them."""
    first, block = covariance(1000), np.linspace(-1, 1, 1000 * 1000).reshape(1000, 1000)

    def bare() -> None:
        for _ in range(16):  # half of the symmetric matrix in each of 32 layers
            np.arccos(block)
            np.sqrt(1 - block * block)

    ratio(lambda u: kernel(phi(name), first * (1 + u / 1e3), 1.4, 0.1, 32), bare, count=5, goal=1 / 3)


def test_kernel_of_tanh(ratio):
    """N = 200, general norms, against a 25 x 25 Gauss-Hermite rule for every pair."""
    first = covariance(200)
    nodes, weights = np.polynomial.hermite_e.hermegauss(25)
    weights = weights / np.sqrt(2 * np.pi)

    def pairs() -> None:
        root = np.sqrt(np.diagonal(first))
        for i in range(len(first)):
            c = np.clip(first[i] / (root[i] * root), -1, 1)[:, None, None]
            other = root[:, None, None] * (c * nodes[:, None] + np.sqrt(1 - c * c) * nodes)
            np.einsum("jab,a,b,a->j", np.tanh(other), weights, weights, np.tanh(root[i] * nodes))

    ratio(lambda u: kernel(phi("tanh"), first * (1 + u / 1e3), 1.4, 0.1, 1), pairs, goal=10)
