"""Error landscapes (document 000): critical points of random landscapes and networks, and optimizers near them."""
