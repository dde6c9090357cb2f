"""Learning rates that transfer over width.

Networks of two widths learn digits in sixteen steps with each of five rates, in the maximal-update parametrization and,
as control, in the standard one. At the smaller width both are one.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.wide_training import learning_rate_transfer
from numerics.measurement import Measurement
from numerics.wide_training.learning_rates import shift_of_best_rate
from verify.checks import Trend
from verify.claim import Claim
from verify.evidence import Path, Plane

MAXIMAL = ((-0.5, 0.5), (0.0, 0.5), (0.5, 0.5))  # a and b of three layers
STANDARD = ((0.0, 0.0), (0.0, 0.5), (0.0, 0.5))


def losses(measured: Measurement) -> tuple[Plane, ...]:
    """Losses over rates."""
    rates = tuple(float(2.0**d) for d in np.asarray(measured.given["doublings"]))
    rows = zip(np.asarray(measured.given["widths"]), np.asarray(measured.given["losses"]), strict=True)
    paths = tuple(
        Path(label=f"width {width}", group=group, measured=(rates, tuple(map(float, row))))
        for group, (width, row) in enumerate(rows)
    )
    return (
        Plane(
            title="Digits, maximal-update parametrization",
            x_label="learning rate",
            y_label="loss after training",
            paths=paths,
            log_x=True,
        ),
    )


trained = partial(
    shift_of_best_rate, widths=(16, 128), doublings=tuple(range(-2, 3)), batch=24, updates=16, judged=160, siblings=8
)

CLAIM = Claim(
    statement=learning_rate_transfer.STATEMENT,
    checks=(
        Trend(
            name="best rate at two widths",
            quick=partial(trained, exponents=MAXIMAL),
            control=partial(trained, exponents=STANDARD),
            coarse="a bound on a shift, of which the size is not asked",
            replicas=22,
            full_replicas=60,
            on_data=True,
            picture=losses,
        ),
    ),
    convention="Multipliers and standard deviations change by powers of the width over the smaller one; the rate does "
    "not.",
    independence="Networks take sixteen steps along the gradient of their loss on fresh digits; nothing is known of "
    "the rate that is best.",
)
