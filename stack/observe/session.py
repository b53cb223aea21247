"""How the APIs of Prometheus and Alertmanager are reached, on this host and elsewhere."""

import ipaddress
from urllib.parse import urlsplit, urlunsplit

import requests


def session_for(url: str) -> requests.Session:
    """A session for what answers at this base URL, with the user's proxies and certificates.

    On this host without: a proxy of the company's knows nothing of its loopback.
    """
    session = requests.Session()
    session.trust_env = not _is_loopback(urlsplit(url).hostname or "")
    return session


def without_credentials(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
