"""How the sink is started: flags, the environment behind them, and the token from its file."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_MOST_BODY_BYTES = 1024 * 1024


class SettingsError(Exception):
    """A setting cannot be used; the text names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """``port`` 0 means any free one; without a ``token`` anyone who reaches the port may post."""

    host: str
    port: int
    directory: Path
    token: str | None
    most_body_bytes: int


def read_settings(
    arguments: Sequence[str], environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from flags, and where a flag is missing from SINK_* variables.

    Raises SettingsError, and SystemExit for what argparse refuses.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sink",
        description="Store every notification that is posted to /receivers/NAME/webhook.",
        epilog="Each flag can be given in the environment too: --token-file as SINK_TOKEN_FILE.",
    )

    def setting(
        flag: str, help_text: str, default: str | None = None, *, required: bool = False
    ) -> None:
        name = "SINK_" + flag.removeprefix("--").replace("-", "_").upper()
        value = environment.get(name, default)
        parser.add_argument(
            flag, default=value, required=required and value is None, help=help_text
        )

    setting("--host", "address to listen on (default 127.0.0.1)", "127.0.0.1")
    setting("--port", "port to listen on; 0 takes a free one", required=True)
    setting("--directory", "where notifications are stored; made if missing", required=True)
    setting("--token-file", "file with the bearer token to demand (default: none is demanded)")
    setting(
        "--max-body-bytes",
        f"largest body to take (default {DEFAULT_MOST_BODY_BYTES})",
        str(DEFAULT_MOST_BODY_BYTES),
    )
    given = parser.parse_args(arguments)
    return Settings(
        host=given.host,
        port=_whole_number("--port", given.port, 0, 65535),
        directory=Path(given.directory),
        token=None if given.token_file is None else _token(Path(given.token_file)),
        most_body_bytes=_whole_number("--max-body-bytes", given.max_body_bytes, 1, 1 << 30),
    )


def _whole_number(flag: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise SettingsError(f"{flag} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _token(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"cannot read the token file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"the token file {path} is not text: {error}") from error
    if not token:
        raise SettingsError(f"the token file {path} is empty: write the bearer token into it")
    if not all("!" <= character <= "~" for character in token):
        raise SettingsError(
            f"the token file {path} holds more than one word of printable ASCII, which no "
            "Authorization header can carry"
        )
    return token
