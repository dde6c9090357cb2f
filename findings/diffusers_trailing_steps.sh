#!/usr/bin/env bash
# With timestep_spacing="trailing", 62 numbers of steps between 1 and 1000 end diffusers' samplers at timestep -1.
#
# Guess:    set_timesteps(61) with trailing spacing gives 61 timesteps from 999 down to 15 or so, as 60 and 62 do; samples
#           of a model that is exact have the width of the data, up to the error of the step.
# Happens:  for 61, 103, 121, 122, 201 and 57 other numbers there is one timestep more, -1. As an index into the table of
#           noise it means the last entry, pure noise: DDIM and DDPM take a sample that is finished for noise and shrink
#           it to 0.2 % of its width, PNDM blows it up 180 times. No word is said. Schedulers that work with sigmas take
#           one step of no length instead, but their model is asked for the noise at timestep -1, too.
# Matters:  trailing spacing is what is recommended so that sampling starts at the last timestep. Who measures how the
#           error of a sampler falls with the number of steps finds single points that are wrong by orders of magnitude.
# Version:  diffusers 0.42.1 with torch 2.13.0. Documentation of timestep_spacing: how the timesteps are scaled; not this.
#           The timesteps are round(arange(1000, 0, -1000 / steps)) - 1, and arange, whose step is no binary fraction,
#           includes its end within rounding for these numbers.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 diffusers==0.42.1
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import diffusers
import torch

torch.set_num_threads(1)
WIDTH = 0.5  # standard deviation of the data, which are Gaussian: the best denoiser is linear


def relative_width(name, steps):
    """Standard deviation of samples over that of the data."""
    torch.manual_seed(1)
    scheduler_class = getattr(diffusers, name)
    unclipped = {"clip_sample": False} if name != "PNDMScheduler" else {}
    scheduler = scheduler_class(timestep_spacing="trailing", **unclipped)
    scheduler.set_timesteps(steps)
    sample = torch.randn(1, 1, 64, 64) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        kept = scheduler.alphas_cumprod[timestep]
        noise = sample * (1 - kept).sqrt() / (kept * WIDTH**2 + 1 - kept)
        sample = scheduler.step(noise, timestep, sample).prev_sample
    return sample.std().item() / WIDTH


scheduler = diffusers.DDIMScheduler(timestep_spacing="trailing")
longer = []
for steps in range(1, 1001):
    scheduler.set_timesteps(steps)
    if len(scheduler.timesteps) != steps:
        assert scheduler.timesteps[-1] == -1
        longer.append(steps)
seen = [f"diffusers {diffusers.__version__}, torch {torch.__version__.split('+')[0]}"]
seen.append(f"one timestep more, -1: {len(longer)} numbers of steps of 1000, the first {longer[:6]}")
for name in ("DDIMScheduler", "DDPMScheduler", "PNDMScheduler"):
    widths = [relative_width(name, steps) for steps in (60, 61, 62)]
    words = ["right to a fifth" if 0.8 < w < 1.2 else "below 0.01" if w < 0.01 else "above 100" for w in widths]
    seen.append(f"{name}: width over that of the data at 60, 61, 62 steps: {', '.join(words)}")

print("\n".join(seen))
expected = """\
diffusers 0.42.1, torch 2.13.0
one timestep more, -1: 62 numbers of steps of 1000, the first [61, 103, 121, 122, 201, 206]
DDIMScheduler: width over that of the data at 60, 61, 62 steps: right to a fifth, below 0.01, right to a fifth
DDPMScheduler: width over that of the data at 60, 61, 62 steps: right to a fifth, below 0.01, right to a fifth
PNDMScheduler: width over that of the data at 60, 61, 62 steps: right to a fifth, above 100, right to a fifth"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
