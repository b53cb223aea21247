"""Metrics of the Python runtime: what the nodejs_* heap metrics are to a Node.js service."""

import resource
import sys
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class RuntimeCollector(Collector):
    """Read at each scrape, from the process itself, in microseconds.

    CPython tells the number of blocks its allocator has handed out, not their bytes; bytes are
    in `process_resident_memory_bytes` and `process_virtual_memory_bytes`.
    """

    def collect(self) -> Iterator[Metric]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        yield CounterMetricFamily(
            "process_cpu_user_seconds_total",
            "User CPU time of this process.",
            value=usage.ru_utime,
        )
        yield CounterMetricFamily(
            "process_cpu_system_seconds_total",
            "System CPU time of this process.",
            value=usage.ru_stime,
        )
        yield GaugeMetricFamily(
            "python_heap_objects",
            "Memory blocks in use by the Python allocator.",
            value=sys.getallocatedblocks(),
        )
