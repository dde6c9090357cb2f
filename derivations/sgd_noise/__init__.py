"""Letters and sentences that several results on the noise of stochastic gradient descent share."""

import sympy as sp

from derivations.statement import POSITIVE, Parameter, Source
from derivations.symbols import B, N, epsilon, loss

h, Gamma, s = sp.symbols("h Gamma s", positive=True)
n = sp.Symbol("n", integer=True, positive=True)

LEARNING_RATE = Parameter(symbol=epsilon, meaning="learning rate", domain=POSITIVE, typical=(0.02, 0.3))
BATCH = Parameter(symbol=B, meaning="examples in a minibatch", domain=sp.S.Naturals, typical=(3, 12))
LOSS = Parameter(symbol=loss, meaning="mean loss over the training set")
EXAMPLES = Parameter(symbol=N, meaning="examples in the training set", domain=sp.S.Naturals, typical=(40, 400))
CURVATURE = Parameter(symbol=h, meaning="curvature of the mean loss", domain=POSITIVE, typical=(0.4, 1.9))
VARIANCE = Parameter(symbol=Gamma, meaning="variance of the examples' gradients", domain=POSITIVE, typical=(5.0, 40.0))
STEPS = Parameter(symbol=n, meaning="steps from the start", domain=sp.S.Naturals, typical=(5, 40))
STIRRING = Parameter(
    symbol=s, meaning="root mean square of the noise that a step adds", domain=POSITIVE, typical=(0.3, 3)
)

WITH_REPLACEMENT = "Minibatches are drawn with replacement."
SMALL_RATE = (
    "The learning rate is small at a fixed product of learning rate and gradient covariance; the error is of first "
    "order in the learning rate if the third cumulants of the examples' gradients vanish, of order 1/2 otherwise."
)
CLOCK = "L is the mean loss and a step lasts a time equal to the learning rate, so g = epsilon/(2B)."
ADDITIVE = (
    "The losses of the examples differ by terms that are linear in the weights: their gradients vary alike everywhere."
)
STABLE = "Descent is stable: epsilon h is below 2 for every curvature h."
BOWL = "One weight in a bowl: the mean loss is h theta^2/2."
INDEPENDENT = "Minibatches are drawn independently of each other and of the weights before the step."
SMITH_LE = Source(document="smith2018bayesian", where="the noise of stochastic gradient descent and its scale")
