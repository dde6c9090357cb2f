r"""The best learning rate of a narrow network serves a wide one in the maximal-update parametrization.

The exponents of `maximal_update` are those of one first step. Networks that learn digits for a few updates show that
the best rate then hardly depends on the width, while it falls in the standard parametrization. They are too narrow, and
learn for too short a time, to show by which power it falls, or what becomes of the rate late in training; that the NTK
parametrization, where features hardly move, needs another rate is not said.
"""

from __future__ import annotations

from derivations.statement import Observation, Source
from derivations.wide_training import maximal_update
from derivations.wide_training.maximal_update import YANG

STATEMENT = Observation(
    module=__name__,
    title="Learning rates that transfer over width",
    sentence="When the width of a network with two hidden layers of 16 rectified neurons is multiplied by eight, its "
    "best learning rate shifts by less than a factor of two in the maximal-update parametrization.",
    quantity="one less the number of doublings by which the best of five learning rates shifts, each judged by the "
    "loss on other digits after sixteen updates",
    negative_control="The standard parametrization, in which the best rate falls with the width.",
    assumptions=(
        "At the smaller width, 16, networks of both parametrizations are the same. The first "
        "layer has the multiplier 1 / 8 for the 64 entries of an input.",
        "The least cross-entropy, on digits that are not learned, after sixteen updates with 24 fresh digits each "
        "decides which rate is best. From 32 to 256 neurons both parametrizations differ less, and so few replicas do "
        "not tell them apart.",
    ),
    sources=(Source(document="yang2022transfer", where="learning rates over width"), YANG),
    covers=("W7",),
    uses=(maximal_update.STATEMENT.id,),
)
