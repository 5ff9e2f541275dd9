"""What can go wrong: one class a kind of failure, with the status and the stable word that it is answered with.

The code that finds a failure raises it with a sentence that says what was expected and what came; it does not know how
the failure is answered.
"""

from __future__ import annotations

from typing import ClassVar

OPENCV_NO_MEMORY = -4  # code of a cv2.error. Source: OpenCV, cv::Error::StsNoMem


class DigitsError(Exception):
    """Carry a sentence for the person who can act on it, and the status and code it is answered with."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after = 1  # seconds that a client should wait, where the status is 429 or 503


class BadRequest(DigitsError):
    """The request does not say what it should."""

    status = 400
    code = "bad_request"


class CorrectionsOff(DigitsError):
    """No corrections are kept here."""

    status = 403
    code = "corrections_off"


class NotFound(DigitsError):
    """The path or the model named does not exist."""

    status = 404
    code = "not_found"


class MethodNotAllowed(DigitsError):
    """The path exists, the method does not."""

    status = 405
    code = "method_not_allowed"


class TooLarge(DigitsError):
    """Too many bytes, pixels or pictures."""

    status = 413
    code = "too_large"


class UnsupportedFormat(DigitsError):
    """The bytes are not a picture in a format that we read."""

    status = 415
    code = "unsupported_format"


class NoInk(DigitsError):
    """The picture is blank."""

    status = 422
    code = "no_ink"


class Unreadable(DigitsError):
    """The picture is truncated or damaged."""

    status = 422
    code = "unreadable"


class TooManyRequests(DigitsError):
    """One client asks more often than the server allows."""

    status = 429
    code = "too_many_requests"


class Overloaded(DigitsError):
    """The server has more to do than it can answer in time."""

    status = 503
    code = "overloaded"


class OutOfMemory(Overloaded):
    """A picture needs more memory than there is now."""

    def __init__(self) -> None:
        """Say what to do; what the picture took is free again."""
        super().__init__("There is too little memory for this now. Try again, or send less at once.")


class NotReady(DigitsError):
    """The models are not loaded yet, or the server is going away."""

    status = 503
    code = "not_ready"


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception is Python's or OpenCV's for a lack of memory."""
    return isinstance(error, MemoryError) or getattr(error, "code", None) == OPENCV_NO_MEMORY


def describe(error: DigitsError) -> dict[str, str]:
    """Return the JSON object that tells a client what went wrong."""
    return {"error": str(error), "code": error.code}
