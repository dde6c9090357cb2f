"""Negative curvatures at all critical points of a linear network on digits, counted."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.error_landscape import linear_network_critical_points
from numerics.error_landscape.network_points import linear_network_indices
from numerics.measurement import Measurement
from verify.checks import Enumeration
from verify.claim import Claim
from verify.compile import Candidate


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The index of every set of held modes."""
    given = measured.given
    return formula.numpy(
        J_m=np.asarray(given["rank_sum"]), n_m=np.asarray(given["held"]), N_2=given["hidden"], n_r=given["modes"]
    )


CLAIM = Claim(
    statement=linear_network_critical_points.STATEMENT,
    checks=(
        Enumeration(
            name="three hidden neurons on digits",
            predict=predicted,
            quick=partial(linear_network_indices, components=12, hidden=3),
            control=partial(linear_network_indices, components=12, hidden=3, apart=0.6),
            full=partial(linear_network_indices, components=30, hidden=4),
            axis="number of the set of held modes",
            quantity="number of negative curvatures",
            style="stem",
        ),
        Enumeration(
            name="five hidden neurons on few components of digits",
            predict=predicted,
            quick=partial(linear_network_indices, components=7, hidden=5),
            full=partial(linear_network_indices, components=8, hidden=6),
        ),
    ),
    quantities=("K",),
    convention="Ranks are those of the singular values of the best linear map on the inputs, the strongest first; an "
    "eigenvalue counts as negative below -10^(-9) of the largest.",
    independence="The Hessian by all weights follows by the chain rule on digits; hidden neurons are "
    "mixed at "
    "random, and gradients are seen to vanish.",
)
