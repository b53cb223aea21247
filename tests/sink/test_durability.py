"""What was acknowledged survives kills, restarts and full disks, exactly as it was sent."""

import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import requests

SENDERS = 16


class Storm:
    """Posts different bodies from many threads until the sink is gone, and notes what happened."""

    def __init__(self, sink: Any, payload: Callable[..., bytes], wave: int) -> None:
        self._sink = sink
        self._payload = payload
        self._wave = wave
        self.sent: set[bytes] = set()
        self.acknowledged: dict[int, bytes] = {}
        self.answers: list[int] = []
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)
        ]

    def _send(self, sender: int) -> None:
        for number in range(1_000_000):
            pad = "ü\n🔥" * (number * 97 % 2000)
            body = self._payload(groupKey=f"{self._wave}/{sender}/{number}", pad=pad)
            with self._changed:
                self.sent.add(body)
            try:
                response = self._sink.post(body)
            except requests.RequestException:
                return
            with self._changed:
                self.answers.append(response.status_code)
                if response.status_code == 200:
                    self.acknowledged[response.json()["seq"]] = body
                self._changed.notify_all()

    def blow(self, until_acknowledged: int) -> None:
        for thread in self._threads:
            thread.start()
        with self._changed:
            enough = self._changed.wait_for(
                lambda: len(self.acknowledged) >= until_acknowledged, timeout=60
            )
        assert enough, f"{len(self.acknowledged)} of {until_acknowledged} acknowledged in 60 s"

    def settle(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender did not notice in 60 s that the sink is gone"


def stored_bodies(sink: Any) -> dict[int, bytes]:
    return {
        found.seq: sink.get(f"/notifications/{found.seq}/raw").content
        for found in sink.client().notifications()
    }


def test_every_acknowledged_notification_survives_sigkill_in_a_storm(
    start_sink: Callable[..., Any], payload: Callable[..., bytes]
) -> None:
    """Killed three times on one directory: all are there to the byte, numbers rise and are unique.

    One that was sent but not answered may be there or not; nothing else may.
    """
    sink = start_sink()
    sent: set[bytes] = set()
    acknowledged: dict[int, bytes] = {}
    for wave in range(3):
        storm = Storm(sink, payload, wave)
        storm.blow(until_acknowledged=100)
        sink.kill()
        storm.settle()
        assert set(storm.answers) == {200}
        assert not acknowledged.keys() & storm.acknowledged.keys()
        assert min(storm.acknowledged) > max(acknowledged, default=0)
        acknowledged |= storm.acknowledged
        sent |= storm.sent
        sink = start_sink(again=sink)

        stored = stored_bodies(sink)
        lost = {seq for seq, body in acknowledged.items() if stored.get(seq) != body}
        assert not lost
        assert list(stored) == list(range(1, len(stored) + 1))
        assert set(stored.values()) <= sent
        assert len(set(stored.values())) == len(stored)


@pytest.mark.parametrize("left_bytes", [0, 1, 40, -2, -1])
def test_a_torn_record_is_cut_at_the_start_and_the_next_one_stands_alone(
    start_sink: Callable[..., Any], payload: Callable[..., bytes], left_bytes: int
) -> None:
    sink = start_sink()
    bodies = [payload(groupKey=str(number)) for number in range(3)]
    for body in bodies[:2]:
        sink.post(body)
    sink.kill()
    whole = sink.journal.read_bytes()
    first, torn = whole.splitlines(keepends=True)
    torn = torn[:left_bytes]
    sink.journal.write_bytes(first + torn)

    sink = start_sink(again=sink)
    assert sink.journal.read_bytes() == first
    assert (f"cut {len(torn)} bytes" in "".join(sink.written)) == bool(torn)
    assert sink.post(bodies[2]).json() == {"seq": 2}
    sink.kill()
    sink = start_sink(again=sink)
    assert stored_bodies(sink) == {1: bodies[0], 2: bodies[2]}


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="file limits are Linux's here")
@pytest.mark.parametrize("room_bytes", [0, 1, 300])
def test_a_write_that_fails_is_answered_with_503_and_leaves_no_trace(
    start_sink: Callable[..., Any], payload: Callable[..., bytes], room_bytes: int
) -> None:
    """The kernel takes part of the record and refuses the rest, as a disk that fills up does.

    Alertmanager sends again what got a 503. Once there is room, the sink goes on by itself.
    """
    sink = start_sink()
    assert sink.post(payload()).status_code == 200
    before = sink.journal.read_bytes()
    sink.limit_file_size(len(before) + room_bytes)
    for _ in range(2):
        response = sink.post(payload(groupKey="no room"))
        assert response.status_code == 503
        assert "not stored: cannot write to" in response.json()["error"]["message"]
    assert sink.journal.read_bytes() == before
    assert [found.seq for found in sink.client().notifications()] == [1]
    assert [refusal["status"] for refusal in sink.refusals()] == [503, 503]

    sink.limit_file_size(psutil.RLIM_INFINITY)
    assert sink.post(payload(groupKey="room again")).json() == {"seq": 2}
    sink.kill()
    sink = start_sink(again=sink)
    assert stored_bodies(sink) == {1: payload(), 2: payload(groupKey="room again")}


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="file limits are Linux's here")
def test_a_disk_that_fills_up_in_a_storm_loses_nothing_that_was_acknowledged(
    start_sink: Callable[..., Any], payload: Callable[..., bytes]
) -> None:
    """Commits carry several notifications: each gets its own true answer."""
    sink = start_sink()
    sink.limit_file_size(200_000)
    with ThreadPoolExecutor(SENDERS) as senders:
        bodies = [payload(groupKey=str(number), pad="x" * 2000) for number in range(150)]
        answers = list(senders.map(sink.post, bodies))
    assert {answer.status_code for answer in answers} == {200, 503}
    acknowledged = {
        answer.json()["seq"]: body
        for answer, body in zip(answers, bodies, strict=True)
        if answer.status_code == 200
    }
    sink.kill()
    sink = start_sink(again=sink)
    assert stored_bodies(sink) == acknowledged


def test_hundreds_of_posts_at_once_are_all_taken_and_numbered(
    sink: Any, payload: Callable[..., bytes], half_sent: Callable[[bytes], socket.socket]
) -> None:
    """All but the last byte of each is there before any is complete."""
    bodies = [payload(groupKey=str(number)) for number in range(400)]
    connections = [half_sent(body) for body in bodies]
    for connection, body in zip(connections, bodies, strict=True):
        connection.sendall(body[-1:])
    numbers = []
    for connection in connections:
        head, _, answer = connection.makefile("rb").read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        numbers.append(json.loads(answer)["seq"])
    assert sorted(numbers) == list(range(1, 401))
    stored = {found.seq: found.group_key for found in sink.client().notifications()}
    assert stored == {seq: str(number) for number, seq in enumerate(numbers)}


def test_clients_that_never_finish_their_body_block_nobody(
    sink: Any, payload: Callable[..., bytes], half_sent: Callable[[bytes], socket.socket]
) -> None:
    """Many more of them than there are threads; what they began is not stored until it is whole."""
    slow = payload(groupKey="slow")
    connections = [half_sent(slow) for _ in range(200)]
    assert sink.post(payload(groupKey="quick")).json() == {"seq": 1}
    assert [found.group_key for found in sink.client().notifications()] == ["quick"]
    connections[0].close()
    connections[1].sendall(slow[-1:])
    assert connections[1].makefile("rb").readline().startswith(b"HTTP/1.1 200 ")
    assert [found.group_key for found in sink.client().notifications()] == ["quick", "slow"]
