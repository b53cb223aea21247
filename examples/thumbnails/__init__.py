"""A second stack, which is not Flash Tickets, and its drills: see __main__.py."""
