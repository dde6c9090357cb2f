r"""The reverse of a small step on binary data: independent flips of the bits miss a divergence of order beta^2.

Premises: bits that a step flips with probability beta/2 each, and Bayes' rule. The slide's "ongoing work applying to
binary spike trains" needs reverse kernels whose bits are independent. What the best of them misses is the chance that
two bits flip together: of order beta^2, not beta^3 as for Gaussian steps, so that a chain of fixed length in time
misses of order beta in all, which still goes to zero.
"""

from __future__ import annotations

import functools
import itertools

import sympy as sp

from derivations import diffusion
from derivations.proof import Step
from derivations.statement import POSITIVE, LeadingOrder, Parameter, Source, Statement
from derivations.symbols import beta_t

p_pp, p_pm, p_mp, p_mm = TABLE = sp.symbols(r"p_{++} p_{+-} p_{-+} p_{--}", positive=True)
divergence = sp.Symbol("D_KL^pair", positive=True)
EVEN, ODD = p_pp * p_mm, p_pm * p_mp


def excess(ratio: sp.Expr) -> sp.Expr:
    """u - 1 - log u: positive unless u = 1."""
    return ratio - 1 - sp.log(ratio)


STATEMENT = Statement(
    module=__name__,
    title="Reverse of a small step on binary data",
    formula=sp.Eq(
        divergence,
        beta_t**2 / 4 * ((p_pp + p_mm) * excess(ODD / EVEN) + (p_pm + p_mp) * excess(EVEN / ODD)),
        evaluate=False,
    ),
    parameters=(
        diffusion.STEP,
        *(
            Parameter(symbol=symbol, meaning=f"probability of the bits {signs}", domain=POSITIVE, typical=typical)
            for symbol, signs, typical in zip(
                TABLE,
                ("+ and +", "+ and -", "- and +", "- and -"),
                ((0.31, 0.47), (0.05, 0.11), (0.12, 0.19), (0.22, 0.29)),
                strict=True,
            )
        ),
    ),
    assumptions=(
        "A step flips each bit with probability beta/2, independently; every state of the bits has a chance.",
        "The divergence is that of the reverse kernel from the best kernel with independent bits, in the mean over "
        "where a step ends; in nats.",
        "With more bits it is a sum over pairs and over the states of the others; p are then the probabilities of the "
        "pair together with that state.",
    ),
    regime=LeadingOrder(parameter=beta_t, order=3),
    sources=(
        diffusion.TRACTABLE,
        Source(document="sohldickstein2015deep", where="binomial diffusion of binary data"),
    ),
    covers=("F15",),
)


def total_correlation(bits: int) -> tuple[sp.Expr, sp.Symbol, dict]:
    """Divergence of flips from independent ones, for chances eps^k w of each set of k flips, and those w."""
    eps = sp.Symbol("eps", positive=True)
    sets = [c for size in range(1, bits + 1) for c in itertools.combinations(range(1, bits + 1), size)]
    weight = {chosen: sp.Symbol("w_" + "".join(map(str, chosen)), positive=True) for chosen in sets}
    chance = {chosen: eps ** len(chosen) * w for chosen, w in weight.items()}
    single = {bit: sum(eps ** (len(c) - 1) * w for c, w in weight.items() if bit in c) for bit in range(1, bits + 1)}

    def stays(chosen: tuple[int, ...]) -> sp.Expr:
        return sum(sp.log(1 - eps * single[bit]) for bit in single if bit not in chosen)

    none = 1 - sum(chance.values())
    whole = none * (sp.log(none) - stays(()))
    for chosen, w in weight.items():
        whole += chance[chosen] * (sp.log(w) - sum(sp.log(single[bit]) for bit in chosen) - stays(chosen))
    return whole, eps, weight


def pair(together: sp.Expr, apart: sp.Expr) -> sp.Expr:
    """What a pair of bits adds to the total correlation, over the square of the chance of a flip."""
    return together * sp.log(together / apart) - together + apart


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From Bayes' rule to chances of flips, and from these to their total correlation."""
    flip = beta_t / 2
    states = list(itertools.product((0, 1), repeat=2))
    p = dict(zip(states, TABLE, strict=True))
    orders, means = [], []
    for state in states:
        first, second = (1 - state[0], state[1]), (state[0], 1 - state[1])
        both = (1 - state[0], 1 - state[1])
        ends = sum(
            flip ** sum(a != b for a, b in zip(state, other, strict=True))
            * (1 - flip) ** sum(a == b for a, b in zip(state, other, strict=True))
            * p[other]
            for other in states
        )
        for other, power in ((first, 1), (second, 1), (both, 2)):
            chance = flip**power * (1 - flip) ** (2 - power) * p[other] / ends
            orders.append((chance / flip**power).subs(beta_t, 0) - p[other] / p[state])
        means.append(p[state] * pair(p[both] / p[state], p[first] * p[second] / p[state] ** 2))
    residuals = []
    for bits in (2, 3):
        whole, eps, weight = total_correlation(bits)
        second = sum(
            pair(weight[c], weight[c[:1]] * weight[c[1:]]) for c in itertools.combinations(range(1, bits + 1), 2)
        )
        slope = sp.diff(whole, eps)
        residuals += [whole.subs(eps, 0), slope.subs(eps, 0)]
        residuals.append(sp.expand_log(sp.diff(slope, eps).subs(eps, 0) / 2 - second, force=True))
    claimed = STATEMENT.right[0]
    b, r = sp.symbols("b r", positive=True)
    return (
        Step(
            claim="Seen backwards a bit has flipped with probability beta/2 times the ratio of the probabilities "
            "without and with the flip, and two with (beta/2)^2 times such a ratio, to leading order.",
            because="Bayes' rule for all states of two bits, at small beta.",
            obligation=tuple(orders),
            instances="two bits",
        ),
        Step(
            claim="The best kernel of independent bits has their marginal chances, and misses the total correlation. "
            "It begins with the sum over pairs of a log(a/b) - a + b, a the chance of both flips and b the product of "
            "the chances of each.",
            because="The total correlation is differentiated twice at 0, with chances of k flips of order beta^k.",
            obligation=tuple(residuals),
            instances="two and three bits",
        ),
        Step(
            claim="The mean of this over the states in which a step ends is the formula.",
            because="The four states of two bits are added up.",
            obligation=sp.expand_log(sp.expand(flip**2 * sum(means) - claimed), force=True),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="It vanishes where the bits are independent.",
            because="Both products of probabilities are then equal.",
            obligation=claimed.subs({p_pp: b * r, p_mm: p_pm * p_mp / (b * r)}),
        ),
    )
