"""Letters that several results on the training of wide networks share.

They belong to what document 002 points to under "further reading": networks whose width grows while the data stay.
"""

import sympy as sp

from derivations.statement import NONNEGATIVE, POSITIVE, Parameter, Source
from derivations.symbols import K_II, K_IJ, K_JJ, N, t, tau

Theta_IJ = sp.Symbol("Theta_IJ", real=True)  # tangent kernel of two inputs, NTK parametrization
T_IJ = sp.Symbol("T_IJ", real=True)  # the same, standard parametrization

VARIANCE_I = Parameter(
    symbol=K_II, meaning="variance for the first input at layer l", domain=sp.Interval.open(0, sp.oo), typical=(1, 5)
)
VARIANCE_J = Parameter(
    symbol=K_JJ, meaning="variance for the second input at layer l", domain=sp.Interval.open(0, sp.oo), typical=(1, 5)
)
COVARIANCE = Parameter(symbol=K_IJ, meaning="their covariance at layer l", domain=sp.S.Reals, typical=(-0.9, 0.9))
TRAINING_TIME = Parameter(symbol=t, meaning="training time", domain=NONNEGATIVE, typical=(0.1, 3))
TIME_SCALE = Parameter(symbol=tau, meaning="time scale of the flow", domain=POSITIVE, typical=(0.5, 3))
WIDTH = Parameter(symbol=N, meaning="width", domain=sp.Range(1, sp.oo), typical=(3, 40))
FURTHER_READING = Source(document="002", where="Wide Limit (Lee & Bahri et al., arXiv:1711.00165)")
