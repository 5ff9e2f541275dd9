"""From pictures and a classifier to answers, alike for the server, for folders and for programs."""

from .reader import Reader

__all__ = ("Reader",)
