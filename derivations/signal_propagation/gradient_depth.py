r"""Squared gradients that travel backwards through a wide random network, and the depth over which they change.

Premises: z^{l+1} = W^{l+1} phi(z^l) + b^{l+1} with independent Gaussian weights of variance sigma_w^2 / N^l, and a loss
that depends on the network through the last layer only. The slide writes g_l = e^{-(L-l)/xi} g_L for "the expectation
of the gradients", which it defines as that of their squares. It leaves out that layers of unequal width add the factor
N^L / N^l (a layer of few labels sends little back to a wide one), that every layer must have the fixed length q* (the
first layers of a network whose input has another length do not), and that the weights met on the way back are those of
the way forth. With weights drawn afresh for the way back the mean square is exact at any width, for any activation;
what the same weights add is given exactly by two integrations by parts, and only that it is of relative order 1 / N in
deep networks is taken over. The slide lets xi vanish at the phase boundary, where 1 / xi does.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Source, Statement
from derivations.symbols import L, N, N_here, N_last, chi_1, g_last, l, phi, q_star, sigma_w, x, z

SLIDE = Source(document="002", where="Depth Scale: gradients with respect to the preactivations")
SCHOENHOLZ = Source(document="schoenholz2017deep", where="back-propagation of gradients")
INDEPENDENCE = Source(document="yang2020tensor", where="the gradient independence assumption and when it is correct")
LAYERS = sp.Range(1, sp.oo)
GRADIENT, DEPTH = sp.Symbol("g^l", positive=True), sp.Symbol("xi_nabla", real=True)
STRETCH = sigma_w**2 * GaussE(phi(x).diff(x).subs(x, sp.sqrt(q_star) * z) ** 2, z)
SIDES = sp.Tuple(GRADIENT, 1 / DEPTH)
FACTOR, BEHIND = sp.symbols("d delta", real=True)  # phi' of a neuron; the gradient by one neuron behind
RATE = -sp.log(chi_1)

STATEMENT = Statement(
    module=__name__,
    title="Gradients by layer, and their depth scale",
    formula=sp.Eq(SIDES, sp.Tuple(g_last * N_last / N_here * chi_1 ** (L - l), RATE), evaluate=False),
    where=(sp.Eq(chi_1, STRETCH),),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        Parameter(symbol=g_last, meaning="mean squared gradient at the last layer", domain=POSITIVE, typical=(0.1, 5)),
        Parameter(symbol=N_here, meaning="width of layer l", domain=LAYERS, typical=(3, 90)),
        Parameter(symbol=N_last, meaning="width of the last layer", domain=LAYERS, typical=(3, 40)),
        Parameter(symbol=L, meaning="number of the last layer", domain=LAYERS, typical=(12, 30)),
        signal_propagation.LAYER.narrowed("at most L"),
    ),
    assumptions=(
        "g^l is the mean over weights and neurons of the squared derivative of the loss by a preactivation of layer l.",
        "The widths of all layers but the last go to infinity; the last one may be narrow.",
        mean_field.GAUSSIAN,
        "All layers have the length q* per neuron, from the first on.",
        "Weights on the way back are those of the way forth. That they depend on the gradients behind them changes the "
        "mean square by the relative order of one over the width only; for weights drawn afresh it changes nothing.",
        "phi' has a mean square; at the boundary chi_1 = 1, where 1 / xi = 0 and xi is infinite.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(SLIDE, SCHOENHOLZ),
    covers=("D15",),
    printed=(
        Printed(
            erratum="E2",
            kind="misprint",
            formula=sp.Eq(
                SIDES, sp.Tuple(g_last * N_last / N_here * sp.exp(-(L - l) / RATE), 1 / RATE), evaluate=False
            ),
            note="The page lets xi vanish at the phase boundary; what vanishes there is 1 / xi = -ln chi_1, and xi is "
            "infinite. Read here as xi = -ln chi_1, which has the printed signs: gradients would change at once.",
            source=SLIDE,
        ),
        Printed(
            erratum="E20",
            kind="assumption",
            formula=sp.Eq(SIDES, sp.Tuple(g_last * chi_1 ** (L - l), RATE), evaluate=False),
            note="Holds between layers of equal width, all at the length q*. A layer of labels adds N^L / N^l, and the "
            "first layers behind an input of another length follow the stretch at their own length.",
            source=SLIDE,
        ),
    ),
)


def chain_rule() -> tuple[sp.Matrix, sp.Matrix, sp.Matrix, sp.Matrix]:
    """(gradient by the two preactivations of a layer, gradient by the three of the next, weights, preactivations).

    The loss is any quadratic in the next layer: a gradient depends on the first derivatives there only.
    """
    before, after = (sp.Matrix(sp.symbols(f"{name}_1:{size + 1}", real=True)) for name, size in (("z", 2), ("u", 3)))
    weights = sp.Matrix(3, 2, sp.symbols("W_1:4(1:3)", real=True))
    bias, slope = (sp.Matrix(sp.symbols(f"{name}_1:4", real=True)) for name in "ba")
    bend = sp.Matrix(3, 3, sp.symbols("A_1:4(1:4)", real=True))
    loss = (slope.T * after + after.T * bend * after)[0]
    onward = dict(zip(after, weights * before.applyfunc(phi) + bias, strict=True))
    by_before = sp.Matrix([loss.subs(onward, simultaneous=True).diff(entry) for entry in before])
    by_after = sp.Matrix([loss.diff(entry) for entry in after]).subs(onward, simultaneous=True)
    return by_before, by_after, weights, before


def one_more_neuron() -> sp.Expr:
    """What one more neuron behind adds to the mean square of a gradient, over its fresh weight."""
    before, fresh = sp.symbols("S w", real=True)  # what other neurons send
    scale = sigma_w / sp.sqrt(N_here)
    grown = price.moment((FACTOR * (before + scale * fresh * BEHIND)) ** 2, (fresh,))
    return grown - FACTOR**2 * before**2


def same_weights() -> tuple[tuple[sp.Expr, sp.Expr, sp.Expr], sp.Expr]:
    """What stands under the means of w_j^2 G, of G and of its second derivative by w_j, for any function G of w_j and
    w_k; and the residual of the mean of w_j w_k G.

    Integrations by parts: integrands may differ by the divergence of a flux that vanishes far away.
    """
    one, other = sp.symbols("w_j w_k", real=True)
    variance = sigma_w**2 / N_here
    density = sp.exp(-(one**2 + other**2) / (2 * variance))
    G = sp.Function("G", real=True)(one, other)
    flux = -variance * one * G * density - variance**2 * G.diff(one) * density
    alone = (one**2 * G * density - flux.diff(one), G * density, G.diff(one, 2) * density)
    mixed = (one * other * G - variance**2 * G.diff(one, other)) * density
    along, across = -variance * other * G * density, -(variance**2) * G.diff(one) * density
    return alone, (mixed - along.diff(one) - across.diff(other)).doit()


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From backpropagation to the recursion of squared gradients, its solution, and the depth scale."""
    gradient, rate = STATEMENT.right
    by_before, by_after, weights, before = chain_rule()
    slopes = before.applyfunc(lambda entry: phi(entry).diff(entry))
    added = one_more_neuron()
    g, width = sp.Function("g", positive=True), sp.Function("N", positive=True)
    back = sigma_w**2 * width(l + 1) / width(l)  # times phi'^2 and the mean square behind
    average = back * GaussE(phi(x).diff(x).subs(x, sp.sqrt(q_star) * z) ** 2, z) * g(l + 1)
    step = chi_1 * width(l + 1) / width(l) * g(l + 1)

    def at(layer: sp.Expr) -> sp.Expr:
        return gradient.subs(l, layer).subs(N_here, width(layer))

    boundary = sp.Symbol("c", positive=True)
    squared, sent, by_chain, grown = (
        sp.Symbol(name)
        for name in (
            r"E_W (\delta^l)^2",
            r"\delta^l_i",
            r"\phi'(z^l_i) \sum_j W^{l+1}_{ji} \delta^{l+1}_j",
            r"\Delta\, E_W (\delta^l)^2",
        )
    )
    one_behind = sp.Symbol(r"\delta^{l+1}_j", real=True)
    products = slopes.multiply_elementwise(weights.T * by_after)
    means = [sp.Symbol(rf"\mathbb{{E}}\, {name}") for name in ("w_j^2 G", "G", r"\partial_{w_j}^2 G")]
    alone, mixed = same_weights()
    steep = phi(x).diff(x)
    return (
        Step(
            claim="A gradient is phi' of the neuron times the gradients of the next layer, sent back by the weights.",
            because="The loss of an explicit network with 2 and then 3 neurons is differentiated by the preactivations "
            "of both layers.",
            shows=sp.Eq(sent, by_chain, evaluate=False),
            means=tuple({sent: left, by_chain: right} for left, right in zip(by_before, products, strict=True)),
        ),
        Step(
            claim="With weights drawn afresh for the way back, its mean square is exactly sigma_w^2 / N^l phi'^2 times "
            "the sum of the squared gradients behind: at any width, for any activation and any gradients.",
            because="Every neuron behind adds its own square, whatever the others have sent: the product with its "
            "fresh weight has mean 0. Induction over the neurons, from none.",
            shows=sp.Eq(grown, sigma_w**2 / N_here * steep**2 * one_behind**2, evaluate=False),
            means={grown: added, steep: FACTOR, one_behind: BEHIND},
        ),
        Step(
            claim="With the weights of the way forth, a square w_j^2 adds (sigma_w^2 / N)^2 times the mean second "
            "derivative, by that weight, of what stands beside it; a product w_j w_k adds so much times the mixed one.",
            because="Two integrations by parts over Gaussian weights: the integrands differ by a divergence, for any "
            "function G of the weights, such as phi'^2 times the gradients behind.",
            obligation=mixed,
            shows=sp.Eq(means[0], sigma_w**2 / N_here * means[1] + sigma_w**4 / N_here**2 * means[2], evaluate=False),
            means=dict(zip(means, alone, strict=True)),
        ),
        Step(
            claim="In wide networks with a random last matrix these derivatives stay finite, and the products of "
            "different weights add up to no more, so that what the same weights add is of relative order 1 / N.",
            because="A gradient depends on one weight of the layer before through one neuron of many.",
            assumption=INDEPENDENCE,
        ),
        Step(
            claim="So the mean square is multiplied by sigma_w^2 phi'^2 and by the ratio of the widths.",
            because="The sum over the neurons behind is their number times their mean square.",
            shows=sp.Eq(squared, back * steep**2 * g(l + 1), evaluate=False),
            means={squared: added.subs(BEHIND**2, width(l + 1) * g(l + 1)).subs(N_here, width(l)), steep: FACTOR},
        ),
        Step(
            claim="A preactivation of a wide layer is Gaussian of variance q*.",
            because="The length has reached its fixed point, and a neuron sums over many inputs.",
            assumption=SCHOENHOLZ,
        ),
        Step(
            claim="Averaged over the neurons of the layer, phi'^2 gives chi_1: the backward recursion.",
            because="The Gaussian average of the factor before is compared with the definition of chi_1.",
            shows=sp.Eq(g(l), step, evaluate=False),
            means={g(l): average, chi_1: STATEMENT.where[0].rhs},
        ),
        Step(
            claim="The formula solves this recursion with g^L at the last layer; the widths between cancel.",
            because="The formula at layer l, whose width is any function of l, against that at layer l + 1; and its "
            "value at l = L.",
            obligation=(
                at(l) - step.subs(g(l + 1), at(l + 1)),
                gradient.subs(N_here, N_last).subs(l, L) - g_last,
            ),
            shows=sp.Eq(GRADIENT, gradient, evaluate=False),
        ),
        Step(
            claim="Between equal widths the logarithm of g changes by 1 / xi from layer to layer.",
            because="The logarithm of the formula is differentiated by the number of the layer.",
            shows=sp.Eq(1 / DEPTH, rate, evaluate=False),
            means={DEPTH: 1 / sp.diff(sp.expand_log(sp.log(gradient)), l)},
        ),
        Step(
            claim="This is the exponential law of the slide, with the factor of the widths.",
            because="The exponential of the depth scale is compared with the power of chi_1.",
            shows=sp.Eq(GRADIENT, g_last * N_last / N_here * sp.exp(-(L - l) / DEPTH), evaluate=False),
            means={GRADIENT: gradient, DEPTH: 1 / rate},
        ),
        Step(
            claim="At the boundary 1 / xi vanishes and the gradients keep their size; 1 / xi falls as chi_1 grows, so "
            "gradients vanish in the ordered phase and explode in the chaotic one.",
            because="The formula at chi_1 = 1, its limit from both sides, and its derivative there.",
            obligation=(
                rate.subs(chi_1, 1),
                gradient.subs(chi_1, 1) - g_last * N_last / N_here,
                sp.limit(rate.subs(chi_1, boundary), boundary, 1, "+"),
                sp.diff(rate, chi_1) + 1 / chi_1,
            ),
            shows=sp.Eq(sp.Limit(rate, chi_1, 1, "-"), 0, evaluate=False),
            means={},
        ),
    )
