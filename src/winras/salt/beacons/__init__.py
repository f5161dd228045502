"""Beacons of the Salt extension."""
