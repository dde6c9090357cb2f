r"""In several passes the sum-of-functions optimizer gets further than stochastic gradient descent at any learning rate.

The page points to it as a tool without hyperparameters to tune. It was written anew from its description: a quadratic
model of every minibatch, a step to the minimum of their sum, one minibatch a step. It is behind in the first pass,
since it has to see curvatures before it can use them. In a tanh network it then gets ahead of descent and of
saddle-free Newton on minibatches, as long as something bounds the weights. Without weight decay a network that fits all
examples has its minimum at infinity: models that are quadratic point too far there, and its loss rises again.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Sum-of-functions optimizer",
    sentence="With weight decay, after several passes, the loss of the sum-of-functions optimizer lies closer to the "
    "minimum of a convex problem than that of stochastic gradient descent at its best learning rate; in networks of "
    "tanh neurons it is smaller than those of descent and of saddle-free Newton on the same number of minibatches.",
    quantity="logarithm of the ratio of losses; above the minimum where the loss is convex",
    negative_control="One pass through the minibatches, in which the optimizer has seen hardly any curvature.",
    assumptions=(
        "The loss is the cross-entropy of digits in their leading principal components, with weight decay: without "
        "hidden layer it is convex, and the minimum is that of Newton's method on all examples. The optimizer has no "
        "learning rate.",
        "Nothing is said of networks without weight decay. Some fit all examples there, with a minimum at infinity, "
        "and the optimizer's loss rises again after it was small.",
    ),
    sources=(
        Source(document="000", where="Other Research: A Useful Tool for Optimization"),
        Source(document="sohldickstein2014fast", where="sum-of-functions optimizer"),
    ),
    covers=("F13",),
)
