"""A model run once, with every operation on its signal seen: what was measured there, and what the theory predicts.

PyTorch's function mode shows each operation with its real arguments, so that any model that runs can be read, whatever
its control flow. One pass forward carries the derivative along a random direction with it, and one pass back a random
cotangent; their mean squares are those of the Jacobian's entries (Hutchinson 1990).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from verify.network.fields import Field, measured
from verify.network.rules import Back
from verify.network.weights import Weights

SHAPES = frozenset(
    {
        *("view", "reshape", "transpose", "permute", "flatten", "unsqueeze", "squeeze", "contiguous", "chunk", "split"),
        *("getitem", "unbind", "expand", "movedim", "swapaxes", "t", "mT", "T", "H", "mH", "clone", "to", "float"),
        *("double", "narrow", "select", "unflatten", "view_as", "reshape_as", "split_with_sizes", "tensor_split"),
        *("swapdims", "moveaxis", "expand_as", "type_as"),
    }
)
QUIET = frozenset({"detach", "requires_grad_", "retain_grad", "register_hook"})
OFF_CENTRE, TAILS = 0.1, 0.5  # mean over root mean square, excess kurtosis, of measured numbers called Gaussian
RMS_NORMS = ("rmsnorm", "rms_norm")


@dataclass(kw_only=True)
class Signal:
    """A tensor that carries the signal: `places` of the field of node `node`, `share` of its features.

    sites   for every element, number of the input times T plus its place
    role    "field", "scores" or "attention" (a softmax of scores), with its (T, T) matrix, dropout and the
            variance of the scores
    """

    tensor: torch.Tensor
    sites: torch.Tensor
    count: int
    node: int
    places: np.ndarray
    share: float = 1.0
    role: str = "field"
    matrix: np.ndarray | None = None
    dropped: float = 0.0
    scores: float = 0.0

    def by_input(self, values: torch.Tensor, inputs: int) -> torch.Tensor:
        """The values as (inputs, rest)."""
        dim = self._batch(values, inputs)
        return (values if dim is None else values.movedim(dim, 0)).reshape(inputs, -1)

    def of_one(self, values: torch.Tensor, inputs: int) -> torch.Tensor:
        """The values of the first input, flat; those of the others are not copied."""
        dim = self._batch(values, inputs)
        return values.reshape(inputs, -1)[0] if dim is None else values.select(dim, 0).reshape(-1)

    def _batch(self, values: torch.Tensor, inputs: int) -> int | None:
        """The axis of the inputs, if they have one."""
        for dim in range(values.dim()):
            if values.shape[dim] == inputs:
                at = [0] * values.dim()
                at[dim] = inputs - 1
                if int(self.sites[tuple(at)]) // self.count == inputs - 1:
                    return dim
        return None

    def layout(self, inputs: int) -> np.ndarray:
        """Place of every element of the first input, flat."""
        return self.of_one(self.sites, inputs).numpy() % self.count


@dataclass(kw_only=True)
class Node:
    """One operation: what was measured behind it and what was predicted, with the way back to its inputs."""

    name: str
    module: str
    layer: str
    operation: str
    inputs: tuple[int, ...]
    field: Field
    back: Back | None
    ends: tuple[Signal, ...] = ()
    noise: float = 0.0
    weights: Weights | None = None
    unknown: str = ""
    activation: Any = None
    length: float = math.nan
    correlation: float = math.nan
    stretch: float = math.nan
    dead: float = 0.0  # share of neurons that are silent for all inputs, measured
    silent: float = 0.0  # and predicted
    largest: float = 0.0
    gradient: float = math.nan


@dataclass
class Run:
    """What one run of a model recorded.

    derived  comparisons and the like, which depend on the signal by jumps
    spare    further outputs of an operation, with what makes signals of them: most are never used
    """

    inputs: int
    nodes: list[Node] = field(default_factory=list)
    signals: dict[int, Signal] = field(default_factory=dict)
    derived: dict[int, Any] = field(default_factory=dict)
    spare: dict[int, tuple[torch.Tensor, Callable[[], None]]] = field(default_factory=dict)
    path: list[tuple[str, str]] = field(default_factory=list)
    tangents: bool = True

    def signal(self, tensor: torch.Tensor) -> Signal | None:
        """What is known of a tensor that carries the signal; None for any other."""
        if id(tensor) in self.spare:
            self.spare.pop(id(tensor))[1]()
        return self.signals.get(id(tensor))


class WantsTokens(Exception):
    """The model looks its input up in a table of this many rows."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"the model takes token numbers below {rows}")
        self.rows = rows


class Misread(Exception):
    """An operation that is not understood: nothing that the model did wrong."""


def _differentiable(name: str) -> contextlib.AbstractContextManager[Any]:
    """Has PyTorch take an implementation that carries derivatives forward, where its fastest does not."""
    if "attention" in name:
        return sdpa_kernel(SDPBackend.MATH)
    return _without_mkldnn() if name == "lstm" else contextlib.nullcontext()


@contextlib.contextmanager
def _without_mkldnn() -> Iterator[None]:
    before = torch.backends.mkldnn.set_flags(False)[0]  # its own context warns of other devices
    try:
        yield
    finally:
        torch.backends.mkldnn.set_flags(before)


class Tape(TorchFunctionMode):
    """Calls `reader(name, func, args, kwargs, out, signals)` for every operation on a tensor of the signal."""

    def __init__(self, run: Run, reader: Any) -> None:
        super().__init__()
        self.run, self.reader, self.quiet = run, reader, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        found = signals_of(self.run, args, kwargs)
        if operation(func) == "embedding" and not self.quiet:
            numbers = args[0] if args else kwargs["input"]
            if found:
                raise WantsTokens(len(args[1] if len(args) > 1 else kwargs["weight"]))
            if numbers is self.reader.numbers and numbers is not None:
                return self.reader.looked_up(args, kwargs)
        jumps = self._jumps(args, kwargs)
        if not found or self.quiet:
            out = func(*args, **kwargs)
            return self._kept(out) if jumps else out
        name = operation(func)
        if name in QUIET:
            return self._kept(func(*args, **kwargs)) if name == "detach" else func(*args, **kwargs)
        with _differentiable(name):
            plain = func is torch.nn.functional.linear and len(found) == 1 and args[0] is found[0].tensor
            out = (linear if plain else func)(*args, **kwargs)
        if name in SHAPES or (name == "__get__" and isinstance(out, torch.Tensor)):
            self._reshaped(func, args, kwargs, out, found)
        elif isinstance(out, tuple) or (isinstance(out, torch.Tensor) and out.is_floating_point()):
            try:
                if jumps and isinstance(out, torch.Tensor):
                    self.reader.unknown(name, "it depends on the signal by a comparison or a copy", out, found)
                else:
                    self.reader.read(name, func, args, kwargs, out, found)
            except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as problem:
                place = self.run.path[-1][0] if self.run.path else ""
                raise Misread(f"the operation {name} of {place or 'the model'} cannot be read: {problem}") from problem
        else:
            self._kept(out)
        return out

    def _jumps(self, args: Any, kwargs: Any) -> bool:
        """Whether an argument depends on the signal without carrying it: a mask, whole numbers, a detached copy."""
        return any(
            id(one) in self.run.derived
            for value in (*args, *kwargs.values())
            for one in (value if isinstance(value, tuple | list) else (value,))
        )

    def _kept(self, out: Any) -> Any:
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, torch.Tensor):
                self.run.derived[id(tensor)] = tensor  # kept, or another tensor would get its address
        return out

    def _reshaped(self, func: Any, args: Any, kwargs: Any, out: Any, found: list[Signal]) -> None:
        """The same operation on the sites says where every element came from."""
        before = found[0]
        moved = [before.sites if a is before.tensor else a for a in args]
        with torch.no_grad():
            sites = func(*moved, **{k: before.sites if v is before.tensor else v for k, v in kwargs.items()})
        outs, places = (out, sites) if isinstance(out, tuple | list) else ((out,), (sites,))
        for tensor, where in zip(outs, places, strict=True):
            if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() and tensor.numel():
                self.run.signals[id(tensor)] = aliased(before, tensor, where.long(), self.run.inputs)


class Linear(torch.autograd.Function):
    """torch.nn.functional.linear by its input only: PyTorch's own derivative copies the weights and keeps them."""

    @staticmethod
    def forward(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        return torch.nn.functional.linear(input, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: torch.Tensor) -> None:
        ctx.weight = inputs[1]
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple:
        return gradients[0] @ ctx.weight, None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(tangents[0].detach(), ctx.weight)


def linear(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """torch.nn.functional.linear of a signal, with what is needed here only."""
    return Linear.apply(input, weight, bias)


def aliased(before: Signal, tensor: torch.Tensor, sites: torch.Tensor, inputs: int) -> Signal:
    """A view of a signal: fewer places, or a part of the features of each."""
    kept = before.count
    moved = Signal(tensor=tensor, sites=sites, count=kept, node=before.node, places=before.places)
    used = np.unique(moved.layout(inputs)) if before.role == "field" else np.arange(kept)
    ratio = tensor.numel() / before.tensor.numel() * kept / len(used)
    if len(used) < kept and before.role == "field":
        new = torch.full((kept,), 0)
        new[torch.from_numpy(used)] = torch.arange(len(used))
        sites = sites // kept * len(used) + new[sites % kept]
        places = before.places[used]
        kept = len(used)
    else:
        places = before.places
    return Signal(
        tensor=tensor,
        sites=sites,
        count=kept,
        node=before.node,
        places=places,
        share=before.share * ratio if before.role == "field" else before.share,
        role=before.role,
        matrix=before.matrix,
        dropped=before.dropped,
        scores=before.scores,
    )


def operation(func: Any) -> str:
    """Name of a function without the underscores of methods and of operations in place."""
    name = getattr(func, "__name__", str(func))
    if name in ("__get__", "requires_grad_"):
        owner = getattr(getattr(func, "__self__", None), "__name__", "")
        return owner if owner in SHAPES else name
    bare = name.strip("_")
    return {"rsub": "rsub", "iadd": "add", "imul": "mul", "radd": "add", "rmul": "mul", "isub": "sub"}.get(bare, bare)


def signals_of(run: Run, args: Any, kwargs: Any) -> list[Signal]:
    """The tensors among the arguments that carry the signal, in their order."""
    found: list[Signal] = []
    for value in (*args, *kwargs.values()):
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, torch.Tensor) and (signal := run.signal(one)) is not None:
                found.append(signal)
    return found


def mean_product(first: torch.Tensor, second: torch.Tensor) -> float:
    """Mean of the products of two tensors' entries, as one inner product: nothing of their size is stored."""
    return float(torch.dot(first.reshape(-1), second.reshape(-1))) / max(first.numel(), 1)


def statistics(run: Run, node: Node, signal: Signal) -> None:
    """Fill in what is measured on a tensor, and have its squared gradient measured on the way back."""
    tensor = signal.tensor
    with torch.no_grad():
        primal, tangent = forward_ad.unpack_dual(tensor) if run.tangents else (tensor, None)
        values = signal.by_input(primal.detach(), run.inputs)
        half = run.inputs // 2
        a, b = values[:half], values[half:]
        square = mean_product(values, values)
        node.length = square
        node.correlation = mean_product(a, b) / square if square else math.nan
        node.largest = max(abs(float(v)) for v in torch.aminmax(values))
        if tangent is not None:
            node.stretch = mean_product(tangent.detach(), tangent.detach())
    if tensor.requires_grad:

        def measure(gradient: torch.Tensor) -> None:
            if gradient is not None:  # an operation of the user's own may have no derivative
                node.gradient = mean_product(gradient, gradient)

        tensor.register_hook(measure)


def anchored(run: Run, signal: Signal, features: int) -> Field:
    """The field as measured, from where a prediction starts anew."""
    with torch.no_grad():
        primal, tangent = forward_ad.unpack_dual(signal.tensor) if run.tangents else (signal.tensor, None)
        order = np.argsort(signal.layout(run.inputs), kind="stable")

        def arranged(values: torch.Tensor) -> np.ndarray:
            flat = signal.by_input(values.detach(), run.inputs).double().numpy()
            return flat[:, order].reshape(run.inputs, signal.count, -1)

        tangents = None if tangent is None else arranged(tangent)
        values = arranged(primal)
        covariance, mean = measured(values, tangents, run.inputs // 2)
    gaussian = _bell(values)
    sources = frozenset({len(run.nodes)})
    return Field(covariance=covariance, mean=mean, features=features, sources=sources, gaussian=gaussian)


def _bell(values: np.ndarray) -> bool:
    """Whether numbers have the mean and the fourth moment of a centred Gaussian, nearly."""
    square = float(np.mean(values**2))
    if not square:
        return False
    return (
        abs(float(values.mean())) < OFF_CENTRE * square**0.5 and abs(float(np.mean(values**4)) / square**2 - 3) < TAILS
    )


def places_first(inputs: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Sites of a tensor (inputs, channels, places...)."""
    count = math.prod(shape[2:])
    return torch.arange(inputs * count).reshape(inputs, 1, *shape[2:]).expand(shape)


def features_last(inputs: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Sites of a tensor (inputs, places..., features)."""
    count = math.prod(shape[1:-1])
    return torch.arange(inputs * count).reshape(*shape[:-1], 1).expand(shape)


@contextlib.contextmanager
def watched(model: torch.nn.Module, run: Run, tape: Tape) -> Iterator[None]:
    """Knows which module an operation belongs to, and takes RMS normalizations written by hand as one operation."""
    handles = []
    for path, module in model.named_modules():
        kind = type(module).__name__
        whole = any(word in kind.lower() for word in RMS_NORMS) and not isinstance(module, torch.nn.RMSNorm)

        def enter(module: Any, args: Any, path: str = path, kind: str = kind, whole: bool = whole) -> None:
            run.path.append((path, kind))
            tape.quiet += whole

        def leave(module: Any, args: Any, out: Any, path: str = path, kind: str = kind, whole: bool = whole) -> None:
            if whole:
                tape.quiet -= 1
                if not tape.quiet and isinstance(out, torch.Tensor):
                    found = signals_of(run, args, {})
                    if found:
                        tape.reader.read("rms_norm", module, args, {}, out, found)
            run.path.pop()

        handles += [module.register_forward_pre_hook(enter), module.register_forward_hook(leave, always_call=False)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
