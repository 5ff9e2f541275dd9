"""Pages of other sites that may ask the API from a browser: DIGITS_ORIGINS, none by default.

Not Flask-CORS 6.0.5: it takes an IPv6 site such as http://[::1]:8080 for a regular expression, leaves Vary: Origin out
of answers without an Origin, which caches may then give to the sites allowed, and costs 25 of 320 microseconds a
request.
"""

from __future__ import annotations

from flask import Flask, Response, request

METHODS = "GET, POST, PUT, DELETE"
REQUEST_HEADERS = "Content-Type, Content-Encoding, Inference-Header-Content-Length, X-Request-ID"
EXPOSED = "Inference-Header-Content-Length, Retry-After, X-Request-ID"
MAX_AGE = 3600  # seconds that a browser remembers the answer


def init_app(app: Flask, origins: str) -> None:
    """Let the pages of some sites ask.

    Args:
        origins: "*" or sites separated by commas.
    """
    allowed = frozenset(origins.split(","))

    def allow_origin(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.vary.add("Origin")
        if origin is None or not allowed & {"*", origin}:
            return response
        response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
            response.headers["Access-Control-Max-Age"] = str(MAX_AGE)
        return response

    app.after_request(allow_origin)
