"""The gradient noise scale tr(Sigma)/|G|^2, its naive estimate, and the unbiased pair.

Premises: minibatches drawn with replacement, G the full gradient, Sigma the covariance of the examples' gradients. The
squared length of a minibatch's gradient is |G|^2 + tr(Sigma)/B in the mean: taken for |G|^2, as public code often does,
it makes a noise scale that never exceeds the batch, whatever the true one. Two batches give two equations for two
unknowns, which is how |G|^2 and tr(Sigma) are had without bias.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, epsilon

G, S = sp.symbols("G S", positive=True)
b = sp.Symbol("B_0", integer=True, positive=True)
m_b, m_B = sp.symbols("m_b m_B", positive=True)
LEFT = sp.symbols("M_B Q_pair S_pair B_naive", positive=True)


def mean_square(size: sp.Expr) -> sp.Expr:
    """Mean squared length of the gradient of a minibatch."""
    return G**2 + S / size


def noise_scale(squared: sp.Expr) -> sp.Tuple:
    """The four quantities, where a minibatch of B has this mean squared length and one of B_0 the true one."""
    pair = ((B * m_B - b * m_b) / (B - b), (m_b - m_B) / (1 / b - 1 / B))
    return sp.Tuple(squared, *pair, S / squared)


STATEMENT = Statement(
    module=__name__,
    title="Gradient noise scale and its estimates",
    formula=sp.Eq(sp.Tuple(*LEFT), noise_scale(m_B), evaluate=False),
    where=(sp.Eq(m_b, mean_square(b), evaluate=False), sp.Eq(m_B, mean_square(B), evaluate=False)),
    parameters=(
        Parameter(symbol=G, meaning="length of the full gradient", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(
            symbol=S, meaning="trace of the covariance of the examples' gradients", domain=POSITIVE, typical=(2, 60)
        ),
        sgd_noise.BATCH.narrowed("the larger one", typical=(8, 40)),
        Parameter(symbol=b, meaning="examples in a smaller minibatch", domain=sp.S.Naturals, typical=(3, 7)),
    ),
    assumptions=(
        "M_B is the mean squared length of the gradient of a minibatch of B; Q_pair = (B |g_B|^2 - B_0 |g_b|^2)"
        "/(B - B_0) and S_pair = (|g_b|^2 - |g_B|^2)/(1/B_0 - 1/B) are means over pairs of minibatches; "
        "B_naive is S over M_B. The noise scale itself is S/G^2.",
        "B_0 is smaller than B.",
        sgd_noise.WITH_REPLACEMENT,
    ),
    regime=Exact(),
    sources=(
        Source(document="mccandlish2018empirical", where="the gradient noise scale and its unbiased estimate"),
        Source(document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): g and F"),
    ),
    covers=("G2", "G5"),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="U6",
            kind="in use",
            formula=sp.Eq(sp.Tuple(*LEFT), sp.Tuple(G**2, G**2, S, S / G**2), evaluate=False),
            note="The squared length of a minibatch's gradient for that of the full one: too large by tr(Sigma)/B, so "
            "that the noise scale comes out below the batch, whatever it is.",
            source=Source(document="public_code", where="gradient noise scale: the naive estimate"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the covariance of a step to mean squares of gradients, and from two of these back."""
    M_B, Q_pair, S_pair, B_naive = LEFT
    known = {d.lhs: d.rhs for d in STATEMENT.where}
    first, second, F_11, F_22 = sp.symbols("G_1 G_2 F_11 F_22", real=True)
    squares = [
        mean**2 + COVARIANCE.right[0].subs(F_ab, own) / epsilon**2 for mean, own in ((first, F_11), (second, F_22))
    ]
    total = sum(squares).subs({F_22: S - F_11, second: sp.sqrt(G**2 - first**2)})
    scale = sp.Symbol("B_simple", positive=True)
    return (
        Step(
            claim="The mean squared length of a minibatch's gradient is G^2 + S/B.",
            because="The mean square of a component is its squared mean plus its variance, and variances add up to the "
            "trace; for two components.",
            obligation=total - STATEMENT.right[0].subs(known),
            shows=sp.Eq(M_B, known[m_B], evaluate=False),
        ),
        Step(
            claim="Two sizes of minibatch give the full gradient's squared length without bias.",
            because="The terms S cancel in B M_B - B_0 M_b.",
            obligation=STATEMENT.right[1].subs(known) - G**2,
            shows=sp.Eq(Q_pair, G**2),
        ),
        Step(
            claim="They give the trace of the covariance without bias.",
            because="The terms G^2 cancel in M_b - M_B.",
            obligation=STATEMENT.right[2].subs(known) - S,
            shows=sp.Eq(S_pair, S),
        ),
        Step(
            claim="The naive noise scale is the harmonic sum of the true one and the batch, smaller than either.",
            because="S/(G^2 + S/B) is inverted, with B_simple = S/G^2.",
            obligation=1 / STATEMENT.right[3].subs(known).subs(S, scale * G**2) - 1 / scale - 1 / B,
            shows=sp.Eq(B_naive, S / known[m_B], evaluate=False),
        ),
    )
