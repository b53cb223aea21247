"""A mistake in a configuration is named with its file and line, before anything is started."""

import re
from pathlib import Path
from typing import Any

import pytest

from stack.run.configuration import compressed, layers_in
from stack.run.stack import StackError


def read(source: Path, speed: float = 60.0) -> None:
    compressed(source, speed=speed, layers=layers_in(source))


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "what"),
    [
        pytest.param(
            "prometheus/rules/application.yml",
            "        expr: redis_up == 0",
            "       expr: redis_up == 0",
            6,
            "",
            id="YAML that is indented wrongly",
        ),
        pytest.param(
            "prometheus/rules/application.yml",
            "expr: redis_up == 0",
            "expr: redis_up === 0",
            6,
            "RedisDown",
            id="PromQL that cannot be parsed",
        ),
        pytest.param(
            "prometheus/rules/meta.yml",
            "for: 3m",
            "for: soon",
            18,
            "'soon' is not a duration",
            id="a for that is no duration",
        ),
        pytest.param(
            "prometheus/prometheus.yml",
            "scrape_interval: 15s",
            "scrape_interval: often",
            3,
            "'often' is not a duration",
            id="an interval that is no duration",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "group_wait: 30s",
            "group_wait: a while",
            8,
            "'a while' is not a duration",
            id="a wait that is no duration",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "receivers:\n",
            "receivers: [\n",
            72,
            "",
            id="a bracket nobody closes",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_file_and_line_at_any_speed(
    source: Path, edit: Any, file: str, old: str, new: str, line: int, what: str
) -> None:
    edit(file, old, new)
    for speed in (1.0, 60.0):
        with pytest.raises(StackError) as caught:
            read(source, speed)
        found = re.search(rf"{re.escape(str(source / file))}:(\d+)", str(caught.value))
        assert found is not None, str(caught.value)
        # YAML notices some mistakes only on the line after.
        assert line <= int(found.group(1)) <= line + 1, str(caught.value)
        assert what in str(caught.value)


@pytest.mark.parametrize("missing", ["prometheus/prometheus.yml", "alertmanager/alertmanager.yml"])
def test_a_configuration_that_lacks_a_file_says_which(source: Path, missing: str) -> None:
    (source / missing).unlink()
    with pytest.raises(StackError, match=re.escape(str(source / missing))):
        read(source)


def test_a_configuration_without_rule_files_says_which_pattern_found_none(source: Path) -> None:
    for path in (source / "prometheus" / "rules").iterdir():
        path.unlink()
    with pytest.raises(StackError, match=r"prometheus\.yml:\d+: .*no rule file is named 'rules/"):
        read(source)


def test_a_rule_whose_meaning_does_not_survive_division_is_named_with_the_way_out(
    source: Path, edit: Any
) -> None:
    """At --speed 1 it is taken as it is."""
    edit(
        "prometheus/rules/application.yml",
        "expr: redis_up == 0",
        "expr: increase(redis_commands_total[5m]) > 300",
    )
    with pytest.raises(StackError) as caught:
        read(source)
    assert "application.yml" in str(caught.value)
    assert "RedisDown" in str(caught.value)
    assert "--speed 1" in str(caught.value)
    read(source, 1.0)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        pytest.param(
            "alertmanager/alertmanager.yml",
            "url: http://sink:9000/receivers/payments-pager/webhook",
            "url: https://pager.example.com/payments",
            "payments-pager",
            id="a webhook of somebody's",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "url: http://sink:9000/receivers/payments-pager/webhook",
            "url: http://sink:9000.example.com/receivers/payments-pager/webhook",
            "payments-pager",
            id="a webhook that only begins like the sink's",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "receivers:\n",
            "receivers:\n  - name: chat\n    slack_configs: [{api_url: 'https://example.com/x'}]\n",
            "chat",
            id="a chat of somebody's",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "- api_url_file: /run/secrets/slack_url_api-chat",
            "- api_url_file: /home/me/slack_url",
            "api-chat",
            id="a chat whose URL is no secret of production's",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "- webhook_url_file: /run/secrets/discord_url_business-chat",
            "- webhook_url_file: /run/secrets/discord_url_business-chat\n"
            "        webhook_url: https://discord.com/api/webhooks/1/x",
            "business-chat",
            id="a chat whose URL stands in the configuration",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "- api_url_file: /run/secrets/slack_url_api-chat",
            "- app_token_file: /run/secrets/slack_token",
            "api-chat",
            id="a chat by a token of an app's",
        ),
        pytest.param(
            "alertmanager/alertmanager.yml",
            "receivers:\n",
            "receivers:\n  - name: mail\n    email_configs: [{to: 'team@example.com'}]\n",
            "mail",
            id="a mailbox of somebody's",
        ),
        pytest.param(
            "prometheus/prometheus.yml",
            "alerting:\n",
            "remote_write: [{url: 'https://example.com/write'}]\nalerting:\n",
            "remote_write",
            id="a storage of somebody's",
        ),
        pytest.param(
            "prometheus/prometheus.yml",
            '    - timeout: 10s\n      static_configs:\n        - targets: ["alertmanager:9093"]',
            '    - timeout: 10s\n      static_configs:\n        - targets: ["am.example.com:9093"]',
            "am.example.com:9093",
            id="an Alertmanager of somebody's",
        ),
    ],
)
def test_a_configuration_that_would_reach_somebody_for_real_is_refused(
    source: Path, edit: Any, file: str, old: str, new: str, named: str
) -> None:
    edit(file, old, new)
    with pytest.raises(StackError, match=re.escape(named)):
        read(source)


def test_a_template_that_is_not_there_is_named_before_anything_runs(
    source: Path, edit: Any
) -> None:
    """Alertmanager would take it without a word, and fail at the first notification."""
    edit("alertmanager/alertmanager.yml", "templates/*.tmpl", "templates/*.template")
    with pytest.raises(StackError, match=r"alertmanager\.yml: templates: no file .*'templates/"):
        read(source)
