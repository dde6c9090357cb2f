"""tanh networks on digits: saddle-free Newton against descent, damped Newton and Newton's method.

Descent at the best of four learning rates, from the same weights on the same minibatches; and what becomes of networks
that start from small weights, close to a saddle point.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from derivations.error_landscape import saddle_free_learning
from numerics.error_landscape.training import Course, newton_trap, saddle_free_lead
from verify.checks import Trend
from verify.claim import Claim
from verify.claims.error_landscape import AN_ORDER, RATES

small = partial(Course, spread=0.3, examples=200, batch=50, passes=2, rates=RATES, order=10)
large = partial(Course, spread=0.3, examples=400, batch=100, passes=2, rates=(*RATES, 16.0), order=12)
FEW = (small(components=8, hidden=8), small(components=16, hidden=12))
MANY = (large(components=8, hidden=8), large(components=16, hidden=12))
trapped = partial(Course, components=4, spread=0.1, rates=RATES, order=None, decay=0.01)
TRAP: dict[str, Any] = {"examples": 80, "batch": 80, "passes": 6}
WIDE_TRAP: dict[str, Any] = {"examples": 300, "batch": 300, "passes": 6}

CLAIM = Claim(
    statement=saddle_free_learning.STATEMENT,
    checks=(
        Trend(
            name="against gradient descent",
            coarse=AN_ORDER,
            on_data=True,
            replicas=32,
            full_replicas=32,
            quick=partial(saddle_free_lead, courses=FEW),
            control=partial(saddle_free_lead, courses=FEW, times=8),
            full=partial(saddle_free_lead, courses=MANY),
            full_control=partial(saddle_free_lead, courses=MANY, times=8),
        ),
        Trend(
            name="Newton's trap",
            coarse=AN_ORDER,
            on_data=True,
            replicas=16,
            full_replicas=24,
            quick=partial(newton_trap, course=trapped(hidden=3, **TRAP), steps=6),
            control=partial(newton_trap, course=trapped(hidden=0, **TRAP), steps=6),
            full=partial(newton_trap, course=trapped(hidden=5, **WIDE_TRAP), steps=6),
            full_control=partial(newton_trap, course=trapped(hidden=0, **WIDE_TRAP), steps=6),
            shared={4: "second-order steps are ahead of descent on a convex loss as well"},
        ),
    ),
    convention="Mean cross-entropy over the training set, with weight decay in the trap; methods see the same "
    "minibatches "
    "in the same order.",
    independence="Real digits; Hessians and their products with vectors follow by the chain rule, and no result on "
    "saddle points is used.",
)
