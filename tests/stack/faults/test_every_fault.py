"""What is asked of every fault, by name and of real services: inject, read back, heal."""

from collections.abc import Callable
from dataclasses import astuple

import psutil
import pytest

from stack.faults.added_rule import AddedRule
from stack.faults.app_down import AppDown
from stack.faults.cache_drops import CacheDrops
from stack.faults.database_locked import DatabaseLocked
from stack.faults.disk_busy import DiskBusy
from stack.faults.disk_full import DiskFull
from stack.faults.fault import Fault
from stack.faults.gateway_slow import GatewaySlow
from stack.faults.host_cpu import HostCpu
from stack.faults.host_memory import HostMemory
from stack.faults.maintenance_window import MaintenanceWindow
from stack.faults.memory_stressor import memory_now
from stack.faults.network_surge import NetworkSurge
from stack.faults.payment_failures import PaymentFailures
from stack.faults.receiver_failing import ReceiverFailing
from stack.faults.receiver_unreachable import ReceiverUnreachable
from stack.faults.redis_clients import RedisClients
from stack.faults.redis_down import RedisDown
from stack.faults.redis_exporter_down import RedisExporterDown
from stack.faults.redis_latency import RedisLatency
from stack.faults.redis_memory import RedisMemory
from stack.faults.redis_password import RedisPassword
from stack.faults.silence import Silence
from stack.faults.slow_scrape import SlowScrape
from stack.faults.slow_uploads import SlowUploads
from stack.run.stack import Service
from stack.run.waiting import wait_until
from tests.stack.faults.small_stack import SmallStack

MEMORY_BYTES = 300 << 20


def a_little_memory() -> HostMemory:
    memory = memory_now()
    share = max(MEMORY_BYTES / memory.total_bytes, 0.015)
    return HostMemory(memory.used_ratio + share, expires_seconds=60)


Case = tuple[Callable[[], Fault], tuple[Service, ...]]
NEEDS_ENGINES = pytest.mark.engines
FAULTS = [
    pytest.param(lambda: HostCpu(1.0, expires_seconds=60), (), id="HostCpu"),
    pytest.param(a_little_memory, (), id="HostMemory"),
    pytest.param(lambda: DiskFull(0.5, expires_seconds=60), (), id="DiskFull"),
    pytest.param(lambda: NetworkSurge(30e6, expires_seconds=60), (), id="NetworkSurge"),
    pytest.param(lambda: DiskBusy(1.0, expires_seconds=60), (), id="DiskBusy"),
    pytest.param(
        lambda: RedisLatency(0.1), ("redis", "toxiproxy"), id="RedisLatency", marks=NEEDS_ENGINES
    ),
    pytest.param(RedisDown, ("redis",), id="RedisDown", marks=NEEDS_ENGINES),
    pytest.param(RedisPassword, ("redis",), id="RedisPassword", marks=NEEDS_ENGINES),
    pytest.param(lambda: RedisMemory(0.5), ("redis",), id="RedisMemory", marks=NEEDS_ENGINES),
    pytest.param(lambda: RedisClients(60), ("redis",), id="RedisClients", marks=NEEDS_ENGINES),
    pytest.param(lambda: CacheDrops(20), ("redis",), id="CacheDrops", marks=NEEDS_ENGINES),
    pytest.param(lambda: DatabaseLocked("immediate"), ("app",), id="DatabaseLocked"),
    pytest.param(lambda: PaymentFailures(0.2), ("gateway",), id="PaymentFailures"),
    pytest.param(
        lambda: GatewaySlow(0.3), ("gateway", "toxiproxy"), id="GatewaySlow", marks=NEEDS_ENGINES
    ),
    pytest.param(AppDown, ("app",), id="AppDown"),
    pytest.param(
        lambda: Silence({"alertname": "RedisDown"}, comment="Redis is replaced"),
        ("alertmanager",),
        id="Silence",
        marks=NEEDS_ENGINES,
    ),
    pytest.param(
        lambda: ReceiverUnreachable("pages"),
        ("sink", "toxiproxy"),
        id="ReceiverUnreachable",
        marks=NEEDS_ENGINES,
    ),
    pytest.param(lambda: ReceiverFailing("pages", "answers 429"), ("sink",), id="ReceiverFailing"),
    pytest.param(lambda: SlowUploads(160e6, expires_seconds=60), ("app",), id="SlowUploads"),
]


@pytest.mark.parametrize(("make", "services"), FAULTS)
def test_takes_effect_and_is_over_when_healed(
    make: Callable[[], Fault],
    services: tuple[Service, ...],
    start_stack: Callable[..., SmallStack],
) -> None:
    """A fault is read back while it is in, as healed while it is not, and heals twice."""
    stack, fault = start_stack(*services), make()
    if (reason := fault.unavailable()) is not None:
        pytest.skip(reason)

    fault.inject(stack)
    wait_until("the effect", lambda: astuple(fault.read_back(stack)), within_seconds=30)
    not_healed = fault.read_back_healed(stack)
    assert not not_healed.took_effect, not_healed.observed

    fault.heal(stack)
    wait_until("its end", lambda: astuple(fault.read_back_healed(stack)), within_seconds=30)
    gone = fault.read_back(stack)
    assert not gone.took_effect, gone.observed

    fault.heal(stack)
    still_healed = fault.read_back_healed(stack)
    assert still_healed.took_effect, still_healed.observed


@pytest.mark.parametrize(("make", "services"), FAULTS)
def test_healing_what_was_never_injected_does_nothing(
    make: Callable[[], Fault],
    services: tuple[Service, ...],
    start_stack: Callable[..., SmallStack],
) -> None:
    """Without injection nothing is read back, and healing leaves every service as it was."""
    stack, fault = start_stack(*services), make()
    before = stack.supervisor.processes()

    not_there = fault.read_back(stack)
    assert not not_there.took_effect, not_there.observed
    fault.heal(stack)

    healed = fault.read_back_healed(stack)
    assert healed.took_effect, healed.observed
    assert stack.supervisor.processes() == before


@pytest.mark.parametrize(
    ("make", "services"), [case for case in FAULTS if case.id in ("RedisLatency", "GatewaySlow")]
)
def test_heals_when_the_service_that_holds_it_is_down(
    make: Callable[[], Fault],
    services: tuple[Service, ...],
    start_stack: Callable[..., SmallStack],
) -> None:
    """A toxic dies with Toxiproxy, so healing then has nothing to do and does not fail."""
    stack, fault = start_stack(*services), make()
    fault.inject(stack)
    stack.kill_service("toxiproxy")

    fault.heal(stack)

    stack.start_service("toxiproxy")
    healed = fault.read_back_healed(stack)
    assert healed.took_effect, healed.observed


def test_names_are_the_files_names() -> None:
    """A fault's name, as it stands in timelines, is that of its module."""
    faults: list[Fault] = [
        HostCpu(0.9),
        HostMemory(0.9),
        RedisLatency(0.1),
        RedisDown(),
        PaymentFailures(0.1),
        GatewaySlow(1),
        AppDown(),
        Silence({"alertname": "RedisDown"}, comment="Redis is replaced"),
        MaintenanceWindow("pager"),
        DiskFull(0.9),
        NetworkSurge(1),
        DiskBusy(0.9),
        AddedRule("up"),
        SlowScrape(0.5),
        RedisExporterDown(),
        SlowUploads(1e8),
        RedisMemory(0.9),
        RedisPassword(),
        RedisClients(1),
        CacheDrops(1),
        DatabaseLocked("immediate"),
        ReceiverUnreachable("pages"),
        ReceiverFailing("pages", "answers 500"),
    ]
    assert [fault.name for fault in faults] == [
        type(fault).__module__.rpartition(".")[2] for fault in faults
    ]


def test_only_the_app_fault_explains_failing_scrapes() -> None:
    """No other fault may be taken as the reason for a scrape that failed."""
    assert AppDown().disturbs_jobs == ("flash-tickets-api",)
    for fault in (HostCpu(1.0), HostMemory(0.9), RedisLatency(1), RedisDown(), GatewaySlow(3)):
        assert fault.disturbs_jobs == ()


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize("value", [1.5, NAN, -0.1, 0, INFINITE, True, "0.5", None])
@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (HostCpu, "busy_ratio"),
        (HostMemory, "used_ratio"),
        (PaymentFailures, "failure_ratio"),
        (DiskFull, "used_ratio"),
        (DiskBusy, "busy_ratio"),
        (SlowScrape, "timeout_ratio"),
        (RedisMemory, "used_ratio"),
    ],
)
def test_refuses_a_ratio_that_cannot_be_meant(
    fault: Callable[..., Fault], field: str, value: object
) -> None:
    """A wrong ratio is refused at construction, by the name of its field."""
    with pytest.raises(ValueError, match=rf"\.{field} must be a ratio above 0"):
        fault(**{field: value})


@pytest.mark.parametrize("value", [NAN, -1, 0, INFINITE, True, "3", None])
@pytest.mark.parametrize(
    ("fault", "field", "others"),
    [
        (HostCpu, "expires_seconds", {"busy_ratio": 0.5}),
        (HostMemory, "expires_seconds", {"used_ratio": 0.5}),
        (PaymentFailures, "expires_seconds", {"failure_ratio": 0.5}),
        (DiskFull, "expires_seconds", {"used_ratio": 0.5}),
        (NetworkSurge, "expires_seconds", {"bytes_per_second": 1}),
        (DiskBusy, "expires_seconds", {"busy_ratio": 0.5}),
        (SlowUploads, "expires_seconds", {"resident_bytes": 1e8}),
        (RedisMemory, "expires_seconds", {"used_ratio": 0.5}),
        (RedisClients, "expires_seconds", {"clients": 1}),
        (CacheDrops, "expires_seconds", {"drops_per_second": 1}),
        (DatabaseLocked, "held_seconds", {"lock": "immediate"}),
        (DatabaseLocked, "timeout_seconds", {"lock": "immediate"}),
        (ReceiverFailing, "delay_seconds", {"receiver": "a", "how": "answers slowly"}),
        (ReceiverFailing, "expires_seconds", {"receiver": "a", "how": "answers 429"}),
        (RedisLatency, "latency_seconds", {}),
        (GatewaySlow, "delay_seconds", {}),
    ],
)
def test_refuses_seconds_that_cannot_be_meant(
    fault: Callable[..., Fault], field: str, others: dict[str, float], value: object
) -> None:
    """A wrong duration is refused at construction, by the name of its field."""
    with pytest.raises(ValueError, match=rf"\.{field} must be a finite number of seconds"):
        fault(**others, **{field: value})


def test_refuses_what_its_tool_would_round_away() -> None:
    """Toxiproxy counts whole milliseconds, and a memory that is used up leaves nothing free."""
    with pytest.raises(ValueError, match=r"latency_seconds must be .* at least 0.001"):
        RedisLatency(0.0004)
    with pytest.raises(ValueError, match=r"used_ratio must be .* below 1"):
        HostMemory(1)


def test_one_stack_does_not_see_the_stressors_of_another(
    start_stack: Callable[..., SmallStack],
) -> None:
    """With two stacks on one host, each reads back and heals its own fault only."""
    mine, other = start_stack(), start_stack()
    fault = HostCpu(0.05, expires_seconds=60)
    fault.inject(other)
    wait_until(
        "the other stack's stressors",
        lambda: (not fault.read_back_healed(other).took_effect, "none"),
        within_seconds=30,
    )

    assert fault.read_back_healed(mine).took_effect
    fault.heal(mine)

    assert not fault.read_back_healed(other).took_effect
    pids = [process["pid"] for process in other.supervisor.processes().values()]
    assert all(psutil.pid_exists(pid) for pid in pids if pid is not None)


@pytest.mark.parametrize("value", [NAN, -1, 0, INFINITE, True, "3", None])
def test_refuses_bytes_that_cannot_be_meant(value: float) -> None:
    """A wrong rate is refused at construction, by the name of its field."""
    with pytest.raises(ValueError, match=r"\.bytes_per_second must be a finite number above 0"):
        NetworkSurge(bytes_per_second=value)
