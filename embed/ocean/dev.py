#!/usr/bin/env python3
"""Sets up what this integration needs, and runs its example or its tests against moto and a server that stands for Port.

usage: dev.py example [KIND…]    one resync of an organization in moto, and what came of it
       dev.py test [PYTEST…]     the tests; what follows goes to pytest
       dev.py measure [TIMES]    resyncs of a larger organization, measured

Needs Python 3.12 or newer (as Ocean does; PORTOLAN_PYTHON names one) and a package index once: environments are made under
target/python. The components are those of PORTOLAN_COMPONENTS, else of target/components, where cargo makes them.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# The version of Ocean that the peer was read in, and the last one that could fork a process for each kind.
OCEAN, OCEAN_THAT_FORKS = "0.48.12", "0.46.6"
PACKAGES = ["pytest==9.2.0"]
# Written last, so that an environment whose making was interrupted is not taken for a finished one.
STAMP = "portolan-pins.txt"


def environment(ocean):
    """The interpreter of an environment with this version of Ocean and the package `portolan` of this checkout."""
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "python" / f"ocean-{ocean}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = folder / "bin/python"
    package = ROOT / "embed/python"
    pins = "\n".join([f"port_ocean=={ocean}", *PACKAGES, (package / "pyproject.toml").read_text(encoding="utf-8")])
    with open(f"{folder}.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / STAMP
        if stamp.exists() and stamp.read_text(encoding="utf-8") == pins:
            return python
        print(f"dev.py: making an environment with Ocean {ocean}, once; this takes a minute", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([interpreter(), "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, f"port_ocean=={ocean}", *PACKAGES, "--editable", package], check=True)
        stamp.write_text(pins, encoding="utf-8")
    return python


def interpreter():
    """A Python that Ocean runs on."""
    # pyenv puts a python3.12 into PATH that does not run unless it is the chosen one; those that it has installed do.
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    installed = [str(path) for minor in ("3.12", "3.13") for path in sorted(pyenv.glob(f"{minor}.*/bin/python"), reverse=True)]
    wanted = [os.environ.get("PORTOLAN_PYTHON"), sys.executable, "python3.12", "python3.13", *installed]
    for name in filter(None, wanted):
        path = shutil.which(name)
        asked = "import sys; sys.exit(sys.version_info < (3, 12))"
        if path and subprocess.run([path, "-c", asked], stderr=subprocess.DEVNULL).returncode == 0:
            return path
    raise SystemExit("dev.py: Ocean needs Python 3.12 or newer; install one, or name it in PORTOLAN_PYTHON")


def components():
    """Makes the components where they are missing."""
    if os.environ.get("PORTOLAN_COMPONENTS"):
        return
    folder = ROOT / "target/components"
    if not all((folder / name).is_file() for name in ("portolan.wasm", "portolan-guard.wasm")):
        print("dev.py: building the components, once; this takes some minutes", file=sys.stderr)
        subprocess.run(["cargo", "run", "--quiet", "--package", "portolan-dist", "--", folder], cwd=ROOT, check=True)


def beside_moto(estate, command, **more):
    components()
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more}
    return subprocess.run([sys.executable, ROOT / "embed/with_moto.py", "--estate", estate, "--", *command], env=variables, cwd=HERE).returncode


def main():
    match sys.argv[1:]:
        case ["example", *options]:
            return beside_moto("small", [environment(OCEAN), HERE / "example.py", *options])
        case ["measure", *options]:
            return beside_moto("full", [environment(OCEAN), HERE / "measure.py", *options])
        case ["test", *options]:
            forks = environment(OCEAN_THAT_FORKS)
            return beside_moto("small", [environment(OCEAN), "-m", "pytest", *options], PORTOLAN_OCEAN_THAT_FORKS=str(forks))
    print(__doc__, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
