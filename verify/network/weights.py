"""Weights as they are: fans by what is really added up, variances as measured, and the shape of their law."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch

RECURRENT = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
BLOCKS, BLOCK = 32, 512  # places at which weights are looked at for their fourth moments, weights there
WHOLE = 2**24  # multiplications up to which the products of all rows are worked out
ROWS, MOST = 10.0, 2**27  # rows taken of a larger matrix, over the cube root of their length; multiplications then
CHANCE = 5.0  # standard errors from which a mean of biases is none of chance
GAUSSIAN = ("normal", "truncated normal", "constant")  # laws of biases that a Gaussian stands for, or none
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
    variance      mean square of the weights;  bias  mean square of the biases;  bias_mean  what they have in common
    law           "normal", "uniform", "truncated normal", "constant" or "other", by the fourth moment and the largest
    offsets       the biases around that, where they follow no Gaussian law
    address       where the numbers lie: layers that share them have one
    dependence    mean fourth power of the singular values over that of independent weights, and its standard error;
                  of large matrices those of some of their rows
    """

    module: str
    layer: str
    name: str
    shape: tuple[int, ...]
    fan_in: float
    fan_out: float
    torch_fan_in: int
    variance: float
    law: str
    bias: float = 0.0
    bias_mean: float = 0.0
    offsets: np.ndarray | None = field(default=None, compare=False, repr=False)
    address: int = 0
    dependence: tuple[float, float] = (1.0, math.inf)

    @property
    def sigma_w2(self) -> float:
        """fan_in times the variance of a weight."""
        return self.fan_in * self.variance

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
    square = float(torch.dot(flat, flat)) / max(len(flat), 1)
    return Weights(
        module=module,
        layer=layer,
        name=name,
        shape=shape,
        fan_in=fan_in,
        fan_out=fan_out,
        torch_fan_in=math.prod(shape[1:]) if len(shape) > 1 else 1,
        variance=square,
        law=_law(flat, square),
        bias=float((bias.detach() ** 2).mean()) if bias is not None else 0.0,
        bias_mean=common(bias) if bias is not None else 0.0,
        offsets=offsets(bias) if bias is not None else None,
        address=values.data_ptr(),
        dependence=_dependence(values.detach()) if len(shape) > 1 and layer != "Embedding" else (1.0, math.inf),
    )


def common(values: torch.Tensor) -> float:
    """The mean of biases, where they are equal or it is larger than chance makes it around zero; else 0."""
    numbers = values.detach().double().reshape(-1)
    mean, square, count = float(numbers.mean()), float((numbers**2).mean()), len(numbers)
    equal = count > 1 and square - mean**2 < 1e-12 * square
    return mean if equal or abs(mean) > CHANCE * math.sqrt(square / count) else 0.0


def offsets(values: torch.Tensor) -> np.ndarray | None:
    """Biases around what they have in common, as NumPy's numbers, where their law is no Gaussian one; else None."""
    around = values.detach().double().reshape(-1) - common(values)
    square = float((around**2).mean())
    skewed = abs(float((around**3).mean())) > CHANCE * math.sqrt(15 / len(around)) * square**1.5
    return around.numpy() if skewed or _law(around, square) not in GAUSSIAN else None


def _law(flat: torch.Tensor, square: float) -> str:
    blocks = len(flat) > BLOCKS * BLOCK  # spread over the tensor, and each read in one go
    some = (flat[: len(flat) // BLOCKS * BLOCKS].view(BLOCKS, -1)[:, :BLOCK].reshape(-1) if blocks else flat).double()
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


def _dependence(values: torch.Tensor) -> tuple[float, float]:
    """Mean of s^4 over its value for independent weights, and the standard error; of large matrices for some rows.

    For an n by m matrix of independent weights of variance v, |W W^T|^2 is n m v^2 (n + m + 1) in the mean: Marchenko
    and Pastur 1967. Rows that are orthogonal lack the part n, so that ROWS times the cube root of m of them are told
    from independent ones by eleven standard errors; where the shorter side is less, nothing depends on it.
    """
    import torch

    matrix = values.reshape(len(values), -1)
    matrix = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    n, m = matrix.shape
    if n * n * m > WHOLE:
        n = min(n, math.ceil(ROWS * m ** (1 / 3)), math.isqrt(MOST // m))
        generator = torch.Generator().manual_seed(1)
        matrix = matrix[torch.randperm(len(matrix), generator=generator)[:n]]
    if n < 8:
        return 1.0, math.inf
    products = matrix @ matrix.T
    square = float(products.diagonal().double().mean()) / m
    if not square:
        return 1.0, math.inf
    whole = float(torch.dot(products.reshape(-1), products.reshape(-1))) / (n * m * square**2 * (n + m + 1))
    return whole, math.sqrt(8 / (n * m))


def _tensors(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The parameters of a module; for norm and direction, or numbers under a mask, the tensor made of them."""
    import torch

    found: dict[str, torch.Tensor] = {}
    for name, values in module.named_parameters(recurse=False):
        made = name.rpartition("_")[0]
        whole = vars(module).get(made)
        found.update({made: whole} if isinstance(whole, torch.Tensor) else {name: values})
    yield from found.items()


def of_layers(model: torch.nn.Module, without: Container[int] = ()) -> Iterator[Weights]:
    """Every tensor of weights of PyTorch's own layers, by the class of the layer; none at the addresses `without`."""
    import torch

    for path, module in model.named_modules():
        kind = "Linear" if isinstance(module, torch.nn.Linear) else type(module).__name__
        if not type(module).__module__.startswith("torch.nn.modules"):
            continue
        for name, values in _tensors(module):
            if values.dim() < 2 or values.data_ptr() in without:
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
