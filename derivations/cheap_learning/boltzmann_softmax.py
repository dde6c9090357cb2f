r"""Bayes' theorem in Boltzmann's form, and as a softmax (document 003).

Premises: a table p(y | x) of what is seen given the category x, and the prior p(x), over finite sets. H_x(y) and mu_x
are minus their logarithms. The steps treat any finite number of categories; the formula is written out for three. The
slide's Z(y) is the probability of what is seen, which it does not say.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import H_1, H_2, H_3, Z_y, mu_1, mu_2, mu_3

BAYES = Source(document="003", where="Bayes' theorem")
BOLTZMANN = Source(document="003", where="Boltzmann form of the probability distribution")
SOFTMAX = Source(document="003", where="Boltzmann form as softmax")
SEEN = sp.Symbol("y")
POSTERIOR = tuple(sp.Function(f"p_{j}") for j in (1, 2, 3))
WEIGHTS = tuple(sp.exp(-energy - prior) for energy, prior in ((H_1, mu_1), (H_2, mu_2), (H_3, mu_3)))

STATEMENT = Statement(
    module=__name__,
    title="Bayes' theorem as a Boltzmann distribution and a softmax",
    formula=sp.Eq(
        sp.Tuple(POSTERIOR[0](SEEN), POSTERIOR[1](SEEN), sp.Function("Z")(SEEN)),
        sp.Tuple(WEIGHTS[0] / Z_y, WEIGHTS[1] / Z_y, Z_y),
        evaluate=False,
    ),
    where=(sp.Eq(Z_y, sum(WEIGHTS), evaluate=False),),
    parameters=(
        *(
            Parameter(
                symbol=letter,
                meaning=f"self-information of what is seen in category {j}",
                domain=sp.Interval(0, sp.oo),
                typical=(0.3, 3),
            )
            for j, letter in enumerate((H_1, H_2, H_3), start=1)
        ),
        *(
            Parameter(
                symbol=letter,
                meaning=f"self-information of category {j}",
                domain=sp.Interval(0, sp.oo),
                typical=(0.2, 2.5),
            )
            for j, letter in enumerate((mu_1, mu_2, mu_3), start=1)
        ),
    ),
    assumptions=(
        "H_x(y) = -log p(y|x) and mu_x = -log p(x): what is seen has a probability other than zero in every category.",
        "The formula is written for three categories; the derivation has any finite number of them.",
    ),
    regime=Exact(),
    sources=(BAYES, BOLTZMANN, SOFTMAX, Source(document="lin2017cheap", where="Bayes' theorem as a softmax")),
    covers=("H1",),
)


def derivation() -> tuple[Step, ...]:
    """From the table of joint probabilities to Boltzmann's form, and to the softmax."""
    seen, prior = sp.IndexedBase("L", positive=True), sp.IndexedBase("q", positive=True)  # p(y|x) at one y, and p(x)
    i, j = sp.symbols("i j", integer=True, positive=True)
    count = sp.Symbol("M", integer=True, positive=True)
    shift, other = sp.symbols("c v", real=True)

    def energy(index: sp.Symbol) -> sp.Expr:
        return -sp.log(seen[index])

    def information(index: sp.Symbol) -> sp.Expr:
        return -sp.log(prior[index])

    total = sp.Sum(sp.exp(-energy(j) - information(j)), (j, 1, count))
    joint = sp.Sum(seen[j] * prior[j], (j, 1, count))
    logits = (-H_1 - mu_1, -H_2 - mu_2, -H_3 - mu_3)
    normalizer, inferred = sp.Function("Z")(SEEN), sp.Function("p")(i, SEEN)

    def softmax(v: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
        return tuple(sp.exp(entry) / sum(map(sp.exp, v)) for entry in v)

    normalization = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    first, second, partition = (side.subs(normalization) for side in STATEMENT.right)
    letters = {letter: -sp.log(sp.Symbol(f"P_{n}", positive=True)) for n, letter in enumerate((H_1, H_2, H_3))}
    letters |= {letter: -sp.log(sp.Symbol(f"Q_{n}", positive=True)) for n, letter in enumerate((mu_1, mu_2, mu_3))}
    pairs = [sp.Symbol(f"P_{n}", positive=True) * sp.Symbol(f"Q_{n}", positive=True) for n in range(3)]
    return (
        Step(
            claim="The normalization Z(y) is p(y), the probability of what is seen, for any finite number of "
            "categories.",
            because="exp(-H - mu) is p(y|x) p(x), which summed over the categories is the marginal of y.",
            shows=sp.Eq(normalizer, joint, evaluate=False),
            means={normalizer: total},
        ),
        Step(
            claim="Bayes' theorem is Boltzmann's distribution with the energies H + mu, for any finite number of "
            "categories.",
            because="Numerator and denominator of p(y|x) p(x) / p(y) are written as exponentials.",
            shows=sp.Eq(inferred, sp.exp(-energy(i) - information(i)) / total, evaluate=False),
            means={inferred: seen[i] * prior[i] / joint},
        ),
        Step(
            claim="For three categories these are the stated posteriors and normalization.",
            because="The table is put in for H and mu.",
            obligation=(
                first.subs(letters) - pairs[0] / sum(pairs),
                second.subs(letters) - pairs[1] / sum(pairs),
                partition.subs(letters) - sum(pairs),
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The posterior is the softmax of -H - mu.",
            because="The softmax divides exponentials by their sum.",
            obligation=tuple(a - b for a, b in zip(softmax(logits)[:2], (first, second), strict=True)),
            shows=sp.Eq(POSTERIOR[0](SEEN), softmax(logits)[0], evaluate=False),
        ),
        Step(
            claim="What is added to all entries drops out of a softmax: H is needed up to a function of y alone.",
            because="It is a common factor of numerator and denominator.",
            obligation=tuple(
                a - b for a, b in zip(softmax(tuple(v + shift for v in logits)), softmax(logits), strict=True)
            ),
            shows=sp.Eq(softmax(tuple(v + shift for v in logits))[0], softmax(logits)[0], evaluate=False),
        ),
        Step(
            claim="The posteriors of all categories add up to one.",
            because="The entries of a softmax have the same denominator.",
            shows=sp.Eq(sum(p(SEEN) for p in POSTERIOR), 1, evaluate=False),
            means={p(SEEN): share for p, share in zip(POSTERIOR, softmax(logits), strict=True)},
        ),
        Step(
            claim="With two categories the softmax is the logistic function of the difference.",
            because="Divide by the first exponential.",
            obligation=softmax((shift, other))[0] - 1 / (1 + sp.exp(-(shift - other))),
            shows=sp.Eq(softmax((shift, other))[0], 1 / (1 + sp.exp(other - shift)), evaluate=False),
        ),
    )
