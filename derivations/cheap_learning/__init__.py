"""Chapter cheap_learning (document 003): what shallow and deep networks compute cheaply.

Letters that several claims of the chapter share stand here, with their meaning and domain.
"""

from __future__ import annotations

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import K, b, beta, d, h_1, h_2, h_11, h_12, h_22, k, l, lamda, n, n_1, phi

VARIABLES = Parameter(symbol=n, meaning="number of variables", domain=sp.Range(1, sp.oo), typical=(3, 6))
DEGREE = Parameter(symbol=d, meaning="degree of a polynomial", domain=sp.Range(1, sp.oo), typical=(3, 6))
FACTORS = Parameter(symbol=k, meaning="bits of a product", domain=sp.Range(1, sp.oo), typical=(3, 8))
ONES = Parameter(symbol=n_1, meaning="bits that are one", domain=sp.Range(0, sp.oo), typical=(3, 7))
STEEPNESS = Parameter(symbol=beta, meaning="scale of a neuron's weights and bias", domain=POSITIVE, typical=(0.7, 5))
ACTIVATION = Parameter(symbol=phi, meaning="activation, six times continuously differentiable")
BIAS = Parameter(symbol=b, meaning="bias of the four hidden neurons", domain=sp.Reals, typical=(0.4, 1.9))
SCALE = Parameter(symbol=lamda, meaning="scale of the input weights", domain=POSITIVE, typical=(0.05, 0.45))
COUPLING = Parameter(symbol=K, meaning="coupling of neighbouring spins", domain=POSITIVE, typical=(0.3, 1.6))
STEPS = Parameter(symbol=l, meaning="number of steps", domain=sp.Range(1, sp.oo), typical=(3, 6))
LINEAR = tuple(
    Parameter(symbol=letter, meaning=f"coefficient of y_{j}", domain=sp.Reals, typical=(0.3, 1.2))
    for j, letter in ((1, h_1), (2, h_2))
)
SQUARES = tuple(
    Parameter(symbol=letter, meaning=f"coefficient of y_{j}^2", domain=POSITIVE, typical=(0.6, 1.5))
    for j, letter in ((1, h_11), (2, h_22))
)
MIXED = Parameter(symbol=h_12, meaning="coefficient of y_1 y_2", domain=sp.Reals, typical=(0.3, 0.9))
