#!/usr/bin/env bash
# Two samplers of posteriors have other noise, and another stationary law, than their documentation states.
#
# Guess:    sgld injects N(0, lr (2 - lr beta) T), the formula of its page; sgnht leaves its thermostat with the variance
#           T / d of the target that its page states, whatever sigma is, the standard deviation of the momenta.
# Happens:  sgld injects N(0, lr (2 - lr beta T) T): beta is the variance of the gradient noise of log p / T, not of the
#           log posterior that is passed. At T = 1/4, lr = 1/2, beta = 2 a step has 1.75 times the variance of the page.
#           The thermostat's variance is sigma^2 T / d: four times as large for sigma = 2. Both agree at T = 1, sigma = 1.
# Matters:  the package recommends log posteriors divided by the number of data with T = 1 / N, so that T is not 1 there
#           and the correction for minibatch noise is N times weaker than written. The law of the thermostat is what its
#           friction is judged by. (The stationary Fokker-Planck equation with friction xi / sigma^2 and
#           d xi = (|m|^2 / (sigma^2 d) - T) dt is solved by exp(-d (xi - alpha)^2 / (2 sigma^2 T)).)
# Version:  posteriors 0.1.3 with torch 2.13.0. Documentation of sgmcmc.sgld and sgmcmc.sgnht; those of sghmc and of sgnht
#           give the noise as it is. Parameters and momenta have the laws that are stated.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 posteriors==0.1.3 tensordict==0.15.3 torchopt==0.7.3
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import posteriors
import torch

torch.manual_seed(1)
torch.set_num_threads(1)
sgld, sgnht = posteriors.sgmcmc.sgld, posteriors.sgmcmc.sgnht
seen = [f"posteriors {version('posteriors')}, torch {torch.__version__.split('+')[0]}"]


def flat(parameters, batch):
    return 0.0 * parameters.sum(), torch.tensor(0.0)


def bowl(parameters, batch):
    return -0.5 * (parameters**2).sum(), torch.tensor(0.0)


rate, beta = 0.5, 2.0
for temperature in (1.0, 0.25):  # under a flat posterior a step is the injected noise
    sampler = sgld.build(flat, lr=rate, beta=beta, temperature=temperature)
    moved, _ = sampler.update(sampler.init(torch.zeros(10**6)), None)
    told, found = rate * (2 - rate * beta) * temperature, moved.params.var().item()
    seen.append(f"sgld, temperature {temperature:g}: variance of a step over that of the page: {found / told:.2f}")

dimension = 4
for sigma in (1.0, 2.0):
    sampler = sgnht.build(bowl, lr=0.1, alpha=1.0, sigma=sigma)
    state, places = sampler.init(torch.zeros(dimension)), []
    for _ in range(12_000):
        state, _ = sampler.update(state, None)
        places.append(state.xi.item())
    ratio = torch.tensor(places[1000:]).var().item() * dimension
    nearest = min((1, 4), key=lambda whole: abs(ratio - whole))
    seen.append(f"sgnht, sigma {sigma:g}: variance of the thermostat over that of the page: nearer to {nearest}")

print("\n".join(seen))
expected = """\
posteriors 0.1.3, torch 2.13.0
sgld, temperature 1: variance of a step over that of the page: 1.00
sgld, temperature 0.25: variance of a step over that of the page: 1.75
sgnht, sigma 1: variance of the thermostat over that of the page: nearer to 1
sgnht, sigma 2: variance of the thermostat over that of the page: nearer to 4"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
