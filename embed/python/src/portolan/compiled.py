"""Compiled code as files of our own: loaded in a millisecond or two, compiled in seconds.

Such a file is trusted as code, so it is read only from a folder that belongs to this user and is closed to others (0700), and
written there whole (a temporary name, then a rename). Where there is no such folder, the component is compiled for this
process alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

import wasmtime
from wasmtime.component import Component

from .errors import ComponentError

log = logging.getLogger(__name__)


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/portolan`, or `~/.cache/portolan`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portolan"


def load(engine: wasmtime.Engine, code: bytes, settings: str, cache: Path | None) -> Component:
    """The component, from the cache or compiled and put there. `settings` are those of the engine."""
    folder = _own_folder(cache) if cache else None
    file = folder / _name(code, settings) if folder else None
    if file is not None:
        known = _read(engine, file)
        if known is not None:
            return known
    try:
        component = Component(engine, code)
    except wasmtime.WasmtimeError as error:
        raise ComponentError(f"the component does not load: {error}") from None
    if file is not None:
        try:
            _write(file, component.serialize())
        except OSError as error:
            log.debug("compiled code is not kept: %s", error)
    return component


def _name(code: bytes, settings: str) -> str:
    """Another component, wasmtime, processor or setting: another name. wasmtime itself checks all of them but the first."""
    place = f"{version('wasmtime')} {platform.system()} {platform.machine()} {settings}"
    return f"{hashlib.sha256(code).hexdigest()}-{hashlib.sha256(place.encode()).hexdigest()[:16]}.cwasm"


def _read(engine: wasmtime.Engine, file: Path) -> Component | None:
    try:
        found = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        return None
    try:
        return Component.deserialize_file(engine, str(file))
    except wasmtime.WasmtimeError as error:
        log.debug("compiled code of another make: %s", error)
        return None


def _write(file: Path, code: bytes | bytearray) -> None:
    # mkstemp gives 0600, and a name that nobody else writes to.
    handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(code)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _own_folder(folder: Path) -> Path | None:
    """The folder, made if need be, if it is ours and closed to others."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        log.debug("no folder for compiled code: %s", error)
        return None
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        log.warning("%s is open to others; compiled code is not taken from there (chmod 700 it)", folder)
        return None
    return folder
