"""Every operation of a model predicted and measured: the nodes of a run."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import special
from torch.autograd import forward_ad

from verify.network import attention, averages, operations
from verify.network.fields import OTHER, PAIR, SAME, Field, shifts
from verify.network.rules import Step, Unknown
from verify.network.tape import (
    Node,
    Run,
    Signal,
    anchored,
    features_last,
    places_first,
    statistics,
)
from verify.network.weights import Weights, weights


class Reader:
    """Adds a node to the run for every operation of the tape."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.known: dict[tuple, Weights] = {}
        self.leaf: Any = None
        self.numbers: Any = None

    def start(self, tensor: torch.Tensor, sites: torch.Tensor, field: Field) -> None:
        """The input."""
        self.leaf = tensor
        self.add("input", (), tensor, sites, Step(field=field, back=lambda g: []))

    # ------------------------------------------------------------------------------------------ one operation

    def read(self, name: str, func: Any, args: tuple, kwargs: dict, out: Any, found: list[Signal]) -> None:
        """Predict and measure what an operation made."""
        outs = [o for o in (out if isinstance(out, tuple) else (out,)) if isinstance(o, torch.Tensor) and o.numel()]
        if not outs:
            return
        tensor, *others = outs
        for other in others:
            if other.is_floating_point():
                why = f"the theory has no map for what else {name} gives"
                self.run.spare[id(other)] = other, partial(self._late, [*self.run.path], name, why, other, found)
        if not tensor.is_floating_point():
            return
        if attention.read(self, name, args, kwargs, tensor, found):
            return
        fields = [self.field(s) for s in found]
        try:
            step, sites, extra = operations.predicted(self, name, func, args, kwargs, tensor, found, fields)
        except Unknown as problem:
            self.unknown(name, str(problem), tensor, found)
            return
        self.add(name, tuple(found), tensor, sites, step, **extra)

    def _late(self, path: list[tuple[str, str]], name: str, why: str, out: torch.Tensor, found: list[Signal]) -> None:
        """Go on from another output of an operation that was read when other modules were running."""
        self.run.path, now = path, self.run.path
        self.unknown(name, why, out, found)
        self.run.path = now

    def field(self, signal: Signal) -> Field:
        """The predicted field of a signal: its places, its part of the features."""
        whole = self.run.nodes[signal.node].field.at(signal.places)
        return replace(whole, features=max(1, round(whole.features * signal.share)))

    def token_input(self, numbers: torch.Tensor) -> None:
        """The token numbers; the signal begins where they are looked up."""
        self.numbers = numbers

    def looked_up(self, args: tuple, kwargs: dict) -> torch.Tensor:
        """Rows of a table of embeddings for the input: the leaf of all derivatives, with its covariances."""
        _, table = operations.named(args, kwargs, ("input", "weight"), {})
        with torch.no_grad():
            values = torch.nn.functional.embedding(self.numbers, table)
            generator = torch.Generator().manual_seed(len(self.run.nodes) + 2)
            direction = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values.dtype)
        values.requires_grad_()
        out = forward_ad.make_dual(values, direction) if self.run.tangents else values
        facts = self.weights(table, None, "Embedding")
        numbers = self.numbers.reshape(self.run.inputs, -1).numpy()
        half, places = self.run.inputs // 2, numbers.shape[1]
        first, second = numbers[:half], numbers[half:]
        other = np.roll(second, 1, axis=0)
        equal = [
            np.mean(a[:, :, None] == b[:, None, :], axis=0)
            for a, b in ((numbers, numbers), (first, second), (first, other))
        ]
        field = Field(
            covariance=np.array([*(facts.variance * (e + e.T) / 2 for e in equal), np.eye(places)]),
            mean=np.zeros(places),
            features=table.shape[1],
            sources=frozenset({len(self.run.nodes)}),
            spread=(2 / (table.shape[1] * min(places, table.shape[0])), 0.0, 1 / table.shape[1]),
        )
        if self.leaf is None:
            self.start(out, features_last(self.run.inputs, tuple(out.shape)), field)
            self.run.nodes[0].weights = facts
        return out

    def add(
        self, name: str, found: tuple[Signal, ...], out: torch.Tensor, sites: torch.Tensor, step: Step, **extra: Any
    ) -> None:
        """A node for an operation, with what is measured of its tensor."""
        path, layer = self.run.path[-1] if self.run.path else ("", "")
        node = Node(
            name=f"{path or layer or name}",
            module=path,
            layer=layer,
            operation=name,
            inputs=tuple(s.node for s in found),
            field=step.field,
            back=step.back,
            ends=found,
            noise=step.noise,
            **extra,
        )
        number = len(self.run.nodes)
        signal = Signal(
            tensor=out, sites=sites, count=step.field.places, node=number, places=np.arange(step.field.places)
        )
        self.run.nodes.append(node)
        self.run.signals[id(out)] = signal
        statistics(self.run, node, signal)
        if node.activation is not None and node.activation.closed == "relu":
            values = signal.by_input(out.detach(), self.run.inputs)
            if step.field.places == 1:
                node.dead = float((values <= 0).all(0).float().mean())
                node.silent = _silent(self.field(found[0]), self.run.inputs)

    def unknown(self, name: str, why: str, out: torch.Tensor, found: list[Signal]) -> None:
        """Go on from what is measured."""
        same = next((s for s in found if s.tensor.shape == out.shape and s.role == "field"), None)
        if same is not None:
            sites, count = same.sites, same.count
        elif out.dim() >= 3 and out.shape[0] == self.run.inputs and operations.channelled(found[0]):
            sites = places_first(self.run.inputs, tuple(out.shape))
            count = math.prod(out.shape[2:])
        elif self.run.inputs in out.shape:  # of the first axis, or of another one as in states of recurrent layers
            axis = out.shape.index(self.run.inputs)
            moved = out.reshape(*out.shape, *(1,) * (out.dim() == 1)).movedim(axis, 0).shape
            sites = features_last(self.run.inputs, tuple(moved)).movedim(0, axis).reshape(out.shape)
            count = math.prod(moved[1:-1])
        else:
            return  # not a tensor of the batch: what follows is a constant to the theory
        signal = Signal(tensor=out, sites=sites, count=count, node=len(self.run.nodes), places=np.arange(count))
        features = max(1, out.numel() // (self.run.inputs * count))
        field = anchored(self.run, signal, features)
        self.add(name, tuple(found), out, sites, Step(field=field, back=lambda g: []), unknown=why)
        self.run.nodes[-1].back = None

    def weights(self, values: torch.Tensor, bias: Any, kind: str, name: str = "weight", **how: Any) -> Weights:
        """What a tensor of weights is, read once."""
        path = self.run.path[-1][0] if self.run.path else ""
        key = (values.data_ptr(), tuple(values.shape), kind)
        if key not in self.known:
            self.known[key] = weights(path, kind, name, values, bias, **how)
        return self.known[key]


def _silent(field: Field, inputs: int) -> float:
    """Probability that a Gaussian neuron is negative for all inputs, whose correlations are taken for equal."""
    own = averages.biases(field)
    if own is not None:
        around = field.covariance - shifts(field.covariance, float(np.mean(own**2)))
        rest = replace(field, covariance=around, offsets=None)
        nodes = zip(*averages.law(own, averages.MORE), strict=True)
        return sum(share * _silent(replace(rest, mean=field.mean + b), inputs) for b, share in nodes)
    mean = float(field.mean.mean())
    rows = field.diagonal.mean(1) - mean**2  # of which the last, of tangents, has no meaning here
    if rows[SAME] <= 0:
        return float(mean <= 0)
    common = min(max(float((rows[PAIR] + (inputs - 2) * rows[OTHER]) / (inputs - 1) / rows[SAME]), 0.0), 0.999)
    off = mean / math.sqrt(rows[SAME])
    below = special.ndtr(-(averages.NODES * math.sqrt(common) + off) / math.sqrt(1 - common))
    return float(below**inputs @ averages.DENSITY)
