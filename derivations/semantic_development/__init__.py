"""Letters and sentences that several results on semantic development share, beside those of gradient flow."""

import sympy as sp

from derivations.statement import Parameter
from derivations.symbols import B, C_in, C_out, D, eps, l

BRANCHES = Parameter(symbol=B, meaning="branches at each node", domain=sp.Range(2, sp.oo), typical=(3, 5))
LINKS = Parameter(symbol=D, meaning="links between the root and an item", domain=sp.Range(1, sp.oo), typical=(4, 6))
LEVEL = Parameter(symbol=l, meaning="level of a distinction, at most D", domain=sp.Range(1, sp.oo), typical=(1, 4))
FLIP = Parameter(
    symbol=eps, meaning="probability of a flip along a link", domain=sp.Interval.open(0, 1), typical=(0.04, 0.35)
)
WITHIN = Parameter(
    symbol=C_in,
    meaning="mean similarity of an item to its category, itself included",
    domain=sp.Interval.Lopen(-1, 1),
    typical=(0.3, 0.95),
)
BETWEEN = Parameter(
    symbol=C_out,
    meaning="mean similarity of an item to another category",
    domain=sp.Interval.Ropen(-1, 1),
    typical=(0.02, 0.25),
)

REGULAR_TREE = "All nodes above the items have B branches, and all items have the same depth D."
DIFFUSION = (
    "Features are +1 or -1 with equal probability at the root and flip independently with the same probability eps "
    "along every link.",
    REGULAR_TREE,
    "The covariance is that of infinitely many independent features; with N of them the levels split by 1/sqrt(N).",
)
ONE_HOT = "Inputs are one-hot, one an item; targets are the features over sqrt(N), so that s_l = sqrt(lambda_l)."
