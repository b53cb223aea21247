"""How APIs are reached: the user's proxy for what is elsewhere, and never for this host."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from stack.observe.alertmanager import Alertmanager
from stack.observe.prometheus import Prometheus, ReadError
from stack.observe.session import session_for, without_credentials


@pytest.mark.parametrize(
    ("url", "uses_environment"),
    [
        ("http://127.0.0.1:9090", False),
        ("http://me:secret@127.0.0.2:9090/x", False),
        ("http://localhost:9090", False),
        ("http://[::1]:9090", False),
        ("https://prometheus.staging", True),
        ("http://10.0.0.7:9090", True),
    ],
)
def test_proxies_and_certificates_of_the_environment_are_for_other_hosts(
    url: str, uses_environment: bool
) -> None:
    assert session_for(url).trust_env is uses_environment


@pytest.mark.parametrize("host", ["prometheus.staging", "127.0.0.1"])
def test_a_password_is_sent_as_it_was_given_whatever_netrc_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    """In UTF-8, as a password that is hashed elsewhere was written."""
    (tmp_path / "netrc").write_text("default login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    url = f"https://me:{quote('pässwörd №1', safe='')}@{host}"
    sent = session_for(url).prepare_request(requests.Request("GET", url))
    expected = b64encode("me:pässwörd №1".encode()).decode()
    assert sent.headers["Authorization"] == f"Basic {expected}"


def test_credentials_are_left_out_of_what_is_shown() -> None:
    assert without_credentials("http://me:p%40ss@host:9/x") == "http://host:9/x"
    assert without_credentials("http://host:9/x") == "http://host:9/x"


@pytest.mark.parametrize("reader", [Prometheus, Alertmanager])
def test_an_error_shows_the_address_without_its_password(
    reader: type[Prometheus] | type[Alertmanager],
) -> None:
    with pytest.raises(ReadError) as raised:
        reader("http://me:s3cret@127.0.0.1:9").alerts()
    assert "http://127.0.0.1:9/api/" in str(raised.value)
    assert "s3cret" not in str(raised.value)
