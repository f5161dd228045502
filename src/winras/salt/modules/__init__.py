"""Execution modules of the Salt extension."""
