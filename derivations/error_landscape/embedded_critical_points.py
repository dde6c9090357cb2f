r"""In a nonlinear network, too, critical points of higher loss have more negative curvatures.

A network with a silent hidden neuron, one without any weights, is at a critical point wherever the smaller network is:
tanh of zero is zero, so that neither of its weights has a slope while the other is zero. All negative curvatures come
from what such neurons could learn. The page's figure shows critical points of deep networks, found by Newton's method;
here the whole ladder from one live neuron to all of them is known to be critical to rounding.
"""

from __future__ import annotations

from derivations import error_landscape
from derivations.statement import Observation

STATEMENT = Observation(
    module=__name__,
    title="Critical points of a nonlinear network",
    sentence="Critical points of a tanh network that classifies digits, in which fewer hidden neurons are live, have a "
    "higher loss and more negative curvatures.",
    quantity="fall of the loss, and of the number of negative curvatures, from each number of live neurons to the next",
    negative_control="The same points within the smaller networks of their live neurons, where they are minima.",
    assumptions=(
        "Smaller networks are trained to a minimum of the cross-entropy with weight decay on the same digits; "
        "gradients of the whole network vanish to rounding there.",
        "These are not all critical points, and no sample of them: how likely training meets each is not said.",
    ),
    sources=(error_landscape.OF_A_NETWORK,),
    covers=("F3",),
)
