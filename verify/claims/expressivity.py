"""Chapter expressivity (document 001): functions that take few neurons in deep networks and many in shallow ones."""

from __future__ import annotations

import functools

from derivations.expressivity import linear_regions, parity, sum_product_monomials
from numerics.expressivity.boolean import conjunctions, least_units, two_layers
from numerics.expressivity.relu_networks import folded_cubes, one_layer, sawtooth
from numerics.expressivity.sum_product import expanded_networks
from verify.checks import Enumeration, Precision
from verify.claim import Claim, Ordeal
from verify.references import expressivity_monomials as expansion
from verify.references import expressivity_parity as boolean
from verify.references import expressivity_regions as regions

SHAPES = ((2, 5, 4), (1, 7, 5), (2, 7, 6), (3, 7, 5))

_TWO_LAYERS = Enumeration(
    name="shortest normal forms and threshold networks",
    predict=boolean.two_layers,
    quick=functools.partial(two_layers, inputs=(1, 2, 3, 4, 5, 6), function="parity"),
    full=functools.partial(two_layers, inputs=(1, 2, 3, 4, 5, 6, 7, 8), function="parity"),
    control=functools.partial(two_layers, inputs=(3, 4, 5, 6), function="majority"),
    axis="inputs",
    quantity="counted",
    series=("terms of the shortest normal form", "threshold units"),
)

CLAIMS = (
    Claim(
        statement=linear_regions.STATEMENT,
        checks=(
            Precision(
                name="recursions",
                reference=regions.recursions,
                against="doubling, counting up, the first width that is enough, and cells of hyperplanes one by one",
                points=({"L": 5, "n": 7, "n_0": 3, "n_L": 6}, {"L": 3, "n": 10, "n_0": 4, "n_L": 9}),
            ),
            Enumeration(
                name="sawtooth networks taken apart",
                predict=regions.deep,
                quick=functools.partial(sawtooth, depths=(1, 2, 3, 4, 5, 6, 7), slope=2.0, drawn=4),
                full=functools.partial(sawtooth, depths=(1, 2, 3, 4, 5, 6, 7, 8, 9), slope=2.0, drawn=4),
                control=functools.partial(sawtooth, depths=(3, 4, 5, 6, 7), slope=0.9, drawn=4),
                axis="hidden layers",
                quantity="counted",
                series=("linear pieces", "neurons of one hidden layer that copies them"),
                picture=regions.graph,
            ),
            Enumeration(
                name="random single layers on lines",
                predict=regions.shallow,
                quick=functools.partial(one_layer, widths=(3, 5, 8, 12, 17, 23), inputs=4, replicas=6),
                full=functools.partial(one_layer, widths=(3, 5, 8, 12, 17, 23, 60, 150), inputs=7, replicas=30),
                axis="neurons of the hidden layer",
                quantity="linear pieces",
                series=("one random network",),
            ),
            Enumeration(
                name="folded cubes taken apart",
                predict=regions.folded,
                quick=functools.partial(folded_cubes, shapes=SHAPES, depths=(1, 2, 3), random_replicas=5),
                full=functools.partial(folded_cubes, shapes=SHAPES, depths=(1, 2, 3, 4), random_replicas=12),
                axis="hidden layers",
                quantity="linear regions",
                series=tuple(f"{i} inputs, {w} and last {k} neurons" for i, w, k in SHAPES),
                picture=regions.chance,
            ),
        ),
        convention="Pieces and regions are maximal connected sets on which the output is one affine function.",
        independence="PyTorch modules cut into cells by exact integer arithmetic, neuron by neuron, each cell checked "
        "against the forward pass.",
    ),
    Claim(
        statement=sum_product_monomials.STATEMENT,
        checks=(
            Precision(
                name="recursion over two layers",
                reference=expansion.recursion,
                against="whole numbers, two layers after two layers",
                points=({"i": 3}, {"i": 4}, {"i": 5}),
            ),
            Enumeration(
                name="networks expanded",
                predict=expansion.expanded,
                quick=functools.partial(expanded_networks, levels=(1, 2, 3, 4), products_first=True),
                control=functools.partial(expanded_networks, levels=(1, 2, 3), products_first=False),
                axis="pairs of layers",
                quantity="counted",
                series=("monomials", "units of the network"),
                picture=expansion.growth,
            ),
        ),
        convention="Monomials in the inputs that have a coefficient other than zero; units are sums and products.",
        independence="Networks expanded with whole numbers in dictionaries and compared with their forward pass.",
    ),
    Claim(
        statement=parity.STATEMENT,
        checks=(
            Precision(
                name="truth table, bit by bit",
                reference=boolean.table,
                against="ones of the truth table, and changes of value while ones are added",
                points=({"n": 3}, {"n": 5}, {"n": 11}),
            ),
            _TWO_LAYERS,
            Enumeration(
                name="least number of threshold units, of all that there are",
                predict=boolean.least_units,
                quick=functools.partial(least_units, inputs=(1, 2, 3), function="parity"),
                control=functools.partial(least_units, inputs=(1, 2, 3), function="majority"),
            ),
        ),
        convention="A threshold unit is 1 where the weighted sum of its inputs reaches a bound; the readout has a "
        "bias.",
        independence="Truth tables minimised by tabulation and search; threshold networks run at all inputs.",
        printed={
            "E28": Ordeal(
                fails=_TWO_LAYERS,
                holds=Enumeration(
                    name="units that are AND gates",
                    predict=boolean.gates,
                    quick=functools.partial(conjunctions, inputs=(1, 2, 3, 4, 5, 6), function="parity"),
                    control=functools.partial(conjunctions, inputs=(3, 4, 5, 6), function="majority"),
                ),
            )
        },
    ),
)
