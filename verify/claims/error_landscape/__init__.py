"""Chapter error_landscape: critical points of random landscapes and of networks, and optimizers that meet them."""

SADDLE = {"singular_values": (1.7, 0.9, 0.37), "hidden": 4, "examples": 40}  # a tanh network with weights of zero
