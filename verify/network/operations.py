"""Which rule predicts an operation: layers of weights, normalizations, pools and arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
import torch

from verify.network import averages, elementwise, rules
from verify.network.fields import Field
from verify.network.rules import Step, Unknown
from verify.network.tape import Signal, places_first
from verify.network.weights import offsets

if TYPE_CHECKING:
    from verify.network.reader import Reader

MOST_PLACES = 4096  # for which a matrix between places is set up
POOLS = ("avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout")


def predicted(
    reader: Reader,
    name: str,
    func: Any,
    args: tuple,
    kwargs: dict,
    out: torch.Tensor,
    found: list[Signal],
    fields: list[Field],
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    """The new field, the sites of its tensor, and what else its node knows. Raises Unknown where there is no rule."""
    first, field = found[0], fields[0]
    if first.role != "field":
        raise Unknown("attention weights are used in another way than to mix values")
    if name in ("linear", "addmm", "matmul", "mm", "einsum") and len(found) == 1:
        return _dense(reader, name, args, kwargs, out, first, field)
    if name in CONVOLUTIONS and len(found) == 1:
        return _convolution(reader, name, func, args, kwargs, out, first, field)
    if name in elementwise.WITHOUT_ARGUMENTS or name in elementwise.WITH_ARGUMENTS or name in elementwise.SPECIAL:
        phi = elementwise.nonlinearity(name, args, kwargs)
        return rules.pointwise(field, phi), first.sites, {"activation": phi}
    if name == "prelu":
        slope = args[1] if len(args) > 1 else kwargs["weight"]
        if slope.numel() > 1 and float(slope.std()) > 0:
            raise Unknown("every channel has a slope of its own")
        phi = elementwise.activation(f"leaky_relu({float(slope.flatten()[0])!r})")
        return rules.pointwise(field, phi), first.sites, {"activation": phi}
    if name in DROPOUTS:
        p, training = named(args, kwargs, ("input", "p", "training"), {"p": 0.5, "training": True})[1:]
        whole = name != "dropout"
        return rules.dropout(field, float(p) if training else 0.0, whole=whole), first.sites, {}
    if name in ("layer_norm", "rms_norm"):
        return _norm(reader, name, func, args, kwargs, first, field)
    if name == "batch_norm":
        return _batch_norm(reader, args, kwargs, first, field)
    if name in (*POOLS, "pad", "interpolate", "upsample"):
        return _pool(reader, func, args, kwargs, out, first, field)
    if name == "mean":
        return _mean(reader, args, kwargs, out, first, field)
    if name in ("add", "sub", "mul", "div", "true_divide", "neg", "rsub"):
        return _arithmetic(reader, name, args, kwargs, out, found, fields)
    raise Unknown(f"the theory has no map for {name}")


def _dense(
    reader: Reader, name: str, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    if name == "linear":
        _, matrix, bias = named(args, kwargs, ("input", "weight", "bias"), {"bias": None})
        kind = "Linear"
    elif name == "addmm":
        bias, _, matrix = args[:3]
        if kwargs.get("beta", 1) != 1 or kwargs.get("alpha", 1) != 1:
            raise Unknown("a product with factors beta and alpha")
        kind = "inputs by outputs"
    elif name == "einsum":
        bias, (matrix, kind) = None, _contracted(args, first)
    else:
        matrix, bias, kind = args[1], None, "inputs by outputs"
    if matrix is first.tensor or matrix.dim() != 2:
        raise Unknown("the signal is multiplied from the left, or by many matrices")
    facts = reader.weights(matrix, bias, kind)
    share, sites = rows(first, out, reader.run.inputs, field.features)
    step = rules.dense(
        field,
        len(reader.run.nodes),
        out.shape[-1],
        facts.variance,
        facts.bias,
        share,
        facts.offsets,
        facts.bias_mean,
    )
    return step, sites, {"weights": facts}


def _contracted(args: tuple, first: Signal) -> tuple[torch.Tensor, str]:
    """The weights of an einsum that takes the last axis of the signal to another one, and how they lie."""
    equation, *operands = args
    operands = list(operands[0]) if isinstance(operands[0], tuple | list) else operands
    before, arrow, after = str(equation).replace(" ", "").partition("->")
    letters = before.split(",")
    if arrow and len(operands) == len(letters) == 2:
        own = 0 if operands[0] is first.tensor else 1
        signal, matrix = letters[own], letters[1 - own]
        for old, new, kind in ((matrix[:1], matrix[1:], "inputs by outputs"), (matrix[1:], matrix[:1], "Linear")):
            if len(matrix) == 2 and signal.endswith(old) and old not in signal[:-1] and after == signal[:-1] + new:
                return operands[1 - own], kind
    raise Unknown(f"the theory has no map for einsum {equation}")


def _convolution(
    reader: Reader, name: str, func: Any, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
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
    bound = dict(zip(names, named(args, kwargs, names, default), strict=True))
    kernel, stride = bound["weight"], bound["stride"]
    if not channelled(first):
        raise Unknown("the places of its input are not along the last axes")
    space = kernel.dim() - 2
    steps = tuple(stride) if isinstance(stride, tuple | list) else (stride,) * space
    kind = f"ConvTranspose{space}d" if "transpose" in name else f"Conv{space}d"
    facts = reader.weights(kernel, bound["bias"], kind, stride=tuple(steps), groups=bound["groups"])
    shape = tuple(first.tensor.shape[2:])
    rest = {k: v for k, v in bound.items() if k not in ("input", "weight", "bias", "groups")}
    taps = _taps(func, kernel.shape[2:], shape, rest)
    inner = replace(field, features=max(1, field.features // bound["groups"]))
    channels = out.shape[1]
    step = rules.convolution(
        inner,
        len(reader.run.nodes),
        channels,
        facts.variance,
        facts.bias,
        taps,
        facts.offsets,
        bound["groups"],
        facts.bias_mean,
    )
    return step, places_first(reader.run.inputs, tuple(out.shape)), {"weights": facts}


def _norm(
    reader: Reader, name: str, func: Any, args: tuple, kwargs: dict, first: Signal, field: Field
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    if isinstance(func, torch.nn.Module):  # written by hand
        shape, weight, bias = None, next(iter(func.parameters(recurse=False)), None), None
        eps = float(getattr(func, "eps", getattr(func, "variance_epsilon", 0.0)) or 0.0)
    else:
        default = {"weight": None, "bias": None, "eps": 1e-5 if name == "layer_norm" else None}
        order: tuple[str, ...] = ("input", "normalized_shape", "weight", "bias", "eps")
        order = order if name == "layer_norm" else ("input", "normalized_shape", "weight", "eps")
        bound = dict(zip(order, named(args, kwargs, order, default), strict=True))
        shape, weight, bias = bound["normalized_shape"], bound["weight"], bound.get("bias")
        eps = bound["eps"] if bound["eps"] is not None else torch.finfo(first.tensor.dtype).eps
    if shape is not None and len(shape) > 1:
        raise Unknown("it normalizes over several axes")
    step = rules.layer_norm(field, float(eps), centred=name == "layer_norm")
    return _affine(step, weight, bias), first.sites, {}


def _batch_norm(
    reader: Reader, args: tuple, kwargs: dict, first: Signal, field: Field
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    order = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    default = {"running_mean": None, "running_var": None, "weight": None, "bias": None, "training": False}
    bound = dict(zip(order, named(args, kwargs, order, default | {"momentum": 0.1, "eps": 1e-5}), strict=True))
    if bound["training"]:
        return _affine(rules.batch_norm(field, bound["eps"], reader.run.inputs), *_own(bound)), first.sites, {}
    if float(bound["running_mean"].abs().max()) > 0:
        raise Unknown("it subtracts means of other data")
    step = rules.scale(field, _numbers((bound["running_var"] + bound["eps"]) ** -0.5))
    return _affine(step, *_own(bound)), first.sites, {}


def _own(bound: dict[str, Any]) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    return bound["weight"], bound["bias"]


def _affine(step: Step, weight: torch.Tensor | None, bias: torch.Tensor | None) -> Step:
    """What a normalization multiplies and adds, feature by feature."""
    if weight is not None:
        step = rules.then(step, lambda field: rules.scale(field, _numbers(weight)))
    if bias is not None:
        step = rules.then(step, lambda field: rules.shift(field, _numbers(bias)[None], offsets(bias)))
    return step


def _numbers(values: Any) -> np.ndarray:
    return torch.as_tensor(values, dtype=torch.float64).detach().reshape(-1).numpy()


def _pool(
    reader: Reader, func: Any, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    if field.places > MOST_PLACES or first.tensor.dim() < 3:
        raise Unknown("it mixes more places than are kept")
    shape = tuple(first.tensor.shape[2:])
    basis = torch.eye(field.places, dtype=torch.float64).reshape(field.places, 1, *shape)
    image = func(basis, *args[1:], **{k: v for k, v in kwargs.items() if k != "input"})
    if image.shape[2:] != out.shape[2:]:
        raise Unknown("it mixes channels")
    matrix = image.reshape(field.places, -1).T.numpy()
    return rules.pool(field, matrix), places_first(reader.run.inputs, tuple(out.shape)), {}


def _mean(
    reader: Reader, args: tuple, kwargs: dict, out: torch.Tensor, first: Signal, field: Field
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    axis = args[1] if len(args) > 1 else kwargs.get("dim")
    if axis is None:
        raise Unknown("everything is averaged")
    axes = {a % first.tensor.dim() for a in (axis if isinstance(axis, tuple | list) else (axis,))}
    line = first.sites[0] if first.sites.shape[0] == reader.run.inputs else first.sites
    feature = {d + 1 for d in range(line.dim()) if line.shape[d] > 1 and line.stride(d) == 0}
    spaces = set(range(1, first.tensor.dim())) - feature
    if axes != spaces:
        raise Unknown("it averages over features, or over a part of the places")
    matrix = np.full((1, field.places), 1 / field.places)
    return rules.pool(field, matrix), _single(reader.run.inputs, out), {}


def _arithmetic(
    reader: Reader, name: str, args: tuple, kwargs: dict, out: torch.Tensor, found: list[Signal], fields: list[Field]
) -> tuple[Step, torch.Tensor, dict[str, Any]]:
    first, field = found[0], fields[0]
    if name == "neg":
        return rules.scale(field, -1.0), first.sites, {}
    if len(found) == 2:
        if found[1].role != "field":
            raise Unknown("attention weights are used in another way than to mix values")
        if found[0].tensor.shape != found[1].tensor.shape:
            raise Unknown("two tensors of different shapes are combined")
        if name in ("add", "sub"):
            factor = kwargs.get("alpha", 1) * (1.0 if name == "add" else -1.0)
            step = rules.total(field, rules.scale(fields[1], factor).field)
            return replace(step, back=lambda g: [g, factor**2 * g]), first.sites, {}
        if name == "mul":
            return rules.gate(*fields), first.sites, {}
        raise Unknown(f"the theory has no map for {name}")
    other: Any = next((a for a in args if a is not first.tensor), kwargs.get("other"))
    if name in ("mul", "div", "true_divide"):
        if args and args[0] is not first.tensor and name != "mul":
            raise Unknown("a number is divided by the signal")
        table = _table(reader, first, field, other)
        if (table != table[:1]).any():
            raise Unknown("places are multiplied by different numbers")
        return rules.scale(field, table[0] if name == "mul" else 1 / table[0]), first.sites, {}
    factors = {"add": (1.0, 1.0), "sub": (1.0, -1.0), "rsub": (-1.0, 1.0)}[name]  # of the first operand, of the second
    alpha = float(kwargs.get("alpha", 1))
    factors = (factors[0] * alpha, factors[1]) if name == "rsub" else (factors[0], factors[1] * alpha)
    own, factor = factors if (args[0] if args else kwargs.get("input")) is first.tensor else factors[::-1]
    table = factor * _table(reader, first, field, other)
    by, alike = offsets(torch.from_numpy(table)), len(table) == 1
    step = rules.then(rules.scale(field, own), lambda field: rules.shift(field, table, by if alike else None))
    if by is not None and not alike and np.mean(by**2) > averages.APART * step.field.length:
        step = replace(step, field=replace(step.field, gaussian=False))
    return step, first.sites, {}


def _table(reader: Reader, first: Signal, field: Field, other: Any) -> np.ndarray:
    """What a constant gives to each place and feature of a signal, (T, N); (1, N) or (1, 1) where those are alike."""
    values = torch.as_tensor(other, dtype=torch.float64).detach()
    if values.numel() == 1:
        return values.reshape(1, 1).numpy()
    inputs = reader.run.inputs
    order = np.argsort(first.layout(inputs), kind="stable")
    table = first.of_one(values.expand(first.tensor.shape), inputs).numpy()[order].reshape(field.places, -1)
    return table if (table != table[:1]).any() else table[:1]


def named(args: tuple, kwargs: dict, names: tuple[str, ...], default: dict[str, Any]) -> list[Any]:
    """The arguments of a call in the order of their names."""
    return [args[k] if len(args) > k else kwargs.get(n, default.get(n)) for k, n in enumerate(names)]


def channelled(signal: Signal) -> bool:
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
