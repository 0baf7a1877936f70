"""Signature version 4, by botocore's own signers, over exactly what is sent."""

from __future__ import annotations

import datetime

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials


class _Quiet(SigV4Auth):
    """botocore's signer with a clock that can be corrected, and without its debug log, which holds the session's token."""

    offset_s = 0.0

    def add_auth(self, request: AWSRequest) -> None:
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.offset_s)
        request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]
        signature = self.signature(self.string_to_sign(request, self.canonical_request(request)), request)
        self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]


class _QuietS3(_Quiet, S3SigV4Auth):
    """S3 signs the path as it is, and wants the body's digest in a header."""


def sign(
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    credentials: ReadOnlyCredentials,
    name: str,
    region: str,
    clock_offset_ms: int = 0,
) -> list[tuple[str, str]]:
    """The headers to send: those given, and date, token and authorization."""
    request = AWSRequest(method, url, data=body)
    for header, value in headers:
        request.headers.add_header(header, value)
    signer = (_QuietS3 if name == "s3" else _Quiet)(credentials, name, region)
    signer.offset_s = clock_offset_ms / 1000
    signer.add_auth(request)
    return [(header, str(value)) for header, value in request.headers.items()]
