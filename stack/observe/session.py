"""How the services of a stack are reached over HTTP, on this host and elsewhere."""

import ipaddress
import os
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from requests.auth import HTTPBasicAuth

# Where requests itself looks for the file of a certificate authority.
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def session_for(url: str) -> requests.Session:
    """A session for what answers at this base URL, with the user's proxies and certificates.

    On this host without the proxies: one of the company's knows nothing of its loopback, where a
    tunnel to elsewhere may end.
    """
    session = requests.Session()
    parts = urlsplit(url)
    if parts.username is not None:
        # Said here as ~/.netrc would outdo what stands in the URL, and as Go reads UTF-8.
        password = unquote(parts.password or "")
        session.auth = HTTPBasicAuth(unquote(parts.username).encode(), password.encode())
    if _is_loopback(parts.hostname or ""):
        session.trust_env = False
        session.verify = next(filter(None, map(os.environ.get, CERTIFICATES)), True)
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
