"""Looks for bytes that the server does not expect: python -m tests.fuzz TARGET..."""
