"""Where requests go: AWS's endpoint by the guard's tables, or the one address that the operator set."""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from .errors import ConfigurationError

log = logging.getLogger(__name__)

# Sources whose credentials belong to the machine: they are sent to nobody but AWS.
_OF_MACHINES = {"container-role": "a task's", "iam-role": "an instance's"}


def override(given: str | None, source: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The address that all calls go to instead of AWS's: `given`, or AWS_ENDPOINT_URL. Scheme and authority, no slash.

    `source` is botocore's name for where the credentials come from. Raises `ConfigurationError`.
    """
    if given is None and environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        given = environment.get("AWS_ENDPOINT_URL", "").strip() or None
        for name in sorted(environment):
            if name.startswith("AWS_ENDPOINT_URL_"):
                log.warning("%s is not heeded: one address for all services can be set, by endpoint_url or AWS_ENDPOINT_URL", name)
    if given is None:
        return None
    parts = urlsplit(given)
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or parts.path.strip("/"):
        raise ConfigurationError("endpoint_url is not an address: it is scheme, host and port, and nothing else")
    loopback = _is_loopback(parts.hostname)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ConfigurationError(f"endpoint_url is {parts.scheme}://{parts.hostname}: https is needed, or http to this machine")
    if source in _OF_MACHINES and not loopback:
        raise ConfigurationError(f"the credentials are {_OF_MACHINES[source]} role; they are not sent to {parts.hostname}, which is not AWS")
    log.info("AWS calls go to %s://%s", parts.scheme, parts.netloc)
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
