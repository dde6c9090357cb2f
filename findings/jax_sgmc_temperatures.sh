#!/usr/bin/env bash
# jax-sgmc's replica exchange swaps where it should not, and its Hamiltonian sampler's temperature is its friction.
#
# Guess:    alias.re_sgld and alias.sghmc sample exp(-U), variance 1 for a standard normal density, whatever the helper
#           chain's temperature and the friction are: both are there for speed.
# Happens:  re_sgld has the variance 1.75, 6 and 54 in ten dimensions for helper chains at 2, 10 and 100, half of that
#           temperature and more, and above 100 at the default, 1000. sghmc with 100 steps of 0.05 has 4.0 for friction
#           4 and 0.45 for friction 1/4; only the default friction, 1, is right, up to the error of the step.
# Matters:  the helper chain is for crossing barriers, and a chain that visits all modes looks as if it worked, while
#           its widths are those of the other temperature. Friction is raised against gradient noise, and heats instead.
# Version:  jax-sgmc 0.1.5 with jax 0.4.25; nothing in its documentation. The two branches of re_sgld's swap are
#           exchanged: where the draw is below min(1, exp((1 / T1 - 1 / T2) (U1 - U2))) the chains are kept, else
#           swapped. sghmc injects friction sqrt(2 step) of noise per step where Chen et al. 2014 have sqrt(2 friction
#           step), so that the momenta tend to temperature `friction`, from the 1 that they are drawn anew at; the law
#           below is the exact one of that linear recursion. The own replica exchange (last lines) has 1, and re_sgld's
#           numbers when exchanged.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet jax==0.4.25 jaxlib==0.4.25 numpy==1.26.4 scipy==1.12.0 jax-sgmc==0.1.5
JAX_PLATFORMS=cpu "$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
from jax_sgmc import alias, potential
from jax_sgmc.data.numpy_loader import NumpyDataLoader

seen = [f"jax-sgmc {version('jax-sgmc')}, jax {version('jax')}"]
data = 64


def words(value, told, tolerance):
    return f"{told:.3g} within {tolerance} %" if abs(value / told - 1) < tolerance / 100 else f"{value:.3g}"


def likelihood(sample, datum):
    """So that the potential over all data is a standard normal density's, without noise in its gradient."""
    return -0.5 * jnp.sum(sample["x"] ** 2) / data + 0.0 * datum["y"]


bowl = potential.minibatch_potential(lambda sample: 0.0, likelihood, strategy="vmap")


def variance(build, starts, dimension, iterations, step, **options):
    sampler = build(
        bowl,
        NumpyDataLoader(y=np.zeros(data, dtype=np.float32)),
        cache_size=64,
        batch_size=8,
        first_step_size=step,
        last_step_size=0.999 * step,
        burn_in=iterations // 5,
        accepted_samples=iterations // 2,
        progress_bar=False,
        **options,
    )
    start = {"x": jnp.zeros(dimension)}
    (found,) = sampler(start if starts == 1 else (start, start), iterations=iterations)
    return float(np.mean(found["samples"]["variables"]["x"] ** 2))


def law(friction, steps, step):
    """The stationary variance of the place when each call draws a momentum N(0, 1) and makes so many steps."""

    def after(start):
        moments = np.diag([start, 1.0])
        turn = np.array([[1.0, step], [-step, 1 - step * friction - step**2]])
        for _ in range(steps):
            moments = turn @ moments @ turn.T + np.diag([0.0, 2 * step * friction**2])
        return moments[0, 0]

    return after(0.0) / (1 - after(1.0) + after(0.0))


for friction, steps in ((1.0, 10), (4.0, 10), (1.0, 100), (4.0, 100), (0.25, 100)):
    found = variance(alias.sghmc, 1, 1000, 500, 0.05, friction=friction, integration_steps=steps)
    told = words(found, law(friction, steps, 0.05), 4)
    seen.append(f"sghmc, friction {friction:g}, {steps} steps: variance {told}")

seen.append(f"sgld: variance {words(variance(alias.sgld, 1, 10, 40_000, 0.02), 1, 8)}")
told = {2: 1.75, 10: 6, 100: 54}
for temperature, value in told.items():
    found = variance(alias.re_sgld, 2, 10, 40_000, 0.02, temperature=float(temperature))
    seen.append(f"re_sgld, helper at {temperature}: variance {words(found, value, 12)}")
found = variance(alias.re_sgld, 2, 10, 40_000, 0.02)
seen.append(f"re_sgld, helper at its default: variance {'above 100' if found > 100 else f'{found:.3g}'}")


def replicas(hot, exchanged, step=0.02, chains=1000, steps=1500, dimension=10):
    """Of the first of two chains, at 1 and at `hot`, in the last two thirds."""
    draws, mean = np.random.default_rng(1), []
    places = np.zeros((2, chains, dimension))
    noise = np.sqrt(2 * step * np.array([1.0, hot]))[:, None, None]
    for _ in range(steps):
        places = (1 - step) * places + noise * draws.standard_normal(places.shape)
        energy = (places**2).sum(axis=2) / 2
        below = np.log(draws.random(chains)) < (1 - 1 / hot) * (energy[0] - energy[1])
        places = np.where((below ^ exchanged)[:, None], places[::-1], places)
        mean.append(np.mean(places[0] ** 2))
    return np.mean(mean[steps // 3 :])


for temperature, value in told.items():
    right, exchanged = replicas(temperature, False), replicas(temperature, True)
    seen.append(
        f"own replica exchange, helper at {temperature}: variance {words(right, 1, 8)}, "
        f"branches exchanged {words(exchanged, value, 12)}"
    )

print("\n".join(seen))
expected = """\
jax-sgmc 0.1.5, jax 0.4.25
sghmc, friction 1, 10 steps: variance 1.08 within 4 %
sghmc, friction 4, 10 steps: variance 3.14 within 4 %
sghmc, friction 1, 100 steps: variance 1 within 4 %
sghmc, friction 4, 100 steps: variance 3.99 within 4 %
sghmc, friction 0.25, 100 steps: variance 0.453 within 4 %
sgld: variance 1 within 8 %
re_sgld, helper at 2: variance 1.75 within 12 %
re_sgld, helper at 10: variance 6 within 12 %
re_sgld, helper at 100: variance 54 within 12 %
re_sgld, helper at its default: variance above 100
own replica exchange, helper at 2: variance 1 within 8 %, branches exchanged 1.75 within 12 %
own replica exchange, helper at 10: variance 1 within 8 %, branches exchanged 6 within 12 %
own replica exchange, helper at 100: variance 1 within 8 %, branches exchanged 54 within 12 %"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
