//! A declared inventory of roles in one account: read strictly, each mistake with its place.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use portolan_names::Arn;

use super::access::Access;
use super::deployments::{TrustForm, by_token, confused_deputy, parameter, service, trusted};
use super::model::{Form, Output, Permission, Resource, Role, Template, Trust, TrustStatement, What};
use super::text::Text;
use crate::config::files::Files;
use crate::config::mistake::{Mistake, Refused, nearest};
use crate::config::node::{Node, Origin, Value, child};
use crate::config::yaml;

/// A template holds 500 resources, and a role brings an instance profile and policies along.
const ROLES_MAX: usize = 100;

const ASSUME: &str = "sts:AssumeRole";
const TAG: &str = "sts:TagSession";

/// Roles of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    roles: Vec<Declared>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    name: String,
    description: String,
    trusted: Vec<Trusted>,
    policy: Policy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Trusted {
    Outside { account: String, sort: String, name: String, external_id: bool },
    Eks { issuer: String, namespace: String, service_account: String },
    Pods { cluster: String, namespace: String, service_account: String },
    Ec2,
    Role(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Policy {
    Nothing,
    ReadOnly,
    Least,
    Assume(Vec<String>),
}

/// Reads an inventory.
///
/// # Errors
/// All that is wrong with it.
pub fn read(path: &Path, files: &dyn Files) -> Result<Inventory, Refused> {
    let shown: Arc<str> = path.display().to_string().into();
    let read = || {
        let named = Origin::Flag("--inventory");
        let file =
            files.read(path).map_err(|error| Mistake::new(&named, "", format!("cannot read {shown}: {error}")))?;
        yaml::read(&shown, &file.text)
    };
    let root = read().map_err(|mistake| Refused::new(vec![mistake]))?;
    let mut reader = Reader::default();
    let roles = reader.inventory(&root);
    if reader.mistakes.is_empty() { Ok(Inventory { roles }) } else { Err(Refused::new(reader.mistakes)) }
}

#[derive(Default)]
struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn say(&mut self, origin: &Origin, key: &str, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(origin, key, message));
    }

    /// A map with no other keys than these.
    fn known(&mut self, node: &Node, path: &str, keys: &[&str]) {
        if !matches!(node.value, Value::Map(_)) {
            return self.say(&node.origin, path, format!("a map with {}", keys.join(", ")));
        }
        for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let mistake = Mistake::new(&entry.key_origin, &child(path, &entry.key), "unknown key");
            let near = nearest(&entry.key, keys.iter().copied());
            self.mistakes.push(match near {
                Some(name) => mistake.instead(format!("did you mean {name}?")),
                None => mistake.instead(format!("there are {}", keys.join(", "))),
            });
        }
    }

    /// A text of a form.
    fn text(&mut self, node: &Node, path: &str, key: &str, form: Form) -> String {
        let path = child(path, key);
        let Some(found) = node.at(key) else {
            self.say(&node.origin, &path, format!("is missing: {}", form.says()));
            return String::new();
        };
        match found.text() {
            Some(text) if form.fits(text) => text.to_owned(),
            _ => {
                self.say(&found.origin, &path, format!("not {}", form.says()));
                String::new()
            }
        }
    }

    fn inventory(&mut self, root: &Node) -> Vec<Declared> {
        self.known(root, "", &["roles"]);
        let Some(list) = root.at("roles").filter(|node| !node.items().is_empty()) else {
            self.say(&root.origin, "roles", "a list of at least one role");
            return Vec::new();
        };
        if list.items().len() > ROLES_MAX {
            self.say(&list.origin, "roles", format!("more than {ROLES_MAX}: a template does not hold them"));
        }
        let roles: Vec<Declared> = list.items().iter().take(ROLES_MAX).map(|node| self.role(node)).collect();
        let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        let mut ids = BTreeSet::new();
        for (role, node) in roles.iter().zip(list.items()) {
            if !role.name.is_empty() && !ids.insert(id(&role.name)) {
                self.say(
                    &node.origin,
                    "roles.name",
                    format!("{} is there twice, or is told apart by signs alone", role.name),
                );
            }
            let others = role.trusted.iter().filter_map(|trusted| match trusted {
                Trusted::Role(name) => Some(name),
                _ => None,
            });
            let assumed = match &role.policy {
                Policy::Assume(names) => names.as_slice(),
                _ => &[],
            };
            for other in others.chain(assumed).filter(|other| !names.contains(&other.as_str())) {
                let mistake = Mistake::new(
                    &node.origin,
                    "roles",
                    format!("{} speaks of {other}, which is no role here", role.name),
                );
                self.mistakes.push(match nearest(other, names.iter().copied()) {
                    Some(name) => mistake.instead(format!("did you mean {name}?")),
                    None => mistake,
                });
            }
        }
        roles
    }

    fn role(&mut self, node: &Node) -> Declared {
        // `accounts` is for whoever holds the inventory against an estate (`iam audit --expect`); a template is for one account.
        self.known(node, "roles", &["name", "description", "accounts", "trusted", "policy"]);
        let name = self.text(node, "roles", "name", Form::Name);
        let description = node.at("description").and_then(Node::text).unwrap_or("Declared in an inventory").to_owned();
        let trusted = match node.at("trusted") {
            Some(below) => self.trusted(below),
            None => {
                self.say(&node.origin, "roles.trusted", "is missing: who may assume it");
                Vec::new()
            }
        };
        let policy = node.at("policy").map_or(Policy::Nothing, |below| self.policy(below));
        Declared { name, description, trusted, policy }
    }

    fn trusted(&mut self, node: &Node) -> Vec<Trusted> {
        let path = "roles.trusted";
        self.known(node, path, &["from_outside", "by_eks", "by_ec2", "by_pods", "by_role", "others"]);
        if let Some(below) = node.at("others") {
            self.say(
                &below.origin,
                &child(path, "others"),
                "`iam audit --expect` alone reads these: no template is made for them",
            );
        }
        let mut trusted = Vec::new();
        if let Some(below) = node.at("from_outside") {
            trusted.extend(self.outside(below));
        }
        if let Some(below) = node.at("by_eks") {
            let path = child(path, "by_eks");
            self.known(below, &path, &["issuer", "namespace", "service_account"]);
            trusted.push(Trusted::Eks {
                issuer: self.text(below, &path, "issuer", Form::Issuer),
                namespace: self.text(below, &path, "namespace", Form::Kubernetes),
                service_account: self.text(below, &path, "service_account", Form::Kubernetes),
            });
        }
        if let Some(below) = node.at("by_pods") {
            let path = child(path, "by_pods");
            self.known(below, &path, &["cluster", "namespace", "service_account"]);
            trusted.push(Trusted::Pods {
                cluster: self.text(below, &path, "cluster", Form::Cluster),
                namespace: self.text(below, &path, "namespace", Form::Kubernetes),
                service_account: self.text(below, &path, "service_account", Form::Kubernetes),
            });
        }
        match node.at("by_ec2").map(|below| (&below.value, &below.origin)) {
            None | Some((Value::Bool(false), _)) => {}
            Some((Value::Bool(true), _)) => trusted.push(Trusted::Ec2),
            Some((_, origin)) => self.say(origin, &child(path, "by_ec2"), "true or false"),
        }
        if node.at("by_role").is_some() {
            trusted.push(Trusted::Role(self.text(node, path, "by_role", Form::Name)));
        }
        if trusted.is_empty() {
            self.say(&node.origin, path, "nobody could assume it");
        }
        trusted
    }

    fn outside(&mut self, node: &Node) -> Option<Trusted> {
        let path = "roles.trusted.from_outside";
        self.known(node, path, &["principal", "external_id"]);
        let external_id = match node.at("external_id").map(|below| &below.value) {
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                let message = "true or false; the external id itself becomes a parameter, and stands in no file";
                self.say(&node.origin, &child(path, "external_id"), message);
                false
            }
            // Whoever leaves it out has to say so: a vendor without an external id is a confused deputy.
            None => {
                self.say(&node.origin, &child(path, "external_id"), "is missing: true or false");
                false
            }
        };
        let wanted = "the ARN of a role or a user: arn:aws:iam::111122223333:role/Name";
        let key = child(path, "principal");
        let Some(given) = node.at("principal") else {
            self.say(&node.origin, &key, format!("is missing: {wanted}"));
            return None;
        };
        let parsed = given.text().and_then(|text| {
            let arn = Arn::parse(text).ok()?;
            let (sort, name) = arn.resource.split_once('/')?;
            let is_principal = arn.service == "iam" && matches!(sort, "role" | "user") && !name.contains(['*', '?']);
            (is_principal && Form::Account.fits(arn.account))
                .then(|| (arn.account.to_owned(), sort.to_owned(), name.to_owned()))
        });
        let Some((account, sort, name)) = parsed else {
            self.say(&given.origin, &key, format!("not {wanted}"));
            return None;
        };
        Some(Trusted::Outside { account, sort, name, external_id })
    }

    fn policy(&mut self, node: &Node) -> Policy {
        let wanted = "read-only, least, none, or assume: with the names of roles of this inventory";
        match (node.text(), &node.value) {
            (Some("read-only"), _) => Policy::ReadOnly,
            (Some("least"), _) => Policy::Least,
            (Some("none"), _) => Policy::Nothing,
            (None, Value::Map(_)) => {
                self.known(node, "roles.policy", &["assume"]);
                let names = node.at("assume").map(Node::items).unwrap_or_default();
                let names: Vec<String> = names.iter().filter_map(Node::text).map(str::to_owned).collect();
                if names.is_empty() {
                    self.say(&node.origin, "roles.policy.assume", "a list of at least one role");
                }
                Policy::Assume(names)
            }
            _ => {
                self.say(&node.origin, "roles.policy", format!("not {wanted}"));
                Policy::Nothing
            }
        }
    }
}

/// The id of a resource: letters and digits.
fn id(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

impl Inventory {
    /// Whether a role asks for the least-privilege policy.
    #[must_use]
    pub fn needs_least(&self) -> bool {
        self.roles.iter().any(|role| role.policy == Policy::Least)
    }

    /// The template of all of them. `read_only` and `least` are what these words mean.
    #[must_use]
    pub fn template(&self, read_only: &Access, least: Option<&Access>, form: TrustForm) -> Template {
        let mut made = Template {
            description: "A declared inventory of roles, and who may assume them".to_owned(),
            parameters: Vec::new(),
            conditions: Vec::new(),
            locals: Vec::new(),
            resources: Vec::new(),
            outputs: Vec::new(),
        };
        let mut attach = |wanted: Policy, access: Option<&Access>| {
            let access = access.filter(|_| self.roles.iter().any(|role| role.policy == wanted));
            let granted = access.map(Access::granted).unwrap_or_default();
            made.parameters.extend(granted.parameters);
            made.conditions.extend(granted.conditions);
            made.resources.extend(granted.resources);
            granted.attached
        };
        let attached = [attach(Policy::ReadOnly, Some(read_only)), attach(Policy::Least, least)];
        for role in &self.roles {
            let own = id(&role.name);
            if role.trusted.iter().any(|trusted| matches!(trusted, Trusted::Outside { external_id: true, .. })) {
                let about = format!("Secret that {} asks for; 2 to 1,224 characters", role.name);
                made.parameters.push(parameter(&format!("{own}ExternalId"), &about, Form::ExternalId, None));
            }
            let [read_only, least] = &attached;
            let after = match form {
                TrustForm::Exact => role.others().map(id).collect(),
                TrustForm::Root => Vec::new(),
            };
            let what = What::Role(Role {
                name: role.name.as_str().into(),
                description: role.description.clone(),
                trust: role.trust(form),
                permission: role.permission(),
                attached: match role.policy {
                    Policy::ReadOnly => read_only.clone(),
                    Policy::Least => least.clone(),
                    Policy::Nothing | Policy::Assume(_) => Vec::new(),
                },
            });
            made.resources.push(Resource { id: own.clone(), when: None, after, what });
            if role.trusted.contains(&Trusted::Ec2) {
                let what = What::Profile { role: own.clone(), name: role.name.as_str().into() };
                made.resources.push(Resource { id: format!("{own}Profile"), when: None, after: Vec::new(), what });
            }
            made.outputs.push(Output {
                name: format!("{own}Arn"),
                description: role.description.clone(),
                when: None,
                arn_of: own,
            });
        }
        made
    }
}

impl Declared {
    /// Roles of the inventory that may assume this one.
    fn others(&self) -> impl Iterator<Item = &str> {
        self.trusted.iter().filter_map(|trusted| match trusted {
            Trusted::Role(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn permission(&self) -> Option<Permission> {
        let Policy::Assume(names) = &self.policy else { return None };
        let resources = names
            .iter()
            .map(|name| Text::from(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{name}")));
        Some(Permission { name: "Assume".to_owned(), actions: vec![ASSUME, TAG], resources: resources.collect() })
    }

    fn trust(&self, form: TrustForm) -> Trust {
        let mut statements: Vec<TrustStatement> = Vec::new();
        for trusted in &self.trusted {
            let (sids, made) = statement_of(trusted, form, &self.name);
            statements.extend(
                made.statements.into_iter().zip(sids).map(|(statement, sid)| TrustStatement { sid, ..statement }),
            );
        }
        Trust { statements }
    }
}

/// What one line of `trusted:` lets in, and the ids of its statements, which have to differ within a role.
fn statement_of(line: &Trusted, form: TrustForm, role: &str) -> ([&'static str; 2], Trust) {
    match line {
        Trusted::Outside { account, sort, name, external_id } => {
            let gate = ("StringEquals", "sts:ExternalId".into(), Text::of(&format!("{}ExternalId", id(role))));
            let more = external_id.then_some(gate).into_iter().collect();
            let made = trusted(sort, &account.as_str().into(), &name.as_str().into(), form, more, &[]);
            (["FromOutside", "FromOutsideToo"], made)
        }
        Trusted::Role(name) => {
            let made = trusted("role", &Text::of("AWS::AccountId"), &name.as_str().into(), form, Vec::new(), &[TAG]);
            (["ByRole", "ByRoleWithTags"], made)
        }
        Trusted::Eks { issuer, namespace, service_account } => {
            let subject = format!("system:serviceaccount:{namespace}:{service_account}");
            (["ByEks", "ByEksToo"], by_token(&issuer.as_str().into(), subject.into()))
        }
        Trusted::Pods { cluster, namespace, service_account } => {
            let cluster = format!("arn:${{AWS::Partition}}:eks:*:${{AWS::AccountId}}:cluster/{cluster}");
            let mut conditions = confused_deputy(&cluster);
            for (tag, value) in [("kubernetes-namespace", namespace), ("kubernetes-service-account", service_account)] {
                let key = format!("aws:RequestTag/{tag}");
                conditions.push(("StringEquals", key.into(), value.as_str().into()));
            }
            (["ByPods", "ByPodsToo"], service("pods.eks.amazonaws.com", &[ASSUME, TAG], conditions))
        }
        Trusted::Ec2 => (["ByEc2", "ByEc2Too"], service("ec2.amazonaws.com", &[ASSUME], Vec::new())),
    }
}
