"""What the checks compare formulas with: independent evaluations, predictions and residuals, by chapter."""
