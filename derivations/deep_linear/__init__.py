"""Letters that several results on deep linear networks share, beside those of `derivations.calculus.gradient_flow`."""

import sympy as sp

from derivations.statement import Parameter
from derivations.symbols import D

MATRICES = Parameter(symbol=D, meaning="number of matrices", domain=sp.Range(1, sp.oo), typical=(3, 9))
