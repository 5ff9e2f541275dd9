"""Train networks to read digits, offline, and save them as model folders for the server."""
