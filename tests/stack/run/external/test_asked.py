"""What is asked of the remote side before the first drill: each check has a case it fails in."""

from collections.abc import Callable
from typing import Any

import pytest

from stack.run.external.asked import ask_remote, masked, receiver_problems
from stack.run.external.settings import ExternalSettings
from stack.run.stack import StackError
from tests.stack.run.external.conftest import Remote

AUTHORIZED = {"authorization": {"type": "Bearer", "credentials": "<secret>"}}
URL = "http://drills.staging:9000/receivers/pager/webhook"
Settings = Callable[..., ExternalSettings]


def manager(**webhook: Any) -> dict[str, Any]:
    """Alertmanager's configuration as its API reports it, with one webhook."""
    return {
        "route": {"receiver": "other", "routes": [{"receiver": "pager"}]},
        "receivers": [
            {"name": "pager", "webhook_configs": [{"http_config": AUTHORIZED, **webhook}]},
            {"name": "other", "slack_configs": [{"channel": "#a"}]},
        ],
    }


@pytest.mark.parametrize(
    "webhook", [{"url": URL}, {"url": "<secret>"}, {"url_file": "/run/url"}], ids=str
)
def test_a_receiver_that_posts_to_the_sink_or_may_is_no_problem(
    settings_of: Settings, webhook: dict[str, str]
) -> None:
    assert receiver_problems(settings_of(), manager(**webhook), ["pager"]) == []


@pytest.mark.parametrize(
    ("webhook", "is_masked"), [({"url": URL}, False), ({"url": "<secret>"}, True)], ids=str
)
def test_what_cannot_be_read_is_told(webhook: dict[str, str], is_masked: bool) -> None:
    assert masked(manager(**webhook), ["pager"]) == (["pager"] if is_masked else [])


@pytest.mark.parametrize(
    "url",
    [
        "http://drills.staging:9000/receivers/other/webhook",
        "http://drills.staging:9000/",
        "http://elsewhere:9000/receivers/pager/webhook",
    ],
)
def test_no_receiver_that_posts_to_the_sink_is_told_with_what_to_write(
    settings_of: Settings, url: str
) -> None:
    (problem,) = receiver_problems(settings_of(), manager(url=url), ["pager"])
    assert "no receiver that a route leads to may reach the sink" in problem
    assert "http://drills.staging:9000/receivers/RECEIVER/webhook" in problem


def test_an_expected_receiver_that_posts_elsewhere_is_told(settings_of: Settings) -> None:
    configuration = manager(url=URL)
    webhook = {"url": "http://elsewhere/x", "http_config": AUTHORIZED}
    configuration["receivers"][1] = {"name": "other", "webhook_configs": [webhook]}
    (problem,) = receiver_problems(settings_of(), configuration, ["other", "pager"])
    assert "receiver other: posts to http://elsewhere/x; give it a webhook" in problem


def test_an_expected_receiver_without_a_webhook_is_told(settings_of: Settings) -> None:
    (problem,) = receiver_problems(settings_of(), manager(url=URL), ["other"])
    assert "receiver other: has slack_configs, and no webhook" in problem


def test_an_expected_receiver_to_which_no_route_leads_is_told(settings_of: Settings) -> None:
    configuration = manager(url=URL)
    configuration["receivers"].append({**configuration["receivers"][0], "name": "lonely"})
    configuration["receivers"][-1]["webhook_configs"][0]["url"] = "<secret>"
    configuration["receivers"][0]["webhook_configs"] = [{"url": URL, "http_config": AUTHORIZED}]
    (problem,) = receiver_problems(settings_of(), configuration, ["lonely"])
    assert "receiver lonely: no route leads to it" in problem


def test_a_webhook_without_a_token_is_told(settings_of: Settings) -> None:
    found = receiver_problems(settings_of(), manager(url=URL, http_config={}), ["pager"])
    assert any("may reach the sink" in problem for problem in found)
    configuration = manager(url=URL)
    configuration["receivers"][1] = {"name": "other", "webhook_configs": [{"url": "<secret>"}]}
    (problem,) = receiver_problems(settings_of(), configuration, ["other"])
    assert "receiver other: sends no token with its webhook" in problem


def test_apis_that_do_not_answer_are_told_both_with_the_field_to_correct(
    settings_of: Settings,
) -> None:
    with pytest.raises(StackError) as raised:
        ask_remote(settings_of())
    assert "Prometheus at http://127.0.0.1:9/api/v1/status/flags" in str(raised.value)
    assert "external.yml: prometheus: name the address" in str(raised.value)
    assert "external.yml: alertmanager: name the address" in str(raised.value)


def test_an_answer_that_is_no_prometheus_is_told(settings_of: Settings, remote: Remote) -> None:
    remote.answers["/api/v2/status"] = {"config": {"original": "route: {}"}}
    remote.text["/api/v1/status/flags"] = "[]"
    with pytest.raises(StackError, match="status/flags"):
        ask_remote(settings_of(prometheus=remote.url, alertmanager=remote.url))


@pytest.mark.parametrize(
    ("active", "told"),
    [
        ([], "has no active Alertmanager; add"),
        (["http://10.0.0.7:9093/api/v2/alerts"], "sends alerts to http://10.0.0.7:9093, and not"),
    ],
)
def test_a_prometheus_without_this_alertmanager_is_told(
    settings_of: Settings, remote: Remote, active: list[str], told: str
) -> None:
    answering(remote, active)
    with pytest.raises(StackError, match=told):
        ask_remote(settings_of(prometheus=remote.url, alertmanager=remote.url))


def test_of_several_alertmanagers_behind_one_host_the_path_tells_which(
    settings_of: Settings, remote: Remote
) -> None:
    answering(remote, [f"{remote.url}/teams/api/v2/alerts"])
    with pytest.raises(StackError, match=r"sends alerts to .*/teams, and not to http://[0-9.:]+;"):
        ask_remote(settings_of(prometheus=remote.url, alertmanager=remote.url))
    answering(remote, [f"{remote.url}/api/v2/alerts"])
    ask_remote(settings_of(prometheus=remote.url, alertmanager=remote.url))


def test_an_alertmanager_may_be_known_by_another_address(
    settings_of: Settings, remote: Remote
) -> None:
    answering(remote, ["http://10.0.0.7:9093/api/v2/alerts"])
    known = f"alertmanager: {{url: {remote.url}, known_as: 'http://10.0.0.7:9093'}}"
    ask_remote(
        settings_of(
            (f"alertmanager: {remote.url}", known), prometheus=remote.url, alertmanager=remote.url
        )
    )


def test_credentials_are_sent_and_never_shown(
    settings_of: Settings, remote: Remote, tmp_path: Any
) -> None:
    answering(remote, [])
    (tmp_path / "password").write_text("s3cret")
    entry = f"{{url: {remote.url}, username: me, password_file: password}}"
    settings = settings_of(
        (f"prometheus: {remote.url}", f"prometheus: {entry}"),
        prometheus=remote.url,
        alertmanager=remote.url,
    )
    with pytest.raises(StackError) as raised:
        ask_remote(settings)
    assert "Basic bWU6czNjcmV0" in remote.authorizations
    assert "s3cret" not in str(raised.value)
    del remote.answers["/api/v1/status/flags"]
    with pytest.raises(StackError) as raised:
        ask_remote(settings)
    assert "status/flags" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def answering(remote: Remote, active: list[str]) -> None:
    """Both APIs can be read; Prometheus sends to these."""
    remote.answers["/api/v1/status/flags"] = {}
    remote.answers["/api/v1/alertmanagers"] = {
        "activeAlertmanagers": [{"url": url} for url in active]
    }
    remote.answers["/api/v2/status"] = {"config": {"original": "route: {receiver: a}"}}
