"""Whether an integration that is run at one step only shows the order of its method there, and is fine enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SLACK = 0.8  # of the order, at steps that are not yet small


def require_order(run: Callable[[float], np.ndarray], step: float, *, order: int, tolerance: float) -> None:
    """Run at the step, at half and at a quarter of it: errors must fall like step^order, and be small.

    run        step -> values, of the same shape and at the same times whatever the step; as few replicas as will do
    order      of the method
    tolerance  of the change from the step to half of it, relative to the largest value
    Raises ValueError with what was seen otherwise. An integrator with a slip still converges, but not at its order.
    """
    coarse, here, fine = (np.asarray(run(step * factor)) for factor in (1.0, 0.5, 0.25))
    first, second = (float(np.linalg.norm(a - b)) for a, b in ((coarse, here), (here, fine)))
    change = float(np.max(np.abs(coarse - here)))
    if not change <= tolerance * float(np.max(np.abs(fine))):
        raise ValueError(f"half of the step {step:g} changes values by {change:.2g}: more than {tolerance:g} of them")
    seen = float(np.log2(first / second)) if second > 0 else np.nan
    if not abs(seen - order) <= SLACK:
        raise ValueError(f"errors at the step {step:g} fall like its power {seen:.2f}, not {order}")
