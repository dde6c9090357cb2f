"""An initialization as the lines of PyTorch that apply it."""

from __future__ import annotations

LINES = """\
# {title}
# sigma_w is the standard deviation of sqrt(fan-in) times a weight, sigma_b that of a bias.
from torch import nn

SIGMA_W, SIGMA_B = {weight}, {bias}


def initialize(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        {fans}
        {weights}
        if module.bias is not None:
            nn.init.normal_(module.bias, std=SIGMA_B)


# model.apply(initialize)
"""
WEIGHTS = {
    "gaussian": (
        "fan_in = module.weight[0].numel()",
        "nn.init.normal_(module.weight, std=SIGMA_W / fan_in**0.5)",
    ),
    # A tall matrix has orthonormal columns, hence smaller rows: the gain makes up for it.
    "orthogonal": (
        "fan_out, fan_in = module.weight.flatten(1).shape",
        "nn.init.orthogonal_(module.weight, gain=SIGMA_W * max(1, fan_out / fan_in) ** 0.5)",
    ),
}


def pytorch(title: str, weight: str, bias: str, kind: str = "gaussian") -> str:
    """Python source that defines `initialize`, to be applied to a model; sigma_w and sigma_b as decimal text.

    `kind` is "gaussian" or "orthogonal"; both give weights of variance sigma_w^2 / fan-in, whatever the shape.
    """
    fans, weights = WEIGHTS[kind]
    return LINES.format(title=title, weight=weight, bias=bias, fans=fans, weights=weights)
