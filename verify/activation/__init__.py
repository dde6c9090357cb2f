"""Signals and gradients in a wide random network with one activation: what `rederive activation` reports."""
