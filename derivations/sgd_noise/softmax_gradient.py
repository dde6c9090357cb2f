"""Softmax, cross-entropy and its gradient; an infimum that is not attained.

Premises: logits z_i, probabilities p_i = exp(z_i)/sum_j exp(z_j), the loss -log p_y of the label y. The slide uses one
index for the logit and for the sum, which can be read in two ways. It says that the loss "is minimized when p_y = 1":
no finite logits have p_y = 1, and the loss is positive everywhere; zero is its infimum, approached as the label's logit
leads by more and more.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import NONNEGATIVE, Exact, Parameter, Printed, Source, Statement

z_y, z_i = sp.symbols("z_y z_i", real=True)
R = sp.Symbol("R_z", nonnegative=True)
m = sp.Symbol("m", real=True)
own, other, loss = sp.symbols("D_y D_i ell_m", real=True)
SLIDE = Source(document="002", where="Final Layer and Prediction")
TOTAL = sp.exp(z_y) + sp.exp(z_i) + R
GRADIENT = (sp.exp(z_y) / TOTAL - 1, sp.exp(z_i) / TOTAL)

STATEMENT = Statement(
    module=__name__,
    title="Gradient of the cross-entropy of a softmax",
    formula=sp.Eq(
        sp.Tuple(own, other, loss),
        sp.Tuple(*GRADIENT, sp.log(1 + sp.exp(-m) * (sp.exp(z_i) + R) / sp.exp(z_y))),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=z_y, meaning="logit of the example's label", domain=sp.S.Reals, typical=(-2.0, 3.0)),
        Parameter(symbol=z_i, meaning="logit of another label", domain=sp.S.Reals, typical=(-3.0, 2.5)),
        Parameter(
            symbol=R, meaning="sum of the exponentials of all other logits", domain=NONNEGATIVE, typical=(0.1, 20.0)
        ),
        Parameter(symbol=m, meaning="what is added to the label's logit", domain=sp.S.Reals, typical=(-3.0, 8.0)),
    ),
    assumptions=(
        "D_y and D_i are the derivatives of the loss by the label's logit and by another one; ell_m is the loss with m "
        "added to the label's logit.",
        "Any number of labels: R_z is 0 for two of them.",
    ),
    regime=Exact(),
    sources=(SLIDE,),
    covers=("G1",),
    printed=(
        Printed(
            erratum="E24",
            kind="ambiguous",
            formula=sp.Eq(sp.Tuple(own, other, loss), sp.Tuple(sp.S.Zero, sp.S.Zero, sp.S.Zero)),
            note="One index stands for the logit and for the sum, which binds it. Read as one throughout, the sum is "
            "the logit's own term, every p_i is 1, and the loss is 0 whatever the logits are.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the definition of the loss, by differentiation."""
    logits = sp.symbols("z_1:5", real=True)
    partition = sum(sp.exp(z) for z in logits)
    losses = [-sp.log(sp.exp(logits[y]) / partition) for y in range(2)]
    whole = [losses[y].diff(z) - (sp.exp(z) / partition - int(k == y)) for y in range(2) for k, z in enumerate(logits)]
    short = -sp.log(sp.exp(z_y) / TOTAL)
    lead = STATEMENT.right[2]
    raised = -sp.log(sp.exp(z_y + m) / (sp.exp(z_y + m) + sp.exp(z_i) + R))
    rest = sp.Symbol("a", positive=True)
    return (
        Step(
            claim="The gradient of the loss is p_i - delta_iy.",
            because="-log p_y is differentiated by every logit, for four labels.",
            obligation=tuple(whole),
            instances="four labels",
        ),
        Step(
            claim="By the label's logit it is p_y - 1, by another one p_i.",
            because="All logits but two stand in the sum R_z, which is kept: any number of labels.",
            obligation=(short.diff(z_y) - STATEMENT.right[0], short.diff(z_i) - STATEMENT.right[1]),
            shows=sp.Eq(sp.Tuple(own, other), sp.Tuple(*STATEMENT.right[:2]), evaluate=False),
        ),
        Step(
            claim="Adding m to the label's logit leaves this loss.",
            because="The exponentials of both losses are compared.",
            obligation=sp.exp(raised) - sp.exp(lead),
            shows=sp.Eq(loss, lead),
        ),
        Step(
            claim="Its infimum is 0, and it is not attained: the loss falls with m, to 0 at infinity.",
            because="The derivative by m is -(1 - p_y), negative at every m; the loss is the integral of 1/(1 + u) "
            "from 0 to (1/p_y - 1) > 0.",
            obligation=(
                lead.diff(m) + 1 - 1 / (1 + sp.exp(-m) * (sp.exp(z_i) + R) / sp.exp(z_y)),
                sp.limit(sp.log(1 + rest * sp.exp(-m)), m, sp.oo),
            ),
        ),
    )
