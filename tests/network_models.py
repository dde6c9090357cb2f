"""Models as their authors initialize them, and with a slip planted: for the tests of `rederive network`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F


def _seeded(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return make()


def deep_tanh(std: Callable[[int, int], float], depth: int = 50, width: int = 256) -> nn.Module:
    """A plain network; `std` makes the standard deviation of its weights from fan-in and fan-out."""

    def make() -> nn.Module:
        layers: list[nn.Module] = []
        for _ in range(depth):
            linear = nn.Linear(width, width)
            nn.init.normal_(linear.weight, std=std(width, width))
            nn.init.zeros_(linear.bias)
            layers += [linear, nn.Tanh()]
        return nn.Sequential(*layers)

    return _seeded(make)


class PreActivation(nn.Module):
    """x + W relu(V norm(x)), as in pre-activation residual networks."""

    def __init__(self, width: int, norm: Callable[[int], nn.Module], init: Callable[[torch.Tensor], object]) -> None:
        super().__init__()
        self.norm, self.first, self.second = norm(width), nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        for linear in (self.first, self.second):
            init(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.relu(self.first(self.norm(x))))


def residual(
    init: Callable[[torch.Tensor], object] = nn.init.kaiming_normal_,
    norm: Callable[[int], nn.Module] = nn.LayerNorm,
    blocks: int = 8,
    width: int = 256,
) -> nn.Module:
    """Pre-activation blocks in a row."""
    return _seeded(lambda: nn.Sequential(*[PreActivation(width, norm, init) for _ in range(blocks)]))


def uniform_without_root_3(weight: torch.Tensor) -> None:
    """He's standard deviation taken for the bound of a uniform law."""
    bound = math.sqrt(2 / weight.shape[1])
    nn.init.uniform_(weight, -bound, bound)


class Sine(nn.Module):
    """sin(omega (W x + b)) of a SIREN; the slip leaves out the root in the hidden layers' bound sqrt(6 / n) / omega."""

    def __init__(self, inputs: int, outputs: int, first: bool, slip: bool, omega: float = 30.0) -> None:
        super().__init__()
        self.linear, self.omega = nn.Linear(inputs, outputs), omega
        bound = 1 / inputs if first else math.sqrt(6 / inputs) / omega
        if slip and not first:
            bound = 6 / inputs / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(self.omega * self.linear(x))


def siren(slip: bool = False, width: int = 256, layers: int = 4) -> nn.Module:
    """A SIREN of two coordinates."""
    return _seeded(
        lambda: nn.Sequential(
            Sine(2, width, True, slip), *[Sine(width, width, False, slip) for _ in range(layers)], nn.Linear(width, 64)
        )
    )


class Attention(nn.Module):
    """Causal self-attention as in GPT-2, with softmax written out or PyTorch's own."""

    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs, tokens, width = x.size()
        parts = self.c_attn(x).split(width, dim=2)
        q, k, v = (p.view(inputs, tokens, self.heads, width // self.heads).transpose(1, 2) for p in parts)
        if self.fused:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            mask = torch.tril(torch.ones(tokens, tokens, device=x.device))
            mixed = F.softmax(scores.masked_fill(mask == 0, float("-inf")), dim=-1) @ v
        return self.drop(self.c_proj(mixed.transpose(1, 2).contiguous().view(inputs, tokens, width)))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(width), Attention(width, heads, fused), nn.LayerNorm(width)
        self.c_fc, self.c_proj, self.drop = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.drop(self.c_proj(F.gelu(self.c_fc(self.ln_2(x)))))


class GPT(nn.Module):
    """GPT-2's architecture and initialization, `scaled` or not by 1 / sqrt(2 layers) in residual projections."""

    def __init__(self, scaled: bool, width: int, heads: int, layers: int, words: int, tokens: int, fused: bool) -> None:
        super().__init__()
        self.wte, self.wpe, self.drop = nn.Embedding(words, width), nn.Embedding(tokens, width), nn.Dropout(0.1)
        self.h = nn.ModuleList(Block(width, heads, fused) for _ in range(layers))
        self.ln_f, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                into_stream = scaled and name.endswith("c_proj.weight")
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * layers) if into_stream else 1))
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        self.head.weight = self.wte.weight

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        x = self.drop(self.wte(numbers) + self.wpe(torch.arange(numbers.size(1), device=numbers.device)))
        for block in self.h:
            x = block(x)
        return self.head(self.ln_f(x))


def gpt(
    scaled: bool = True,
    *,
    width: int = 128,
    heads: int = 4,
    layers: int = 4,
    words: int = 500,
    tokens: int = 32,
    fused: bool = True,
) -> nn.Module:
    """A GPT of this size."""
    return _seeded(lambda: GPT(scaled, width, heads, layers, words, tokens, fused))


def transformer_block(slip: bool = False) -> nn.Module:
    """PyTorch's own encoder layer, its feed-forward weights drawn as Xavier's; with `slip` by their variance as std."""

    def make() -> nn.Module:
        layer = nn.TransformerEncoderLayer(128, 4, 512, batch_first=True)
        for linear in (layer.linear1, layer.linear2):
            variance = 2 / (128 + 512)
            nn.init.normal_(linear.weight, std=variance if slip else math.sqrt(variance))
        return layer

    return _seeded(make)


def generator(init: Callable[[torch.Tensor], object]) -> nn.Module:
    """Four transposed convolutions from 1 x 1 to 32 x 32 with relu between them, no normalization."""

    def make() -> nn.Module:
        sizes = (64, 160, 96, 64, 40)
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(itertools.pairwise(sizes)):
            layers.append(nn.ConvTranspose2d(before, after, 4, 1 if k == 0 else 2, 0 if k == 0 else 1, bias=False))
            init(layers[-1].weight)
            layers.append(nn.ReLU())
        return nn.Sequential(*layers[:-1])

    return _seeded(make)


def by_what_is_added_up(weight: torch.Tensor) -> None:
    """He's variance by the terms of one output: inputs times 16 taps, of which a stride of 2 leaves 4."""
    stride = 1 if tuple(weight.shape[:2]) == (64, 160) else 4
    nn.init.normal_(weight, std=math.sqrt(2 / (weight.shape[0] * 16 / stride)))
