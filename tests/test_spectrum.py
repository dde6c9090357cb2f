"""Spectra of deep Jacobians: exact edges, moments and masses, and explicit products of matrices."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from derivations.calculus.free_probability import fuss_catalan
from numerics.solvers.spectrum import ALLOWED, Spectrum, resolved
from numerics.solvers.spectrum_explicit import bernoulli_gaussian, bernoulli_orthogonal, linear_gaussian
from verify.references.spectral_edges import largest, moments

DEPTHS = (2, 3, 4, 8, 32, 100, 1000)
LAWS = {
    "linear, Gaussian": linear_gaussian,
    "relu, orthogonal": lambda depth: bernoulli_orthogonal(depth, 0.5),
    "relu, Gaussian": lambda depth: bernoulli_gaussian(depth, 0.5),
    "hard tanh, orthogonal": lambda depth: bernoulli_orthogonal(depth, 0.93),
    "hard tanh, Gaussian": lambda depth: bernoulli_gaussian(depth, 0.93),
}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("law", LAWS)
def test_mass_and_mean(law, depth):
    """They are checked on every call, to 1e-10; here they are two digits of a thousandth of that."""
    found = LAWS[law](depth)
    assert abs(found.mass_error) < 3e-14 and abs(found.mean_error) < 1e-12


def top_of_relu_gaussian(depth: int) -> float:
    """The stationary point of lambda = (1 + z) (1 + 2 z)^L / z is the positive root of 2 L z^2 + (2 L - 2) z - 1."""
    z = (1 - depth + math.sqrt((depth - 1) ** 2 + 2 * depth)) / (2 * depth)
    return (1 + z) / z * (1 + 2 * z) ** depth


@pytest.mark.parametrize("depth", [2, 3, 4, 8, 32, 100])
def test_largest_eigenvalues(depth):
    gauss = (depth + 1) ** (depth + 1) / depth**depth
    relu = depth**depth / (depth - 1) ** (depth - 1)
    for found, expected in (
        (linear_gaussian(depth), gauss),
        (bernoulli_orthogonal(depth, 0.5), relu),
        (bernoulli_gaussian(depth, 0.5), top_of_relu_gaussian(depth)),
    ):
        assert found.edges[0] == 0 and found.edges[1] == pytest.approx(expected, rel=2e-14 * depth)
        panels = found.intervals[-1][1]
        assert panels == pytest.approx(expected, rel=1e-12 * depth)
        assert found.density(expected * 1.0001) == 0 and found.density(expected * 0.9999) > 0


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("law", LAWS)
def test_curves_to_draw(law, depth):
    """From close to zero to the edge, in order, the density at each place; few more places than were asked for."""
    found = LAWS[law](depth)
    place, density = found.curve(300)
    assert 300 <= len(place) == len(density) <= 400 and np.all(density > 0)
    assert np.all(np.diff(place) > -1e-13 * place[1:])  # at the edge they round to it
    assert place[-1] == pytest.approx(found.intervals[-1][1], rel=1e-6) and place[0] < 1e-20
    inside = (place > 1e-9) & (place < 0.999 * place[-1])
    np.testing.assert_allclose(density[inside], found.density(place[inside]), rtol=1e-9)


def test_universal_edge():
    """lambda_max / (e v L) -> 1, v = 1 (linear Gaussian, relu orthogonal) and 2 (relu Gaussian): at depth 1000."""
    for found, v, ratio in (
        (linear_gaussian(1000), 1, 1.0005),
        (bernoulli_orthogonal(1000, 0.5), 1, 0.9995),
        (bernoulli_gaussian(1000, 0.5), 2, 1.0000),
    ):
        assert found.edges[1] / (math.e * v * 1000) == pytest.approx(ratio, abs=5e-5)


@pytest.mark.parametrize("depth", [1, 2, 5, 12])
def test_moments_are_fuss_catalan_numbers(depth):
    found = linear_gaussian(depth)
    for k in range(1, 7):
        assert found.moment(k) == pytest.approx(float(fuss_catalan(depth, k)), rel=1e-13 * (1 + depth))


def test_moments_of_relu_networks():
    assert [bernoulli_orthogonal(4, 0.5).moment(k) for k in range(1, 5)] == pytest.approx([1, 5, 31, 213], rel=1e-13)
    assert bernoulli_gaussian(7, 0.5).variance == pytest.approx(14, rel=1e-12)


def test_one_gaussian_matrix_is_marchenko_and_pastur():
    places = np.array([1e-3, 0.1, 1.0, 2.5, 3.9])
    found = linear_gaussian(1)
    np.testing.assert_allclose(found.density(places), np.sqrt(4 / places - 1) / (2 * np.pi), rtol=1e-12)
    masked = bernoulli_gaussian(1, 0.25)  # rectangular: a quarter of the rows
    assert masked.edges == (0.0, pytest.approx(9)) and masked.intervals[0] == pytest.approx((1, 9))


def test_two_projections_follow_the_arcsine_law():
    found = bernoulli_orthogonal(2, 0.5, gain=1.0)
    places = np.array([0.01, 0.3, 0.7, 0.99])
    np.testing.assert_allclose(found.density(places), 0.5 / (np.pi * np.sqrt(places * (1 - places))), rtol=1e-11)


def test_atoms_are_inside_cdf_and_quantiles():
    """0.9 of the neurons are kept in each of three layers: 0.7 of all directions are never touched."""
    found = bernoulli_orthogonal(3, 0.9)
    top = 0.9**-3
    assert found.atoms == ((0.0, pytest.approx(0.1)), (pytest.approx(top), pytest.approx(0.7)))
    gap = found.intervals[0][1]
    assert gap < 0.76 and found.cdf(0.5 * (gap + top)) == pytest.approx(0.3) and found.cdf(2.0) == pytest.approx(1)
    np.testing.assert_allclose(found.cdf(np.array([-1.0, 0.0])), [0, 0.1])
    levels = np.array([0.0, 0.05, 0.1, 0.2, 0.31, 0.5, 1.0])
    np.testing.assert_allclose(found.quantile(levels)[[0, 1, 4, 5, 6]], [0, 0, top, top, top], atol=1e-30)
    assert found.cdf(found.quantile(0.2)) == pytest.approx(0.2, abs=1e-13)
    assert found.fraction(1.3, 1.4) == pytest.approx(0.7) and found.fraction(1e-9, 0.5) < 0.2


@pytest.mark.parametrize("law", LAWS)
def test_quantiles_invert_the_cdf(law):
    found = LAWS[law](12)
    levels = np.linspace(0.55, 0.83, 40)  # above the largest atom at 0, below the one at the top
    np.testing.assert_allclose(found.cdf(found.quantile(levels)), levels, atol=1e-12)


def test_orthogonal_linear_networks_have_one_singular_value():
    found = bernoulli_orthogonal(50, 1.0)
    assert found.atoms == ((1.0, 1.0),) and found.variance == 0
    assert found.cdf(np.array([0.999, 1.0])).tolist() == [0, 1] and found.quantile(0.3) == 1


def test_a_law_that_misses_mass_is_refused():
    def lost(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return x, np.full_like(x, 0.5 - 1e-9), np.ones_like(x)

    with pytest.raises(ArithmeticError, match="its mass is off by -2e-09 and its mean by"):
        resolved("a law", 1, lost, np.array([-1.0, 1.0]), math.sinh(1), (), (-1.0, 1.0))
    assert ALLOWED == 1e-10


@pytest.mark.parametrize("wrong", [0, 0.0, -0.1, 1.1, float("nan")])
def test_shares_outside_are_refused(wrong):
    for law in (bernoulli_orthogonal, bernoulli_gaussian):
        with pytest.raises(ValueError, match="a share of neurons lies above 0"):
            law(3, wrong)


@pytest.mark.parametrize("depth", [0, -2, 2.5])
def test_depths_outside_are_refused(depth):
    for law in LAWS.values():
        with pytest.raises(ValueError, match="a depth is a whole number of layers"):
            law(depth)


def far_from_simulation(found: Spectrum, values: np.ndarray) -> float:
    """The largest distance of the survival functions, where eigenvalues are told from zero."""
    places = np.quantile(values[values > 1e-6], np.linspace(0, 1, 200)[1:-1])
    above = 1 - np.searchsorted(np.sort(values), places) / len(values)
    return float(np.max(np.abs(1 - found.cdf(places) - above)))


def test_against_products_of_matrices():
    """Masks that keep exactly half of the neurons, and Haar matrices: N = 200, to 2 / N; not one layer more."""
    rng = np.random.default_rng(3)
    size, depth, values = 200, 3, []
    for _ in range(6):
        whole = np.eye(size)
        for _ in range(depth):
            basis, corner = np.linalg.qr(rng.normal(size=(size, size)))
            keep = rng.permutation(size) < size // 2
            whole = np.sqrt(2) * keep[:, None] * (basis * np.sign(np.diagonal(corner)) @ whole)
        values.append(np.linalg.svd(whole, compute_uv=False) ** 2)
    measured = np.concatenate(values)
    assert far_from_simulation(bernoulli_orthogonal(depth, 0.5), measured) < 2 / size
    assert far_from_simulation(bernoulli_orthogonal(depth + 1, 0.5), measured) > 4 / size


@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(3, 10), Fraction(1)])
@pytest.mark.parametrize("depth", [2, 5, 32, 100])
def test_edges_and_moments_with_proven_digits(share, depth):
    """Balls of 200 bits around the edges, rational moments: four to 1e-12, at depth 100 to rounding of 100 layers."""
    for weights, law in (("orthogonal", bernoulli_orthogonal), ("gaussian", bernoulli_gaussian)):
        if share == 1 and weights == "orthogonal":
            with pytest.raises(ValueError, match="have no edge beyond an atom"):
                largest(share, depth, weights)
            continue
        found, edge = law(depth, float(share)), largest(share, depth, weights)
        assert float(edge.rad()) < 1e-40 * float(edge.mid())
        assert found.edges[1] == pytest.approx(float(edge.mid()), rel=1e-15 * (10 + 2 * depth))
        exact = [float(m) for m in moments(share, depth, weights, 4)]
        assert [found.moment(k) for k in range(1, 5)] == pytest.approx(exact, rel=2e-14 * (1 + depth))
