"""Why measured numbers differ from predicted ones, each cause with the size that theory gives it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from verify.network.initialization import guesses
from verify.network.observe import Observation
from verify.network.table import Finding, Row, Value, number
from verify.network.tape import Node
from verify.network.weights import Weights

SIGMAS = 3.0
TOLD = 0.02  # relative deviation from which a cause is told
FEW_OUTPUTS = 3  # tensors that are named beside the one that is taken
FEW_INPUTS = 8  # terms of a sum below which it is not nearly Gaussian
DEAD = 0.02  # share of neurons that no input reaches, beyond what is expected, from which it is told
ROUNDING = {"float32": 2.0**-24, "float64": 2.0**-53, "float16": 2.0**-11, "bfloat16": 2.0**-8}
SMALLEST = {"float32": 1e-37, "float64": 1e-300, "float16": 6e-5, "bfloat16": 1e-37}


def rows(seen: Observation) -> tuple[Row, ...]:
    """One row for each operation of a run, with the causes of its deviations."""
    behind = _behind_unknown(seen.nodes)
    return tuple(_row(seen, number, behind) for number in range(len(seen.nodes)))


def _sampling(seen: Observation, node: Node) -> float:
    """Relative variance of a mean square over the independent numbers of one tensor, from the inputs drawn."""
    return 4 / max(node.field.features * node.field.places * seen.pairs, 1)


def _row(seen: Observation, place: int, behind: Sequence[bool]) -> Row:
    node = seen.nodes[place]
    length, tangent, turn = node.field.spread
    drawn = _sampling(seen, node)
    rest = node.field.rest

    drift = 2 / seen.pairs

    def value(predicted: float, measured: float, variance: float) -> Value:
        error = SIGMAS * math.sqrt(variance) + rest + variance / 2  # the logarithm's mean is lower by half the variance
        return Value(predicted=_real(predicted), measured=_real(measured), error=error)

    row = Row(
        name=node.name,
        operation=node.operation,
        fan_in=node.weights.fan_in if node.weights else None,
        sigma_w2=node.weights.sigma_w2 if node.weights else None,
        sigma_b2=node.weights.bias if node.weights else None,
        length=value(node.field.length, node.length, length + drawn),
        correlation=value(node.field.correlation, node.correlation, turn + drawn),
        gradient=value(
            seen.gradients[place],
            node.gradient,
            seen.gradient_noise[place] + length + drawn + drift / _width(seen),
        ),
        stretch=value(
            node.field.stretch,
            node.stretch if seen.tangents else math.nan,
            tangent + length + drawn + drift / _width(seen, 0),
        ),
    )
    return Row(**{**vars(row), "causes": tuple(_causes(seen, place, row, behind))})


def _width(seen: Observation, place: int = -1) -> int:
    node = seen.nodes[place]
    return max(1, node.field.features * node.field.places)


def _real(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def beyond(value: Value, absolute: bool = False) -> float | None:
    """The deviation, where it exceeds what finite width explains."""
    if absolute:
        if value.predicted is None or value.measured is None:
            return None
        turned = value.measured - value.predicted
        return turned if abs(turned) > (value.error or 0) else None
    apart = value.deviation
    return apart if apart is not None and abs(apart) > (value.error or 0) else None


def _causes(seen: Observation, place: int, row: Row, behind: Sequence[bool]) -> list[str]:
    node = seen.nodes[place]
    if node.unknown:
        return [f"not predicted: {node.unknown}; the prediction goes on from what was measured"]
    found = []
    named = {"length": row.length, "gradient": row.gradient, "stretch": row.stretch, "correlation": row.correlation}
    measured = {name: beyond(value, name == "correlation") for name, value in named.items()}
    off = {name: apart for name, apart in measured.items() if apart is not None}
    lost = [name for name, value in named.items() if value.measured is None and value.predicted]
    if lost and seen.tangents and place < len(seen.nodes) - 1:
        lost = [f"{name} is no number (predicted {number(named[name].predicted)})" for name in lost]
        found.append(f"{', '.join(lost)}: {seen.dtype} overflows")
    if not off:
        largest = max((abs(v.deviation or 0.0), n) for n, v in named.items() if n != "correlation")
        if largest[0] > TOLD:
            error = named[largest[1]].error or 0.0
            found.append(
                f"finite width: {largest[1]} off by a factor {math.exp(largest[0]):.3g}, "
                f"up to {number(math.exp(min(error, 700.0)))} is expected"
            )
        return found
    what = ", ".join(f"{name} off by {_size(name, apart)}" for name, apart in off.items())
    earlier = _earlier(seen, place)
    if any(not w.iid for w in earlier):
        worst = max((w for w in earlier if not w.iid), key=lambda w: abs(math.log(max(w.dependence[0], 1e-9))))
        found.append(
            f"{what}: the weights of {worst.module or worst.layer} are not independent; the mean fourth power of their "
            f"singular values is {worst.dependence[0]:.3g} times that of independent ones"
        )
    shared = _shared(seen, earlier if "gradient" not in off else [n.weights for n in seen.nodes if n.weights])
    if shared is not None:
        found.append(
            f"{what}: the weights of {shared} are those of another layer, too, so that both are not independent"
        )
    few = [w for w in earlier if w.fan_in < FEW_INPUTS]
    if few:
        size = 1.2 / few[0].fan_in if few[0].law == "uniform" else 2 / few[0].fan_in
        found.append(
            f"{what}: {few[0].module or few[0].layer} adds up {few[0].fan_in:.3g} terms only: its neurons are not "
            f"Gaussian; excess kurtosis about {size:.2g}"
        )
    if behind[place]:
        found.append(f"{what}: it is next to a layer that the theory does not know")
    if ROUNDING.get(seen.dtype, 0) and _lost(seen, node):
        found.append(
            f"{what}: {seen.dtype} rounds here; relative rounding {ROUNDING[seen.dtype]:.1g}, correlations "
            f"1 - c = {1 - node.correlation:.2g}, largest number {node.largest:.2g}"
        )
    if dead(node):
        found.append(f"{what}: {node.dead:.0%} of the neurons are silent for all inputs ({node.silent:.0%} expected)")
    if not found:
        found.append(f"{what}: more than finite width explains; no cause was found")
    return found


def _size(name: str, apart: float) -> str:
    return f"{apart:+.2g}" if name == "correlation" else f"{math.expm1(apart):+.0%}"


def _lost(seen: Observation, node: Node) -> bool:
    rounding = ROUNDING[seen.dtype]
    near = abs(1 - node.correlation) < 100 * rounding
    small = 0 < node.length < SMALLEST[seen.dtype]
    return near or small or not math.isfinite(node.length)


def _earlier(seen: Observation, place: int) -> list[Weights]:
    """Weights of the layers that an operation depends on."""
    wanted, found = {place}, []
    for here in range(place, -1, -1):
        if here in wanted:
            node = seen.nodes[here]
            wanted |= set(node.inputs) - {here}
            if node.weights is not None:
                found.append(node.weights)
    return found


def _shared(seen: Observation, weights: Sequence[Weights]) -> str | None:
    """The first operation whose weights are those of another one, too."""
    times = Counter(w.address for w in weights)
    return next((n.name for n in seen.nodes if n.weights is not None and times[n.weights.address] > 1), None)


def _behind_unknown(nodes: Sequence[Node]) -> list[bool]:
    """Whether an operation is joined to one that is not predicted."""
    near = [bool(n.unknown) for n in nodes]
    for node in nodes:
        if node.unknown:
            for before in node.inputs:
                near[before] = True
    for _ in nodes:
        grown = [a or any(near[i] for i in n.inputs) for a, n in zip(near, nodes, strict=True)]
        for here, node in enumerate(nodes):
            if near[here]:
                for before in node.inputs:
                    grown[before] = True
        if grown == near:
            break
        near = grown
    return near


# ------------------------------------------------------------------------------------------ of the whole model


def findings(seen: Observation) -> tuple[Finding, ...]:
    """What is to be said of the whole model: names of initializations, slips, growth, what is not known."""
    return tuple(
        [
            *_initializations(seen),
            *_dependent(seen),
            *_residual(seen),
            *_dead(seen),
            *_unknown(seen),
            *_outputs(seen),
            *_ends(seen),
        ]
    )


def all_weights(seen: Observation) -> list[Weights]:
    """The weights of all layers that were used, each once."""
    return list({id(w): w for w in (*(n.weights for n in seen.nodes), *seen.others) if w is not None}.values())


def _initializations(seen: Observation) -> list[Finding]:
    groups: dict[tuple[str, str, bool], list[Weights]] = defaultdict(list)
    for weights in all_weights(seen):
        named = guesses(weights)
        if named:
            names = " or ".join(g.name for g in named[:2])
            groups[weights.layer, names, named[0].slip].append(weights)
    found = []
    for (layer, names, slip), members in groups.items():
        meant = [w.variance / intended for w in members if (intended := guesses(w)[0].intended)]
        factor = sum(meant) / len(meant) if meant else 1.0
        layers = tuple(w.module for w in members)
        mean = sum(w.sigma_w2 for w in members) / len(members)
        end = f"sigma_w^2 = {number(mean)} on average"
        sentence = f"{len(members)} x {layer}: {members[0].law}, {names}; {end}"
        if slip:
            sentence += f", {number(factor)} times what was meant"
        found.append(Finding(kind="slip" if slip else "initialization", layers=layers, sentence=sentence, size=factor))
    return sorted(found, key=lambda f: f.kind != "slip")


def _dependent(seen: Observation) -> list[Finding]:
    found = []
    for weights in all_weights(seen):
        if not weights.iid:
            ratio = weights.dependence[0]
            kind = "closer to those of an orthogonal matrix" if ratio < 1 else "more unequal"
            found.append(
                Finding(
                    kind="dependent weights",
                    layers=(weights.module,),
                    sentence=f"{weights.module or weights.layer}: singular values are {kind} than those of independent "
                    f"weights (mean fourth power {number(ratio)} times theirs)",
                    size=ratio,
                )
            )
    if len(found) > 3:
        layers = tuple(layer for f in found for layer in f.layers)
        return [
            Finding(
                kind="dependent weights",
                layers=layers,
                sentence=f"{len(found)} layers, as in {found[0].sentence}",
                size=found[0].size,
            )
        ]
    return found


def _residual(seen: Observation) -> list[Finding]:
    """How much a stream of residual branches grows, and whether their last weights are scaled by 1 / sqrt(branches)."""
    adds = [n for n in seen.nodes if n.operation == "add" and len(n.ends) == 2]
    if len(adds) < 4:
        return []
    last = [w for n in adds if (w := _last_weights(seen, max(n.inputs))) is not None]
    names = {id(w) for w in last}
    others = [w.variance * 1.0 for w in all_weights(seen) if id(w) not in names and w.layer != "Embedding"]
    if not last or not others:
        return []
    branches = len(adds)
    start = seen.nodes[min(adds[0].inputs)].length
    growth = adds[-1].length / start if start else math.inf
    scaled = sum(w.variance for w in last) / len(last) / (sorted(others)[len(others) // 2])
    layers = tuple(w.module for w in last)
    scaling = 1 + (growth - 1) / branches
    if abs(scaled * branches - 1) < 0.1:
        text = f"the last weights of {branches} residual branches are scaled by 1/sqrt({branches}); "
        return [
            Finding(kind="residual", layers=layers, sentence=f"{text}the stream grows by {number(growth)}", size=growth)
        ]
    text = (
        f"the last weights of {branches} residual branches are not scaled by 1/sqrt({branches}): squared lengths "
        f"of the stream grow by {number(growth)}; with that scaling by about {number(scaling)}"
    )
    return [Finding(kind="residual", layers=layers, sentence=text, size=growth)]


def _last_weights(seen: Observation, place: int) -> Weights | None:
    while place >= 0:
        node = seen.nodes[place]
        if node.weights is not None:
            return node.weights
        if len(node.inputs) != 1:
            return None
        (place,) = node.inputs
    return None


def _dead(seen: Observation) -> list[Finding]:
    silent = [n for n in seen.nodes if dead(n)]
    if not silent:
        return []
    worst = max(silent, key=lambda n: n.dead - n.silent)
    text = (
        f"{worst.dead:.0%} of the neurons behind {worst.name} are silent for all {2 * seen.pairs} inputs; "
        f"{worst.silent:.0%} are expected of correlated inputs"
    )
    return [Finding(kind="dead neurons", layers=tuple(n.name for n in silent), sentence=text, size=worst.dead)]


def dead(node: Node) -> bool:
    """Whether more neurons are silent for all inputs than chance makes."""
    scatter = math.sqrt(max(node.silent, 1e-9) / max(node.field.features, 1))
    return node.dead > node.silent + DEAD + SIGMAS * scatter


def _unknown(seen: Observation) -> list[Finding]:
    groups: dict[str, list[str]] = defaultdict(list)
    for node in seen.nodes:
        if node.unknown:
            groups[f"{node.operation}: {node.unknown}"].append(node.name)
    return [
        Finding(kind="not predicted", layers=tuple(names), sentence=f"{text} ({len(names)} x, as in {names[0]})")
        for text, names in groups.items()
    ]


def _outputs(seen: Observation) -> list[Finding]:
    """Which tensor was taken for the output, where there are several."""
    if len(seen.outputs) < 2:
        return []
    taken, *others = [f"{place} of shape {shape}" for place, shape in seen.outputs]
    rest = ", ".join(others[:FEW_OUTPUTS]) + (f" and {len(others) - FEW_OUTPUTS} more" * (len(others) > FEW_OUTPUTS))
    return [
        Finding(
            kind="outputs",
            layers=(seen.nodes[seen.end].name,),
            sentence=f"the model returns {len(seen.outputs)} tensors that depend on its input; gradients are those of "
            f"{taken}, and not of {rest}",
        )
    ]


def _ends(seen: Observation) -> list[Finding]:
    """What the whole network does to lengths and gradients between its first and its last layer of weights."""
    layers = [k for k, n in enumerate(seen.nodes) if n.weights is not None]
    if len(layers) < 2:
        return []
    first, last = layers[0], layers[-1]
    lengths = seen.nodes[last].length / seen.nodes[first].length if seen.nodes[first].length else math.nan
    before, after = seen.nodes[first].gradient, seen.nodes[last].gradient
    gradients = before / after if after else math.nan
    text = (
        f"from the first layer of weights to the last squared lengths change by {number(lengths)}, and on the way back "
        f"squared gradients by {number(gradients)}"
    )
    return [
        Finding(kind="whole", layers=(seen.nodes[first].name, seen.nodes[last].name), sentence=text, size=gradients)
    ]
