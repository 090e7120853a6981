//! The name that somebody meant.

use crate::WrongUsage;

/// An error for a name that is none of `known`: it says which is nearest, or where to find them all.
pub fn unknown<'k>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
    list: &str,
) -> WrongUsage {
    let shown = lessons_engine::visible::visible(name);
    match nearest(name, known) {
        Some(near) => WrongUsage(format!(
            "there is no {what} {shown:?}; did you mean {near}? ({list} shows all)"
        )),
        None => WrongUsage(format!("there is no {what} {shown:?}; {list} shows all")),
    }
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
