"""A whole installation of several machines, killed in the middle of a night."""
