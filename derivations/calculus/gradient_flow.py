"""Premises of slow learning in deep linear networks: the letters and the sentences that results on modes share.

Gradient descent on the squared error, so slow that time is continuous; a mode is what the network holds of one pair of
singular vectors of the input-output correlation. A result that restricts a letter or its range says so with
`Parameter.narrowed`.
"""

from __future__ import annotations

import sympy as sp

from derivations.statement import NONNEGATIVE, POSITIVE, Parameter
from derivations.symbols import N_l, a, a_0, a_f, lambda_, s, t, tau

TIME = Parameter(symbol=t, meaning="training time", domain=NONNEGATIVE, typical=(0.05, 4.0), unit="time")
TIME_CONSTANT = Parameter(
    symbol=tau, meaning="time constant P / lambda", domain=POSITIVE, typical=(0.4, 2.5), unit="time"
)
LEARNING_RATE = Parameter(symbol=lambda_, meaning="learning rate", domain=POSITIVE, typical=(0.01, 0.4))
LAYERS = Parameter(symbol=N_l, meaning="number of layers of neurons", domain=sp.Range(2, sp.oo), typical=(3, 9))
SINGULAR_VALUE = Parameter(
    symbol=s, meaning="singular value of the input-output correlation", domain=POSITIVE, typical=(0.3, 3.5)
)
STRENGTH = Parameter(
    symbol=a, meaning="mode strength, the product over the layers", domain=POSITIVE, typical=(0.05, 4.0)
)
INITIAL_STRENGTH = Parameter(symbol=a_0, meaning="initial mode strength", domain=POSITIVE, typical=(0.001, 0.28))
FINAL_STRENGTH = Parameter(symbol=a_f, meaning="final mode strength", domain=POSITIVE, typical=(0.4, 0.95))

SQUARED_ERROR = "The loss is half the squared error; time counts presentations, and tau = P / lambda."
SLOW = "The learning rate is so small that the weights hardly change during one pass over the examples."
WHITENED = "The inputs are whitened: the sum of x x^T over the examples is the unit matrix."
DECOUPLED = (
    "The start is decoupled: in each hidden layer every mode has a direction of its own, orthogonal to the others, and "
    "each matrix maps a mode from its direction to the next one."
)
WIDE_ENOUGH = "No hidden layer is narrower than the number of modes with a nonzero strength."
FLOW = (SQUARED_ERROR, SLOW, WHITENED, DECOUPLED, WIDE_ENOUGH)
BALANCED_PAIR = "The start is balanced: both layers carry the mode with strength sqrt(a_0)."
BALANCED_CHAIN = "The start is balanced: all N_l - 1 matrices carry the mode with the same strength."
