"""Position, velocity and acceleration of a curve through a random network, against a pass of the positions alone."""

from __future__ import annotations

import time

import numpy as np
import pytest

from derivations.activations import TANH
from numerics.backend import load_torch
from numerics.manifold_geometry.random_network import through_layer
from verify.compile import numpy_function

WIDTH, LAYERS, SIGMA_W, SIGMA_B = 1000, 6, 2.5, 0.3
DERIVATIVES = tuple(numpy_function(TANH, k) for k in range(3))


@pytest.fixture(scope="module", params=[16, 64], ids="{} points".format)
def network(request):
    """Weights and biases of every layer, and the jet of a circle."""
    generator = np.random.default_rng(12)
    weights = [generator.standard_normal((WIDTH, WIDTH)) * SIGMA_W / np.sqrt(WIDTH) for _ in range(LAYERS)]
    biases = [SIGMA_B * generator.standard_normal((WIDTH, 1)) for _ in range(LAYERS)]
    frame, _ = np.linalg.qr(generator.standard_normal((WIDTH, 2)))
    angles = 2 * np.pi * np.arange(request.param) / request.param
    cosine, sine = np.cos(angles), np.sin(angles)
    plane = 2 * np.sqrt(WIDTH) * frame
    return weights, biases, (plane @ [cosine, sine], plane @ [-sine, cosine], plane @ [-cosine, -sine])


def curvature_pass(network):
    weights, biases, jet = network
    for w, b in zip(weights, biases, strict=True):
        jet = through_layer(jet, w, b, DERIVATIVES)
    return jet


def test_curvature_pass(ratio, network):
    """Velocity and acceleration against a forward pass, in processor time: at most 2.8 of it."""
    weights, biases, (circle, _, _) = network
    phi = DERIVATIVES[0]

    def forward():
        h = circle
        for w, b in zip(weights, biases, strict=True):
            h = w @ phi(h) + b
        return h

    ratio(lambda: curvature_pass(network), forward, clock=time.process_time, goal=1 / 2.8)
    np.testing.assert_allclose(curvature_pass(network)[0], forward(), rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # inside torch.func.jvp
def test_agreement_with_nested_differentiation(network):
    """Goal: velocity and acceleration as forward differentiation applied twice gives them, to 1e-12."""
    torch = load_torch()
    weights, biases, (circle, velocity, _) = network
    layers = [(torch.as_tensor(w), torch.as_tensor(b)) for w, b in zip(weights, biases, strict=True)]
    plane = torch.as_tensor(np.stack([circle[:, 0], velocity[:, 0]], axis=1))  # along cosine and sine

    def curve(angle):
        h = plane @ torch.stack([torch.cos(angle), torch.sin(angle)])
        for w, b in layers:
            h = w @ torch.tanh(h) + b
        return h

    points = circle.shape[1]
    angles = torch.arange(points, dtype=torch.float64) * (2 * np.pi / points)
    one = torch.ones_like(angles)

    def speed(angle):
        return torch.func.jvp(curve, (angle,), (one,))[1]

    v, a = torch.func.jvp(speed, (angles,), (one,))
    for ours, theirs in zip(curvature_pass(network)[1:], (v, a), strict=True):
        scale = float(torch.max(torch.abs(theirs)))
        assert np.max(np.abs(ours - theirs.numpy())) <= 1e-12 * scale
