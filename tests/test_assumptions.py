"""What assumptions exclude is wrong: outside of a domain or an assumption the statement fails, shown by other means."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from derivations.activations import SOFTPLUS, TANH
from derivations.cheap_learning import flattening_cost
from derivations.diffusion import transient_entropy_decrease
from derivations.symbols import n
from verify import catalogue
from verify.claims.diffusion.fluctuation_theorem import weighted
from verify.compile import numpy_function

PLACES, SHARES = np.polynomial.hermite_e.hermegauss(80)
SHARES = SHARES / SHARES.sum()


def claim(claim_id: str):
    return catalogue.load_claims()[claim_id]


@pytest.mark.parametrize(("activation", "sigma_w", "faster"), [(TANH, 0.9, True), (SOFTPLUS, 1.1, False)])
def test_lengths_settle_faster_than_correlations_or_more_slowly(activation, sigma_w, faster):
    """In the ordered phase: what is left of two lengths and of two correlations, after many layers of the maps."""
    phi, sigma_b = numpy_function(activation), 0.3

    def onward(lengths: np.ndarray, correlation: float) -> np.ndarray:
        one, other = np.meshgrid(PLACES, PLACES, indexing="ij")
        both = np.outer(SHARES, SHARES)
        there = correlation * one + np.sqrt(1 - correlation**2) * other
        kept = [sigma_b**2 + sigma_w**2 * SHARES @ phi(np.sqrt(q) * PLACES) ** 2 for q in lengths]
        root = np.sqrt(lengths[0])
        product = sigma_b**2 + sigma_w**2 * np.sum(both * phi(root * one) * phi(root * there))
        return np.array([*kept, product / kept[0]])

    state = np.array([1.0, 1.0, 0.999])
    for _ in range(200):  # to the fixed length
        state = np.array([*onward(state[:2], 0.5)[:2], 0.999])
    state[1] *= 1.01
    before = onward(state[:2], state[2])
    after = onward(before[:2], before[2])
    of_length, of_correlation = abs(after[1] - after[0]) / abs(before[1] - before[0]), (1 - after[2]) / (1 - before[2])
    assert bool(of_length < of_correlation) is faster
    depths = claim("signal_propagation.correlation_depth").function()
    xi_q, xi_c = depths(phi=activation, sigma_w=sigma_w, q_star=state[0], c_star=1.0)
    assert bool(xi_q < xi_c) is faster


def test_no_work_is_done_at_the_start():
    """It is then 0 in every run, and not negative in half of them, which is what the formula comes to."""
    (time,) = (p for p in transient_entropy_decrease.STATEMENT.parameters if p.name == "t")
    assert 0 not in time.domain
    assert claim("diffusion.transient_entropy_decrease").function()(t=1e-9, u_0=1.0)[1] == pytest.approx(0.5)


def test_neurons_with_biases_of_their_own_are_fewer():
    """Three logistic neurons multiply two numbers, better and better at smaller scales."""

    def logistic(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    bias, (u, v) = 0.9, np.array([[0.7, -0.4, 1.1], [-0.4, 0.3, 0.8]])
    slope = logistic(bias) * logistic(-bias)
    bend = slope * (1 - 2 * logistic(bias))
    errors = []
    for scale in (0.1, 0.01, 0.001):
        x, y = scale * u, scale * v
        output = logistic(bias + x + y) + logistic(-bias + x - y) - 2 * logistic(4 * slope * x)
        errors.append(np.max(np.abs(output / (2 * bend * scale**2) - u * v)))
    assert errors[2] < errors[1] / 5 < errors[0] / 25
    assert flattening_cost.STATEMENT.right[0].subs(n, 2) == 4


def test_regression_without_bound_has_no_variance():
    """kappa is below 1, but c_i and c_j are negative: what the formula gives is no variance, and steps grow."""
    point = {"h_i": 1.0, "h_j": 1.3, "sigma": 0.7, "epsilon": 1.9, "B": 1}
    assert np.all(claim("sgd_noise.regression_noise").function()(**point) < 0)
    generator = np.random.default_rng(1)
    weights = np.zeros((2, 2000))
    for _ in range(30):
        x = np.sqrt([[point["h_i"]], [point["h_j"]]]) * generator.standard_normal(weights.shape)
        error = np.sum(weights * x, axis=0) - point["sigma"] * generator.standard_normal(weights.shape[1])
        weights -= point["epsilon"] * x * error
    assert np.mean(weights**2) > 1e6


@pytest.mark.parametrize(("exponent", "finite"), [(0, True), (0.5, True), (1, True), (1.5, False)])
def test_means_of_the_work_relations_may_be_infinite(exponent, finite):
    """A trap that softens in one jump: an infinite mean of exp(-a W) comes out as the root of a negative number."""
    stiffness, a = [mpmath.mpf("2.4"), mpmath.mpf("0.3")], mpmath.mpf(exponent)
    for mean in (weighted(30, stiffness, [0], a), weighted(30, stiffness[::-1], [0], 1 - a)):
        assert (mpmath.im(mean) == 0) is finite


def test_an_unbounded_slope_has_no_largest_singular_value():
    """phi = x^3 and orthogonal weights: that of one critical layer grows with the width, that of tanh hardly."""
    generator = np.random.default_rng(1)
    grown = []
    for name, slope in (("cube", lambda h: 3 * h**2), ("tanh", lambda h: 1 / np.cosh(h) ** 2)):
        largest = []
        for width in (100, 10_000):
            found = [np.abs(slope(generator.standard_normal(width))) for _ in range(20)]
            largest.append(np.mean([np.max(s) / np.sqrt(np.mean(s**2)) for s in found]))
        grown.append((name, largest[1] / largest[0]))
    assert dict(grown)["cube"] > 1.6 and dict(grown)["tanh"] < 1.1
