"""The sum-of-functions optimizer on digits: where the loss is convex, and in the tanh networks of saddle-free Newton.

The first pass is the control.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from derivations.error_landscape import sum_of_functions
from numerics.error_landscape.training import Course, sum_of_functions_in_networks, sum_of_functions_lead
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.error_landscape import AN_ORDER, RATES

SLOW = (0.5, 1.0, 2.0, 4.0)
CONVEX = Course(
    components=5, hidden=0, spread=0.3, examples=240, batch=30, passes=5, rates=SLOW, order=None, decay=0.01
)
LARGE = replace(CONVEX, components=16, examples=800, batch=50, passes=12, rates=(0.25, *SLOW))
# From a spread of .3 the optimizer leaves one network in a hundred where it starts; from .5 hardly any.
TANH = Course(
    components=8, hidden=8, spread=0.5, examples=200, batch=50, passes=10, rates=(0.5, *RATES), order=10, decay=0.01
)
LARGE_TANH = replace(TANH, components=16, hidden=12, examples=400, passes=12)

lead = partial(sum_of_functions_lead, steps=20)

CLAIM = Claim(
    statement=sum_of_functions.STATEMENT,
    checks=(
        Trend(
            name="a convex loss",
            coarse=AN_ORDER,
            on_data=True,
            replicas=8,
            full_replicas=10,
            quick=partial(lead, courses=(CONVEX,)),
            control=partial(lead, courses=(replace(CONVEX, passes=1),)),
            full=partial(lead, courses=(LARGE,)),
            full_control=partial(lead, courses=(replace(LARGE, passes=1),)),
        ),
        Trend(
            name="networks of tanh neurons",
            coarse=AN_ORDER,
            on_data=True,
            replicas=24,
            full_replicas=32,
            quick=partial(sum_of_functions_in_networks, course=TANH),
            control=partial(sum_of_functions_in_networks, course=replace(TANH, passes=1)),
            full=partial(sum_of_functions_in_networks, course=LARGE_TANH),
            full_control=partial(sum_of_functions_in_networks, course=replace(LARGE_TANH, passes=1)),
        ),
    ),
    convention="Losses over the whole training set, with weight decay, and above the minimum where the loss is convex; "
    "all methods see as many minibatches of one size.",
    independence="Real digits; all methods start from the same weights, and descent has the best of several learning "
    "rates.",
)
