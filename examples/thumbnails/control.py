"""What the drills' hooks run: sets what is broken in the app, or tells whether it is.

python control.py set failure_ratio 0.3
python control.py is failure_ratio 0.3    exit code 1 where it is not
python control.py waiting 20              exit code 1 where fewer pictures wait
python control.py drained 20              exit code 1 where as many or more wait
"""

import json
import os
import sys
import urllib.request

TIMEOUT_SECONDS = 5
APP = os.environ["DRILL_APP_URL"]
WAITING = "thumbnail_jobs_waiting "


def ask(method: str, path: str, body: object = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{APP}{path}", data, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        text: str = answer.read().decode()
    return text


def waiting() -> float:
    lines = ask("GET", "/metrics").splitlines()
    return float(next(line for line in lines if line.startswith(WAITING)).split()[1])


def main(arguments: list[str]) -> bool:
    match arguments:
        case ["set", name, value]:
            print(ask("PUT", "/control", {name: float(value)}))
            return True
        case ["is", name, value]:
            state = json.loads(ask("GET", "/control"))
            print(f"{name} is {state[name]}")
            return bool(state[name] == float(value))
        case ["waiting" | "drained" as wanted, count]:
            now = waiting()
            print(f"{now:g} pictures wait")
            return (now >= float(count)) == (wanted == "waiting")
    raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        sys.exit(0 if main(sys.argv[1:]) else 1)
    except OSError as error:
        sys.exit(f"{APP}: {error}")
