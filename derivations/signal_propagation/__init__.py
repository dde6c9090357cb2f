"""Letters that several results on signals share, beside those of `derivations.calculus.mean_field`."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import N, V_l, c, c_star, l

CORRELATION = Parameter(symbol=c, meaning="correlation of two inputs", domain=sp.Interval(-1, 1), typical=(-0.9, 0.9))
FIXED_CORRELATION = Parameter(
    symbol=c_star, meaning="correlation that two inputs approach", domain=sp.Interval(-1, 1), typical=(-0.9, 0.9)
)
VARIANCE = Parameter(symbol=V_l, meaning="variance of a preactivation", domain=POSITIVE, typical=(0.1, 5))
INPUTS = Parameter(symbol=N, meaning="inputs of a neuron", domain=sp.Range(1, sp.oo), typical=(3, 60))
LAYER = Parameter(symbol=l, meaning="number of the layer", domain=sp.Range(1, sp.oo), typical=(3, 9))
