"""The judge: pure functions over timelines; no input or output, no clock."""
