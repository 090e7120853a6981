//! Pages that were fetched before: what is still the same need not be sent again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lessons_engine::read::index;
use serde::{Deserialize, Serialize};

/// Names the form of a cached page. A page of another form is as good as none.
const FORMAT: &str = "lessons-page/1";

/// How many pages are kept; the oldest go first.
const KEPT: usize = 24;

/// A folder of pages. Whatever goes wrong with it costs a fetch and nothing more.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// A cached page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) head: Head,
    pub(super) text: String,
}

/// What is known of a cached page besides its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The address that was asked for.
    pub(super) url: String,
    /// Where it was found.
    pub(super) final_url: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) content_type: Option<String>,
}

/// The first line of a file; the text follows.
#[derive(Serialize, Deserialize)]
struct Line {
    format: String,
    #[serde(flatten)]
    head: Head,
    bytes: usize,
    check: u64,
}

impl Cache {
    /// A cache in the state folder.
    pub fn in_state(folder: &Path) -> Self {
        Self {
            folder: folder.join("pages"),
        }
    }

    /// The page that an address had; none where it was not kept, is damaged, or cannot be asked about.
    pub(super) fn find(&self, url: &str) -> Option<Entry> {
        let mut file = fs::File::open(self.file(url)).ok()?;
        let mut bytes = Vec::new();
        // The head is small.
        let limit = (index::LONGEST + (64 << 10)) as u64;
        (&mut file).take(limit).read_to_end(&mut bytes).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let line: Line = serde_json::from_slice(bytes.get(..end)?).ok()?;
        let text = String::from_utf8(bytes.split_off(end + 1)).ok()?;
        let sound = line.format == FORMAT
            && line.head.url == url
            && line.bytes == text.len()
            && line.check == hash(&text);
        sound.then_some(Entry {
            head: line.head,
            text,
        })
    }

    /// Keeps a page, if its server gave it a mark to ask with.
    pub(super) fn keep(&self, entry: &Entry) {
        if entry.head.etag.is_none() && entry.head.last_modified.is_none() {
            return;
        }
        // A reader is not told that something went slower than it could have.
        let _ = self.write(entry);
    }

    fn write(&self, entry: &Entry) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = self.file(&entry.head.url);
        // Written aside and moved into place: whoever reads meanwhile sees the old page or the new one.
        let aside = file.with_extension(format!("{}.new", std::process::id()));
        let line = Line {
            format: FORMAT.to_owned(),
            head: entry.head.clone(),
            bytes: entry.text.len(),
            check: hash(&entry.text),
        };
        let written = fs::File::create(&aside).and_then(|mut new| {
            new.write_all(&serde_json::to_vec(&line)?)?;
            new.write_all(b"\n")?;
            new.write_all(entry.text.as_bytes())
        });
        let moved = written.and_then(|()| fs::rename(&aside, &file));
        if moved.is_err() {
            let _ = fs::remove_file(&aside);
        }
        self.forget_oldest();
        moved
    }

    fn forget_oldest(&self) {
        let Ok(files) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut aged: Vec<(SystemTime, PathBuf)> = files
            .flatten()
            .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
            .collect();
        aged.sort();
        let excess = aged.len().saturating_sub(KEPT);
        for (_, file) in aged.iter().take(excess) {
            let _ = fs::remove_file(file);
        }
    }

    fn file(&self, url: &str) -> PathBuf {
        self.folder.join(format!("{:016x}.page", hash(url)))
    }
}

/// A number for a text. That another version of the program may count otherwise costs a fetch.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str) -> Entry {
        Entry {
            head: Head {
                url: url.to_owned(),
                final_url: format!("{url}/"),
                etag: Some("\"1\"".to_owned()),
                last_modified: None,
                content_type: Some("text/html".to_owned()),
            },
            text: "<a href=x>\nline two".to_owned(),
        }
    }

    #[test]
    fn a_page_is_found_again_unless_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_state(folder.path());
        let kept = entry("https://x.org/a");
        assert_eq!(cache.find("https://x.org/a"), None);
        cache.keep(&kept);
        assert_eq!(cache.find("https://x.org/a"), Some(kept));
        assert_eq!(cache.find("https://x.org/b"), None);

        let file = cache.file("https://x.org/a");
        let whole = fs::read(&file).unwrap();
        let mut turned = whole.clone();
        *turned.last_mut().unwrap() ^= 1;
        for damaged in [
            &whole[..whole.len() - 1],
            &whole[..10],
            b"",
            b"\n\n",
            b"{}\nx",
            &turned,
        ] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(cache.find("https://x.org/a"), None, "{damaged:?}");
        }
        // A page that was moved to where another one belongs.
        fs::write(cache.file("https://x.org/b"), &whole).unwrap();
        assert_eq!(cache.find("https://x.org/b"), None);
    }

    #[test]
    fn only_so_many_are_kept_and_nothing_lies_about() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_state(folder.path());
        for number in 0..KEPT + 5 {
            cache.keep(&entry(&format!("https://x.org/{number}")));
        }
        let names: Vec<_> = fs::read_dir(&cache.folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), KEPT);
        assert!(
            names
                .iter()
                .all(|name| name.strip_suffix(".page").is_some()),
            "{names:?}"
        );
    }

    #[test]
    fn a_page_without_a_mark_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_state(folder.path());
        let mut bare = entry("https://x.org/a");
        bare.head.etag = None;
        cache.keep(&bare);
        assert_eq!(cache.find("https://x.org/a"), None);
    }
}
