"""HTTP as the downloads need it: https only (plain http to this machine), the mirror, and resuming."""

from __future__ import annotations

import os
import re
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ....compile.errors import TilewrightError

_HERE = ("127.0.0.1", "localhost", "::1")
_PASSING = (408, 416, 425, 429, 500, 502, 503, 504)


class Cut(Exception):
    """The connection or the server failed in a way that may pass; says how.

    `start_over`: what has arrived is not the beginning of what the server has now.
    """

    def __init__(self, reason: object, start_over: bool = False) -> None:
        super().__init__(reason)
        self.start_over = start_over


class Unreachable(Exception):
    """No connection could be made; says why."""


def open_url(url: str, start: int, timeout: float) -> HTTPResponse:
    """Ask for `url`, or its place on the mirror, from byte `start` on; `timeout` is in seconds.

    Raises Cut, Unreachable, and TilewrightError for an address that is neither https nor on this machine and for a
    file that the server does not give.
    """
    address = mirrored(url)
    _check(address)
    handlers: list[Any] = [_Redirects()]
    if urlsplit(address).hostname in _HERE:
        handlers.append(urllib.request.ProxyHandler({}))
    headers = {"User-Agent": "tilewright", "Accept-Encoding": "identity", "Range": f"bytes={start}-"}
    request = urllib.request.Request(address, headers=headers)
    if not start:
        request.remove_header("Range")
    try:
        return urllib.request.build_opener(*handlers).open(request, timeout=timeout)
    except HTTPError as error:
        error.close()
        if error.code in _PASSING:
            raise Cut(f"{error.code} {error.reason}", start_over=error.code == 416) from None
        raise TilewrightError(
            f"{address}: the server says {error.code} {error.reason}; look whether the file has moved, or use a mirror"
        ) from None
    except URLError as error:
        raise Unreachable(getattr(error.reason, "strerror", None) or error.reason) from None
    except (OSError, HTTPException) as error:  # it was there, and went away or silent before it answered
        raise Cut(error or type(error).__name__) from None


def mirrored(url: str) -> str:
    """`url` with the scheme and host of $TILEWRIGHT_MIRROR, or as it is when that is not set."""
    mirror = os.environ.get("TILEWRIGHT_MIRROR")
    return f"{mirror.rstrip('/')}{urlsplit(url).path}" if mirror else url


def first_byte(response: HTTPResponse) -> int:
    """The byte of the file that the answer begins with: 0 when the server does not know how to go on."""
    begins = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(begins[1]) if response.status == 206 and begins else 0


def total_bytes(response: HTTPResponse, start: int) -> int | None:
    """How many bytes the whole file has, when the answer, which begins at byte `start`, says so."""
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise TilewrightError(
            f"{url}: only https is used (http on this machine); change TILEWRIGHT_MIRROR, if it is set"
        )
