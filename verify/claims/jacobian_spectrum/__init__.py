"""Jacobian spectra (documents 000, 001): singular values of input-output Jacobians, and what they do to learning."""
