"""Writes the dashboards that Grafana loads: ``python -m stack.grafana``."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.grafana.alerts import read_alerts
from stack.grafana.application import DASHBOARD as APPLICATION
from stack.grafana.business import DASHBOARD as BUSINESS
from stack.grafana.infrastructure import DASHBOARD as INFRASTRUCTURE
from stack.grafana.panel import PanelError
from stack.run.speed import SpeedError

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "dashboards"
RULES = HERE.parent / "prometheus" / "rules"
DASHBOARDS = (INFRASTRUCTURE, APPLICATION, BUSINESS)


def texts(rules_folder: Path) -> Mapping[str, str]:
    """The files of the dashboards by name. Raises SpeedError or PanelError."""
    rules = read_alerts(rules_folder)
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard.as_json(rules), indent=2) + "\n"
        for dashboard in DASHBOARDS
    }


def main() -> int:
    try:
        files = texts(RULES)
    except (PanelError, SpeedError) as error:
        print(f"grafana: error: {error}", file=sys.stderr)
        return 2
    for name, text in files.items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
