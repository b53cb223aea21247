"""The Toxiproxy client: bounded, strict about answers, and free of state shared between servers."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from toxiproxy.api import APIConsumer

from stack.faults.toxiproxy_client import ToxiproxyError, ToxiproxyServer
from tests.stack.faults.small_stack import SmallStack

ROUNDS = 20


@pytest.fixture
def toxiproxy(start_stack: Callable[..., SmallStack]) -> ToxiproxyServer:
    return ToxiproxyServer(start_stack("toxiproxy").addresses.toxiproxy)


@pytest.fixture
def unwell_server() -> Iterator[str]:
    """The address of a server that answers everything with a status that stands for no error."""

    class Unwell(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(503, "not today")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Unwell)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.engines
def test_adds_what_was_asked_and_removes_it(toxiproxy: ToxiproxyServer) -> None:
    """A toxic reads back with its attributes, and removing it twice is no error."""
    toxiproxy.add_latency("redis", "slow", 250)
    toxic = toxiproxy.proxy("redis").toxics["slow"]
    assert (toxic.type, toxic.stream, toxic.toxicity) == ("latency", "downstream", 1.0)
    assert toxic.attributes == {"latency": 250, "jitter": 0}

    toxiproxy.remove_latency("redis", "slow")
    assert toxiproxy.proxy("redis").toxics == {}
    toxiproxy.remove_latency("redis", "slow")


@pytest.mark.engines
def test_says_where_clients_reach_a_proxy(start_stack: Callable[..., SmallStack]) -> None:
    """The proxy's own listen address is what a client connects to."""
    stack = start_stack("toxiproxy")
    proxy = ToxiproxyServer(stack.addresses.toxiproxy).proxy("gateway")
    assert (proxy.host, proxy.port) == ("127.0.0.1", stack.port("gateway_proxy"))
    assert proxy.enabled


@pytest.mark.engines
def test_a_proxy_on_every_address_is_reached_where_its_server_is(
    start_stack: Callable[..., SmallStack],
) -> None:
    """0.0.0.0 and [::] are no addresses to connect to: the server's own host is."""
    url = start_stack("toxiproxy").addresses.toxiproxy
    # Disabled, so that nothing of it listens.
    proxy = {"name": "wide", "listen": "[::]:1", "upstream": "127.0.0.1:1", "enabled": False}
    requests.post(f"{url}/proxies", json=proxy, timeout=5).raise_for_status()
    assert ToxiproxyServer(url).proxy("wide").host == "127.0.0.1"


@pytest.mark.engines
def test_refusals_are_errors_with_the_servers_words(toxiproxy: ToxiproxyServer) -> None:
    """An unknown proxy and a toxic that is there already are told by address and reason."""
    with pytest.raises(ToxiproxyError, match=r"/proxies/nowhere refused: .*proxy not found"):
        toxiproxy.proxy("nowhere")
    toxiproxy.add_latency("redis", "slow", 1)
    with pytest.raises(ToxiproxyError, match="toxic already exists"):
        toxiproxy.add_latency("redis", "slow", 1)


def test_statuses_that_the_library_lets_pass_are_errors(unwell_server: str) -> None:
    """A 503, which toxiproxy-python takes for success, is not."""
    with pytest.raises(ToxiproxyError, match="answered 503"):
        ToxiproxyServer(unwell_server).proxy("redis")


def test_a_server_that_does_not_answer_is_given_up() -> None:
    """A connection that is accepted and left alone ends in an error that names the time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = ToxiproxyServer(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)
        with pytest.raises(ToxiproxyError, match=r"did not answer within 0\.2 s"):
            server.proxy("redis")


def test_a_server_that_is_not_there_is_an_error() -> None:
    """A refused connection is told as such, not as a bare traceback."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(ToxiproxyError, match="cannot be reached"):
        ToxiproxyServer(f"http://127.0.0.1:{port}").proxy("redis")


@pytest.mark.engines
def test_http_proxies_of_the_environment_are_not_asked(
    toxiproxy: ToxiproxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's proxy settings do not stand between the harness and its own loopback."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    assert toxiproxy.proxy("redis").name == "redis"


@pytest.mark.engines
def test_servers_used_from_several_threads_do_not_meet(
    start_stack: Callable[..., SmallStack],
) -> None:
    """Two servers driven at once keep to themselves, and the library's globals stay as they are."""
    before = (APIConsumer.host, APIConsumer.port)
    servers = [ToxiproxyServer(start_stack("toxiproxy").addresses.toxiproxy) for _ in range(2)]
    problems: list[str] = []
    together = threading.Barrier(len(servers))

    def drive(server: ToxiproxyServer, milliseconds: int) -> None:
        together.wait(10)
        for _ in range(ROUNDS):
            try:
                server.add_latency("redis", "slow", milliseconds)
                seen = server.proxy("redis").toxics["slow"].attributes["latency"]
                if seen != milliseconds:
                    problems.append(f"set {milliseconds}, found {seen}")
                server.remove_latency("redis", "slow")
            except ToxiproxyError as error:
                problems.append(str(error))

    threads = [
        threading.Thread(target=drive, args=(server, number + 1))
        for number, server in enumerate(servers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert problems == []
    assert (APIConsumer.host, APIConsumer.port) == before


@pytest.mark.engines
def test_a_latency_is_removed_under_traffic(start_stack: Callable[..., SmallStack]) -> None:
    """Clients with an answer under way at removal get it then, not after the whole latency."""
    stack = start_stack("redis", "toxiproxy")
    server = ToxiproxyServer(stack.addresses.toxiproxy)
    latency_seconds = 20.0
    waited: list[float] = []
    answers: list[bytes] = []

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", stack.port("redis_proxy")), 5) as client:
            client.settimeout(2 * latency_seconds)
            began = time.monotonic()
            client.sendall(b"PING\r\n")
            asked.release()
            answers.append(client.recv(100))
            waited.append(time.monotonic() - began)

    server.add_latency("redis", "slow", int(latency_seconds * 1000))
    asked = threading.Semaphore(0)
    clients = [threading.Thread(target=ask) for _ in range(10)]
    for client in clients:
        client.start()
    for _ in clients:
        assert asked.acquire(timeout=5)
    server.remove_latency("redis", "slow")
    for client in clients:
        client.join(2 * latency_seconds)

    assert answers == [b"+PONG\r\n"] * len(clients)
    assert max(waited) < latency_seconds
