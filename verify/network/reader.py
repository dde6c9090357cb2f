"""From an operation of a model to the rule that predicts it."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse
import torch
from scipy import special
from torch.autograd import forward_ad

from numerics.solvers.nonlinearity import Nonlinearity
from verify.network import attention, averages, rules
from verify.network.fields import OTHER, PAIR, SAME, Field
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

MOST_PLACES = 4096  # for which a matrix between places is set up
POOLS = ("avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout")
WITHOUT_ARGUMENTS = frozenset(
    {
        *("tanh", "relu", "sigmoid", "erf", "sin", "cos", "exp", "expm1", "atan", "arctan", "asinh", "abs", "square"),
        *("silu", "mish", "selu", "hardswish", "hardsigmoid", "relu6", "softsign", "tanhshrink", "logsigmoid"),
        *("log_sigmoid", "sign", "sinc"),
    }
)
WITH_ARGUMENTS = {
    "gelu": ("approximate",),
    "leaky_relu": ("negative_slope",),
    "elu": ("alpha",),
    "celu": ("alpha",),
    "softplus": ("beta",),
    "hardtanh": ("min_val", "max_val"),
    "softshrink": ("lambd",),
    "hardshrink": ("lambd",),
    "threshold": ("threshold", "value"),
}
SPELLED = {
    "hardtanh": "hard_tanh",
    "tanhshrink": "tanh_shrink",
    "softshrink": "soft_shrink",
    "hardshrink": "hard_shrink",
}


@functools.lru_cache(maxsize=64)
def activation(text: str) -> Nonlinearity:
    """The activation that a text means. Raises Unknown."""
    from verify.activation.reading import ActivationError
    from verify.activation.reading import activation as read
    from verify.compile.nonlinearity import nonlinearity

    try:
        return nonlinearity(read(text))
    except ActivationError as problem:
        raise Unknown(str(problem)) from problem


def spelled(name: str, args: tuple, kwargs: dict) -> str:
    """An elementwise function with its arguments, as `rederive activation` reads it."""
    if name in WITHOUT_ARGUMENTS:
        return SPELLED.get(name, name)
    words = []
    for place, word in enumerate(WITH_ARGUMENTS[name], start=1):
        value = kwargs.get(word, args[place] if len(args) > place else None)
        if value is not None:
            words.append(f"{word}={value!r}" if not isinstance(value, str) else f"{word}='{value}'")
    return f"{SPELLED.get(name, name)}({', '.join(words)})" if words else SPELLED.get(name, name)


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
        tensor = next((o for o in out if isinstance(o, torch.Tensor)), None) if isinstance(out, tuple) else out
        if tensor is None or not tensor.is_floating_point() or not tensor.numel():
            return
        if attention.read(self, name, args, kwargs, tensor, found):
            return
        fields = [self.field(s) for s in found]
        try:
            step, sites, extra = self._predicted(name, func, args, kwargs, tensor, found, fields)
        except Unknown as problem:
            self.unknown(name, str(problem), tensor, found)
            return
        self.add(name, tuple(found), tensor, sites, step, **extra)

    def field(self, signal: Signal) -> Field:
        """The predicted field of a signal: its places, its part of the features."""
        whole = self.run.nodes[signal.node].field.at(signal.places)
        return replace(whole, features=max(1, round(whole.features * signal.share)))

    def token_input(self, numbers: torch.Tensor) -> None:
        """The token numbers; the signal begins where they are looked up."""
        self.numbers = numbers

    def looked_up(self, args: tuple, kwargs: dict) -> torch.Tensor:
        """Rows of a table of embeddings for the input: the leaf of all derivatives, with its covariances."""
        _, table = _named(args, kwargs, ("input", "weight"), {})
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
        elif out.dim() >= 3 and out.shape[0] == self.run.inputs and _channelled(found[0]):
            sites = places_first(self.run.inputs, tuple(out.shape))
            count = math.prod(out.shape[2:])
        elif out.dim() >= 2 and out.shape[0] == self.run.inputs:
            sites, count = features_last(self.run.inputs, tuple(out.shape)), math.prod(out.shape[1:-1])
        else:
            return  # not a tensor of the batch: what follows is a constant to the theory
        signal = Signal(tensor=out, sites=sites, count=count, node=len(self.run.nodes), places=np.arange(count))
        features = max(1, out.numel() // (self.run.inputs * count))
        field = anchored(self.run, signal, features)
        self.add(name, tuple(found), out, sites, Step(field=field, back=lambda g: []), unknown=why)
        self.run.nodes[-1].back = None

    # ------------------------------------------------------------------------------------------ which rule

    def _predicted(
        self,
        name: str,
        func: Any,
        args: tuple,
        kwargs: dict,
        out: torch.Tensor,
        found: list[Signal],
        fields: list[Field],
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        first, field = found[0], fields[0]
        if first.role != "field":
            raise Unknown("attention weights are used in another way than to mix values")
        if name in ("linear", "addmm", "matmul", "mm") and len(found) == 1:
            return self._dense(name, args, kwargs, out, first, field)
        if name in CONVOLUTIONS and len(found) == 1:
            return self._convolution(name, func, args, kwargs, out, first, field)
        if name in WITHOUT_ARGUMENTS or name in WITH_ARGUMENTS or name == "pow":
            phi = self._nonlinearity(name, args, kwargs)
            return rules.pointwise(field, phi), first.sites, {"activation": phi}
        if name == "prelu":
            slope = args[1] if len(args) > 1 else kwargs["weight"]
            if slope.numel() > 1 and float(slope.std()) > 0:
                raise Unknown("every channel has a slope of its own")
            phi = activation(f"leaky_relu({float(slope.flatten()[0])!r})")
            return rules.pointwise(field, phi), first.sites, {"activation": phi}
        if name in DROPOUTS:
            p, training = _named(args, kwargs, ("input", "p", "training"), {"p": 0.5, "training": True})[1:]
            whole = name != "dropout"
            return rules.dropout(field, float(p) if training else 0.0, whole=whole), first.sites, {}
        if name in ("layer_norm", "rms_norm"):
            return self._norm(name, func, args, kwargs, first, field)
        if name == "batch_norm":
            return self._batch_norm(args, kwargs, first, field)
        if name in (*POOLS, "pad", "interpolate", "upsample"):
            return self._pool(func, args, kwargs, out, first, field)
        if name == "mean":
            return self._mean(args, kwargs, out, first, field)
        if name in ("add", "sub", "mul", "div", "true_divide", "neg", "rsub"):
            return self._arithmetic(name, args, kwargs, out, found, fields)
        raise Unknown(f"the theory has no map for {name}")

    def _nonlinearity(self, name: str, args: tuple, kwargs: dict) -> Nonlinearity:
        if name == "pow":
            power = args[1] if len(args) > 1 else kwargs.get("exponent")
            if power not in (1, 2, 3):
                raise Unknown(f"the power {power}")
            return activation(f"x**{power}")
        return activation(spelled(name, args, kwargs))

    def weights(self, values: torch.Tensor, bias: Any, kind: str, name: str = "weight", **how: Any) -> Weights:
        """What a tensor of weights is, read once."""
        path = self.run.path[-1][0] if self.run.path else ""
        key = (values.data_ptr(), tuple(values.shape), kind)
        if key not in self.known:
            self.known[key] = weights(path, kind, name, values, bias, **how)
        return self.known[key]

    def _dense(
        self, name: str, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        if name == "linear":
            _, matrix, bias = _named(args, kwargs, ("input", "weight", "bias"), {"bias": None})
            kind = "Linear"
        elif name == "addmm":
            bias, _, matrix = args[:3]
            kind = "inputs by outputs"
        else:
            matrix, bias, kind = args[1], None, "inputs by outputs"
        if matrix is first.tensor or matrix.dim() != 2:
            raise Unknown("the signal is multiplied from the left, or by many matrices")
        facts = self.weights(matrix, bias, kind)
        share, sites = rows(first, out, self.run.inputs, field.features)
        step = rules.dense(
            field, len(self.run.nodes), out.shape[-1], facts.variance, facts.bias, share, facts.uniform_bias
        )
        return step, sites, {"weights": facts}

    def _convolution(
        self, name: str, func: Any, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        names = (
            "input",
            "weight",
            "bias",
            "stride",
            "padding",
            *(("output_padding", "groups", "dilation") if "transpose" in name else ("dilation", "groups")),
        )
        default = {"bias": None, "stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1}
        bound = dict(zip(names, _named(args, kwargs, names, default), strict=True))
        kernel, stride = bound["weight"], bound["stride"]
        if not _channelled(first):
            raise Unknown("the places of its input are not along the last axes")
        space = kernel.dim() - 2
        steps = tuple(stride) if isinstance(stride, tuple | list) else (stride,) * space
        kind = f"ConvTranspose{space}d" if "transpose" in name else f"Conv{space}d"
        facts = self.weights(kernel, bound["bias"], kind, stride=tuple(steps), groups=bound["groups"])
        shape = tuple(first.tensor.shape[2:])
        rest = {k: v for k, v in bound.items() if k not in ("input", "weight", "bias", "groups")}
        taps = _taps(func, kernel.shape[2:], shape, rest)
        inner = replace(field, features=max(1, field.features // bound["groups"]))
        channels = out.shape[1]
        step = rules.convolution(
            inner,
            len(self.run.nodes),
            channels,
            facts.variance,
            facts.bias,
            taps,
            facts.uniform_bias,
            bound["groups"],
        )
        return step, places_first(self.run.inputs, tuple(out.shape)), {"weights": facts}

    def _norm(
        self, name: str, func: Any, args: tuple, kwargs: dict, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        if isinstance(func, torch.nn.Module):  # written by hand
            shape, weight, bias = None, next(iter(func.parameters(recurse=False)), None), None
            eps = float(getattr(func, "eps", getattr(func, "variance_epsilon", 0.0)) or 0.0)
        else:
            default = {"weight": None, "bias": None, "eps": 1e-5 if name == "layer_norm" else None}
            order: tuple[str, ...] = ("input", "normalized_shape", "weight", "bias", "eps")
            order = order if name == "layer_norm" else ("input", "normalized_shape", "weight", "eps")
            bound = dict(zip(order, _named(args, kwargs, order, default), strict=True))
            shape, weight, bias = bound["normalized_shape"], bound["weight"], bound.get("bias")
            eps = bound["eps"] if bound["eps"] is not None else torch.finfo(first.tensor.dtype).eps
        if shape is not None and len(shape) > 1:
            raise Unknown("it normalizes over several axes")
        square = 1.0 if weight is None else float((weight.detach() ** 2).mean())
        add = 0.0 if bias is None else float((bias.detach() ** 2).mean())
        return rules.layer_norm(field, square, add, float(eps), centred=name == "layer_norm"), first.sites, {}

    def _batch_norm(
        self, args: tuple, kwargs: dict, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        order = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
        default = {"running_mean": None, "running_var": None, "weight": None, "bias": None, "training": False}
        bound = dict(zip(order, _named(args, kwargs, order, default | {"momentum": 0.1, "eps": 1e-5}), strict=True))
        square = 1.0 if bound["weight"] is None else float((bound["weight"].detach() ** 2).mean())
        add = 0.0 if bound["bias"] is None else float((bound["bias"].detach() ** 2).mean())
        if bound["training"]:
            return rules.batch_norm(field, square, add, bound["eps"], self.run.inputs), first.sites, {}
        if float(bound["running_mean"].abs().max()) > 0:
            raise Unknown("it subtracts means of other data")
        factor = square * float((1 / (bound["running_var"] + bound["eps"])).mean())
        step = rules.scale(field, factor)
        return replace(step, field=step.field.scaled(1.0, add)), first.sites, {}

    def _pool(
        self, func: Any, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        if field.places > MOST_PLACES or first.tensor.dim() < 3:
            raise Unknown("it mixes more places than are kept")
        shape = tuple(first.tensor.shape[2:])
        basis = torch.eye(field.places, dtype=torch.float64).reshape(field.places, 1, *shape)
        image = func(basis, *args[1:], **{k: v for k, v in kwargs.items() if k != "input"})
        if image.shape[2:] != out.shape[2:]:
            raise Unknown("it mixes channels")
        matrix = image.reshape(field.places, -1).T.numpy()
        return rules.pool(field, matrix), places_first(self.run.inputs, tuple(out.shape)), {}

    def _mean(
        self, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        axis = args[1] if len(args) > 1 else kwargs.get("dim")
        if axis is None:
            raise Unknown("everything is averaged")
        axes = {a % first.tensor.dim() for a in (axis if isinstance(axis, tuple | list) else (axis,))}
        line = first.sites[0] if first.sites.shape[0] == self.run.inputs else first.sites
        feature = {d + 1 for d in range(line.dim()) if line.shape[d] > 1 and line.stride(d) == 0}
        spaces = set(range(1, first.tensor.dim())) - feature
        if axes != spaces:
            raise Unknown("it averages over features, or over a part of the places")
        matrix = np.full((1, field.places), 1 / field.places)
        return rules.pool(field, matrix), _single(self.run.inputs, out), {}

    def _arithmetic(
        self, name: str, args: tuple, kwargs: dict, out: torch.Tensor, found: list[Signal], fields: list[Field]
    ) -> tuple[Step, torch.Tensor, dict[str, Any]]:
        first, field = found[0], fields[0]
        if name == "neg":
            return rules.scale(field, 1.0, mean=-1.0), first.sites, {}
        if len(found) == 2:
            if found[1].role != "field":
                raise Unknown("attention weights are used in another way than to mix values")
            if found[0].tensor.shape != found[1].tensor.shape:
                raise Unknown("two tensors of different shapes are combined")
            if name in ("add", "sub"):
                return rules.total(*fields), first.sites, {}
            if name == "mul":
                return rules.gate(*fields), first.sites, {}
            raise Unknown(f"the theory has no map for {name}")
        other: Any = next((a for a in args if a is not first.tensor), kwargs.get("other"))
        if name in ("mul", "div", "true_divide"):
            if args and args[0] is not first.tensor and name != "mul":
                raise Unknown("a number is divided by the signal")
            values = torch.as_tensor(other, dtype=torch.float64).detach()
            values = 1 / values if name != "mul" else values
            if values.dim() and values.numel() > 1 and values.shape[-1] != first.tensor.shape[-1]:
                raise Unknown("places are multiplied by different numbers")
            return rules.scale(field, float((values**2).mean()), mean=float(values.mean())), first.sites, {}
        if name == "rsub":
            step = rules.shift(rules.scale(field, 1.0, mean=-1.0).field, np.array(float(other)))
            return step, first.sites, {}
        values = torch.as_tensor(other, dtype=torch.float64).detach() * kwargs.get("alpha", 1)
        values = -values if name == "sub" else values
        if values.numel() == 1:
            return rules.shift(field, values.reshape(()).numpy()), first.sites, {}
        spread = values.expand(first.tensor.shape)
        order = np.argsort(first.layout(self.run.inputs), kind="stable")
        table = first.by_input(spread, self.run.inputs)[0].numpy()[order].reshape(field.places, -1)
        return rules.shift(field, table), first.sites, {}


def _named(args: tuple, kwargs: dict, names: tuple[str, ...], default: dict[str, Any]) -> list[Any]:
    return [args[k] if len(args) > k else kwargs.get(n, default.get(n)) for k, n in enumerate(names)]


def _silent(field: Field, inputs: int) -> float:
    """Probability that a Gaussian neuron is negative for all inputs, whose correlations are taken for equal."""
    rows = field.diagonal.mean(1)
    common = min(max(float((rows[PAIR] + (inputs - 2) * rows[OTHER]) / (inputs - 1) / rows[SAME]), 0.0), 0.999)
    below = special.ndtr(-averages.NODES * math.sqrt(common / (1 - common)))
    return float(below**inputs @ averages.DENSITY)


def _channelled(signal: Signal) -> bool:
    """Whether the second axis is that of features, and the others are places."""
    sites = signal.sites
    return sites.dim() >= 3 and (sites.shape[1] == 1 or bool((sites[:, :1] == sites).all()))


def _single(inputs: int, out: torch.Tensor) -> torch.Tensor:
    return torch.arange(inputs).reshape(inputs, *(1,) * (out.dim() - 1)).expand(out.shape)


def rows(signal: Signal, out: torch.Tensor, inputs: int, features: int) -> tuple[np.ndarray, torch.Tensor]:
    """What part of each row of the last axis is from which place, (T', T) in units of a place; and sites behind it."""
    sites = signal.sites
    ends = sites[..., :1]
    if sites.stride(-1) == 0 or bool((sites == ends).all()):
        used = np.unique(ends.reshape(-1).numpy() % signal.count)
        if len(used) == signal.count:
            return np.eye(signal.count), ends.expand(out.shape)
    lines = signal.by_input(sites, inputs)[0].numpy() % signal.count
    lines = lines.reshape(-1, sites.shape[-1])
    share = np.zeros((len(lines), signal.count))
    for row, line in enumerate(lines):
        places, counts = np.unique(line, return_counts=True)
        share[row, places] = counts / features
    count = len(lines)
    new = torch.arange(inputs * count).reshape(*out.shape[:-1], 1).expand(out.shape)
    return share, new


def _taps(func: Any, kernel: tuple[int, ...], shape: tuple[int, ...], rest: dict[str, Any]) -> list[Any]:
    """For every tap of a kernel a matrix (T', T) of the place that each output reads with it."""
    count = math.prod(shape)
    numbered = torch.arange(1, count + 1, dtype=torch.float64).reshape(1, 1, *shape)
    taps = []
    for tap in range(math.prod(kernel)):
        hot = torch.zeros(math.prod(kernel), dtype=torch.float64)
        hot[tap] = 1
        read = func(numbered, hot.reshape(1, 1, *kernel), None, **rest)
        place = read.reshape(-1).round().long().numpy()
        row = np.flatnonzero(place)
        matrix = scipy.sparse.csr_matrix((np.ones(len(row)), (row, place[row] - 1)), shape=(len(place), count))
        taps.append(matrix)
    return taps
