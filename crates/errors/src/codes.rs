//! What AWS's error codes mean, as far as more than one service uses them alike.

const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgressException",
    "429",
];

const TRANSIENT: &[&str] = &[
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "InternalServerException",
    "InternalServiceError",
    "InternalServiceException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
];

/// Whether the service asks to slow down.
#[must_use]
pub fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code) || code.starts_with("Throttling.")
}

pub(crate) fn is_transient(code: &str) -> bool {
    TRANSIENT.contains(&code)
}

/// Whether the session's credentials have expired. `RequestExpired` is left to who knows the time.
pub(crate) fn is_expired_credentials(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired")
}

/// Whether the code says that the named thing does not exist.
///
/// A bare status 404 is none: a path that nobody serves answers with it, and so does a proxy. A kind that deletes on
/// not-found names its own codes; this is for optional details.
#[must_use]
pub fn is_not_found(code: &str) -> bool {
    let of_requests = ["InvalidAction", "UnknownOperationException", "EndpointNotFoundException"];
    if of_requests.contains(&code) {
        return false;
    }
    let endings =
        ["NotFound", "NotFoundException", "NotFoundFault", "NotFoundError", "DoesNotExist", "DoesNotExistException"];
    endings.iter().any(|ending| code.ends_with(ending))
        || code.starts_with("NoSuch")
        || code.rsplit('.').next().is_some_and(|last| last.starts_with("NonExistent"))
}

/// Whether the region is closed to the account, said without doubt.
#[must_use]
pub fn is_region_closed(code: &str) -> bool {
    matches!(code, "OptInRequired" | "RegionDisabledException" | "SubscriptionRequiredException")
}

/// Whether the code is what a region that is not enabled answers, but bad credentials answer alike.
///
/// Who has used the same credentials elsewhere with success knows which of the two it is.
#[must_use]
pub fn is_region_perhaps_closed(code: &str) -> bool {
    matches!(
        code,
        "AuthFailure" | "InvalidAccessKeyId" | "InvalidClientTokenId" | "InvalidToken" | "UnrecognizedClientException"
    )
}

/// Whether the service does not know the operation there: it is absent in the region, or older there.
#[must_use]
pub fn is_unavailable(code: &str) -> bool {
    matches!(
        code,
        "InvalidAction"
            | "UnknownOperation"
            | "UnknownOperationException"
            | "UnsupportedOperation"
            | "UnsupportedOperationException"
    )
}

/// Whether a page token has expired or is refused: the listing begins again.
#[must_use]
pub fn is_stale_token(code: &str, message: &str) -> bool {
    let by_code = [
        "ExpiredIteratorException",
        "ExpiredNextToken",
        "ExpiredNextTokenException",
        "ExpiredPaginationToken",
        "ExpiredPaginationTokenException",
        "InvalidContinuationToken",
        "InvalidContinuationTokenException",
        "InvalidMarker",
        "InvalidMarkerException",
        "InvalidNextToken",
        "InvalidNextTokenException",
        "InvalidPaginationToken",
        "InvalidPaginationTokenException",
        "InvalidTokenException",
    ];
    if by_code.contains(&code) {
        return true;
    }
    let about_the_input = [
        "InvalidArgument",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidRequestException",
        "ValidationError",
        "ValidationException",
    ];
    let message = message.to_ascii_lowercase();
    let names = ["nexttoken", "next token", "continuation token", "pagination token", "page token", "marker"];
    about_the_input.contains(&code) && names.iter().any(|name| message.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found() {
        for code in [
            "NoSuchTagSet",
            "NoSuchBucket",
            "ResourceNotFoundException",
            "InvalidInstanceID.NotFound",
            "QueueDoesNotExist",
            "DBInstanceNotFound",
            "DBInstanceNotFoundFault",
            "AWS.SimpleQueueService.NonExistentQueue",
            "NotFound",
            "ServerSideEncryptionConfigurationNotFoundError",
            "ClusterNotFoundException",
            "OwnershipControlsNotFoundError",
        ] {
            assert!(is_not_found(code), "{code}");
        }
        for code in ["404", "AccessDenied", "UnknownOperationException", "InvalidAction", "", "ValidationException"] {
            assert!(!is_not_found(code), "{code}");
        }
    }

    #[test]
    fn stale_tokens() {
        assert!(is_stale_token("InvalidNextTokenException", ""));
        assert!(is_stale_token("InvalidParameterValue", "Value (x) for parameter nextToken is invalid."));
        assert!(is_stale_token("ValidationException", "The provided next token is expired"));
        assert!(!is_stale_token("ValidationException", "cluster name is invalid"));
        assert!(!is_stale_token("InvalidToken", "The provided token is malformed or otherwise invalid."));
    }
}
