"""Tests of the suite. A process uses one thread for linear algebra: with more, those of `pytest -n` get in the way."""

import os

from verify.run.child import THREAD_VARIABLES

for variable in THREAD_VARIABLES:  # before NumPy is imported
    os.environ.setdefault(variable, "1")
