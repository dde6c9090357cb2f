"""Letters, sentences and lemmas that results on error landscapes and their saddle points share.

A critical point has no gradient; its curvatures are the eigenvalues of the Hessian H there, and its index is the number
of negative ones. |H| is the matrix with the eigenvectors of H and the absolute values of its eigenvalues.
"""

import sympy as sp

from derivations.statement import POSITIVE, Parameter, Source
from derivations.symbols import C_1, C_2, epsilon, lambda_i, mu, p, u

HIGH_DIMENSIONAL = Source(document="000", where="High dimensional nonconvex optimization")
GENERAL_PROPERTIES = Source(document="000", where="General properties of error landscapes in high dimensions")
OF_A_NETWORK = Source(
    document="000", where="Properties of Error Landscapes on the Synaptic Weight Space of a Deep Neural Net"
)
DESCEND = Source(document="000", where="How to descend saddle points")
PERFORMANCE = Source(document="000", where="Performance of saddle free Newton in learning deep neural networks")
IDENTIFYING = Source(document="dauphin2014identifying", where="saddle-free Newton method")

CURVED = sp.Union(sp.Interval.open(-sp.oo, 0), sp.Interval.open(0, sp.oo))
LEARNING_RATE = Parameter(symbol=epsilon, meaning="learning rate", domain=POSITIVE, typical=(0.15, 0.85))
DAMPING = Parameter(symbol=mu, meaning="damping added to curvatures", domain=POSITIVE, typical=(0.3, 1.7))
CURVATURE = Parameter(
    symbol=lambda_i,
    meaning="curvature along one eigenvector of the Hessian at the critical point",
    domain=CURVED,
    typical=(-0.9, 1.9),
)

RULES = (
    "Gradient descent steps by -epsilon g, Newton's method by -epsilon H^(-1) g, damped Newton by -epsilon (H + "
    "mu)^(-1) g and saddle-free Newton by -epsilon (|H| + mu)^(-1) g, with the gradient g and the Hessian H where the "
    "step starts."
)
REGULAR = "No curvature at the critical point is zero: det H = 0 leaves Newton's step without a value."


def rotation(angle: sp.Symbol) -> sp.Matrix:
    """Two orthonormal columns, turned by an angle: the eigenvectors of a Hessian of two weights."""
    return sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])


COMPLEXITY = Source(document="auffinger2013random", where="complexity of spherical spin glasses")
WIGNER = Source(document="anderson2010introduction", where="Wigner's theorem")
LANDSCAPE = (
    "Results without the index p are for a Gaussian landscape, of mean zero and covariance N C(r^2 / 2N) at the "
    "distance r of N weights; C_1 = -C'(0) and C_2 = C''(0)."
)
SPHERE = (
    "Results with the index p are for the spherical model of degree p: N weights of squared length N, and a covariance "
    "of N times the p-th power of the overlap."
)
LEVEL = Parameter(symbol=u, meaning="error level per weight", domain=sp.S.Reals, typical=(-0.95, 0.95))
SLOPE_OF_COVARIANCE = Parameter(
    symbol=C_1, meaning="minus the slope of the covariance at distance zero", domain=POSITIVE, typical=(0.7, 1.6)
)
BEND_OF_COVARIANCE = Parameter(
    symbol=C_2, meaning="second derivative of the covariance at distance zero", domain=POSITIVE, typical=(0.4, 1.3)
)
DEGREE = Parameter(symbol=p, meaning="degree of the spherical model", domain=sp.Range(2, sp.oo), typical=(3, 7))
