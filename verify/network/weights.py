"""Weights as they are: fans by what is really added up, variances as measured, and the shape of their law."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

RECURRENT = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
SAMPLE = 100_000  # weights from which fourth moments are taken
PROBES = 4  # random vectors for the spectral moment
MULTIPLIED = 2**26  # multiplications up to which the moment is not estimated but worked out
NOT_IID = 6.0  # standard errors of the spectral moment from which weights are called dependent
LAWS = {
    "uniform": (1.8, 3.0),
    "normal": (3.0, math.inf),
    "truncated normal": (2.37, 3.9),
}  # kurtosis, largest^2 / variance


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One tensor of weights of a layer.

    fan_in        terms that one output adds up, on average over places: what mean-field theory divides by
    fan_out       outputs that one input enters
    torch_fan_in  what torch.nn.init takes for fan_in (the second axis times the receptive field)
    variance      mean square of the weights;  mean  their mean;  bias  mean square of the biases
    law           "normal", "uniform", "truncated normal", "constant" or "other", by the fourth moment and the largest
    dependence    mean fourth power of the singular values over that of independent weights, and its standard error
    """

    module: str
    layer: str
    name: str
    shape: tuple[int, ...]
    fan_in: float
    fan_out: float
    torch_fan_in: int
    variance: float
    mean: float
    law: str
    bias: float = 0.0
    bias_law: str = "constant"
    dependence: tuple[float, float] = (1.0, math.inf)

    @property
    def sigma_w2(self) -> float:
        """fan_in times the variance of a weight."""
        return self.fan_in * self.variance

    @property
    def uniform_bias(self) -> float:
        """Variance of the biases where they are uniform, else 0."""
        return self.bias if self.bias_law == "uniform" else 0.0

    @property
    def size(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    @property
    def iid(self) -> bool:
        """Whether the singular values are those of independent weights."""
        return abs(self.dependence[0] - 1) < NOT_IID * self.dependence[1]


def fans(layer: str, shape: tuple[int, ...], *, stride: tuple[int, ...] = (), groups: int = 1) -> tuple[float, float]:
    """(fan_in, fan_out) of a tensor of weights of a PyTorch layer class, counted by what is added up."""
    receptive = math.prod(shape[2:])
    if layer.startswith("ConvTranspose"):  # (in, out / groups, ...); an output meets one tap in `stride`
        return shape[0] / groups * receptive / math.prod(stride or (1,)), float(shape[1] * receptive)
    if layer.startswith("Conv"):
        steps = math.prod(stride or (1,))
        return float(shape[1] * receptive), shape[0] / groups * receptive / steps
    if layer == "Bilinear":
        return float(shape[1] * shape[2]), float(shape[0])
    if layer == "Embedding":
        return 1.0, 1.0
    if layer == "inputs by outputs":  # as in torch.addmm(b, x, W)
        return float(shape[0]), float(shape[1])
    return float(math.prod(shape[1:])), float(shape[0])


def weights(
    module: str,
    layer: str,
    name: str,
    values: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    stride: tuple[int, ...] = (),
    groups: int = 1,
) -> Weights:
    """What a tensor of weights is. Reads the numbers once; draws from a generator of its own."""
    import torch

    shape = tuple(values.shape)
    fan_in, fan_out = fans(layer, shape, stride=stride, groups=groups)
    flat = values.detach().reshape(-1)
    mean, square = float(flat.mean()), float(torch.dot(flat, flat)) / max(len(flat), 1)
    return Weights(
        module=module,
        layer=layer,
        name=name,
        shape=shape,
        fan_in=fan_in,
        fan_out=fan_out,
        torch_fan_in=math.prod(shape[1:]) if len(shape) > 1 else 1,
        variance=square,
        mean=mean,
        law=_law(flat, square),
        bias=(added := float((bias.detach() ** 2).mean()) if bias is not None else 0.0),
        bias_law=_law(bias.detach().reshape(-1), added) if bias is not None else "constant",
        dependence=_dependence(values.detach(), layer, square)
        if len(shape) > 1 and layer != "Embedding"
        else (1.0, math.inf),
    )


def _law(flat: torch.Tensor, square: float) -> str:
    some = flat[:: max(1, len(flat) // SAMPLE)].double()
    count = len(some)
    squares = some * some  # powers are slow in PyTorch, and its variance loads a compiler
    if not square or float(squares.mean()) - float(some.mean()) ** 2 < 1e-12 * square:
        return "constant"
    fourth = float((squares * squares).mean()) / float(squares.mean()) ** 2
    largest = float(squares.max()) / square
    noise = 4 * math.sqrt(96 / count)  # of a normal law's kurtosis; that of the others is smaller
    for law, (kurtosis, end) in LAWS.items():
        beyond = end if math.isinf(end) else end * (1 + 4 / math.sqrt(count)) + 0.01
        if abs(fourth - kurtosis) < noise + 0.01 and largest <= beyond:
            return law
    return "other"


def _dependence(values: torch.Tensor, layer: str, square: float) -> tuple[float, float]:
    """Mean of s^4 over its value for independent weights, and the standard error; of large matrices by random vectors.

    For an n by m matrix of independent weights of variance v, |W^T W x|^2 / |x|^2 is n m v^2 (1 + (n + 1) / m) for
    Gaussian x, and |W W^T|^2 is n m v^2 (n + m + 1) in the mean: Marchenko and Pastur 1967.
    """
    import torch

    matrix = values.reshape(len(values), -1)
    n, m = matrix.shape
    if min(n, m) < 8 or not square:
        return 1.0, math.inf
    if n * m * min(n, m) <= MULTIPLIED:
        products = matrix @ matrix.T if n <= m else matrix.T @ matrix
        whole = float((products * products).double().sum()) / (n * m * square**2 * (n + m + 1))
        return whole, math.sqrt(8 / (n * m))
    generator = torch.Generator(device=matrix.device).manual_seed(1)
    probes = torch.randn(m, PROBES, generator=generator, dtype=matrix.dtype, device=matrix.device)
    images = matrix.T @ (matrix @ probes)
    expected = m * n * square**2 * (m + n + 1)
    found = (images * images).sum(0).double() / expected
    scatter = float((found * found).mean()) - float(found.mean()) ** 2
    noise = math.sqrt(max(2 / min(n, m), scatter) / PROBES + 8 / (n * m))
    return float(found.mean()), noise


def of_layers(model: torch.nn.Module) -> Iterator[Weights]:
    """Every tensor of weights of a model, by the class of the layer that holds it."""
    for path, module in model.named_modules():
        kind = type(module).__name__
        for name, values in module.named_parameters(recurse=False):
            if values.dim() < 2:
                continue
            bias = getattr(module, name.replace("weight", "bias"), None) if "weight" in name else None
            step: Any = getattr(module, "stride", ())
            yield weights(
                path,
                kind,
                name,
                values,
                bias if hasattr(bias, "shape") else None,
                stride=step if isinstance(step, tuple) else (step,),
                groups=int(getattr(module, "groups", 1)),
            )
