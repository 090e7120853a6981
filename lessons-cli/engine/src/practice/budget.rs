//! How much a command line may do before it is ended: what would run for ever must not.

/// Steps of the shell and of its programs for one command line: each is about a quarter of a microsecond, so that what is
/// stopped has taken no more than 20 ms.
const STEPS: u64 = 60_000;

/// How deep shells, functions and programs may be in one another.
const DEPTH: u32 = 64;

/// What one command line may print, in bytes.
const PRINTED: usize = 128 << 10;

/// What one command line may still do.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    steps: u64,
    depth: u32,
    printed: usize,
}

/// Why a command line was ended before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It took more steps than a command line may.
    Steps,
    /// It called itself too deeply: a fork bomb, an endless recursion.
    Depth,
    /// It printed more than anyone reads.
    Printed,
    /// The person pressed Ctrl-C.
    Interrupted,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: STEPS,
            depth: DEPTH,
            printed: PRINTED,
        }
    }
}

impl Budget {
    /// Takes some steps.
    pub fn spend(&mut self, steps: u64) -> Result<(), Stop> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Stop::Steps)
    }

    /// How many steps are left.
    pub fn left(&self) -> u64 {
        self.steps
    }

    /// Keeps no more steps than these, and hands over the rest: for a program whose output a pipe may cut short.
    pub fn set_aside(&mut self, keep: u64) -> u64 {
        let aside = self.steps.saturating_sub(keep);
        self.steps -= aside;
        aside
    }

    /// Gives back what was set aside.
    pub fn give_back(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// Goes one level deeper.
    pub fn enter(&mut self) -> Result<(), Stop> {
        self.depth = self.depth.checked_sub(1).ok_or(Stop::Depth)?;
        Ok(())
    }

    /// Comes back from a level.
    pub fn leave(&mut self) {
        self.depth += 1;
    }

    /// How many of these bytes may still be printed.
    pub(super) fn print(&mut self, bytes: usize) -> usize {
        let allowed = bytes.min(self.printed);
        self.printed -= allowed;
        allowed
    }
}
