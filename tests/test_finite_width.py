"""The exact averages at finite width against explicit networks of few neurons."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.signal_propagation.nearby_inputs import root
from verify import catalogue
from verify.claims.signal_propagation import phase_boundary
from verify.compile import numpy_function
from verify.references import finite_width
from verify.references.finite_width import shifted

WIDTH, NETWORKS, SIGMAS, CORRELATION = 5, 200_000, (1.5, 0.6), 0.3
LENGTH = finite_width.fixed_length(SIGMAS)


@pytest.fixture(scope="module")
def explicit():
    """Fields of layer 1 for two inputs, weights of one neuron of layer 2, and its fields: of many networks."""
    generator = np.random.default_rng(7)
    first, second, weights = generator.standard_normal((3, NETWORKS, WIDTH))
    one = np.sqrt(LENGTH) * first
    other = np.sqrt(LENGTH) * (CORRELATION * first + np.sqrt(1 - CORRELATION**2) * second)
    weights *= SIGMAS[0] / np.sqrt(WIDTH)
    bias = SIGMAS[1] * generator.standard_normal(NETWORKS)
    fields = [np.sum(weights * shifted(h), axis=1) + bias for h in (one, other)]
    return one, weights, fields


def agrees(samples, value):
    """Whether a mean over networks lies within five standard errors."""
    return abs(samples.mean() - value) < 5 * samples.std() / np.sqrt(len(samples))


def test_covariance_of_the_third_layer(explicit):
    _, _, (here, there) = explicit
    for other, correlation in ((here, 1.0), (there, CORRELATION)):
        products = SIGMAS[1] ** 2 + SIGMAS[0] ** 2 * shifted(here) * shifted(other)
        assert agrees(products, finite_width.third_layer(WIDTH, SIGMAS, LENGTH, correlation))
    assert not agrees(products, finite_width.third_layer(1000, SIGMAS, LENGTH, CORRELATION))


@pytest.mark.parametrize("from_fields", [False, True])
def test_weights_and_slope_of_a_neuron(explicit, from_fields):
    one, weights, (here, _) = explicit
    before = np.cos(one + float(finite_width.SHIFT)) ** 2 if from_fields else 1.0
    samples = np.sum(weights**2 * before, axis=1) * np.cos(here + float(finite_width.SHIFT)) ** 2
    assert agrees(samples, finite_width.stretch(WIDTH, SIGMAS, from_fields))


def test_derivatives_and_the_limit_of_a_series():
    first, second = finite_width.derivatives(np.exp, 0.3)
    assert first == pytest.approx(np.exp(0.3), abs=1e-13) and second == pytest.approx(np.exp(0.3), abs=1e-10)
    assert finite_width.extrapolated(lambda n: 2 + 1 / (n + 3)) == pytest.approx(2, abs=1e-12)


def without_noise(line, *, places: int, settle: int, layers: int, degree: int = 3, **_) -> float:
    """What neutral_weight_scales finds on a line at infinite width, by averages on Gauss-Hermite nodes."""
    phi, bias, low, high = line
    z, weights = np.polynomial.hermite_e.hermegauss(120)
    sigma_w = np.linspace(low, high, places)
    square, ratios = sigma_w**2 + bias**2, []
    for _ in range(settle + layers - 1):
        h = np.sqrt(square)[:, None] * z
        slope = (phi(h + 1e-6) - phi(h - 1e-6)) / 2e-6
        average = [f @ weights / weights.sum() for f in (slope**2, phi(h) ** 2)]
        ratios.append(sigma_w**2 * average[0])
        square = sigma_w**2 * average[1] + bias**2
    return root(sigma_w, np.mean(ratios[settle - 1 :], axis=0) - 1, degree)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_layers_that_settle_and_the_fit_move_the_critical_weights_by_less_than_a_thousandth(profile):
    claim = catalogue.load("signal_propagation.phase_boundary")
    (check,) = (check for check in claim.checks if check.name == "distances of nearby inputs in random networks")
    settings = getattr(check, profile).keywords
    for line, (activation, bias, *_) in zip(settings["lines"], phase_boundary.LINES, strict=True):
        exact = np.sqrt(phase_boundary.critical(claim.candidate(), activation, (bias,))[1, 0])
        assert line[0](0.3) == numpy_function(activation)(np.array(0.3))
        assert without_noise(line, **settings) == pytest.approx(exact, rel=1e-3)
