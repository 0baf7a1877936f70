"""moto's server on a free port that the system picks, seeded, so that two runs make the same identifiers.

usage: moto_server.py [SEED [managed-policies]]    the latter gives its IAM the managed policies of AWS
"""

import logging
import os
import sys

import parent

SEED = 20240102

for name in list(os.environ):
    if name.startswith(("AWS_", "MOTO_")):
        del os.environ[name]
# A certificate that is issued a minute after it was asked for would differ from one reading of an estate to the next.
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "0"
# AWS's own managed policies, a thousand in each account: for those who ask for them.
if "managed-policies" in sys.argv:
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"


def seed(number=SEED):
    from moto.moto_api._internal import mock_random

    mock_random.seed(number)


def imported():
    """What moto's server is made of; after the environment was cleared, which moto reads when it is imported."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    return DomainDispatcherApplication, create_backend_app, WSGIRequestHandler, make_server


def make():
    """The server, which listens and does not serve yet."""
    DomainDispatcherApplication, create_backend_app, WSGIRequestHandler, make_server = imported()

    class Quiet(WSGIRequestHandler):
        """One connection carries many calls, and nothing is printed for each."""

        protocol_version = "HTTP/1.1"

        def log(self, *_):
            pass

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Quiet)


def main():
    seed(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)
    server = make()
    parent.follow()
    parent.announce(server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    main()
