"""Real relu networks, taken apart exactly: how many linear pieces and regions they have.

Networks are `torch.nn` modules in float64; their weights are read back as fractions, and every counted cell is checked
against the forward pass of the module.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.expressivity.regions import Cell, Layer, centre, regions
from numerics.measurement import Measurement
from numerics.streams import Stream

AGREEMENT = 1e-9  # relative to the largest number on the way; float64 has 1e-16
FAR = 2**80  # beyond every kink of a layer whose float64 weights exceed 2^-60
SPREAD = 1e-9  # last-layer hyperplanes pass the centre of the cube at about this distance, so that all meet inside
GRID = 160  # inputs at which a graph is drawn
Arrays = list[tuple[np.ndarray, np.ndarray]]


def sawtooth(*, depths: tuple[int, ...], slope: float, drawn: int, stream: Stream, device: str) -> Measurement:
    """Pieces on [0, 1] of hidden layers of two relu neurons that each make a tent of the given slope.

    drawn   number of hidden layers of the network whose graph is given

    Values have shape (2, depths): linear pieces, and the units of one hidden layer beside a linear path that a sweep
    along the line needs to copy the function, adding one wherever the copy goes astray. The copy is evaluated at the
    ends and in the middle of each piece. Given: `drawn`; `places` and `outputs`, the forward pass of that network.
    Raises ValueError if no depth is given or one is not positive.
    """
    if not depths or min(*depths, drawn) < 1:
        raise ValueError(f"depths {depths} and {drawn} must be positive")
    counts, copies = [], []
    for depth in depths:
        pieces = _pieces(_tents(depth, slope, device))
        counts.append(len(pieces))
        copies.append(_copied(pieces))
    network = _tents(drawn, slope, device)
    places = (np.arange(GRID) + 0.5) / GRID
    return Measurement(
        values=np.array([counts, copies], dtype=float),
        axis=np.asarray(depths, dtype=float),
        given={
            "drawn": float(drawn),
            "places": places,
            "outputs": _forward(network, places[:, None]),
        },
    )


def one_layer(*, widths: tuple[int, ...], inputs: int, replicas: int, stream: Stream, device: str) -> Measurement:
    """Pieces, along random lines, of one hidden layer of relu neurons with the weights that PyTorch starts from.

    Values have shape (replicas, widths); a line is infinite up to FAR in the unit of its random direction.
    Raises ValueError if a width, the inputs or the replicas are not positive.
    """
    if min(*widths, inputs, replicas) < 1:
        raise ValueError("widths, inputs and replicas must be positive")
    counts = np.zeros((replicas, len(widths)))
    for r in range(replicas):
        for k, width in enumerate(widths):
            child = stream.child(f"{r} {width}")
            network = _initialized((inputs, width, 1), child, device)
            point, direction = child.child("line").generator().standard_normal((2, inputs))
            counts[r, k] = len(_counted(_on_line(network, point, direction, device), -FAR, FAR))
    return Measurement(values=counts, axis=np.asarray(widths, dtype=float))


def folded_cubes(
    *,
    shapes: tuple[tuple[int, int, int], ...],
    depths: tuple[int, ...],
    random_replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Linear regions in the unit cube of networks whose hidden layers fold it, all but the last.

    shapes   (inputs, width of the hidden layers but the last, width of the last) of each row
    depths   numbers of hidden layers

    A folding layer shares its neurons out over the inputs and lays each coordinate to and fro; the last one has random
    weights. Values have shape (shapes, depths). Given: `shapes`, and `random`, shape (depths, random_replicas), the
    regions in a large cube of networks of the first shape with the weights that PyTorch starts from.
    Raises ValueError for widths below the inputs, or a last layer that has not more neurons than there are inputs.
    """
    if any(width < inputs or last <= inputs for inputs, width, last in shapes) or min(depths) < 1:
        raise ValueError(f"shapes {shapes} cannot fold a cube, or depths {depths} are not positive")
    counts = np.zeros((len(shapes), len(depths)))
    for row, (inputs, width, last) in enumerate(shapes):
        for k, depth in enumerate(depths):
            child = stream.child(f"{row} {depth}")
            counts[row, k] = len(_counted(_folding(inputs, width, last, depth, child, device), 0, 1))
    inputs, width, last = shapes[0]
    chance = np.zeros((len(depths), random_replicas))
    for k, depth in enumerate(depths):
        for r in range(random_replicas):
            sizes = (inputs, *(width,) * (depth - 1), last, 1)
            network = _initialized(sizes, stream.child(f"random {depth} {r}"), device)
            chance[k, r] = len(_counted(network, -1000, 1000))
    return Measurement(
        values=counts, axis=np.asarray(depths, dtype=float), given={"shapes": np.asarray(shapes), "random": chance}
    )


# ------------------------------------------------------------------------------------------------- networks


def _module(layers: Arrays, device: str) -> Any:
    """Linear layers with relu between them."""
    torch = load_torch()
    modules: list[Any] = []
    for weights, biases in layers:
        linear = torch.nn.utils.skip_init(torch.nn.Linear, *weights.shape[::-1], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(np.array(weights)))
            linear.bias.copy_(torch.from_numpy(np.array(biases)))
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1]).to(resolve_device(device))


def _initialized(sizes: tuple[int, ...], stream: Stream, device: str) -> Any:
    """PyTorch's convention for linear layers: weights and biases uniform up to one over the root of the inputs."""
    layers = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        draw, edge = stream.child(number).generator().uniform, 1 / np.sqrt(inputs)
        layers.append((draw(-edge, edge, (outputs, inputs)), draw(-edge, edge, outputs)))
    return _module(layers, device)


def _fold(inputs: int, width: int, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights and biases of a layer that lays each coordinate to and fro, and the sum that reads it off."""
    folds = width // inputs
    weights, biases, sums = np.zeros((width, inputs)), np.zeros(width), np.zeros((inputs, width))
    for c in range(inputs):
        for k in range(folds):
            unit = c * folds + k
            weights[unit, c] = slope if k == 0 else 2 * slope
            biases[unit] = -2 * slope * k / folds
            sums[c, unit] = (-1) ** k
    return weights, biases, sums


def _tents(depth: int, slope: float, device: str) -> Any:
    weights, biases, sums = _fold(1, 2, slope)
    return _module([(weights, biases), *[(weights @ sums, biases)] * (depth - 1), (sums, np.zeros(1))], device)


def _folding(inputs: int, width: int, last: int, depth: int, stream: Stream, device: str) -> Any:
    weights, biases, sums = _fold(inputs, width, float(width // inputs))
    layers = [(weights, biases), *[(weights @ sums, biases)] * (depth - 2)] if depth > 1 else []
    generator = stream.generator()
    normals = generator.standard_normal((last, inputs))
    # One more than the inputs point all ways, and so at no place all are off: there the output would show no fold.
    normals[inputs] = -generator.uniform(0.5, 1.5, inputs) @ normals[:inputs]
    offsets = SPREAD * generator.uniform(0.2, 1, last) - normals.sum(axis=1) / 2
    readout = (generator.standard_normal((1, last)), generator.standard_normal(1))
    return _module([*layers, (normals @ sums if layers else normals, offsets), readout], device)


def _on_line(network: Any, point: np.ndarray, direction: np.ndarray, device: str) -> Any:
    """The network as a function of the place on a line."""
    (weights, biases), *rest = _arrays(network)
    return _module([((weights @ direction)[:, None], weights @ point + biases), *rest], device)


def _arrays(network: Any) -> Arrays:
    linears = list(network)[::2]
    return [(m.weight.detach().cpu().numpy(), m.bias.detach().cpu().numpy()) for m in linears]


def _forward(network: Any, points: np.ndarray) -> np.ndarray:
    torch = load_torch()
    with torch.no_grad():
        return network(torch.from_numpy(points).to(next(network.parameters()).device))[:, 0].cpu().numpy()


# -------------------------------------------------------------------------------------------------- counting


def _counted(network: Any, low: int, high: int) -> list[list[Cell]]:
    """The linear regions of a module in a cube; raises ArithmeticError where they do not say what it computes."""
    arrays = _arrays(network)
    *hidden, ((readout,), _) = _exact(arrays)
    found = regions(hidden, readout, low, high)
    factor = 1
    for weights, biases in (*hidden, ([readout], [])):
        factor *= math.lcm(*(n.denominator for row in (*weights, biases) for n in row))
    cells = [cell for group in found for cell in group]
    points = np.array([centre(cell) for cell in cells])
    forms = np.array([[number / factor for number in cell.outputs[0]] for cell in cells])
    said = np.sum(forms[:, :-1] * points, axis=1) + forms[:, -1]
    apart = np.abs(_forward(network, points) - arrays[-1][1][0] - said)
    size = np.prod([1 + np.sum(np.abs(w)) + np.sum(np.abs(b)) for w, b in arrays])
    if np.any(apart > AGREEMENT * size * (1 + np.max(np.abs(points), axis=1))):
        raise ArithmeticError("a counted region does not say what the network computes there")
    return found


Piece = tuple[Fraction, Fraction, Fraction, Fraction]  # start, end, slope, value at the start


def _pieces(network: Any) -> list[Piece]:
    """The linear pieces on [0, 1] from left to right; the readout has no bias."""
    layers = _exact(_arrays(network))
    spans = [[Fraction(v[0], v[1]) for cell in group for v in cell.vertices] for group in _counted(network, 0, 1)]
    spans = sorted([min(span), max(span)] for span in spans)
    heights = {place: _output(layers, place) for span in spans for place in span}
    return [(a, b, (heights[b] - heights[a]) / (b - a), heights[a]) for a, b in spans]


def _exact(arrays: Arrays) -> list[Layer]:
    """The weights and biases as fractions."""
    return [
        ([[Fraction(w) for w in row] for row in weights.tolist()], [Fraction(b) for b in biases.tolist()])
        for weights, biases in arrays
    ]


def _output(layers: Sequence[Layer], place: Fraction) -> Fraction:
    """The output at one place, without rounding."""
    values = [place]
    for number, (weights, biases) in enumerate(layers):
        values = [
            sum((w * v for w, v in zip(row, values, strict=True)), bias)
            for row, bias in zip(weights, biases, strict=True)
        ]
        if number < len(layers) - 1:
            values = [max(v, Fraction(0)) for v in values]
    return values[0]


def _copied(pieces: Sequence[Piece]) -> int:
    """Relu units that a sweep from the left adds to a line until it is the function; checked on every piece."""
    start, _, slope, value = pieces[0]
    kinks, weights = [], []
    steepness, height = slope, value  # of the copy, where the sweep stands
    for begin, end, rise, base in pieces:
        astray = base + rise * (end - begin) - (height + steepness * (end - begin))
        if astray:
            kinks.append(begin)
            weights.append(astray / (end - begin))
            steepness += weights[-1]
        height += steepness * (end - begin)
    places = [place for begin, end, *_ in pieces for place in (begin, (begin + end) / 2, end)]
    wanted = [base + rise * share for begin, end, rise, base in pieces for share in (0, (end - begin) / 2, end - begin)]
    units = _units(kinks, weights, places)
    copies = [value + slope * (place - start) + unit for place, unit in zip(places, units, strict=True)]
    if copies != wanted:
        raise ArithmeticError("the copy is not the function")
    return len(kinks)


def _units(kinks: Sequence[Fraction], weights: Sequence[Fraction], places: Sequence[Fraction]) -> list[Fraction]:
    """The sum of weighted relu units at all places, in whole numbers over a common denominator."""
    grid, scale = (math.lcm(*(f.denominator for f in group)) for group in ((*kinks, *places), weights))
    where, edges = (np.array([int(f * grid) for f in group], dtype=object) for group in (places, kinks))
    whole = np.array([int(w * scale) for w in weights], dtype=object)
    sums = np.maximum(where[:, None] - edges, 0) @ whole if kinks else [0] * len(places)
    return [Fraction(int(total), grid * scale) for total in sums]
