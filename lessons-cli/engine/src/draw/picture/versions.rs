//! The three CUDA versions that people confuse, and where each comes from.

use super::Sheet;
use crate::facts::Facts;
use crate::finding::Arg;
use crate::texts::Texts;

/// Draws them for a machine, with its own numbers.
pub fn versions(facts: &Facts<'_>, texts: &Texts) -> String {
    let plain = |id: &str| texts.shared(id, &[]).replace('\n', " ");
    let none = plain("picture-versions-none");
    let unknown = plain("picture-versions-unknown");
    let ceiling = facts
        .driver_ceiling()
        .map_or_else(|_| unknown.clone(), |ceiling| ceiling.value.to_string());
    let toolkit = match facts.nvcc_release() {
        Ok(Some(toolkit)) => toolkit.value.to_string(),
        Ok(None) => none.clone(),
        Err(_) => unknown.clone(),
    };
    let torch = match facts.torch() {
        Ok(Some(torch)) => match torch.cuda() {
            Ok(Some(cuda)) => cuda.to_string(),
            Ok(None) => none,
            Err(_) => unknown,
        },
        Ok(None) => none,
        Err(_) => unknown,
    };
    let mut sheet = Sheet::new();
    for (class, id, number) in [
        ("picture-strong", "ceiling", ceiling),
        ("picture-aside", "toolkit", toolkit),
        ("picture-strong", "torch", torch),
    ] {
        let with = |part: &str| {
            let id = format!("picture-versions-{id}{part}");
            texts
                .shared(&id, &[("number", Arg::Text(number.clone()))])
                .replace('\n', " ")
        };
        sheet.boxed(class, &with("-shown"), &with(""), &with("-from"));
        sheet.gap();
    }
    sheet.svg("versions", texts)
}
