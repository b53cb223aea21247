"""Faults: each injects, reads back that it took effect, and heals; one a file."""
