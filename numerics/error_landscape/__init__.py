"""Error landscapes (document 000): critical points of random landscapes and of networks, and optimizers that meet them."""
