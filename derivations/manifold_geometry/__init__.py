"""Letters that several results on curves share, beside those of `derivations.calculus.mean_field`."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import R, chi_1, l

LAYER = Parameter(symbol=l, meaning="number of the layer", domain=sp.Range(1, sp.oo), typical=(3, 12))
STRETCH = Parameter(symbol=chi_1, meaning="squared stretch", domain=POSITIVE, typical=(0.3, 4))
RANGE = Parameter(symbol=R, meaning="range of the activation", domain=POSITIVE, typical=(0.3, 4))

FIXED_POINT = (
    "q* is a fixed point of the length map for the bias variance in use, and the input has this length per neuron."
)
NORMALISED = "gbar = g^E / N and kappabar = sqrt(N) kappa at every layer; on the great circle both start from q*."
SMOOTH = "phi has a continuous second derivative and grows at most exponentially."
