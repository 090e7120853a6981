//! A package index: which files it offers of which version, for which Python and platform.
//!
//! Reads the simple API as HTML (PEP 503, 592, 629, 658) and as JSON (PEP 691, 700), a page of links such as pip's
//! `--find-links` takes, the XML in which storage services list a bucket, and a plain list of file names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

use pep440_rs::Version;
use serde::{Deserialize, Serialize, Serializer};

use super::error::{Lack, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Seen, Span};
use super::wheel::{self, Wheel, percent_decoded};

/// Reads an index page. Files are in the order of the page; other links are passed over.
pub fn read(text: &str) -> Result<Index, ReadError> {
    bounded(text, Kind::Index, LONGEST)?;
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let (layout, page) = if start.starts_with('{') {
        (Layout::Json, from_json(start)?)
    } else if is_bucket(start) {
        (Layout::Bucket, from_bucket(text))
    } else if is_html(start) {
        (Layout::Html, from_html(text))
    } else {
        (Layout::List, from_list(text))
    };
    let Found {
        files,
        links,
        base,
        api,
        more,
    } = page;
    if let Some(api) = api.as_ref().filter(|api| !is_known_api(api)) {
        return Err(ReadError::NotThis {
            kind: Kind::Index,
            why: Lack::KnownApi(api.chars().take(20).collect()),
        });
    }
    if files.is_empty() {
        let is_simple = api.is_some();
        let why = match layout {
            Layout::Html if links > 0 => Lack::FilesAmongLinks(links),
            Layout::Html => Lack::Links,
            Layout::Bucket => Lack::Files,
            // A page of the simple API that lists nothing is a page all the same.
            Layout::Json if is_simple => Lack::Files,
            Layout::Json => Lack::ListOfFiles,
            Layout::List => Lack::Names,
        };
        return Err(ReadError::NotThis {
            kind: Kind::Index,
            why,
        });
    }
    let releases = releases(&files);
    Ok(Index {
        schema: "lessons-read-index/1",
        layout,
        base,
        incomplete: more,
        files,
        releases,
    })
}

/// What was found on a page.
#[derive(Default)]
struct Found {
    files: Vec<File>,
    /// How many links there are, to whatever.
    links: usize,
    /// The address that relative links are relative to, where the page names one.
    base: Option<String>,
    /// The version of the simple API that the page says it has.
    api: Option<String>,
    /// Whether the page says that it is cut short.
    more: bool,
}

/// Whether a page of this version can be read: a newer minor only adds (PEP 629).
fn is_known_api(version: &str) -> bool {
    version.trim().split('.').next() == Some("1")
}

/// The longest page that is read, in bytes.
pub const LONGEST: usize = 64 << 20;

/// What an index offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// `lessons-read-index/1`.
    pub schema: &'static str,
    /// How the page is written.
    pub layout: Layout,
    /// The address that relative links are relative to, where the page names one; see [`Index::address`].
    pub base: Option<String>,
    /// Whether the page says that there is more than it lists.
    pub incomplete: bool,
    /// Every wheel and source archive, in the order of the page.
    pub files: Vec<File>,
    /// The wheels by project and version, the newest version first.
    pub releases: Vec<Release>,
}

impl Index {
    /// Where a file is, given the address of the page.
    pub fn address(&self, page: &str, file: &File) -> Option<String> {
        let url = file.url.as_deref()?;
        Some(match &self.base {
            Some(base) => absolute(&absolute(page, base), url),
            None => absolute(page, url),
        })
    }
}

/// How an index page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// HTML with links.
    Html,
    /// The JSON form of the simple API, or that of <https://pypi.org>.
    Json,
    /// The XML in which S3 and its like list what a bucket has.
    Bucket,
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
    /// Its size in bytes; only JSON and a bucket's list tell it.
    pub size: Option<u64>,
    /// When it was uploaded, as the page has it: `2026-10-28T16:25:01Z`.
    pub uploaded: Option<String>,
    /// Whether its metadata can be fetched without the file, at its address with `.metadata` after it (PEP 658).
    pub metadata: bool,
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
        uploaded: None,
        metadata: false,
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
fn from_html(text: &str) -> Found {
    let mut page = Found::default();
    let mut at = 0;
    while let Some(found) = text
        .as_bytes()
        .get(at..)
        .and_then(|rest| memchr::memchr(b'<', rest))
    {
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
        let is = |tag: &str| name.eq_ignore_ascii_case(tag);
        let raw = ["script", "style"].into_iter().find(|raw| is(raw));
        if is("base") || is("meta") {
            at = about_page(text, at, &mut page);
            continue;
        }
        if !is("a") && raw.is_none() {
            continue;
        }
        let mut tag = Tag { text, at };
        let mut file = None;
        let (mut requires_python, mut yanked, mut metadata) = (None, Yanked::No, false);
        while let Some(attribute) = tag.attribute() {
            if raw.is_some() {
                continue;
            }
            if attribute.name.eq_ignore_ascii_case("href") {
                page.links += 1;
                let place = Span {
                    start: attribute.start,
                    end: attribute.start + attribute.value.len(),
                };
                // Browsers take blanks around an address away.
                file = file_at(unescaped(attribute.value).trim(), place);
            } else if attribute.name.eq_ignore_ascii_case("data-requires-python") {
                requires_python = Some(unescaped(attribute.value).into_owned());
            } else if attribute.name.eq_ignore_ascii_case("data-yanked") {
                yanked = Yanked::because(&unescaped(attribute.value));
            } else if ["data-core-metadata", "data-dist-info-metadata"]
                .iter()
                .any(|name| attribute.name.eq_ignore_ascii_case(name))
            {
                metadata |= attribute.value != "false";
            }
        }
        at = tag.at;
        if let Some(mut file) = file {
            file.requires_python = requires_python.filter(|wanted| !wanted.is_empty());
            file.yanked = yanked;
            file.metadata = metadata;
            page.files.push(file);
        }
        if let Some(raw) = raw {
            // What is in it is no markup, up to its own end tag.
            let Some(end) = end_of_raw(text, at, raw) else {
                break;
            };
            at = end;
        }
    }
    page
}

/// What a `base` or `meta` tag says of the page; gives back where the tag ends. The first base counts.
fn about_page(text: &str, at: usize, page: &mut Found) -> usize {
    let mut tag = Tag { text, at };
    let (mut name, mut content) = (None, None);
    while let Some(attribute) = tag.attribute() {
        if attribute.name.eq_ignore_ascii_case("href") {
            let href = unescaped(attribute.value).trim().to_owned();
            page.base.get_or_insert(href);
        } else if attribute.name.eq_ignore_ascii_case("name") {
            name = Some(attribute.value);
        } else if attribute.name.eq_ignore_ascii_case("content") {
            content = Some(attribute.value);
        }
    }
    if name == Some("pypi:repository-version") {
        page.api = content.map(str::to_owned);
    }
    tag.at
}

/// Whether a text is the list of a bucket.
fn is_bucket(start: &str) -> bool {
    let head = start
        .get(..start.floor_char_boundary(1000))
        .unwrap_or(start);
    head.contains("<ListBucketResult")
}

/// The files of a bucket's list: each a `Contents` with a `Key`, which is a path from the bucket's root.
fn from_bucket(text: &str) -> Found {
    let mut page = Found {
        more: text.contains("<IsTruncated>true<"),
        ..Found::default()
    };
    for entry in text.split("<Contents>").skip(1) {
        let entry = entry.split("</Contents>").next().unwrap_or(entry);
        let Some(key) = element(entry, "Key") else {
            continue;
        };
        let start = key.as_ptr() as usize - text.as_ptr() as usize;
        let place = Span {
            start,
            end: start + key.len(),
        };
        let key = unescaped(key);
        if let Some(mut file) = file_at(&format!("/{}", key.trim_start_matches('/')), place) {
            // A key is no address yet: a `+` in one means a blank to S3, and a `%` is a letter of the key.
            file.url = file
                .url
                .map(|key| key.replace('%', "%25").replace('+', "%2B"));
            file.size = element(entry, "Size").and_then(|size| size.trim().parse().ok());
            file.uploaded = element(entry, "LastModified").map(str::to_owned);
            page.files.push(file);
        }
    }
    page
}

/// The text of the first element of a name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split('<').next()
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
    const NAMED: [(&str, char); 12] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("plus", '+'),
        ("percnt", '%'),
        ("lowbar", '_'),
        ("period", '.'),
        ("sol", '/'),
        ("colon", ':'),
        ("num", '#'),
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
fn from_json(text: &str) -> Result<Found, ReadError> {
    let page: Page<'_> = serde_json::from_str(text).map_err(|error| ReadError::NotThis {
        kind: Kind::Index,
        why: Lack::Json(error.to_string()),
    })?;
    let mut listed = page.files;
    if listed.is_empty() {
        listed.extend(page.releases.into_values().flatten());
    }
    // Of a project's JSON on PyPI these are the newest release's files, which `releases` has as well.
    if listed.is_empty() {
        listed = page.urls;
    }
    Ok(Found {
        files: listed.into_iter().filter_map(Listed::file).collect(),
        api: page.meta.and_then(|meta| meta.api_version),
        ..Found::default()
    })
}

/// PEP 691's page, and the JSON of <https://pypi.org>, which has `urls` and `releases`.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default, borrow)]
    files: Vec<Listed<'a>>,
    #[serde(default, borrow)]
    urls: Vec<Listed<'a>>,
    #[serde(default, borrow)]
    releases: BTreeMap<Cow<'a, str>, Vec<Listed<'a>>>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default, rename = "api-version")]
    api_version: Option<String>,
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
    #[serde(default, rename = "upload-time", alias = "upload_time_iso_8601")]
    uploaded: Option<String>,
    #[serde(default, rename = "core-metadata", alias = "dist-info-metadata")]
    metadata: Option<Metadata>,
}

/// `true`, or the hashes of the metadata.
#[derive(Deserialize)]
#[serde(untagged)]
enum Metadata {
    Flag(bool),
    Hashes(serde::de::IgnoredAny),
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
            uploaded: self.uploaded,
            metadata: self
                .metadata
                .is_some_and(|metadata| !matches!(metadata, Metadata::Flag(false))),
        })
    }
}

/// The files that a plain text names.
fn from_list(text: &str) -> Found {
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
    Found {
        files,
        ..Found::default()
    }
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
                "requires_python": ">=3.10", "yanked": false, "size": null, "uploaded": null, "metadata": true
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
        assert_eq!(
            (index.files[0].metadata, index.files[1].metadata),
            (true, false)
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
    fn reads_the_list_of_a_bucket() {
        let bucket = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Name>pytorch</Name><Prefix>whl/cu126</Prefix><IsTruncated>true</IsTruncated>\
            <Contents><Key>whl/cu126/torch-2.9.1+cu126-cp311-cp311-win_amd64.whl</Key><LastModified>2025-11-12T20:11:02.000Z</LastModified><Size>2500000000</Size></Contents>\
            <Contents><Key>whl/cu126/torch/index.html</Key><Size>3</Size></Contents>\
            <Contents><Key>whl/cu126/a&amp;b/torch-2.9.1%2Bcu126-cp312-cp312-win_amd64.whl</Key></Contents></ListBucketResult>";
        let index = read(bucket).unwrap();
        assert_eq!((index.layout, index.files.len()), (Layout::Bucket, 2));
        assert!(index.incomplete);
        let first = &index.files[0];
        assert_eq!(first.size, Some(2_500_000_000));
        assert_eq!(first.uploaded.as_deref(), Some("2025-11-12T20:11:02.000Z"));
        assert_eq!(
            index
                .address("https://x.org/?prefix=whl/cu126", first)
                .unwrap(),
            "https://x.org/whl/cu126/torch-2.9.1%2Bcu126-cp311-cp311-win_amd64.whl"
        );
        let place = first.filename.span;
        assert_eq!(
            &bucket[place.start..place.end],
            "whl/cu126/torch-2.9.1+cu126-cp311-cp311-win_amd64.whl"
        );
    }

    #[test]
    fn relative_links_follow_the_base() {
        let page = "<head><base href=\" https://files.example.org/whl/ \"><base href=\"https://evil.example\"></head>\
            <a href=\"\n torch-1.0-cp37-cp37m-win_amd64.whl \">x</a>";
        let index = read(page).unwrap();
        assert_eq!(
            index
                .address("https://x.org/simple/torch/", &index.files[0])
                .unwrap(),
            "https://files.example.org/whl/torch-1.0-cp37-cp37m-win_amd64.whl"
        );
        let relative = page.replace("https://files.example.org/whl/", "../../files/");
        let index = read(&relative).unwrap();
        assert_eq!(
            index
                .address("https://x.org/simple/torch/", &index.files[0])
                .unwrap(),
            "https://x.org/files/torch-1.0-cp37-cp37m-win_amd64.whl"
        );
    }

    #[test]
    fn a_newer_major_of_the_api_is_refused() {
        let link = "<a href=torch-1.0-cp37-cp37m-win_amd64.whl>x</a>";
        let html = |version: &str| {
            read(&format!(
                "<meta name=\"pypi:repository-version\" content=\"{version}\">{link}"
            ))
        };
        assert!(html("1.3").is_ok());
        assert!(html("2.0").unwrap_err().to_string().contains("2.0"));
        let json = |version: &str| {
            read(&format!(
                r#"{{"meta": {{"api-version": "{version}"}}, "files": [{{"filename": "torch-1.0-cp37-cp37m-win_amd64.whl", "url": "a"}}]}}"#
            ))
        };
        assert!(json("1.9").is_ok());
        assert!(json("2.0").is_err());
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
                "Links",
            ),
            (
                "<a href=\"https://example.org/about\">about</a>",
                "FilesAmongLinks(1)",
            ),
            ("{\"message\": \"Not Found\"}", "ListOfFiles"),
            (
                "{\"meta\": {\"api-version\": \"1.0\"}, \"name\": \"torch\", \"files\": []}",
                "Files",
            ),
            ("{\"files\": 3}", "Json"),
            ("hello world", "Names"),
        ] {
            let Err(ReadError::NotThis { why: said, .. }) = read(page) else {
                panic!("{page} was read");
            };
            let said = format!("{said:?}");
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
        fn never_panics(text in "(<a |<A|<base |<ListBucketResult|<Contents>|<Key>|</|href|=|\"|'|>|/|#sha256=|torch-1-py3-none-any\\.whl|&#x2[bB];|&amp|<!--|-->|<script|</script>|data-yanked|\\{|\\}|[^a]){0,40}") {
            if let Ok(index) = read(&text) {
                let _ = absolute(&text, index.files[0].url.as_deref().unwrap_or(""));
                for file in &index.files {
                    prop_assert!(text.get(file.filename.span.start..file.filename.span.end).is_some());
                }
            }
        }
    }
}
