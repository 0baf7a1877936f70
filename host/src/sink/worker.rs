use std::io;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

/// Jobs that wait for a sink's thread. A job holds a page: 128 KiB of text, some four times that parsed. So a sink that
/// has fallen behind holds some 16 MiB, and its back-pressure reaches the units.
pub const QUEUE_JOBS_MAX: usize = 32;

/// The thread of a sink is gone: it panicked, or it was closed.
#[derive(Debug, thiserror::Error)]
#[error("the writer {name} is gone")]
pub struct WorkerGone {
    /// Its name.
    pub name: String,
}

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// Something that blocks (a database, a file), in a thread of its own, asked from asynchronous code.
///
/// Jobs run in the order in which they were accepted. Dropping it waits until all are done.
pub struct Worker<T> {
    name: String,
    jobs: Option<mpsc::Sender<Job<T>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Worker<T> {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(name: &str, mut state: T) -> io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel::<Job<T>>(QUEUE_JOBS_MAX);
        let run = move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut state);
            }
        };
        let thread = std::thread::Builder::new().name(format!("sink {name}")).spawn(run)?;
        Ok(Self { name: name.to_owned(), jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `job` in the thread and answers what it gave. Waits while the queue is full.
    ///
    /// Once accepted a job is carried out, even where nobody waits for its answer any more.
    ///
    /// # Errors
    /// The thread is gone.
    pub async fn with<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, WorkerGone> {
        let gone = || WorkerGone { name: self.name.clone() };
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |state: &mut T| {
            // Whoever asked may be gone; the job is done all the same.
            let _ = answer.send(job(state));
        });
        self.jobs.as_ref().ok_or_else(gone)?.send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(sink = self.name, "the writer's thread panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Worker;

    #[tokio::test]
    async fn jobs_run_in_order_and_a_panic_is_an_error_for_its_asker_and_the_next() {
        let worker = Worker::start("test", Vec::new()).unwrap();
        for number in 0..100 {
            worker.with(move |seen: &mut Vec<u32>| seen.push(number)).await.unwrap();
        }
        assert_eq!(worker.with(|seen| seen.clone()).await.unwrap(), (0..100).collect::<Vec<_>>());
        assert!(worker.with(|_| panic!("on purpose")).await.is_err());
        assert!(worker.with(|_| ()).await.is_err());
    }

    #[tokio::test]
    async fn what_was_accepted_is_done_before_the_drop_returns() {
        struct Slow(std::sync::Arc<std::sync::atomic::AtomicU32>);
        let done = std::sync::Arc::default();
        let worker = Worker::start("test", Slow(std::sync::Arc::clone(&done))).unwrap();
        for _ in 0..3 {
            let job = worker.with(|slow: &mut Slow| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                slow.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
            // Asked, and not waited for.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(1), job).await;
        }
        drop(worker);
        assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), 3);
    }
}
