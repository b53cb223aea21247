"""Drills, one a file by layer, and what runs, judges and reports them."""
