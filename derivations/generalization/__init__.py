"""Letters and sentences that several results on student and teacher share, beside those of gradient flow."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import N_1, A, O, P, s, sbar, shat

TEACHER = Parameter(symbol=sbar, meaning="singular value of the teacher", domain=POSITIVE, typical=(1.3, 3.6))
DATA = Parameter(symbol=shat, meaning="singular value of the training data", domain=POSITIVE, typical=(1.05, 3.5))
MODE = Parameter(symbol=s, meaning="singular value of a mode", domain=POSITIVE, typical=(0.4, 1.7))
OVERLAP = Parameter(
    symbol=O,
    meaning="product of the mode's overlaps with the teacher",
    domain=sp.Interval(-1, 1),
    typical=(-0.9, 0.9),
)
OUTPUTS_PER_INPUT = Parameter(symbol=A, meaning="outputs per input, N_3 / N_1", domain=POSITIVE, typical=(0.25, 2.5))
INPUTS = Parameter(symbol=N_1, meaning="number of inputs", domain=sp.S.Naturals, typical=(3, 9))
EXAMPLES = Parameter(symbol=P, meaning="number of examples", domain=sp.S.Naturals, typical=(3, 7))

CLEAN_TEST = "The test inputs are as white as those of the training data, and the test labels carry no noise."
RELATIVE_ERROR = "The error is relative to that of a student that says nothing."
EQUAL_STARTS = (
    "All modes of the data that the hidden neurons can hold start with the same strength a_0, largest ones first."
)
