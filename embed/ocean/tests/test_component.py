"""The pipe between Ocean and the component's process, with programs in its place that do what no test can make the real one do."""

import asyncio
import io
import json
import pickle
import re
import textwrap
import time

import pytest

from portolan_ocean import component, worker
from portolan_ocean.component import Component, ComponentEnded, NotWhole, raise_for


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program in the worker's place."""

    def put(text):
        path = tmp_path / "program.py"
        path.write_text("import json, sys, time\nsys.stdin.readline(); sys.stdin.readline()\n" + textwrap.dedent(text))
        monkeypatch.setattr(component, "WORKER", path)

    return put


async def first(text, batches=1):
    """Reads so many batches of a program, waits, and says how many it has written by then."""
    process = await Component.start("resync", {}, [])
    try:
        reading = process.read(0)
        for _ in range(batches):
            await anext(reading)
        await asyncio.sleep(2)
        return int(process.said[-1])
    finally:
        await process.stop()


def test_nothing_is_read_far_ahead_of_what_ocean_has_taken(program):
    program("""
        line = json.dumps({"items": [{"x": "y" * 1_000_000}]}) + "\\n"
        for number in range(1000):
            sys.stdout.write(line)
            sys.stdout.flush()
            print(number, file=sys.stderr, flush=True)
    """)
    written = asyncio.run(first(program))
    # Twice the longest line waits in asyncio, and what the pipe holds.
    assert 1 <= written <= 2 * component.LINE_MAX // 1_000_000 + 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print('out of memory', file=sys.stderr); sys.exit(3)", "ended with status 3 while it read.*out of memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9.*it said nothing"),
        ("print('{\"items\": [{}]}', flush=True); sys.exit(0)", "ended with status 0 while it read"),
        ("print('not JSON', flush=True); time.sleep(60)", "Expecting value"),
        ("print('x' * (10 << 20), flush=True); time.sleep(60)", "limit"),
    ],
)
def test_a_process_that_does_not_do_what_it_should_is_an_error_and_no_end(program, text, says):
    program(text)

    async def read():
        process = await Component.start("resync", {}, [])
        try:
            return [batch async for batch in process.read(0)]
        finally:
            assert process.busy
            await process.stop()

    began = time.monotonic()
    with pytest.raises(Exception) as raised:
        asyncio.run(read())
    assert re.search(says, str(raised.value), re.DOTALL) and time.monotonic() - began < 30


def test_batches_are_bounded_by_items_and_by_bytes():
    out = io.StringIO()
    batches = worker.Batches(out)
    small, large = {"x": 1}, {"x": "é" * (worker.BATCH_BYTES // 5)}
    for item in [small] * (worker.BATCH_ITEMS + 1) + [large] * 3:
        assert batches.add(item)
    assert not batches.add({"x": "y" * worker.LINE_BYTES})
    batches.flush()
    lines = [json.loads(line)["items"] for line in out.getvalue().splitlines()]
    assert [len(items) for items in lines] == [worker.BATCH_ITEMS, 3, 1]
    assert lines[1] == [small, large, large]


def test_errors_name_each_failure_up_to_a_number_and_cross_between_ocean_s_processes():
    raise_for([])
    with pytest.raises(ExceptionGroup) as raised:
        raise_for([f"unit {number}" for number in range(component.NAMED_MAX + 7)])
    assert len(raised.value.exceptions) == component.NAMED_MAX + 1 and "and 7 more" in str(raised.value.exceptions[-1])
    again = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(again.exceptions[0], NotWhole) and str(again.exceptions[0]) == "unit 0"
    assert str(pickle.loads(pickle.dumps(ComponentEnded("it ended")))) == "it ended"
