"""The programs of the stand-ins: the engines of the local stack, and what is built for these alone.

What Go builds is built anew each time: its own cache makes that a matter of seconds.
"""

import os
import shutil
import ssl
from collections.abc import Callable
from pathlib import Path

from stack.images.standins.command import BuildError, build, run
from stack.run.engines import require

HERE = Path(__file__).parent
# By what the images call them; the engines that are found under another name are the same.
ENGINES = (
    "prometheus",
    "promtool",
    "alertmanager",
    "amtool",
    "node_exporter",
    "redis_exporter",
    "toxiproxy",
)
TOXIPROXY_CLI = "github.com/Shopify/toxiproxy/v2/cmd/cli@v2.12.0"
POSTGRES_EXPORTER = "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter"
COMPOSE = "github.com/docker/compose/v2"
COMPOSE_VERSION = "v2.40.3"
GO = {
    "CGO_ENABLED": "0",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GOFLAGS": "-buildvcs=false -trimpath",
}


def install_compose(progress: Callable[[str], None]) -> None:
    """Build Docker's `compose` command into the user's plugins where it is not there."""
    try:
        run("asking for docker compose", ["docker", "compose", "version"])
    except BuildError:
        progress(f"building docker compose {COMPOSE_VERSION} (once; it takes some three minutes)")
        plugins = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        _go_build(
            HERE.parent / "compose-plugin",
            f"{COMPOSE}/cmd",
            plugins / "docker-compose",
            f"-s -w -X {COMPOSE}/internal.Version={COMPOSE_VERSION}",
        )


def gather(context: Path, progress: Callable[[str], None]) -> None:
    """Put all that the Dockerfile copies into `context`. Raises BuildError, EngineError."""
    for name, engine in require(ENGINES, progress).items():
        shutil.copy(engine.path, context / name)
    progress("building cAdvisor, postgres_exporter and Toxiproxy's command line")
    _go_build(HERE.parent / "cadvisor", ".", context / "cadvisor", "-s -w")
    _go_build(
        HERE.parent / "postgres-exporter",
        POSTGRES_EXPORTER,
        context / "postgres_exporter",
        "-s -w",
    )
    run(
        "building with Go",
        ["go", "install", "-ldflags", "-s -w", TOXIPROXY_CLI],
        cwd=context,
        environment={**GO, "GOBIN": str(context)},
    )
    (context / "cli").rename(context / "toxiproxy-cli")
    for file in ("Dockerfile", "postgres-entrypoint.sh"):
        shutil.copy(HERE / file, context)
    shutil.copy(_trusted(), context / "ca-certificates.crt")


def _go_build(module: Path, package: str, target: Path, link_flags: str) -> None:
    build(
        "building with Go",
        ["go", "build", "-ldflags", link_flags, "-o", str(target), package],
        needs=["go", "mod", "download"],
        cwd=module,
        environment=GO,
    )


def _trusted() -> str:
    """The file of the authorities that this host trusts."""
    paths = ssl.get_default_verify_paths()
    for file in (paths.cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if file and Path(file).is_file():
            return file
    raise BuildError("looking for this host's certificates: apt-get install ca-certificates")
