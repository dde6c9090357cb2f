"""Tests of the suite. A process uses one thread for linear algebra: with more, those of `pytest -n` get in the way.

It collects garbage as seldom as a worker does: what one test leaves behind is looked through during all later ones.
"""

import gc
import os

from verify.run.child import GARBAGE, THREAD_VARIABLES

for variable in THREAD_VARIABLES:  # before NumPy is imported
    os.environ.setdefault(variable, "1")
gc.set_threshold(*GARBAGE)
