#!/usr/bin/env python3
"""Sets up and runs what there is to run here. Needs Python 3.11 with venv, and a package index once.

usage: dev.py example [ARGUMENT…]    the example against moto
       dev.py test [ARGUMENT…]       the tests (pytest's arguments)
       dev.py measure [ARGUMENT…]    resources per second and processor time for each, against moto
       dev.py check                  mypy --strict and ruff
       dev.py wheel                  builds the wheel, installs it into a fresh environment, and runs the example with it

The environment is target/python/embed; the components are made by cargo where target/components does not have them, or taken from
the folder that PORTOLAN_COMPONENTS names.
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PYTHONS = TARGET / "python"
PROJECT = HERE / "pyproject.toml"
PIP = ["-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet"]


def run(*command: object, **more: object) -> None:
    """Runs it, and ends with its status where that is not 0."""
    status = subprocess.run([str(part) for part in command], cwd=HERE, **more).returncode  # type: ignore[call-overload]
    if status:
        sys.exit(status)


def fresh(name: str) -> pathlib.Path:
    """The interpreter of a new environment."""
    folder = PYTHONS / name
    shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "venv", folder)
    return folder / "bin" / "python"


def environment() -> pathlib.Path:
    """The interpreter of the environment with this package, editable, and its tools; made anew when pyproject.toml changes."""
    folder = PYTHONS / "embed"
    stamp = folder / "pyproject.toml"
    wanted = PROJECT.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print("dev: making an environment, once; this takes a minute", file=sys.stderr)
        python = fresh("embed")
        run(python, *PIP, "install", "--editable", f"{HERE}[dev]")
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin" / "python"


def components() -> None:
    """Makes the components where they are missing."""
    if os.environ.get("PORTOLAN_COMPONENTS"):
        return
    folder = ROOT / "target" / "components"
    if not all((folder / name).is_file() for name in ("portolan.wasm", "portolan-guard.wasm")):
        print("dev: building the components, once; this takes some minutes", file=sys.stderr)
        made = subprocess.run(["cargo", "run", "--quiet", "--package", "portolan-dist", "--", str(folder)], cwd=ROOT).returncode
        if made:
            sys.exit("dev: the components could not be built (see above); name a folder that has them in PORTOLAN_COMPONENTS")


def with_moto(*command: object, estate: str = "small") -> None:
    run(sys.executable, ROOT / "embed" / "with_moto.py", "--estate", estate, "--", *command)


def wheel() -> None:
    """The wheel, outside the checkout's sight: the components have to be in it."""
    folder = TARGET / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    run(environment(), "-m", "build", "--wheel", "--outdir", folder, HERE, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("portolan-*.whl")
    python = fresh("wheel")
    run(python, *PIP, "install", built)
    os.environ.pop("PORTOLAN_COMPONENTS", None)
    print(f"dev: {built.name}, {built.stat().st_size:,} bytes, installed into {python.parents[1]}", file=sys.stderr)
    with_moto(python, "-I", HERE / "example.py", estate="tiny")


def main() -> None:
    what, *rest = sys.argv[1:] or [""]
    if what not in ("example", "test", "measure", "check", "wheel"):
        sys.exit(__doc__)
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Run dev.py with a newer one.")
    components()
    if what == "wheel":
        return wheel()
    python = environment()
    if what == "check":
        run(python, "-m", "mypy")
        run(python, "-m", "ruff", "check", ".")
    elif what == "test":
        with_moto(python, "-m", "pytest", *rest)
    else:
        with_moto(python, HERE / f"{what}.py", *rest, estate="full" if what == "measure" else "small")


if __name__ == "__main__":
    main()
