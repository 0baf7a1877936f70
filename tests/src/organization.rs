//! The organization that tests read: built by `front/organization.py`, described here.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::front::Front;

/// What the fixture has resources of, and what a sync in a test reads where the test names nothing else: every further
/// kind would be hundreds of empty answers.
pub const KINDS: &str = "AWS::Account::Info,AWS::DynamoDB::Table,AWS::EC2::Instance,AWS::EC2::Volume,AWS::ECS::Cluster,\
    AWS::ECS::Service,AWS::EKS::Cluster,AWS::Lambda::Function,AWS::Organizations::Account,AWS::RDS::DBInstance,\
    AWS::S3::Bucket,AWS::SNS::Topic,AWS::SQS::Queue";

/// How much is in the organization's accounts. The accounts and OUs are the same in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// One or two of each kind in one region of two accounts: for tests that change things.
    Tiny,
    /// A few of each kind in every account: for comparing kind by kind.
    Small,
    /// Several hundred resources: what the demo shows.
    Full,
}

/// An organization in moto behind its front.
#[derive(Debug)]
pub struct Organization {
    front: Front,
    made: Value,
}

impl Organization {
    /// An organization of one's own behind a front of its own, to change and to spoil.
    ///
    /// # Panics
    /// When the front does not start or the organization cannot be built.
    pub fn build(scale: Scale) -> Self {
        let (front, made) = Front::copy(Some(scale), false);
        Self { front, made }
    }

    /// The same, in a moto that has AWS's own managed policies.
    ///
    /// # Panics
    /// As [`Organization::build`].
    pub fn build_with_managed_policies(scale: Scale) -> Self {
        let (front, made) = Front::copy(Some(scale), true);
        Self { front, made }
    }

    /// The organization that tests share which only read: nobody may change it or its front's rules.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Organization> = OnceLock::new();
        SHARED.get_or_init(|| Self::build(Scale::Small))
    }

    /// The front before it.
    pub fn front(&self) -> &Front {
        &self.front
    }

    /// The id of an account by its name: `management`, `prod-web`, `prod-data`, `staging`, `sandbox` (whose role does
    /// not exist), `legacy` (suspended), and one with umlauts.
    pub fn account(&self, name: &str) -> &str {
        self.text(&["accounts", name])
    }

    /// The id of an OU by its name: `workloads` (with `prod` and `staging` below), `security`, `sandbox`.
    pub fn unit(&self, name: &str) -> &str {
        self.text(&["units", name])
    }

    /// The root's id.
    pub fn root(&self) -> &str {
        self.text(&["root"])
    }

    /// The listing role, which gives the members' roles their name.
    pub fn role(&self) -> &str {
        self.text(&["role"])
    }

    /// The role of one account.
    pub fn role_in(&self, account: &str) -> String {
        self.role().replace(self.account("management"), account)
    }

    /// The external id that every role asks for.
    pub fn external_id(&self) -> &str {
        self.text(&["external_id"])
    }

    /// Texts that must never be seen: the external id, the source's secret, a password in a Lambda's environment.
    pub fn planted(&self) -> Vec<&str> {
        self.made["planted"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The accounts whose roles can be assumed.
    pub fn readable(&self) -> Vec<&str> {
        self.made["readable"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The account and region that an SCP closes.
    pub fn denied_region(&self) -> (&str, &str) {
        (self.text(&["denied_region", "account"]), self.text(&["denied_region", "region"]))
    }

    /// The description that `front/organization.py` printed, for the other scripts.
    pub fn described(&self) -> String {
        self.made.to_string()
    }

    /// What boto3 gives for every kind, one value for each resource (see `front/oracle.py`).
    ///
    /// # Panics
    /// When boto3 cannot read it.
    pub fn oracle(&self) -> Vec<Value> {
        let printed = self.front.python("oracle.py", &[], &self.described());
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        printed.lines().map(parse).collect()
    }

    /// The environment in which the source's identity is found and AWS is the front.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("AWS_ACCESS_KEY_ID", self.text(&["source", "key_id"])),
            ("AWS_SECRET_ACCESS_KEY", self.text(&["source", "secret"])),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", self.front.url()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Adds an active account with a role that can be assumed, in an OU; returns its id.
    pub fn add_account(&self, name: &str, unit: &str) -> String {
        let management = self.account("management");
        let boto =
            |operation, arguments| self.front.boto(management, "us-east-1", "organizations", operation, &arguments);
        let email = format!("aws+{name}@example.com");
        let made = boto("create_account", json!({ "AccountName": name, "Email": email }));
        let account = made["CreateAccountStatus"]["AccountId"].as_str().unwrap_or_default().to_owned();
        let destination = self.unit(unit);
        boto(
            "move_account",
            json!({ "AccountId": account, "SourceParentId": self.root(), "DestinationParentId": destination }),
        );
        self.allow(&account);
        account
    }

    /// Moves an account from one OU to another.
    pub fn move_account(&self, account: &str, from: &str, to: &str) {
        let arguments = json!({
            "AccountId": account, "SourceParentId": self.unit(from), "DestinationParentId": self.unit(to),
        });
        self.front.boto(self.account("management"), "us-east-1", "organizations", "move_account", &arguments);
    }

    /// The account's role exists and trusts the source.
    pub fn allow(&self, account: &str) {
        let trust = json!({ "principals": [self.text(&["source", "arn"])], "external_id": self.external_id() });
        self.front.configure(&json!({ "roles": { self.role_in(account): trust } }));
    }

    /// The account's role trusts the source, and may do what these identity policies say: documents, or ARNs of managed
    /// policies.
    pub fn permit(&self, account: &str, policies: &[Value]) {
        let mut fields = json!({ "policies": policies });
        fields["principals"] = json!([self.text(&["source", "arn"])]);
        fields["external_id"] = json!(self.external_id());
        self.front.role(&self.role_in(account), &fields);
    }

    /// The account's role no longer exists.
    pub fn deny(&self, account: &str) {
        self.front.configure(&json!({ "roles": { self.role_in(account): { "missing": true } } }));
    }

    /// The account's state as Organizations tells it: `SUSPENDED`, `ACTIVE`, and so on.
    pub fn set_state(&self, account: &str, state: &str) {
        self.front.configure(&json!({ "accounts": { account: state } }));
    }

    fn text(&self, path: &[&str]) -> &str {
        let found = path.iter().try_fold(&self.made, |value, name| value.get(name)).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("the organization has no {path:?}: {}", self.made))
    }
}
