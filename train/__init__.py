"""Teach networks to read digits, offline, and leave them as model folders for the server."""
