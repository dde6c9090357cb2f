"""Signal propagation (documents 001, 002): what wide random networks do to the signals that pass through them."""
