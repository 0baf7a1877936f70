"""The compiled form on disk, and what is found where."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from wasmtime.component import Component

import portolan
from portolan import compiled, components, runtime


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def load(folder: Path | None) -> object:
    """As a process that has not compiled it yet."""
    code = components.find(components.GUARD).read_bytes()
    return compiled.load(runtime.runtime().engine, code, "settings of a test", folder)


def test_it_is_kept_for_this_user_alone_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache" / "portolan"
    load(folder)
    (kept,) = files(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with monkeypatch.context() as patched:
        # What compiles is gone: it can only have been read.
        patched.setattr(compiled, "Component", type("Read", (), {"deserialize_file": Component.deserialize_file}))
        assert load(folder)
    kept.write_bytes(b"\x7fELF of another make")
    load(folder)
    assert kept.stat().st_size > 100_000, "what does not load is compiled anew"


def test_it_is_not_taken_from_where_others_may_write(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    load(folder)
    assert files(folder) == []
    assert "chmod 700" in caplog.text
    folder.chmod(0o700)
    load(folder)
    (kept,) = files(folder)
    made = kept.stat().st_ino
    kept.chmod(0o666)
    load(folder)
    (kept,) = files(folder)
    assert kept.stat().st_ino != made, "a file that others may write is replaced, not read"
    target = tmp_path / "elsewhere"
    kept.rename(target)
    kept.symlink_to(target)
    load(folder)
    assert not kept.is_symlink()


def test_a_folder_that_cannot_be_had_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert load(tmp_path / "file" / "portolan")
    assert load(None)


def test_components_are_found_where_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTOLAN_COMPONENTS", os.fspath(tmp_path))
    with pytest.raises(portolan.ComponentError, match="PORTOLAN_COMPONENTS"):
        components.find(components.PORTOLAN)
    (tmp_path / components.PORTOLAN).write_bytes(b"")
    assert components.find(components.PORTOLAN).parent == tmp_path


def test_the_description_needs_no_credentials() -> None:
    kinds = portolan.describe()["kinds"]
    assert len(kinds) > 200
    assert {kind["tier"] for kind in kinds} == {"core", "more", "heavy"}
