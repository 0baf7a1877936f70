"""Ends this process when the one that started it is gone: its end of our standard input closes, however it died."""

import os
import sys
import threading


def follow():
    """Watches standard input on a thread of its own."""

    def watch():
        while sys.stdin.buffer.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def announce(port):
    """Tells the parent which port it may use; nothing else is ever written to standard output."""
    print(f"port {port}", flush=True)
