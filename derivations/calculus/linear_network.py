r"""Steps that several results on deep linear networks share: from the loss to the flow, from the flow to single modes.

The rule of backpropagation is established on explicit networks of unequal widths, whose losses are differentiated by
every weight. What follows from it is shown for all widths at once, in noncommuting letters: a matrix is a letter, its
transpose another, and orthonormal columns are the word R^T R = 1.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import letter, word
from derivations.proof import Step
from derivations.statement import Source
from derivations.symbols import tau

UNIQUENESS = Source(document="teschl2012ordinary", where="the theorem of Picard and Lindelöf")
S31, S11, S = letter(r"\Sigma^{31}"), letter(r"\Sigma^{11}"), letter("S")
W21, W32, W21T, W32T = letter("W^{21}"), letter("W^{32}"), letter("W^{21T}"), letter("W^{32T}")
U, UT, V, VT, R, RT = letter("U"), letter("U^{T}"), letter("V"), letter("V^{T}"), letter("R"), letter("R^{T}")
BAR21, BAR32 = letter(r"\overline{W}^{21}"), letter(r"\overline{W}^{32}")
BAR21T, BAR32T = letter(r"\overline{W}^{21T}"), letter(r"\overline{W}^{32T}")
D1, D2, D1T, D2T = letter("D_{1}"), letter("D_{2}"), letter("D_{1}^{T}"), letter("D_{2}^{T}")


def averaged_flow() -> tuple[Step, ...]:
    """From the loss of a three-layer network to the flow of its weights in the two correlations of the data."""
    weights = w21, w32 = mp.chain((2, 3, 1))
    count = 2  # examples of the explicit network
    inputs, outputs = mp.matrix("x", 2, count), mp.matrix("y", 1, count)

    def rule(x: sp.Matrix, y: sp.Matrix) -> tuple[sp.Matrix, sp.Matrix]:
        error = (y - w32 * w21 * x) * x.T
        return w32.T * error, error * w21.T

    presented = [(inputs[:, k], outputs[:, k]) for k in range(count)]
    one = [-mp.gradient(mp.squared_error(weights, *presented[0]), w) for w in weights]
    learning_rate = sp.Symbol("lambda", positive=True)
    steps = [rule(x, y) for x, y in presented]
    during = [sum((step[k] for step in steps[1:]), steps[0][k]) * learning_rate / count for k in range(2)]
    left = outputs * inputs.T - w32 * w21 * inputs * inputs.T
    flow = [rhs / (count / learning_rate) for rhs in (w32.T * left, left * w21.T)]
    example = letter(r"(y - W^{32} W^{21} x)\, x^{T}")
    return (
        Step(
            claim="A presentation of one example changes a layer by the error carried back through the other layer.",
            because="The loss of an explicit network with 2, 3 and 1 neurons is differentiated by every weight.",
            obligation=tuple(a - b for a, b in zip(one, steps[0], strict=True)),
            shows=sp.Eq(letter(r"\Delta W^{21}"), word(letter(r"\lambda"), W32T, example), evaluate=False),
        ),
        Step(
            claim="Averaged over one pass the weights flow with time constant tau = P / lambda; two correlations hold "
            "all that the data contribute.",
            because="The changes of all P presentations at fixed weights are added and divided by their time P.",
            obligation=tuple(a - b for a, b in zip(during, flow, strict=True)),
            shows=sp.Eq(tau * mp.rate("W^{21}"), word(W32T, S31 - word(W32, W21, S11)), evaluate=False),
        ),
    )


def singular_coordinates() -> tuple[Step, ...]:
    """From the flow of a three-layer network with whitened inputs to its flow in singular coordinates."""
    # W21 = BAR21 V^T, W32 = U BAR32, Sigma31 = U S V^T, Sigma11 = 1; the sizes ask for U of the outputs
    error = word(U, S, VT) - word(U, BAR32, BAR21, VT)
    rotated = (word(BAR32T, UT, error, V), word(UT, error, V, BAR21T))
    expected = (word(BAR32T, S - word(BAR32, BAR21)), word(S - word(BAR32, BAR21), BAR21T))
    # BAR21 = R D1, BAR32 = D2 R^T
    error = S - word(D2, RT, R, D1)
    decoupled = (word(R, D2T, error), word(error, D1T, RT))
    inside = (word(R, D2T, S - word(D2, D1)), word(S - word(D2, D1), D1T, RT))
    return (
        Step(
            claim="In singular coordinates the data appear as the diagonal matrix S alone.",
            because="In the rotated flow U^T U and V^T V are unit matrices; whitened inputs make Sigma11 one as well.",
            obligation=tuple(
                mp.contract(x, word(UT, U), word(VT, V)) - sp.expand(y) for x, y in zip(rotated, expected, strict=True)
            ),
            shows=sp.Eq(tau * mp.rate(r"\overline{W}^{21}"), word(BAR32T, S - word(BAR32, BAR21)), evaluate=False),
        ),
        Step(
            claim="Decoupled weights move along decoupled weights: only the diagonal factors D_1 and D_2 change.",
            because="The hidden directions R are orthonormal, R^T R is the unit matrix, and R stands outside the flow.",
            obligation=tuple(
                mp.contract(x, word(RT, R)) - sp.expand(y) for x, y in zip(decoupled, inside, strict=True)
            ),
            shows=sp.Eq(tau * mp.rate("D_{1}"), word(D2T, S - word(D2, D1)), evaluate=False),
        ),
    )


def conserved_gram(low: str, high: str) -> Step:
    """W^low W^low^T - W^high^T W^high of neighbouring matrices is conserved, whatever the data and the depth."""
    latex = (f"W^{{{low}}}", f"(W^{{{low}}})^{{T}}", f"W^{{{high}}}", f"(W^{{{high}}})^{{T}}")
    first, first_t, second, second_t = (letter(name) for name in latex)
    F, FT = letter("F"), letter("F^{T}")  # B^T E A^T: the error E, seen through all layers above (B) and below (A)
    first_rate, second_rate = word(second_t, F), word(F, first_t)
    first_rate_t, second_rate_t = word(FT, second), word(first, FT)
    lower = word(first_rate, first_t) + word(first, first_rate_t)
    upper = word(second_rate_t, second) + word(second_t, second_rate)
    difference = letter(rf"\frac{{d}}{{dt}} ({first} {first_t} - {second_t} {second})")
    return Step(
        claim="Neighbouring layers conserve the difference of their Gram matrices on the neurons between them.",
        because="With the error between the layers as one letter, both Gram matrices change alike, word by word.",
        obligation=lower - upper,
        shows=sp.Eq(difference, sp.Integer(0), evaluate=False),
    )


def deep_flow() -> tuple[Step, ...]:
    """From the loss of a network of any depth to the flow of the diagonal factors of a decoupled start."""
    residuals = []
    for widths in ((3, 2, 4), (2, 3, 1, 2), (2, 1, 3, 2, 1)):
        weights = mp.chain(widths)
        inputs, outputs = mp.matrix("x", widths[0], 1), mp.matrix("y", widths[-1], 1)
        loss = mp.squared_error(weights, inputs, outputs)
        error = (outputs - mp.product(weights, widths[0]) * inputs) * inputs.T
        for layer, weight in enumerate(weights, start=1):
            residuals.append(-mp.gradient(loss, weight) - mp.backpropagated(weights, layer, error))
    above, below = r"(W^{N_l - 1} \cdots W^{l+1})^{T}", r"(W^{l-1} \cdots W^{1})^{T}"
    inner = letter(r"(S - D_{N_l - 1} \cdots D_{1})")
    return (
        Step(
            claim="A matrix moves along the error carried back through the layers above, times the input from below.",
            because="Losses of explicit networks of two, three and four matrices are differentiated entry by entry.",
            obligation=tuple(residuals),
            shows=sp.Eq(
                tau * mp.rate("W^{l}"),
                word(letter(above), letter(r"(\Sigma^{31} - W^{N_l - 1} \cdots W^{1})"), letter(below)),
                evaluate=False,
            ),
        ),
        conserved_gram("l", "l+1"),
        Step(
            claim="A decoupled start stays decoupled, in networks of three and of four matrices.",
            because="With W^l = R_l D_l R_(l-1)^T and orthonormal R_l only the D_l are left inside the flow.",
            obligation=(*_decoupled(3), *_decoupled(4)),
            shows=sp.Eq(
                tau * mp.rate("D_{l}"),
                word(letter(above.replace("W^", "D_")), inner, letter(below.replace("W^", "D_"))),
                evaluate=False,
            ),
        ),
    )


def _decoupled(count: int) -> tuple[sp.Expr, ...]:
    """Flow of each matrix at W^l = R_l D_l R_(l-1)^T, minus R_l (flow of D_l) R_(l-1)^T; Sigma31 = R_d S R_0^T."""
    frames, frames_t = ([letter(f"R_{k}{mark}") for k in range(count + 1)] for mark in ("", "^T"))
    inner, inner_t = ([letter(f"D_{k}{mark}") for k in range(count + 1)] for mark in ("", "^T"))
    unit = [word(frames_t[k], frames[k]) for k in range(count + 1)]
    weight = [word(frames[k], inner[k], frames_t[k - 1]) for k in range(count + 1)]
    weight_t = [word(frames[k - 1], inner_t[k], frames_t[k]) for k in range(count + 1)]
    error = word(frames[count], S, frames_t[0]) - word(*weight[:0:-1])
    inside = S - word(*inner[:0:-1])
    residuals = []
    for layer in range(1, count + 1):
        flow = word(*weight_t[layer + 1 :], error, *weight_t[1:layer])
        diagonal = word(*inner_t[layer + 1 :], inside, *inner_t[1:layer])
        residuals.append(mp.contract(flow, *unit) - sp.expand(word(frames[layer], diagonal, frames_t[layer - 1])))
    return tuple(residuals)


def one_solution() -> Step:
    """The decoupled curve is what the network does: uniqueness of the solution, taken over."""
    return Step(
        claim="The decoupled curve is the only solution with this start, so the network follows it.",
        because="The flow is polynomial in the weights, hence locally Lipschitz, and has one solution from each start.",
        assumption=UNIQUENESS,
    )
