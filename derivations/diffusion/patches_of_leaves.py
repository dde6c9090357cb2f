"""A trained diffusion model of patches of dead leaves, in bits per pixel, against the Gaussian of the data.

The slide compares samples and a log likelihood, whose number is not legible in the document at hand and is not used.
What is compared here is what anyone can repeat: small patches with noisy grey levels, the bound of small networks, and
the likelihood of the Gaussian with the mean and covariance of the same patches.
"""

from __future__ import annotations

from derivations import diffusion
from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="A network models dead leaves better than a Gaussian",
    sentence="A network that learns mean and variance of each reverse step from patches of dead leaves needs fewer "
    "bits per pixel, by its bound, than the Gaussian with the mean and covariance of the patches.",
    quantity="difference of bits per pixel",
    negative_control="Gaussian patches of the same mean and covariance, of which a network can learn no more.",
    assumptions=(
        diffusion.CHAIN,
        "Patches are small and networks too: the figures say nothing about the size of the advantage on the slide's "
        "images.",
    ),
    sources=(
        Source(document="000", where="Diffusion Probabilistic Model on Dead Leaves"),
        Source(document="sohldickstein2015deep", where="dead leaves images"),
    ),
    covers=("F13",),
)
