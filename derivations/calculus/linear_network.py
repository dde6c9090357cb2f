r"""Steps that several results on deep linear networks share: from the loss to the flow, from the flow to single modes.

Everything is shown for all widths, depths and numbers of examples at once, in noncommuting letters: a matrix is a
letter, its transpose another or `sympy.transpose` of it, and orthonormal columns are the word R^T R = 1. What stands
above and below a matrix is one letter each, however many matrices that may be.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.proof import Meaning, Step
from derivations.statement import Source
from derivations.symbols import s, tau

UNIQUENESS = Source(document="teschl2012ordinary", where="the theorem of Picard and Lindelöf")
S31, S11, S = letter(r"\Sigma^{31}"), letter(r"\Sigma^{11}"), letter("S")
W21, W32, W21T, W32T = letter("W^{21}"), letter("W^{32}"), letter("W^{21T}"), letter("W^{32T}")
U, UT, V, VT, R, RT = letter("U"), letter("U^{T}"), letter("V"), letter("V^{T}"), letter("R"), letter("R^{T}")
BAR21, BAR32 = letter(r"\overline{W}^{21}"), letter(r"\overline{W}^{32}")
BAR21T, BAR32T = letter(r"\overline{W}^{21T}"), letter(r"\overline{W}^{32T}")
D1, D2, D1T, D2T = letter("D_{1}"), letter("D_{2}"), letter("D_{1}^{T}"), letter("D_{2}^{T}")


A, W, B = (letter(name) for name in ("A", "W", "B"))  # layers above, a matrix, layers below
X, Y = letter("X"), letter("Y")  # inputs and outputs, one example a column
ABOVE, OWN, BELOW = sp.symbols("p w_l q", real=True)  # strengths of a mode above a layer, in it and below it


def backpropagated(correlation: sp.Expr, square: sp.Expr) -> sp.Expr:
    """A^T (Sigma31 - A W B Sigma11) B^T, of the sums of y x^T and x x^T: minus the gradient of the loss by W."""
    return word(sp.transpose(A), correlation - word(A, W, B, square), sp.transpose(B))


def descent_of_a_factor() -> Step:
    """Minus the gradient of half the squared error by W, in a map A W B of any shapes and numbers of matrices."""
    size = sp.Symbol("epsilon", real=True)
    change = letter("V")
    error = Y - word(A, W + size * change, B, X)
    moved = sp.diff(sp.expand(sp.transpose(error) * error) / 2, size).subs(size, 0)
    step = backpropagated(word(Y, sp.transpose(X)), word(X, sp.transpose(X)))
    descent, above_t, inputs_t, below_t = map(letter, (r"-\frac{\partial L}{\partial W}", "A^{T}", "X^{T}", "B^{T}"))
    return Step(
        claim="A matrix between any layers moves along the error carried back through the layers above, times the "
        "input from below.",
        because="Half the trace of the squared error is differentiated along any change V of the matrix W in A W B. A "
        "trace does not change when its word is rotated or transposed; what remains is minus the trace of V^T with "
        "the step, which is therefore minus the gradient.",
        obligation=mp.trace(moved) + mp.trace(word(sp.transpose(change), step)),
        shows=sp.Eq(descent, word(above_t, Y - word(A, W, B, X), inputs_t, below_t), evaluate=False),
        means={descent: step, above_t: sp.transpose(A), inputs_t: sp.transpose(X), below_t: sp.transpose(B)},
    )


def averaged_flow() -> tuple[Step, ...]:
    """From the loss of a three-layer network to the flow of its weights in the two correlations of the data."""
    learning_rate, count = sp.Symbol("lambda", positive=True), sp.Symbol("P", positive=True)
    data = [tuple(letter(rf"({first} x^{{T}})^{{{k}}}") for first in "yx") for k in (1, 2)]  # of two examples
    cross, square = (sum(products) for products in zip(*data, strict=True))
    first, last = (W32, W21, sp.S.One), (sp.S.One, W32, W21)

    def step(place: tuple[sp.Expr, ...], *correlations: sp.Expr) -> sp.Expr:
        return backpropagated(*correlations).subs(dict(zip((A, W, B), place, strict=True)), simultaneous=True)

    rates = [sum(learning_rate * step(place, *example) for example in data) / count for place in (first, last)]
    time = count / learning_rate
    rate = mp.rate("W^{21}")
    return (
        descent_of_a_factor(),
        Step(
            claim="Averaged over one pass the weights flow with time constant tau = P / lambda; two correlations hold "
            "all that the data contribute.",
            because="At fixed weights the changes by two examples add up to the change by the sums of their "
            "correlations, and so on for all P of them; a pass takes the time P.",
            obligation=time * rates[1] - step(last, cross, square),
            shows=sp.Eq(tau * rate, word(W32T, S31 - word(W32, W21, S11)), evaluate=False),
            means={tau: time, rate: rates[0], W32T: sp.transpose(W32), S31: cross, S11: square},
        ),
    )


def singular_coordinates() -> tuple[Step, ...]:
    """From the flow of a three-layer network with whitened inputs to its flow in singular coordinates."""
    # W21 = BAR21 V^T, W32 = U BAR32, Sigma31 = U S V^T, Sigma11 = 1; the sizes ask for U of the outputs
    error = word(U, S, VT) - word(U, BAR32, BAR21, VT)
    rotated = (word(BAR32T, UT, error, V), word(UT, error, V, BAR21T))
    # BAR21 = R D1, BAR32 = D2 R^T
    error = S - word(D2, RT, R, D1)
    decoupled = (word(R, D2T, error), word(error, D1T, RT))
    inside = (word(R, D2T, S - word(D2, D1)), word(S - word(D2, D1), D1T, RT))
    found = [contract(rate, word(UT, U), word(VT, V)) for rate in rotated]
    bar_rate, factor_rate = mp.rate(r"\overline{W}^{21}"), mp.rate("D_{1}")
    return (
        Step(
            claim="In singular coordinates the data appear as the diagonal matrix S alone.",
            because="In the rotated flow U^T U and V^T V are unit matrices; whitened inputs make Sigma11 one as well.",
            obligation=found[1] - word(S - word(BAR32, BAR21), BAR21T),
            shows=sp.Eq(tau * bar_rate, word(BAR32T, S - word(BAR32, BAR21)), evaluate=False),
            means={bar_rate: found[0] / tau},
        ),
        Step(
            claim="Decoupled weights move along decoupled weights: only the diagonal factors D_1 and D_2 change.",
            because="The hidden directions R are orthonormal, R^T R is the unit matrix, and R stands outside the flow.",
            obligation=tuple(contract(x, word(RT, R)) - sp.expand(y) for x, y in zip(decoupled, inside, strict=True)),
            shows=sp.Eq(tau * factor_rate, word(D2T, S - word(D2, D1)), evaluate=False),
            means={factor_rate: contract(word(RT, decoupled[0]), word(RT, R)) / tau},
        ),
    )


def conserved_gram(low: str, high: str) -> Step:
    """W^low W^low^T - W^high^T W^high of neighbouring matrices is conserved, whatever the data and the depth."""
    first, second = letter(f"W^{{{low}}}"), letter(f"W^{{{high}}}")
    error = letter("F")  # A^T E B^T: the error E, seen through all layers above (A) and below (B)
    difference = word(first, sp.transpose(first)) - word(sp.transpose(second), second)
    flow = {first: word(sp.transpose(second), error), second: word(error, sp.transpose(first))}
    rate = letter(rf"\frac{{d}}{{dt}} ({mp.written(difference)})")
    return Step(
        claim="Neighbouring layers conserve the difference of their Gram matrices on the neurons between them.",
        because="With the error between the layers as one letter, both Gram matrices change alike, word by word.",
        shows=sp.Eq(rate, 0, evaluate=False),
        means={rate: mp.change(difference, flow)},
    )


def deep_flow() -> tuple[Step, ...]:
    """From the loss of a network of any depth to the flow of the diagonal factors of a decoupled start."""
    above, below = letter(r"(D_{N_l - 1} \cdots D_{l+1})^{T}"), letter(r"(D_{l-1} \cdots D_{1})^{T}")
    whole, rate = letter(r"D_{N_l - 1} \cdots D_{1}"), mp.rate("D_{l}")
    frames = top, high, low, bottom, next_ = [letter(f"R_{{{k}}}") for k in ("d", "l", "l-1", "0", "k")]
    top_t, high_t, low_t, bottom_t, next_t = [letter(f"R_{{{k}}}^{{T}}") for k in ("d", "l", "l-1", "0", "k")]
    transposed = top_t, high_t, low_t, bottom_t, next_t
    unit = [word(f_t, f) for f, f_t in zip(frames, transposed, strict=True)]
    P, PT, Q, QT, D = (letter(name) for name in ("P", "P^{T}", "Q", "Q^{T}", "D"))
    longer = contract(word(top, P, next_t, next_, D, low_t), *unit) - word(top, P, D, low_t)
    shorter = contract(word(high, D, next_t, next_, Q, bottom_t), *unit) - word(high, D, Q, bottom_t)
    total = contract(word(top, P, high_t, high, D, low_t, low, Q, bottom_t), *unit)
    error = word(top, S, bottom_t) - total
    flow = contract(word(high, PT, top_t, error, bottom, QT, low_t), *unit)
    return (
        descent_of_a_factor(),
        conserved_gram("l", "l+1"),
        Step(
            claim="A decoupled start stays decoupled, at any depth.",
            because="With W^l = R_l D_l R_(l-1)^T and orthonormal R_l the frames between neighbours cancel, so that "
            "the matrices above make R_d P R_l^T and those below R_(l-1) Q R_0^T, one more at a time; inside the flow "
            "only the factors are left.",
            obligation=(longer, shorter, flow - sp.expand(word(high, PT, S - word(P, D, Q), QT, low_t))),
            shows=sp.Eq(tau * rate, word(above, S - whole, below), evaluate=False),
            means={above: PT, below: QT, whole: word(P, D, Q), rate: contract(word(high_t, flow, low), *unit) / tau},
        ),
    )


def closed_modes(shows: sp.Basic, rate: sp.Basic, strengths: Meaning) -> Step:
    """The strengths of one mode, in networks of any depth and widths, close on themselves.

    shows       their flow, for the reader; `rate` is the name in it of the rate of a layer's strength
    strengths   what other names in it stand for, in ABOVE, OWN and BELOW
    """
    p, w, q = ABOVE, OWN, BELOW
    names = ("d", "l", "l-1", "0")
    top, high, low, bottom = (letter(f"h_{{{k}}}") for k in names)
    top_t, high_t, low_t, bottom_t = (letter(f"h_{{{k}}}^{{T}}") for k in names)
    above, own, below, data, above_t, below_t = (letter(f"{k}'") for k in ("P", "D", "Q", "S", "P^{T}", "Q^{T}"))
    unit = [word(a, b) for a, b in ((top_t, top), (high_t, high), (low_t, low), (bottom_t, bottom))]
    nothing = [(above, high), (high_t, own), (own, low), (low_t, below), (below, bottom), (top_t, above)]
    nothing += [(top_t, data), (data, bottom), (above_t, top), (bottom_t, below_t), (high_t, above_t), (below_t, low)]

    def apart(*factors: sp.Expr) -> sp.Expr:
        """The product of factors, where directions of the mode are units and orthogonal to the rest."""
        found = contract(word(*factors), *unit)
        return contract(found.subs([(word(*pair), sp.S.Zero) for pair in nothing]), *unit)

    of_above, of_below = p * word(top, high_t) + above, q * word(low, bottom_t) + below
    layer, rest = w * word(high, low_t) + own, data - word(above, own, below)
    total = apart(of_above, apart(layer, of_below))
    error = s * word(top, bottom_t) + data - total
    flow = apart(p * word(high, top_t) + above_t, apart(error, q * word(bottom, low_t) + below_t))
    return Step(
        claim="In decoupled factors every mode keeps to itself: its strengths move by its own error alone.",
        because="Each factor is split into one mode, w_l h_l h_(l-1)^T with unit vectors h, and a rest D' that is "
        "orthogonal to them, whatever it holds. Products, errors and steps split in the same way.",
        obligation=(
            apart(of_above, layer) - p * w * word(top, low_t) - word(above, own),
            total - p * w * q * word(top, bottom_t) - word(above, own, below),
            flow - p * q * (s - p * w * q) * word(high, low_t) - sp.expand(word(above_t, rest, below_t)),
        ),
        shows=shows,
        means={rate: apart(high_t, flow, low) / tau, **strengths},
    )


def one_solution() -> Step:
    """The decoupled curve is what the network does: uniqueness of the solution, taken over."""
    return Step(
        claim="The decoupled curve is the only solution with this start, so the network follows it.",
        because="The flow is polynomial in the weights, hence locally Lipschitz, and has one solution from each start.",
        assumption=UNIQUENESS,
    )
