#!/usr/bin/env bash
# Three samplers of SGMCMCJax never move, and their integrators, used directly, have other temperatures than documented.
#
# Guess:    build_baoab_sampler(tau=T) and build_badodab_sampler sample exp(-U / T) and exp(-U), up to the error of the
#           step; so do the integrators baoab and badodab that they are made of.
# Happens:  the chains of build_baoab_sampler, build_badodab_sampler and build_badodabCV_sampler are copies of the
#           starting point, at any step, friction and temperature. The integrator baoab has the variance tau^2 on a
#           standard normal density, not tau (0.0625, 1, 16 for 1/4, 1, 4). badodab has 1.65 in one dimension, 10.5 in
#           ten and about 100 in a hundred; with two arrays of 10 and 1 parameters the one has 10.5, the other 1.65.
# Matters:  a chain that stands still at the maximum it was started from has the right mean, the best loss, and
#           looks like a narrow posterior. The thermostat's temperature grows with the layer's size, so that the samples
#           are hot where a network is wide. Only tau = 1 is right.
# Version:  SGMCMCJax 0.2.13 with jax 0.4.25 (its samplers need jax.experimental.host_callback). The builders unpack the
#           two halves of the step into one name, so that the half that moves is lost. The page's baoab has the noise
#           sqrt(tau (1 - exp(-2 gamma dt))), the code tau in place of its root; the page's badodab drives the friction
#           by |v|^2 - D, the code by |v| - D for every array, which holds |v| at D: a temperature of about
#           D^2 / (E|z|)^2 with the mean length E|z| of D standard normal numbers. With the page's formula (last line) it
#           is 1.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet jax==0.4.25 jaxlib==0.4.25 numpy==1.26.4 scipy==1.12.0 \
    optax==0.2.2 sgmcmcjax==0.2.13
JAX_PLATFORMS=cpu "$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import jax
import jax.numpy as jnp
from sgmcmcjax import samplers
from sgmcmcjax.diffusions import badodab, baoab

seen = [f"sgmcmcjax {version('sgmcmcjax')}, jax {version('jax')}"]


def words(value, told, tolerance):
    return f"{told:g} within {tolerance} %" if abs(value / told - 1) < tolerance / 100 else f"{value:g}"


def prior(place):
    return -0.5 * jnp.sum(place**2)


def likelihood(place, datum):
    return 0.0 * jnp.sum(datum)


data, start = (jnp.zeros((8, 1)),), jnp.array([0.5, -2.0])
common = (0.1, likelihood, prior, data, 8)
for name, sampler in (
    ("sgld", samplers.build_sgld_sampler(*common, pbar=False)),
    ("baoab", samplers.build_baoab_sampler(*common, 1.0, tau=4.0, pbar=False)),
    ("badodab", samplers.build_badodab_sampler(*common, pbar=False)),
    ("badodabCV", samplers.build_badodabCV_sampler(*common, start, pbar=False)),
):
    chain = sampler(jax.random.key(1), 10_000, start)
    moved = int(jnp.sum(jnp.any(chain != start, axis=1)))
    seen.append(f"build_{name}_sampler: {moved} of {len(chain)} samples differ from the starting point")


def thermostat(step):
    """The page's badodab: friction driven by |v|^2 - D."""

    def first(i, key, gradient, state):
        place, velocity, friction = state
        velocity = velocity + step / 2 * gradient
        place = place + step / 2 * velocity
        friction = friction + step / 2 * (jnp.sum(velocity**2) - velocity.size)
        noise = jnp.sqrt(-jnp.expm1(-2 * friction * step) / (2 * friction))
        velocity = jnp.exp(-friction * step) * velocity + noise * jax.random.normal(key, velocity.shape)
        friction = friction + step / 2 * (jnp.sum(velocity**2) - velocity.size)
        return place + step / 2 * velocity, velocity, friction

    def second(i, key, gradient, state):
        return state[0], state[1] + step / 2 * gradient, state[2]

    return lambda place: (place, jnp.zeros_like(place), 0.01), (first, second), lambda state: state[0]


def variances(integrator, start, steps=6000, chains=100):
    """Of every array of the parameters under a standard normal density, in the last two thirds."""
    begin, (first, second), where = integrator

    def force(place):
        return jax.tree_util.tree_map(jnp.negative, place)

    def chain(key):
        def step(carry, i):
            state, gradient, key = carry
            key, draw = jax.random.split(key)
            state = first(i, draw, gradient, state)
            gradient = force(where(state))
            state = second(i, draw, gradient, state)
            return (state, gradient, key), jnp.array([jnp.mean(x**2) for x in jax.tree_util.tree_leaves(where(state))])

        _, squares = jax.lax.scan(step, (begin(start), force(start), key), jnp.arange(steps))
        return squares[steps // 3 :].mean(axis=0)

    return [float(x) for x in jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(2), chains)).mean(axis=0)]


for dimension in (1, 10):
    for tau in (0.25, 1.0, 4.0):
        (found,) = variances(baoab(0.1, 1.0, tau), jnp.ones(dimension))
        seen.append(f"baoab, {dimension} dimensions, tau {tau:g}: variance {words(found, tau**2, 5)}")
for dimension, told in ((1, 1.65), (10, 10.5), (100, 100)):
    (found,) = variances(badodab(0.1), jnp.ones(dimension))
    seen.append(f"badodab, {dimension} dimensions: variance {words(found, told, 8)}")
ten, one = variances(badodab(0.1), [jnp.ones(10), jnp.ones(1)])
seen.append(f"badodab, arrays of 10 and 1: variances {words(ten, 10.5, 8)} and {words(one, 1.65, 8)}")
found = [words(variances(thermostat(0.1), jnp.ones(dimension))[0], 1, 5) for dimension in (1, 10)]
seen.append(f"the page's badodab, 1 and 10 dimensions: variances {' and '.join(found)}")

print("\n".join(seen))
expected = """\
sgmcmcjax 0.2.13, jax 0.4.25
build_sgld_sampler: 10000 of 10000 samples differ from the starting point
build_baoab_sampler: 0 of 10000 samples differ from the starting point
build_badodab_sampler: 0 of 10000 samples differ from the starting point
build_badodabCV_sampler: 0 of 10000 samples differ from the starting point
baoab, 1 dimensions, tau 0.25: variance 0.0625 within 5 %
baoab, 1 dimensions, tau 1: variance 1 within 5 %
baoab, 1 dimensions, tau 4: variance 16 within 5 %
baoab, 10 dimensions, tau 0.25: variance 0.0625 within 5 %
baoab, 10 dimensions, tau 1: variance 1 within 5 %
baoab, 10 dimensions, tau 4: variance 16 within 5 %
badodab, 1 dimensions: variance 1.65 within 8 %
badodab, 10 dimensions: variance 10.5 within 8 %
badodab, 100 dimensions: variance 100 within 8 %
badodab, arrays of 10 and 1: variances 10.5 within 8 % and 1.65 within 8 %
the page's badodab, 1 and 10 dimensions: variances 1 within 5 % and 1 within 5 %"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
