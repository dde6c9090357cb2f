"""The float64 solvers next to what users would take instead, neural-tangents and dks: their ways, their warm timings.

It needs packages of its own (peers.txt): an environment with both, or every test here is skipped. Agreement is checked
before anything is timed.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from derivations.activations import ACTIVATIONS
from numerics.solvers import hermite
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.kernel import kernel
from numerics.solvers.kernel_shaping import kernel_shaped, tailored
from numerics.solvers.length import lengths
from numerics.solvers.moments import moments
from numerics.solvers.tangent import pair_averages, tangent
from tests.benchmarks.test_solvers import BIASES, SIDE, WEIGHTS, covariance, phi
from tests.test_solvers import certified
from verify.activation.closed_form import closed_form
from verify.activation.reading import activation
from verify.compile import mpmath_function
from verify.compile.nonlinearity import nonlinearity

SIGMA_W, SIGMA_B = 1.4, 0.1
CLOCK = time.process_time  # both sides have one thread, and the machine may have other work
pytestmark = pytest.mark.timeout(0)  # dks takes minutes, and the clock on the wall does not count


@pytest.fixture(scope="module")
def peer() -> SimpleNamespace:
    """neural-tangents in double precision, with what is used of JAX."""
    tangents = pytest.importorskip("neural_tangents", reason="peers are not installed: tests/benchmarks/peers.txt")
    import jax

    jax.config.update("jax_enable_x64", True)
    return SimpleNamespace(jax=jax, np=jax.numpy, stax=tangents.stax, Kernel=tangents.Kernel)


def of_covariance(peer: SimpleNamespace, covariance: object, ntk: object = None) -> object:
    """An input of neural-tangents that has this covariance, and this tangent kernel."""
    count = covariance.shape[0]
    return peer.Kernel(
        cov1=peer.np.diag(covariance),
        cov2=None,
        nngp=covariance,
        ntk=ntk,
        is_gaussian=True,
        is_reversed=False,
        is_input=True,
        diagonal_batch=True,
        diagonal_spatial=False,
        shape1=(count, 1),
        shape2=(count, 1),
        x1_is_x2=True,
        batch_axis=0,
        channel_axis=1,
        mask1=None,
        mask2=None,
    )


def erf_networks(peer: SimpleNamespace) -> dict[str, Callable]:
    """(sigma_w, sigma_b) -> q*, chi1 or c* of error functions, on grids, compiled.

    As its notebook on the phase diagram has it: Newton's method and derivatives of its kernels, one function a number,
    each with its own search for q*.
    """
    jax, jnp, stax = peer.jax, peer.np, peer.stax

    def fixed_point(map_: Callable, start: object) -> object:
        slope = jax.grad(lambda value: map_(value) - value)
        return jax.lax.while_loop(  # at most 40 steps: near the critical line Newton's method does not settle
            lambda state: (jnp.abs(state[0] - state[1]) > 1e-7) & (state[2] < 40),
            lambda state: (state[0] - (map_(state[0]) - state[0]) / slope(state[0]), state[0], state[2] + 1),
            (start, 0.0, 0),
        )[0]

    def length(sigma_w: object, sigma_b: object) -> object:
        layer = stax.serial(stax.Erf(), stax.Dense(1, sigma_w, sigma_b))[2]
        largest = sigma_w**2 + sigma_b**2  # from here Newton's method falls onto q*
        return fixed_point(lambda q: layer(of_covariance(peer, jnp.array([[q]]))).nngp[0, 0], largest)

    def correlation(sigma_w: object, sigma_b: object) -> Callable:
        layer, q = stax.serial(stax.Erf(), stax.Dense(1, sigma_w, sigma_b))[2], length(sigma_w, sigma_b)
        return lambda c: layer(of_covariance(peer, jnp.array([[q, q * c], [q * c, q]]))).nngp[0, 1] / q

    numbers = {
        "q*": length,
        "chi1": lambda *network: jax.grad(correlation(*network))(1.0),
        "c*": lambda *network: fixed_point(correlation(*network), 0.1),
    }
    on_grids = {name: jax.jit(jax.vmap(jax.vmap(f, (None, 0)), (0, None))) for name, f in numbers.items()}
    return {name: functools.partial(f, WEIGHTS[:, 0], BIASES) for name, f in on_grids.items()}


def test_lengths_of_erf_on_a_grid(peer, ratio):
    """Goal: q* and chi1 of 200 x 200 networks of error functions, at least 4 times as fast."""
    theirs, at = erf_networks(peer), lengths(phi("erf"), WEIGHTS, BIASES)
    np.testing.assert_allclose(theirs["q*"](), at.q, rtol=1e-9)
    np.testing.assert_allclose(theirs["chi1"](), at.chi1, rtol=1e-6)
    ratio(
        lambda: lengths(phi("erf"), WEIGHTS, BIASES),
        lambda: peer.jax.block_until_ready((theirs["q*"](), theirs["chi1"]())),
        CLOCK,
        goal=4,
    )


def test_correlations_of_erf_on_a_grid(peer, ratio):
    """Goal: c* of the same networks, lengths included on both sides, at least 4 times as fast."""
    theirs = erf_networks(peer)["c*"]

    def ours() -> np.ndarray:
        at = lengths(phi("erf"), WEIGHTS, BIASES)
        return fixed_correlations(phi("erf"), at.q, WEIGHTS, at.chi1).c

    chaotic = lengths(phi("erf"), WEIGHTS, BIASES).chi1 > 1.05  # elsewhere its Newton steps leave the interval
    np.testing.assert_allclose(np.asarray(theirs())[chaotic], ours()[chaotic], rtol=1e-6)
    ratio(ours, lambda: peer.jax.block_until_ready(theirs()), CLOCK, goal=4)


@pytest.mark.parametrize("name", ["relu", "erf"])
def test_kernel_with_closed_form(peer, ratio, name):
    """Goal: N = 1000, 32 layers, at least 15 (relu) and 20 (erf) times faster."""
    activation = {"relu": peer.stax.Relu, "erf": peer.stax.Erf}[name]()
    layers = peer.stax.serial(*[activation, peer.stax.Dense(1, SIGMA_W, SIGMA_B)] * 32)[2]
    theirs = peer.jax.jit(lambda first: layers(of_covariance(peer, first)).nngp)
    first = covariance(1000)
    np.testing.assert_allclose(theirs(first), kernel(phi(name), first, SIGMA_W, SIGMA_B, 32), rtol=1e-10)
    ratio(
        lambda: kernel(phi(name), first, SIGMA_W, SIGMA_B, 32),
        lambda: theirs(first).block_until_ready(),
        CLOCK,
        count=5,
        goal={"relu": 15, "erf": 20}[name],
    )


def test_kernel_of_tanh(peer, ratio):
    """Goal: N = 200, general norms: 50 times faster than 25 Gauss-Hermite nodes, and right to 1e-10, which those are
    not."""
    jnp, first = peer.np, covariance(200)
    with pytest.warns(UserWarning):  # it warns of its own error, which is printed below
        numerical = peer.stax.ElementwiseNumerical(jnp.tanh, deg=25)
    layer = peer.stax.serial(numerical, peer.stax.Dense(1, SIGMA_W, SIGMA_B))[2]
    theirs = peer.jax.jit(lambda matrix: layer(of_covariance(peer, matrix)).nngp)
    ours = kernel(phi("tanh"), first, SIGMA_W, SIGMA_B, 1)
    for i, j in ((0, 0), (0, 1), (17, 120), (199, 3)):
        expected = by_quadrature(first[i, i], first[j, j], first[i, j])
        assert abs(ours[i, j] - expected) <= 1e-10 * abs(expected)
    deviation = np.max(np.abs(np.asarray(theirs(first)) - ours)) / np.max(np.abs(ours))
    print(f"\nlargest deviation of 25 nodes, in units of the largest entry: {deviation:.1e}")
    ratio(
        lambda: kernel(phi("tanh"), first, SIGMA_W, SIGMA_B, 1),
        lambda: theirs(first).block_until_ready(),
        CLOCK,
        count=3,
        goal=50,
    )


def by_quadrature(first: float, second: float, covariance: float) -> float:
    """One entry of the kernel of tanh by tanh-sinh quadrature over two Gaussian variables."""
    import mpmath

    value, root = mpmath_function(ACTIVATIONS["tanh"]), mpmath.sqrt(first)
    along, across = covariance / root, mpmath.sqrt(max(second - covariance**2 / first, 0))

    def inner(z: object) -> object:
        if not across:
            return value(along * z)
        return mpmath.quad(lambda y: value(along * z + across * y) * mpmath.npdf(y), [-10, -3, 0, 3, 10])

    average = mpmath.quad(lambda z: value(root * z) * inner(z) * mpmath.npdf(z), [-10, -3, 0, 3, 10])
    return float(SIGMA_B**2 + SIGMA_W**2 * average)


# One layer of neural-tangents and the same for us; what its kernels need, in its own parameters.
LAYERS: dict[str, tuple[Callable, str]] = {
    "erf": (lambda s: s.Erf(), "erf(x)"),
    "sigmoid-like": (lambda s: s.Sigmoid_like(), "0.5*erf(x/2.40205635317) + 0.5"),
    "gelu": (lambda s: s.Gelu(), "gelu(x)"),
    "sin": (lambda s: s.Sin(), "sin(x)"),
    "cos": (lambda s: s.Cos(), "cos(x)"),
    "scaled sine": (lambda s: s.Sin(1.3, 0.7, -0.4), "1.3*sin(0.7*x - 0.4)"),
    "rbf": (lambda s: s.Rbf(0.7), "sqrt(2)*sin(sqrt(1.4)*x + pi/4)"),
    "relu": (lambda s: s.Relu(), "relu(x)"),
    "leaky relu": (lambda s: s.LeakyRelu(0.1), "x if x > 0 else 0.1*x"),
    "abs": (lambda s: s.Abs(), "abs(x)"),
    "abrelu": (lambda s: s.ABRelu(-0.3, 1.7), "-0.3*min(x,0) + 1.7*max(x,0)"),
    "gaussian": (lambda s: s.Gaussian(), "exp(-x**2)"),
    "exp": (lambda s: s.Exp(0.7, 0.4), "0.7*exp(0.4*x)"),
    "cubic": (lambda s: s.Monomial(3), "x**3"),
    "rectified 2": (lambda s: s.RectifiedMonomial(2), "max(x,0)**2"),
    "rectified 3": (lambda s: s.RectifiedMonomial(3), "max(x,0)**3"),
}
DEEP = {"cubic": (0.2, 0.5), "rectified 2": (0.5, 0.3), "rectified 3": (0.2, 0.4), "exp": (0.5, 0.2)}
"""Weights and biases with which lengths stay finite through 30 layers; elsewhere 0.9 and 0.2."""
BENT = ("relu", "leaky relu", "abs", "abrelu")


@pytest.mark.parametrize("name", LAYERS)
def test_kernels_agree_through_thirty_layers(peer, benchmark, name):
    """Covariances and tangent kernels of its closed forms, to 1e-12; rectified monomials have NaN on its diagonal.

    Of bent lines it takes the angle between nearly equal inputs from the cosine, acos(1 - 1e-16) = 1.5e-8, and its
    tangent kernels are right to 1e-8 there; what two equal inputs must give is known without it.
    """
    make, text = LAYERS[name]
    weight, bias = DEEP.get(name, (0.9, 0.2))
    q, c = 0.8, np.array([0.3, -0.5, 0.95])
    first = np.eye(4) * q
    first[0, 1:] = first[1:, 0] = q * c
    layer = peer.stax.serial(make(peer.stax), peer.stax.Dense(1, weight, bias))[2]
    step = peer.jax.jit(lambda *pair: [getattr(layer(of_covariance(peer, *pair)), kind) for kind in ("nngp", "ntk")])
    theirs = [first, first]
    for _ in range(30):
        theirs = step(*theirs)
    phi, form = nonlinearity(activation(text)), closed_form(activation(text)).kernel
    if name == "sigmoid-like":  # its constant has more digits than are typed
        form = replace(form, inner=1 / 2.4020563531719796)
    at = tangent(phi, form, q, c, weight, bias, 30)
    length = known = q
    for _ in range(30):
        averages = moments(phi, length)
        length = bias**2 + weight**2 * float(averages.square)
        known = length + weight**2 * float(averages.gradient) * known
    assert at.q[-1] == pytest.approx(length, rel=1e-12) and at.ntk_alike[-1] == pytest.approx(known, rel=1e-12)
    answers = zip(theirs, (at.q[-1], at.ntk_alike[-1]), (at.nngp[-1], at.ntk[-1]), (1e-12, 2e-8), strict=True)
    for found, alike, apart, bent in answers:
        close = bent if name in BENT else 1e-12
        if name.startswith("rectified"):
            assert np.isnan(found[0, 0]) and np.isfinite(alike)
        else:
            np.testing.assert_allclose(np.asarray(found)[0], [alike, *apart], rtol=close, atol=close * alike)
    benchmark.pedantic(lambda: tangent(phi, form, q, c, weight, bias, 30), rounds=3)


# ------------------------------------------------------------------------------------------------ dks


@pytest.fixture(scope="module")
def shaping() -> ModuleType:
    """dks, whose rule has 100 000 Gauss and Legendre nodes on [-10, 10]."""
    pytest.importorskip("dks", reason="peers are not installed: tests/benchmarks/peers.txt")
    from dks.base import activation_transform

    return activation_transform


def of_variance(shaping: ModuleType, name: str, q: float) -> Callable:
    """Its activation of an input of variance q: its averages are those at variance 1."""
    value, root = shaping._get_numpy_activation_function(name), np.sqrt(q)
    return lambda x: value(root * x)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ("tanh", "gelu"))
def test_averages_on_a_grid(shaping, ratio, name):
    """Goal: E phi^2, its slope and E phi'^2 of 200 x 200 variances, 1e5 times faster: 1e-13 where dks has 1e-11."""
    theirs = {"gelu": "gelu_exact"}.get(name, name)
    grid, some = np.geomspace(0.1, 16, SIDE * SIDE), (0.1, 1.0, 4.0, 16.0)
    worst = np.zeros(2)
    for q in some:
        at = moments(phi(name), q)
        exact = [certified(name, average, repr(q)) for average in ("square", "square_slope", "gradient")]
        h = of_variance(shaping, theirs, q)
        peers = (
            shaping._calc_c_map(h, q_output=1),
            shaping._calc_q_slope_1(h) / q,
            shaping._calc_c_slope(h, q_output=1) / q,
        )
        for k, found in enumerate(((at.square, at.slope, at.gradient), peers)):
            worst[k] = max(worst[k], *(abs(float(f) / e - 1) for f, e in zip(found, exact, strict=True)))
    print(f"\nlargest relative error: ours {worst[0]:.1e}, dks {worst[1]:.1e}")
    assert worst[0] <= 1e-13

    def reference() -> None:
        for q in some:
            h = of_variance(shaping, theirs, q)
            shaping._calc_c_map(h, q_output=1), shaping._calc_q_slope_1(h), shaping._calc_c_slope(h, q_output=1)

    once = "the nodes of each octave of variances, and the series in ln q made of them"
    ratio(lambda: moments(phi(name), grid), reference, CLOCK, len(grid) / len(some), goal=1e5, once=once)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ("tanh", "relu"))
def test_correlation_map(shaping, ratio, name):
    """Goal: the map at 21 correlations, nothing remembered, 1000 times faster."""
    places = np.linspace(0.02, 0.98, 21)
    form = closed_form(activation(name))
    h, closed = shaping._get_numpy_activation_function(name), form.kernel if form else None

    def ours() -> np.ndarray:
        hermite._projected.cache_clear()
        return pair_averages(phi(name), closed, 1.0, places) / moments(phi(name), 1.0).square

    found = shaping._calc_c_map(h, c=places[10], q_output=float(moments(phi(name), 1.0).square))
    assert ours()[10] == pytest.approx(found, abs=1e-11 if name == "tanh" else 1e-8)
    ratio(ours, lambda: shaping._calc_c_map(h, c=places[10], q_output=0.5), CLOCK, len(places), 3, goal=1000)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ("TAT", "DKS"))
def test_parameters_of_transformations(shaping, ratio, method):
    """Goal: of one activation for 20 layers, equal to 1e-8 at the same local target, 60 times faster (TAT)."""
    names = {"TAT": {"tanh": "tanh"}, "DKS": {"gelu": "gelu_exact"}}[method]
    chain = {"max_slope_func": lambda s: s**20, "max_curv_func": lambda s: 20 * s}
    # Its local target is the end of a bisection, 1e-8 of the network's away from 0.3 / 20 or 1.5^(1/20).
    if method == "TAT":
        target, solve = shaping._compute_local_c_curv_target(chain["max_curv_func"], 0.3), tailored
    else:
        target, solve = shaping._compute_local_c_slope_1_target(chain["max_slope_func"], 1.5), kernel_shaped

    def reference() -> list[dict[str, float]]:
        return list(shaping._get_activations_params([*names.values()], method=method, **chain).values())

    start = CLOCK()
    answers = reference()
    spent = CLOCK() - start
    for name, theirs in zip(names, answers, strict=True):
        found, ours = solve(phi(name), target), ("alpha", "beta", "gamma", "delta")
        expected = [theirs[key] for key in ("input_scale", "input_shift", "output_scale", "output_shift")]
        np.testing.assert_allclose([getattr(found, key) for key in ours], expected, rtol=1e-8, atol=1e-8)
    print(f"\none call of the reference: {spent:.1f} s")
    goal = 60 if method == "TAT" else None
    ratio(lambda: [solve(phi(name), target) for name in names], reference, CLOCK, count=2, goal=goal)
