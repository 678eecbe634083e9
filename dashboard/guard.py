"""Who may talk to the page: its own browser tabs, and beyond this machine only those who know the password."""

import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, request

from workers.settings import Settings, is_loopback

OPEN_PATHS = ("/health",)  # probes know no password, and learn nothing


def protect(server: Flask, settings: Settings) -> None:
    """Checks Host on every request, Origin on every one that changes something, and the password if there is one.

    The Host check keeps a foreign site from reaching the page under a name of its own (DNS rebinding); the Origin
    check keeps one from sending it requests. Without a password the page is on loopback only (see `Settings`).
    """
    password = settings.password.get_secret_value() if settings.password else None

    @server.before_request
    def check() -> Response | None:
        if request.path in OPEN_PATHS:
            return None
        if not _host_is_ours(request.host, settings):
            return _refuse(
                403,
                f"This page does not answer to the name {request.host}. Open it at its own address, or add the name "
                "with --allowed-hosts.",
            )
        if password is None and not is_loopback(request.remote_addr or ""):
            return _refuse(
                403, "This page has no password and so answers to its own machine only; set DARKROOM_PASSWORD."
            )
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD", "OPTIONS") and origin and origin.partition("://")[2] != request.host:
            return _refuse(403, f"A page from {origin} may not change anything here; use the page's own address.")
        if password is not None and not _knows(password):
            response = _refuse(401, "This page asks for its password; the user name does not matter.")
            response.headers["WWW-Authenticate"] = 'Basic realm="Darkroom", charset="UTF-8"'
            return response
        return None

    @server.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response


def _host_is_ours(host: str, settings: Settings) -> bool:
    name = (urlsplit(f"//{host}").hostname or "").lower()
    if name in {allowed.lower() for allowed in settings.allowed_hosts}:
        return True
    if is_loopback(name):
        return True
    # Beyond loopback the password guards, and a browser sends it to the name it was typed for only.
    return not is_loopback(settings.host) and not settings.allowed_hosts


def _knows(password: str) -> bool:
    given = request.authorization.password if request.authorization else None
    return given is not None and hmac.compare_digest(given.encode(), password.encode())


def _refuse(status: int, sentence: str) -> Response:
    return Response(sentence + "\n", status, mimetype="text/plain")
