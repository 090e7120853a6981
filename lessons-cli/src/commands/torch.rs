//! `lessons torch`: the PyTorch desk.

mod plan;
mod verify;
mod wheels;

use anyhow::Result;

use crate::Done;
use crate::cli::{LiveArgs, TorchAction};

pub(super) fn run(action: TorchAction, live: &LiveArgs) -> Result<Done> {
    match action {
        TorchAction::Plan(args) => plan::run(args, live),
        TorchAction::Verify(args) => verify::run(&args, live),
        TorchAction::Wheels(args) => wheels::run(args, live),
    }
}
