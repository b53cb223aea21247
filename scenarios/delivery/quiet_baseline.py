"""Under everyday load nothing fires: every loaded alert stays silent."""

from scenarios.drill import Drill, quiet, silent

DRILL = Drill(steps=[quiet()], expects=[silent()])
