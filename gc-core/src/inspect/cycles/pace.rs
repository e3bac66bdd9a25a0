//! Code that can be left and gone on with: the compiler makes the machine of an `async` function.

use core::future::poll_fn;
use core::task::Poll;

/// Moves that are made for one unit: an object or a handle is looked at.
const AT_ONCE: u32 = 16;

/// Counts moves. A unit is what is done between two of its stops.
#[derive(Default)]
pub(super) struct Pace(u32);

impl Pace {
    /// A move. After some of them the unit ends here.
    #[inline]
    pub(super) async fn step(&mut self) {
        self.0 += 1;
        if self.0 == AT_ONCE {
            self.0 = 0;
            let mut stopped = false;
            poll_fn(|_| match core::mem::replace(&mut stopped, true) {
                false => Poll::Pending,
                true => Poll::Ready(()),
            })
            .await;
        }
    }
}
