"""Experiments on networks whose width grows while the data stay."""
