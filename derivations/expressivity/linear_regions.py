r"""Linear regions of relu networks: the sawtooth, one hidden layer, and folded cubes.

Premises: networks of relu neurons, max(0, w . x + b), and a linear output. Two of them make a tent, which covers (0, 1)
twice; L layers of tents cover it 2^L times. One hidden layer on a line has a kink a neuron. With more inputs, layers
lay the cube to and fro in every coordinate, and the hyperplanes of the last layer are seen in every copy.

The slide says "exponentially many more neurons" without a number. By counting pieces a single layer needs 2^L - 1
neurons for the sawtooth on [0, 1]; they suffice only beside a linear path from the input, without it one more is
needed. The bound for more inputs is proved here for last layers with more neurons than there are inputs: where all of
them are off the output is constant, and copies of that cell on both sides of a fold are one region.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.calculus.relu_folds import (
    INSIDE,
    arrangement,
    fold,
    fold_number,
    folds,
    many_folds,
    p,
    pieces,
    places_of_a_third,
    q,
    relu,
    sawtooth,
    sums_to_first_slope,
)
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import L, n, n_0, n_L

SLIDE = Source(document="001", where="Seminal works on the expressive power of depth: number of linear regions")
index = sp.Symbol("j", integer=True, nonnegative=True)
SAW, KINKED = sp.Function("R_saw"), sp.Function("R_1")
UNITS, FOLDED = sp.Function("n_min"), sp.Function("R_fold")

STATEMENT = Statement(
    module=__name__,
    title="Linear regions of deep and shallow relu networks",
    formula=sp.Eq(
        sp.Tuple(SAW(L), KINKED(n), UNITS(L), FOLDED(n_0, n, n_L, L)),
        sp.Tuple(
            2**L,
            n + 1,
            2**L - 1,
            sp.floor(n / n_0) ** (n_0 * (L - 1)) * sp.Sum(sp.binomial(n_L, index), (index, 0, n_0)),
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=L, meaning="number of hidden layers", domain=sp.Range(1, sp.oo), typical=(3, 6)),
        Parameter(
            symbol=n,
            meaning="neurons of a hidden layer (in the last result, of each but the last)",
            domain=sp.Range(1, sp.oo),
            typical=(5, 11),
        ),
        Parameter(symbol=n_0, meaning="inputs, at most n", domain=sp.Range(1, sp.oo), typical=(3, 5)),
        Parameter(
            symbol=n_L,
            meaning="neurons of the last hidden layer, more than n_0",
            domain=sp.Range(2, sp.oo),
            typical=(6, 9),
        ),
    ),
    assumptions=(
        "The sawtooth is counted on the unit interval: L layers of two relu neurons have exactly 2^L pieces there.",
        "One hidden layer of n neurons has at most n + 1 pieces on a line, and exactly as many where no two kinks "
        "coincide.",
        "n_min is the least width of one hidden layer that is the sawtooth on [0, 1], beside a linear path from input "
        "to output; without that path one neuron more is needed, and enough.",
        "R_fold counts the unit cube of networks whose L - 1 layers of n neurons fold it, before a last layer of n_L "
        "neurons; it is Montufar's lower bound for the most regions that such widths can make. Layers of other widths "
        "n_i bring the factor floor(n_i / n_0)^n_0 each.",
        "The last layer has more neurons than there are inputs: where all of them are off the output is constant over "
        "the folds, so that the networks that are counted choose the signs of their hyperplanes to have no such place.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="montufar2014number", where="lower bound on the regions of rectifier networks"),
        Source(document="telgarsky2016benefits", where="the sawtooth of composed tent maps"),
    ),
    covers=("D28",),
)


def derivation() -> tuple[Step, ...]:
    """From two neurons to the sawtooth, from kinks to one layer, and from folds to the cube."""
    return (*_sawtooth(), *_one_layer(), *_cube())


def _sawtooth() -> tuple[Step, ...]:
    teeth, x, f = STATEMENT.right[0], sp.Symbol("x", real=True), sp.Function("f", real=True)
    rising, falling = 2 * x, 2 - 2 * x
    tent, middle = sp.Function("T"), sp.Rational(1, 2)

    def low(place: sp.Expr) -> sp.Expr:
        return relu(INSIDE * place) - relu(INSIDE * (2 * place - 1))

    return (
        Step(
            claim="Two relu neurons make a tent, which covers (0, 1) twice: upwards and downwards.",
            because="The neurons max(0, 2 x) and max(0, 4 x - 2) are subtracted, at the two places that have the "
            "height u.",
            obligation=(fold(INSIDE / 2, 2) - INSIDE, fold(1 - INSIDE / 2, 2) - INSIDE),
            shows=sp.Eq(tent(x), sp.Max(0, 2 * x) - sp.Max(0, 4 * x - 2), evaluate=False),
            means={tent(x): fold(x, 2)},
        ),
        Step(
            claim="Behind a tent a function of slope s at the height 1 has the slopes 2 s and -2 s on the two sides "
            "of the middle.",
            because="Chain rule on both branches of the tent, which meet at x = 1/2.",
            obligation=tuple(
                f(branch).diff(x).doit().subs(x, middle).doit() - factor * sp.Subs(f(x).diff(x), x, 1)
                for branch, factor in ((rising, 2), (falling, -2))
            ),
            shows=sp.Eq(sp.Derivative(f(rising), x), 2 * sp.Subs(f(x).diff(x), x, rising), evaluate=False),
        ),
        Step(
            claim="So each layer of a tent doubles the number of pieces, and L layers have 2^L.",
            because="Both branches carry all pieces of the layers behind; in the middle they do not join, as s is not "
            "0. One layer has two pieces.",
            obligation=(
                sp.powsimp(teeth.subs(L, L + 1) - 2 * teeth),
                teeth.subs(L, 1) - pieces([fold(sp.Rational(k, 8), 2) for k in range(9)]),
            ),
            shows=sp.Eq(SAW(L + 1), 2 * SAW(L), evaluate=False),
        ),
        many_folds(),
        Step(
            claim="A tent before m folds makes 2 m folds, so that L layers of tents are 2^L folds.",
            because="The place (k + u)/(2 m) goes to (k + u)/m on the rising side, and on the falling side to the fold "
            "2 m - k - 1, which runs the other way, at 1 - u.",
            obligation=(
                rising.subs(x, (fold_number + INSIDE) / (2 * folds)) - (fold_number + INSIDE) / folds,
                falling.subs(x, (fold_number + INSIDE) / (2 * folds))
                - ((fold_number + 1 - INSIDE) / folds).subs(fold_number, 2 * folds - fold_number - 1),
                sp.powsimp(2 * teeth - teeth.subs(L, L + 1)),
            ),
            shows=sp.Eq(SAW(L), teeth, evaluate=False),
        ),
        Step(
            claim="Counted on the network itself, layer by layer, for up to five layers.",
            because="The composed network is evaluated at 4 places a piece, exactly, and changes of slope are counted.",
            obligation=tuple(
                pieces([sawtooth(sp.Rational(k, 4 * 2**d), d) for k in range(4 * 2**d + 1)]) - teeth.subs(L, d)
                for d in range(1, 6)
            ),
            shows=sp.Eq(SAW(L), teeth, evaluate=False),
        ),
        Step(
            claim="Where the slope of a tent is less than one it never reaches its own middle: there are two pieces at "
            "any depth.",
            because="A tent of slope p / (p + q) at its tallest place falls short of 1/2 by q / (2 p + 2 q); two "
            "layers of it, at the middle, are still on their rising branch.",
            obligation=low(low(middle)) - INSIDE * low(middle),
            shows=sp.Eq(middle - tent(middle), q / (2 * (p + q)), evaluate=False),
            means={tent(middle): low(middle)},
        ),
    )


def _one_layer() -> tuple[Step, ...]:
    teeth, most, least, _ = STATEMENT.right
    w, v, kink = sp.Symbol("w", real=True), sp.Symbol("v", real=True), sp.Symbol("t", real=True)
    one_each = sp.Sum(1, (sp.Symbol("i", integer=True), 1, n))
    slopes = [v * relu(w * d).subs(w, sign * p) for sign in (1, -1) for d in (-q, q)]  # around the kink, times q
    copies = []
    for depth in (2, 3):
        tents = 2**depth

        def copy(place: sp.Rational, tents: int = tents) -> sp.Expr:
            units = ((-1) ** k * 2 * tents * relu(place - sp.Rational(k, tents)) for k in range(1, tents))
            return tents * place + sum(units)

        copies += [
            copy(sp.Rational(k, 2 * tents)) - sawtooth(sp.Rational(k, 2 * tents), depth) for k in range(2 * tents + 1)
        ]
    return (
        Step(
            claim="A neuron of input weight w and output weight v changes the slope at one place, by v |w|.",
            because="The rise over a distance q on either side of the kink, for both signs of w.",
            obligation=(slopes[1] + slopes[0] - v * p * q, slopes[3] + slopes[2] - v * p * q),
            shows=sp.Eq(
                v * sp.Max(0, w * (sp.Symbol("x") - kink)).subs(kink, -sp.Symbol("b") / w),
                v * sp.Max(0, w * sp.Symbol("x") + sp.Symbol("b")),
                evaluate=False,
            ),
        ),
        Step(
            claim="So n neurons cut a line into at most n + 1 pieces.",
            because="A line of one piece, and one more piece a neuron.",
            obligation=1 + one_each.doit() - most,
            shows=sp.Le(KINKED(n), 1 + one_each, evaluate=False),
            means={KINKED(n): most, one_each: one_each.doit()},
        ),
        Step(
            claim="With kinks at different places there are exactly so many.",
            because="Neurons with kinks at 1, 2, ..., n: beyond the kink number j the slope is j, another on every "
            "piece from 0 to n. Evaluated for 3, 4 and 7 neurons as well.",
            obligation=(
                (one_each.subs(n, index + 1) - one_each.subs(n, index)).doit() - 1,
                sp.Sum(1, (index, 0, n)).doit() - most,
                *(
                    pieces([sum(sp.Max(0, sp.Integer(x) - k) for k in range(1, m + 1)) for x in range(m + 2)])
                    - most.subs(n, m)
                    for m in (3, 4, 7)
                ),
            ),
            shows=sp.Eq(KINKED(n), most, evaluate=False),
        ),
        Step(
            claim="One hidden layer needs 2^L - 1 neurons to have the pieces of the sawtooth.",
            because="Its pieces are counted at that width.",
            obligation=most.subs(n, least) - teeth,
            shows=sp.Ge(UNITS(L) + 1, SAW(L), evaluate=False),
            means={UNITS(L): least, SAW(L): teeth},
        ),
        Step(
            claim="Beside a linear path of slope 2^L they suffice, with weights of alternating sign at the kinks.",
            because="In the layer of 2^L folds the first neuron is that path, and 2^L - 1 are left; compared with the "
            "tents at the ends and middles of the pieces as well, at depth 2 and 3.",
            obligation=(*copies, teeth - 1 - least),
            shows=sp.Eq(UNITS(L), least, evaluate=False),
        ),
        Step(
            claim="Without that path they do not: neurons to the left of their kink would have to sum to the first "
            "slope.",
            because="The kinks change the slope by 2^(L + 1) or minus as much, and the first slope is 2^L: no choice "
            "of kinks sums to it, of all choices at depth 2 and 3, and no whole multiple of 2^(L + 1) is 2^L.",
            obligation=(
                *(
                    sums_to_first_slope([sawtooth(sp.Rational(k, 2**d), d) * 2**d for k in range(2**d + 1)])
                    for d in (2, 3)
                ),
                sp.powsimp(teeth / teeth.subs(L, L + 1)) - sp.Rational(1, 2),
            ),
            shows=sp.Eq(2**L / 2 ** (L + 1), sp.Rational(1, 2), evaluate=False),
        ),
    )


def _cube() -> tuple[Step, ...]:
    bound = STATEMENT.right[3]
    total = sp.Sum(sp.binomial(n_L, index), (index, 0, n_0))
    (stated,) = bound.atoms(sp.Sum)
    cell, new, copies = sp.Function("r"), n_L + 1, sp.floor(n / n_0) ** n_0
    covers = sp.Symbol("p_copies")
    widths = [(3, 4, 5), (4, 7, 6), (3, 9, 5)]

    def cells(planes: int, dimension: int) -> sp.Expr:
        return total.subs({n_L: planes, n_0: dimension}).doit()

    return (
        Step(
            claim="The cube is covered once by each choice of a fold in every coordinate, floor(n / n_0)^n_0 times.",
            because="Each input has a layer of folds of its own. One factor for each coordinate; counted in two and "
            "three dimensions, the places that 3 and 4 folds send to one and the same place.",
            obligation=tuple(
                len({tuple(place) for place in itertools.product(places_of_a_third(count), repeat=d)})
                - copies.subs({n: count * d + d - 1, n_0: d})
                for d, count in ((2, 3), (2, 4), (3, 3))
            ),
            shows=sp.Eq(covers, copies, evaluate=False),
            means={covers: sp.Product(sp.floor(n / n_0), (index, 1, n_0)).doit()},
        ),
        Step(
            claim="Every copy shows all regions of the layers behind, and none joins two copies, so that a layer of "
            "folds multiplies the regions by the number of copies.",
            because="In a copy the layer is one affine map onto the cube. At a fold the slope changes sign, and the "
            "function behind is constant nowhere: there is no place where all neurons of the last layer are off.",
            obligation=(
                sp.powsimp(copies * bound - bound.subs(L, L + 1)),
                bound.subs(L, 1) - stated,
            ),
            shows=sp.Eq(FOLDED(n_0, n, n_L, L + 1), copies * FOLDED(n_0, n, n_L, L), evaluate=False),
        ),
        Step(
            claim="A hyperplane more, in general position, adds as many cells as the others cut it into.",
            because="Term by term in the sum of binomial coefficients: Pascal's rule.",
            obligation=(
                sp.combsimp(sp.binomial(new, index) - sp.binomial(new - 1, index) - sp.binomial(new - 1, index - 1)),
                total.subs(n_0, 0).doit() - 1,
                sp.binomial(0, index).subs(index, 0) - 1,
            ),
            shows=sp.Eq(cell(new, n_0), cell(n_L, n_0) + cell(n_L, n_0 - 1), evaluate=False),
            means=tuple(
                {cell(new, n_0): cells(m + 1, d), cell(n_L, n_0): cells(m, d), cell(n_L, n_0 - 1): cells(m, d - 1)}
                for d, m in ((1, 5), (2, 6), (3, 8), (5, 7))
            ),
        ),
        Step(
            claim="So n_L hyperplanes have the stated sum of binomial coefficients as cells.",
            because="The coefficients below, summed, are the cells in one dimension less. Counted from no hyperplane "
            "and from dimension zero as well, in dimensions 1 to 5 and up to 8 of them.",
            obligation=sp.Sum(sp.binomial(n_L, index - 1), (index, 1, n_0)).change_index(index, index - 1)
            - total.subs(n_0, n_0 - 1),
            shows=sp.Eq(cell(n_L, n_0), stated, evaluate=False),
            means=tuple(
                {cell(n_L, n_0): arrangement(m, d), n_0: d, n_L: m} for d in range(1, 6) for m in range(d + 1, 9)
            ),
        ),
        Step(
            claim="For three shapes at depth 4, regions counted fold by fold are the stated ones.",
            because="The cells of the last layer in each of the folded cubes.",
            obligation=tuple(
                bound.subs({n_0: d, n: m, n_L: last, L: 4}).doit()
                - len(tuple(itertools.product(range(m // d), repeat=d))) ** 3 * arrangement(last, d)
                for d, m, last in widths
            ),
            shows=sp.Eq(FOLDED(n_0, n, n_L, L), bound, evaluate=False),
        ),
    )
