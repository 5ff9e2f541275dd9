"""Corrections: the comparison, the database, and the way of a correction through the server."""
