#!/usr/bin/env bash
# flax's unshared convolution is initialized as if every output position were an input: variance 1 / positions a layer.
#
# Guess:    ConvLocal is Conv without weight sharing; with the same default initializer (lecun_normal, variance one over
#           the inputs of a unit) both keep the variance of their input, as they have the same Gaussian-process limit.
# Happens:  the kernel of ConvLocal has the shape (height, width, inputs of a patch, features), and the initializer
#           takes every axis but the last two for a receptive field: it divides by height x width x inputs. The variance
#           is 1 / (height x width) of what Conv gives: 1/1024 for images of 32 x 32, 6e-8 after 3 layers on 16 x 16,
#           and less the larger the image. he_normal, lecun_uniform and orthogonal do the same, glorot_uniform nearly.
#           nn.Einsum has the same trouble: an attention projection "btd,dhk->bthk" has 1 / heads of the variance that
#           DenseGeneral, which counts only the contracted axes, gives to the same map.
# Matters:  locally connected against convolutional is the classical comparison of the theory (equal kernels at infinite
#           width); here one of the two is switched off, and no page or warning says so.
# Version:  flax 0.12.8, jax 0.10.2. Source: flax/linen/linear.py (ConvLocal shares Conv's default kernel_init) and
#           jax/_src/nn/initializers.py (_compute_fans). The pages of ConvLocal and Einsum say "initializer for the
#           convolutional kernel", "for the weight matrix", and show shapes, no variance.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import flax.linen as nn
import jax
import jax.numpy as jnp

right = True
print("flax", version("flax"), "jax", jax.__version__)


def moment(layers, inputs):
    for number, layer in enumerate(layers):
        inputs = jax.jit(layer.init_with_output)(jax.random.key(number), inputs)[0]
    return float(jnp.mean(inputs.astype(float) ** 2))


same = dict(features=8, kernel_size=(3, 3), padding="CIRCULAR")
for size in (8, 16, 32):
    image = jax.random.normal(jax.random.key(9), (4, size, size, 8))
    shared, unshared = moment([nn.Conv(**same)], image), moment([nn.ConvLocal(**same)], image)
    factor = unshared / shared * size**2
    print(
        f"{size} x {size} pixels: second moment {shared:.2f} from Conv, {unshared:.6f} from ConvLocal, ratio "
        f"{factor:.2f} / {size**2}"
    )
    right &= 0.7 < factor < 1.4 and 0.6 < shared < 1.5
image = image[:, :16, :16]
deep, flat = moment([nn.Conv(**same)] * 3, image), moment([nn.ConvLocal(**same)] * 3, image)
print(f"three layers at 16 x 16: {deep:.2f} from Conv, {flat:.1e} from ConvLocal (256^-3 = {256**-3:.1e})")
right &= 0.4 < deep < 2.5 and 0.4 < flat * 256**3 < 2.5

for heads in (4, 16):
    words = jax.random.normal(jax.random.key(8), (4, 32, 256))
    dense = moment([nn.DenseGeneral((heads, 256 // heads))], words)
    einsum = moment([nn.Einsum((256, heads, 256 // heads), "btd,dhk->bthk")], words)
    print(f"{heads} heads: {dense:.2f} from DenseGeneral, {einsum:.4f} from Einsum, 1 / heads {1 / heads:.4f}")
    right &= 0.85 < dense < 1.15 and 0.85 < einsum * heads < 1.15
sys.exit(0 if right and (version("flax"), jax.__version__) == ("0.12.8", "0.10.2") else "changed")
PYTHON
