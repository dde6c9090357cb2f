#!/usr/bin/env bash
# Weights that jax draws in bfloat16 have 128 values and a negative mean, which wide relu networks do not survive.
#
# Guess:    he_normal(key, shape, jnp.bfloat16) is he_normal in float32, rounded: three digits are plenty for random
#           weights, at any width.
# Happens:  the uniform numbers behind it are built in the target type: 7 random bits, 128 equally likely values, with
#           the lower end of the interval and without the upper one. The mean of a normal number is -0.012, that of a
#           truncated one -0.016 or -0.018 standard deviations; no normal number exceeds 2.52 or falls below -2.89.
#           A layer of n relus sums n such means: its pre-activations are shifted by -0.018 x 0.56 x sqrt(n) standard
#           deviations, -0.65 at n = 4096. There each layer loses more than half of the second moment, and ten layers
#           leave a thousandth of it; float32 weights, cast afterwards, keep it. The recursion for the second moment,
#           with the mean of the 128 values put in, predicts the loss. The wider the network, the worse.
# Matters:  the initialization is critical by design; here it is ordered, by an amount that grows with the width.
#           flax (param_dtype), haiku, equinox and keras on jax hand their type down: -0.015 to -0.019 there as well.
# Version:  jax 0.10.2. Source: jax/_src/random, uniform (bits of the type's own mantissa) and normal. The pages of
#           jax.random and jax.nn.initializers list dtype as the type of the result and say nothing of its bias.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import jax
import jax.numpy as jnp
import numpy

right = True
print("jax", jax.__version__)
million = (1000, 1000)
for name, draw in (
    ("normal", lambda key, kind: jax.random.normal(key, million, kind)),
    ("truncated normal", lambda key, kind: jax.random.truncated_normal(key, -2, 2, million, kind)),
):
    values, counts = numpy.unique(numpy.asarray(draw(jax.random.key(0), jnp.bfloat16), float), return_counts=True)
    bias = values.mean() / values.std()
    even = counts.min() > 7300 and counts.max() < 8400  # a million in 128 boxes: 7812 each, within six deviations
    wide = numpy.asarray(draw(jax.random.key(0), jnp.float32), float)
    print(
        f"{name}: {len(values)} values from {values[0]:.3f} to {values[-1]:.3f}, all equally likely: {even}; mean "
        f"{values.mean():.4f}, or {bias:.4f} standard deviations; in float32 {abs(wide.mean() / wide.std()):.3f}"
    )
    right &= len(values) == 128 and even and abs(wide.mean()) < 0.005
    right &= abs(values.mean() - (-0.0112 if name == "normal" else -0.0154)) < 3e-3

# bias and spread are now those of the truncated normal, from which he_normal is made
spread = values.std() / 0.87962566103423978  # he_normal divides by the standard deviation of the exact one
depth = 10


def theory(width):
    """Second moment of the pre-activations: every weight is bias + spread x noise, both over sqrt(width / 2)."""
    first, second = 0.0, 1.0  # of the input
    moments = []
    for _ in range(depth):
        mean, deviation = math.sqrt(2 * width) * bias * spread * first, spread * math.sqrt(2 * second)
        moments.append(mean**2 + deviation**2)
        edge = mean / deviation
        below, bell = math.erfc(-edge / math.sqrt(2)) / 2, math.exp(-edge * edge / 2) / math.sqrt(2 * math.pi)
        first = mean * below + deviation * bell
        second = moments[-1] * below + mean * deviation * bell
    return moments


def network(width, kind):
    signal = numpy.asarray(jax.random.normal(jax.random.key(1), (width,)), numpy.float32)
    moments = []
    for key in jax.random.split(jax.random.key(7), depth):
        weights = jax.nn.initializers.he_normal()(key, (width, width), kind).astype(jnp.bfloat16)
        before = signal @ numpy.asarray(weights.astype(jnp.float32))
        moments.append(float(numpy.mean(before**2)))
        signal = numpy.maximum(before, 0)
    return moments


for width in (256, 1024, 4096):
    short, long, expected = network(width, jnp.bfloat16), network(width, jnp.float32), theory(width)
    print(
        f"{depth} relu layers of width {width}: second moment from {short[0]:.2f} to {short[-1]:.4f} if drawn in "
        f"bfloat16 (theory {expected[-1]:.4f}), from {long[0]:.2f} to {long[-1]:.2f} if drawn in float32 and cast"
    )
    if width == 4096:
        right &= short[-1] < 0.01 and 0.5 < short[-1] / expected[-1] < 2 and long[-1] > 1
sys.exit(0 if right and jax.__version__ == "0.10.2" else "changed")
PYTHON
