"""Bad input: whatever is sent, the answer is a 4xx in JSON that names the field, never a 500."""

import json
import socket
from http.client import HTTPResponse
from typing import Any

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

ENDPOINTS = {
    ("POST", "/api/queue"): {"event_id": 1},
    ("POST", "/api/orders"): {"event_id": 1, "quantity": 1, "pass": "x"},
    ("POST", "/api/payments"): {"order_id": "x", "method": "card"},
    ("PUT", "/api/admin/admission"): {"rate_per_second": 1000},
}
ENDPOINT_IDS = [f"{method} {path}" for method, path in ENDPOINTS]
FIELDS = [(*endpoint, name) for endpoint, body in ENDPOINTS.items() for name in body]

FEW = settings(max_examples=60, deadline=None)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400])
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(["\ud800", "\x00", "1" * 5000, "💥", "card\n", "NaN", "", "null"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@pytest.fixture(scope="module")
def send(rig):
    """Sends to one endpoint; checks what holds for every answer, and gives it back."""
    session = requests.Session()

    def send(method: str, path: str, data: bytes, **headers: str) -> requests.Response:
        answer = session.request(
            method,
            rig.url + path,
            data=data,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": "fuzz",
                **rig.admin,
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            timeout=30,
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert answer.headers["Content-Type"] == "application/json"
            assert isinstance(error["message"], str)
            assert error["message"]
            assert error["field"] is None or isinstance(error["field"], str)
        return answer

    yield send
    failures = [
        line
        for line in rig.metrics_text().splitlines()
        if line.startswith("http_requests_total") and 'status="5' in line and line[-4:] != " 0.0"
    ]
    assert failures == []
    assert b"unforeseen failure" not in rig.log_file.read_bytes()


def encoded(value: Any) -> bytes:
    # As a careless client would: NaN, Infinity and lone surrogates included.
    return json.dumps(value).encode()


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=ENDPOINT_IDS)
def test_a_body_of_any_bytes_is_refused(send, method: str, path: str):
    @FEW
    @given(st.binary())
    def refused(data: bytes) -> None:
        assert send(method, path, data).status_code == 400

    refused()


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=ENDPOINT_IDS)
def test_any_json_that_is_no_object_is_refused(send, method: str, path: str):
    @FEW
    @given(values.filter(lambda value: not isinstance(value, dict)))
    def refused(value: Any) -> None:
        answer = send(method, path, encoded(value))
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == "body"

    refused()


@pytest.mark.parametrize(("method", "path", "name"), FIELDS)
def test_a_field_of_any_wrong_value_is_refused_by_name(send, method: str, path: str, name: str):
    accepted = {
        "event_id": lambda value: type(value) is int and 1 <= value < 2**31,
        "quantity": lambda value: type(value) is int and 1 <= value <= 8,
        "pass": lambda _: False,
        "order_id": lambda _: False,
        "method": lambda value: value in ("card", "wallet"),
        "rate_per_second": lambda value: type(value) in (int, float) and 0 <= value <= 100_000,
    }[name]

    @FEW
    @given(values.filter(lambda value: not accepted(value)))
    @example("\ud800")
    @example("\x00")
    @example("1" * 5000)
    @example(10**400)
    @example(float("nan"))
    @example(True)
    def refused(value: Any) -> None:
        answer = send(method, path, encoded(ENDPOINTS[method, path] | {name: value}))
        # Strings are well-formed where a string is wanted, and are then no pass and no order.
        assert answer.status_code in ((400, 403, 404) if isinstance(value, str) else (400,))
        assert answer.json()["error"]["field"] == name

    refused()


@pytest.mark.parametrize(("method", "path", "name"), FIELDS)
def test_a_missing_field_is_named(send, method: str, path: str, name: str):
    body = {key: value for key, value in ENDPOINTS[method, path].items() if key != name}
    answer = send(method, path, encoded(body))
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == name


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=ENDPOINT_IDS)
@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "a/b/c", "json"]
)
def test_a_body_not_declared_as_json_is_415(send, method: str, path: str, content_type: str):
    answer = send(method, path, encoded(ENDPOINTS[method, path]), Content_Type=content_type)
    assert answer.status_code == 415
    assert answer.json()["error"]["field"] == "Content-Type"


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=ENDPOINT_IDS)
@pytest.mark.parametrize("size_bytes", [64 * 1024 + 1, 3_000_000])
def test_a_body_too_large_is_413(send, method: str, path: str, size_bytes: int):
    assert send(method, path, b" " * size_bytes).status_code == 413


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=ENDPOINT_IDS)
@pytest.mark.parametrize("opening", [b"[", b'{"event_id":', b'{"a":['])
def test_a_body_nested_beyond_reason_is_refused(send, method: str, path: str, opening: bytes):
    assert send(method, path, opening * (60_000 // len(opening))).status_code == 400


@pytest.mark.parametrize("path", [path for _, path in ENDPOINTS] + ["/api/events", "/health"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "TRACE", "BREW"])
def test_a_method_a_path_does_not_have_is_405_and_says_which_it_has(send, path: str, method: str):
    answer = send(method, path, b"")
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@given(st.text(st.characters(codec="utf-8"), min_size=1))
@settings(max_examples=200, deadline=None)
@example("\x00")
@example("x" * 50_000)
def test_any_path_is_answered(send, text: str):
    quoted = requests.utils.quote(text, safe="/")
    for prefix in ("/", "/api/events/", "/api/queue/", "/api/orders/"):
        answer = send("GET", prefix + quoted, b"")
        assert answer.status_code in (200, 400, 404, 405)


@given(st.binary(min_size=1))
@settings(max_examples=100, deadline=None)
def test_any_idempotency_key_that_is_not_printable_is_refused(send, key: bytes):
    key = b"k" + key.replace(b"\r", b"").replace(b"\n", b"") + b"\xff"
    body = encoded(ENDPOINTS["POST", "/api/payments"])
    answer = send("POST", "/api/payments", body, Idempotency_Key=key.decode("latin-1"))
    assert answer.status_code == 400
    # Control characters in a header are no HTTP: the server refuses them before it is parsed.
    assert answer.json()["error"]["field"] in ("Idempotency-Key", None)


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 201])
def test_an_unusable_idempotency_key_is_refused_by_name(rig, key: str | None):
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"order_id": "x", "method": "card"}
    answer = rig.post("/api/payments", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /api/queue HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /api/queue HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/queue HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: wrong\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: \xff\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_with_an_error_and_the_next_caller_is_served(rig, sent: bytes):
    with socket.create_connection(("127.0.0.1", rig.app_port), timeout=10) as connection:
        connection.sendall(sent)
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status in (400, 404, 413, 414, 431, 501)
        assert json.loads(answer.read())["error"]["message"]
    assert rig.get("/health").status_code == 200


def test_paths_and_methods_made_up_by_callers_make_no_new_series(rig):
    """Else anyone could fill the monitoring with series."""
    rig.get("/warm-up")
    requests.request("BREW", f"{rig.url}/api/events", timeout=5)
    before = len(rig.metrics_text().splitlines())
    for number in range(20):
        rig.get(f"/made-up-{number}")
        requests.request(f"BREW{number}", f"{rig.url}/api/events", timeout=5)
    assert len(rig.metrics_text().splitlines()) == before
