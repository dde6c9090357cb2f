"""Experiments on data whose number is in proportion to their dimension."""
