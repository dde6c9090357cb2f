"""Networks trained on small patches of dead leaves, in bits per pixel, against the Gaussian of the patches.

Gaussian patches of the same mean and covariance are the control that must not show an advantage.
"""

from __future__ import annotations

from functools import partial

from derivations.diffusion import patches_of_leaves
from numerics.diffusion.networks import Architecture
from numerics.diffusion.trained import lead_on_dead_leaves
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.diffusion import TRAINED

SMALL = Architecture(hidden=32, frequencies=(2.0,), steps=20, updates=320, batch=64)
LARGE = Architecture(hidden=64, frequencies=(2.0,), steps=30, updates=900, batch=128)

leaves = partial(lead_on_dead_leaves, radius=4.0, levels=16)
quick = partial(leaves, patch=2, examples=1500, judged=500)
full = partial(leaves, patch=3, examples=4000, judged=500)

CLAIM = Claim(
    statement=patches_of_leaves.STATEMENT,
    checks=(
        Trend(
            name="bits per pixel",
            coarse=TRAINED,
            replicas=16,
            quick=partial(quick, size=SMALL, gaussian=False),
            control=partial(quick, size=SMALL, gaussian=True),
            full=partial(full, size=LARGE, gaussian=False),
            full_control=partial(full, size=LARGE, gaussian=True),
        ),
    ),
    convention="Bits per pixel of 16 grey levels, from the density of levels with uniform noise.",
    independence="Patches are sampled leaf by leaf; networks, added to the denoiser of Gaussian data, are trained by "
    "automatic differentiation.",
)
