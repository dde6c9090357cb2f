"""Claims of one's own: where they are, how they are loaded, and the file to start one from."""
