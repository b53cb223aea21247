"""Settings of the payment gateway, from GATEWAY_* variables, checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A variable is missing or wrong; the message names it and what to set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where to listen, who may control, and where charges are kept (None: in memory only)."""

    host: str
    port: int
    control_token: str
    ledger_file: Path | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables.

        Raises:
            SettingsError: one of them is missing, unreadable or out of range.
        """
        ledger = environment.get("GATEWAY_LEDGER_FILE")
        return cls(
            host=environment.get("GATEWAY_HOST", "127.0.0.1"),
            port=_port(environment.get("GATEWAY_PORT", "8081")),
            control_token=_control_token(environment),
            ledger_file=Path(ledger) if ledger else None,
        )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"GATEWAY_PORT is {text!r}: set it to a port, 0 to 65535")
    return int(text)


def _control_token(environment: Mapping[str, str]) -> str:
    token = environment.get("GATEWAY_CONTROL_TOKEN", "")
    file_name = environment.get("GATEWAY_CONTROL_TOKEN_FILE")
    if file_name is not None:
        try:
            token = Path(file_name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"GATEWAY_CONTROL_TOKEN_FILE names {file_name}: cannot read it: {error}"
            ) from None
    if not token.strip():
        raise SettingsError(
            "no control token: set GATEWAY_CONTROL_TOKEN_FILE to a file that holds one, "
            "or GATEWAY_CONTROL_TOKEN"
        )
    return token.strip()
