"""Letters that several results on signals share, beside those of `derivations.calculus.mean_field`."""

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import POSITIVE, Parameter
from derivations.symbols import N, V_l, c, c_star, l, phi, x, z

CORRELATION = Parameter(symbol=c, meaning="correlation of two inputs", domain=sp.Interval(-1, 1), typical=(-0.9, 0.9))
FIXED_CORRELATION = Parameter(
    symbol=c_star, meaning="correlation that two inputs approach", domain=sp.Interval(-1, 1), typical=(-0.9, 0.9)
)
VARIANCE = Parameter(symbol=V_l, meaning="variance of a preactivation", domain=POSITIVE, typical=(0.1, 5))
INPUTS = Parameter(symbol=N, meaning="inputs of a neuron", domain=sp.Range(1, sp.oo), typical=(3, 60))
LAYER = Parameter(symbol=l, meaning="number of the layer", domain=sp.Range(1, sp.oo), typical=(3, 9))
BACK_BY_WIDTH = "G_l is the squared norm of a gradient by h over that by h', where that gradient does not depend on W."
z_1, z_2 = sp.symbols("z_1 z_2", real=True)  # two independent standard Gaussians


def averages(variance: sp.Expr, correlation: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """E phi(h)^2, E phi(h) phi(h') and E phi'(h)^2 for a Gaussian pair of this variance and correlation."""
    there = sp.sqrt(variance) * (correlation * z_1 + sp.sqrt(1 - correlation**2) * z_2)
    return (
        GaussE(phi(sp.sqrt(variance) * z) ** 2, z),
        GaussE(phi(sp.sqrt(variance) * z_1) * GaussE(phi(there), z_2), z_1),
        GaussE(phi(x).diff(x).subs(x, sp.sqrt(variance) * z) ** 2, z),
    )
