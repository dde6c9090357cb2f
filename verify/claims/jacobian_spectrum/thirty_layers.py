"""tanh networks of thirty layers trained on digits, with two gains and two ensembles.

Three layers are the control that must not show the order. The full profile has 64 neurons on a processor, 500 on a GPU.
"""

from __future__ import annotations

from functools import partial

from derivations.jacobian_spectrum import thirty_layers
from numerics.jacobian_spectrum.learning import Kind, Training, by_device, lead_in_loss
from verify.checks import Trend
from verify.claim import Claim
from verify.references.wide_jacobians import TRAINED

FLAT, ORTHOGONAL = ([Kind(activation="tanh", orthogonal=o, gain=g) for g in (1.0, 1.1)] for o in (False, True))
PAIRS = ((FLAT[1], FLAT[0]), (ORTHOGONAL[1], ORTHOGONAL[0]), (ORTHOGONAL[1], FLAT[1]))
SMALL, MEDIUM = Training(width=32, batch=16, updates=60), Training(width=64, batch=32, updates=120)
LARGE = Training(width=500, batch=128, updates=300)  # on a GPU

lead = partial(lead_in_loss, pairs=PAIRS, constants=(1.0,))

CLAIM = Claim(
    statement=thirty_layers.STATEMENT,
    checks=(
        Trend(
            name="gain and ensemble",
            coarse=TRAINED,
            replicas=32,
            on_data=True,
            quick=partial(lead, training=SMALL, layers=30),
            control=partial(lead, training=SMALL, layers=3),
            full=partial(
                by_device,
                processor=partial(lead, training=MEDIUM, layers=30),
                gpu=partial(lead, training=LARGE, layers=30),
            ),
            full_control=partial(
                by_device,
                processor=partial(lead, training=MEDIUM, layers=3),
                gpu=partial(lead, training=LARGE, layers=3),
            ),
        ),
    ),
    convention="Thirty hidden weight matrices between the first and the last; the loss is that of the last 8 "
    "minibatches, before the network learns from them.",
    independence="Real digits; networks are trained by automatic differentiation, and nothing is fitted to a spectrum.",
)
