"""A model, run forward and back once on pairs of correlated inputs, with every operation measured and predicted."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from verify.network.fields import FULL, Field
from verify.network.reader import Reader
from verify.network.rules import like
from verify.network.tape import Misread, Node, Run, Signal, Tape, WantsTokens, features_last, places_first, watched
from verify.network.weights import Weights, of_layers

CORRELATION = 0.6  # of the two inputs of a pair
PAIRS, BATCH = 8, 64  # pairs of inputs; inputs of a model that normalizes over its batch
TOKENS = 256  # tokens of all inputs together that are enough: they are averaged over, too, and outputs are long
REFUSALS = (Exception, SystemExit)  # what a model raises that does not take such an input
IMAGE = 3  # axes of an input from which it is read as channels first


class WithoutTangents(Exception):
    """An operation that carries no derivative forward."""


class ModelError(ValueError):
    """A model that cannot be run on such an input; one line says why."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The operations of one run, with predicted squared gradients and the relative variances of these.

    others   weights of the model that no operation of a known kind used
    outputs  what the model returns of the signal, by its place in that, and its shape; gradients are
             those of the first one, which the operation `end` makes
    """

    nodes: tuple[Node, ...]
    gradients: tuple[float, ...]
    gradient_noise: tuple[float, ...]
    pairs: int
    correlation: float
    dtype: str
    tangents: bool
    others: tuple[Weights, ...] = ()
    outputs: tuple[tuple[str, tuple[int, ...]], ...] = (("", ()),)
    end: int = -1


def observe(
    model: torch.nn.Module,
    shape: tuple[int, ...],
    *,
    pairs: int = PAIRS,
    correlation: float = CORRELATION,
    square: float = 1.0,
    seed: int = 1,
) -> Observation:
    """Run the model as it is (mode, parameters, device) and leave it so. `square` is the mean square of an input.

    Raises ModelError where the model refuses the input or makes nothing to differentiate.
    """
    if any(isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.training for m in model.modules()):
        pairs = max(pairs, BATCH // 2)
    tokens, tangents = None, True
    while True:
        try:
            return _observed(model, shape, pairs, correlation, square, seed, tokens, tangents)
        except WantsTokens as problem:
            pairs = max(2, min(pairs, TOKENS // (2 * math.prod(shape))))
            tokens = problem.rows
        except WithoutTangents:
            tangents = False


def _observed(
    model: torch.nn.Module,
    shape: tuple[int, ...],
    pairs: int,
    correlation: float,
    square: float,
    seed: int,
    tokens: int | None,
    tangents: bool,
) -> Observation:
    dtype = next((p.dtype for p in model.parameters() if p.dtype.is_floating_point), torch.float32)
    run = Run(inputs=2 * pairs, tangents=tangents)
    reader = Reader(run)
    tape = Tape(run, reader)
    forward_mode()
    with restored(model, seed):
        with forward_ad.dual_level(), watched(model, run, tape):
            returned = _forward(model, tape, shape, pairs, correlation, square, seed, tokens, dtype)
        end = next(iter(returned.values()))
        generator = torch.Generator().manual_seed(seed + 1)
        cotangent = torch.randn(end.tensor.shape, generator=generator, dtype=end.tensor.dtype)
        try:  # outside the level, or second derivatives along the direction are carried back, too
            torch.autograd.backward([end.tensor], [cotangent], inputs=[reader.leaf])
        except RuntimeError as problem:
            if "torch.utils.checkpoint" in str(problem):  # which runs parts again, unseen, on the way back
                raise ModelError("the model recomputes parts (torch.utils.checkpoint); switch that off") from problem
            raise ModelError(f"the model cannot be differentiated: {_line(problem)}") from problem
    others = tuple(of_layers(model, {address for address, *_ in reader.known}))
    if all(node.weights is None for node in run.nodes) and not others:
        unused = [name for name, values in model.named_parameters() if values.dim() > 1]
        if unused:
            raise ModelError(f"no operation that is known uses {', '.join(unused[:3])}")
        raise ModelError("the model has no layers with weights")
    gradients, noise = _way_back(run.nodes, end.node, end.places, end.share)
    return Observation(
        nodes=tuple(run.nodes),
        gradients=gradients,
        gradient_noise=noise,
        pairs=pairs,
        correlation=correlation,
        dtype=str(dtype).removeprefix("torch."),
        others=others,
        tangents=run.tangents,
        outputs=tuple((place, tuple(signal.tensor.shape)) for place, signal in returned.items()),
        end=end.node,
    )


def _forward(
    model: torch.nn.Module,
    tape: Tape,
    shape: tuple[int, ...],
    pairs: int,
    correlation: float,
    square: float,
    seed: int,
    tokens: int | None,
    dtype: torch.dtype,
) -> dict[str, Signal]:
    """Run the model on pairs of inputs; the tensors of the signal in what it returns, by their places in it."""
    run, reader = tape.run, tape.reader
    if tokens is None:
        generator = torch.Generator().manual_seed(seed)
        values = inputs(shape, pairs, correlation, square, generator).to(dtype)
        direction = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(dtype)
        values.requires_grad_()
        given = forward_ad.make_dual(values, direction) if run.tangents else values
        spaces = len(shape) >= IMAGE or (len(shape) > 1 and _channels_first(model))
        sites = (places_first if spaces else features_last)(run.inputs, tuple(values.shape))
        reader.start(given, sites, _first(shape, spaces, correlation, square))
    else:
        given = token_numbers(shape, tokens, pairs, correlation, seed)
        reader.token_input(given)
    try:
        with tape:
            out = model(given)
    except WantsTokens:
        raise
    except Misread as problem:
        raise ModelError(_line(problem)) from problem
    except REFUSALS as problem:
        if "forward AD" in str(problem) and run.tangents:
            raise WithoutTangents from problem
        raise ModelError(f"the model refuses an input of shape {shape}: {_line(problem)}") from problem
    found = {place: signal for place, part in leaves(out) if (signal := run.signal(part)) is not None}
    if not found:
        raise ModelError("the model returns no tensor that depends on its input and has a row for each")
    if not next(iter(found.values())).tensor.requires_grad:
        raise ModelError("the model's output cannot be differentiated by its input")
    return found


def forward_mode() -> None:
    """Load PyTorch's rules of forward differentiation, which 2.13 compiles with what it calls deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        with forward_ad.dual_level():
            forward_ad.make_dual(torch.zeros(1), torch.zeros(1))


def _line(problem: BaseException) -> str:
    said = " ".join(str(problem).split())[:200]
    if said and isinstance(problem, (RuntimeError, ValueError, TypeError)):
        return said
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__


def inputs(
    shape: tuple[int, ...], pairs: int, correlation: float, square: float, generator: torch.Generator
) -> torch.Tensor:
    """Gaussian inputs, (2 pairs, *shape): the second half correlated with the first; each as long as `square` says.

    Each pair has exactly that correlation, over all its components together, where there are two of them at least.
    """
    size = math.prod(shape)
    first, other = torch.randn(2, pairs, size, generator=generator, dtype=torch.float64)
    if size > 1:
        first = first / first.norm(dim=1, keepdim=True)
        other = other - (other * first).sum(1, keepdim=True) * first
        other = other / other.norm(dim=1, keepdim=True)
        first, other = first * math.sqrt(size), other * math.sqrt(size)
    second = correlation * first + math.sqrt(1 - correlation**2) * other
    return (torch.cat([first, second]) * math.sqrt(square)).reshape(2 * pairs, *shape)


def token_numbers(shape: tuple[int, ...], rows: int, pairs: int, correlation: float, seed: int) -> torch.Tensor:
    """Token numbers, (2 pairs, *shape), the same in both of a pair with the probability `correlation`."""
    generator = torch.Generator().manual_seed(seed)
    first, other = torch.randint(rows, (2, pairs, *shape), generator=generator)
    kept = torch.rand(first.shape, generator=generator) < correlation
    return torch.cat([first, torch.where(kept, first, other)])


def _first(shape: tuple[int, ...], spaces: bool, correlation: float, square: float) -> Field:
    axes = shape[1:] if spaces else shape[:-1]
    places, features = math.prod(axes), shape[0] if spaces else shape[-1]
    same = np.eye(places) if places <= FULL else np.ones(places)
    covariance = np.array([square * same, square * correlation * same, 0 * same, same])
    return Field(covariance=covariance, mean=np.zeros(places), features=features)


def leaves(out: Any, place: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors in what a model returns, however deep, with their places in it, as in `[0]['logits']`."""
    if isinstance(out, torch.Tensor):
        yield place, out
    elif isinstance(out, Mapping):
        for key, part in out.items():
            yield from leaves(part, f"{place}[{key!r}]")
    elif isinstance(out, tuple | list):
        for number, part in enumerate(out):
            yield from leaves(part, f"{place}[{number}]")


def _channels_first(model: torch.nn.Module) -> bool:
    """Whether the first layer with weights takes channels before places."""
    first = next((m for m in model.modules() if next(m.parameters(recurse=False), None) is not None), None)
    return first is not None and type(first).__name__.startswith(("Conv", "BatchNorm", "GroupNorm", "InstanceNorm"))


@contextlib.contextmanager
def restored(model: torch.nn.Module, seed: int, *, frozen: bool = True) -> Iterator[None]:
    """Parameters without gradients for the run (if frozen), and buffers and random state as they were after it."""
    wanted = [(p, p.requires_grad) for p in model.parameters()]
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1_000_003 + seed)  # dropout is not to repeat the numbers of the inputs
            for parameter, _ in wanted:
                parameter.requires_grad_(not frozen)
            yield
    finally:
        for parameter, before in wanted:
            parameter.requires_grad_(before)
        with torch.no_grad():
            for name, value in model.named_buffers():
                if name in buffers:
                    value.copy_(buffers[name])


def _way_back(
    nodes: list[Node], last: int, places: np.ndarray, share: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Predicted mean squared gradient at each operation for a cotangent of unit variance, and its relative variance."""
    found = [np.zeros_like(n.field.covariance[0]) for n in nodes]
    noise = [0.0] * len(nodes)
    size = [0.0] * len(nodes)  # total predicted gradient that the noise is weighted by
    _put(found[last], places, share * np.ones(len(places)))
    noise[last], size[last] = 2 / nodes[last].field.features, 1.0
    for number in range(len(nodes) - 1, 0, -1):
        node = nodes[number]
        if not found[number].any():
            continue
        if node.back is None:
            for end in node.ends:
                measured = nodes[end.node].gradient
                before = nodes[end.node].field
                found[end.node] = like(before, np.full(before.places, measured if math.isfinite(measured) else 0.0))
                noise[end.node], size[end.node] = 0.0, 1.0
            continue
        for end, part in zip(node.ends, node.back(found[number]), strict=True):
            weight = end.share * float(np.trace(part) if part.ndim == 2 else part.sum())
            _put(found[end.node], end.places, end.share * part)
            whole = size[end.node] + weight
            if whole > 0:
                total = size[end.node] * math.sqrt(noise[end.node]) + weight * math.sqrt(noise[number] + node.noise)
                noise[end.node], size[end.node] = (total / whole) ** 2, whole
    return tuple(float(np.mean(np.diagonal(g) if g.ndim == 2 else g)) for g in found), tuple(noise)


def _put(target: np.ndarray, places: np.ndarray, part: np.ndarray) -> None:
    """Add gradients at some places of a field."""
    if target.ndim == 2 and part.ndim == 2:
        target[np.ix_(places, places)] += part
    elif target.ndim == 2:
        target[places, places] += part
    else:
        target[places] += np.diagonal(part) if part.ndim == 2 else part
