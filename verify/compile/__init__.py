"""One expression, four backends: mpmath, NumPy, torch and Arb balls.

An expression is walked node by node through a table of functions for each backend; nothing is printed as source code
and nothing is executed from text. A function that a table lacks raises `Unsupported` with its name. Checks receive a
`Candidate`, a formula as a callable: a check that cannot see the expression cannot compare it with itself.

Traps that this package stands guard against: kinks in ball arithmetic (Piecewise is evaluated on panels, never by
branching on a wide ball); torch's gradient through an inactive Piecewise branch; overflow of printed forms (the stable
form serves NumPy and torch); float constants (they stay exact until the backend's own precision is known).
"""

from verify.compile.candidate import (
    Candidate,
    candidate,
    forget,
    insert,
    mpmath_function,
    numpy_function,
    torch_function,
)
from verify.compile.quantities import LackingQuantity, solved
from verify.compile.walker import Backend, CandidateError, Unsupported, kinks

__all__ = [
    "Backend",
    "Candidate",
    "CandidateError",
    "LackingQuantity",
    "Unsupported",
    "candidate",
    "forget",
    "insert",
    "kinks",
    "mpmath_function",
    "numpy_function",
    "solved",
    "torch_function",
]
