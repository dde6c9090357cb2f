"""Letters and sentences that several results on diffusion models share.

A chain adds noise to a datum x_0 step by step, x_k = sqrt(1 - beta_k) x_(k-1) + sqrt(beta_k) times standard Gaussian
noise; a model runs the other way. In continuous time the chain is dx = -x dt + sqrt(2) dW.
"""

import sympy as sp

from derivations.statement import POSITIVE, Parameter, Source
from derivations.symbols import alphabar_s, alphabar_t, beta_t, eta, mu_0, n, t, v_0

ell = sp.Symbol("ell", positive=True)  # length of a box
SHARE = sp.Interval.open(0, 1)

MEAN = Parameter(symbol=mu_0, meaning="mean of the data", domain=sp.S.Reals, typical=(-1.6, 1.9))
VARIANCE = Parameter(symbol=v_0, meaning="variance of the data", domain=POSITIVE, typical=(0.15, 3.2))
STEP = Parameter(symbol=beta_t, meaning="variance that one step adds", domain=SHARE, typical=(0.02, 0.35))
EARLIER = Parameter(
    symbol=alphabar_s,
    meaning="share of the variance of the data that is left after s steps",
    domain=SHARE,
    typical=(0.55, 0.95),
)
LATER = Parameter(
    symbol=alphabar_t,
    meaning="share of the variance of the data that is left after t steps",
    domain=SHARE,
    typical=(0.05, 0.5),
)
TIME = Parameter(symbol=t, meaning="time", domain=sp.Interval(0, sp.oo), typical=(0.1, 2.5))
STEPS = Parameter(symbol=n, meaning="steps of the chain", domain=sp.S.Naturals, typical=(3, 400))
NOISE = Parameter(
    symbol=eta,
    meaning="noise of a sampler, 0 for a deterministic one and 1 for that of the reverse chain",
    domain=sp.Interval(0, 1),
    typical=(0, 1),
)

CHAIN = (
    "The noise of each step is Gaussian, of variance beta, and independent of all else; the rest shrinks by 1 - beta."
)
GAUSSIAN_DATA = "The data are Gaussian."
LATER_IS_LESS = "s is before t, so that alphabar_t is less than alphabar_s."

REVERSING = Source(document="000", where="Modeling Complex Data by Reversing Time")
DESTRUCTION = Source(document="000", where="Physical Intuition: Destruction of Structure through Diffusion")
TRACTABLE = Source(document="000", where="Flexible and Tractable Learning of Probabilistic Models")
NONEQUILIBRIUM = Source(
    document="sohldickstein2015deep", where="forward and reverse trajectories, their log likelihood"
)
