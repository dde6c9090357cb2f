"""A trained diffusion model of a Swiss roll, against the Gaussian of the data's mean and covariance.

The slide shows a roll that diffuses into a Gaussian blob, and a network that brings it back by learning mean and
covariance of Gaussian steps. Small networks show it: the bound on their likelihood exceeds the likelihood of the
Gaussian, and their samples are nearer to the data.
"""

from __future__ import annotations

from derivations import diffusion
from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="A network brings back a Swiss roll",
    sentence="A network that learns mean and variance of each reverse step from a Swiss roll has a bound on its "
    "likelihood above the likelihood of the Gaussian with the data's mean and covariance, and samples that are nearer "
    "to the data in energy distance.",
    quantity="difference of bound and log likelihood in nats, and difference of energy distances",
    negative_control="Gaussian data of the same mean and covariance, of which a network can learn no more.",
    assumptions=(
        diffusion.CHAIN,
        "The variance of a reverse step is learned for each coordinate, between those of the posterior and of the "
        "forward step.",
    ),
    sources=(
        Source(document="000", where="Modeling Complex Data by Reversing Time"),
        Source(document="sohldickstein2015deep", where="the Swiss roll"),
    ),
    covers=("F13",),
)
