"""What a run leaves behind: table, JSON, JUnit, timelines."""
