r"""The most linear regions: exact on a line, reached in more dimensions, and bounded above.

Premises: a hidden layer of n relu neurons cuts the affine pieces of what comes in. On a line each neuron cuts a piece
once, so that L layers have (n + 1)^L pieces at most; zigzags reach them, if one neuron faces left. With n / n_0 neurons
for each of n_0 inputs, zigzags lay the space to and fro (n / n_0 + 1)^n_0 times. A textbook gives the product of this
with the cells of the last layer as the exact maximum; it is what is reached, and the cells of every layer multiply to
an upper bound.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.calculus.relu_folds import arrangement
from derivations.expressivity import linear_regions
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import L, n, n_0

SLIDE = Source(document="001", where="Seminal works on the expressive power of depth: number of linear regions")
TEXTBOOK = Source(document="prince2023understanding", where="notes on deep networks: number of linear regions")
UPPER = Source(document="serra2018bounding", where="upper bounds, and the maximum for one input")
LINE, REACHED, ABOVE = sp.Symbol("R_line"), sp.Symbol("R_zigzag"), sp.Symbol("R_upper")
index = sp.Symbol("j", integer=True, nonnegative=True)
CELLS = sp.Sum(sp.binomial(n, index), (index, 0, n_0))

STATEMENT = Statement(
    module=__name__,
    title="The most linear regions of a relu network",
    formula=sp.Eq(
        sp.Tuple(LINE, REACHED, ABOVE), sp.Tuple((n + 1) ** L, (n / n_0 + 1) ** (n_0 * (L - 1)) * CELLS, CELLS**L)
    ),
    parameters=(
        linear_regions.STATEMENT.parameters[0],
        Parameter(
            symbol=n,
            meaning="neurons of a hidden layer, at least three for each input",
            domain=sp.Range(3, sp.oo),
            typical=(6, 12),
        ),
        linear_regions.STATEMENT.parameters[2].narrowed("which divide n", typical=(2, 4)),
    ),
    assumptions=(
        "All hidden layers have n neurons, and there is one output.",
        "R_line is the largest number of pieces for one input. R_zigzag is reached by networks whose layers, all but "
        "the last, lay the space to and fro; R_upper is a number that no network exceeds. Both are R_line for one "
        "input.",
        "Two layers of 400 neurons on 40 inputs reach a number of regions whose decimal logarithm is 97.0, and no more "
        "than one of 110.7.",
    ),
    regime=Exact(),
    sources=(SLIDE, TEXTBOOK, UPPER),
    covers=("D28",),
    uses=(linear_regions.STATEMENT.id,),
)


def zigzag(folds: int) -> tuple[tuple[sp.Rational, ...], tuple[sp.Rational, ...], int]:
    """Kinks of so many neurons, changes of slope there, and the neuron that faces left; the last but one or the "
    "last."""
    unit = sp.Rational(1, 2 * folds + 1)
    lengths = [unit] + [2 * unit] * folds
    kinks = [sum(lengths[: k + 1]) for k in range(folds)]
    slopes = [(-1) ** k / length for k, length in enumerate(lengths)]
    changes = [b - a for a, b in itertools.pairwise(slopes)]
    return tuple(kinks), tuple(changes), folds - 1 if folds % 2 else folds - 2


def height(place: sp.Rational, folds: int) -> sp.Rational:
    """What the neurons of a zigzag make of a place."""
    kinks, changes, left = zigzag(folds)
    total = -changes[left] * kinks[left]
    for number, (kink, change) in enumerate(zip(kinks, changes, strict=True)):
        total += change * max(sp.Integer(0), kink - place if number == left else place - kink)
    return total


def derivation() -> tuple[Step, ...]:
    """From cuts of a piece to the line, from zigzags to what is reached, and the upper bound beside it."""
    line, reached, above = STATEMENT.right
    (cells,) = (CELLS,)
    m, k = sp.symbols("m k", integer=True, positive=True)
    inner = sp.Symbol("u", positive=True)
    ten_by_five = sp.Function("R_line")(10, 5)
    regions, slope, deeper = sp.Function("R"), sp.Symbol("s_0"), sp.Symbol("R_zigzag^{L+1}")
    return (
        Step(
            claim="On a line a layer cuts each piece at most n times: it multiplies their number by n + 1 at most.",
            because="On a piece every neuron's argument is affine and vanishes at one place at most; one piece is left "
            "without layers.",
            obligation=(sp.powsimp((n + 1) * line) - line.subs(L, L + 1), line.subs(L, 0) - 1),
            shows=sp.Le(regions(L + 1), (n + 1) * regions(L), evaluate=False),
            means={regions(L + 1): line.subs(L, L + 1), regions(L): line},
        ),
        Step(
            claim="Three neurons and more make a zigzag of n + 1 pieces, all of which run over the whole of (0, 1): "
            "with one neuron that faces left, and a first piece half as long as the others.",
            because="The change of slope at the neuron that faces left is minus the first slope. The heights at the "
            "ends of all pieces, for three to eight neurons.",
            obligation=tuple(
                height(place, folds) - number % 2
                for folds in range(3, 9)
                for number, place in enumerate((0, *zigzag(folds)[0], 1))
            ),
            shows=sp.Eq(slope, 1 / inner, evaluate=False),
            means=tuple({slope: -changes[left], inner: kinks[0]} for kinks, changes, left in map(zigzag, range(3, 9))),
            instances="three to eight neurons",
        ),
        Step(
            claim="So zigzags one behind the other have (n + 1)^L pieces on a line, which is the maximum.",
            because="Each piece carries all kinks of the layer behind it. At the ends of all pieces of two layers of "
            "three neurons the height is 0 and 1 by turns.",
            obligation=(
                *(height(height(place, 3), 3) - number % 2 for number, place in enumerate(_ends_of_two_layers(3))),
                len(_ends_of_two_layers(3)) - 1 - line.subs({n: 3, L: 2}),
            ),
            shows=sp.Eq(LINE, line, evaluate=False),
            instances="three neurons",
        ),
        Step(
            claim="In n_0 dimensions, n / n_0 neurons for each coordinate lay the space to and fro (n / n_0 + 1)^n_0 "
            "times, and each copy shows all cells of the last layer.",
            because="A factor for every coordinate; a layer more multiplies by the number of copies. The last layer is "
            "made as in linear regions.",
            obligation=(
                sp.Product(n / n_0 + 1, (k, 1, n_0)).doit() - (n / n_0 + 1) ** n_0,
                reached.subs(L, 1) - cells,
            ),
            shows=sp.Eq(deeper, (n / n_0 + 1) ** n_0 * REACHED, evaluate=False),
            means={deeper: reached.subs(L, L + 1), REACHED: reached},
        ),
        Step(
            claim="A layer cuts a region into no more cells than n hyperplanes in n_0 dimensions have, so that the "
            "cells of all layers multiply to an upper bound.",
            because="On a region all arguments are affine in the n_0 inputs. Cells are counted, plane by plane, for up "
            "to three dimensions.",
            obligation=(
                sp.powsimp(cells * above) - above.subs(L, L + 1),
                above.subs(L, 0) - 1,
                *(
                    cells.subs({n: planes, n_0: dimension}).doit() - arrangement(planes, dimension)
                    for planes in range(3, 8)
                    for dimension in (1, 2, 3)
                ),
            ),
            shows=sp.Le(regions(L + 1), CELLS * regions(L), evaluate=False),
            means={regions(L + 1): above.subs(L, L + 1), regions(L): above},
        ),
        Step(
            claim="For one input all three agree, and more regions are possible than folds that begin at 0 have: "
            "(n / n_0 + 1) for floor(n / n_0).",
            because="The sum of binomial coefficients is 1 + n; the quotient of one coordinate's copies is n_0 (m + 1) "
            "over n_0 m, with n = n_0 m.",
            obligation=(
                cells.subs(n_0, 1).doit() - (n + 1),
                (n / n_0 + 1).subs(n, n_0 * m) - (m + 1),
                sp.powsimp(reached.subs(n_0, 1).doit()) - line,
            ),
            shows=sp.Eq(CELLS.subs(n_0, 1), n + 1, evaluate=False),
        ),
        Step(
            claim="Two layers of 400 neurons on 40 inputs reach a number of regions of 98 digits, of which the copies "
            "alone are one of 42; five layers of ten on a line have 161,051.",
            because="Whole numbers: the number of digits, and the leading ones.",
            obligation=(
                len(str(_exactly(2, 400, 40))) - 98,
                int(str(_exactly(2, 400, 40))[:4]) - 1002,
                len(str(11**40)) - 42,
            ),
            shows=sp.Eq(ten_by_five, 161051, evaluate=False),
            means={ten_by_five: line.subs({n: 10, L: 5})},
        ),
    )


def _exactly(layers: int, neurons: int, inputs: int) -> int:
    """R_zigzag as a whole number."""
    cells = sum(int(sp.binomial(neurons, k)) for k in range(inputs + 1))
    return int((neurons // inputs + 1) ** (inputs * (layers - 1)) * cells)


def _ends_of_two_layers(folds: int) -> list[sp.Rational]:
    """Ends of the pieces of a zigzag behind a zigzag: the kinks of the first, and where it has those of the second."""
    kinks = (sp.Integer(0), *zigzag(folds)[0], sp.Integer(1))
    found: list[sp.Rational] = []
    for number, (low, high) in enumerate(itertools.pairwise(kinks)):
        inside = [low + (high - low) * (t if number % 2 == 0 else 1 - t) for t in kinks[1:-1]]
        found += [low, *sorted(inside)]
    return [*found, sp.Integer(1)]
