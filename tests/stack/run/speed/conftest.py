"""Rule files as teams publish them, in every form, for the tests that need many of them."""

import pytest

PUBLISHED = {
    "kubernetes": """\
groups:
- name: kubernetes-apps
  rules:
  - alert: PodKeepsCrashing
    annotations:
      description: 'Pod {{ $labels.namespace }}/{{ $labels.pod }} waits to be started again.'
      runbook_url: https://runbooks.example.com/pod-keeps-crashing
      summary: A pod crashes over and over.
    expr: |
      max_over_time(pod_waiting{reason="CrashLoop", job="state-metrics"}[5m]) >= 1
    for: 15m
    labels:
      severity: warning
  - alert: DeploymentReplicasMissing
    expr: |
      (
        deployment_spec_replicas{job="state-metrics"}
          >
        deployment_status_replicas_available{job="state-metrics"}
      ) and (
        changes(deployment_status_replicas_updated{job="state-metrics"}[10m])
          ==
        0
      )
    for: 15m
    labels: {severity: warning}
  - alert: JobRunsTooLong
    expr: |
      time() - max by (namespace, job_name, cluster) (job_start_time{job="state-metrics"}
        and
      job_active{job="state-metrics"} > 0) > 43200
  - alert: CpuThrottled
    expr: |
      sum(increase(cpu_cfs_throttled_periods_total{container!=""}[5m])) by (container, pod)
        /
      sum(increase(cpu_cfs_periods_total[5m])) by (container, pod)
        > ( 25 / 100 )
    for: 15m
- name: kubernetes-storage
  rules:
  - alert: VolumeFillsUp
    expr: |
      (
        volume_available_bytes{job="kubelet"} / volume_capacity_bytes{job="kubelet"}
      ) < 0.15
      and
      volume_used_bytes{job="kubelet"} > 0
      and
      predict_linear(volume_available_bytes{job="kubelet"}[6h], 4 * 24 * 3600) < 0
      unless on(namespace, claim)
      claim_access_mode{access_mode="ReadOnlyMany"} == 1
    for: 1h
""",
    "burn-rate": """\
groups:
- name: api-slo
  interval: 30s
  rules:
  - expr: |
      sum by (cluster, verb) (rate(api_request_total{job="api",verb=~"LIST|GET",code=~"5.."}[1h]))
      /
      scalar(sum(rate(api_request_total{job="api"}[1h])))
    labels: {verb: read}
    record: api_request:burnrate1h
  - expr: |
      sum by (cluster, verb) (rate(api_request_total{job="api",verb=~"LIST|GET",code=~"5.."}[5m]))
      /
      scalar(sum(rate(api_request_total{job="api"}[5m])))
    labels: {verb: read}
    record: api_request:burnrate5m
  - alert: BudgetBurns
    expr: |
      sum by(cluster) (api_request:burnrate1h) > (14.40 * 0.01000)
      and on(cluster)
      sum by(cluster) (api_request:burnrate5m) > (14.40 * 0.01000)
    for: 2m
    keep_firing_for: 5m
    labels: {long: 1h, severity: critical, short: 5m}
    annotations: {summary: 'The budget of {{ $labels.cluster }} burns {{ $value | humanize }}x'}
""",
    "host": """\
groups:
  - name: host
    rules:
      - alert: DiskWillFill
        expr: '(fs_avail_bytes{fstype!~"tmpfs|overlay"} * 100) / fs_size_bytes < 10
          and ON (instance, device, mountpoint) fs_readonly == 0'
        for: 2m
      - alert: UnusualNetworkThroughputIn
        expr: "(sum by (instance) (rate(net_receive_bytes_total[2m])) / 1024 / 1024 > 100)
          * on(instance) group_left (nodename) uname_info{nodename=~\\".+\\"}"
        for: 5m
      - alert: ClockDrifts
        expr: ((timex_offset_seconds > 0.05 and deriv(timex_offset_seconds[5m]) >= 0) or
          (timex_offset_seconds < -0.05 and deriv(timex_offset_seconds[5m]) <= 0))
        for: 2m
      - alert: OutOfMemoryKill
        expr: increase(vmstat_oom_kill[1m]) > 0
        for: 0m
      - alert: LoadHigh
        expr: node_load5 > 0.9 * count without (cpu, mode) (cpu_seconds_total{mode="idle"})
      - alert: RaidDegraded
        expr: (md_disks_required - ignoring (state) (md_disks{state="active"})) > 0
      - alert: LessTrafficThanAWeekAgo
        expr: >-
          sum(rate(http_requests_total[30m]))
          <
          0.5 * (
            sum(rate(http_requests_total[30m] offset 1w))
            + sum(rate(http_requests_total[30m] offset 2w))
          ) / 2
        keep_firing_for: 1h30m
""",
    "services": """\
groups:
- name: redis
  rules:
  - alert: RedisRejectsConnections
    expr: increase(redis_rejected_connections_total[1m]) > 5
    annotations:
      drill_speed_scales: "5 in a minute, divided by the speed"
  - {alert: RedisMasterMissing, expr: '(count(redis_role{role="master"}) or vector(0)) < 1'}
- name: postgres
  query_offset: 30s
  rules:
  - alert: SlowQueries
    expr: avg(rate(commits{datname!~"template.*"}[5m]) + rate(rollbacks[5m])) BY (datname) < 5
    for: 2m
  - alert: ReplicationLags
    expr: |-
      pg_replication_lag_seconds > 30 and on(instance) pg_is_replica == 1
        # during the day only
        and on() (hour() >= 8 and hour() < 18)
- name: blackbox
  limit: 20
  rules:
  - alert: ProbeSlow
    expr: avg_over_time(probe_duration_seconds[1m]) > 1
  - alert: CertificateExpires
    expr: 0 <= round((last_over_time(probe_cert_expiry_seconds[10m]) - time()) / 86400, 0.1) < 20
  - alert: FlappingProbe
    expr: max_over_time(sum_over_time((changes(probe_success[5m]) > bool 0)[1h:5m])[1d:1h]) >= 6
    labels: {flaps: '{{ $value }}'}
- name: heartbeat
  rules:
  - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
  - {alert: NoData, expr: 'absent_over_time(up{job="api"}[15m]) or absent(up{job="web"})'}
  - alert: Latency
    expr: histogram_quantile(0.9, sum(rate(seconds_bucket{path!~`/live\\d`}[5m])) by (le)) > 2 * 60s
""",
}


@pytest.fixture(params=PUBLISHED)
def published(request: pytest.FixtureRequest) -> str:
    """Each of the rule files in turn."""
    return PUBLISHED[request.param]


@pytest.fixture
def all_published() -> dict[str, str]:
    """All of the rule files, by path."""
    return {f"{name}.yml": text for name, text in PUBLISHED.items()}
