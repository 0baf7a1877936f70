//! Bodies that do not come as they should.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::server::wire::Line;

/// How a body ends.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// Without what is missing, and without another word.
    Cut,
    /// With a reset of the connection.
    Reset(Line),
    /// Never.
    Never,
}

/// A body of some pieces with a pause before each but the first, and an end.
#[derive(Debug)]
pub(crate) struct Spoilt {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    first: bool,
    end: End,
}

/// A body was cut: how hyper is told to end the connection.
#[derive(Debug, thiserror::Error)]
#[error("the weather")]
pub(crate) struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Spoilt {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>, pause: Duration, end: End) -> Self {
        Self { pieces: pieces.into_iter().collect(), pause, sleep: None, first: true, end }
    }
}

impl Body for Spoilt {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        if !this.first {
            let pause = this.pause;
            let sleep = this.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            this.sleep = None;
        }
        this.first = false;
        if let Some(piece) = this.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match &this.end {
            End::Whole => Poll::Ready(None),
            End::Cut => Poll::Ready(Some(Err(Cut))),
            End::Reset(line) => {
                line.reset();
                Poll::Ready(Some(Err(Cut)))
            }
            End::Never => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
