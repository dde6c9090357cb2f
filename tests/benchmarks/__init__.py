"""Ratios against bare operations and other packages; run by `make bench` and `make bench-peers`."""
