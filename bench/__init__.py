"""Measurements, never assertions: `python -m bench` runs them all side by side in one go."""
