#!/usr/bin/env bash
# mup's readout with tied weights multiplies the embedding by the root of the width, the one thing that must not grow.
#
# Guess:    with MuSharedReadout(embedding.weight), the documented way to tie weights, a network in mu-parametrization
#           has the embedding of the untied one: entries of size 1 at every width, and Adam changes them alike.
# Happens:  set_base_shapes rescales the weight of each readout by the root of the width's ratio to the base, and here
#           that tensor is the embedding: its entries are 1, 2, 4 and 8 at 1, 4, 16 and 64 times the base width. The
#           next layer's pre-activations grow with it (0.58 to 4.6, tanh's mean slope falls from 0.79 to 0.17), the
#           first loss from 10 to 17, and one step of MuAdam changes the embedding by 1 to 0.125 % of itself.
# Matters:  the learning rate that is best for a small model is taken for a large one because none of this depends on
#           width. Untied, with the same seed, nothing does. Draw the embedding again after set_base_shapes, with
#           mup.init.normal_, then it is as it should be; rescale_params=False leaves all layers' biases too small.
# Version:  mup 1.0.0 with torch 2.13.0. The page's example says "If tying weights with an input nn.Embedding layer, do"
#           this, and nothing on the rescaling, which belongs to torch's 1 / sqrt(width) for a readout's weight (an
#           embedding has N(0, 1)). bias=False, since a bias would get the length of the width, not of the vocabulary.
#           In the mu-parametrization input weights have the same variance at every width (Yang et al. 2022).
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 pyyaml==6.0.3
# its own requirements include torchvision and plotting, not needed here
"$place/venv/bin/python" -m pip install --quiet --no-deps mup==1.0.0
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import mup
import torch

torch.set_num_threads(1)
seen = [f"mup {version('mup')}, torch {torch.__version__.split('+')[0]}"]
words = 50
tokens = torch.arange(words)
labels = (7 * tokens + 3) % words


class Network(torch.nn.Module):
    def __init__(self, width, tied):
        super().__init__()
        self.embedding = torch.nn.Embedding(words, width)
        self.hidden = torch.nn.Linear(width, width)
        if tied:
            self.readout = mup.MuSharedReadout(self.embedding.weight, bias=False)
        else:
            self.readout = mup.MuReadout(width, words, bias=False)

    def forward(self, token):
        inside = self.hidden(self.embedding(token))
        return inside, self.readout(torch.tanh(inside))


def told(value, expected):
    return f"{expected:g}" if abs(value / expected - 1) < 0.1 else f"{value:.3g}"


def look(width, tied, redrawn, size, inner, slope, moved):
    torch.manual_seed(0)
    network = Network(width, tied)
    mup.set_base_shapes(network, Network(64, tied), delta=Network(128, tied))
    if redrawn:
        mup.init.normal_(network.embedding.weight)
    optimizer = mup.MuAdam(network.parameters(), lr=0.01)
    before = network.embedding.weight.detach().clone()
    inside, output = network(tokens)
    loss = torch.nn.functional.cross_entropy(output, labels)
    loss.backward()
    optimizer.step()
    change = (network.embedding.weight.detach() - before).norm() / before.norm()
    steep = (1 - torch.tanh(inside.detach()) ** 2).mean().item()
    return (
        f"embedding {told(before.std().item(), size)}, hidden {told(inside.std().item(), inner)}, "
        f"slope {told(steep, slope)}, moved {told(change.item(), moved)}"
    ), loss.item()


for width in (64, 256, 1024, 4096):
    root = (width / 64) ** 0.5
    slope = {64: 0.79, 256: 0.55, 1024: 0.32, 4096: 0.17}[width]
    line, loss = look(width, True, False, root, 0.58 * root, slope, 0.01 / root)
    seen.append(f"width {width}, tied: {line}, loss above 9.5: {loss > 9.5}")
    if width == 4096:
        seen.append(f"width {width}, tied: loss above 15: {loss > 15}")
    line, loss = look(width, False, False, 1, 0.58, 0.79, 0.01)
    seen.append(f"width {width}, not tied: {line}")
    line, loss = look(width, True, True, 1, 0.58, 0.79, 0.01)
    seen.append(f"width {width}, tied, drawn again: {line}")

print("\n".join(seen))
expected = """\
mup 1.0.0, torch 2.13.0
width 64, tied: embedding 1, hidden 0.58, slope 0.79, moved 0.01, loss above 9.5: True
width 64, not tied: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 64, tied, drawn again: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 256, tied: embedding 2, hidden 1.16, slope 0.55, moved 0.005, loss above 9.5: True
width 256, not tied: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 256, tied, drawn again: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 1024, tied: embedding 4, hidden 2.32, slope 0.32, moved 0.0025, loss above 9.5: True
width 1024, not tied: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 1024, tied, drawn again: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 4096, tied: embedding 8, hidden 4.64, slope 0.17, moved 0.00125, loss above 9.5: True
width 4096, tied: loss above 15: True
width 4096, not tied: embedding 1, hidden 0.58, slope 0.79, moved 0.01
width 4096, tied, drawn again: embedding 1, hidden 0.58, slope 0.79, moved 0.01"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
