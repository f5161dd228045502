"""Grains of the Salt extension."""
