//! The commands that install a build of torch, for pip and for uv.

use pep440_rs::Version;

use super::fit::Build;
use super::place::{Address, Place};
use crate::tables::Os;
use crate::tables::torch_matrix::{MirrorForm, Package};
use crate::version::{BuildTag, CudaVersion};

/// What to install, and into what.
#[derive(Debug, Clone)]
pub struct Install<'a> {
    /// The build.
    pub build: &'a Build,
    /// The packages next to it.
    pub companions: &'a [(Package, Version)],
    /// Where from; none on macOS, where `PyPI` has the only builds.
    pub place: Option<&'a Place>,
    /// The word that starts the environment's Python.
    pub python: &'a str,
    /// Whether a torch that is there is replaced: pip and uv take an installed build of the same version for good
    /// enough otherwise.
    pub replace: bool,
    /// Whose shell it is typed into.
    pub os: Os,
}

/// The newest CUDA that uv has a name for (uv 0.13.9).
const UV_KNOWS: CudaVersion = CudaVersion::new(13, 2);

impl<'a> Install<'a> {
    /// A new installation from PyTorch's own index; from `PyPI` on macOS.
    pub fn new(build: &'a Build, companions: &'a [(Package, Version)], os: Os) -> Self {
        static OFFICIAL: std::sync::LazyLock<Place> = std::sync::LazyLock::new(Place::default);
        Self {
            build,
            companions,
            place: (os != Os::MacOs).then_some(&*OFFICIAL),
            python: "python",
            replace: false,
            os,
        }
    }

    /// The packages with their versions: `torch==2.14.1`, and with their local part where `PyPI`'s other build of the
    /// same version is on offer too.
    pub fn requirements(&self) -> Vec<String> {
        let local = match self.address() {
            Some(Address {
                form: MirrorForm::FindLinks,
                ..
            }) => format!("+{}", self.build.tag),
            _ => String::new(),
        };
        let mut all = vec![format!("torch=={}{local}", self.build.release.torch)];
        for (package, version) in self.companions {
            all.push(format!("{package}=={version}{local}"));
        }
        all
    }

    /// Where the build is; none for `PyPI`.
    pub fn address(&self) -> Option<Address> {
        self.place
            .filter(|place| !matches!(place, Place::Pypi))
            .map(|place| place.address(&self.build.tag))
    }

    /// `python -m pip install …`
    pub fn pip(&self) -> String {
        let replace = if self.replace {
            "--force-reinstall "
        } else {
            ""
        };
        let packages = self.requirements().join(" ");
        let from = match self.address() {
            None => String::new(),
            Some(Address {
                url,
                form: MirrorForm::IndexUrl,
                ..
            }) => format!(" --index-url {}", self.word(&url)),
            Some(Address { url, others, .. }) => {
                let others = others.map(|others| format!(" --index-url {}", self.word(&others)));
                format!(
                    " --find-links {}{}",
                    self.word(&url),
                    others.unwrap_or_default()
                )
            }
        };
        format!("{} -m pip install {replace}{packages}{from}", self.python)
    }

    /// `uv pip install …`
    pub fn uv(&self) -> String {
        let replace = if self.replace { "--reinstall " } else { "" };
        let packages = self.requirements().join(" ");
        let from = match self.address() {
            None => String::new(),
            Some(_) if self.place.is_some_and(Place::is_official) && self.uv_knows() => {
                format!(" --torch-backend={}", self.build.tag)
            }
            Some(Address {
                url,
                form: MirrorForm::IndexUrl,
                ..
            }) => format!(" --default-index {}", self.word(&url)),
            Some(Address { url, others, .. }) => {
                let others =
                    others.map(|others| format!(" --default-index {}", self.word(&others)));
                format!(
                    " --find-links {}{}",
                    self.word(&url),
                    others.unwrap_or_default()
                )
            }
        };
        format!("uv pip install {replace}{packages}{from}")
    }

    /// `uv add …`, for a project whose `pyproject.toml` has the [lines](Self::pyproject).
    pub fn uv_add(&self) -> String {
        format!("uv add {}", self.requirements().join(" "))
    }

    /// The lines of `pyproject.toml` that tell uv where torch comes from; none where it is `PyPI`.
    pub fn pyproject(&self) -> Option<String> {
        let Address { url, form, .. } = self.address()?;
        if self.place.is_some_and(Place::is_pypi) {
            return Some(format!(
                "[[tool.uv.index]]\nname = \"pypi-mirror\"\nurl = \"{url}\"\ndefault = true\n"
            ));
        }
        let tag = &self.build.tag;
        let name = match self.place {
            Some(Place::Known(mirror)) if mirror.name != "official" => {
                format!("pytorch-{tag}-{}", mirror.name)
            }
            _ => format!("pytorch-{tag}"),
        };
        // An index's name has letters, digits and dashes.
        let name = name.replace('.', "-");
        let flat = match form {
            MirrorForm::FindLinks => "format = \"flat\"\n",
            MirrorForm::IndexUrl => "",
        };
        let marker = match tag {
            BuildTag::Cuda(_) => "sys_platform == 'linux' or sys_platform == 'win32'",
            _ => "sys_platform != 'darwin'",
        };
        let mut lines = format!(
            "[[tool.uv.index]]\nname = \"{name}\"\nurl = \"{url}\"\n{flat}explicit = true\n\n[tool.uv.sources]\n"
        );
        let companions = self
            .companions
            .iter()
            .map(|(package, _)| package.to_string());
        for package in std::iter::once("torch".to_owned()).chain(companions) {
            lines.push_str(&format!(
                "{package} = [{{ index = \"{name}\", marker = \"{marker}\" }}]\n"
            ));
        }
        Some(lines)
    }

    /// Whether `--torch-backend` takes the tag.
    fn uv_knows(&self) -> bool {
        match &self.build.tag {
            BuildTag::Cuda(cuda) => cuda.release() <= UV_KNOWS,
            BuildTag::Cpu | BuildTag::Xpu => true,
            BuildTag::Rocm(_) => false,
        }
    }

    /// An address as one word of the shell: of PowerShell and `cmd` too on Windows, where only double quotes do. A
    /// [`Place`] has no sign in it that would end them.
    fn word(&self, address: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
        if address.chars().all(plain) {
            return address.to_owned();
        }
        match self.os {
            Os::Windows => format!("\"{address}\""),
            Os::Linux | Os::MacOs => crate::finding::quoted(address),
        }
    }
}
