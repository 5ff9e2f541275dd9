"""The headers that every answer has, and which answers are compressed."""

from __future__ import annotations

from flask import Flask, Response
from flask_compress import Compress

from .synchronous import asked

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
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}
# Types of answers that are compressed: pages and JSON; application/octet-stream is the tensors of a protocol
COMPRESSED = (
    "text/html",
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "application/json",
    "application/octet-stream",
)
MIN_COMPRESSED = 861  # bytes: a smaller answer fits in one network packet, so compression gains nothing

compressor = Compress()


def init_app(app: Flask) -> None:
    """Give every answer its headers."""
    app.after_request(secure)
    app.config.update(
        COMPRESS_MIMETYPES=COMPRESSED,
        COMPRESS_MIN_SIZE=MIN_COMPRESSED,
        COMPRESS_LEVEL=1,  # gzip is for programs, browsers get zstd: 1 MB of probabilities in 10 ms instead of 71
        COMPRESS_DEFLATE_LEVEL=1,
        COMPRESS_REGISTER=False,  # compress() decides which answers
    )
    compressor.init_app(app)
    app.after_request(compress)


def secure(response: Response) -> Response:
    """Forbid pages to load anything from other sites, and browsers to guess the type of an answer."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html":
        response.vary.update(("Accept", "Accept-Language", "Cookie"))
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def compress(response: Response) -> Response:
    """Compress a whole answer in the way that the client prefers."""
    if response.status_code != 200 or response.mimetype not in COMPRESSED:  # 206 is a part of a file
        return response
    request = asked()
    if response.headers.getlist("Vary"):
        response.vary.add("Accept-Encoding")
    else:
        response.headers["Vary"] = "Accept-Encoding"
    if "HTTP_ACCEPT_ENCODING" not in request.environ:
        return response
    if not any(quality for _, quality in request.accept_encodings):  # Flask-Compress would read gzip;q=0 as a wish
        return response
    response.direct_passthrough = False
    response.make_sequence()  # a file would be streamed, without its length
    return compressor.after_request(response)
