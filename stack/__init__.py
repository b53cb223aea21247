"""The system under test, as production would ship it, and how it is started, broken and watched."""
