"""Premises of wide random networks: the letters and the sentences that results on signals and on curves share.

A layer is h = W phi(h') + b, with weights of variance sigma_w^2 / N and biases of variance sigma_b^2. A result that
restricts a letter or its range says so with `Parameter.narrowed`.
"""

from __future__ import annotations

from derivations.statement import NONNEGATIVE, POSITIVE, Parameter
from derivations.symbols import phi, q_star, sigma_b, sigma_w

ACTIVATION = Parameter(symbol=phi, meaning="activation")
WEIGHT_SCALE = Parameter(
    symbol=sigma_w, meaning="standard deviation of sqrt(N) times a weight", domain=POSITIVE, typical=(0.5, 4)
)
BIAS_SCALE = Parameter(symbol=sigma_b, meaning="standard deviation of a bias", domain=NONNEGATIVE, typical=(0.1, 1))
FIXED_LENGTH = Parameter(
    symbol=q_star, meaning="squared length per neuron, a fixed point", domain=POSITIVE, typical=(0.1, 5)
)

WIDE = "Widths go to infinity first; a limit of large depth is taken afterwards."
FRESH = "Weights and biases are independent, of mean 0, and fresh in every layer."
GAUSSIAN = "Weights and biases are independent, Gaussian, and fresh in every layer."
WIDE_AND_GAUSSIAN = (WIDE, GAUSSIAN)
