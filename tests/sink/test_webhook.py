"""What the webhook takes, what it refuses and how, and that it keeps what it took to the byte."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

MIB = 1024 * 1024


def answer_to(connection: socket.socket) -> bytes:
    """All the server sends until it closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"alerts": []}',
        b' {\r\n "alerts" : [ ],\n "twice": 1, "twice": 2, "number": 1.10e+01 }\n',
        '{"alerts":[{"labels":{"alertname":"Überlast 🔥"}}]}'.encode(),
        b'{"lone": "\\ud800", "zero": "\\u0000"}',
        b'{"alerts": [{"labels": null, "startsAt": 5}], "status": {}, "unknown": [[[{}]]]}',
        b'{"big": ' + b"9" * 4000 + b', "huge": 1e999}',
        json.dumps({"pad": "x" * (MIB - 20)}).encode(),
    ],
    ids=["empty", "bare", "spaces", "unicode", "escapes", "odd types", "numbers", "large"],
)
def test_a_json_object_is_stored_to_the_byte(sink: Any, body: bytes) -> None:
    """Fields may be missing, unknown, or of another type: the sink judges nothing."""
    response = sink.post(body)
    assert response.status_code == 200
    seq = response.json()["seq"]
    assert sink.get(f"/notifications/{seq}/raw").content == body
    [found] = sink.client().notifications()
    assert found.seq == seq
    assert found.raw == json.loads(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"alert!", "not JSON"),
        (b'{"alerts": []', "not JSON"),
        (b'{"alerts": []}{}', "not JSON"),
        (b'{"alerts": NaN}', "NaN is no JSON number"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        ('{"alerts": []}'.encode("utf-16"), "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "deeper than 32"),
        (b"[]", "not a JSON object but a list"),
        (b'"text"', "not a JSON object but a string"),
        (b"5", "not a JSON object but a number"),
        (b"null", "not a JSON object but null"),
        (b'{"alerts": {}}', "`alerts` is not a list but an object"),
        (b'{"alerts": null}', "`alerts` is not a list but null"),
        (b'{"alerts": [{}, true]}', "`alerts[1]` is not an object but a boolean"),
    ],
)
def test_what_is_no_notification_is_refused_with_400_and_the_reason(
    shared_sink: Any, body: bytes, why: str
) -> None:
    response = shared_sink.post(body)
    assert response.status_code == 400
    assert why in response.json()["error"]["message"]
    assert shared_sink.client().notifications() == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_does_not_matter(
    sink: Any, payload: Callable[..., bytes], content_type: str
) -> None:
    response = sink.post(payload(), headers={"Content-Type": content_type})
    assert response.status_code == 200
    assert sink.get("/notifications/1/raw").content == payload()


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Bearer a-token-for-test",
        "Bearer a-token-for-testss",
        "Bearer A-TOKEN-FOR-TESTS",
        "Basic a-token-for-tests",
        "a-token-for-tests",
        "Bearer \xff",
    ],
)
def test_without_the_right_token_nothing_is_taken_or_told(
    shared_sink: Any, payload: Callable[..., bytes], authorization: str | None
) -> None:
    for method, path in [
        ("POST", "/receivers/pages/webhook"),
        ("GET", "/notifications"),
        ("GET", "/notifications/1/raw"),
        ("GET", "/receivers"),
        ("GET", "/refusals"),
    ]:
        headers = {"Authorization": authorization}
        response = shared_sink.request(method, path, data=payload(), headers=headers)
        assert response.status_code == 401, (method, path)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert "bearer token" in response.json()["error"]["message"]
    assert shared_sink.client().notifications() == []
    assert shared_sink.request("GET", "/health", headers={"Authorization": None}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/receivers/a%20b/webhook", 400),
        ("/receivers/-a/webhook", 400),
        ("/receivers/..%2e/webhook", 400),
        ("/receivers/%00/webhook", 400),
        ("/receivers/%C3%BC/webhook", 400),
        (f"/receivers/{'a' * 101}/webhook", 400),
        ("/receivers//webhook", 404),
        ("/receivers/pages//webhook", 404),
        ("/receivers/a%2Fb/webhook", 404),
        ("/receivers/pages/webhook/", 404),
        ("/receivers/pages", 404),
        ("/webhook", 404),
        ("/notifications", 405),
    ],
)
def test_a_path_that_is_no_receiver_is_refused_and_remembered(
    shared_sink: Any, payload: Callable[..., bytes], path: str, status: int
) -> None:
    before = time.time()
    response = shared_sink.request("POST", path, data=payload(), allow_redirects=False)
    assert response.status_code == status
    newest = shared_sink.refusals()[-1]
    assert newest["status"] == status
    assert newest["at"] >= before
    assert shared_sink.client().notifications() == []


def test_receivers_are_told_apart_by_their_path(sink: Any, payload: Callable[..., bytes]) -> None:
    """The name inside the payload is the sender's, and may be the same."""
    for receiver in ("pages", "tickets", "a.b_c-9", "pages"):
        assert sink.post(payload(), receiver=receiver).status_code == 200
    assert [found.seq for found in sink.client().notifications("pages")] == [1, 4]
    assert [found.seq for found in sink.client().notifications("tickets")] == [2]
    assert sink.client().notifications("nobody") == []
    assert {name: count["notifications"] for name, count in receivers_of(sink).items()} == {
        "a.b_c-9": 1,
        "pages": 2,
        "tickets": 1,
    }


def receivers_of(sink: Any) -> dict[str, Any]:
    counts: dict[str, Any] = sink.get("/receivers").json()["receivers"]
    return counts


def test_duplicates_are_kept_apart_and_can_be_counted(
    sink: Any, payload: Callable[..., bytes]
) -> None:
    """The order of alerts, annotations and reason make no difference; start and status do."""
    first, second = ({"fingerprint": name, "startsAt": "t", "status": "firing"} for name in "ab")
    same = [
        payload(alerts=[first, second]),
        payload(alerts=[second, first], notification_reason="repeat", commonAnnotations={}),
        payload(alerts=[{**first, "annotations": {"a": "b"}, "endsAt": "e"}, second]),
    ]
    others = [
        payload(alerts=[first]),
        payload(alerts=[first, second], groupKey="other"),
        payload(alerts=[first, {**second, "status": "resolved"}]),
        payload(alerts=[first, {**second, "startsAt": "later"}]),
        payload(alerts=[first, second, second]),
    ]
    for body in [*same, *others]:
        assert sink.post(body).status_code == 200
    assert sink.post(same[0], receiver="tickets").status_code == 200

    found = sink.client().notifications()
    assert [one.seq for one in found] == list(range(1, 10))
    assert len({one.identity for one in found[:3]}) == 1
    assert len({one.identity for one in found}) == 7
    assert receivers_of(sink) == {
        "pages": {"notifications": 8, "distinct": 6, "last_seq": 8},
        "tickets": {"notifications": 1, "distinct": 1, "last_seq": 9},
    }


def test_a_body_in_chunks_is_stored_to_the_byte(sink: Any, payload: Callable[..., bytes]) -> None:
    body = payload()

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    assert sink.post(chunks()).status_code == 200
    assert sink.get("/notifications/1/raw").content == body


def test_a_body_over_the_limit_is_refused_with_413_and_one_at_the_limit_is_taken(
    start_sink: Callable[..., Any],
) -> None:
    sink = start_sink("--max-body-bytes", "100")
    at_limit = b'{"pad": "%b"}' % (b"x" * 89)
    assert len(at_limit) == 100
    assert sink.post(at_limit).status_code == 200
    assert sink.post(at_limit + b" ").status_code == 413
    assert sink.post(iter([at_limit, b" "])).status_code == 413
    assert len(sink.client().notifications()) == 1


def test_a_body_over_1_mib_is_refused_with_413_by_default(sink: Any) -> None:
    response = sink.post(json.dumps({"pad": "x" * MIB}).encode())
    assert response.status_code == 413
    assert str(MIB) in response.json()["error"]["message"]


def test_a_body_too_large_to_be_read_at_all_is_refused_and_remembered(sink: Any) -> None:
    """What is announced as a gigabyte is refused from its header, before it fills memory."""
    with socket.create_connection(("127.0.0.1", sink.port), timeout=30) as connection:
        connection.sendall(
            b"POST /receivers/pages/webhook HTTP/1.1\r\nHost: sink\r\n"
            b"Content-Length: 1073741824\r\n\r\n"
        )
        assert answer_to(connection).startswith(b"HTTP/1.1 413 ")
    [refusal] = sink.refusals()
    assert (refusal["status"], refusal["path"]) == (413, "/receivers/pages/webhook")


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /receivers/pages/webhook HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /receivers/pages/webhook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    ],
    ids=["text", "TLS", "bad length", "bad chunk"],
)
def test_what_is_not_http_is_refused_remembered_and_harms_nobody(
    sink: Any, payload: Callable[..., bytes], sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=30) as connection:
        connection.sendall(sent)
        assert b" 400 Bad Request" in answer_to(connection)
    assert [refusal["status"] for refusal in sink.refusals()] == [400]
    assert sink.post(payload()).status_code == 200


def test_a_refusal_tells_when_where_why_and_how_it_began(sink: Any) -> None:
    body = b"\xff" + b"x" * 1000
    before = sink.post(b"{}").json()["seq"]
    sink.post(body, receiver="tickets")
    sink.post(b"{}", headers={"Authorization": "Bearer wrong"})
    [first, second] = sink.client().refusals()

    assert (first.receiver, first.method, first.status) == ("tickets", "POST", 400)
    assert first.path == "/receivers/tickets/webhook"
    assert "not JSON" in first.why
    assert first.first_bytes == "\\xff" + "x" * 255
    assert (second.receiver, second.status, second.why) == ("pages", 401, "wrong bearer token")
    [stored] = sink.client().notifications()
    assert stored.seq == before
    assert stored.received_at <= first.at <= second.at


def test_only_the_newest_refusals_are_kept_and_all_are_counted(sink: Any) -> None:
    """A sender that is refused for ever must not fill the memory."""
    with_many = 1003
    for number in range(with_many):
        sink.post(b"", receiver=f"number-{number}")
    answer = sink.get("/refusals").json()
    assert answer["total"] == with_many
    kept = [refusal["receiver"] for refusal in answer["refusals"]]
    assert kept == [f"number-{number}" for number in range(3, with_many)]
