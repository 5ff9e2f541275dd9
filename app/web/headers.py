"""The headers that every answer has, and which answers are compressed."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}
COMPRESSED = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}
SMALL = 860  # bytes: an answer that fits in one network packet gains nothing from compression


def init_app(app: Flask) -> None:
    """Give every answer its headers."""
    app.after_request(secure)
    app.after_request(compress)


def secure(response: Response) -> Response:
    """Forbid pages to load anything from other sites, and browsers to guess the type of an answer."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "text/html":
        response.vary.update(("Accept", "Accept-Language", "Cookie"))
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def compress(response: Response) -> Response:
    """Send pages, scripts and styles compressed to browsers that ask for it."""
    if request.method != "GET" or response.status_code != 200 or response.mimetype not in COMPRESSED:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) <= SMALL:
        return response
    response.set_data(gzip.compress(body, 6, mtime=0))
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response
