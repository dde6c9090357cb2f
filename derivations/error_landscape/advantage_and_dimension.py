r"""Whether the lead of saddle-free Newton grows with the number of weights: early in training, and per minibatch only.

The page says that the advantage increases with the dimensionality of the problem. Small networks on digits show this
after two passes through the training set. It is no law: many passes later the lead no longer grows with the number of
weights, and for the same computing gradient descent is ahead, the more so the larger the network is.
"""

from __future__ import annotations

from derivations import error_landscape
from derivations.statement import Observation

STATEMENT = Observation(
    module=__name__,
    title="Lead of saddle-free Newton and number of weights",
    sentence="After two passes through the training set the lead of saddle-free Newton over stochastic gradient "
    "descent, in the logarithm of the loss, is larger for a larger network.",
    quantity="growth of the logarithm of the ratio of losses from the smaller to the larger network",
    negative_control="Gradient descent that may take eight times as many minibatches, which is less computing.",
    assumptions=(
        "The larger network has more inputs and more hidden neurons. Nothing is said of more passes, after which "
        "the lead does not grow with the number of weights at these sizes, nor of networks beyond a thousand weights.",
    ),
    sources=(error_landscape.PERFORMANCE,),
    covers=("F6",),
)
