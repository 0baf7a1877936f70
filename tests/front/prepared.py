"""moto and the front with an organization in them, built once; each test that asks gets a copy of both.

A copy is a fork of this process: it has all that was built, and nothing that another test changed. Starting and building cost
eight seconds of a processor, a copy a fraction of one.

usage: prepared.py [bare|tiny|small|full] [managed-policies]    without a scale, nothing is built; the latter gives moto's IAM the
managed policies of AWS. Prints a line of JSON when it is ready: what was
built, or null. Then reads lines: {"moto": LOG, "front": LOG} makes a copy and prints {"moto": {"pid", "port"}, "front": …};
{"end": [PID, …]} ends one.
"""

import asyncio
import gc
import json
import os
import queue
import signal
import sys
import threading
import time

import actions
import moto_server
import organization
import policy
from front import Front, serve

# For what served the building to be gone: a fork copies one thread, and locks that others hold stay held.
QUIET_S = 20


def build(scale):
    """The front as it stands after the building, and the description of what was built."""
    moto = moto_server.make()
    ours = threading.Thread(target=moto.serve_forever)
    ours.start()
    front = Front(f"http://127.0.0.1:{moto.server_port}")
    loop, ports = asyncio.new_event_loop(), queue.Queue()
    until = loop.create_future()
    gate = threading.Thread(target=loop.run_until_complete, args=(serve(front, ports.put, until),))
    gate.start()
    try:
        made = organization.build(f"http://127.0.0.1:{ports.get(timeout=QUIET_S)}", scale)
    finally:
        loop.call_soon_threadsafe(until.set_result, None)
        gate.join()
        loop.close()
        moto.shutdown()
        ours.join()
        moto.server_close()
    waited = time.monotonic()
    while threading.active_count() > 1:
        if time.monotonic() - waited > QUIET_S:
            raise RuntimeError(f"still running: {threading.enumerate()}")
        time.sleep(0.01)
    return front, made


def copy(run, log, lifeline):
    """Runs `run(announce)` in a process of its own, and says which and on which port."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        with os.fdopen(read) as told:
            port = told.read()
        if not port:
            raise RuntimeError(f"a copy did not start; see {log}")
        return {"pid": pid, "port": int(port)}
    try:
        alive, held_by_parent = lifeline
        os.close(held_by_parent)
        os.close(read)
        nothing = os.open(os.devnull, os.O_RDWR)
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for descriptor, stands_for in ((nothing, 0), (nothing, 1), (errors, 2)):
            os.dup2(descriptor, stands_for)
        # When the one that was copied ends, however, so does the copy.
        threading.Thread(target=lambda: os._exit(len(os.read(alive, 1))), daemon=True).start()

        def announce(port):
            os.write(write, str(port).encode())
            os.close(write)

        run(announce)
    finally:
        os._exit(1)


def serve_moto(announce):
    server = moto_server.make()
    announce(server.server_port)
    server.serve_forever()


def preload():
    """What each copy would else import and parse for itself: moto's server, and 13 MB of IAM reference."""
    actions.reference()
    policy.managed()
    moto_server.imported()


def main():
    preload()
    moto_server.seed()
    scale = next(iter(set(sys.argv[1:]) - {"managed-policies"}), None)
    front, made = build(scale) if scale else (Front(""), None)
    # What is there is never looked at again by the collector, which would copy every page that it marks.
    gc.collect()
    gc.freeze()
    lifeline = os.pipe()
    print(json.dumps(made), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "end" in asked:
            for pid in asked["end"]:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            continue
        moto = copy(serve_moto, asked["moto"], lifeline)
        front.moto = f"http://127.0.0.1:{moto['port']}"

        def serve_front(announce):
            asyncio.run(serve(front, announce))

        print(json.dumps({"moto": moto, "front": copy(serve_front, asked["front"], lifeline)}), flush=True)


if __name__ == "__main__":
    main()
