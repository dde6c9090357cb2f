#!/usr/bin/env bash
# The relative width of ema-pytorch's post-hoc averages holds for update_every=1 alone; by default they keep the start.
#
# Guess:    KarrasEMA(sigma_rel=0.1) averages over a time whose standard deviation is 0.1 of the training so far;
#           update_every, "how often to actually update, to save on compute", thins the points of this average only.
# Happens:  that is so for update_every=1. With 10 the width is 0.30 after 10,000 calls, and with the default, 100, the
#           parameters of the very first call have 66 % of the weight. The example of the package's page (1000 calls,
#           update_every=10) gives, for a synthesized average of width 0.15, one of width 0.31 with 41 % of the start.
# Matters:  the method is chosen since its width is known relative to the length of training and can be set afterwards.
#           Means of networks far apart are not networks in between: with random initial weights the result is useless, and
#           it is read as a bad width. Its weights still add up to 1, so a constant network does not show it.
# Version:  ema-pytorch 0.8.3 with torch 2.13.0. Documentation of update_every: the sentence above. The decay
#           (1 - 1 / (t + 1))^(1 + gamma) counts t in calls but is applied once in update_every of them, so that the profile
#           t^gamma becomes t^((1 + gamma) / update_every - 1). The weights of the synthesis suppose t^gamma.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 ema-pytorch==0.8.3
cd "$place"
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import inspect
import sys
from importlib.metadata import version

import torch
from ema_pytorch import KarrasEMA, PostHocEMA

torch.set_num_threads(1)


class Clock(torch.nn.Module):
    """Its parameters tell the time, so that their average shows the weights of the average."""

    def __init__(self):
        super().__init__()
        self.moments = torch.nn.Parameter(torch.zeros(4, dtype=torch.float64))


def show(clock, average, calls):
    for call in range(1, calls + 1):
        time = call / calls
        with torch.no_grad():
            clock.moments.copy_(torch.tensor([1.0, time, time**2, float(call == 1)]))
        average.update()


def tell(averaged):
    one, mean, square, first = averaged.ema_model.moments.tolist()
    return f"sum of weights {one:.3f}, width {(square - mean**2) ** 0.5:.2f}, weight of the first call {first:.2f}"


seen = [f"ema-pytorch {version('ema-pytorch')}, torch {torch.__version__.split('+')[0]}"]
default = inspect.signature(KarrasEMA).parameters["update_every"].default
seen.append(f"default of update_every: {default}")
for every in (1, 10, 100):
    clock = Clock()
    average = KarrasEMA(clock, sigma_rel=0.1, update_every=every)
    show(clock, average, 10_000)
    seen.append(f"sigma_rel 0.1, update_every {every}: {tell(average)}")
for every in (1, 10):
    clock = Clock()
    average = PostHocEMA(
        clock,
        sigma_rels=(0.05, 0.28),
        update_every=every,
        checkpoint_every_num_steps=10,
        checkpoint_folder=f"./checkpoints-{every}",
    )
    show(clock, average, 1000)
    seen.append(f"synthesized 0.15, update_every {every}: {tell(average.synthesize_ema_model(sigma_rel=0.15))}")

print("\n".join(seen))
expected = """\
ema-pytorch 0.8.3, torch 2.13.0
default of update_every: 100
sigma_rel 0.1, update_every 1: sum of weights 1.000, width 0.10, weight of the first call 0.00
sigma_rel 0.1, update_every 10: sum of weights 1.000, width 0.30, weight of the first call 0.00
sigma_rel 0.1, update_every 100: sum of weights 1.000, width 0.18, weight of the first call 0.66
synthesized 0.15, update_every 1: sum of weights 1.000, width 0.15, weight of the first call 0.00
synthesized 0.15, update_every 10: sum of weights 1.000, width 0.31, weight of the first call 0.41"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
