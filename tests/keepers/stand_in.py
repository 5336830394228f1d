"""Started in place of `storage.chroma_keeper`: brings the bot's connection to the nursery, and ends as the keeper ends
that is forked there. `python -IS stand_in.py ADDRESS FD`
"""

import os
import signal
import socket
import sys

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as nursery:
        nursery.connect(sys.argv[1])
        connection = int(sys.argv[2])
        socket.send_fds(nursery, [b"."], [connection])
        os.close(connection)
        status = int.from_bytes(nursery.recv(4), "big", signed=True)
    if status < 0:
        os.kill(os.getpid(), -status)
    os._exit(status)
