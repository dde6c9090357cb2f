"""Letters that several results on deep linear networks share, beside those of `derivations.calculus.gradient_flow`."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import D, N, sigma_w

MATRICES = Parameter(symbol=D, meaning="number of matrices", domain=sp.Range(1, sp.oo), typical=(3, 9))
WEIGHT_SCALE = Parameter(
    symbol=sigma_w, meaning="standard deviation of sqrt(N) times a weight", domain=POSITIVE, typical=(0.6, 1.7)
)
OUTPUTS = Parameter(symbol=N, meaning="outputs of each matrix", domain=sp.Range(1, sp.oo), typical=(3, 40))
