"""Which alerts a restart of Prometheus would forget or resolve falsely, by the configuration."""

from collections.abc import Iterator

from scenarios.judge.outages import held_again_seconds, is_restored
from scenarios.judge.restore import RESENDS, forgotten
from scenarios.judge.timeline import Configuration, Rule
from scenarios.judge.window import for_seconds


def false_resolves(configuration: Configuration) -> Iterator[str]:
    """The rules whose firing alerts even the shortest restart may resolve, each with a remedy.

    The configuration is production's, at speed 1.
    """
    for rule in _alerting(configuration):
        if is_restored(configuration, rule):
            continue
        # At best it is gone between two evaluations, and pending from the next one on.
        fires_again = rule.interval_seconds + for_seconds(rule)
        given_up = forgotten(configuration, rule, 0.0)
        if fires_again <= given_up.earliest:
            continue
        stands = RESENDS * max(configuration.resend_delay_seconds, rule.interval_seconds)
        sure = fires_again > given_up.latest
        yield (
            f"{rule.file}: {rule.name} (for {_time(rule.for_seconds)}) "
            f"{'is' if sure else 'may be'} resolved falsely by a restart of Prometheus while it "
            f"fires: it starts over, and Alertmanager gives up what is not sent for "
            f"{_time(stands)}; let it hold for less than "
            f"{_time(given_up.earliest - rule.interval_seconds)}, or for at least "
            f"{_time(configuration.for_grace_period_seconds)}, from which on it is restored"
        )


def late_firings(configuration: Configuration) -> Iterator[str]:
    """How much later each pending alert may fire because of a restart, however short."""
    for rule in _alerting(configuration):
        if rule.for_seconds <= 0:
            continue
        later = _time(held_again_seconds(configuration, rule))
        why = (
            "it is restored, with a grace period"
            if is_restored(configuration, rule)
            else "it starts over"
        )
        yield f"{rule.name} (for {_time(rule.for_seconds)}): up to {later}, {why}"


def _alerting(configuration: Configuration) -> list[Rule]:
    return [rule for rule in configuration.rules if rule.kind == "alerting"]


def _time(seconds: float) -> str:
    """Seconds as a duration: ``4m``, ``1m30s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    parts = ((hours, "h"), (left, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
