//! One view per kind, its top-level properties as columns: generated from what is stored.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

/// Columns of one view. SQLite's own limit is 2,000, and the largest kind of AWS has some 80 members; what is beyond is
/// in `properties` still.
const VIEW_COLUMNS_MAX: usize = 500;

/// The catalogue's own columns, which every kind has. A property of such a name (in any case) is `property_NAME`.
const OWN: &[&str] = &[
    "resource_key",
    "account_id",
    "region",
    "id",
    "arn",
    "name",
    "tags",
    "first_seen",
    "last_seen",
    "changed_at",
    "missing_since",
    "stale_since",
    "properties",
];

/// Views and tables of the schema, whose names no kind may take.
const TAKEN: &[&str] = &[
    "accounts",
    "regions",
    "runs",
    "units",
    "resources",
    "resource_tags",
    "sightings",
    "problems",
    "calls",
    "deletions",
    "entities",
    "relations",
    "current",
    "last_run",
    "by_kind",
    "by_account",
    "untagged",
    "stale",
    "changed_last_run",
    "denied",
    "accounts_not_read",
    "scope",
];

pub(super) fn known_properties(connection: &Connection) -> rusqlite::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut query = connection.prepare("SELECT kind, name FROM _properties")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let (kind, name) = row?;
        known.entry(kind).or_default().insert(name);
    }
    Ok(known)
}

/// Makes the views of all kinds, and makes anew those whose columns changed.
pub(super) fn rebuild(
    connection: &Connection,
    properties: &BTreeMap<String, BTreeSet<String>>,
) -> rusqlite::Result<()> {
    let mut names: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    for (kind, properties) in properties {
        let name = free(view_name(kind), &mut names);
        let sql = view_sql(&name, kind, properties);
        let stored = "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name = ?1 AND sql = ?2";
        let same: i64 = connection.query_row(stored, params![name, sql], |row| row.get(0))?;
        if same == 0 {
            connection.execute_batch(&format!("DROP VIEW IF EXISTS {}; {sql};", identifier(&name)))?;
        }
    }
    Ok(())
}

fn view_sql(name: &str, kind: &str, properties: &BTreeSet<String>) -> String {
    let mut taken: BTreeSet<String> = OWN.iter().map(|column| (*column).to_owned()).collect();
    let mut columns: Vec<String> = OWN.iter().map(|column| (*column).to_owned()).collect();
    for property in properties.iter().take(VIEW_COLUMNS_MAX - OWN.len()) {
        let own = OWN.contains(&property.to_ascii_lowercase().as_str());
        let column = if own { format!("property_{property}") } else { property.clone() };
        let column = free(column, &mut taken);
        columns.push(format!("{} AS {}", extract(property), identifier(&column)));
    }
    format!(
        "CREATE VIEW {} AS SELECT {} FROM resources WHERE deleted_at IS NULL AND kind = {}",
        identifier(name),
        columns.join(", "),
        literal(kind)
    )
}

/// The expression for a property. A name that JSON paths cannot spell is looked up by comparison, slower and never wrong.
fn extract(property: &str) -> String {
    let plain = !property.is_empty() && property.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- .:/@".contains(&b));
    if plain {
        format!("json_extract(properties, {})", literal(&format!("$.\"{property}\"")))
    } else {
        format!("(SELECT value FROM json_each(properties) WHERE key = {})", literal(property))
    }
}

/// The name, numbered if it is taken: SQLite's names do not tell cases apart.
fn free(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 1;
    while !taken.insert(candidate.to_ascii_lowercase()) {
        number += 1;
        candidate = format!("{name}_{number}");
    }
    candidate
}

/// `AWS::EC2::Instance` → `aws_ec2_instance`, `AWS::RDS::DBInstance` → `aws_rds_db_instance`,
/// `ec2:DescribeRegions` → `ec2_describe_regions`. A service's name is one word, however it is written.
fn view_name(kind: &str) -> String {
    let parts: Vec<&str> = kind.split(':').filter(|part| !part.is_empty()).collect();
    let last = parts.len().saturating_sub(1);
    let words: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| if index == last { snake(part) } else { part.to_ascii_lowercase() })
        .collect();
    let name: String =
        words.join("_").chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("kind_{name}") }
}

fn snake(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let mut out = String::new();
    let mut before: Option<char> = None;
    let mut rest = chars.iter().peekable();
    while let Some(&c) = rest.next() {
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                let next_is_lower = rest.peek().is_some_and(|next| next.is_ascii_lowercase());
                b.is_ascii_lowercase() || b.is_ascii_digit() || (b.is_ascii_uppercase() && next_is_lower)
            });
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    out
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A NUL would end the statement early, in text that comes from AWS: it cannot be part of a name we look up.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::view_name;

    #[test]
    fn names_of_views() {
        for (kind, name) in [
            ("AWS::EC2::Instance", "aws_ec2_instance"),
            ("AWS::RDS::DBInstance", "aws_rds_db_instance"),
            ("AWS::DynamoDB::Table", "aws_dynamodb_table"),
            ("AWS::EC2::VPCEndpoint", "aws_ec2_vpc_endpoint"),
            ("AWS::ECS::Service", "aws_ecs_service"),
            ("AWS::S3::Bucket", "aws_s3_bucket"),
            ("ec2:DescribeCapacityReservations", "ec2_describe_capacity_reservations"),
            ("1x", "kind_1x"),
        ] {
            assert_eq!(view_name(kind), name);
        }
    }
}
