"""``--stack compose``: the system of compose.yaml in containers, a fresh one for each drill."""
