//! The name that somebody meant.

use lessons_engine::finding::Arg;
use lessons_engine::visible::visible;

use crate::{WrongUsage, commands};

/// An error for a name that is none of `known`: it says which is nearest, or where to find them all.
pub fn unknown<'k>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
    list: &str,
) -> WrongUsage {
    let text = |text: &str| Arg::Text(text.to_owned());
    let mut args = vec![
        // The name of a variant in the text: `step-or-lesson`.
        ("what", Arg::Text(what.replace(' ', "-"))),
        ("name", Arg::Text(visible(name))),
        ("list", text(list)),
    ];
    let id = match nearest(name, known) {
        Some(near) => {
            args.push(("near", text(near)));
            "usage-unknown-name-near"
        }
        None => "usage-unknown-name",
    };
    WrongUsage(commands::texts().shared(id, &args))
}

/// The known name that looks most like `name`, if any looks like it at all.
fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A name longer than any of ours resembles none, and comparing it would take its time.
    if name.len() > 100 {
        return None;
    }
    known
        .into_iter()
        .map(|known| {
            // `installed` means `driver.installed`.
            let part = known
                .split_once('.')
                .map_or(0.0, |(_, part)| strsim::jaro_winkler(name, part));
            (strsim::jaro_winkler(name, known).max(part), known)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_name_has_a_word() {
        for what in [
            "step",
            "step or lesson",
            "machine",
            "exercise or machine",
            "kind of output",
            "table",
            "symptom",
        ] {
            let said = unknown(what, "xyzzy", ["driver"], "lessons list").0;
            assert_eq!(
                said,
                format!("there is no {what} \"xyzzy\"; lessons list shows all")
            );
        }
        assert_eq!(
            unknown("step", "drivr", ["driver"], "lessons list").0,
            "there is no step \"drivr\"; did you mean driver? (lessons list shows all)"
        );
    }

    #[test]
    fn the_name_that_was_meant_is_found() {
        let known = [
            "driver.installed",
            "torch.installed",
            "cuda.env-path",
            "driver",
        ];
        assert_eq!(nearest("driver.instaled", known), Some("driver.installed"));
        assert_eq!(nearest("env-path", known), Some("cuda.env-path"));
        assert_eq!(nearest("xyzzy", known), None);
        assert_eq!(nearest(&"a".repeat(1_000_000), known), None);
    }
}
