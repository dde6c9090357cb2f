"""tanh networks of thirty layers trained on digits, with two gains and two ensembles.

Three layers are the control that must not show the order. The full profile has 64 neurons on a processor, 500 on a GPU.
What the page makes of its table is worked out again from the table: differences of printed errors, without rounding.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from derivations.jacobian_spectrum import thirty_layers
from numerics.jacobian_spectrum.learning import Kind, Training, by_device, lead_in_loss
from verify.checks import Literature, Trend
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references.wide_jacobians import TRAINED

FLAT, ORTHOGONAL = ([Kind(activation="tanh", orthogonal=o, gain=g) for g in (1.0, 1.1)] for o in (False, True))
PAIRS = ((FLAT[1], FLAT[0]), (ORTHOGONAL[1], ORTHOGONAL[0]), (ORTHOGONAL[1], FLAT[1]))
SMALL, MEDIUM = Training(width=32, batch=16, updates=60), Training(width=64, batch=32, updates=120)
LARGE = Training(width=500, batch=128, updates=300)  # on a GPU

# Test errors in percent, as the page prints them, of (orthogonal or not, gain).
PRINTED = {(False, "1"): "3.4", (False, "1.1"): "3.0", (True, "1"): "3.5", (True, "1.1"): "2.1"}
ISOMETRIC = (True, "1.1")


def lower_than(*others: tuple[bool, str]) -> str:
    """By how many points the isometric start's printed test error is below the least of others."""
    return str(min(Decimal(PRINTED[other]) for other in others) - Decimal(PRINTED[ISOMETRIC]))


def reduction(candidate: Candidate) -> float:
    """By how many points a printed form says that it is."""
    return float(candidate.numpy())


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
    printed={
        "E34": Ordeal(
            fails=Literature(
                name="the best of the other three starts",
                published=lower_than(*(start for start in PRINTED if start != ISOMETRIC)),
                source=thirty_layers.INITIALIZATION,
                evaluate=reduction,
                uncertainty=1e-9,
                seen="in the table of the page",
            ),
            holds=Literature(
                name="orthogonal weights at gain 1",
                published=lower_than((True, "1")),
                source=thirty_layers.INITIALIZATION,
                evaluate=reduction,
                uncertainty=1e-9,
                seen="in the table of the page",
            ),
        )
    },
    convention="Thirty hidden weight matrices between the first and the last; the loss is that of the last 8 "
    "minibatches, before the network learns from them.",
    independence="Real digits; networks descend gradients by the chain rule, which a test compares with automatic "
    "differentiation, and nothing is fitted to a spectrum.",
)
