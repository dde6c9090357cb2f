"""Letters and sentences that several results on statistics in high dimensions share.

They belong to the review with which document 000 begins: as many data as dimensions, up to a factor that stays fixed.
"""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import N, P

alpha = sp.Symbol("alpha_P", positive=True)  # data per dimension

DIMENSION = Parameter(symbol=N, meaning="dimension", domain=sp.Range(1, sp.oo), typical=(3, 7))
EXAMPLES = Parameter(symbol=P, meaning="number of examples", domain=sp.Range(1, sp.oo), typical=(4, 9))
DENSITY = Parameter(symbol=alpha, meaning="examples per dimension", domain=POSITIVE, typical=(0.3, 3.4))
