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


@pytest.mark.parametrize(("curvature", "leaves"), [(-0.9, True), (-1.2, True), (-1.4, False)])
def test_damped_newton_overshoots_saddles(curvature, leaves):
    """Damping 1, learning rate 1/2: it leaves at curvatures down to -2 mu / (2 - epsilon) = -4/3, not -1 alone."""
    factor = claim("error_landscape.newton_is_attracted").function()(lambda_i=curvature, mu=1.0, epsilon=0.5)[2]
    place = 1e-6
    for _ in range(20):
        gradient, hessian = curvature * (place + place**2 / 2), curvature * (1 + place)
        before, place = place, place - 0.5 * gradient / (hessian + 1)
        if abs(place) > 1e-3:
            break
    assert place / before == pytest.approx(factor, rel=0.05)
    assert (abs(place) > 1e-3) == (abs(factor) > 1) == leaves


@pytest.mark.parametrize(("width", "crosses"), [(3, False), (6, True)])
def test_orthogonal_starts_between_wider_layers_change_the_sign_of_the_determinant(width, crosses):
    """Gradient flow of two orthogonal matrices that were drawn each for itself, from determinants of the wrong sign."""
    generator, wanted, signs = np.random.default_rng(1), np.diag([2.0, 1.2, 0.7]), []

    def flow(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        missing = wanted - last @ first
        return last.T @ missing, missing @ first.T

    while len(signs) < 4:
        first, last = (np.linalg.qr(generator.standard_normal((width, 3)))[0] for _ in range(2))
        last = last.T
        if np.linalg.det(last @ first) > 0:
            last[0] *= -1
        balanced = np.allclose(last.T @ last, first @ first.T)
        for _ in range(400):  # Runge-Kutta steps: those of descent would unbalance the layers
            rates = [flow(first, last)]
            for part in (0.5, 0.5, 1):
                rates.append(flow(*(w + part * 0.025 * rate for w, rate in zip((first, last), rates[-1], strict=True))))
            first, last = (
                w + 0.025 * (a + 2 * b + 2 * c + d) / 6 for w, a, b, c, d in zip((first, last), *rates, strict=True)
            )
        signs.append(np.linalg.det(last @ first) > 0.1)
        assert balanced is not crosses
    assert set(signs) == {crosses}


def test_a_student_without_a_hidden_layer_is_not_stopped_at_the_error_of_the_others():
    """It learns one fraction of the whole correlation: the best one leaves nearly all of the error, at any start."""
    generator, inputs, outputs, strength = np.random.default_rng(1), 400, 200, 3.0
    u, v = (x / np.linalg.norm(x) for x in (generator.standard_normal(outputs), generator.standard_normal(inputs)))
    teacher = strength * np.outer(u, v)
    data = teacher + generator.standard_normal((outputs, inputs)) / np.sqrt(inputs)
    least = min(np.sum((f * data - teacher) ** 2) / strength**2 for f in np.linspace(0, 0.2, 401))
    assert least == pytest.approx(outputs / (outputs + strength**2), rel=0.01)
    assert claim("generalization.optimal_stopping").function()(sbar=strength, A=outputs / inputs)[1] < 0.3
