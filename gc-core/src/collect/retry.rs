/// When to try again to examine large objects in slices that the game wrote to before they were examined.
///
/// Each such write abandons a job, so retries must become rare when they fail: otherwise a game that writes to many
/// large objects each frame would never see a job end.
pub(crate) struct Retry {
    ended: u32,
    /// Jobs that must end between two retries.
    period: u32,
    failed: bool,
}

const FIRST: u32 = 16;
const MOST: u32 = 4096;

impl Default for Retry {
    fn default() -> Self {
        Retry {
            ended: 0,
            period: FIRST,
            failed: false,
        }
    }
}

impl Retry {
    /// Asked once for each job.
    pub(crate) fn is_due(&mut self) -> bool {
        if self.ended < self.period {
            return false;
        }
        self.period = if self.failed {
            (self.period * 2).min(MOST)
        } else {
            FIRST
        };
        self.ended = 0;
        self.failed = false;
        true
    }

    /// A job has ended.
    pub(crate) fn ended(&mut self) {
        self.ended = self.ended.saturating_add(1);
    }

    /// A job was abandoned because of a large object, which is passed by until the next retry.
    pub(crate) fn excluded(&mut self) {
        self.failed = true;
    }
}
