//! The protocols of AWS's services.

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ec2,
    Query,
    Json10,
    Json11,
    RestJson,
    RestXml,
}

impl Protocol {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ec2" => Self::Ec2,
            "query" => Self::Query,
            "json-1.0" => Self::Json10,
            "json-1.1" => Self::Json11,
            "rest-json" => Self::RestJson,
            "rest-xml" => Self::RestXml,
            _ => return None,
        })
    }

    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json10 | Self::Json11 | Self::RestJson)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Ec2 => "text/xml;charset=UTF-8",
            Self::Query => "text/xml",
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::RestJson => "application/json",
            Self::RestXml => "application/xml",
        }
    }
}
