"""Processes and sockets: gunicorn's arbiter, its gevent worker, and what each of them promises. Knows no digits."""
