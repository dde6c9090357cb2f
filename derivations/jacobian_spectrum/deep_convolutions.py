r"""A convolutional network of a hundred layers learns from delta-orthogonal kernels, and not from Gaussian ones.

The slide names convolutional networks of 10,000 layers that were trained from the critical point (Xiao et al. 2018).
What carries them is an initial kernel that is an orthogonal matrix in its middle and nothing around it: the Jacobian
is then close to an isometry for every pattern in space. A small network of a hundred layers on digits shows that;
Gaussian kernels of the same gain are the control. The depth of the slide takes accelerators; nothing here confirms or
denies that number.
"""

from __future__ import annotations

from derivations import jacobian_spectrum
from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="A hundred convolutional layers from delta-orthogonal kernels",
    sentence="After eighteen updates on digits tanh convolutional networks of a hundred layers that start with "
    "delta-orthogonal "
    "kernels close to the critical point have lowered their loss by more than a tenth of a nat.",
    quantity="ln 10 less the cross-entropy of the last eight minibatches, less 0.1",
    negative_control="The same networks with Gaussian kernels of the same gain, whose loss stays where it was.",
    assumptions=(
        jacobian_spectrum.DESCENT,
        "Networks are narrow, with six channels in the quick profile; convolutions are circular, the first one of "
        "stride 2.",
        "The published networks of 10,000 layers are beyond what the profiles run; that statement is not examined.",
    ),
    sources=(
        Source(document="002", where="Experiments; Conclusion"),
        Source(document="xiao2018dynamical", where="delta-orthogonal kernels, networks of 10,000 layers"),
    ),
    covers=("D16",),
)
