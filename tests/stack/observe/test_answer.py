"""What is told of an answer that is not the API's: a status, a login's page, a certificate."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError


class Handler(BaseHTTPRequestHandler):
    """Answers every path but a login's with the status, the content type and the text it holds."""

    answer = (200, "text/plain", "")

    def do_GET(self) -> None:
        status, kind, text = self.answer
        self.send_response(200 if self.path.startswith("/login") else status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", "/login?from=here" if text else self.path)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("reader", [Prometheus, Alertmanager])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, "text/plain", "404 page not found"), "with 404 Not Found (text/plain), not JSON: 4"),
        ((401, "text/plain", "Unauthorized"), "answers with 401 Unauthorized (text/plain)"),
        ((401, "application/json", '{"message": "who?"}'), "answers with 401"),
        ((403, "text/html", "<html>no</html>"), "answers with 403 Forbidden (text/html), not JSON"),
        ((302, "text/html", "<html>sign in</html>"), "/login, with 200 OK (text/html), not JSON"),
        ((302, "text/html", ""), "redirects in a circle"),
        ((200, "application/json", "null"), "answers with"),
        ((200, "application/json", '{"status": "success", "data": null}'), "answers with"),
        ((200, "application/json", '{"config": {"original": "a: [b"}}'), "answers with"),
        ((200, "application/json", '{"config": {"original": "b"}}'), "answers with"),
    ],
    ids=str,
)
def test_what_answers_in_place_of_an_api_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
    port: int,
    reader: type[Prometheus] | type[Alertmanager],
    answer: tuple[int, str, str],
    told: str,
) -> None:
    monkeypatch.setattr(Handler, "answer", answer)
    with pytest.raises(ReadError) as raised:
        reader(f"http://me:s3cret@127.0.0.1:{port}/base").configuration()
    assert f" at http://127.0.0.1:{port}/base/api/" in str(raised.value)
    assert told in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "html>" not in str(raised.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that this host's name signs for itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on PATH, which makes the certificate")
    path = tmp_path / "own.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-keyout", str(path), "-out", str(tmp_path / "certificate.pem")),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    with path.open("a") as both:
        both.write((tmp_path / "certificate.pem").read_text())
    return path


def test_a_certificate_that_nobody_trusts_is_told_and_can_be_trusted(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    """At the loopback too, where a tunnel to elsewhere may end."""
    text = '{"status": "success", "data": {"yaml": "a: b"}}'
    monkeypatch.setattr(Handler, "answer", (200, "application/json", text))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"https://127.0.0.1:{server.server_port}"
        with pytest.raises(ReadError, match=r"cannot be trusted: .*self.signed") as raised:
            Prometheus(url).configuration()
        assert "REQUESTS_CA_BUNDLE" in str(raised.value)
        assert "Max retries" not in str(raised.value)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert Prometheus(url).configuration() == "a: b"
        server.shutdown()
