//! Where to download from: PyTorch's own index, a mirror of it, or any address.

use std::str::FromStr;

use super::question::AskedError;
use crate::tables::torch_matrix::{Mirror, MirrorForm, mirrors};
use crate::version::BuildTag;
use crate::visible::visible;

/// A place to download torch from.
#[derive(Debug, Clone)]
pub enum Place {
    /// One of the table: PyTorch's own index, or a known mirror.
    Known(&'static Mirror),
    /// An address that was given.
    Url(Url),
    /// `PyPI` itself.
    Pypi,
    /// The address of a copy of `PyPI`. It has `PyPI`'s one build of each release, and no folders for others.
    PypiMirror(Url),
}

/// An address that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    address: String,
    form: MirrorForm,
}

/// A place for one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub url: String,
    /// How installers are told about it.
    pub form: MirrorForm,
    /// Where the packages that torch depends on come from, if not from there.
    pub others: Option<String>,
}

impl Default for Place {
    /// PyTorch's own index.
    fn default() -> Self {
        match mirrors().first() {
            Some(official) => Self::Known(official),
            None => Self::Url(Url {
                address: "https://download.pytorch.org/whl".to_owned(),
                form: MirrorForm::IndexUrl,
            }),
        }
    }
}

/// Where packages come from that a place of torch alone does not have.
const PYPI: &str = "https://pypi.org/simple";

impl Place {
    /// The name: that of the table, or the address.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(mirror) => &mirror.name,
            Self::Url(url) | Self::PypiMirror(url) => &url.address,
            Self::Pypi => "pypi",
        }
    }

    /// Whether it is `PyPI`, or a copy of it.
    pub fn is_pypi(&self) -> bool {
        matches!(self, Self::Pypi | Self::PypiMirror(_))
    }

    /// Whether it is PyTorch's own index.
    pub fn is_official(&self) -> bool {
        matches!(self, Self::Known(mirror) if mirror.name == "official")
    }

    /// The build that an address is of, where it names one: `…/whl/cu126`.
    pub fn tag(&self) -> Option<BuildTag> {
        match self {
            Self::Known(_) | Self::Pypi | Self::PypiMirror(_) => None,
            Self::Url(url) => url.tag(),
        }
    }

    /// The place for a build.
    pub fn address(&self, tag: &BuildTag) -> Address {
        match self {
            Self::Pypi => Address {
                url: PYPI.to_owned(),
                form: MirrorForm::IndexUrl,
                others: None,
            },
            Self::PypiMirror(url) => Address {
                url: url.address.clone(),
                form: MirrorForm::IndexUrl,
                others: None,
            },
            Self::Known(mirror) => Address {
                url: mirror.url(tag),
                form: mirror.form,
                others: mirror
                    .needs_pypi
                    .then(|| mirror.pypi_url.clone().unwrap_or_else(|| PYPI.to_owned())),
            },
            Self::Url(url) => Address {
                url: url.for_build(tag),
                form: url.form,
                others: (url.form == MirrorForm::FindLinks).then(|| PYPI.to_owned()),
            },
        }
    }
}

impl Url {
    fn last(&self) -> &str {
        self.address
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }

    /// The build that it is of: `…/whl/cu126`, `…/pytorch-cu126/simple`.
    fn tag(&self) -> Option<BuildTag> {
        let mut parts = self.address.trim_end_matches('/').rsplit('/');
        let last = parts.next()?;
        if last != "simple" {
            return last.parse().ok();
        }
        parts.next()?.rsplit(['-', '_']).next()?.parse().ok()
    }

    /// Whether it is an index of all of `PyPI`: those end in `/simple`, and PyTorch's folders do not.
    fn is_copy_of_pypi(&self) -> bool {
        self.form == MirrorForm::IndexUrl
            && self.last() == "simple"
            && self.tag().is_none()
            && !self.address.contains("{tag}")
    }

    fn for_build(&self, tag: &BuildTag) -> String {
        if self.address.contains("{tag}") {
            return self.address.replace("{tag}", &tag.to_string());
        }
        // Copies of PyTorch's index keep the folders of its builds side by side.
        if let Some(own) = self.tag() {
            let (own, tag) = (own.to_string(), tag.to_string());
            return match self.address.rsplit_once(&own) {
                Some((before, behind)) => format!("{before}{tag}{behind}"),
                None => self.address.clone(),
            };
        }
        format!("{}/{tag}", self.address.trim_end_matches('/'))
    }

    /// Whether what comes from it can be changed on its way.
    pub fn is_plain_http(&self) -> bool {
        self.address.starts_with("http://")
    }
}

impl FromStr for Place {
    type Err = AskedError;

    /// Reads the name of a mirror, or an address. `find-links:` before an address says that it is a flat folder.
    fn from_str(text: &str) -> Result<Self, AskedError> {
        let text = text.trim();
        if let Some(mirror) = mirrors()
            .iter()
            .find(|mirror| mirror.name.eq_ignore_ascii_case(text))
        {
            return Ok(Self::Known(mirror));
        }
        if text.eq_ignore_ascii_case("pypi") || text.trim_end_matches('/') == PYPI {
            return Ok(Self::Pypi);
        }
        let names: Vec<_> = mirrors()
            .iter()
            .map(|mirror| mirror.name.as_str())
            .collect();
        let refuse = |why: String| AskedError::new("a mirror", text, why);
        let (form, address) = match text.strip_prefix("find-links:") {
            Some(address) => (MirrorForm::FindLinks, address),
            None => (MirrorForm::IndexUrl, text),
        };
        let scheme = ["https://", "http://", "file:///"]
            .into_iter()
            .find(|scheme| address.starts_with(scheme))
            .ok_or_else(|| {
                refuse(format!(
                    "it is none of {}, pypi, and no address such as https://…. A mirror of PyPI alone is given by its address, which ends in /simple",
                    names.join(", ")
                ))
            })?;
        // What a shell would read as more than a part of a word does not stand in an address as it is.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!&()*+,;=%{}".contains(c);
        if address.len() <= scheme.len() || address.len() > 2000 || !address.chars().all(plain) {
            return Err(refuse(
                "it is not an address as it stands in a browser".to_owned(),
            ));
        }
        let url = Url {
            address: visible(address),
            form,
        };
        Ok(if url.is_copy_of_pypi() {
            Self::PypiMirror(url)
        } else {
            Self::Url(url)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_for_a_build() {
        let tag: BuildTag = "cu126".parse().unwrap();
        for (text, url, form) in [
            (
                "official",
                "https://download.pytorch.org/whl/cu126",
                "--index-url",
            ),
            (
                "NJU",
                "https://mirrors.nju.edu.cn/pytorch/whl/cu126",
                "--index-url",
            ),
            (
                "sjtu",
                "https://mirror.sjtu.edu.cn/pytorch-wheels/cu126",
                "--index-url",
            ),
            (
                "aliyun",
                "https://mirrors.aliyun.com/pytorch-wheels/cu126/",
                "--find-links",
            ),
            (
                "https://x.example/whl/",
                "https://x.example/whl/cu126",
                "--index-url",
            ),
            (
                "https://x.example/whl/cu121",
                "https://x.example/whl/cu126",
                "--index-url",
            ),
            (
                "https://x.example/{tag}/simple",
                "https://x.example/cu126/simple",
                "--index-url",
            ),
            (
                "https://x.example/pytorch-cu121/simple",
                "https://x.example/pytorch-cu126/simple",
                "--index-url",
            ),
            (
                "https://pypi.tuna.tsinghua.edu.cn/simple",
                "https://pypi.tuna.tsinghua.edu.cn/simple",
                "--index-url",
            ),
            ("pypi", "https://pypi.org/simple", "--index-url"),
            (
                "find-links:https://x.example/w",
                "https://x.example/w/cu126",
                "--find-links",
            ),
        ] {
            let place: Place = text.parse().unwrap();
            let address = place.address(&tag);
            assert_eq!(
                (address.url.as_str(), address.form.to_string().as_str()),
                (url, form)
            );
        }
        let named: Place = "https://x.example/whl/cu121".parse().unwrap();
        assert_eq!(named.tag(), "cu121".parse().ok());
        let pypi = |text: &str| text.parse::<Place>().unwrap().is_pypi();
        for text in [
            "pypi",
            "https://pypi.org/simple/",
            "https://mirrors.aliyun.com/pypi/simple/",
            "https://nexus.example/repository/pypi/simple",
        ] {
            assert!(pypi(text), "{text}");
        }
        for text in [
            "official",
            "https://x.example/{tag}/simple",
            "https://x.example/pytorch-cu121/simple",
            "find-links:https://x.example/simple",
        ] {
            assert!(!pypi(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "tsinghua-ish",
            "ftp://x/",
            "https://",
            "https://x/`reboot`",
            "https://x/a b",
            "https://x/$(id)",
            "https://x/\"; rm -rf ~",
            "https://x/\u{202e}",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
