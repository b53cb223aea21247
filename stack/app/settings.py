"""Settings of the API: read once from the environment, checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from stack.app.database import JOURNAL_MODES, POOL_SIZE, TIMEOUT_SECONDS


class SettingsError(Exception):
    """A variable of the environment is missing or wrong; the message names it and what to set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the API is told from outside. Durations are in seconds."""

    host: str
    port: int
    metrics_port: int
    database_url: str
    database_timeout_seconds: float
    database_pool_size: int
    database_journal_mode: str
    redis_url: str
    redis_timeout_seconds: float
    gateway_url: str
    gateway_timeout_seconds: float
    admission_rate_per_second: float
    reservation_seconds: float
    threads: int
    seed_stock: int
    secret: str
    admin_token: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the APP_* variables.

        Raises:
            SettingsError: one of them is missing, unreadable or out of range.
        """
        secret = _secret(environment, "APP_SECRET")
        if secret is None:
            raise SettingsError(
                "no signing secret: set APP_SECRET_FILE to a file that holds one, or APP_SECRET"
            )
        return cls(
            host=environment.get("APP_HOST", "127.0.0.1"),
            port=_integer(environment, "APP_PORT", 3001, lowest=0, highest=65535),
            metrics_port=_integer(environment, "APP_METRICS_PORT", 4000, lowest=0, highest=65535),
            database_url=_database_url(environment),
            database_timeout_seconds=_seconds(
                environment, "APP_DATABASE_TIMEOUT_SECONDS", TIMEOUT_SECONDS
            ),
            database_pool_size=_integer(
                environment, "APP_DATABASE_POOL_SIZE", POOL_SIZE, lowest=1, highest=512
            ),
            database_journal_mode=_one_of(environment, "APP_DATABASE_JOURNAL_MODE", JOURNAL_MODES),
            redis_url=_required(environment, "APP_REDIS_URL", "redis://127.0.0.1:6379/0"),
            redis_timeout_seconds=_seconds(environment, "APP_REDIS_TIMEOUT_SECONDS", 1),
            gateway_url=_required(environment, "APP_GATEWAY_URL", "http://127.0.0.1:8081"),
            gateway_timeout_seconds=_seconds(environment, "APP_GATEWAY_TIMEOUT_SECONDS", 5),
            admission_rate_per_second=_number(
                environment, "APP_ADMISSION_RATE_PER_SECOND", 50, highest=100_000
            ),
            reservation_seconds=_seconds(environment, "APP_RESERVATION_SECONDS", 120),
            threads=_integer(environment, "APP_THREADS", 32, lowest=1, highest=512),
            seed_stock=_integer(
                environment, "APP_SEED_STOCK", 100_000, lowest=1, highest=1_000_000_000
            ),
            secret=secret,
            admin_token=_secret(environment, "APP_ADMIN_TOKEN"),
        )


def _database_url(environment: Mapping[str, str]) -> str:
    """The database's address, with the password from its file where there is one."""
    address = _required(environment, "APP_DATABASE_URL", "sqlite:////path/to/app.db")
    password = _secret(environment, "APP_DATABASE_PASSWORD")
    try:
        url = make_url(address)
        url.get_dialect().import_dbapi()
    except ArgumentError as error:
        raise SettingsError(f"APP_DATABASE_URL is no address of a database: {error}") from None
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"APP_DATABASE_URL asks for a driver that is not installed: {error}; for PostgreSQL "
            "write postgresql+psycopg://USER@HOST/DATABASE and install psycopg"
        ) from None
    if password is not None:
        url = url.set(password=password)
    return url.render_as_string(hide_password=False)


def _required(environment: Mapping[str, str], name: str, example: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set: set it to an address such as {example}")
    return value


def _integer(
    environment: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int
) -> int:
    text = environment.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}: set it to a whole number") from None
    if not lowest <= value <= highest:
        raise SettingsError(f"{name} is {value}: set it to {lowest} to {highest}")
    return value


def _number(environment: Mapping[str, str], name: str, default: float, *, highest: float) -> float:
    text = environment.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}: set it to a number") from None
    if not 0 <= value <= highest:
        raise SettingsError(f"{name} is {text}: set it to 0 to {highest:g}")
    return value


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    value = _number(environment, name, default, highest=86_400)
    if value == 0:
        raise SettingsError(f"{name} is 0: set it to a number of seconds above 0")
    return value


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first of the choices where the variable is not set."""
    value = environment.get(name, choices[0])
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}: set it to {' or '.join(choices)}")
    return value


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """The value of `<name>_FILE`'s file, else of `<name>`, else None; an empty one is an error."""
    file_name = environment.get(f"{name}_FILE")
    if file_name is not None:
        try:
            value = Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE names {file_name}: cannot read it: {error}") from None
        if not value:
            raise SettingsError(f"{name}_FILE names {file_name}: the file is empty")
        return value
    plain = environment.get(name)
    if plain is not None and not plain.strip():
        raise SettingsError(f"{name} is set but empty: give it a value or unset it")
    return plain
