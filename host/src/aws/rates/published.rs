//! The buckets that AWS publishes: `published.tsv`.

use std::collections::HashMap;

use super::bucket::Quota;

const TABLE: &str = include_str!("published.tsv");

/// By service: patterns of operations and what they may.
#[derive(Debug)]
pub(super) struct Published {
    by_service: HashMap<&'static str, Vec<(&'static str, Quota)>>,
}

impl Published {
    /// The table. A line that is none is left out; a test sees to it that there is none.
    pub(super) fn new() -> Self {
        let mut by_service: HashMap<_, Vec<_>> = HashMap::new();
        for (service, operation, quota) in lines().filter_map(Result::ok) {
            by_service.entry(service).or_default().push((operation, quota));
        }
        Self { by_service }
    }

    /// What all operations of a service together may.
    pub(super) fn of_service(&self, service: &str) -> Option<Quota> {
        self.find(service, |pattern| pattern == "*")
    }

    /// What an operation may that has a bucket of its own.
    pub(super) fn of_operation(&self, service: &str, operation: &str) -> Option<Quota> {
        self.find(service, |pattern| match pattern.strip_suffix('*') {
            Some("") => false,
            Some(beginning) => operation.starts_with(beginning),
            None => pattern == operation,
        })
    }

    fn find(&self, service: &str, is_it: impl Fn(&str) -> bool) -> Option<Quota> {
        self.by_service.get(service)?.iter().find(|(pattern, _)| is_it(pattern)).map(|(_, quota)| *quota)
    }
}

type Line = (&'static str, &'static str, Quota);

fn lines() -> impl Iterator<Item = Result<Line, &'static str>> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().ok_or(line);
        let (service, operation) = (cell()?, cell()?);
        let mut number = || cell()?.parse::<f64>().map_err(|_| line);
        let quota = Quota { burst: number()?, per_second: number()? };
        Ok((service, operation, quota))
    })
}

#[cfg(test)]
mod tests {
    use super::{Published, lines};

    #[test]
    fn every_line_is_read_and_names_a_service_of_the_tables() {
        for line in lines() {
            let (service, operation, quota) = line.unwrap();
            assert!(portolan_tables::service(service).is_some(), "{service}");
            assert!(quota.burst >= 1.0 && quota.per_second > 0.0, "{service}:{operation}");
        }
    }

    #[test]
    fn an_operation_has_its_own_bucket_or_its_services() {
        let published = Published::new();
        assert!(
            published.of_operation("ec2", "DescribeVpcs").is_some_and(|quota| (quota.per_second - 20.0).abs() < 1e-9)
        );
        assert_eq!(published.of_service("ec2"), None);
        assert_eq!(published.of_operation("lambda", "ListFunctions"), None);
        assert!(published.of_service("lambda").is_some());
    }
}
