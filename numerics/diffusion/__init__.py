"""Experiments on diffusion: chains that add noise step by step, and models that run the other way."""
