"""What is read of a session of boto3 or botocore, besides its credentials."""

from __future__ import annotations

import os

from botocore.httpsession import get_cert_path

from .credentials import Source


def method(source: Source) -> str:
    """botocore's name for where the credentials come from (`env`, `container-role`, …); empty where there are none."""
    try:
        return str(getattr(source.get_credentials(), "method", ""))
    except Exception:
        # Met again, and told, when credentials are needed.
        return ""


def region(source: Source) -> str | None:
    """Its region, or that of the environment."""
    named = getattr(source, "region_name", None) or _variable(source, "region")
    return named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def ca_bundle(source: Source) -> str:
    """The certificates that are trusted: those of the session's configuration, else those that botocore brings."""
    return _variable(source, "ca_bundle") or str(get_cert_path(True))


def _variable(source: Source, name: str) -> str | None:
    """A setting of botocore's; boto3 keeps its session of botocore in an attribute."""
    inner = getattr(source, "_session", source)
    read = getattr(inner, "get_config_variable", None)
    found = read(name) if read else None
    return found if isinstance(found, str) else None
