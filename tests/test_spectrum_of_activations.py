"""Spectra for any activation: the law of phi'(h)^2, the bracketed solver, what the command says of them."""

from __future__ import annotations

import json
import math
import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

from derivations.activations import ACTIVATIONS
from derivations.calculus import free_probability as free
from derivations.calculus import taylor
from numerics.solvers import slopes as solver
from numerics.solvers.moments import moments
from numerics.solvers.slopes import Lattice, Slopes, transform
from numerics.solvers.spectrum import Spectrum
from numerics.solvers.spectrum_explicit import bernoulli_gaussian, linear_gaussian
from numerics.solvers.spectrum_smooth import WEIGHTS, spectrum
from verify.activation.edges import proven_edges
from verify.activation.network import propagation
from verify.activation.reading import activation
from verify.activation.spectrum import law_of, sampled, spectra, stationary_places
from verify.command.cli import main
from verify.compile import numpy_function
from verify.compile import slopes as slopes_module
from verify.compile.nonlinearity import nonlinearity
from verify.compile.slopes import slopes_of
from verify.references.spectral_edges import largest

DEPTHS = (2, 3, 4, 8, 32, 100, 1000)
LENGTHS = {"tanh": 0.512, "erf": 0.3, "sigmoid": 1.5, "softplus": 1.5, "gelu": 0.3}


def critical(name: str, q: float, depth: int, weights: str) -> Spectrum:
    law = slopes_of(activation(name), q)
    return spectrum(name, law, depth, 1 / law.mean, weights)


@pytest.mark.parametrize("name", LENGTHS)
def test_averages_are_those_of_the_solvers(name):
    q = LENGTHS[name]
    law = slopes_of(ACTIVATIONS[name], q)
    assert law.mean == pytest.approx(float(moments(nonlinearity(ACTIVATIONS[name]), q).gradient), rel=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_mass_mean_and_variance(name, depth, weights):
    """1e-10 is refused; the variance is depth times that of a layer: E s^2 / (E s)^2 - 1, and one more if Gaussian."""
    found, law = critical(name, LENGTHS[name], depth, weights), slopes_of(ACTIVATIONS[name], LENGTHS[name])
    assert abs(found.mass_error) < 1e-12 and abs(found.mean_error) < 2e-12
    assert found.variance == pytest.approx(depth * (law.spread + (weights == "gaussian")), rel=1e-11)
    assert found.density(found.edges[1] * 1.0001) == 0 and found.density(found.edges[1] * 0.999) > 0


@pytest.mark.parametrize("q", [1e-3, 0.05, 10.0])
@pytest.mark.parametrize("depth", [2, 4, 1000])
def test_short_and_long_inputs(q, depth):
    """Where all slopes are nearly alike, and where they span a hundred decades."""
    assert abs(critical("tanh", q, depth, "orthogonal").mass_error) < 1e-11


@pytest.mark.parametrize("q", [0.0103979841848149, 0.0228891, 0.03])
def test_a_law_that_ends_suddenly_without_an_edge(q):
    """At a short length hardly any slope is small: 1000 layers have next to nothing below one place, and much above."""
    found = critical("tanh", q, 1000, "orthogonal")
    assert abs(found.mass_error) < 1e-11 and abs(found.mean_error) < 1e-11


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "gelu"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_other_activations(name, weights):
    """An odd one out each: slopes on (0, 1/4], on (0, 1) without an attained maximum, and with a zero inside."""
    for depth in (3, 20):
        found = critical(name, LENGTHS[name], depth, weights)
        assert abs(found.mass_error) < 1e-12 and abs(found.mean_error) < 1e-11


def from_series(found: Spectrum, law: Slopes, depth: int) -> None:
    """Mass, mean, and moments 2 and 3 of orthogonal networks from the S-transform of the moments of s."""
    log_s, mass = law.nodes
    of_s = [sp.Float(float(np.sum(mass * np.exp(k * log_s)) / law.mean**k), 30) for k in (1, 2, 3)]
    exact = free.moments_of_s(free.power(free.s_transform(of_s), sp.Integer(depth)))
    assert abs(found.mass_error) < 5e-11
    assert [found.moment(k) for k in (1, 2, 3)] == pytest.approx([float(m) for m in exact], rel=1e-9)


@pytest.mark.parametrize(("text", "depth"), [("sin", 10), ("cos", 1000), ("sin(30*x)", 4), ("x + sin(x)**2", 3)])
def test_periodic_slopes(text, depth):
    """h counts modulo the period of phi'^2 only; the last one has a double zero where its formula cancels."""
    q = 0.96
    law = slopes_of(activation(text), q)
    from_series(spectrum(text, law, depth, 1 / law.mean, "orthogonal"), law, depth)
    h = math.sqrt(q) * np.linspace(-9, 9, 20_001)
    slope = np.gradient(sp.lambdify(sp.Symbol("x", real=True), activation(text).expression)(h), h)
    weight = np.exp(-(h**2) / (2 * q)) / np.sum(np.exp(-(h**2) / (2 * q)))
    assert law.mean == pytest.approx(float(weight @ slope**2), rel=1e-3)


@pytest.mark.parametrize("text", ["elu", "leaky_relu", "selu", "where(x > 0, x, 0.9*x)"])
def test_two_layers_of_half_a_line(text):
    """Half of all slopes are alike: in two orthogonal layers none of them survives as an atom, the density diverges.

    Where the others are alike, too, the law ends at the products of equal slopes.
    """
    law = slopes_of(activation(text), 1.3)
    found = spectrum(text, law, 2, 1 / law.mean, "orthogonal")
    assert found.atoms == ()
    from_series(found, law, 2)
    if not law.lattices:
        low, high = (math.exp(2 * log) / law.mean**2 for log, _ in law.atoms)
        assert found.edges == pytest.approx((low, high), rel=1e-12)


@pytest.mark.parametrize("place", [(-2.0, 0.5), (-2.0, 0.05), (-2.0, 0.005), (-4.0, 0.001), (-0.3, 0.3), (0.05, 0.2)])
def test_the_transform_beside_the_support(place):
    """m(w) = E s / (w - s) for w within a thousandth of a radian of the values of s, by adaptive quadrature."""
    t, theta = place
    law = slopes_of(ACTIVATIONS["tanh"], 0.5)
    at = transform(law, np.array([t]), np.array([theta]))
    found = math.exp(at.log_m[0]) * np.exp(-1j * (at.a[0] + theta))
    with mpmath.workdps(25):
        w = mpmath.exp(mpmath.mpc(t, theta))
        near = mpmath.acosh(abs(w) ** -0.25) if t < 0 else mpmath.mpf(1)

        def integrand(h: mpmath.mpf) -> mpmath.mpc:
            return mpmath.sech(h) ** 4 / (w - mpmath.sech(h) ** 4) * mpmath.exp(-h * h) / mpmath.sqrt(mpmath.pi)

        cuts = sorted({0, *(near + d for d in (-0.2, -0.05, -0.01, 0, 0.01, 0.05, 0.2, 1, 3, 8)), near / 2})
        exact = complex(2 * mpmath.quad(integrand, [c for c in cuts if c >= 0]))
    assert abs(found - exact) < 2e-14 * abs(exact)
    assert at.jump[0] == pytest.approx(-exact.imag, rel=1e-13)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_moments_are_those_of_the_series(weights):
    """Five moments from the S-transform of the moments of s, at depths 2 and 7."""
    law = slopes_of(ACTIVATIONS["tanh"], 0.512)
    log_s, mass = law.nodes
    of_s = [sp.Float(float(np.sum(mass * np.exp(k * log_s)) / law.mean**k), 30) for k in range(1, 6)]
    one = free.s_transform(of_s)
    if weights == "gaussian":
        one = free.product(one, taylor.coefficients(1 / (1 + free.Z), 5, free.Z))
    for depth in (2, 7):
        exact = free.moments_of_s(free.power(one, sp.Integer(depth)))
        found = critical("tanh", 0.512, depth, weights)
        assert [found.moment(k) for k in range(1, 6)] == pytest.approx([float(m) for m in exact], rel=1e-10)


@pytest.mark.parametrize("depth", [1, 2, 9])
def test_the_solver_knows_the_laws_in_closed_form(depth):
    """Constant slopes are linear networks, slopes 0 and 1 are masks; one route is explicit, one solves for angles."""
    linear, relu = slopes_of(ACTIVATIONS["linear"], 1.0), slopes_of(ACTIVATIONS["relu"], 1.0)
    levels = np.linspace(0.55, 0.99, 12)
    for law, gain, exact in (
        (linear, 1.0, linear_gaussian(depth)),
        (relu, 2.0, bernoulli_gaussian(depth, 0.5)),
    ):
        found = spectrum("a law", law, depth, gain, "gaussian")
        np.testing.assert_allclose(found.quantile(levels), exact.quantile(levels), rtol=1e-9)
        assert found.edges[1] == pytest.approx(exact.edges[1], rel=1e-11)


def test_universal_edge():
    """lambda_max / (e v L) -> 1 at fixed q, with v the variance of a layer: as 1 / L."""
    law = slopes_of(ACTIVATIONS["tanh"], 0.512)
    ratios = [
        critical("tanh", 0.512, depth, "orthogonal").edges[1] / (math.e * law.spread * depth) for depth in (100, 1000)
    ]
    assert abs(ratios[1] - 1) < 2e-3 and 9 < (ratios[0] - 1) / (ratios[1] - 1) < 11


def test_against_products_of_matrices():
    """Three layers of tanh at its fixed length, N = 200: survival functions to 3 / N, and not one layer more."""
    rng = np.random.default_rng(5)
    size, depth, q = 200, 3, 0.512
    law, values = slopes_of(ACTIVATIONS["tanh"], q), []
    for _ in range(6):
        whole = np.eye(size)
        for _ in range(depth):
            basis, corner = np.linalg.qr(rng.normal(size=(size, size)))
            h = (
                math.sqrt(q)
                * math.sqrt(2)
                * np.array([float(mpmath.erfinv(2 * (k + 0.5) / size - 1)) for k in range(size)])
            )
            slope = rng.permutation(1 - np.tanh(h) ** 2) / math.sqrt(law.mean)
            whole = slope[:, None] * (basis * np.sign(np.diagonal(corner)) @ whole)
        values.append(np.linalg.svd(whole, compute_uv=False) ** 2)
    measured = np.sort(np.concatenate(values))
    places = np.quantile(measured, np.linspace(0, 1, 200)[1:-1])
    below = np.searchsorted(measured, places) / len(measured)

    def distance(found: Spectrum) -> float:
        return float(np.max(np.abs(found.cdf(places) - below)))

    assert distance(critical("tanh", q, depth, "orthogonal")) < 3 / size
    assert distance(critical("tanh", q, depth + 1, "orthogonal")) > 6 / size


def test_the_logistic_sigmoid_is_no_isometry():
    """Erratum of the page: its smallest critical point has a variance of 3.449 a layer, relu has 1."""
    found = law_of(ACTIVATIONS["sigmoid"], 45.62, 10.1492637, 5, "orthogonal")
    assert found.variance / 5 == pytest.approx(3.449, abs=2e-3)


def test_a_rapid_oscillation_is_refused_at_once():
    """phi' has ten extrema in a standard deviation and no period: its law would take minutes."""
    with pytest.raises(ArithmeticError, match="varies too fast, or too often"):
        law_of(activation("tanh(x)*sin(30*x)"), 1.1, 1.2, 50, "orthogonal")


@pytest.mark.parametrize(
    ("text", "sigma_w", "exact"),
    [
        ("tanh", "1.5", None),
        ("gelu", "2.1", None),
        ("relu", None, largest(Fraction(1, 2), 6, "orthogonal")),
        ("sin", "1.2", None),
    ],
)
def test_edges_with_proven_digits(text, sigma_w, exact):
    """Balls around the edge agree with the floats of the solver, and with the edge of relu in closed form."""
    chosen = activation(text)
    found = propagation(chosen, None if sigma_w is None else float(sigma_w), 0.0)
    weights = float(sigma_w or found.critical.sigma_w)
    starts = stationary_places(chosen, found.q_star, 6)
    proven = proven_edges(chosen, found, 6, 25, (sigma_w, None), starts)
    for kind, value in proven.items():
        law = law_of(chosen, found.q_star, weights, 6, kind)
        assert float(value) == pytest.approx(law.edges[1], rel=1e-12) and len(value.replace(".", "")) == 25
    assert set(proven) == set(WEIGHTS)
    if exact is not None:
        assert proven["orthogonal"] == exact.str(25, radius=False)


def test_the_command_proves_edges(run):
    code, out = run("tanh", "--sigma-w", "1.5", "--depth", "3", "--digits", "12")
    value = float(out.split("largest with orthogonal weights, all digits proven: ")[1].split()[0])
    tanh = ACTIVATIONS["tanh"]
    exact = law_of(tanh, propagation(tanh, 1.5, 0.0).q_star, 1.5, 3, "orthogonal")
    assert code == 0 and value == pytest.approx(exact.edges[1], rel=1e-11)
    code, out = run("tanh", "--depth", "3", "--digits", "12")
    assert code == 0 and "No digits of the edges are proven: at length zero" in " ".join(out.split())


def test_refusals():
    law = slopes_of(ACTIVATIONS["tanh"], 1.0)
    with pytest.raises(ValueError, match="weights are orthogonal or gaussian, not sparse"):
        spectrum("tanh", law, 3, 1.0, "sparse")
    with pytest.raises(ValueError, match="a depth is a whole number of layers, 2 or more with orthogonal weights"):
        spectrum("tanh", law, 1, 1.0, "orthogonal")
    with pytest.raises(ArithmeticError, match="a mean too large"):
        law_of(ACTIVATIONS["tanh"], 1.0, 1000.0, 100, "gaussian")


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def run(capsys):
    def call(*arguments: str) -> tuple[int, str]:
        code = main(["activation", *arguments])
        return code, capsys.readouterr().out

    return call


def test_the_command_on_relu(run):
    code, out = run("relu", "--depth", "10", "--json")
    found = json.loads(out)["spectrum"]
    assert code == 0 and found["layers"] == 10 and found["q"] is None
    orthogonal, gaussian = found["laws"]
    assert orthogonal["highest"] == pytest.approx(10**10 / 9**9) and orthogonal["atoms"] == [[0.0, 0.5]]
    assert gaussian["variance"] == pytest.approx(20) and orthogonal["variance"] == pytest.approx(10)
    assert 0 < gaussian["near_one"] < orthogonal["near_one"] < 0.01


def test_the_command_on_a_network(run, tmp_path):
    picture = tmp_path / "tanh.svg"
    code, out = run("tanh", "--sigma-w", "1.3", "--sigma-b", "0.2", "--depth", "8", "--plot", str(picture))
    assert code == 0 and "Squared singular values of the Jacobian, 8 layers at sigma_w = 1.3" in out
    assert "The densities of singular values:" in out and "7.4268115" in out
    drawn = picture.read_text(encoding="utf-8")
    assert "orthogonal weights" in drawn and "Gaussian weights" in drawn
    assert "bars: 8 sampled networks of width 128" in drawn


def test_sampled_networks_lie_under_the_densities():
    """Cells of the scaling table: the share of counted singular values above the mean of the law is that of the law."""
    for name, network in (("linear", (1.0, 0.0)), ("relu", (2**0.5, 0.0)), ("tanh", (1.3, 0.2))):
        found = propagation(ACTIVATIONS[name], *network)
        answer, laws = spectra(ACTIVATIONS[name], found, 3)
        counted = sampled(ACTIVATIONS[name], found, answer)
        assert len(laws) == 2
        for law, about in zip(laws, answer.laws, strict=True):
            values = counted[about.weights] ** 2
            place = 0.3 * law.mean
            assert np.mean(values > place) == pytest.approx(1 - law.cdf(place), abs=0.03)
            assert np.mean(values) == pytest.approx(law.mean, rel=0.15)


def test_the_command_at_length_zero(run, tmp_path):
    """An isometry is an arrow with its mass, over the bar of the sampled networks, which have one singular value."""
    picture = tmp_path / "tanh.svg"
    code, out = run("tanh", "--depth", "10", "--plot", str(picture))
    assert code == 0 and "1 at 1" in out and "At length zero every derivative is that at 0" in " ".join(out.split())
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.count("orthogonal weights, mass 1 at 1") == 2 and "q = 0" in drawn and "bars: 8 sampled" in drawn
    found = propagation(ACTIVATIONS["tanh"], None, 0.0)
    counted = sampled(ACTIVATIONS["tanh"], found, spectra(ACTIVATIONS["tanh"], found, 10)[0])
    np.testing.assert_allclose(counted["orthogonal"], 1, rtol=1e-12)
    assert np.std(counted["gaussian"] ** 2) > 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tanh", "comes close to it as 1 / depth only"),
        ("hard_tanh", "comes close to it more slowly than exponentially"),
        ("gelu", "does not come close to it"),
    ],
)
def test_how_fast_length_zero_is_reached(run, name, said):
    """A hard tanh cuts off the tail alone, so that lengths fall like the inverse of a logarithm; those of gelu grow."""
    assert said in " ".join(run(name, "--depth", "10")[1].split())


def test_a_kink_at_length_zero_is_one_where_the_slope_jumps(run):
    """elu has one slope at 0; selu has two, so that its law is that of a line bent in the same way."""
    code, out = run("elu", "--depth", "10")
    words = " ".join(out.split())
    assert code == 0 and "1 at 1" in words and "orthogonal weights have equal singular values there" in words
    assert "as 1 / depth^2 only" in words
    code, out = run("selu", "--depth", "10")
    assert code == 0 and "one of the two at the kink, in half of the neurons each" in " ".join(out.split())
    selu, ratio = ACTIVATIONS["selu"], 1.6732632423543772
    line = activation(f"x if x > 0 else {ratio}*x")
    weight = propagation(selu, None, 0.0).critical.sigma_w
    for weights in WEIGHTS:
        found = law_of(selu, 0.0, weight, 10, weights)
        expected = law_of(line, None, math.sqrt(2 / (1 + ratio**2)), 10, weights)
        assert found.edges == pytest.approx(expected.edges, rel=1e-9)
        assert found.variance == pytest.approx(expected.variance, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "times"), [("tanh(10*x)", 5), ("tanh(50*x)", 5), ("sigmoid(60*x)", 5), ("erf(10*x)", 20)]
)
def test_steep_activations_take_little_more_work_than_tanh(text, times, monkeypatch):
    """log phi'^2 spans thousands, that of erf 44,000; work: places worked out, and values of phi'^2 near them."""
    work, plain, pole = {"places": 0, "pairs": 0, "poles": 0}, solver._sums, solver._pole

    def sums(law: Slopes, t: np.ndarray, theta: np.ndarray) -> object:
        first, last = np.searchsorted(law.ordered[0], [t - solver.APART, t + solver.APART])
        work["places"] += len(t)
        work["pairs"] += int(np.sum(last - first))
        return plain(law, t, theta)

    def poles(lattice: Lattice, side: int, t: np.ndarray, theta: np.ndarray, start: np.ndarray) -> object:
        work["poles"] += len(t)  # of which each costs some ten evaluations of phi'^2
        return pole(lattice, side, t, theta, start)

    def of(name: str) -> dict[str, int]:
        work.update(dict.fromkeys(work, 0))
        for weights in WEIGHTS:
            found = law_of(activation(name), 2.2, 1.5, 20, weights)
            assert abs(found.mass_error) < 1e-11 and abs(found.mean_error) < 1e-11
        return dict(work)

    monkeypatch.setattr(solver, "_sums", sums)
    monkeypatch.setattr(solver, "_pole", poles)
    tanh, steep = of("tanh"), of(text)
    assert steep["places"] <= 5 * tanh["places"]
    assert steep["pairs"] + 10 * steep["poles"] <= times * (tanh["pairs"] + 10 * tanh["poles"])


def test_steep_and_oscillating_activations_take_at_most_five_times_as_long_as_tanh(run):
    """All that --depth prints, in processor time."""

    def cost(*texts: str) -> float:
        spent = []
        for text in texts:
            start = time.process_time()
            assert run(text, "--sigma-w", "1.5", "--sigma-b", "0.3", "--depth", "32")[0] == 0
            spent.append(time.process_time() - start)
        return min(spent)

    usual = cost("tanh(1.1*x)", "tanh(1.2*x)")
    for steep in ("erf(10*x)", "arctan(50*x)", "sin(30*x)", "tanh(x)*sin(10*x)"):
        assert cost(steep) <= 5 * usual, steep


@pytest.mark.parametrize(("arguments", "said"), [(("tanh", "--depth", "2000"), "1000 layers at most, not for 2000")])
def test_what_is_missing_is_said(run, arguments, said):
    code, out = run(*arguments)
    assert code == 0 and said in " ".join(out.split())


@pytest.mark.parametrize("text", ("tanh(1.0001*x)", "tanh(x) + tanh(1.37*x)", "x*tanh(log(1+exp(1.0003*x)))"))
def test_decimal_rates_are_no_polynomials_of_high_degree(text):
    """exp(1.0001 x) is not the 10001st power of exp(x / 10000), of which SymPy would take the factors for minutes."""
    start = time.process_time()
    first = activation(text).derivative(1)
    sides = [slopes_module._sided(first, side) for side in (-1, 1)]
    assert time.process_time() - start < 10
    places = np.array([0.3, 2.0])
    for side, form in zip((-1, 1), sides, strict=True):
        found = slopes_module._compiled(form)(side * places)
        np.testing.assert_allclose(found, numpy_function(activation(text), 1)(side * places), rtol=1e-12)


def test_a_narrow_bump_far_out_has_its_slope():
    """exp(-(100 x - 237)^2) is a product of numbers that float64 does not hold; phi' is finite all the same."""
    first = activation("tanh(x) + exp(-((x - 2.37) / 0.01)**2)").derivative(1)
    function = slopes_module._Logarithm(first)
    places = np.array([-3.0, -0.1, 0.1, 2.36, 2.38, 6.0])
    expected = numpy_function(activation("tanh(x) + exp(-((x - 2.37) / 0.01)**2)"), 1)(places)
    np.testing.assert_allclose(function.real(places), expected, rtol=1e-9)
    np.testing.assert_allclose(
        function.log_square(places.astype(complex)).real, 2 * np.log(np.abs(expected)), rtol=1e-9
    )


def test_poles_far_from_the_lattice_are_other_roots():
    """Newton's method for the pole of asinh may end at one where the density of h overflows: nothing warns."""
    found = propagation(activation("asinh"), 0.9, 0.4)
    with np.errstate(over="raise"):
        for weights in WEIGHTS:
            assert abs(law_of(activation("asinh"), found.q_star, 0.9, 30, weights).mean_error) < 1e-11
