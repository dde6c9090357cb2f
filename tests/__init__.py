"""Tests of the suite. A process uses one thread for linear algebra: with more, those of `pytest -n` get in the way.

It collects garbage as seldom as a worker does: what one test leaves behind is looked through during all later ones. And
SymPy keeps more of what it has worked out: derivations are built with one change after the other.
"""

import gc
import os

from verify.run.child import GARBAGE, THREAD_VARIABLES

for variable in THREAD_VARIABLES:  # before NumPy is imported
    os.environ.setdefault(variable, "1")
os.environ.setdefault("SYMPY_CACHE_SIZE", "10000")  # before SymPy is imported
gc.set_threshold(*GARBAGE)
