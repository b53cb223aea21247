"""Charges: one for a key, whatever repeats, races or kills."""

import json
import subprocess
import sys
import uuid
from collections import Counter

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from stack.gateway.ledger import Ledger, LedgerError


def test_a_charge_succeeds_and_is_on_record(gateway):
    key = uuid.uuid4().hex
    before = gateway.charges()["count"]
    answer = gateway.charge(key, "wallet", 1234)
    assert answer.status_code == 201
    assert answer.json()["status"] == "succeeded"
    charges = gateway.charges()
    assert charges["count"] == before + 1
    assert charges["by_key"][key] == {
        "id": answer.json()["id"],
        "amount_cents": 1234,
        "method": "wallet",
        "status": "succeeded",
    }


def test_the_same_key_gets_the_same_charge(gateway):
    key = uuid.uuid4().hex
    before = gateway.charges()["count"]
    answers = [gateway.charge(key) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert gateway.charges()["count"] == before + 1


def test_a_declined_key_stays_declined(gateway):
    key = uuid.uuid4().hex
    gateway.disturb(failure_ratio=1, expires_in_seconds=60)
    assert gateway.charge(key).status_code == 402
    gateway.control("DELETE")
    assert gateway.charge(key).status_code == 402
    assert gateway.charge(key).json() == {"status": "declined"}


@pytest.mark.parametrize("change", [{"amount_cents": 101}, {"method": "wallet"}])
def test_a_key_used_for_another_charge_is_refused(gateway, change):
    key = uuid.uuid4().hex
    assert gateway.charge(key).status_code == 201
    answer = gateway.charge(key, **change)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "Idempotency-Key"


def test_thirty_requests_with_one_key_at_once_charge_once(gateway):
    key = uuid.uuid4().hex
    before = gateway.charges()["count"]
    gateway.disturb(delay_seconds=0.2, expires_in_seconds=60)
    with gateway.background() as pool:
        answers = list(pool.map(lambda _: gateway.charge(key), range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert gateway.charges()["count"] == before + 1


def test_charges_outlive_a_kill(gateway):
    keys = [uuid.uuid4().hex for _ in range(5)]
    ids = [gateway.charge(key).json()["id"] for key in keys]
    count = gateway.charges()["count"]
    gateway.kill_and_restart()
    assert gateway.charges()["count"] == count
    assert [gateway.charge(key).json()["id"] for key in keys] == ids
    assert gateway.charges()["count"] == count


def test_charges_are_listed_in_pages_that_add_up(gateway):
    gateway.statuses(5)
    whole = gateway.charges()["by_key"]
    pages, after = {}, 0
    while after is not None:
        page = gateway.charges(after=after, limit=2)
        assert len(page["by_key"]) <= 2
        pages |= page["by_key"]
        after = page["next"]
    assert pages == whole


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=1e3", "limit=", "after=²"])
def test_a_wrong_page_is_refused_by_name(gateway, query: str):
    answer = requests.get(f"{gateway.url}/charges?{query}", timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount_cents", value) for value in (0, -1, 1.5, "1", None, True, 10**9, 10**400, [])),
        *(("method", value) for value in ("cash", "", None, 1, ["card"], {}, "\ud800")),
    ],
)
def test_a_wrong_charge_is_refused_by_name(gateway, field: str, value):
    body = {"amount_cents": 1, "method": "card"} | {field: value}
    answer = gateway.session.post(
        f"{gateway.url}/charges",
        data=json.dumps(body),
        headers={"Idempotency-Key": "wrong", "Content-Type": "application/json"},
        timeout=5,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 201, "é"])
def test_a_missing_or_unusable_key_is_refused_by_name(gateway, key):
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = requests.post(
        f"{gateway.url}/charges",
        json={"amount_cents": 1, "method": "card"},
        headers=headers,
        timeout=5,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "Idempotency-Key"


@given(st.binary() | st.sampled_from([b"[" * 10_000, b"9" * 10_000]))
@settings(max_examples=60, deadline=None)
def test_a_body_of_any_bytes_is_refused_in_json(process, data: bytes):
    for method, path in (("POST", "/charges"), ("PUT", "/control")):
        answer = process.session.request(
            method,
            process.url + path,
            data=data,
            headers={
                "Idempotency-Key": "any",
                "Content-Type": "application/json",
                "Authorization": "Bearer control-token",
            },
            timeout=5,
        )
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == "body"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", "/charges", 405), ("GET", "/nowhere", 404), ("PATCH", "/control", 405)],
)
def test_what_the_gateway_does_not_have_is_refused_in_json(gateway, method, path, status):
    answer = requests.request(method, gateway.url + path, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_body_too_large_is_413_and_one_not_declared_as_json_is_415(gateway):
    def post(data: bytes, content_type: str) -> int:
        return requests.post(
            f"{gateway.url}/charges",
            data=data,
            headers={"Idempotency-Key": "large", "Content-Type": content_type},
            timeout=5,
        ).status_code

    assert post(b" " * 20_000, "application/json") == 413
    assert post(b"{}", "text/plain") == 415


def test_a_last_line_cut_short_by_a_kill_is_dropped_and_written_over(tmp_path):
    file = tmp_path / "charges.jsonl"
    kept = Ledger(file).record("a", 1, "card", "succeeded")
    with file.open("ab") as out:
        out.write(b'{"key": "b", "id"')
    ledger = Ledger(file)
    assert ledger.page(0, 10)["by_key"].keys() == {"a"}
    ledger.record("c", 2, "card", "declined")
    page = Ledger(file).page(0, 10)
    assert page["by_key"].keys() == {"a", "c"}
    assert page["by_key"]["a"]["id"] == kept.id
    assert Counter((page["count"], page["declined"])) == {1: 2}


def test_a_ledger_that_is_none_is_refused_with_its_line(tmp_path):
    file = tmp_path / "charges.jsonl"
    file.write_text('{"key": "a"}\n')
    with pytest.raises(LedgerError, match="line 1"):
        Ledger(file)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "GATEWAY_CONTROL_TOKEN_FILE"),
        ({"GATEWAY_CONTROL_TOKEN_FILE": "/nowhere/token"}, "/nowhere/token"),
        ({"GATEWAY_CONTROL_TOKEN": "t", "GATEWAY_PORT": "http"}, "GATEWAY_PORT"),
        ({"GATEWAY_CONTROL_TOKEN": "t", "GATEWAY_LEDGER_FILE": "/nowhere/l"}, "/nowhere/l"),
    ],
)
def test_wrong_settings_are_named_at_start_without_a_traceback(gateway, environment, named):
    ended = subprocess.run(
        [sys.executable, "-m", "stack.gateway"],
        env={"PYTHONPATH": gateway.process.envvars["PYTHONPATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
