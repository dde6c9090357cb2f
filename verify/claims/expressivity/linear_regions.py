"""Linear pieces and regions of relu networks, taken apart by exact arithmetic.

Modules of `torch.nn` are cut into cells neuron by neuron, cells with the same affine function are joined, and each is
checked against the forward pass. The formula is met exactly or not at all.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.expressivity import linear_regions
from derivations.statement import Source
from numerics.expressivity.relu_networks import folded_cubes, one_layer, sawtooth
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane

SHAPES = ((2, 5, 4), (1, 7, 5), (2, 7, 6), (3, 7, 5))
ELSEWHERE = {"L": 4, "n": 7, "n_0": 3, "n_L": 5}  # values of what a result does not depend on


def sawtooth_counts(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Pieces of the sawtooth and units of its copy, by depth."""
    pieces, _, units, _ = candidate.numpy(**{**ELSEWHERE, "L": measured.axis})
    return np.stack([pieces, units])


def pieces_by_width(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Pieces of one hidden layer by width, for every network."""
    return np.broadcast_to(candidate.numpy(**{**ELSEWHERE, "n": measured.axis})[1], measured.values.shape)


def regions_of_folded_cubes(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Regions of the folded cubes, by shape and depth."""
    shapes = np.asarray(measured.given["shapes"])
    return np.stack([regions_by_depth(candidate, shape, measured.axis) for shape in shapes])  # type: ignore[arg-type]


def regions_by_depth(candidate: Candidate, shape: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Regions of folding networks of one shape (inputs, width, last width) at several depths, (depths,)."""
    inputs, width, last = (int(k) for k in shape)
    return candidate.numpy(L=depths, n=width, n_0=inputs, n_L=last)[3]


def sawtooth_graph(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The forward pass of a deep network, and the zigzag of as many pieces as the formula says."""
    depth = int(measured.given["drawn"])
    count = round(float(candidate.numpy(**{**ELSEWHERE, "L": depth})[0]))
    zigzag = tuple(k / count for k in range(count + 1)), tuple(float(k % 2) for k in range(count + 1))
    places, outputs = (tuple(np.asarray(measured.given[name]).tolist()) for name in ("places", "outputs"))
    return (
        Plane(
            title=f"The sawtooth of {depth} hidden layers of two neurons",
            x_label="input x",
            y_label="output y",
            paths=(Path(label=f"{count} pieces, and the network", theory=zigzag, measured=(places, outputs)),),
        ),
    )


def regions_of_random_networks(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Regions over depth: folded cubes with their formula, and random networks of the same widths."""
    shapes, random = np.asarray(measured.given["shapes"]), np.asarray(measured.given["random"])
    depths = np.asarray(measured.axis)
    bound, places = np.log2(regions_by_depth(candidate, shapes[0], depths)), tuple(depths.tolist())
    inputs, width, last = shapes[0]
    return (
        Plane(
            title=f"{inputs} inputs, hidden layers of {width} neurons and a last one of {last}",
            x_label="number of hidden layers L",
            y_label="number of linear regions, logarithm to base 2",
            paths=(
                Path(
                    label="folded cube, with the formula",
                    group=0,
                    theory=(places, tuple(bound.tolist())),
                    measured=(places, tuple(np.log2(measured.values[0]).tolist())),
                ),
                *(
                    Path(label="random networks", group=1, measured=(places, tuple(np.log2(row).tolist())))
                    for row in random.T
                ),
            ),
        ),
    )


def cake(candidate: Candidate) -> float:
    """Pieces of space behind one layer of five neurons."""
    return float(candidate.numpy(L=1, n=7, n_0=3, n_L=5)[3])


CLAIM = Claim(
    statement=linear_regions.STATEMENT,
    checks=(
        Literature(
            name="pieces of space between five planes",
            published="26",
            source=Source(document="oeis", where="A000125, entry 5"),
            evaluate=cake,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Enumeration(
            name="sawtooth networks taken apart",
            predict=sawtooth_counts,
            quick=functools.partial(sawtooth, depths=(1, 2, 3, 4, 5, 6, 7), slope=2.0, drawn=4),
            full=functools.partial(sawtooth, depths=(1, 2, 3, 4, 5, 6, 7, 8, 9), slope=2.0, drawn=4),
            control=functools.partial(sawtooth, depths=(3, 4, 5, 6, 7), slope=0.9, drawn=4),
            axis="number of hidden layers L",
            quantity="number counted",
            series=("linear pieces", "neurons of one hidden layer that copies them"),
            picture=sawtooth_graph,
        ),
        Enumeration(
            name="random single layers on lines",
            predict=pieces_by_width,
            quick=functools.partial(one_layer, widths=(3, 5, 8, 12, 17, 23), inputs=4, replicas=6),
            full=functools.partial(one_layer, widths=(3, 5, 8, 12, 17, 23, 60, 150), inputs=7, replicas=30),
            axis="number of hidden neurons n",
            quantity="number of linear pieces",
            series=("one random network",),
        ),
        Enumeration(
            name="folded cubes taken apart",
            predict=regions_of_folded_cubes,
            quick=functools.partial(folded_cubes, shapes=SHAPES, depths=(1, 2, 3), random_replicas=5),
            full=functools.partial(folded_cubes, shapes=SHAPES, depths=(1, 2, 3, 4), random_replicas=12),
            axis="number of hidden layers L",
            quantity="number of linear regions",
            series=tuple(f"{i} inputs, {w} and last {k} neurons" for i, w, k in SHAPES),
            picture=regions_of_random_networks,
        ),
    ),
    quantities=("R_saw(L)", "R_1(n)", "n_min(L)", "R_fold(n_0, n, n_L, L)"),
    convention="Pieces and regions are maximal connected sets on which the output is one affine function.",
    independence="PyTorch modules cut into cells by exact integer arithmetic, neuron by neuron, each cell checked "
    "against the forward pass.",
)
