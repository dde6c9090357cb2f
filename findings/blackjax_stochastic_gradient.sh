#!/usr/bin/env bash
# The temperature of blackjax's sghmc is lost, and its sgnht holds soft and stiff directions at different temperatures.
#
# Guess:    sghmc at temperature T samples exp(-U / T): variance T for a standard normal density, up to the error of the
#           step, whatever the number of integration steps. sgnht's thermostat brings every direction to temperature 1.
# Happens:  sghmc at T = 1, 0.1 and 0.01 gives the variance 1.15 each time (step 0.1, ten steps, friction at its default):
#           momenta are drawn anew from N(0, 1), not N(0, T), at every call, and T is only in the noise between. At T = 1
#           30 integration steps let the variance grow without bound, 50 do not: 1.70.
#           sgnht on a normal density of variances 1 and 1/100, step 0.01: the mean kinetic energy is right, but the soft
#           half of the directions has 1 % of its variance and the stiff half twice its own.
# Matters:  cold posteriors are compared by this temperature; who lowers it sees no effect and no word. The thermostat's own
#           check, the kinetic energy, is passed by a sampler that is wrong by a factor of 200 between two directions; the
#           step is a twentieth of what the stiff directions allow, and nothing diverges.
# Version:  blackjax 1.7.1 with jax 0.10.2. Documentation of sghmc and sgnht: temperature stands in their signatures only;
#           csgld's says exp(-U / T). Both take momentum and gradient from before the step ("Euler solver"), where the
#           algorithms of Chen et al. 2014 and Ding et al. 2014 use the new one of the two. That acts as a friction of
#           -step c on a direction of curvature c: the thermostat's friction xi has to exceed step c for the stiffest, and
#           soft directions cool to about alpha / xi. With the new momentum for the place (last line) all is right.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 blackjax==1.7.1
JAX_PLATFORMS=cpu "$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import blackjax
import jax
import jax.numpy as jnp

seen = [f"blackjax {version('blackjax')}, jax {version('jax')}"]


def words(value, told, tolerance):
    return f"{told:g} within {tolerance} %" if abs(value / told - 1) < tolerance / 100 else f"{value:g}"


def variance(steps, temperature, draws=300):
    """Of sghmc for 2000 independent standard normal variables, in the last two thirds."""
    sampler = blackjax.sghmc(lambda place, batch: -place, steps)

    def draw(place, key):
        place = sampler.step(key, place, None, 0.1, temperature)
        return place, jnp.mean(place**2)

    _, squares = jax.lax.scan(draw, jnp.zeros(2000), jax.random.split(jax.random.key(1), draws))
    return float(squares[draws // 3 :].mean())


for temperature in (1.0, 0.1, 0.01):
    found = words(variance(10, temperature), 1.15, 3)
    seen.append(f"sghmc, temperature {temperature:g}, 10 steps: variance {found}")
found = variance(30, 1.0)
seen.append(f"sghmc, temperature 1, 30 steps: variance {'above 1e6' if not found < 1e6 else found}")
seen.append(f"sghmc, temperature 1, 50 steps: variance {words(variance(50, 1.0), 1.70, 3)}")

half, step, friction = 500, 0.01, 0.01
curvature = jnp.concatenate([jnp.ones(half), 100 * jnp.ones(half)])
sampler = blackjax.sgnht(lambda place, batch: -curvature * place, alpha=friction)


def reference(key, state):
    """The same step, but with the new momentum for the place."""
    place, momentum, xi = state
    noise = jnp.sqrt(2 * friction * step) * jax.random.normal(key, place.shape)
    momentum = (1 - xi * step) * momentum - step * curvature * place + noise
    return blackjax.sgmcmc.sgnht.SGNHTState(
        place + step * momentum, momentum, xi + step * (jnp.mean(momentum**2) - 1)
    )


def library(key, state):
    return sampler.step(key, state, None, step)


for name, move in (("sgnht", library), ("momentum first", reference)):

    def turn(state, key, move=move):
        state = move(key, state)
        shares = curvature * state.position**2
        return state, jnp.array([shares[:half].mean(), shares[half:].mean(), jnp.mean(state.momentum**2)])

    start = sampler.init(jax.random.normal(jax.random.key(2), (2 * half,)) / jnp.sqrt(curvature), jax.random.key(3))
    _, traced = jax.lax.scan(turn, start, jax.random.split(jax.random.key(4), 40_000))
    soft, stiff, kinetic = (float(value) for value in traced[20_000:].mean(axis=0))
    soft_words = "below 0.02" if soft < 0.02 else words(soft, 1, 5)
    stiff_words = words(stiff, 2, 5) if stiff > 1.5 else words(stiff, 1, 5)
    seen.append(
        f"{name}: kinetic energy {words(kinetic, 1, 5)}; variance over the target's, "
        f"soft {soft_words}, stiff {stiff_words}"
    )

print("\n".join(seen))
expected = """\
blackjax 1.7.1, jax 0.10.2
sghmc, temperature 1, 10 steps: variance 1.15 within 3 %
sghmc, temperature 0.1, 10 steps: variance 1.15 within 3 %
sghmc, temperature 0.01, 10 steps: variance 1.15 within 3 %
sghmc, temperature 1, 30 steps: variance above 1e6
sghmc, temperature 1, 50 steps: variance 1.7 within 3 %
sgnht: kinetic energy 1 within 5 %; variance over the target's, soft below 0.02, stiff 2 within 5 %
momentum first: kinetic energy 1 within 5 %; variance over the target's, soft 1 within 5 %, stiff 1 within 5 %"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
