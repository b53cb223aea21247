"""How a Grafana is told: with what credentials, and what is said when it does not take it."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from scenarios.report import grafana as module
from scenarios.report.annotations import Annotation
from scenarios.report.grafana import Grafana, GrafanaError, grafana_at
from tests.scenarios.report.grafana_double import TOKEN, GrafanaDouble, Handler, running

REGION = Annotation(1_800_000_021_250, 1_800_000_027_500, ("alert-drill", "fault"), "redis_down")
MARK = Annotation(1_800_000_025_125, None, ("alert-drill", "notification"), "chat: RedisDown")


@pytest.fixture
def double() -> Iterator[GrafanaDouble]:
    with running(GrafanaDouble()) as grafana:
        yield grafana


@pytest.fixture
def credentials(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "credentials"
        path.write_text(text)
        return path

    return write


def test_a_region_and_a_mark_are_added_as_grafana_documents_them(
    double: GrafanaDouble, credentials: Callable[[str], Path]
) -> None:
    grafana = grafana_at(f"{double.url}/", credentials(f"{TOKEN}\n"))
    grafana.add(REGION)
    grafana.add(MARK)
    assert double.annotations == [
        {
            "time": 1_800_000_021_250,
            "timeEnd": 1_800_000_027_500,
            "tags": ["alert-drill", "fault"],
            "text": "redis_down",
        },
        {
            "time": 1_800_000_025_125,
            "tags": ["alert-drill", "notification"],
            "text": "chat: RedisDown",
        },
    ]


def test_a_user_and_password_in_the_file_are_basic_authentication(
    double: GrafanaDouble, credentials: Callable[[str], Path]
) -> None:
    double.authorization = "Basic YWRtaW46YTpi"
    grafana_at(double.url, credentials("admin:a:b")).add(MARK)
    assert len(double.annotations) == 1


def test_what_netrc_has_for_the_host_does_not_take_the_place_of_the_credentials(
    double: GrafanaDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    # As for any other host than this one, where what the user has set counts.
    monkeypatch.setattr(module, "session_for", lambda _: requests.Session())
    Grafana(double.url, f"Bearer {TOKEN}").add(MARK)
    assert len(double.annotations) == 1


def test_a_grafana_on_this_host_is_not_asked_through_a_proxy(
    double: GrafanaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    Grafana(double.url, f"Bearer {TOKEN}").add(MARK)
    assert len(double.annotations) == 1


@pytest.mark.parametrize("authorization", ["", "Bearer other"])
def test_a_refusal_says_what_the_credentials_must_be(
    double: GrafanaDouble, authorization: str
) -> None:
    with pytest.raises(GrafanaError, match=r"refused with 401: .*Unauthorized.*an Editor"):
        Grafana(double.url, authorization).add(MARK)


def test_another_path_than_grafanas_is_told_with_what_it_answered(double: GrafanaDouble) -> None:
    with pytest.raises(GrafanaError, match=r"answered 404, not as Grafana's API does: .*Not found"):
        Grafana(f"{double.url}/graphs", f"Bearer {TOKEN}").add(MARK)


def answer_page(handler: Handler) -> None:
    handler.send_text(200, "<html>Log in, please" + " " * 1000)


def answer_no_id(handler: Handler) -> None:
    handler.send_json(200, {"message": "Annotation added"})


def answer_list(handler: Handler) -> None:
    handler.send_json(200, [])


def answer_error(handler: Handler) -> None:
    handler.send_json(500, {"message": "database is locked"})


def answer_elsewhere(handler: Handler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/login")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def answer_no_http(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xff not HTTP\r\n\r\n")
    handler.close_connection = True


def answer_nothing(handler: Handler) -> None:
    handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answer_page, r"answered 200, not as Grafana's API does: '<html>Log in"),
        (answer_no_id, r"answered 200, not as Grafana's API does"),
        (answer_list, r"answered 200, not as Grafana's API does"),
        (answer_error, r"answered 500, .*database is locked"),
        (answer_elsewhere, r"is elsewhere: /login; give that address"),
        (answer_no_http, r"did not answer: "),
        (answer_nothing, r"did not answer: "),
    ],
)
def test_an_answer_that_is_not_grafanas_is_told(
    double: GrafanaDouble, answer: Callable[[Handler], None], said: str
) -> None:
    double.answer = answer
    with pytest.raises(GrafanaError, match=said) as caught:
        Grafana(double.url, f"Bearer {TOKEN}").add(MARK)
    assert len(str(caught.value)) < 500
    assert double.requests == 1


def test_a_grafana_that_does_not_answer_in_time_is_given_up(
    double: GrafanaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    over = threading.Event()
    double.answer = lambda _: over.wait(30) and None
    try:
        with pytest.raises(GrafanaError, match=r"did not answer: .*timed out"):
            Grafana(double.url, f"Bearer {TOKEN}").add(MARK)
    finally:
        over.set()


def test_a_grafana_that_is_down_is_told() -> None:
    with socket.socket() as taken:
        # Bound and not listening: refused, and nobody else's meanwhile.
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GrafanaError, match=r"did not answer: .*refused"):
            Grafana(f"http://127.0.0.1:{taken.getsockname()[1]}").add(MARK)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:3000", "grafana", "ftp://grafana", "http://g:x", "http://"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(GrafanaError, match="is no address: give one such as"):
        grafana_at(url, None)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(GrafanaError, match="put USER:PASSWORD into a file") as caught:
        grafana_at("http://admin:secret@127.0.0.1:3000", None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold one line"),
        ("one\ntwo\n", "must hold one line"),
        ("two words", "neither a token nor USER:PASSWORD"),
        ("tökén", "neither a token nor USER:PASSWORD"),
    ],
)
def test_credentials_that_cannot_be_any_are_refused_and_not_repeated(
    credentials: Callable[[str], Path], text: str, said: str
) -> None:
    with pytest.raises(GrafanaError, match=said) as caught:
        grafana_at("http://127.0.0.1:3000", credentials(text))
    assert not text or text not in str(caught.value)


def test_credentials_that_cannot_be_read_are_told_with_their_file(tmp_path: Path) -> None:
    with pytest.raises(GrafanaError, match=r"credentials in .*absent: No such file"):
        grafana_at("http://127.0.0.1:3000", tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(GrafanaError, match=r"binary: it is no text"):
        grafana_at("http://127.0.0.1:3000", tmp_path / "binary")


def test_the_credentials_are_not_shown_with_the_rest() -> None:
    assert TOKEN not in repr(Grafana("http://127.0.0.1:3000", f"Bearer {TOKEN}"))
