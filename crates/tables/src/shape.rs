//! What values look like and how they stand on the wire.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// The number of a shape in its service's table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct ShapeId(pub usize);

/// What a value is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "WrittenShape")]
pub enum Shape {
    /// Text.
    String,
    /// A whole number of any width.
    Integer,
    /// A floating point number, which may be `NaN` or infinite.
    Float,
    /// True or false.
    Boolean,
    /// Bytes, in base64 wherever they are text.
    Blob,
    /// A point in time. Its form is said by the [`Member`] that refers to it.
    Timestamp,
    /// Text that is JSON, percent-encoded: IAM's policy documents.
    EncodedJson,
    /// Any JSON.
    Document,
    /// Named members.
    Structure(Structure),
    /// Values of one shape.
    List {
        /// What each is.
        member: Box<Member>,
    },
    /// Values of one shape under text keys.
    Map {
        /// What each key is.
        key: Box<Member>,
        /// What each value is.
        value: Box<Member>,
    },
}

impl Shape {
    /// The shapes that this one refers to.
    pub fn references(&self) -> impl Iterator<Item = ShapeId> {
        let (members, ends): (&[Member], [Option<&Member>; 2]) = match self {
            Self::Structure(structure) => (&structure.members, [None, None]),
            Self::List { member } => (&[], [Some(member), None]),
            Self::Map { key, value } => (&[], [Some(key), Some(value)]),
            _ => (&[], [None, None]),
        };
        members.iter().chain(ends.into_iter().flatten()).map(|member| member.shape)
    }
}

/// Named members, in the order of AWS's model.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// The members.
    pub members: Vec<Member>,
    /// The member that is the whole body, in the REST protocols.
    pub payload: Option<String>,
    /// Whether exactly one member is set.
    pub union: bool,
}

impl Structure {
    /// A member by its name in the model.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// A reference to a shape, from a structure, a list or a map: how the value stands on the wire there.
///
/// What AWS's models spread over the reference and the shape is resolved: this is the one place to look.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The name in the model, which input and output values use; empty in lists and maps.
    #[serde(skip)]
    pub name: String,
    /// What the value is.
    pub shape: ShapeId,
    /// The name on the wire, where it is another.
    pub wire: Option<String>,
    /// The name in an EC2 request, where it is another than that.
    pub query: Option<String>,
    /// Where it stands, if not in the body.
    pub location: Option<Location>,
    /// Whether a list or map has no element of its own around its items.
    #[serde(default)]
    pub flattened: bool,
    /// Whether it is an XML attribute.
    #[serde(default)]
    pub attribute: bool,
    /// Whether text is JSON, in base64 when it is a header.
    #[serde(default)]
    pub json: bool,
    /// Whether the operation's host prefix takes it.
    #[serde(default)]
    pub host_label: bool,
    /// Whether a client makes up a value where none is given. No read needs one.
    #[serde(default)]
    pub idempotency_token: bool,
    /// Whether it is a stream.
    #[serde(default)]
    pub streaming: bool,
    /// Whether a request without it is refused.
    #[serde(skip)]
    pub required: bool,
    /// The form of a timestamp.
    pub timestamp: Option<TimestampFormat>,
}

impl Member {
    /// The name on the wire.
    #[must_use]
    pub fn wire_name(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }

    /// The name on the wire, for a member of a list or map, which has no name of its own.
    #[must_use]
    pub fn wire_name_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.wire.as_deref().unwrap_or(default)
    }
}

/// Where a member stands, if not in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Location {
    /// A label of the path.
    Uri,
    /// The query string.
    Query,
    /// One header.
    Header,
    /// All headers with a prefix.
    Headers,
    /// The status of the answer.
    Status,
}

/// How a point in time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampFormat {
    /// `2024-01-02T03:04:05Z`
    Iso8601,
    /// Seconds since 1970, perhaps with a fraction.
    Epoch,
    /// `Tue, 02 Jan 2024 03:04:05 GMT`
    Rfc822,
}

/// A shape as the tables write it: members by name, and most of them as the mere number of their shape.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenShape {
    String,
    Integer,
    Float,
    Boolean,
    Blob,
    Timestamp,
    EncodedJson,
    Document,
    Structure(WrittenStructure),
    List(WrittenMember),
    Map(WrittenMember, WrittenMember),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStructure {
    members: WrittenMembers,
    #[serde(default)]
    required: Vec<String>,
    payload: Option<String>,
    #[serde(default)]
    union: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenMember {
    Plain(ShapeId),
    Full(Box<Member>),
}

/// Members in the order of the text.
struct WrittenMembers(Vec<Member>);

impl From<WrittenMember> for Member {
    fn from(written: WrittenMember) -> Self {
        match written {
            WrittenMember::Plain(shape) => Self { shape, ..Self::default() },
            WrittenMember::Full(member) => *member,
        }
    }
}

impl From<WrittenShape> for Shape {
    fn from(written: WrittenShape) -> Self {
        match written {
            WrittenShape::String => Self::String,
            WrittenShape::Integer => Self::Integer,
            WrittenShape::Float => Self::Float,
            WrittenShape::Boolean => Self::Boolean,
            WrittenShape::Blob => Self::Blob,
            WrittenShape::Timestamp => Self::Timestamp,
            WrittenShape::EncodedJson => Self::EncodedJson,
            WrittenShape::Document => Self::Document,
            WrittenShape::Structure(WrittenStructure { members, required, payload, union }) => {
                let mut members = members.0;
                for member in &mut members {
                    member.required = required.contains(&member.name);
                }
                Self::Structure(Structure { members, payload, union })
            }
            WrittenShape::List(member) => Self::List { member: Box::new(member.into()) },
            WrittenShape::Map(key, value) => Self::Map { key: Box::new(key.into()), value: Box::new(value.into()) },
        }
    }
}

impl<'de> Deserialize<'de> for WrittenMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = WrittenMembers;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("members by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenMembers, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some((name, written)) = map.next_entry::<String, WrittenMember>()? {
                    members.push(Member { name, ..written.into() });
                }
                Ok(WrittenMembers(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
