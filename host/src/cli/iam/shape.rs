//! What `iam template` and `iam trust` have in common: the deployment, and values of its parameters.

use clap::Args;

use crate::cli::validate::Printed;
use crate::config::mistake::nearest;
use crate::iam::template::{Deployment, Template, TrustForm, Values};
use crate::run::ExitStatus;

/// A deployment, and how it is filled in.
#[derive(Debug, Clone, Args)]
pub struct ShapeArgs {
    /// Where Portolan runs, and as whom
    #[arg(value_enum, value_name = "DEPLOYMENT")]
    pub deployment: Deployment,
    /// How the trust policy names whom it lets in
    #[arg(long, value_enum, default_value = "root", value_name = "FORM")]
    pub trust: TrustForm,
    /// Value of a parameter of the template; several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,
}

impl ShapeArgs {
    /// The values that were given, each of its parameter's form.
    pub(super) fn values(&self, template: &Template) -> Result<Values, String> {
        let mut values = Values::new();
        for given in &self.parameter {
            let Some((name, value)) = given.split_once('=') else {
                return Err(format!("--parameter {given}: NAME=VALUE is expected"));
            };
            let Some(parameter) = template.parameter(name) else {
                let names: Vec<&str> = template.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
                return Err(match nearest(name, names.iter().copied()) {
                    Some(near) => format!("--parameter {name}: there is no such parameter; did you mean {near}?"),
                    None => format!("--parameter {name}: there is no such parameter; there are {}", names.join(", ")),
                });
            };
            if !parameter.form.fits(value) {
                // The value may be a secret.
                return Err(format!("--parameter {name}: not {}", parameter.form.says()));
            }
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(values)
    }
}

/// Wrong usage.
pub(super) fn refused(why: &str) -> Printed {
    Printed { out: String::new(), err: format!("{why}\n"), status: ExitStatus::Usage.code() }
}
