"""What initializations look like in PyTorch, JAX and Keras: source text that runs as it is printed.

All three give weights of variance sigma_w^2 / fan-in, whatever the shape, and biases of variance sigma_b^2. The
orthogonal kinds give every layer equal singular values; a matrix with more outputs than inputs has smaller rows, and
its gain makes up for it. torch.nn.Linear keeps weights as (out, in, ...), flax and Keras as (..., in, out).
"""

from __future__ import annotations

HEAD = """\
# {title}
# sigma_w is the standard deviation of sqrt(fan-in) times a weight, sigma_b that of a bias.
"""

PYTORCH = """\
# Not touched: transposed convolutions, whose fan-in is another axis of the weight; normalization, embedding and
# recurrent layers and the input projections of attention, which keep PyTorch's own initialization.
{remarks}from torch import nn

SIGMA_W, SIGMA_B = {weight}, {bias}


def initialize(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        {weights}
        if module.bias is not None:
            nn.init.normal_(module.bias, std=SIGMA_B)


# model.apply(initialize)
"""
PYTORCH_WEIGHTS = {
    "gaussian": """\
fan_in = module.weight[0].numel()
        nn.init.normal_(module.weight, std=SIGMA_W / fan_in**0.5)""",
    "orthogonal": """\
fan_out, fan_in = module.weight.flatten(1).shape
        nn.init.orthogonal_(module.weight, gain=SIGMA_W * max(1, fan_out / fan_in) ** 0.5)""",
}

JAX = """\
# Not for transposed convolutions, of whose inputs a stride drops a part, nor for normalization and embedding layers.
{remarks}{weights}

# flax: nn.Dense(features, kernel_init=kernel_init, bias_init=bias_init), and nn.Conv in the same way
"""
JAX_WEIGHTS = {
    "gaussian": """\
from jax.nn import initializers

SIGMA_W, SIGMA_B = {weight}, {bias}
kernel_init = initializers.variance_scaling(SIGMA_W**2, "fan_in", "normal")
bias_init = initializers.normal(SIGMA_B)""",
    "orthogonal": """\
import math

from jax.nn import initializers

SIGMA_W, SIGMA_B = {weight}, {bias}


def kernel_init(key, shape, dtype=float):
    fan_in, fan_out = math.prod(shape[:-1]), shape[-1]
    return initializers.orthogonal(SIGMA_W * max(1, fan_out / fan_in) ** 0.5)(key, shape, dtype)


bias_init = initializers.normal(SIGMA_B)""",
}

KERAS = """\
# Not for transposed and depthwise convolutions, whose fan-in is another axis of the kernel, nor for normalization and
# embedding layers.
{remarks}{weights}


def initial() -> dict:
    # New objects for each layer: one that is used twice draws the same numbers twice.
    return {{
        "kernel_initializer": {kernel},
        "bias_initializer": keras.initializers.RandomNormal(stddev=SIGMA_B),
    }}


# keras.layers.Dense(units, **initial()), and keras.layers.Conv2D in the same way
"""
KERAS_WEIGHTS = {
    "gaussian": """\
import keras

SIGMA_W, SIGMA_B = {weight}, {bias}""",
    "orthogonal": """\
import math

import keras

SIGMA_W, SIGMA_B = {weight}, {bias}


class ScaledOrthogonal(keras.initializers.Orthogonal):
    def __call__(self, shape, dtype=None):
        fan_in, fan_out = math.prod(shape[:-1]), shape[-1]
        return super().__call__(shape, dtype) * max(1, fan_out / fan_in) ** 0.5""",
}
KERAS_KERNELS = {
    "gaussian": """keras.initializers.VarianceScaling(
            scale=SIGMA_W**2, mode="fan_in", distribution="untruncated_normal"
        )""",
    "orthogonal": "ScaledOrthogonal(gain=SIGMA_W)",
}
