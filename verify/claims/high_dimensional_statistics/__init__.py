"""Chapter high_dimensional_statistics: as many data as dimensions, up to a factor."""
