r"""What it costs to flatten a network that multiplies n variables: 2^n neurons for 4 (n - 1) (document 003).

Premises: one hidden layer of m neurons, sum_j w_j phi(a_j . y), whose Taylor polynomial of degree n is the product of
all variables. Its coefficients are moments sum_j w_j a_1j^e_1 ... a_nj^e_n, which vanish but for one. Then the matrix
of the products over subsets, 2^n rows and m columns, has full rank, if no Taylor coefficient of phi up to the order n
vanishes. Signs for weights attain it (polarization). Deep networks of gates need 4 (n - 1) neurons. The slide does not
say what is assumed of phi: for phi = x^n half as many neurons suffice. A bias of the output saves one neuron. Hidden
neurons with biases of their own, whose Taylor coefficients differ, are outside of the theorem: three of them multiply
two numbers.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.activations import SIGMOID
from derivations.cheap_learning import VARIABLES, multiplication_gate
from derivations.expressivity import linear_regions
from derivations.manifold_geometry import depth_beats_width
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import D, L, b, chi_1, n, u, v, x

DEFINITION = Source(document="003", where="neuron-efficient flattening")
COST = Source(document="003", where="flattening cost of a network")
EXAMPLES = Source(document="003", where="several known examples")
DEPTH = Source(document="003", where="here is the main reason why depth of neural network matters")
FLAT, DEEP, NEURON_COST, SYNAPSE_COST = (sp.Symbol(name) for name in ("N_flat", "N_deep", "C_n", "C_s"))

STATEMENT = Statement(
    module=__name__,
    title="Flattening a product of n variables",
    formula=sp.Eq(
        sp.Tuple(FLAT, DEEP, NEURON_COST, SYNAPSE_COST),
        sp.Tuple(2**n, 4 * (n - 1), 2**n / (4 * (n - 1)), (n + 1) * 2**n / (12 * (n - 1))),
        evaluate=False,
    ),
    parameters=(VARIABLES.narrowed("at least two", domain=sp.Range(2, sp.oo)),),
    assumptions=(
        "A network multiplies if its Taylor polynomial of degree n is the product; scaled weights then make the error "
        "as small as wanted.",
        "N_flat is the least number of hidden neurons of one hidden layer that have one bias in common, without a bias "
        "at the output, for an activation of which no Taylor coefficient up to the order n vanishes at that bias; "
        "N_deep that of gates in a tree.",
        "C_n and C_s are the costs of flattening: hidden neurons, and weights that are not zero, of the flat network "
        "over those of the deep one. For two variables both are the same network.",
    ),
    regime=Exact(),
    sources=(DEFINITION, COST, EXAMPLES, DEPTH, Source(document="lin2017cheap", where="no-flattening theorem")),
    covers=("H22", "H24", "H25"),
    printed=(
        Printed(
            erratum="E31",
            kind="assumption",
            formula=sp.Eq(
                sp.Tuple(FLAT, DEEP, NEURON_COST, SYNAPSE_COST),
                sp.Tuple(2**n, 4 * (n - 1), 2**n / (4 * (n - 1)), (n + 1) * 2**n / (12 * (n - 1))),
            ),
            note="2^n needs an activation without vanishing Taylor coefficients up to the order n, and one bias for "
            "all neurons: for x^n itself 2^(n-1) suffice, and with biases of their own 3 for two variables. "
            "Neuron-efficient is meant of all neurons together, not of the layer number k.",
            source=EXAMPLES,
        ),
    ),
    uses=(
        multiplication_gate.STATEMENT.id,
        linear_regions.STATEMENT.id,
        depth_beats_width.STATEMENT.id,
    ),
)

NO_FLATTENING = Source(document="lin2017cheap", where="proof of the no-flattening theorem")


def subsets(variables: int) -> list[tuple[int, ...]]:
    """All sets of variables."""
    return list(
        itertools.chain.from_iterable(itertools.combinations(range(variables), k) for k in range(variables + 1))
    )


def derivation() -> tuple[Step, ...]:
    """From moments to a rank, from signs to a network of that size, and the deep one beside it."""
    return (*_lower_bound(), *_networks(), *_costs())


def _lower_bound() -> tuple[Step, ...]:
    flat = STATEMENT.right[0]
    y, a, w = sp.symbols("y_1:4"), sp.symbols("a_1:4"), sp.Symbol("w")
    powers = sp.symbols("e_1:4", integer=True, nonnegative=True)
    k, sigma_k, sigma_n, found, moment = sp.symbols("k sigma_k sigma_n c_e M_{1...1}")
    orders = [sp.Symbol(f"sigma_{k}", nonzero=True) for k in range(4)]
    neuron = w * sum(orders[k] * sum(p * q for p, q in zip(a, y, strict=True)) ** k for k in range(4))
    expanded = sp.Poly(neuron, *y)
    whole = sp.prod(y)
    inside, outside = sp.symbols("s o", integer=True, nonnegative=True)
    return (
        Step(
            claim="The coefficient of y_1^e_1 ... y_n^e_n is sigma_k, k = e_1 + ... + e_n, times a number that is not "
            "zero, times the sum over j of w_j times these powers of the components of a_j.",
            because="The powers of a_j . y are expanded, with multinomial coefficients; for one neuron and three "
            "variables.",
            shows=sp.Eq(
                found,
                sigma_k
                * sp.factorial(k)
                / sp.prod(map(sp.factorial, powers))
                * w
                * sp.prod([p**e for p, e in zip(a, powers, strict=True)]),
                evaluate=False,
            ),
            means=tuple(
                {
                    found: expanded.coeff_monomial(e),
                    sigma_k: orders[sum(e)],
                    k: sum(e),
                    **dict(zip(powers, e, strict=True)),
                }
                for e in itertools.product(range(4), repeat=3)
                if sum(e) <= 3
            ),
            instances="three variables",
        ),
        Step(
            claim="So all moments of order up to n vanish, but that of y_1 ... y_n, which does not.",
            because="The coefficients are those of the product, and no sigma_k is zero, k = 0 included: without a bias "
            "of the output the constant counts.",
            shows=sp.Eq(moment, 1 / (sp.factorial(n) * sigma_n), evaluate=False),
            means={
                moment: w * sp.prod(a) * sp.Poly(whole, *y).coeff_monomial(whole) / expanded.coeff_monomial(whole),
                sigma_n: orders[3],
                n: 3,
            },
            instances="three variables",
        ),
        Step(
            claim="Suppose products over subsets were linearly dependent, with coefficients c_S. Take the largest set "
            "R with c_R not zero, multiply by the variables outside of R and by w_j, and add over the neurons: what is "
            "left is c_R times the one moment that does not vanish.",
            because="A set S, times the n - |R| variables outside of R, has the order |S| + n - |R|, at most n; it is "
            "the product of all variables only for S = R. For all pairs of sets of three variables, |S| up to |R|.",
            obligation=tuple(
                int(_exponents(s, r) == (1, 1, 1)) - int(s == r)
                for s, r in itertools.product(subsets(3), repeat=2)
                if len(s) <= len(r)
            ),
            shows=sp.Le(inside + n - outside, n, evaluate=False),
            means=tuple(
                {inside: len(s), outside: len(r), n: 3}
                for s, r in itertools.product(subsets(3), repeat=2)
                if len(s) <= len(r)
            ),
            instances="three variables",
        ),
        Step(
            claim="So c_R = 0, the rows are independent, and there are as many neurons as subsets at least.",
            because="A matrix of rank 2^n has 2^n columns at least; subsets are counted for up to six variables.",
            obligation=tuple(len(subsets(m)) - flat.subs(n, m) for m in range(2, 7)),
            shows=sp.Ge(FLAT, 2**n, evaluate=False),
            means=tuple({FLAT: len(subsets(m)), n: m} for m in range(2, 7)),
            instances="up to six variables",
        ),
    )


def _exponents(chosen: tuple[int, ...], largest: tuple[int, ...]) -> tuple[int, ...]:
    """Exponents of the product over a set, times the three variables outside of another one."""
    return tuple(int(k in chosen) + int(k not in largest) for k in range(3))


def _networks() -> tuple[Step, ...]:
    flat, deep, *_ = STATEMENT.right
    t = sp.Symbol("t")
    first, second = sp.symbols("d_1 d_2", integer=True, positive=True)

    def signs(variables: int, weights: list) -> list[sp.Expr]:
        """Coefficients of t^k / k! in the sum of weights times exp(t a . y), up to the order of all variables."""
        y = sp.symbols(f"y_1:{variables + 1}")
        return [
            sp.expand(sum(c * sum(s * v for s, v in zip(a, y, strict=True)) ** k for c, a in weights))
            for k in range(variables + 1)
        ]

    def product(variables: int) -> sp.Expr:
        return sp.prod(sp.symbols(f"y_1:{variables + 1}"))

    every = {m: [(sp.prod(a), a) for a in itertools.product((1, -1), repeat=m)] for m in (2, 3, 4)}
    half = {m: [(c, a) for c, a in weights if a[0] == 1] for m, weights in every.items()}
    parts = {m: [((-1) ** (m - sum(a)), a) for a in itertools.product((0, 1), repeat=m) if any(a)] for m in (2, 3, 4)}
    z, of_power, with_bias, with_biases = sp.symbols("z N_power N_bias N_{biases}")
    logistic, slope = SIGMOID.expression, SIGMOID.derivative(1).subs(x, b)
    of_three = (
        logistic.subs(x, b + t * (u + v)),
        logistic.subs(x, -b + t * (u - v)),
        -2 * logistic.subs(x, 4 * slope * t * u),
    )
    three = sp.Add(*of_three)
    return (
        Step(
            claim="Neurons with all signs as input weights, and their product as output weight, attain it.",
            because="For the exponential function the sum is the product of 2 sinh(t y_i), of which the lowest order "
            "is (2 t)^n y_1 ... y_n; each order of t is that of any other activation, but for sigma_k k!. For two to "
            "four variables all lower orders are expanded.",
            obligation=(
                sp.exp(t * z) - sp.exp(-t * z) - (2 * sp.sinh(t * z)).rewrite(sp.exp),
                sp.series(2 * sp.sinh(t * z), t, 0, 2).removeO() - 2 * t * z,
                *(
                    coefficient - (2**m * sp.factorial(m) * product(m) if k == m else 0)
                    for m, weights in every.items()
                    for k, coefficient in enumerate(signs(m, weights))
                ),
                *(len(weights) - flat.subs(n, m) for m, weights in every.items()),
            ),
            shows=sp.Eq(FLAT, 2**n, evaluate=False),
        ),
        Step(
            claim="With x^n for the activation half of them suffice: neurons of opposite signs are the same.",
            because="Only the order n matters then; the half with the first sign positive is expanded.",
            obligation=tuple(
                signs(m, weights)[m] - 2 ** (m - 1) * sp.factorial(m) * product(m) for m, weights in half.items()
            ),
            shows=sp.Eq(of_power, 2 ** (n - 1), evaluate=False),
            means=tuple({of_power: len(weights), n: m} for m, weights in half.items()),
            instances="two to four variables",
        ),
        Step(
            claim="With a bias at the output one neuron fewer suffices: weights 0 and 1, but not all 0.",
            because="Inclusion and exclusion: the sum over subsets with alternating signs has the order n first, and "
            "the neuron of the empty subset is a constant.",
            obligation=tuple(
                coefficient - (sp.factorial(m) * product(m) if k == m else 0)
                for m, weights in parts.items()
                for k, coefficient in enumerate(signs(m, weights))
                if k > 0
            ),
            shows=sp.Eq(with_bias, 2**n - 1, evaluate=False),
            means=tuple({with_bias: len(weights), n: m} for m, weights in parts.items()),
            instances="two to four variables",
        ),
        Step(
            claim="With biases of their own fewer suffice: three logistic neurons multiply two numbers u and v.",
            because="At the biases b and -b the slopes are equal and the second derivatives opposite, so that the "
            "squares of u + v and u - v are subtracted. The third neuron, which does not bend at 0, takes the rest "
            "away.",
            obligation=(
                three.subs(t, 0).rewrite(sp.exp),
                three.diff(t).subs(t, 0).rewrite(sp.exp),
                (three.diff(t, 2).subs(t, 0) - 4 * u * v * SIGMOID.derivative(2).subs(x, b)).rewrite(sp.exp),
            ),
            shows=sp.Lt(with_biases, FLAT, evaluate=False),
            means={with_biases: len(of_three), FLAT: flat.subs(n, 2)},
            instances="two variables",
        ),
        Step(
            claim="A tree of gates of four neurons takes 4 (n - 1): each gate joins two parts.",
            because="Parts of d_1 and d_2 factors have d_1 - 1 and d_2 - 1 gates, and one more joins them.",
            obligation=(
                sp.expand(deep.subs(n, first) + deep.subs(n, second) + 4 - deep.subs(n, first + second)),
                deep.subs(n, 1),
                multiplication_gate.A_1.shape[0] - deep.subs(n, 2),
            ),
            shows=sp.Eq(DEEP, 4 * (n - 1), evaluate=False),
        ),
    )


def _costs() -> tuple[Step, ...]:
    flat, deep, neurons, synapses = STATEMENT.right
    gate = sum(1 for entry in (*multiplication_gate.A_1, *multiplication_gate.A_2) if entry != 0)
    _, width = depth_beats_width.STATEMENT.right
    teeth, _, least, _ = linear_regions.STATEMENT.right
    return (
        Step(
            claim="The cost of flattening is the quotient, of neurons, and of weights: n to and one from each neuron "
            "of the flat network, twelve in each gate.",
            because="Weights of the gate that are not zero are counted.",
            obligation=(
                sp.cancel(neurons - flat / deep),
                gate - sp.Integer(12),
                sp.cancel(synapses - flat * (n + 1) / (gate * deep / 4)),
            ),
            shows=sp.Eq(NEURON_COST, FLAT / DEEP, evaluate=False),
        ),
        Step(
            claim="For two variables flattening costs nothing; a variable more nearly doubles the cost.",
            because="The quotient at n = 2, and the limit of its growth.",
            obligation=(
                neurons.subs(n, 2) - 1,
                synapses.subs(n, 2) - 1,
                sp.cancel(sp.powsimp(neurons.subs(n, n + 1) / neurons) - 2 * (n - 1) / n),
            ),
            shows=sp.Eq(sp.Limit(2 * (n - 1) / n, n, sp.oo), 2, evaluate=False),
            means={},
        ),
        Step(
            claim="Other families cost exponentially much as well: L tents one behind the other have 2 L neurons, and "
            "one hidden layer needs 2^L - 1.",
            because="As many pieces as the sawtooth has, from linear regions.",
            obligation=(least - (teeth - 1), sp.limit(sp.powsimp(least.subs(L, L + 1) / least), L, sp.oo) - 2),
            shows=sp.Eq(sp.Function("n_min")(L), least, evaluate=False),
        ),
        Step(
            claim="And so does the geometric route: in a chaotic network a layer more multiplies the width that one "
            "layer needs by the root of chi_1.",
            because="The width of one layer for the length of a deep network's curve, from the geometry of manifolds.",
            obligation=sp.simplify(sp.powsimp(width.subs(D, D + 1) / width)) - sp.sqrt(chi_1),
            shows=sp.Eq(width.subs(D, D + 1), sp.sqrt(chi_1) * width, evaluate=False),
        ),
    )
