"""Near-perfect on the training set, not so on other digits, and less so the wider the network.

The slides note the gap between training and test performance, and ask why bigger networks "have better generalization
properties than smaller ones". Both are seen with small networks on digits. That the noise of minibatches "turns out to
be beneficial to generalization performance" is not examined.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Generalization gap, and its fall with width",
    sentence="Networks that train to near-perfect performance on their digits do worse on others, and the error on "
    "others falls as the network becomes wider.",
    quantity="mean probability given to wrong labels: by how much that of the widest network is below 1/20 on its own "
    "digits and above that on others, and by how much the latter falls from each width to the next",
    negative_control="The digits of the training in the stead of others: there is no gap.",
    assumptions=(
        "A tanh network with one hidden layer of 4 to 40 neurons, plain descent on minibatches, a fixed number of "
        "epochs.",
        "The narrowest of them do not reach near-perfect performance on the training set.",
        "That the noise of minibatches helps generalization is not examined.",
    ),
    sources=(Source(document="002", where="Stochastic Gradient Descent (SGD): the generalization gap"),),
    covers=("G3",),
)
