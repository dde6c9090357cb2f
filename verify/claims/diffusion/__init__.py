"""Chapter diffusion: noise that is added step by step, and models that take it away again."""

from __future__ import annotations

import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from verify.compile import numpy_function

CONVENTION = "A step keeps sqrt(1 - beta) of what was there and adds Gaussian noise of variance beta; nats."
STEPS = (0.04, 0.02, 0.01, 0.005)  # variances that steps add
FULL_STEPS = (0.02, 0.01, 0.005, 0.0025)

DOUBLE_WELL = Activation(name="tilted double well", expression=x**4 / 4 - 3 * x**2 / 5 + x / 3)
UNEVEN = Activation(name="uneven bowl", expression=x**2 / 2 + sp.sin(2 * x) * 3 / 7 + sp.log(1 + x**2) / 5)
ENERGIES = (DOUBLE_WELL, UNEVEN)
LOG_DENSITIES = tuple(numpy_function(Activation(name=f"minus {e.name}", expression=-e.expression)) for e in ENERGIES)


def shares(betas: np.ndarray) -> np.ndarray:
    """What is left of the variance of the data after no step, after one, after two ..."""
    return np.concatenate([[1.0], np.cumprod(1 - betas)])


TRAINED = "Few small networks are trained for a short time, enough to see that they lead and not by how much."
