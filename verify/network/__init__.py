"""A PyTorch model at initialization, beside what mean-field theory predicts for it."""
