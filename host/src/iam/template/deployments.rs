//! The deployments: who the source is, and whom the read role lets in.

use super::access::{Access, here};
use super::model::{
    Attached, Form, Local, Output, Parameter, Permission, Principal, Resource, Role, Template, Test, Trust,
    TrustStatement, What,
};
use super::text::Text;

const ASSUME: &str = "sts:AssumeRole";
const ASSUME_WEB: &str = "sts:AssumeRoleWithWebIdentity";
const TAG: &str = "sts:TagSession";
const NAME_SOURCE: &str = "sts:SetSourceIdentity";
/// The audience of the tokens that STS takes.
pub const AUDIENCE: &str = "sts.amazonaws.com";
/// The id of the role that reads.
pub const READ_ROLE: &str = "ReadRole";
/// The local with the source's account.
pub const SOURCE_ACCOUNT: &str = "SourceAccount";
/// The condition under which the source is in this account.
pub const SOURCE_HERE: &str = "SourceHere";
const PROVIDER_MADE: &str = "ProviderMade";
/// What the operational role of a vendor is told about the session's name.
const SESSION_NAMES: &str = "portolan-*";

/// Where Portolan runs, and as whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Deployment {
    /// ECS task with a task role
    Ecs,
    /// EC2 instance with an instance profile
    Ec2,
    /// EKS pod with a service account's web identity (IRSA)
    Irsa,
    /// EKS pod with an EKS Pod Identity association
    PodIdentity,
    /// Hosted by a vendor, with the vendor's OIDC provider
    Hosted,
    /// IAM user with access keys
    User,
    /// A vendor's role, by way of a hub role
    Vendor,
}

/// How a principal of AWS is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum TrustForm {
    /// The account, with a condition on the principal's ARN: a role that is made anew is still meant
    #[default]
    Root,
    /// The principal's ARN itself: it has to be there first, and made anew it is another
    Exact,
}

/// Who assumes the read role, where that is somebody in an account.
struct Source {
    /// `TaskRole`
    id: &'static str,
    /// `role` or `user`
    sort: &'static str,
    /// The parameter with its account.
    account: Parameter,
    /// The parameter with its name.
    name: Parameter,
    /// What makes it.
    what: What,
    /// A second statement of the read role's trust, and more conditions of the first.
    also: Vec<&'static str>,
    /// Conditions beside the principal's: operator, key, value.
    conditions: Vec<(&'static str, Text, Text)>,
}

/// The template of a deployment.
#[must_use]
pub fn template(deployment: Deployment, access: &Access, form: TrustForm) -> Template {
    match deployment {
        Deployment::Ecs => ecs(access, form),
        Deployment::Ec2 => ec2(access, form),
        Deployment::Irsa => irsa(access),
        Deployment::PodIdentity => pod_identity(access, form),
        Deployment::Hosted => hosted(access),
        Deployment::User => user(access, form),
        Deployment::Vendor => vendor(access, form),
    }
}

fn ecs(access: &Access, form: TrustForm) -> Template {
    let conditions = confused_deputy("arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:*");
    let source = Source {
        id: "TaskRole",
        sort: "role",
        account: account("TaskAccountId", "Account in which the task runs"),
        name: name("TaskRoleName", "Name of the task's role", "PortOceanTaskRole"),
        what: What::Role(Role {
            name: Text::of("TaskRoleName"),
            description: "The task that runs Portolan: may assume the read role and nothing else".to_owned(),
            trust: service("ecs-tasks.amazonaws.com", &[ASSUME], conditions),
            permission: Some(assume_read_role(&[ASSUME])),
            attached: Vec::new(),
        }),
        also: Vec::new(),
        conditions: Vec::new(),
    };
    with_source("Portolan in an ECS task: task role and read role", source, access, form)
}

fn ec2(access: &Access, form: TrustForm) -> Template {
    let source = Source {
        id: "InstanceRole",
        sort: "role",
        account: account("InstanceAccountId", "Account in which the instance runs"),
        name: name("InstanceRoleName", "Name of the instance's role and profile", "PortOceanInstanceRole"),
        what: What::Role(Role {
            name: Text::of("InstanceRoleName"),
            description: "The instance that runs Portolan: may assume the read role and nothing else".to_owned(),
            // EC2 sends neither aws:SourceAccount nor aws:SourceArn: a condition on them would lock the instance out.
            trust: service("ec2.amazonaws.com", &[ASSUME], Vec::new()),
            permission: Some(assume_read_role(&[ASSUME])),
            attached: Vec::new(),
        }),
        also: Vec::new(),
        conditions: Vec::new(),
    };
    let mut made =
        with_source("Portolan on an EC2 instance: instance role, profile and read role", source, access, form);
    made.resources.push(Resource {
        id: "InstanceProfile".to_owned(),
        when: Some(SOURCE_HERE.to_owned()),
        after: Vec::new(),
        what: What::Profile { role: "InstanceRole".to_owned(), name: Text::of("InstanceRoleName") },
    });
    made
}

fn pod_identity(access: &Access, form: TrustForm) -> Template {
    let mut conditions = confused_deputy("arn:${AWS::Partition}:eks:*:${AWS::AccountId}:cluster/${ClusterName}");
    for (tag, parameter) in [("kubernetes-namespace", "Namespace"), ("kubernetes-service-account", "ServiceAccount")] {
        conditions.push(("StringEquals", format!("aws:RequestTag/{tag}").into(), Text::of(parameter)));
    }
    let source = Source {
        id: "PodRole",
        sort: "role",
        account: account("ClusterAccountId", "Account of the cluster"),
        name: name("PodRoleName", "Name of the pod's role", "PortOceanPodRole"),
        what: What::Role(Role {
            name: Text::of("PodRoleName"),
            description: "The pod that runs Portolan: may assume the read role and nothing else".to_owned(),
            trust: service("pods.eks.amazonaws.com", &[ASSUME, TAG], conditions),
            permission: Some(assume_read_role(&[ASSUME, TAG])),
            attached: Vec::new(),
        }),
        // The tags that EKS gives the pod's session are transitive: whoever is assumed next has to allow them.
        also: vec![TAG],
        conditions: Vec::new(),
    };
    let mut made = with_source("Portolan in EKS with Pod Identity: pod role and read role", source, access, form);
    made.parameters.splice(
        1..1,
        [
            parameter("ClusterName", "Name of the cluster", Form::Cluster, None),
            parameter("Namespace", "Namespace of the service account", Form::Kubernetes, Some("portolan")),
            parameter("ServiceAccount", "Service account of the pod", Form::Kubernetes, Some("portolan")),
        ],
    );
    made
}

fn user(access: &Access, form: TrustForm) -> Template {
    let source = Source {
        id: "User",
        sort: "user",
        account: account("UserAccountId", "Account of the user"),
        name: name("UserName", "Name of the user", "PortOceanUser"),
        what: What::User { name: Text::of("UserName"), permission: assume_read_role(&[ASSUME]) },
        also: Vec::new(),
        conditions: vec![("StringEquals", "sts:ExternalId".into(), Text::of("ExternalId"))],
    };
    let about = "Portolan with an IAM user: the user, without a key, and the read role with an external id";
    let mut made = with_source(about, source, access, form);
    made.parameters.push(external_id());
    made
}

fn vendor(access: &Access, form: TrustForm) -> Template {
    let named = || ("StringEquals", "sts:SourceIdentity".into(), Text::of("SourceIdentity"));
    let session = || ("StringLike", "sts:RoleSessionName".into(), Text::of("SessionNames"));
    let vendor = trusted(
        "role",
        &Text::of("VendorAccountId"),
        &Text::of("VendorRoleName"),
        form,
        vec![("StringEquals", "sts:ExternalId".into(), Text::of("ExternalId")), named(), session()],
        &[NAME_SOURCE],
    );
    let source = Source {
        id: "HubRole",
        sort: "role",
        account: account("HubAccountId", "Account of the hub role"),
        name: name("HubRoleName", "Name of the hub role", "PortolanHubRole"),
        what: What::Role(Role {
            name: Text::of("HubRoleName"),
            description: "The vendor's way in, gated by an external id: may assume the operational role".to_owned(),
            trust: vendor,
            permission: Some(assume_read_role(&[ASSUME, NAME_SOURCE])),
            attached: Vec::new(),
        }),
        also: vec![NAME_SOURCE],
        conditions: vec![named(), session()],
    };
    let about = "Portolan run by a vendor: hub role with an external id, and the operational role that it leads to";
    let mut made = with_source(about, source, access, form);
    made.parameters.splice(
        0..0,
        [
            parameter("VendorAccountId", "The vendor's account", Form::Account, None),
            parameter("VendorRoleName", "The vendor's role", Form::Name, None),
            external_id(),
        ],
    );
    made.parameters.extend([
        parameter("SourceIdentity", "Source identity that every session has to name", Form::Name, Some("portolan")),
        parameter("SessionNames", "Names of sessions, as CloudTrail shows them", Form::Session, Some(SESSION_NAMES)),
    ]);
    made
}

fn irsa(access: &Access) -> Template {
    let subject = "system:serviceaccount:${Namespace}:${ServiceAccount}".into();
    let existing = "Account that has the cluster's OIDC provider already, its own as a rule; empty: none has";
    let parameters = vec![
        parameter("OidcIssuer", "Issuer of the cluster, without https://", Form::Issuer, None),
        parameter("Namespace", "Namespace of the service account", Form::Kubernetes, Some("portolan")),
        parameter("ServiceAccount", "Service account of the pod", Form::Kubernetes, Some("portolan")),
        parameter("ClusterAccountId", existing, Form::AccountOrNone, Some("")),
    ];
    let made = Test::Not(Box::new(Test::Equals(Text::of("ClusterAccountId"), Text::of("AWS::AccountId"))));
    let about = "Portolan in EKS with IRSA: the cluster's OIDC provider and the read role";
    federated(about, parameters, made, subject, None, access)
}

fn hosted(access: &Access) -> Template {
    let parameters = vec![
        parameter("OidcIssuer", "Issuer of the vendor's tokens, without https://", Form::Issuer, None),
        parameter("Subject", "Subject of the tokens of your organization, whole", Form::Subject, None),
        parameter("IntegrationIdentifier", "The provider is tagged with it", Form::TagValue, Some("aws-v3")),
        parameter(
            "CreateProvider",
            "false where the account has a provider for this issuer already",
            Form::Choice(&["true", "false"]),
            Some("true"),
        ),
    ];
    let made = Test::Equals(Text::of("CreateProvider"), "true".into());
    let about = "Portolan hosted by a vendor: the vendor's OIDC provider and the read role";
    let tag = Some(Text::of("IntegrationIdentifier"));
    federated(about, parameters, made, Text::of("Subject"), tag, access)
}

/// A read role that an OIDC provider's token opens.
fn federated(
    about: &str,
    mut parameters: Vec<Parameter>,
    provider_made: Test,
    subject: Text,
    tag: Option<Text>,
    access: &Access,
) -> Template {
    let trust = by_token(&Text::of("OidcIssuer"), subject);
    parameters.push(read_role_name());
    let mut made = with_read_role(about, parameters, trust, Vec::new(), access);
    made.conditions.insert(0, (PROVIDER_MADE.to_owned(), provider_made));
    made.resources.insert(
        0,
        Resource {
            id: "Provider".to_owned(),
            when: Some(PROVIDER_MADE.to_owned()),
            after: Vec::new(),
            what: What::Provider { issuer: Text::of("OidcIssuer"), tag },
        },
    );
    made
}

/// A source in one account, and a read role that trusts it alone.
fn with_source(about: &str, source: Source, access: &Access, form: TrustForm) -> Template {
    let of_account = source.account.name.clone();
    let trust = trusted(
        source.sort,
        &Text::of(SOURCE_ACCOUNT),
        &Text::of(&source.name.name),
        form,
        source.conditions,
        &source.also,
    );
    let after = match form {
        TrustForm::Root => Vec::new(),
        TrustForm::Exact => vec![source.id.to_owned()],
    };
    let parameters = vec![source.account, source.name, read_role_name()];
    let mut made = with_read_role(about, parameters, trust, after, access);
    made.conditions.insert(0, (SOURCE_HERE.to_owned(), here(&of_account)));
    made.locals.push(Local {
        name: SOURCE_ACCOUNT.to_owned(),
        when: SOURCE_HERE.to_owned(),
        then: Text::of("AWS::AccountId"),
        otherwise: Text::of(&of_account),
    });
    made.resources.insert(
        0,
        Resource { id: source.id.to_owned(), when: Some(SOURCE_HERE.to_owned()), after: Vec::new(), what: source.what },
    );
    made.outputs.insert(
        0,
        Output {
            name: format!("{}Arn", source.id),
            description: "As whom Portolan runs".to_owned(),
            when: Some(SOURCE_HERE.to_owned()),
            arn_of: source.id.to_owned(),
        },
    );
    made
}

fn with_read_role(
    about: &str,
    mut parameters: Vec<Parameter>,
    trust: Trust,
    after: Vec<String>,
    access: &Access,
) -> Template {
    let granted = access.granted();
    parameters.extend(granted.parameters);
    let role = read_role(Text::of("ReadRoleName"), trust, granted.attached);
    let mut resources = vec![Resource { id: READ_ROLE.to_owned(), when: None, after, what: What::Role(role) }];
    resources.extend(granted.resources);
    Template {
        description: about.to_owned(),
        parameters,
        conditions: granted.conditions,
        locals: Vec::new(),
        resources,
        outputs: vec![Output {
            name: "ReadRoleArn".to_owned(),
            description: "What reads this account".to_owned(),
            when: None,
            arn_of: READ_ROLE.to_owned(),
        }],
    }
}

fn read_role(name: Text, trust: Trust, attached: Vec<Attached>) -> Role {
    let description = "Read by Portolan: inventory, no contents, no credentials".to_owned();
    Role { name, description, trust, permission: None, attached }
}

/// The trust in one principal of one account. `also` is allowed besides, under the principal's condition.
pub(super) fn trusted(
    sort: &str,
    account: &Text,
    name: &Text,
    form: TrustForm,
    more: Vec<(&'static str, Text, Text)>,
    also: &[&'static str],
) -> Trust {
    let root: Text = format!("arn:${{AWS::Partition}}:iam::{account}:root").into();
    let arn: Text = format!("arn:${{AWS::Partition}}:iam::{account}:{sort}/{name}").into();
    let (principal, own) = match form {
        TrustForm::Root => (root, vec![("ArnEquals", Text::from("aws:PrincipalArn"), arn)]),
        TrustForm::Exact => (arn, Vec::new()),
    };
    let named = more.iter().filter(|(_, key, _)| key.as_str() == "sts:SourceIdentity").cloned();
    let mut statements = vec![TrustStatement {
        sid: "Assume",
        principal: Principal::Aws(principal.clone()),
        actions: vec![ASSUME],
        conditions: own.iter().cloned().chain(more.iter().cloned()).collect(),
    }];
    if !also.is_empty() {
        // A statement of its own: an external id or a session's name is a fact of sts:AssumeRole alone.
        statements.push(TrustStatement {
            sid: "GoesWithIt",
            principal: Principal::Aws(principal),
            actions: also.to_vec(),
            conditions: own.into_iter().chain(named).collect(),
        });
    }
    Trust { statements }
}

/// The trust in a token: issuer, audience and subject all have to be right.
pub(super) fn by_token(issuer: &Text, subject: Text) -> Trust {
    let provider = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{issuer}");
    let conditions = vec![
        ("StringEquals", format!("{issuer}:aud").into(), AUDIENCE.into()),
        ("StringEquals", format!("{issuer}:sub").into(), subject),
    ];
    let principal = Principal::Federated(provider.into());
    Trust { statements: vec![TrustStatement { sid: "Assume", principal, actions: vec![ASSUME_WEB], conditions }] }
}

/// The trust in a service.
pub(super) fn service(
    name: &'static str,
    actions: &[&'static str],
    conditions: Vec<(&'static str, Text, Text)>,
) -> Trust {
    let principal = Principal::Service(name);
    Trust { statements: vec![TrustStatement { sid: "Assume", principal, actions: actions.to_vec(), conditions }] }
}

/// Against confused deputies: the service acts for this account, and for something of its own.
pub(super) fn confused_deputy(arn: &str) -> Vec<(&'static str, Text, Text)> {
    vec![
        ("StringEquals", "aws:SourceAccount".into(), Text::of("AWS::AccountId")),
        ("ArnLike", "aws:SourceArn".into(), arn.into()),
    ]
}

fn assume_read_role(actions: &[&'static str]) -> Permission {
    Permission {
        name: "AssumeReadRole".to_owned(),
        actions: actions.to_vec(),
        resources: vec!["arn:${AWS::Partition}:iam::*:role/${ReadRoleName}".into()],
    }
}

pub(super) fn parameter(name: &str, description: &str, form: Form, default: Option<&str>) -> Parameter {
    Parameter { name: name.to_owned(), description: description.to_owned(), form, default: default.map(str::to_owned) }
}

fn account(name: &str, description: &str) -> Parameter {
    parameter(name, &format!("{description}; empty: the one of this stack"), Form::AccountOrNone, Some(""))
}

fn name(name: &str, description: &str, default: &str) -> Parameter {
    parameter(name, description, Form::Name, Some(default))
}

fn read_role_name() -> Parameter {
    name("ReadRoleName", "Name of the role that reads, the same in every account", "PortOceanReadRole")
}

fn external_id() -> Parameter {
    let about = "Secret that is asked for with every assumption, long and random; 2 to 1,224 characters";
    parameter("ExternalId", about, Form::ExternalId, None)
}
