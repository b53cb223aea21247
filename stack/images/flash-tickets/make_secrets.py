"""Makes the secrets of a compose stack, each once, in the folders of those who may read them.

    python make_secrets.py FOLDER

The folders of FOLDER are volumes, one for each set of readers. What is there already stays, so that
a stack that is started again keeps its secrets; `docker compose down --volumes` forgets them.
"""

import secrets
import sys
from pathlib import Path

SINK = "http://sink:9000"
CHATS = {
    "slack_url_platform-chat": "platform-chat/slack",
    "slack_url_payments-chat": "payments-chat/slack",
    "slack_url_api-chat": "api-chat/slack",
    "discord_url_business-chat": "business-chat/discord",
}
# Whoever has the volume may read it: its users have other numbers than the one that writes it.
READABLE = 0o444


def main(folder: Path) -> None:
    """Make what is missing below `folder`."""
    sink_token = made(folder / "alerting" / "sink_token")
    for name, endpoint in CHATS.items():
        made(folder / "alerting" / name, f"{SINK}/receivers/{endpoint}/{sink_token}")
    password = made(folder / "database" / "database_password")
    made(folder / "api" / "database_password", password)
    made(folder / "api" / "signing_secret")
    made(folder / "api" / "admin_token")
    made(folder / "gateway" / "control_token")
    made(folder / "grafana" / "admin_password")
    password = made(folder / "database" / "monitoring_password")
    made(folder / "monitoring" / "monitoring_password", password)


def made(file: Path, value: str | None = None) -> str:
    """The secret in `file`, which is written first where there is none: `value`, or a new one."""
    if not file.exists():
        # Renamed into place, so that one that was broken off is made again, whole.
        draft = file.with_name(f".{file.name}")
        draft.write_text(value or secrets.token_urlsafe(24))
        draft.chmod(READABLE)
        draft.replace(file)
    return file.read_text()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
