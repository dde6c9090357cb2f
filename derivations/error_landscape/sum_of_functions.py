r"""The sum-of-functions optimizer comes closer to a minimum than stochastic gradient descent at any learning rate.

The page points to it as a tool without hyperparameters to tune. It was written anew from its description: a quadratic
model of every minibatch, a step to the minimum of their sum, one minibatch a step. Where the loss is convex it finds
the minimum in a few passes; what it knows of curvatures it has to see first, so that it is behind in the first pass.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Sum-of-functions optimizer",
    sentence="After five passes the loss of the sum-of-functions optimizer lies closer to the minimum of a convex "
    "problem than that of stochastic gradient descent at its best learning rate.",
    quantity="logarithm of the ratio of the two losses, above the minimum",
    negative_control="One pass through the minibatches, in which the optimizer has seen hardly any curvature.",
    assumptions=(
        "The loss is the cross-entropy of digits in their leading principal components, without hidden layer, with "
        "weight decay; the minimum is that of Newton's method on all examples. The optimizer has no learning rate.",
    ),
    sources=(
        Source(document="000", where="Other Research: A Useful Tool for Optimization"),
        Source(document="sohldickstein2014fast", where="sum-of-functions optimizer"),
    ),
    covers=("F13",),
)
