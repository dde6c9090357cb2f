"""Convolutional networks of a hundred to ten thousand layers trained on digits, delta-orthogonal kernels or Gaussian.

No formula enters; what is asked of the first must not be shown by the second, at the same gain and learning rate. What
depends on depth is set by what the chapter derives, with nothing fitted: the length q* gives all depths the spread
SPREAD of squared singular values, the gain is the one that keeps it without biases, the read-out is scaled to it, and
the learning rate is one over depth.
"""

from __future__ import annotations

from functools import partial

from derivations.activations import TANH
from derivations.jacobian_spectrum import deep_convolutions
from numerics.jacobian_spectrum.convolutions import gain_in_loss
from verify.checks import Trend
from verify.claim import Claim
from verify.references.wide_jacobians import TRAINED, balanced_network, length_of_spread

SPREAD = 0.55
BEYOND = "networks of thousands of layers take half a minute"


def trained(layers: int) -> tuple[partial, partial]:
    """Training of networks of so many layers, from delta-orthogonal kernels, and from Gaussian ones."""
    length = length_of_spread(TANH, SPREAD, layers)
    run = partial(
        gain_in_loss,
        gain=balanced_network(TANH, length, layers, critical=False).sigma_w,
        squared_length=length,
        layers=layers,
        channels=6,
        batch=4,
        updates=18,
        constant=0.1,
        level=0.1,
    )
    return partial(run, orthogonal=True), partial(run, orthogonal=False)


def at_depth(layers: int, replicas: int, full_only: str = "") -> Trend:
    """The check at one depth."""
    quick, control = trained(layers)
    return Trend(
        name=f"loss of {layers:,} layers",
        coarse=TRAINED,
        on_data=True,
        quick=quick,
        control=control,
        replicas=replicas,
        full_only=full_only,
    )


CLAIM = Claim(
    statement=deep_convolutions.STATEMENT,
    checks=(
        at_depth(100, replicas=24),
        at_depth(1000, replicas=16, full_only=BEYOND),
        at_depth(10_000, replicas=12, full_only=BEYOND),
    ),
    convention="Layers count hidden kernels between the first one and the linear read-out; the loss is the "
    "cross-entropy.",
    independence="Real digits; networks descend gradients by the chain rule, which a test compares with automatic "
    "differentiation, and nothing is fitted to a spectrum.",
)
