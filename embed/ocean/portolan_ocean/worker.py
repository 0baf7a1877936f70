"""The process in which the component runs: one for each resync. component.py says what goes over its pipes.

It is started as a program, so that nothing of Ocean's process is in it but what the pipe says. It ends with its standard input.
"""

import json
import logging
import os
import pathlib
import queue
import sys
import threading

# As a program it has its own folder in the path, not the package's.
sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from portolan_ocean.estates import Estates  # noqa: E402
from portolan_ocean.reading import read  # noqa: E402

# A batch ends at whichever comes first. Ocean starts its pool of mappers anew for each batch, which costs more than mapping a
# hundred items; and it keeps a batch several times over while it maps it.
BATCH_ITEMS = 250
BATCH_BYTES = 2 << 20
# A line with one item, which may be larger than a batch is meant to be. Answers of AWS are limited to 8 MiB.
LINE_BYTES = 8 << 20


class Batches:
    """Collects items, and writes a line when there are enough."""

    def __init__(self, out):
        self.out, self.items, self.bytes = out, [], 0

    def add(self, item):
        """False: the item is larger than a line may be, and was not taken."""
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
        if size > LINE_BYTES:
            return False
        if self.items and self.bytes + size > BATCH_BYTES:
            self.flush()
        self.items.append(text)
        self.bytes += size
        if len(self.items) == BATCH_ITEMS:
            self.flush()
        return True

    def flush(self):
        # Waits while Ocean has not taken what was written before: that is the back-pressure.
        if self.items:
            self.out.write('{"items":[' + ",".join(self.items) + "]}\n")
            self.out.flush()
        self.items, self.bytes = [], 0


def lines(stream):
    """The lines of a stream, by a thread that ends this process with the stream: who asked is gone."""
    waiting = queue.SimpleQueue()

    def listen():
        for line in stream:
            waiting.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield json.loads(waiting.get())


def main():
    # What is printed by accident must not get between the lines.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    asked = lines(sys.stdin)
    job = next(asked)
    with Estates(job["settings"], job["wanted"]) as estates:
        for command in asked:
            batches = Batches(out)
            failures = read(estates, command["read"], batches.add)
            batches.flush()
            out.write(json.dumps({"end": failures}) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
