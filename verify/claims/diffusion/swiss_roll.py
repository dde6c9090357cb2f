"""Networks trained on a Swiss roll, judged by bound and energy distance; and a row of frames from noise to data.

Gaussian data of the same mean and covariance are the control that must not show an advantage.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.diffusion import swiss_roll
from numerics.diffusion.networks import Architecture
from numerics.diffusion.trained import lead_on_a_swiss_roll
from numerics.measurement import Measurement
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.diffusion import TRAINED
from verify.evidence import Path, Plane

SMALL = Architecture(hidden=32, frequencies=(1.0, 2.0, 3.0), steps=24, updates=360, batch=64)
LARGE = Architecture(hidden=64, frequencies=(1.0, 2.0, 3.0), steps=40, updates=1500, batch=128)
APART = 5.0  # of the frames in the picture


def row(measured: Measurement) -> tuple[Plane, ...]:
    """Two rows of frames: the forward chain to the right, and below it the reverse chain back to the left."""
    frames = np.asarray(measured.given["frames"])
    places = ((0, 0), (1, 0), (2, 0), (2, -1), (1, -1), (0, -1))
    labels = ("forward chain, to the right", "", "", "reverse chain, to the left", "", "")
    paths = tuple(
        Path(
            label=label,
            group=-down,
            measured=(tuple(map(float, frame[:, 0] + APART * right)), tuple(map(float, frame[:, 1] + APART * down))),
        )
        for label, (right, down), frame in zip(labels, places, frames, strict=True)
    )
    title = "Above, data become noise; below, noise becomes samples; between them a fifth of the steps"
    return (Plane(title=title, x_label="first coordinate", y_label="second coordinate", paths=paths, equal=True),)


roll = partial(lead_on_a_swiss_roll, examples=2000, judged=500)

CLAIM = Claim(
    statement=swiss_roll.STATEMENT,
    checks=(
        Trend(
            name="bound and energy distance",
            coarse=TRAINED,
            replicas=16,
            quick=partial(roll, size=SMALL, gaussian=False),
            control=partial(roll, size=SMALL, gaussian=True),
            full=partial(roll, size=LARGE, gaussian=False),
            full_control=partial(roll, size=LARGE, gaussian=True),
            picture=row,
        ),
    ),
    convention="Bounds and likelihoods in nats for two coordinates of about unit variance.",
    independence="Networks, added to the denoiser of Gaussian data, are trained by automatic differentiation; bound "
    "and samples are those of their own chain.",
)
