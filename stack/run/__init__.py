"""Ways to have a running stack, its engines and its speed."""
