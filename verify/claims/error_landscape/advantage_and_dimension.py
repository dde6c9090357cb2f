"""Two tanh networks on digits, one five times as large: how far saddle-free Newton is ahead of gradient descent."""

from __future__ import annotations

from functools import partial

from derivations.error_landscape import advantage_and_dimension
from numerics.error_landscape.training import Course, saddle_free_lead
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.error_landscape import AN_ORDER, RATES

course = partial(Course, spread=0.3, batch=100, passes=2, rates=RATES, order=12)
PAIR = tuple(course(components=c, hidden=h, examples=400) for c, h in ((4, 4), (16, 12)))
LARGE_PAIR = tuple(course(components=c, hidden=h, examples=400) for c, h in ((4, 4), (32, 20)))

CLAIM = Claim(
    statement=advantage_and_dimension.STATEMENT,
    checks=(
        Trend(
            name="a small and a larger network",
            coarse=AN_ORDER,
            on_data=True,
            replicas=96,
            full_replicas=48,
            quick=partial(saddle_free_lead, courses=PAIR, growth=True),
            control=partial(saddle_free_lead, courses=PAIR, growth=True, times=8),
            full=partial(saddle_free_lead, courses=LARGE_PAIR, growth=True),
            full_control=partial(saddle_free_lead, courses=LARGE_PAIR, growth=True, times=8),
        ),
    ),
    convention="Logarithm of the loss of gradient descent, at its best learning rate, over that of saddle-free Newton "
    "after the same minibatches.",
    independence="Real digits, and two networks that share nothing; no result on saddle points is used.",
)
