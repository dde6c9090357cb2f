"""Chapter error_landscape: critical points of random landscapes and of networks, and optimizers that meet them."""

from typing import Any

# of a tanh network with weights of zero
SADDLE: dict[str, Any] = {
    "singular_values": (1.7, 0.9, 0.37),
    "hidden": 4,
    "examples": 40,
}  # a tanh network with weights of zero

AN_ORDER = "A few networks, each trained anew: what is shown is an order, not how large the difference is."
RATES = (1.0, 2.0, 4.0, 8.0)  # learning rates of stochastic gradient descent
