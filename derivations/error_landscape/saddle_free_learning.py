r"""Saddle-free Newton learns faster than stochastic gradient descent and than damped Newton, and leaves plateaus.

The page shows this for networks on two sets of images. Here small tanh networks learn digits: from the same weights, on
the same minibatches. The decisive test is the trap: from small weights Newton's method goes to a saddle point and
stays.
Counted in minibatches saddle-free Newton is ahead; one of its steps costs dozens of gradients, and for the same
computing gradient descent is ahead at these sizes.
"""

from __future__ import annotations

from derivations import error_landscape
from derivations.statement import Observation

STATEMENT = Observation(
    module=__name__,
    title="Saddle-free Newton against descent and damped Newton",
    sentence="Early in training, after the same minibatches, saddle-free Newton has a smaller loss than stochastic "
    "gradient descent at its best learning rate and than damped Newton; it lowers the loss further where descent is "
    "switched to it, and Newton's method stays at a saddle point.",
    quantity="logarithm of the ratio of losses; for Newton's method the excess of its loss, and how negative the "
    "lowest curvature is where it ends",
    negative_control="A network without hidden layer, whose loss is convex and has no saddle points; and gradient "
    "descent that may take eight times as many minibatches, which is less computing.",
    assumptions=(
        "Losses are cross-entropies over the training set, of networks of up to a few hundred weights in the quick "
        "profile, after one course of two to six passes.",
        "Damped and saddle-free Newton choose the damping of each step that leaves the smallest loss of the minibatch.",
        "The lead is one per minibatch, not per computing: a saddle-free step in a Krylov space of order k costs k "
        "products with the Hessian, each about three gradients.",
    ),
    sources=(error_landscape.PERFORMANCE, error_landscape.DESCEND, error_landscape.IDENTIFYING),
    covers=("F6",),
)
