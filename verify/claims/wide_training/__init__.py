"""Chapter wide_training: networks whose width grows while the data stay."""
