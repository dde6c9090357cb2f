"""Very deep networks learn where they start at the phase boundary, and how deep they may be elsewhere.

The slide says: "One should initialize at the phase boundary to train deep networks effectively", and names networks of
10,000 layers that were trained so (Xiao et al. 2018). Training them takes many accelerators and cannot be repeated
here: nothing below confirms or denies that number. What is repeated is the picture behind it, training accuracy over
sigma_w and depth (Schoenholz et al. 2017), with small tanh networks on digits: a ridge at the critical sigma_w that
narrows with depth. Beside their pictures stands the line 6 xi_c. Its shape is found again; its factor is not a property
of the initial weights, since the depth at which training fails moves with the number of updates, and xi_c does not.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Deep networks learn at the phase boundary",
    sentence="After a fixed number of updates the training accuracy of deep tanh networks is highest at the critical "
    "sigma_w and falls on both sides; off the critical point training fails beyond a depth, and that depth grows with "
    "the number of updates.",
    quantity="accuracy that is gained with each step of sigma_w towards its critical value, and the logarithm of the "
    "ratio of the depths at which training fails after many and after few updates",
    negative_control="Networks of 3 matrices, whose accuracy does not peak at the critical sigma_w; and the depth at "
    "which training fails measured twice after the same number of updates.",
    assumptions=(
        "Depth counts weight matrices; sigma_b^2 = 0.05, where the critical sigma_w^2 of tanh is 1.760955.",
        "Plain stochastic gradient descent with one learning rate for all networks and a gradient cut off at a norm.",
        "Networks are narrow: where the depth is no longer small against the width, failing may come from the width.",
        "The published depth 6 xi_c has the shape of what is seen here, not its size: the number 6 belongs to a budget "
        "of training, not to the initial weights.",
        "The published networks of 10,000 layers are beyond what can be run here; that statement is not examined.",
    ),
    sources=(
        Source(document="002", where="Experiments; Conclusion"),
        Source(document="schoenholz2017deep", where="experimental results, training accuracy and 6 xi_c"),
        Source(document="xiao2018dynamical", where="networks of 10,000 layers"),
    ),
    covers=("D16",),
)
