r"""Convolutional networks of any depth learn from delta-orthogonal kernels, and not from Gaussian ones.

The slide names convolutional networks of 10,000 layers that were trained from the critical point (Xiao et al. 2018).
What carries them is an initial kernel that is an orthogonal matrix in its middle and nothing around it: the Jacobian
is then close to an isometry for every pattern in space. With a length q* that shrinks with depth so that L v stays, the
gain that keeps it, a read-out scaled by its root and a learning rate like 1 / L, small networks of a hundred, a
thousand and ten thousand layers learn from digits in the same number of updates; Gaussian kernels of the same gain are
the control. The accuracy that the published networks reach after long training is not examined.
"""

from __future__ import annotations

from derivations import jacobian_spectrum
from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Ten thousand convolutional layers from delta-orthogonal kernels",
    sentence="After eighteen updates on digits tanh convolutional networks that start with delta-orthogonal kernels "
    "close to the critical point have lowered their loss by more than a tenth of a nat, at a hundred layers, and in "
    "the full profile at a thousand and at ten thousand.",
    quantity="ln 10 less the cross-entropy of the last eight minibatches, less 0.1",
    negative_control="The same networks with Gaussian kernels of the same gain, whose loss stays where it was.",
    assumptions=(
        jacobian_spectrum.DESCENT,
        "The variance of the squared singular values of all layers together is the same at all depths: q* shrinks like "
        "the root of 1 / depth. The read-out is scaled by the root of 1 / q*.",
        "Networks are narrow, with six channels; convolutions are circular, the first one of stride 2.",
        "What these networks reach after long training is not examined.",
    ),
    sources=(
        Source(document="002", where="Experiments; Conclusion"),
        Source(document="xiao2018dynamical", where="delta-orthogonal kernels, networks of 10,000 layers"),
    ),
    covers=("D16",),
)
