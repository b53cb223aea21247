"""The heartbeat reaches the dead man's switch again and again."""

from scenarios.drill import Drill, heartbeat, quiet

DRILL = Drill(
    steps=[quiet()],
    expects=[
        heartbeat("Watchdog", every="7m", at="dead-mans-switch", group={"alertname": "Watchdog"}),
    ],
)
