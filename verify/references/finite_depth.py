"""Fractions of singular values of very wide networks at their own number of layers, as the spectrum solver has them.

Statements about infinitely many layers are compared with networks of some. What the difference is follows from these
laws, at the depth of the networks and far out; they take the slopes of the activation and no limit. It is added to what
the formula says, whatever that is.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from numerics.solvers.spectrum import Spectrum
from numerics.solvers.spectrum_explicit import bernoulli_gaussian, bernoulli_orthogonal, linear_gaussian
from numerics.solvers.spectrum_smooth import spectrum
from verify.compile.slopes import slopes_of


def above(law: Spectrum, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """The fraction of singular values, not of their squares, above each level."""
    return 1 - law.cdf(np.square(np.asarray(levels, dtype=float)))


@functools.cache
def orthogonal_layers(activation: Activation, q: float, layers: int) -> Spectrum:
    """The law of a critical network of length q with orthogonal weights."""
    return _layers(activation, q, layers, "orthogonal")


@functools.cache
def two_slopes(spread: float, layers: int) -> Spectrum:
    """The same where half of the neurons have each of two slopes, and L times the variance of a layer is spread^2.

    What layers tend to whose slopes come near each other depends on L v alone. The first correction, of L^(-1/2), is by
    the third cumulant of the squared slopes, which two values that are alike frequent have not: this law comes near its
    limit like 1 / L.
    """
    apart = spread / np.sqrt(layers)  # of the squared slopes from their mean, as a part of it
    smaller = sp.Float(np.sqrt((1 - apart) / (1 + apart)))
    activation = Activation(
        name="two slopes", expression=sp.Piecewise((smaller * x, x < 0), (x, True)), breakpoints=(sp.Integer(0),)
    )
    return _layers(activation, 1.0, layers, "orthogonal")


@functools.cache
def gaussian_layers(activation: Activation, q: float, layers: int) -> Spectrum:
    """The same with Gaussian weights."""
    return _layers(activation, q, layers, "gaussian")


def _layers(activation: Activation, q: float, layers: int, weights: str) -> Spectrum:
    slopes = slopes_of(activation, q)
    return spectrum(activation.name, slopes, layers, 1 / slopes.mean, weights)


@functools.cache
def switched_layers(share: float, layers: int) -> Spectrum:
    """The same where that share of the slopes is 1 and the others vanish, as in hard tanh."""
    return bernoulli_orthogonal(layers, share)


@functools.cache
def switched_gaussian_layers(share: float, layers: int) -> Spectrum:
    """The same with Gaussian weights."""
    return bernoulli_gaussian(layers, share)


@functools.cache
def linear_layers(layers: int) -> Spectrum:
    """The law of a product of Gaussian matrices."""
    return linear_gaussian(layers)
