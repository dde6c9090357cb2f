r"""Deep orthogonal tanh networks learn fastest, and their learning time grows more slowly than their depth.

The pages show that tanh networks with orthogonal weights close to isometry learn faster than rectified ones and than
Gaussian ones, at learning rates like 1 / depth, in a time that grows like the root of the depth. Small networks on
digits show the order, that the best rate falls with a power above one half of the number of matrices, and that the time
grows with a power below one. They do not show which power: that of the time depends on the gain and on the loss that is
asked for, and the root of the page is neither confirmed nor denied here; that of the rate is found close to one.
"""

from __future__ import annotations

from derivations import jacobian_spectrum
from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Learning speed of deep networks close to isometry",
    sentence="At sixteen hidden layers and learning rates like one over depth, tanh networks with orthogonal weights "
    "learn faster than tanh networks with Gaussian weights and than rectified networks with either; the updates that "
    "they need grow with depth by a power below one, and their best rate falls with the number of matrices by a power "
    "above one half.",
    quantity="difference of losses after sixty updates, each kind at its better of two learning rates; one less "
    "the fitted exponent of the updates to a loss over depth; and the fitted exponent with which the best of many "
    "rates falls with the number of matrices, less one half",
    negative_control="Three hidden layers, where all kinds learn; Gaussian weights, for which the updates grow faster "
    "than depth; and networks whose last matrix alone learns, whose best rate does not fall with depth.",
    assumptions=(
        jacobian_spectrum.DESCENT,
        "Networks are narrow, 32 neurons in the quick profile: at depths near the width relu fails for that reason as "
        "well.",
        "The exponent is not that of a law: it depends on the gain, the level of the loss and the range of depths.",
    ),
    sources=(
        Source(document="001", where="Summary: learning speed of deep networks"),
        Source(document="pennington2017resurrecting", where="experiments: learning times over depth"),
    ),
    covers=("J15",),
)
