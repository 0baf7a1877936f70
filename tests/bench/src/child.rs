//! A process, run to its end, and what it used.

use std::io;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How often it is looked whether the process has ended: no more than this is the wall clock off.
const POLL: Duration = Duration::from_millis(5);

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Its exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// From start to end.
    pub wall: Duration,
    /// User and system time, of all its threads.
    pub cpu: Duration,
    /// The most memory that was resident, in bytes.
    pub peak_bytes: u64,
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started, or has not ended after the longest time that it may take; it is ended then.
pub fn run(command: &mut Command, longest: Duration) -> Result<Used> {
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    loop {
        if let Some((status, usage)) = ended(&child)? {
            return Ok(used(status, &usage, began.elapsed()));
        }
        if began.elapsed() > longest {
            let _ = child.kill();
            let _ = child.wait();
            bail!("{} did not end within {} s", command.get_program().display(), longest.as_secs());
        }
        std::thread::sleep(POLL);
    }
}

/// Whether it has ended, and what it used then. The process is gone afterwards.
#[expect(unsafe_code, reason = "the standard library waits for a process without telling what it used")]
fn ended(child: &Child) -> io::Result<Option<(libc::c_int, libc::rusage)>> {
    let pid = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: a structure of numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are ours, outlive the call and are of the types that it fills.
    match unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } {
        0 => Ok(None),
        found if found == pid => Ok(Some((status, usage))),
        _ => Err(io::Error::last_os_error()),
    }
}

fn used(status: libc::c_int, usage: &libc::rusage, wall: Duration) -> Used {
    let time = |time: libc::timeval| {
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
        seconds + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
    };
    Used {
        status: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        wall,
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        // In KiB on Linux. A process begins with the memory of the one that started it, which here is a few MiB.
        peak_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_used_is_told() {
        let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3";
        let used = run(Command::new("sh").args(["-c", script]), Duration::from_mins(1)).unwrap();
        assert_eq!(used.status, Some(3));
        assert!(used.cpu > Duration::from_millis(5) && used.cpu <= used.wall * 2, "{used:?}");
        assert!(used.peak_bytes > 512 << 10, "{used:?}");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let error = run(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
    }
}
