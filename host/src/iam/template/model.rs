//! What a template consists of: the one model that CloudFormation and Terraform are written from.

use super::text::Text;

/// A whole template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// What it makes, in a sentence.
    pub description: String,
    /// What whoever deploys it decides.
    pub parameters: Vec<Parameter>,
    /// By name, each before it is referred to.
    pub conditions: Vec<(String, Test)>,
    /// Values that depend on a condition.
    pub locals: Vec<Local>,
    /// What is made.
    pub resources: Vec<Resource>,
    /// What is said afterwards.
    pub outputs: Vec<Output>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `ReadRoleName`
    pub name: String,
    /// For whoever fills it in.
    pub description: String,
    /// What it may be.
    pub form: Form,
    /// None: it has to be given.
    pub default: Option<String>,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An account id, or nothing.
    AccountOrNone,
    /// An account id.
    Account,
    /// The name of a role or a user, without a path.
    Name,
    /// An OIDC issuer without `https://`.
    Issuer,
    /// A name of Kubernetes.
    Kubernetes,
    /// The name of an EKS cluster.
    Cluster,
    /// The subject of a token.
    Subject,
    /// A tag's value.
    TagValue,
    /// An external id: a secret.
    ExternalId,
    /// A source identity, or a session name with wildcards.
    Session,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Organizational units or roots.
    Units,
    /// The name of a stack set.
    StackSetName,
}

impl Form {
    /// The regular expression that holds what it may be, where it is one text.
    #[must_use]
    pub const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::AccountOrNone => Some("^([0-9]{12})?$"),
            Self::Account => Some("^[0-9]{12}$"),
            Self::Name => Some("^[A-Za-z0-9+=,.@_-]{1,64}$"),
            Self::Issuer => Some("^[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]+)?$"),
            Self::Kubernetes => Some("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"),
            Self::Cluster => Some("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"),
            Self::Subject => Some("^[A-Za-z0-9:._/@|=+-]{1,255}$"),
            Self::TagValue => Some("^[A-Za-z0-9 _.:/=+@-]{1,256}$"),
            Self::ExternalId => Some("^[A-Za-z0-9+=,.@:/_-]{2,1224}$"),
            Self::Session => Some("^[A-Za-z0-9+=,.@_*-]{2,64}$"),
            Self::StackSetName => Some("^[A-Za-z][A-Za-z0-9-]{0,127}$"),
            Self::Choice(_) | Self::Units => None,
        }
    }

    /// What it may be, for whoever gave something else.
    #[must_use]
    pub fn says(self) -> String {
        match self {
            Self::AccountOrNone => "the twelve digits of an account id, or nothing".to_owned(),
            Self::Account => "the twelve digits of an account id".to_owned(),
            Self::Name => "a name without a path: letters, digits, and +=,.@_-".to_owned(),
            Self::Issuer => "the issuer without https://".to_owned(),
            Self::Kubernetes => "a name of Kubernetes: small letters, digits, dots and dashes".to_owned(),
            Self::Cluster => "the name of an EKS cluster".to_owned(),
            Self::Subject => "the subject whole, without wildcards".to_owned(),
            Self::TagValue => "the value of a tag".to_owned(),
            Self::ExternalId => "2 to 1,224 letters, digits, and +=,.@:/_-".to_owned(),
            Self::Session => "2 to 64 letters, digits, and +=,.@_-".to_owned(),
            Self::StackSetName => "letters, digits and dashes, a letter first".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Units => "ids of organizational units (ou-…) or of the root (r-…)".to_owned(),
        }
    }

    /// Whether a text is of this form: what [`Form::pattern`] says, without a library for regular expressions.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let all = |more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        let length = |least: usize, most: usize| (least..=most).contains(&text.len());
        let account = || text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        match self {
            Self::AccountOrNone => text.is_empty() || account(),
            Self::Account => account(),
            Self::Name => length(1, 64) && all("+=,.@_-"),
            Self::Issuer => length(1, 255) && all(".-:/_~") && !text.contains("//") && !text.starts_with('/'),
            Self::Kubernetes => {
                let inside = |c: char| small(c) || ".-".contains(c);
                length(1, 253) && text.chars().all(inside) && text.starts_with(small) && text.ends_with(small)
            }
            Self::Cluster => length(1, 100) && all("_-") && text.starts_with(|c: char| c.is_ascii_alphanumeric()),
            Self::Subject => length(1, 255) && all(":._/@|=+-"),
            Self::TagValue => length(1, 256) && all(" _.:/=+@-"),
            Self::ExternalId => length(2, 1_224) && all("+=,.@:/_-"),
            Self::Session => length(2, 64) && all("+=,.@_*-"),
            Self::StackSetName => length(1, 128) && all("-") && text.starts_with(|c: char| c.is_ascii_alphabetic()),
            Self::Choice(choices) => choices.contains(&text),
            Self::Units => text.split(',').all(|unit| portolan_names::OuId::parse(unit).is_ok()),
        }
    }

    /// Whether it is kept from consoles and logs.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::ExternalId)
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Two texts are the same.
    Equals(Text, Text),
    /// The opposite.
    Not(Box<Test>),
    /// One of them holds.
    Any(Vec<Test>),
    /// All of them hold.
    All(Vec<Test>),
    /// Another condition, by its name.
    Is(String),
}

/// A value that depends on a condition; it is referred to like a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// `SourceAccount`
    pub name: String,
    /// The condition.
    pub when: String,
    /// Where it holds.
    pub then: Text,
    /// Where not.
    pub otherwise: Text,
}

/// Something that is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `ReadRole`
    pub id: String,
    /// The condition under which it is made.
    pub when: Option<String>,
    /// What has to be there before it.
    pub after: Vec<String>,
    /// What it is.
    pub what: What,
}

/// What can be made.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A role.
    Role(Role),
    /// The instance profile of a role (by its id), which has the role's name.
    Profile {
        /// The role's id.
        role: String,
        /// The profile's name.
        name: Text,
    },
    /// A user.
    User {
        /// Its name.
        name: Text,
        /// Its inline policy.
        permission: Permission,
    },
    /// An OIDC provider, which is kept when the stack is deleted: others may use it.
    Provider {
        /// Without `https://`.
        issuer: Text,
        /// The integration's identifier, which it is tagged with.
        tag: Option<Text>,
    },
    /// A managed policy.
    Policy {
        /// What it is for.
        description: String,
        /// Its document.
        document: serde_json::Value,
    },
    /// A stack set of a template.
    StackSet(Box<StackSet>),
}

/// A role.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub trust: Trust,
    /// Its inline policy.
    pub permission: Option<Permission>,
    /// Its managed policies.
    pub attached: Vec<Attached>,
}

/// A managed policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// By its ARN.
    Arn(Text),
    /// One of the template, by its id, with the condition under which it is made.
    Own(String, Option<String>),
}

/// An inline policy: some actions on some resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The policy's name.
    pub name: String,
    /// What may be done.
    pub actions: Vec<&'static str>,
    /// On what.
    pub resources: Vec<Text>,
}

/// Who may assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// All of them allow.
    pub statements: Vec<TrustStatement>,
}

/// One statement of a trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStatement {
    /// Its id.
    pub sid: &'static str,
    /// Whom it lets in.
    pub principal: Principal,
    /// `sts:AssumeRole` and what goes with it.
    pub actions: Vec<&'static str>,
    /// Under these conditions: operator, key, value.
    pub conditions: Vec<(&'static str, Text, Text)>,
}

/// Who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An account's root, a role, a user.
    Aws(Text),
    /// A service.
    Service(&'static str),
    /// An OIDC provider.
    Federated(Text),
}

/// A service-managed stack set with automatic deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct StackSet {
    /// Its name.
    pub name: Text,
    /// What is deployed in each account.
    pub template: Template,
    /// What the template's parameters are there.
    pub parameters: Vec<(String, Text)>,
    /// The name of the parameter with the organizational units.
    pub units: String,
    /// In whose name.
    pub call_as: Text,
}

/// Something that is said about what was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// `ReadRoleArn`
    pub name: String,
    /// What it is good for.
    pub description: String,
    /// The condition under which there is something to say.
    pub when: Option<String>,
    /// The resource whose ARN it is.
    pub arn_of: String,
}

impl Template {
    /// A parameter by its name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// A local by its name.
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().find(|local| local.name == name)
    }

    /// A resource by its id.
    #[must_use]
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// A role by its id.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Role> {
        match &self.resource(id)?.what {
            What::Role(role) => Some(role),
            _ => None,
        }
    }
}

impl Trust {
    /// Whether a condition's key has a reference in it: then only the document as text can be substituted.
    #[must_use]
    pub fn substitutes_keys(&self) -> bool {
        let mut conditions = self.statements.iter().flat_map(|statement| &statement.conditions);
        conditions.any(|(_, key, _)| key.references().next().is_some())
    }
}
