"""The component's process, as Ocean's side sees it.

To it goes a line of settings (`peer.settings` and what each resource of the mapping asks for), then a line {"read": N} for
each resource of the mapping that Ocean comes to. From it come lines {"items": […]} and at last {"end": [what was not read whole]}.
Credentials go over the pipe: neither arguments nor the environment have them.
"""

import asyncio
import collections
import json
import os
import pathlib
import sys

from loguru import logger

# The longest line that the process writes (worker.LINE_BYTES) and room for its frame. Twice this is all that waits here: asyncio
# stops reading then, and the process stops writing, so that nothing is read ahead of what Ocean has loaded.
LINE_MAX = 9 << 20
# What an error repeats of what the process said before it ended.
LAST_WORDS = 20
# Of so many failures the error names each; of the rest it gives the number.
NAMED_MAX = 50
WORKER = pathlib.Path(__file__).resolve().parent / "worker.py"


class NotWhole(Exception):
    """A part of a kind that was not read, or not to its end. Ocean deletes nothing in a resync in which one was raised."""


class ComponentEnded(Exception):
    """The process in which the component runs has ended before it was done."""


class Component:
    """A process with the component in it, for one resync."""

    def __init__(self, resync, process):
        self.resync = resync
        self.process = process
        self.busy = False
        self.said = collections.deque(maxlen=LAST_WORDS)
        self.listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, resync, settings, wanted):
        """A new process that knows what the mapping asks for. A new interpreter: never a fork of this one."""
        # Port's credentials are none of its business.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OCEAN__")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            WORKER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=LINE_MAX,
            # A Ctrl-C at the terminal is Ocean's to answer.
            start_new_session=True,
        )
        component = cls(resync, process)
        await component._write({"settings": settings, "wanted": wanted})
        return component

    async def read(self, index):
        """What there is of a resource of the mapping, in batches.

        Raises, after the last batch, an ExceptionGroup of `NotWhole` where something is missing; `ComponentEnded` where the process ended.
        """
        self.busy = True
        await self._write({"read": index})
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if "end" in said:
                self.busy = False
                raise_for(said["end"])
                return
            yield said["items"]
        status = await self.process.wait()
        await self.listener
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        words = "\n".join(self.said) or "it said nothing"
        raise ComponentEnded(f"the component's process {how} while it read; the next kind gets a new one. Its last words:\n{words}")

    async def stop(self):
        """Ends the process, whatever it is doing."""
        if self.process.returncode is None:
            self.process.kill()
        # asyncio says that a process has ended when its pipes have, and it does not read one that it has paused: what was read
        # ahead has to be taken, or an aborted resync would wait here for ever.
        while await self.process.stdout.read(LINE_MAX):
            pass
        await self.process.wait()
        await self.listener

    async def _write(self, said):
        try:
            self.process.stdin.write(json.dumps(said).encode() + b"\n")
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            # It has ended; reading from it says how.
            pass

    async def _listen(self):
        try:
            while line := await self.process.stderr.readline():
                text = line.decode(errors="replace").rstrip()
                self.said.append(text)
                # Not as a format: what it says may have braces.
                logger.info("component: {}", text)
        except ValueError:
            logger.warning("component: a line of its log was too long; no more of it is shown")


def raise_for(failures):
    if not failures:
        return
    errors = [NotWhole(failure) for failure in failures[:NAMED_MAX]]
    if len(failures) > NAMED_MAX:
        errors.append(NotWhole(f"and {len(failures) - NAMED_MAX} more"))
    raise ExceptionGroup(f"not read whole, so nothing is deleted in this resync: {'; '.join(map(str, errors[:3]))}", errors)
