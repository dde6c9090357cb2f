#!/usr/bin/env bash
# optax's sam with sync_period=1 is not the outer optimizer: gradient descent diverges, however small the learning rate.
#
# Guess:    sync_period is "how often to run the outer optimizer"; with 1, which is allowed, that is at every step, without
#           an adversarial step before it. So sam(sgd, ...) is sgd, the control of an experiment on sharpness.
# Happens:  the update is x(t+1) = x(t-1) - lr grad(x(t)), from two steps ago. On x^2 / 2 an oscillating part grows by the
#           factor (lr + sqrt(lr^2 + 4)) / 2 a step for every learning rate, up to nan. Adam ends farther from the minimum
#           than it began. With opaque_mode=True the same arguments give the outer optimizer to the last digit.
# Matters:  it begins as a descent, at half the rate. With lr = 0.01 the distance falls to a tenth within 600 steps and only
#           then rises, which reads like training at the edge of stability, the very thing that is studied with sam.
# Version:  optax 0.2.8 with jax 0.10.2. Documentation of sync_period: the words above; values below 1 are refused with
#           "must be >= 1". The parameters kept at the start of a period are used before they are renewed; with two or more
#           steps in a period they have been renewed by then.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 optax==0.2.8
JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import jax
import jax.numpy as jnp
import optax

seen = [f"optax {version('optax')}, jax {version('jax')}"]


def path(optimizer, steps, **extra):
    """Sizes of x on x^2 / 2, whose gradient is x, from x = 1."""

    def turn(carry, _):
        x, state = carry
        update, state = optimizer.update(x, state, x, **extra)
        x = optax.apply_updates(x, update)
        return (x, state), jnp.abs(x)

    start = jnp.array(1.0)
    return jax.lax.scan(turn, (start, optimizer.init(start)), length=steps)[1]


def sharp(outer, **extra):
    inner = optax.chain(optax.contrib.normalize(), optax.sgd(0.01))
    return optax.contrib.sam(outer, inner, **extra)


for rate in (0.1, 0.01, 0.001):
    steps = round(40 / rate)
    plain = path(optax.sgd(rate), steps)
    two = path(sharp(optax.sgd(rate), sync_period=2), 2 * steps)[1::2]
    one = path(sharp(optax.sgd(rate), sync_period=1), steps)
    opaque = path(sharp(optax.sgd(rate), sync_period=1, opaque_mode=True), steps, grad_fn=lambda x, i: x)
    growth, told = float((one[-1] / one[steps // 2 - 1]) ** (2 / steps)), (rate + (rate**2 + 4) ** 0.5) / 2
    seen.append(
        f"sgd {rate:g}: plain {'below 1e-15' if plain[-1] < 1e-15 else 'not'}, "
        f"period 2 {'within the adversarial step' if two[-1] < 0.01 else 'not'}, "
        f"period 1 opaque {'the same as plain' if jnp.array_equal(plain, opaque) else 'not'}, "
        f"period 1 {'above 1e5' if one[-1] > 1e5 else 'not'}, a step {growth:.6f} told {told:.6f}"
    )
one = path(sharp(optax.sgd(0.01), sync_period=1), 4000)
pairs = jnp.maximum(one[1:], one[:-1])
lowest, when = float(pairs.min()), round(int(pairs.argmin()), -2)
seen.append(f"sgd 0.01, period 1: two steps running at most {lowest:.2f}, at step {when}")
plain, one = path(optax.adam(0.01), 20_000), path(sharp(optax.adam(0.01), sync_period=1), 20_000)
seen.append(
    f"adam 0.01: plain {'below 1e-3' if plain[-2:].max() < 1e-3 else 'not'}, "
    f"period 1 {'above 1' if one[-2:].min() > 1 else 'not'}"
)

print("\n".join(seen))
expected = """\
optax 0.2.8, jax 0.10.2
sgd 0.1: plain below 1e-15, period 2 within the adversarial step, period 1 opaque the same as plain, period 1 above 1e5, \
a step 1.051249 told 1.051249
sgd 0.01: plain below 1e-15, period 2 within the adversarial step, period 1 opaque the same as plain, period 1 above 1e5, \
a step 1.005012 told 1.005012
sgd 0.001: plain below 1e-15, period 2 within the adversarial step, period 1 opaque the same as plain, period 1 above 1e5, \
a step 1.000500 told 1.000500
sgd 0.01, period 1: two steps running at most 0.10, at step 600
adam 0.01: plain below 1e-3, period 1 above 1"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
