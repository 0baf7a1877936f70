"""WebAssembly with its limits: the engine, compiled components, and calls into an instance of one.

There is one engine in a process, since it holds the compiled code and a thread that measures time. A process that was forked
has the code and not the thread, so that it is given an engine of its own, and instances of the parent's refuse to run there.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import wasmtime
from wasmtime.component import Component, ExportIndex, Func, Linker, Record, Variant

from . import compiled
from .errors import ComponentError, GuestError, PortolanError
from .limits import CALL_CPU_S, CALL_S, MEMORY_BYTES
from .text import printable

log = logging.getLogger(__name__)

TICK_S = 0.05
"""How often the engine's epoch moves: the grain at which a busy call is stopped."""
_STACK_BYTES = 512 << 10
"""Stack of the component's own; threads that Python starts have 8 MiB, or 128 KiB with some C libraries, where it is less."""
_TABLE_ELEMENTS = 20_000
"""A component's table holds its function pointers, some thousands."""
_INSTANCES = 10
"""Core instances, tables and memories of one component: its module and small ones by which imports are called."""
_SETTINGS = f"epochs, stack {_STACK_BYTES}"


class Rec(Record):
    """A record of an interface, its fields named as they are there (`page-bytes`)."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields)


def fields(record: Any) -> dict[str, Any]:
    """A record's fields by their names."""
    found: dict[str, Any] = vars(record)
    return found


class Runtime:
    """The engine of this process, and the components that it has compiled."""

    def __init__(self) -> None:
        config = wasmtime.Config()
        config.wasm_component_model = True
        config.epoch_interruption = True
        config.max_wasm_stack = _STACK_BYTES
        self.engine = wasmtime.Engine(config)
        self.pid = os.getpid()
        self._components: dict[tuple[bytes, Path | None], Component] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._tick, name="portolan-clock", daemon=True).start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK_S)
            self.engine.increment_epoch()

    def component(self, file: Path, cache: Path | None) -> Component:
        """Compiles a component, once in this process."""
        try:
            code = file.read_bytes()
        except OSError as error:
            raise ComponentError(f"{file}: {error.strerror}") from None
        with self._lock:
            known = self._components.get((code, cache))
            if known is None:
                known = self._components[code, cache] = compiled.load(self.engine, code, _SETTINGS, cache)
            return known


@functools.cache
def _runtime(pid: int) -> Runtime:
    return Runtime()


def runtime() -> Runtime:
    """This process's."""
    return _runtime(os.getpid())


class Program:
    """A component that imports nothing but what it is given here, and the functions of one of its interfaces."""

    def __init__(self, file: Path, cache: Path | None, functions: Mapping[str, Sequence[str]], imports: Mapping[str, Mapping[str, Callable[..., Any]]]) -> None:
        self.runtime = runtime()
        self.component = self.runtime.component(file, cache)
        foreign = [name for name in self.component.type.imports(self.runtime.engine) if name not in imports]
        if foreign:
            allowed = " and ".join(imports) or "nothing"
            raise ComponentError(f"{file} imports {', '.join(foreign)}, which the sandbox does not give; it may import {allowed}")
        self.linker = Linker(self.runtime.engine)
        with self.linker.root() as root:
            for interface, given in imports.items():
                with root.add_instance(interface) as at:
                    for name, function in given.items():
                        at.add_func(name, function)
        self.exports: dict[str, ExportIndex] = {}
        for interface, names in functions.items():
            index = self.component.get_export_index(interface)
            for name in names:
                found = index and self.component.get_export_index(name, index)
                if not found:
                    raise ComponentError(f"{file} does not export {name} of {interface}: it was built for another version of the interface")
                self.exports[name] = found


_running = threading.local()


def running() -> Sandbox:
    """The instance whose call has led here. A call and the imports that it calls have one thread."""
    sandbox: Sandbox = _running.sandbox
    return sandbox


class Sandbox:
    """One instance. It makes one call at a time; after a call that failed it makes no more."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.dead = False
        self.said: str | None = None
        """What it logged as an error: a panic's message, which its trap does not carry."""
        self.stopped_by: str | None = None
        """The limit of ours that ended the call."""
        self._interrupted: BaseException | None = None
        self._began = 0.0
        self._functions: dict[str, Func] = {}
        self._store = wasmtime.Store(program.runtime.engine)
        self._store.set_limits(MEMORY_BYTES, _TABLE_ELEMENTS, _INSTANCES, _INSTANCES, _INSTANCES)
        self._start_clock()
        try:
            self._instance = program.linker.instantiate(self._store, program.component)
        except wasmtime.WasmtimeError as error:
            raise GuestError(f"the component cannot be started: {_reason(error)}", "limit") from None

    def call(self, name: str, *arguments: Any) -> Any:
        """Calls an exported function; `result`s come as a `Variant` with the tag `ok` or `err`."""
        if self.program.runtime.pid != os.getpid():
            raise PortolanError("this was made before the process was forked; make an Estate in the process that uses it")
        if self.dead:
            raise GuestError("the instance is gone after an earlier failure")
        function = self._functions.get(name)
        if function is None:
            function = self._instance.get_func(self._store, self.program.exports[name])
            if function is None:
                raise ComponentError(f"{name} is not a function of the component")
            self._functions[name] = function
        self.said = self.stopped_by = self._interrupted = None
        self._began = time.thread_time()
        # Until it has come to its end. Whatever ends it otherwise, Ctrl-C included, leaves it unfit for another.
        self.dead = True
        outer, _running.sandbox = getattr(_running, "sandbox", None), self
        self._start_clock()
        try:
            answer = function(self._store, *arguments)
            function.post_return(self._store)
        except wasmtime.WasmtimeError as error:
            if self._interrupted is not None:
                raise self._interrupted from None
            raise self._why(error) from None
        finally:
            _running.sandbox = outer
        self.dead = False
        return answer

    def hosted(self, function: Callable[[], Any]) -> Any:
        """Runs what an import does. Its time is not the component's, and nothing is raised through WebAssembly but a trap.

        wasmtime keeps the exception of a callback in a variable of the process, where another thread's call finds it. Only
        errors of its own type escape that, so those alone leave this.
        """
        try:
            # A component that goes on asking never runs long at a stretch.
            if time.thread_time() - self._began > CALL_CPU_S:
                raise Limit(f"the component used more than {CALL_CPU_S:.0f} s of processor time in one call")
            return function()
        except Limit as limit:
            self.stopped_by = str(limit)
            raise wasmtime.WasmtimeError(str(limit)) from None
        except BaseException as error:
            self._interrupted = error
            raise wasmtime.WasmtimeError("stopped") from None
        finally:
            self._start_clock()

    def close(self) -> None:
        """Frees its memory, now instead of when it is collected."""
        self.dead = True
        self._store.close()

    def _start_clock(self) -> None:
        self._store.set_epoch_deadline(round(CALL_S / TICK_S))

    def _why(self, error: wasmtime.WasmtimeError) -> GuestError:
        reason = _reason(error)
        if self.stopped_by:
            return GuestError(self.stopped_by, "limit")
        if "interrupt" in reason:
            return GuestError(f"the component ran for more than {CALL_S:.0f} s without an answer", "limit")
        if self.said:
            return GuestError(f"the component stopped: {self.said}")
        hint = f" (a fault in it, or more than {MEMORY_BYTES >> 20} MiB of memory)" if "unreachable" in reason else ""
        return GuestError(f"the component stopped: {reason}{hint}")


class Limit(Exception):
    """A limit of the sandbox was passed inside an import: the call traps."""


def _reason(error: wasmtime.WasmtimeError) -> str:
    """The innermost cause. What wasmtime prints above it is a trace of functions without names."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return printable(lines[-1] if lines else "no reason given")


def is_ok(answer: Any) -> bool:
    """Whether a `result` is one; a result that holds two records comes with its tag."""
    return isinstance(answer, Variant) and answer.tag == "ok"
