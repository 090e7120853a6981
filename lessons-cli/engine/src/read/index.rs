//! A package index: which files it offers of which version, for which Python and platform.
//!
//! Reads the simple API as HTML (PEP 503, 592, 658) and as JSON (PEP 691, 700), a page of links such as pip's
//! `--find-links` takes, and a plain list of file names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

use pep440_rs::Version;
use serde::{Deserialize, Serialize, Serializer};

use super::error::{ReadError, bounded};
use super::text::{Seen, Span};
use super::wheel::{self, Wheel, percent_decoded};

/// Reads an index page. Files are in the order of the page; other links are passed over.
pub fn read(text: &str) -> Result<Index, ReadError> {
    bounded(text, WHAT, LONGEST)?;
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let (layout, files, links) = if start.starts_with('{') {
        (Layout::Json, from_json(start)?, 0)
    } else if is_html(start) {
        let (files, links) = from_html(text);
        (Layout::Html, files, links)
    } else {
        (Layout::List, from_list(text), 0)
    };
    if files.is_empty() {
        let why = match layout {
            Layout::Html if links > 0 => {
                format!("none of its {links} links is a wheel or a source archive")
            }
            Layout::Html => "it is a page without links".to_owned(),
            Layout::Json => "it has no list of files".to_owned(),
            Layout::List => "no word in it is the name of a wheel or a source archive".to_owned(),
        };
        return Err(ReadError::NotThis { what: WHAT, why });
    }
    let releases = releases(&files);
    Ok(Index {
        schema: "lessons-read-index/1",
        layout,
        files,
        releases,
    })
}

const WHAT: &str = "a package index";

/// The longest page that is read, in bytes.
pub const LONGEST: usize = 64 << 20;

/// What an index offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// `lessons-read-index/1`.
    pub schema: &'static str,
    /// How the page is written.
    pub layout: Layout,
    /// Every wheel and source archive, in the order of the page.
    pub files: Vec<File>,
    /// The wheels by project and version, the newest version first.
    pub releases: Vec<Release>,
}

/// How an index page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// HTML with links.
    Html,
    /// The JSON form of the simple API, or that of <https://pypi.org>.
    Json,
    /// File names or addresses, one after the other.
    List,
}

/// A file on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Its name, decoded. Its place is that of the address on the page; JSON gives no places.
    pub filename: Seen<String>,
    /// Its address as the page has it, without the hash: perhaps relative to the page (see [`absolute`]).
    pub url: Option<String>,
    /// The SHA-256 of the file in hexadecimal digits.
    pub sha256: Option<String>,
    /// Which Pythons it is for, as a version specifier: `>=3.10`.
    pub requires_python: Option<String>,
    /// Whether its maker took it back (PEP 592).
    pub yanked: Yanked,
    /// Its size in bytes; only JSON tells it.
    pub size: Option<u64>,
}

impl File {
    /// Its name taken apart, if it is a wheel.
    pub fn wheel(&self) -> Option<Wheel> {
        wheel::parse(&self.filename).ok()
    }
}

/// Whether a file was taken back. As JSON: false, true, or the reason, as in PEP 691.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Yanked {
    /// It was not.
    #[default]
    No,
    /// It was, without a reason.
    Yes,
    /// It was, for this reason.
    Because(String),
}

impl Serialize for Yanked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => serializer.serialize_bool(false),
            Self::Yes => serializer.serialize_bool(true),
            Self::Because(reason) => serializer.serialize_str(reason),
        }
    }
}

impl Yanked {
    fn because(reason: &str) -> Self {
        match reason.trim() {
            "" => Self::Yes,
            reason => Self::Because(reason.to_owned()),
        }
    }
}

/// The wheels of one version of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The project's name as indexes write it.
    pub project: String,
    /// The version with its local part: `2.9.1+cu126`.
    pub version: String,
    /// For each Python the platforms, in the order of versions.
    pub builds: Vec<Build>,
}

/// The wheels of one version for one kind of Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Build {
    /// The Python tags as the name packs them: `cp313`.
    pub python: String,
    /// The ABI tags: `cp313`, `cp313t`.
    pub abi: String,
    /// The platform tags of each wheel.
    pub platforms: Vec<String>,
}

/// A file's address made absolute, given the address of the page that it stands on.
pub fn absolute(page: &str, address: &str) -> String {
    let Some(scheme_end) = page.find("://") else {
        return address.to_owned();
    };
    let (scheme, after) = page.split_at(scheme_end);
    if has_scheme(address) {
        return address.to_owned();
    }
    if address.starts_with("//") {
        return format!("{scheme}:{address}");
    }
    let rest = after.get(3..).unwrap_or_default();
    let rest = rest
        .get(..rest.find(['?', '#']).unwrap_or(rest.len()))
        .unwrap_or(rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut segments: Vec<&str> = path.split('/').skip(1).collect();
    // The last segment is the page itself.
    segments.pop();
    if address.starts_with('/') {
        segments.clear();
    }
    for segment in address.trim_start_matches('/').split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    format!("{scheme}://{host}/{}", segments.join("/"))
}

/// The wheels in a table: versions, newest first, and in each the Pythons and their platforms.
///
/// A page may have tens of thousands of wheels but only hundreds of versions, so names are split here without being
/// checked as [`wheel::parse`] does, and what it takes to compare is done once a version.
fn releases(files: &[File]) -> Vec<Release> {
    let mut table: HashMap<(&str, &str), Platforms<'_>> = HashMap::new();
    for file in files {
        let Some(stem) = file.filename.strip_suffix(".whl") else {
            continue;
        };
        let mut tags = stem.rsplitn(4, '-');
        let (Some(platform), Some(abi), Some(python), Some(named)) =
            (tags.next(), tags.next(), tags.next(), tags.next())
        else {
            continue;
        };
        let mut named = named.split('-');
        let (Some(distribution), Some(version), _build, None) =
            (named.next(), named.next(), named.next(), named.next())
        else {
            continue;
        };
        table
            .entry((distribution, version))
            .or_default()
            .entry((python, abi))
            .or_default()
            .insert(platform);
    }
    let mut releases: Vec<(Option<Version>, Release)> = table
        .into_iter()
        .map(|((distribution, version), builds)| {
            let mut builds: Vec<Build> = builds
                .into_iter()
                .map(|((python, abi), platforms)| Build {
                    python: python.to_owned(),
                    abi: abi.to_owned(),
                    platforms: platforms.into_iter().map(str::to_owned).collect(),
                })
                .collect();
            builds.sort_by_cached_key(|build| {
                (
                    python_order(&build.python),
                    build.python.clone(),
                    build.abi.clone(),
                )
            });
            let release = Release {
                project: wheel::normalised(distribution),
                version: version.to_owned(),
                builds,
            };
            (Version::from_str(version).ok(), release)
        })
        .collect();
    releases.sort_by(|(version, release), (other_version, other)| {
        (&release.project, other_version, &other.version).cmp(&(
            &other.project,
            version,
            &release.version,
        ))
    });
    releases.into_iter().map(|(_, release)| release).collect()
}

/// The platforms for each Python tag and ABI tag of one version.
type Platforms<'a> = HashMap<(&'a str, &'a str), BTreeSet<&'a str>>;

/// The numbers of a Python tag, so that `cp39` stands before `cp310`.
fn python_order(tag: &str) -> Vec<u32> {
    tag.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .flat_map(|digits| [digits.get(..1), digits.get(1..)])
        .map(|digits| digits.and_then(|digits| digits.parse().ok()).unwrap_or(0))
        .collect()
}

/// Whether a name is one of a wheel or of a source archive.
fn is_distribution(name: &str) -> bool {
    const ENDS: [&str; 5] = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".egg"];
    let stem = ENDS.iter().find_map(|end| name.strip_suffix(end));
    // A distribution's name has a version after a dash, and nothing that a name cannot have.
    stem.is_some_and(|stem| {
        let version = stem.split_once('-').map(|(_, version)| version);
        version.is_some_and(|version| version.bytes().any(|byte| byte.is_ascii_digit()))
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+!".contains(&byte))
    })
}

/// Whether an address names its scheme, as `https://` or `data:` do.
fn has_scheme(address: &str) -> bool {
    address.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

/// The file that an address leads to, if it is a distribution.
fn file_at(address: &str, place: Span) -> Option<File> {
    if has_scheme(address)
        && !["https://", "http://", "file://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
    {
        return None;
    }
    let (url, fragment) = address.split_once('#').unwrap_or((address, ""));
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    let segment = path.rsplit('/').next().unwrap_or(path);
    let filename = percent_decoded(segment);
    if !is_distribution(&filename) {
        return None;
    }
    let sha256 = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("sha256="));
    Some(File {
        filename: Seen {
            value: filename,
            span: place,
        },
        url: Some(url.to_owned()),
        sha256: sha256
            .filter(|hash| is_sha256(hash))
            .map(str::to_ascii_lowercase),
        requires_python: None,
        yanked: Yanked::No,
        size: None,
    })
}

fn is_sha256(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is HTML: it starts with a tag, or has a link early on.
fn is_html(start: &str) -> bool {
    if start.starts_with('<') {
        return true;
    }
    let head: String = start
        .chars()
        .take(64 << 10)
        .collect::<String>()
        .to_ascii_lowercase();
    head.contains("<a ") || head.contains("<html")
}

/// The files that a page's links lead to, and how many links it has. One pass over the text: tags, comments and the
/// contents of scripts and styles are told apart, and nothing else of HTML matters here.
fn from_html(text: &str) -> (Vec<File>, usize) {
    let mut files = Vec::new();
    let mut links = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found + 1;
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("!--") {
            let Some(end) = rest.find("-->") else { break };
            at += end + 3;
            continue;
        }
        let length = rest
            .bytes()
            .take(8)
            .take_while(u8::is_ascii_alphanumeric)
            .count();
        let name = rest.get(..length).unwrap_or_default();
        at += length;
        let raw = ["script", "style"]
            .iter()
            .find(|raw| name.eq_ignore_ascii_case(raw));
        if !name.eq_ignore_ascii_case("a") && raw.is_none() {
            continue;
        }
        let mut tag = Tag { text, at };
        let mut file = None;
        let (mut requires_python, mut yanked) = (None, Yanked::No);
        while let Some(attribute) = tag.attribute() {
            if raw.is_some() {
                continue;
            }
            if attribute.name.eq_ignore_ascii_case("href") {
                links += 1;
                let place = Span {
                    start: attribute.start,
                    end: attribute.start + attribute.value.len(),
                };
                file = file_at(&unescaped(attribute.value), place);
            } else if attribute.name.eq_ignore_ascii_case("data-requires-python") {
                requires_python = Some(unescaped(attribute.value).into_owned());
            } else if attribute.name.eq_ignore_ascii_case("data-yanked") {
                yanked = Yanked::because(&unescaped(attribute.value));
            }
        }
        at = tag.at;
        if let Some(mut file) = file {
            file.requires_python = requires_python.filter(|wanted| !wanted.is_empty());
            file.yanked = yanked;
            files.push(file);
        }
        if let Some(raw) = raw {
            // What is in it is no markup, up to its own end tag.
            let Some(end) = end_of_raw(text, at, raw) else {
                break;
            };
            at = end;
        }
    }
    (files, links)
}

/// Where the end tag of a script or style starts, from a place on.
fn end_of_raw(text: &str, from: usize, name: &str) -> Option<usize> {
    let mut at = from;
    loop {
        at += text.get(at..)?.find("</")? + 2;
        let found = text.as_bytes().get(at..at + name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            return Some(at);
        }
    }
}

/// The inside of a tag, attribute by attribute.
struct Tag<'a> {
    text: &'a str,
    at: usize,
}

/// An attribute as it is written.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    /// Where the value starts in the page.
    start: usize,
}

impl<'a> Tag<'a> {
    /// The next attribute; none at the end of the tag, and then `at` is after it.
    fn attribute(&mut self) -> Option<Attribute<'a>> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b'/');
        if self.peek()? == b'>' {
            self.at += 1;
            return None;
        }
        let name = self.take(|byte| !byte.is_ascii_whitespace() && !b"=>/".contains(&byte));
        if name.is_empty() {
            // An `=` that no name stands before.
            self.at += 1;
        }
        self.skip(|byte| byte.is_ascii_whitespace());
        if self.peek() != Some(b'=') || name.is_empty() {
            return Some(Attribute {
                name,
                value: "",
                start: self.at,
            });
        }
        self.at += 1;
        self.skip(|byte| byte.is_ascii_whitespace());
        let (start, value) = if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            let start = self.at;
            let rest = self.rest();
            let length = rest.find(char::from(quote)).unwrap_or(rest.len());
            self.at = (self.at + length + 1).min(self.text.len());
            (start, rest.get(..length).unwrap_or_default())
        } else {
            (
                self.at,
                self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>'),
            )
        };
        Some(Attribute { name, value, start })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, part: impl Fn(u8) -> bool) {
        self.take(part);
    }

    /// The bytes up to the first that is no part. Parts are told by ASCII signs alone, so the cut is between characters.
    fn take(&mut self, part: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest
            .bytes()
            .position(|byte| !part(byte))
            .unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

/// Text with HTML's character references replaced: those that addresses and version specifiers need.
fn unescaped(text: &str) -> Cow<'_, str> {
    const NAMED: [(&str, char); 6] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("plus", '+'),
    ];
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        // References are short; an `&` without a `;` soon after it is itself.
        let end = from.bytes().take(12).position(|byte| byte == b';');
        let reference = end.and_then(|end| from.get(1..end));
        let character = reference.and_then(|reference| match reference.strip_prefix('#') {
            Some(number) => {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                };
                char::from_u32(code?)
            }
            None => NAMED
                .iter()
                .find(|(name, _)| *name == reference)
                .map(|(_, character)| *character),
        });
        if let (Some(character), Some(end)) = (character, end) {
            out.push(character);
            rest = from.get(end + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The files of a JSON page.
fn from_json(text: &str) -> Result<Vec<File>, ReadError> {
    let page: Page<'_> = serde_json::from_str(text).map_err(|error| ReadError::NotThis {
        what: WHAT,
        why: format!("its JSON is not that of an index: {error}"),
    })?;
    let mut listed = page.files;
    listed.extend(page.urls);
    if listed.is_empty() {
        listed.extend(page.releases.into_values().flatten());
    }
    Ok(listed.into_iter().filter_map(Listed::file).collect())
}

/// PEP 691's page, and the JSON of <https://pypi.org>, which has `urls` and `releases`.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default, borrow)]
    files: Vec<Listed<'a>>,
    #[serde(default, borrow)]
    urls: Vec<Listed<'a>>,
    #[serde(default, borrow)]
    releases: BTreeMap<Cow<'a, str>, Vec<Listed<'a>>>,
}

/// A file in a JSON page.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    filename: Cow<'a, str>,
    #[serde(default, borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(default, alias = "digests")]
    hashes: Hashes,
    #[serde(default, rename = "requires-python", alias = "requires_python")]
    requires_python: Option<String>,
    #[serde(default)]
    yanked: Option<YankedJson>,
    #[serde(default)]
    yanked_reason: Option<String>,
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize, Default)]
struct Hashes {
    #[serde(default)]
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum YankedJson {
    Flag(bool),
    Reason(String),
}

impl Listed<'_> {
    fn file(self) -> Option<File> {
        is_distribution(&self.filename).then(|| File {
            filename: Seen::from(self.filename.into_owned()),
            url: self.url.map(Cow::into_owned),
            sha256: self.hashes.sha256.filter(|hash| is_sha256(hash)),
            requires_python: self.requires_python.filter(|wanted| !wanted.is_empty()),
            yanked: match self.yanked {
                Some(YankedJson::Reason(reason)) => Yanked::because(&reason),
                Some(YankedJson::Flag(true)) => {
                    Yanked::because(&self.yanked_reason.unwrap_or_default())
                }
                _ => Yanked::No,
            },
            size: self.size,
        })
    }
}

/// The files that a plain text names.
fn from_list(text: &str) -> Vec<File> {
    let mut files = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')' | '[' | ']' | '`')
    }) {
        let separator = text
            .get(at + word.len()..)
            .and_then(|rest| rest.chars().next());
        let place = Span {
            start: at,
            end: at + word.len(),
        };
        at += word.len() + separator.map_or(0, char::len_utf8);
        if let Some(mut file) = file_at(word, place) {
            // A bare name is no address.
            if !word.contains('/') {
                file.url = None;
            }
            files.push(file);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = "<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>Links for torch</title>\
        <script>document.write('<a href=\"no-1.0.tar.gz\">')</script><style>a > b { }</style></head>\n<body>\n\
        <!-- <a href=\"hidden-1.0-py3-none-any.whl\">hidden</a> -->\n<h1>Links for torch</h1>\n\
        <a href=\"/whl/cu126/torch-2.9.1%2Bcu126-cp310-cp310-manylinux_2_28_x86_64.whl#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF\" data-requires-python=\"&gt;=3.10\" data-dist-info-metadata=\"sha256=ff\">torch</a><br/>\n\
        <A HREF='torch-2.9.1&#43;cu126-cp39-cp39-win_amd64.whl?x=1&amp;y=2' data-yanked>torch</A>\n\
        <a class=x href=https://files.example.org/torch-2.10.0-cp313-cp313t-win_amd64.whl data-yanked=\"broken &quot;metadata&quot;\">t</a>\n\
        <a href=\"torch-2.9.1.tar.gz\">s</a> <a href=\"data:text/plain,torch-1.0.tar.gz\">d</a> <a href=\"javascript:x('/a-1.zip')\">j</a> <a href=\"../\">up</a>\n\
        </body></html>";

    #[test]
    fn reads_a_page_of_links() {
        let index = read(PAGE).unwrap();
        assert_eq!(index.layout, Layout::Html);
        assert_eq!(
            serde_json::to_value(&index.files[0]).unwrap(),
            serde_json::json!({
                "filename": "torch-2.9.1+cu126-cp310-cp310-manylinux_2_28_x86_64.whl",
                "url": "/whl/cu126/torch-2.9.1%2Bcu126-cp310-cp310-manylinux_2_28_x86_64.whl",
                "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "requires_python": ">=3.10", "yanked": false, "size": null
            })
        );
        assert_eq!(
            index.files[1].url.as_deref(),
            Some("torch-2.9.1+cu126-cp39-cp39-win_amd64.whl?x=1&y=2")
        );
        assert_eq!(index.files[1].yanked, Yanked::Yes);
        assert_eq!(
            index.files[2].yanked,
            Yanked::Because("broken \"metadata\"".to_owned())
        );
        assert_eq!(index.files[3].filename.value, "torch-2.9.1.tar.gz");
        assert_eq!(index.files.len(), 4);
        let place = index.files[3].filename.span;
        assert_eq!(&PAGE[place.start..place.end], "torch-2.9.1.tar.gz");
    }

    #[test]
    fn makes_a_table() {
        assert_eq!(
            serde_json::to_value(read(PAGE).unwrap().releases).unwrap(),
            serde_json::json!([
                {"project": "torch", "version": "2.10.0", "builds": [{"python": "cp313", "abi": "cp313t", "platforms": ["win_amd64"]}]},
                {"project": "torch", "version": "2.9.1+cu126", "builds": [
                    {"python": "cp39", "abi": "cp39", "platforms": ["win_amd64"]},
                    {"python": "cp310", "abi": "cp310", "platforms": ["manylinux_2_28_x86_64"]}
                ]}
            ])
        );
    }

    #[test]
    fn reads_json() {
        let hash = "ab".repeat(32);
        let simple = format!(
            r#"{{"meta": {{"api-version": "1.1"}}, "name": "torch", "versions": ["2.9.1"], "files": [
            {{"filename": "torch-2.9.1-cp311-cp311-win_amd64.whl", "url": "https://x/torch-2.9.1-cp311-cp311-win_amd64.whl",
              "hashes": {{"sha256": "{hash}"}}, "requires-python": ">=3.10", "yanked": "too \"big\"", "size": 12, "core-metadata": true}},
            {{"filename": "torch-2.9.1-cp312-cp312-win_amd64.whl", "url": "a", "hashes": {{}}, "yanked": false}}]}}"#
        );
        let index = read(&simple).unwrap();
        assert_eq!((index.layout, index.files.len()), (Layout::Json, 2));
        assert_eq!(index.files[0].sha256.as_deref(), Some(hash.as_str()));
        assert_eq!(
            (index.files[0].size, &index.files[0].yanked),
            (Some(12), &Yanked::Because("too \"big\"".to_owned()))
        );
        let pypi = r#"{"info": {}, "releases": {"1.0": [{"filename": "torch-1.0-cp37-cp37m-manylinux1_x86_64.whl", "digests": {"md5": "x"}, "requires_python": null, "yanked": true, "yanked_reason": null}]}, "urls": []}"#;
        assert_eq!(read(pypi).unwrap().files[0].yanked, Yanked::Yes);
    }

    #[test]
    fn reads_a_list() {
        let list = read("torch-2.6.0+cu124-cp311-cp311-linux_x86_64.whl\n  Downloading https://x.org/whl/torch-2.7.0%2Bcu126-cp311-cp311-win_amd64.whl (900 MB)\n").unwrap();
        assert_eq!(list.layout, Layout::List);
        assert_eq!(
            list.files[1].filename.value,
            "torch-2.7.0+cu126-cp311-cp311-win_amd64.whl"
        );
        assert_eq!(
            (list.files[0].url.is_some(), list.files[1].url.is_some()),
            (false, true)
        );
    }

    #[test]
    fn makes_addresses_absolute() {
        let page = "https://download.pytorch.org/whl/cu126/torch/?x#y";
        for (address, absolute_address) in [
            ("/whl/a.whl", "https://download.pytorch.org/whl/a.whl"),
            (
                "a.whl",
                "https://download.pytorch.org/whl/cu126/torch/a.whl",
            ),
            ("../../../a.whl", "https://download.pytorch.org/a.whl"),
            ("//x.org/a.whl", "https://x.org/a.whl"),
            ("http://x.org/a.whl", "http://x.org/a.whl"),
        ] {
            assert_eq!(absolute(page, address), absolute_address);
        }
        assert_eq!(absolute("https://x.org", "a.whl"), "https://x.org/a.whl");
        assert_eq!(absolute("page.html", "a.whl"), "a.whl");
    }

    #[test]
    fn refuses_other_pages() {
        for (page, why) in [
            (
                "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
                "without links",
            ),
            (
                "<a href=\"https://example.org/about\">about</a>",
                "none of its 1 links",
            ),
            ("{\"message\": \"Not Found\"}", "no list of files"),
            ("{\"files\": 3}", "JSON"),
            ("hello world", "no word"),
        ] {
            let Err(ReadError::NotThis { why: said, .. }) = read(page) else {
                panic!("{page} was read");
            };
            assert!(said.contains(why), "{said}");
        }
        assert!(matches!(
            read(&" ".repeat(LONGEST + 1)),
            Err(ReadError::TooLarge { .. })
        ));
        assert!(read(&format!("{}{}", "{\"a\":".repeat(9999), "}".repeat(9999))).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(<a |<A|href|=|\"|'|>|/|#sha256=|torch-1-py3-none-any\\.whl|&#x2[bB];|&amp|<!--|-->|<script|</script>|data-yanked|\\{|\\}|[^a]){0,40}") {
            if let Ok(index) = read(&text) {
                let _ = absolute(&text, index.files[0].url.as_deref().unwrap_or(""));
                for file in &index.files {
                    prop_assert!(text.get(file.filename.span.start..file.filename.span.end).is_some());
                }
            }
        }
    }
}
