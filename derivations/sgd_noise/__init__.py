"""Letters and sentences that several results on the noise of stochastic gradient descent share."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter
from derivations.symbols import B, N, epsilon, loss

LEARNING_RATE = Parameter(symbol=epsilon, meaning="learning rate", domain=POSITIVE, typical=(0.02, 0.3))
BATCH = Parameter(symbol=B, meaning="examples in a minibatch", domain=sp.S.Naturals, typical=(3, 12))
LOSS = Parameter(symbol=loss, meaning="mean loss over the training set")
EXAMPLES = Parameter(symbol=N, meaning="examples in the training set", domain=sp.S.Naturals, typical=(40, 400))

WITH_REPLACEMENT = "Minibatches are drawn with replacement."
SMALL_RATE = (
    "The learning rate is small at a fixed product of learning rate and gradient covariance; the error is of first "
    "order in the learning rate if the third cumulants of the examples' gradients vanish, of order 1/2 otherwise."
)
CLOCK = "L is the mean loss and a step lasts a time equal to the learning rate, so g = epsilon/(2B)."
