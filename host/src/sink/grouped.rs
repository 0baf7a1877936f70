use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Worker, WorkerGone};
use crate::catalogue::{Catalogue, CatalogueError};

/// Says how a write ended, once it is known whether it was committed.
type Reply = Box<dyn FnOnce(Result<(), &CatalogueError>) + Send>;
type Write = Box<dyn FnOnce(&mut Catalogue) -> Reply + Send>;

/// Writes to the catalogue that wait for its thread at the same time share one transaction: units by the thousand begin, store
/// a page and end, each of which is little beside a commit of its own.
///
/// Whoever writes is answered when that is committed, as without it.
pub(crate) struct Grouped {
    catalogue: Arc<Worker<Catalogue>>,
    waiting: Arc<Mutex<Vec<Write>>>,
}

impl Grouped {
    /// Over the thread of a catalogue.
    pub(crate) fn new(catalogue: Arc<Worker<Catalogue>>) -> Self {
        Self { catalogue, waiting: Arc::default() }
    }

    /// Carries out `write`, and answers what it gave when that is committed. Waits while the thread's queue is full.
    ///
    /// # Errors
    /// The thread is gone. The inner error: the write failed, or could not be committed, and nothing of it was stored.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Catalogue) -> Result<R, CatalogueError> + Send + 'static,
    ) -> Result<Result<R, CatalogueError>, WorkerGone> {
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |catalogue| {
            let given = write(catalogue);
            Box::new(move |committed| {
                let given = match (given, committed) {
                    (Ok(_), Err(why)) => Err(CatalogueError::NotCommitted(why.to_string())),
                    (given, _) => given,
                };
                // Whoever asked may be gone; what was written stays.
                let _ = answer.send(given);
            })
        });
        lock(&self.waiting).push(write);
        let waiting = Arc::clone(&self.waiting);
        // The first of the jobs does what all of them came for, the others find nothing left.
        let carry_out = move |catalogue: &mut Catalogue| {
            let writes = std::mem::take(&mut *lock(&waiting));
            let mut replies = Vec::with_capacity(writes.len());
            let committed = catalogue.together(writes.into_iter(), |catalogue, write| replies.push(write(catalogue)));
            for reply in replies {
                reply(committed.as_ref().copied());
            }
        };
        self.catalogue.with(carry_out).await?;
        answered.await.map_err(|_| WorkerGone { name: self.catalogue.name().to_owned() })
    }
}

/// A list is as good after a panic as before.
fn lock(waiting: &Mutex<Vec<Write>>) -> MutexGuard<'_, Vec<Write>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = fn(&mut Catalogue) -> Result<bool, CatalogueError>;
    type Answer = Result<Result<bool, CatalogueError>, WorkerGone>;

    /// Writes that come while the thread is busy with something else; each answers whether it had a transaction to itself.
    async fn while_busy(writes: Vec<Asked>) -> (Grouped, Vec<Answer>) {
        let worker = Arc::new(Worker::start("test", Catalogue::in_memory().unwrap()).unwrap());
        let grouped = Grouped::new(Arc::clone(&worker));
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let busy = tokio::spawn(async move { worker.with(move |_| gate.recv().unwrap()).await.unwrap() });
        tokio::task::yield_now().await;
        let opened = async {
            tokio::task::yield_now().await;
            open.send(()).unwrap();
        };
        let all = futures::future::join_all(writes.into_iter().map(|write| grouped.write(write)));
        let (answers, ()) = tokio::join!(all, opened);
        busy.await.unwrap();
        (grouped, answers)
    }

    fn alone(catalogue: &mut Catalogue) -> Result<bool, CatalogueError> {
        Ok(catalogue.connection().is_autocommit())
    }

    fn failing(_: &mut Catalogue) -> Result<bool, CatalogueError> {
        Err(CatalogueError::NoRun)
    }

    /// As SQLite does by itself on a full disk.
    fn rolling_back(catalogue: &mut Catalogue) -> Result<bool, CatalogueError> {
        catalogue.connection().execute_batch("ROLLBACK")?;
        Ok(true)
    }

    #[tokio::test]
    async fn writes_that_wait_together_share_a_transaction() {
        let (grouped, answers) = while_busy(vec![alone; 20]).await;
        assert!(answers.into_iter().all(|answer| !answer.unwrap().unwrap()));
        assert!(grouped.write(alone).await.unwrap().unwrap(), "there is nobody to share it with");
    }

    #[tokio::test]
    async fn one_that_fails_fails_alone() {
        let (_, answers) = while_busy(vec![alone, failing, alone]).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert!(matches!(answers.as_slice(), [Ok(false), Err(CatalogueError::NoRun), Ok(false)]), "{answers:?}");
    }

    #[tokio::test]
    async fn what_was_not_committed_is_no_answer() {
        let (grouped, answers) = while_busy(vec![alone, rolling_back, alone]).await;
        for answer in answers {
            assert!(matches!(answer, Ok(Err(CatalogueError::NotCommitted(_)))), "{answer:?}");
        }
        assert!(grouped.write(alone).await.unwrap().unwrap(), "the next begins anew");
    }
}
