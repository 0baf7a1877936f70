//! The last that a run writes into its catalogue.

use std::collections::BTreeMap;

use super::context::{Context, Failed};
use crate::aws::Counts;
use crate::catalogue::{CallCount, Catalogue, CatalogueError};
use crate::sink::RunEnd;

/// Days for which deleted rows are kept: as long as `restore` can put them back.
const KEEP_DELETED_DAYS: u32 = 30;

/// Stores how often each operation was called, ends the run, and removes what was kept long enough.
pub(super) async fn close_catalogue(
    context: &Context,
    calls: &BTreeMap<String, Counts>,
    end: RunEnd,
) -> Result<(), Failed> {
    let mut rows = Vec::new();
    for (operation, counts) in calls {
        let statuses = counts.statuses.iter().map(|(status, count)| (status.to_string(), *count));
        for (index, (result, count)) in
            statuses.chain(counts.unanswered.iter().map(|(reason, count)| (reason.clone(), *count))).enumerate()
        {
            // Retries and bytes are counted by operation; they stand with its first result, so that sums are right.
            let (retries, bytes) = if index == 0 { (counts.retries, counts.bytes_received) } else { (0, 0) };
            rows.push(CallCount { operation: operation.clone(), result, count, retries, bytes });
        }
        if counts.refused > 0 {
            let result = "refused".to_owned();
            rows.push(CallCount { operation: operation.clone(), result, count: counts.refused, retries: 0, bytes: 0 });
        }
    }
    let learned = context.client.rates().learned();
    let slow = (!end.interrupted).then(|| context.slow.kept());
    let job = move |catalogue: &mut Catalogue| {
        catalogue.put_calls(&rows)?;
        catalogue.put_rates(&learned, end.now)?;
        if let Some(slow) = slow {
            catalogue.put_slow_units(&slow)?;
        }
        catalogue.finish_run(end.exit_status, &end.summary, end.now)?;
        catalogue.purge(KEEP_DELETED_DAYS, end.now)?;
        Ok::<(), CatalogueError>(())
    };
    Ok(context.store.with(job).await??)
}
