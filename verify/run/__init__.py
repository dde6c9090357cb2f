"""Running claims: jobs on worker processes, the store, and from evidence to a verdict."""
