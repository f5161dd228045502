"""State modules of the Salt extension."""
