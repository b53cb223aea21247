"""Examples of what ``--stack external`` drills."""
