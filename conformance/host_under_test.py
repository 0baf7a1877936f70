"""The host under test: a process that answers calls in JSON Lines over its standard input and output (README.md)."""

import collections
import itertools
import json
import os
import subprocess
import threading

# A call that takes longer has hung: the longest that a case waits for is a host's own limit of processor time.
ANSWER_MAX_S = 90
# How long a host may take to end once its input has ended.
END_MAX_S = 10
# How much of what it wrote to its standard error is kept, in lines.
STDERR_LINES = 2000


class HostGone(Exception):
    """It ended, or did not answer in time; what it last wrote is in the message."""


class Host:
    """A running adapter. Calls may be in flight side by side; each is answered under its id."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.said = collections.deque(maxlen=STDERR_LINES)
        self.lines = collections.deque(maxlen=STDERR_LINES)
        self.waiting: dict[int, "Place"] = {}
        self.ids = itertools.count(1)
        self.lock = threading.Lock()
        # Whoever runs the kit may have an identity of AWS's; the host under test must not find it.
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**own, **environment}, text=True, encoding="utf-8", errors="replace")
        self.threads = [threading.Thread(target=read, daemon=True) for read in (self.read_answers, self.read_stderr)]
        for thread in self.threads:
            thread.start()

    def read_stderr(self) -> None:
        for line in self.process.stderr:
            self.said.append(line)

    def read_answers(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            try:
                answer = json.loads(line)
            except ValueError:
                self.said.append(f"not JSON on standard output: {line[:200]}\n")
                continue
            with self.lock:
                place = self.waiting.pop(answer.get("id"), None)
            if place:
                place.put(answer)
        with self.lock:
            for place in self.waiting.values():
                place.put(None)
            self.waiting.clear()

    def begin(self, call: str, args: dict) -> "Place":
        """Sends a call; its answer comes in the place that is given back."""
        place = Place()
        number = next(self.ids)
        with self.lock:
            self.waiting[number] = place
        try:
            with self.lock:
                self.process.stdin.write(json.dumps({"id": number, "call": call, "args": args}) + "\n")
                self.process.stdin.flush()
        except OSError as error:
            raise HostGone(f"the host takes no calls any more ({error}): {self.tail()}") from error
        return place

    def call(self, call: str, args: dict) -> dict:
        return self.end(self.begin(call, args), call)

    def end(self, place: "Place", call: str) -> dict:
        if not place.arrived.wait(ANSWER_MAX_S):
            raise HostGone(f"{call} was not answered within {ANSWER_MAX_S} s: {self.tail()}")
        if place.value is None:
            raise HostGone(f"the host ended during {call} (exit status {self.process.poll()}): {self.tail()}")
        return place.value

    def written(self) -> str:
        """All that it has let out."""
        return "".join([*self.lines.copy(), *self.said.copy()])

    def tail(self) -> str:
        return "".join(list(self.said.copy())[-15:]).strip() or "it wrote nothing to its standard error"

    def stop(self) -> "str | None":
        """Ends it; what is wrong with how it ended, if anything."""
        wrong = None
        try:
            self.process.stdin.close()
            self.process.wait(END_MAX_S)
        except (OSError, subprocess.TimeoutExpired):
            wrong = f"it did not end within {END_MAX_S} s after its input had"
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join(END_MAX_S)
        return wrong


class Place:
    """A place for one answer."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.value: "dict | None" = None

    def put(self, value: "dict | None") -> None:
        self.value = value
        self.arrived.set()
