"""Rules on hand-written series: Prometheus' own tool says whether an alert fires in the end."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from stack.run.configuration import PRODUCTION
from stack.run.engines import require

SCRAPES_OF_20_MINUTES = 80


def counter(per_scrape: float, then: float | None = None) -> str:
    """A counter over twenty minutes, growing otherwise in the last two."""
    if then is None:
        return f"0+{per_scrape}x{SCRAPES_OF_20_MINUTES}"
    before = SCRAPES_OF_20_MINUTES - 8
    return f"0+{per_scrape}x{before} {before * per_scrape + then}+{then}x7"


def constant(value: float) -> str:
    return f"{value}+0x{SCRAPES_OF_20_MINUTES}"


def fires(rules: str, alert: str, series: dict[str, str], tmp_path: Path) -> bool:
    """Whether the alert fires after twenty minutes of these series."""
    test: dict[str, Any] = {
        "rule_files": [str(PRODUCTION / "prometheus" / "rules" / rules)],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": k, "values": v} for k, v in series.items()],
                "alert_rule_test": [{"eval_time": "20m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(test))
    promtool = require(["promtool"], print)["promtool"].path
    done = subprocess.run(
        [str(promtool), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 0:
        return False
    assert f'alertname="{alert}"' in done.stdout + done.stderr, done.stdout + done.stderr
    return True
