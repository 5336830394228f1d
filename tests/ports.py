"""Ports that nobody listens on, for servers of tests that have to be told theirs."""

import random
import socket

LOWEST, HIGHEST = 20_000, 32_000
"""Below 32,768, from where Linux gives every outgoing connection a port of its own: a port of those that is free now
may be some connection's a moment later, even that of the very connection which looks whether somebody listens there."""


def free_port() -> int:
    """Free now, and most likely still free when it is used: of twelve thousand two workers take a dozen each."""
    for _ in range(100):
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
