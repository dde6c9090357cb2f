"""Errors planted in a formula: the mutants, and how many of them the checks of a claim reject."""
