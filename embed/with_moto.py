#!/usr/bin/env python3
"""Runs a command beside moto with an organization in it, as the tests of all hosts need it.

usage: with_moto.py [--estate bare|tiny|small|full] -- COMMAND…

The organization (seven accounts below nested units, three regions; tests/front/organization.py) stands behind the front, which
checks every signature, evaluates trusts and policies, and keeps a log of the calls (tests/front/README.md). COMMAND finds
in its environment what an SDK or the binary would:

  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL     whoever may assume the roles, and the front as AWS
  PORTOLAN_ROLE_ARN, PORTOLAN_EXTERNAL_ID     the role that lists the organization and names the members' roles
  PORTOLAN_FRONT     the control URL: GET {}/calls, POST {}/rules, POST {}/config
  PORTOLAN_ORGANIZATION     what was built, as JSON: accounts by name, units, the planted secrets

Needs Python 3.10 with venv, and a package index once: moto's environment is made under target/python, as `cargo test` makes it.
Whatever happens to this process, the servers end with it. Gives COMMAND's exit status; 1 where moto does not start.
"""

import argparse
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "guest/generator/requirements.txt"
# The tests' name for it: written last, so that an environment whose making was interrupted is not taken for a finished one.
STAMP = "portolan-pins.txt"
# A process that was asked to end and does not is ended after this long.
STOP_S = 10


def interpreter():
    """The interpreter of the environment that runs moto: the one that `cargo test` makes, under the same lock."""
    root = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "python"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / "moto"
    python = folder / "bin" / "python"
    pins = REQUIREMENTS.read_text(encoding="utf-8")
    with open(root / "moto.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / STAMP
        if stamp.exists() and stamp.read_text(encoding="utf-8") == pins and python.exists():
            return python
        print("with_moto: making an environment for moto, once; this takes a minute or two", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        quiet = ["-m", "pip", "--no-input", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([python, *quiet, "--requirement", REQUIREMENTS], check=True)
        stamp.write_text(pins, encoding="utf-8")
    return python


def without_aws(environment):
    """Nothing of the machine's own AWS settings may reach moto, or COMMAND."""
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "MOTO_", "PORTOLAN_ROLE", "OCEAN__"))}


class Servers:
    """moto and the front before it, with an organization in them."""

    def __init__(self, estate, logs):
        environment = {
            **without_aws(os.environ),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        # Copies are SIGKILLed by it, and end when it ends; a session of its own keeps the terminal's Ctrl-C from it.
        self.process = subprocess.Popen(
            [interpreter(), ROOT / "tests/front/prepared.py", estate],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            self.organization = self._line()
            asked = {"moto": f"{logs}/moto.log", "front": f"{logs}/front.log"}
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            made = self._line()
        except BaseException:
            self.stop()
            raise
        self.url = f"http://127.0.0.1:{made['front']['port']}"
        self.pids = [made["front"]["pid"], made["moto"]["pid"]]

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"moto did not start: prepared.py ended with status {self.process.wait()}; what it said stands above")
        return json.loads(line)

    def environment(self):
        """What COMMAND runs in."""
        source = self.organization["source"]
        return {
            **without_aws(os.environ),
            "AWS_ACCESS_KEY_ID": source["key_id"],
            "AWS_SECRET_ACCESS_KEY": source["secret"],
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PORTOLAN_ROLE_ARN": self.organization["role"],
            "PORTOLAN_EXTERNAL_ID": self.organization["external_id"],
            "PORTOLAN_FRONT": f"{self.url}/_front",
            "PORTOLAN_ORGANIZATION": json.dumps(self.organization),
        }

    def stop(self):
        """Ends both, and what made them."""
        try:
            if hasattr(self, "pids"):
                self.process.stdin.write(json.dumps({"end": self.pids}) + "\n")
            self.process.stdin.close()
            self.process.wait(STOP_S)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def main():
    usage = argparse.ArgumentParser(prog="with_moto.py", description=__doc__.partition("\n")[0])
    usage.add_argument("--estate", choices=["bare", "tiny", "small", "full"], default="small", help="how much is in the accounts")
    usage.add_argument("command", nargs="+", metavar="COMMAND")
    asked = usage.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="portolan-moto-") as logs:
        servers = Servers(asked.estate, logs)
        try:
            command = subprocess.Popen(asked.command, env=servers.environment())
            return wait(command)
        except FileNotFoundError as error:
            print(f"with_moto: {error}", file=sys.stderr)
            return 127
        finally:
            servers.stop()


def wait(command):
    """COMMAND's exit status. Ctrl-C is COMMAND's to answer, which shares our terminal; being ended ends it as well."""
    while True:
        try:
            status = command.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue
        except SystemExit:
            command.terminate()
            try:
                command.wait(STOP_S)
            except subprocess.TimeoutExpired:
                command.kill()
                command.wait()
            raise


if __name__ == "__main__":
    sys.exit(main())
