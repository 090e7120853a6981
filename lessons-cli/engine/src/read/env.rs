//! `python -m torch.utils.collect_env`: what PyTorch says of itself and of the machine under it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::error::{LIMIT, Lack, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Line, Pasted, Seen, Word};

/// Reads the output of `torch.utils.collect_env`, of any version of PyTorch.
///
/// ```text
/// PyTorch version: 2.9.1+cu128
/// CUDA used to build PyTorch: 12.8
/// OS: Ubuntu 24.04.3 LTS (x86_64)
/// Is CUDA available: True
/// GPU models and configuration:
/// GPU 0: NVIDIA GeForce RTX 4090
/// GPU 1: NVIDIA GeForce RTX 4090
///
/// Nvidia driver version: 580.95.05
/// [pip3] torch==2.9.1+cu128
/// ```
pub fn read(text: &str) -> Result<Env, ReadError> {
    bounded(text, Kind::Env, LIMIT)?;
    let pasted = Pasted::new(text);
    let mut env = Env::default();
    let mut labels = 0;
    // Whether the lines that follow are GPUs.
    let mut in_gpus = false;
    for line in pasted.lines() {
        let fields = fields(line);
        labels += fields.len();
        if fields.is_empty() {
            in_gpus = in_gpus && gpu_line(&pasted, line, &mut env);
        }
        for field in fields {
            in_gpus = field.label == Label::Gpus;
            let value = field.value(&pasted);
            match (field.label, env.slot(field.label)) {
                (Label::Gpus, _) => gpus(&mut env, value),
                (_, Some(slot)) if slot.is_none() => *slot = Some(value),
                _ => {}
            }
        }
        packages(&pasted, line, &mut env.packages);
    }
    if env.torch.is_none() || labels < 2 {
        return Err(ReadError::NotThis {
            kind: Kind::Env,
            why: Lack::Lines,
        });
    }
    Ok(env)
}

/// What `torch.utils.collect_env` said. Each value is as printed, so `N/A`, `Could not collect` and `No CUDA` are
/// values; none means that this version prints no such line, or that the text lacks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Env {
    /// `lessons-read-env/1`.
    pub schema: &'static str,
    /// PyTorch's version, such as `2.9.1+cu128`.
    pub torch: Option<Seen<String>>,
    /// The CUDA that PyTorch was built with and brings along.
    pub cuda_built: Option<Seen<String>>,
    /// AMD's counterpart of CUDA that PyTorch was built with; old versions print no such line.
    pub rocm_built: Option<Seen<String>>,
    /// What `torch.cuda.is_available()` says: `True`, `False`, in old versions `Yes`, `No`.
    pub cuda_available: Option<Seen<String>>,
    /// The toolkit on the machine, which nvcc tells.
    pub cuda_runtime: Option<Seen<String>>,
    /// The driver's version.
    pub driver: Option<Seen<String>>,
    /// The GPUs' names; empty where the line says `No CUDA` or `Could not collect`.
    pub gpus: Option<Vec<Seen<String>>>,
    /// The MIG devices that are listed below their GPU, such as `MIG 3g.40gb     Device  0`.
    pub mig_devices: Vec<Seen<String>>,
    /// The words in place of GPUs, if there are no GPUs.
    pub gpus_not_listed: Option<Seen<String>>,
    /// Python's version and build.
    pub python: Option<Seen<String>>,
    /// The operating system.
    pub os: Option<Seen<String>>,
    /// The C compiler.
    pub gcc: Option<Seen<String>>,
    /// The packages that have to do with PyTorch, by name.
    pub packages: Packages,
}

impl Default for Env {
    fn default() -> Self {
        Self {
            schema: "lessons-read-env/1",
            torch: None,
            cuda_built: None,
            rocm_built: None,
            cuda_available: None,
            cuda_runtime: None,
            driver: None,
            gpus: None,
            mig_devices: Vec::new(),
            gpus_not_listed: None,
            python: None,
            os: None,
            gcc: None,
            packages: Packages::default(),
        }
    }
}

impl Env {
    /// Whether PyTorch could use CUDA (or AMD's counterpart, for which it has the same name), if it says so.
    pub fn cuda_is_available(&self) -> Option<bool> {
        match self.cuda_available.as_ref()?.as_str() {
            "True" | "Yes" => Some(true),
            "False" | "No" => Some(false),
            _ => None,
        }
    }

    /// Python's version alone, such as `3.12.3`.
    pub fn python_version(&self) -> Option<&str> {
        let version = self.python.as_ref()?.split_whitespace().next()?;
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then_some(version)
    }

    fn slot(&mut self, label: Label) -> Option<&mut Option<Seen<String>>> {
        Some(match label {
            Label::Torch => &mut self.torch,
            Label::CudaBuilt => &mut self.cuda_built,
            Label::RocmBuilt => &mut self.rocm_built,
            Label::CudaAvailable => &mut self.cuda_available,
            Label::CudaRuntime => &mut self.cuda_runtime,
            Label::Driver => &mut self.driver,
            Label::Python => &mut self.python,
            Label::Os => &mut self.os,
            Label::Gcc => &mut self.gcc,
            Label::Gpus | Label::Other => return None,
        })
    }
}

/// Packages in the order printed. As JSON: `{name: version}`, where pip's word counts before conda's, because it is
/// pip that looks at what Python imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packages(pub Vec<Package>);

/// One line `[pip3] torch==2.9.1` or `[conda] torch 2.9.1 pypi_0 pypi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Who lists it.
    pub manager: Manager,
    /// Its name.
    pub name: Seen<String>,
    /// Its version.
    pub version: Seen<String>,
}

/// Who lists a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// pip.
    Pip,
    /// conda.
    Conda,
}

impl Packages {
    /// The version of a package, pip's before conda's.
    pub fn version(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .filter(|package| package.name.value == name)
            .min_by_key(|package| package.manager)
            .map(|package| package.version.as_str())
    }
}

impl Serialize for Packages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = std::collections::HashSet::new();
        let mut map = serializer.serialize_map(None)?;
        for manager in [Manager::Pip, Manager::Conda] {
            for package in self.0.iter().filter(|package| package.manager == manager) {
                if written.insert(package.name.as_str()) {
                    map.serialize_entry(&package.name, &package.version)?;
                }
            }
        }
        map.end()
    }
}

/// What stands before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Torch,
    CudaBuilt,
    RocmBuilt,
    CudaAvailable,
    CudaRuntime,
    Driver,
    Gpus,
    Python,
    Os,
    Gcc,
    /// A line that is known and not kept: it ends the one before it.
    Other,
}

/// The labels of every version of `collect_env`.
const LABELS: [(&str, Label); 25] = [
    ("PyTorch version", Label::Torch),
    ("Is debug build", Label::Other),
    ("CUDA used to build PyTorch", Label::CudaBuilt),
    ("ROCM used to build PyTorch", Label::RocmBuilt),
    ("OS", Label::Os),
    ("GCC version", Label::Gcc),
    ("Clang version", Label::Other),
    ("CMake version", Label::Other),
    ("Libc version", Label::Other),
    ("Python version", Label::Python),
    ("Python platform", Label::Other),
    ("Is CUDA available", Label::CudaAvailable),
    ("CUDA runtime version", Label::CudaRuntime),
    ("CUDA_MODULE_LOADING set to", Label::Other),
    ("GPU models and configuration", Label::Gpus),
    ("Nvidia driver version", Label::Driver),
    ("cuDNN version", Label::Other),
    ("Is XPU available", Label::Other),
    ("XPU used to build PyTorch", Label::Other),
    ("HIP runtime version", Label::Other),
    ("MIOpen runtime version", Label::Other),
    ("Is XNNPACK available", Label::Other),
    ("Caching allocator config", Label::Other),
    ("CPU", Label::Other),
    ("Versions of relevant libraries", Label::Other),
];

/// A label and where its value is: from after the colon to the next label or the line's end.
struct Field<'a> {
    label: Label,
    line: Line<'a>,
    /// Offsets in the line.
    start: usize,
    end: usize,
}

impl Field<'_> {
    fn value(&self, pasted: &Pasted) -> Seen<String> {
        let value = self.line.text.get(self.start..self.end).unwrap_or_default();
        let trimmed = value.trim();
        let start = self.line.start + self.start + (value.len() - value.trim_start().len());
        pasted.seen(trimmed.to_owned(), start..start + trimmed.len())
    }
}

/// The fields of a line: one at its start, or several where the line ends were lost.
fn fields(line: Line<'_>) -> Vec<Field<'_>> {
    let mut found: Vec<(usize, Field<'_>)> = Vec::new();
    if !line.text.contains(':') {
        return Vec::new();
    }
    for (name, label) in LABELS {
        // Only a whole line is searched for the short ones, which other words end with too.
        let at = if line.text.trim_start().starts_with(name) {
            Some(line.text.len() - line.text.trim_start().len())
        } else if name.len() > 3 {
            line.text.find(name)
        } else {
            line.text.find(&format!(" {name}: ")).map(|at| at + 1)
        };
        let Some(at) = at else { continue };
        let before = line.text.get(..at).unwrap_or_default();
        let after = line.text.get(at + name.len()..).unwrap_or_default();
        let colon = after.len() - after.trim_start().len();
        let stands_alone = before.is_empty() || before.ends_with([' ', '\t']);
        if stands_alone && after.get(colon..).is_some_and(|rest| rest.starts_with(':')) {
            let start = at + name.len() + colon + 1;
            found.push((
                at,
                Field {
                    label,
                    line,
                    start,
                    end: line.text.len(),
                },
            ));
        }
    }
    if found.is_empty() {
        found.extend(cut_field(line).map(|field| (0, field)));
    }
    found.sort_by_key(|(at, _)| *at);
    let starts: Vec<usize> = found.iter().map(|(at, _)| *at).skip(1).collect();
    for ((_, field), next) in found.iter_mut().zip(starts) {
        field.end = next.max(field.start);
    }
    found.into_iter().map(|(_, field)| field).collect()
}

/// The field of a label whose first letters a lost margin has taken, such as `Torch version: 2.9.1`. The rest has to be
/// that of one label alone: ` used to build PyTorch` may be of two.
fn cut_field(line: Line<'_>) -> Option<Field<'_>> {
    const MOST: usize = 4;
    const SHORTEST: usize = 6;
    let colon = line.text.find(':')?;
    let rest = line.text.get(..colon)?;
    if rest.len() < SHORTEST {
        return None;
    }
    let mut matching = LABELS.iter().filter(|(name, _)| {
        name.strip_suffix(rest)
            .is_some_and(|lost| (1..=MOST).contains(&lost.len()))
    });
    let (_, label) = matching.next()?;
    matching.next().is_none().then_some(Field {
        label: *label,
        line,
        start: colon + 1,
        end: line.text.len(),
    })
}

/// Takes the value of `GPU models and configuration:`, which may be on the lines after it.
fn gpus(env: &mut Env, value: Seen<String>) {
    if env.gpus.is_some() {
        return;
    }
    env.gpus = Some(Vec::new());
    if matches!(
        value.as_str(),
        "No CUDA" | "N/A" | "Could not collect" | "None"
    ) {
        env.gpus_not_listed = Some(value);
    } else if !value.is_empty() {
        add_gpus(env, &value);
    }
}

/// Takes a line below `GPU models and configuration:`; false where the list is over.
fn gpu_line(pasted: &Pasted, line: Line<'_>, env: &mut Env) -> bool {
    // Some pages put a blank line after each. What follows the list has a label.
    if line.text.trim().is_empty() {
        return true;
    }
    if let Some(at) = cut_number(line.text) {
        let name = line.text.get(at..).unwrap_or_default().trim_end();
        let start = line.start + at;
        let name = pasted.seen(name.to_owned(), start..start + name.len());
        env.gpus.get_or_insert_default().push(name);
        return true;
    }
    let listed = env.gpus.as_ref().is_some_and(|gpus| !gpus.is_empty());
    // What stands before the number is a log's or an editor's.
    let Some(at) = numbered(line.text)
        .or_else(|| line.text.find("MIG "))
        .or_else(|| (!listed).then(|| line.text.len() - line.text.trim_start().len()))
    else {
        return false;
    };
    let name = line.text.get(at..).unwrap_or_default().trim_end();
    let start = line.start + at;
    if name.starts_with("MIG ") {
        let device = name.trim_end_matches(':');
        env.mig_devices
            .push(pasted.seen(device.to_owned(), start..start + device.len()));
    } else {
        add_gpus(
            env,
            &pasted.seen(name.to_owned(), start..start + name.len()),
        );
    }
    true
}

/// Where the name starts in a line whose first letters a lost margin has taken: `PU 0: NVIDIA L4`, `0: NVIDIA L4`.
fn cut_number(line: &str) -> Option<usize> {
    let rest = ["PU ", "U ", " ", ""]
        .into_iter()
        .find_map(|left| line.strip_prefix(left))?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let name = rest.get(digits..)?.strip_prefix(": ")?;
    (digits > 0 && digits < 4 && !name.trim().is_empty()).then(|| line.len() - name.len())
}

/// Where `GPU 0:` stands in a line.
fn numbered(line: &str) -> Option<usize> {
    line.match_indices("GPU ").map(|(at, _)| at).find(|at| {
        let rest = line.get(at + 4..).unwrap_or_default();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(':'))
    })
}

/// Adds the names in `GPU 0: NVIDIA GeForce RTX 4090`; on a line without line ends there are several.
fn add_gpus(env: &mut Env, said: &Seen<String>) {
    let list = env.gpus.get_or_insert_default();
    // A name seen in a cleaned text may be longer in the original, so its span is the whole line's.
    let mut rest = said.as_str();
    while let Some((name, after)) = next_gpu(rest) {
        if !name.is_empty() {
            list.push(Seen {
                value: name.to_owned(),
                span: said.span,
            });
        }
        rest = after;
    }
}

/// The first GPU's name in a list, and what follows it.
fn next_gpu(list: &str) -> Option<(&str, &str)> {
    if list.is_empty() {
        return None;
    }
    let numbered = |text: &str| {
        let digits = text.strip_prefix("GPU ")?;
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        (length > 0 && digits.get(length..)?.starts_with(':')).then_some("GPU ".len() + length + 1)
    };
    let body = list.get(numbered(list).unwrap_or(0)..)?;
    let end = body
        .match_indices(" GPU ")
        .find(|(at, _)| body.get(at + 1..).and_then(numbered).is_some())
        .map_or(body.len(), |(at, _)| at);
    let (name, after) = body.split_at_checked(end)?;
    Some((name.trim(), after.trim_start()))
}

/// Adds the packages that a line lists.
fn packages(pasted: &Pasted, line: Line<'_>, packages: &mut Packages) {
    if !line.text.contains("[pip") && !line.text.contains("[conda]") {
        return;
    }
    let words: Vec<Word<'_>> = line.words().collect();
    for (index, word) in words.iter().enumerate() {
        let manager = match word.text {
            "[pip]" | "[pip2]" | "[pip3]" => Manager::Pip,
            "[conda]" => Manager::Conda,
            _ => continue,
        };
        let Some(name) = words.get(index + 1) else {
            continue;
        };
        if let Some((project, version)) = name.text.split_once("==") {
            let at = name.start + project.len() + 2;
            packages.0.push(Package {
                manager,
                name: pasted.seen(project.to_owned(), name.start..name.start + project.len()),
                version: pasted.seen(version.to_owned(), at..at + version.len()),
            });
            continue;
        }
        let Some(version) = words.get(index + 2) else {
            continue;
        };
        // `numpy (1.15.0)` of old pips, `numpy  1.26.4  py311…` of conda; `Could not collect` is neither.
        let number = version.text.trim_start_matches('(').trim_end_matches(')');
        // conda prints a build after the version; without one the text was cut, perhaps in the middle of the version.
        let cut = manager == Manager::Conda && words.get(index + 3).is_none();
        if number.starts_with(|c: char| c.is_ascii_digit()) && !cut {
            let at =
                version.start + (version.text.len() - version.text.trim_start_matches('(').len());
            packages.0.push(Package {
                manager,
                name: pasted.seen(name.text.to_owned(), name.range()),
                version: pasted.seen(number.to_owned(), at..at + number.len()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: &str = "Collecting environment information...\nPyTorch version: 2.9.1+cu128\nIs debug build: False\n\
        CUDA used to build PyTorch: 12.8\nROCM used to build PyTorch: N/A\n\nOS: Ubuntu 24.04.3 LTS (x86_64)\n\
        GCC version: (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0\n\nPython version: 3.12.3 (main, Aug 14 2025, 17:47:21) [GCC 13.3.0] (64-bit runtime)\n\
        Is CUDA available: True\nCUDA runtime version: Could not collect\nGPU models and configuration: \n\
        GPU 0: NVIDIA GeForce RTX 4090\nGPU 1: NVIDIA GeForce RTX 3090\n\nNvidia driver version: 580.95.05\n\
        CPU:\nModel name: Some GPU 0: thing\n\nVersions of relevant libraries:\n[pip3] numpy==2.3.4\n[pip3] torch==2.9.1+cu128\n\
        [conda] torch                     2.9.0                    pypi_0    pypi\n[conda] mkl                       2023.1.0         h213fc3f_46344\n";

    #[test]
    fn gives_the_json_that_is_promised() {
        let env = read(TWO).unwrap();
        assert_eq!(
            serde_json::to_value(&env).unwrap(),
            serde_json::json!({
                "schema": "lessons-read-env/1", "torch": "2.9.1+cu128", "cuda_built": "12.8", "rocm_built": "N/A",
                "cuda_available": "True", "cuda_runtime": "Could not collect", "driver": "580.95.05",
                "gpus": ["NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3090"], "mig_devices": [], "gpus_not_listed": null,
                "python": "3.12.3 (main, Aug 14 2025, 17:47:21) [GCC 13.3.0] (64-bit runtime)",
                "os": "Ubuntu 24.04.3 LTS (x86_64)", "gcc": "(Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0",
                "packages": {"numpy": "2.3.4", "torch": "2.9.1+cu128", "mkl": "2023.1.0"}
            })
        );
        assert_eq!(
            (env.cuda_is_available(), env.python_version()),
            (Some(true), Some("3.12.3"))
        );
        let place = env.driver.unwrap().span;
        assert_eq!(&TWO[place.start..place.end], "580.95.05");
    }

    #[test]
    fn reads_it_without_its_line_ends() {
        let collapsed = TWO.split_whitespace().collect::<Vec<_>>().join(" ");
        let (one_line, whole) = (read(&collapsed).unwrap(), read(TWO).unwrap());
        assert_eq!(one_line.gpus, whole.gpus);
        assert_eq!(
            (one_line.os, one_line.python, one_line.driver),
            (whole.os, whole.python, whole.driver)
        );
        assert_eq!(one_line.packages.version("torch"), Some("2.9.1+cu128"));
    }

    #[test]
    fn reads_old_and_other_layouts() {
        let old = read("PyTorch version: 0.4.1\nCUDA used to build PyTorch: None\n\nOS: Mac OSX 10.13.3\n\nPython version: 3.6\n\
            Is CUDA available: No\nGPU models and configuration: No CUDA\nNvidia driver version: No CUDA\n\n[pip] numpy (1.15.0)\n[pip3] Could not collect\n").unwrap();
        assert_eq!(
            (old.cuda_is_available(), old.rocm_built, old.gpus),
            (Some(false), None, Some(Vec::new()))
        );
        assert_eq!(
            old.gpus_not_listed.as_deref().map(String::as_str),
            Some("No CUDA")
        );
        assert_eq!(old.packages.0.len(), 1);
        let amd = read("PyTorch version              : 2.9.1+rocm6.4\r\nROCM used to build PyTorch   : 6.4.43482\r\n\
            GPU models and configuration : AMD Radeon RX 7900 XTX (gfx1100)\r\n").unwrap();
        assert_eq!(
            amd.gpus.unwrap()[0].value,
            "AMD Radeon RX 7900 XTX (gfx1100)"
        );
        assert_eq!((amd.driver, amd.cuda_built), (None, None));
        let mig = read("PyTorch version: 2.4.0\nIs CUDA available: True\nGPU models and configuration:\nGPU 0: NVIDIA A30\n  MIG 2g.12gb     Device  0:\n").unwrap();
        assert_eq!(
            (mig.gpus.unwrap().len(), mig.mig_devices[0].as_str()),
            (1, "MIG 2g.12gb     Device  0")
        );
    }

    #[test]
    fn refuses_other_texts() {
        for other in [
            "Python version: 3.12\nOS: Linux",
            "PyTorch version: 2.0",
            "nothing here",
        ] {
            assert!(
                matches!(read(other), Err(ReadError::NotThis { .. })),
                "{other}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(PyTorch version|CUDA used to build PyTorch|GPU models and configuration|OS|[ :\\n]|GPU 0:| GPU |\\[pip3\\]|\\[conda\\]|==|\\(1|[^a]){0,40}") {
            if let Ok(env) = read(&text) {
                let _ = serde_json::to_string(&env).unwrap();
            }
        }
    }
}
