//! Driver, toolkit and wheel: what stands on what, and what stands aside.

use super::{Boxed, Sheet, WIDTH};
use crate::facts::Facts;
use crate::finding::Arg;
use crate::tables::{Os, cuda_driver};
use crate::texts::Texts;
use crate::visible::visible;

/// Draws the layers of a machine from its program down to its GPU, with the machine's own versions.
pub fn stack(facts: &Facts<'_>, texts: &Texts) -> String {
    let say = |id: &str, args: &[(&'static str, Arg)]| {
        texts
            .shared(&format!("picture-stack-{id}"), args)
            .replace('\n', " ")
    };
    let unknown = say("unknown", &[]);
    let torch = facts.torch().as_ref().ok().and_then(Option::as_ref);
    let cuda = torch.and_then(|torch| torch.cuda().ok().flatten());
    let wheel = torch.map_or_else(
        || say("no-wheel", &[]),
        |torch| format!("torch {}", torch.version),
    );
    let driver = facts
        .driver_version()
        .as_ref()
        .map_or_else(|_| unknown.clone(), |driver| driver.value.to_string());
    let toolkit = facts.nvcc_release().ok().flatten().map_or_else(
        || say("no-toolkit", &[]),
        |toolkit| format!("nvcc {}", toolkit.value),
    );
    let gpu = facts
        .gpus()
        .as_ref()
        .ok()
        .and_then(|gpus| gpus.first()?.name.as_deref().map(visible))
        .unwrap_or(unknown);

    let mut sheet = Sheet::new();
    let left = WIDTH * 11 / 20;
    let right = left + 14;
    sheet.boxed("picture-plain", "", &say("program", &[]), "");
    sheet.arrows(&[left / 2], "");
    sheet.row(&[
        Boxed {
            class: "picture-strong",
            left: 1,
            width: left - 2,
            code: &visible(&wheel),
            title: &say("wheel", &[]),
            text: &cuda.map_or_else(
                || say("wheel-without", &[]),
                |cuda| say("wheel-brings", &[("cuda", Arg::Text(cuda.to_string()))]),
            ),
        },
        Boxed {
            class: "picture-aside",
            left: right,
            width: WIDTH - right - 1,
            code: &toolkit,
            title: &say("toolkit", &[]),
            text: &say("toolkit-for", &[]),
        },
    ]);
    let floor = cuda.and_then(|cuda| cuda_driver::family_floor(cuda, Os::Linux).ok());
    let needs = floor.map_or_else(
        || say("needs", &[]),
        |floor| {
            say(
                "needs-floor",
                &[("driver", Arg::Text(floor.at_least.to_string()))],
            )
        },
    );
    sheet.arrows(&[left / 2], &needs);
    let halves = WIDTH / 2;
    sheet.row(&[
        Boxed {
            class: "picture-strong",
            left: 1,
            width: halves - 6,
            code: &driver,
            title: &say("library", &[]),
            text: &say("library-is", &[]),
        },
        Boxed {
            class: "picture-strong",
            left: halves + 5,
            width: halves - 6,
            code: &driver,
            title: &say("module", &[]),
            text: &say("module-is", &[]),
        },
    ]);
    sheet.arrows(&[WIDTH * 3 / 4], "");
    sheet.boxed("picture-plain", &gpu, &say("gpu", &[]), "");
    sheet.svg("stack", texts)
}
