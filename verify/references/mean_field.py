"""Fixed points of mean-field maps of wide random networks, as balls with proven digits."""

from __future__ import annotations

import functools
from typing import Any

import sympy as sp

from derivations.activations import Activation
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter
from derivations.symbols import phi, q, sigma_b, sigma_w, x, z
from verify import certify
from verify.compile import Candidate

FLOAT_STEPS = 8
POSITIVE = sp.Interval.open(0, sp.oo)
PARAMETERS = (
    Parameter(symbol=phi, meaning="activation"),
    Parameter(
        symbol=sigma_w, meaning="standard deviation of sqrt(N) times a weight", domain=POSITIVE, typical=(0.5, 4)
    ),
    Parameter(symbol=sigma_b, meaning="standard deviation of a bias", domain=sp.Interval(0, sp.oo), typical=(0.1, 1)),
    Parameter(symbol=q, meaning="squared length per neuron", domain=POSITIVE, typical=(0.1, 5)),
)
_FIELD = sp.sqrt(q) * z
_LENGTH = sigma_b**2 + sigma_w**2 * GaussE(phi(_FIELD) ** 2, z)
_SLOPE = sigma_w**2 * GaussE(phi(_FIELD) * phi(x).diff(x).subs(x, _FIELD) * z / sp.sqrt(q), z)


@functools.lru_cache(maxsize=64)
def length_fixed_point(activation: Activation, weight: str, bias: str, guess: str, bits: int = 140) -> Any:
    """Enclosure of the length q* that a wide network keeps from layer to layer, proven unique in the ball.

    `weight` and `bias` are sigma_w and sigma_b as decimal text, `guess` a value near q*. The map
    V(q) = sigma_b^2 + sigma_w^2 E phi(sqrt(q) z)^2 is evaluated in ball arithmetic, as is its slope. Raises
    ArithmeticError where no unique root is proved near the guess. Source: document 001, signal propagation; Poole et
    al. 2016, section 2.
    """
    length, slope = Candidate((_LENGTH,), (), PARAMETERS), Candidate((_SLOPE,), (), PARAMETERS)
    known = {"phi": activation, "sigma_w": weight, "sigma_b": bias}
    start = float(guess)
    for _ in range(FLOAT_STEPS):  # Newton in float64, so that few steps in balls are left
        error = float(length.numpy(q=start, **known)) - start
        start -= error / (float(slope.numpy(q=start, **known)) - 1)
    return certify.root(
        lambda v: length.arb(bits, q=v, **known) - v, lambda v: slope.arb(bits, q=v, **known) - 1, repr(start), bits
    )
