"""Convolutional networks of a hundred layers trained on digits, from delta-orthogonal and from Gaussian kernels.

No formula enters; what is asked of the first must not be shown by the second, at the same gain and learning rate.
"""

from __future__ import annotations

from functools import partial

from derivations.jacobian_spectrum import deep_convolutions
from numerics.jacobian_spectrum.convolutions import gain_in_loss
from verify.checks import Trend
from verify.claim import Claim
from verify.references.wide_jacobians import TRAINED

quick = partial(gain_in_loss, gain=1.02, layers=100, channels=6, batch=4, updates=18, constant=1.0, level=0.1)
full = partial(gain_in_loss, gain=1.01, layers=300, channels=16, batch=16, updates=60, constant=1.0, level=0.1)

CLAIM = Claim(
    statement=deep_convolutions.STATEMENT,
    checks=(
        Trend(
            name="loss after eighteen updates",
            coarse=TRAINED,
            replicas=16,
            on_data=True,
            quick=partial(quick, orthogonal=True),
            control=partial(quick, orthogonal=False),
            full=partial(full, orthogonal=True),
            full_control=partial(full, orthogonal=False),
        ),
    ),
    convention="Layers count hidden kernels between the first one and the linear read-out; the loss is the "
    "cross-entropy.",
    independence="Real digits; networks are trained by automatic differentiation, and nothing is fitted to a spectrum.",
)
