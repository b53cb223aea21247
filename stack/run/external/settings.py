"""The file that says where an external stack is: addresses, the sink's place, the drills.

    prometheus: http://prometheus.staging:9090
    alertmanager:
      url: https://alertmanager.staging
      known_as: http://10.0.0.7:9093   # where Prometheus has another address of it
      username: drills                 # basic authentication, of either of the two
      password_file: alertmanager-password
    app: http://app.staging            # optional: what a drill's load goes to
    sink:
      listen: 0.0.0.0:9000
      url: http://drills.staging:9000  # the same, as Alertmanager reaches it
      token_file: sink-token
    drills: drills
    largest_clock_difference: 50ms     # optional

Paths are relative to the file. A password in an address would stand in reports, so it has a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import yaml

from stack.run.speed import SpeedError, parse_duration
from stack.run.stack import StackError

# Half of what windows grant a notification that comes early, which is 0.1 s; what Alertmanager and
# the network add takes part of the rest.
DEFAULT_CLOCK_DIFFERENCE = "50ms"
LARGEST_CLOCK_DIFFERENCE_SECONDS = 0.1
SHORTEST_TOKEN = 16
NAMES = ("prometheus", "alertmanager", "app", "sink", "drills", "largest_clock_difference")
ENGINE_NAMES = ("url", "username", "password_file")
SINK_NAMES = ("listen", "url", "token_file")


@dataclass(frozen=True)
class Engine:
    """A Prometheus or an Alertmanager: ``url`` holds its credentials, ``address`` does not.

    ``known_as`` is the address that Prometheus has of an Alertmanager.
    """

    url: str
    address: str
    known_as: str


@dataclass(frozen=True)
class SinkPlace:
    """Where the sink listens here, and its base URL for Alertmanager."""

    host: str
    port: int
    url: str
    token_file: Path
    token: str


@dataclass(frozen=True)
class ExternalSettings:
    """What the file says, checked; base URLs have no trailing slash, ``app`` may be empty."""

    path: Path
    prometheus: Engine
    alertmanager: Engine
    app: str
    sink: SinkPlace
    drills: Path
    largest_clock_difference_seconds: float


def read_settings(path: Path) -> ExternalSettings:
    """Read the file. Raises StackError with file, field and what to do."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _EachOnce)  # noqa: S506 - is safe
    except (OSError, ValueError) as error:
        raise StackError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise StackError(f"{path}: is not YAML: {error}") from error
    return _Reader(path.resolve()).settings(document)


class _EachOnce(yaml.SafeLoader):
    """Refuses a field that stands twice, of which YAML's readers silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands twice; leave one out", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


class _Reader:
    """Reads each field of one file; an error names file and field."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def settings(self, document: Any) -> ExternalSettings:
        fields = self._mapping("", document, NAMES)
        sink = self._mapping("sink", self._required(fields, "sink"), SINK_NAMES)
        drills = self._file("drills", self._required(fields, "drills"))
        if not drills.is_dir():
            raise self._wrong("drills", f"{drills} is no folder", "name the folder of your drills")
        return ExternalSettings(
            path=self._path,
            prometheus=self._engine("prometheus", fields, ENGINE_NAMES),
            alertmanager=self._engine("alertmanager", fields, (*ENGINE_NAMES, "known_as")),
            app=self._url("app", fields["app"]) if "app" in fields else "",
            sink=self._sink(sink),
            drills=drills,
            largest_clock_difference_seconds=self._clock_difference(fields),
        )

    def _engine(self, name: str, fields: Mapping[str, Any], known: tuple[str, ...]) -> Engine:
        entry = self._required(fields, name)
        if isinstance(entry, str):
            entry = {"url": entry}
        entry = self._mapping(name, entry, known)
        address = self._url(f"{name}.url", self._required(entry, "url", name))
        known_as = entry.get("known_as")
        return Engine(
            url=self._with_credentials(name, address, entry),
            address=address,
            known_as=address if known_as is None else self._url(f"{name}.known_as", known_as),
        )

    def _with_credentials(self, name: str, address: str, entry: Mapping[str, Any]) -> str:
        if "username" not in entry and "password_file" not in entry:
            return address
        username = self._text(f"{name}.username", self._required(entry, "username", name))
        password = self._secret(
            f"{name}.password_file", self._required(entry, "password_file", name)
        )
        parts = urlsplit(address)
        userinfo = f"{quote(username, safe='')}:{quote(password, safe='')}"
        return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))

    def _sink(self, entry: Mapping[str, Any]) -> SinkPlace:
        listen = self._text("sink.listen", self._required(entry, "listen", "sink"))
        try:
            parts = urlsplit(f"//{listen}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port:
            raise self._wrong(
                "sink.listen", f"{listen!r} is no host and port", "write such as 0.0.0.0:9000"
            )
        token_file = self._file("sink.token_file", self._required(entry, "token_file", "sink"))
        token = self._secret("sink.token_file", str(token_file))
        if len(token) < SHORTEST_TOKEN or not all("!" <= character <= "~" for character in token):
            raise self._wrong(
                "sink.token_file",
                f"{token_file} does not hold one word of at least {SHORTEST_TOKEN} printable "
                "characters",
                "write one that Alertmanager's receivers send as their bearer token",
            )
        url = self._url("sink.url", self._required(entry, "url", "sink"))
        return SinkPlace(host, port, url, token_file, token)

    def _clock_difference(self, fields: Mapping[str, Any]) -> float:
        name = "largest_clock_difference"
        text = fields.get(name, DEFAULT_CLOCK_DIFFERENCE)
        try:
            seconds = parse_duration(text) / 1000 if isinstance(text, str) else 0.0
        except SpeedError:
            seconds = 0.0
        if not 0 < seconds <= LARGEST_CLOCK_DIFFERENCE_SECONDS:
            raise self._wrong(
                name,
                f"{text!r} is not a duration up to {LARGEST_CLOCK_DIFFERENCE_SECONDS * 1000:g}ms",
                f"write such as {DEFAULT_CLOCK_DIFFERENCE}: with clocks that differ by more, what "
                "is punctual could be judged early or late",
            )
        return seconds

    def _mapping(self, name: str, entry: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(entry, Mapping):
            raise self._wrong(name, f"is {entry!r}", f"write fields: {', '.join(known)}")
        for key in entry:
            if key not in known:
                field = f"{name}.{key}" if name else str(key)
                raise self._wrong(field, "is no field", f"there are {', '.join(known)}")
        return entry

    def _required(self, entry: Mapping[str, Any], key: str, within: str = "") -> Any:
        if entry.get(key) is None:
            field = f"{within}.{key}" if within else key
            raise self._wrong(field, "is missing", "add it; see stack/run/external/settings.py")
        return entry[key]

    def _text(self, name: str, entry: Any) -> str:
        if not isinstance(entry, str) or not entry.strip():
            raise self._wrong(name, f"is {entry!r}", "write a text")
        return entry.strip()

    def _url(self, name: str, entry: Any) -> str:
        text = self._text(name, entry)
        try:
            parts = urlsplit(text)
            is_base = parts.scheme in {"http", "https"} and bool(parts.hostname)
            is_base = is_base and not (parts.query or parts.fragment or parts.port == 0)
            is_base = is_base and not any(character.isspace() for character in text)
            secret = parts.username is not None or parts.password is not None
        except ValueError:
            is_base, secret = False, False
        if secret:
            raise self._wrong(
                name, "holds credentials", "name them by username and password_file instead"
            )
        if not is_base:
            raise self._wrong(
                name, f"{text!r} is no http address", "write such as http://HOST:PORT"
            )
        return text.rstrip("/")

    def _file(self, name: str, entry: Any) -> Path:
        return self._path.parent / self._text(name, entry)

    def _secret(self, name: str, entry: Any) -> str:
        file = self._file(name, entry)
        try:
            text = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise self._wrong(
                name, f"{file} cannot be read: {error}", "write the secret into it"
            ) from error
        if not text:
            raise self._wrong(name, f"{file} is empty", "write the secret into it")
        return text

    def _wrong(self, name: str, what: str, remedy: str) -> StackError:
        return StackError(f"{self._path}: {name or 'the file'}: {what}; {remedy}")
