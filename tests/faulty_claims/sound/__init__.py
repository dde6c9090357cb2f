"""Claims that hold, cheap to run."""
