//! Environment markers: `python_version >= "3.9" and (sys_platform == "linux" or extra == "gpu")`.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::NoRequirement;
use crate::facts::python::normalised;
use crate::tables::{Arch, Os, Platform};
use crate::version::PythonVersion;

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// A comparison.
    Compare {
        /// What stands before the operator.
        left: Value,
        /// How they are compared.
        operator: Operator,
        /// What stands behind it.
        right: Value,
    },
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text in quotes.
    Text(String),
    /// What the environment says.
    Variable(Variable),
}

/// What a marker may ask of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// `os_name`: `posix`, `nt`.
    OsName,
    /// `sys_platform`: `linux`, `win32`, `darwin`.
    SysPlatform,
    /// `platform_machine`: `x86_64`, `AMD64`, `aarch64`, `arm64`.
    PlatformMachine,
    /// `platform_system`: `Linux`, `Windows`, `Darwin`.
    PlatformSystem,
    /// `platform_release`, which no file of Python tells.
    PlatformRelease,
    /// `platform_version`, which no file of Python tells.
    PlatformVersion,
    /// `python_version`: `3.12`.
    PythonVersion,
    /// `python_full_version`: `3.12.4`.
    PythonFullVersion,
    /// `implementation_name`: `cpython`.
    ImplementationName,
    /// `implementation_version`: of `CPython` the full version.
    ImplementationVersion,
    /// `platform_python_implementation`: `CPython`.
    PlatformPythonImplementation,
    /// `extra`: that for which the metadata is read.
    Extra,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `~=`
    Compatible,
    /// `===`
    Exactly,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// The Python that a marker is asked about, as far as it is known. It is `CPython`: torch has wheels for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interpreter {
    /// Its version without the third number, which the folders of an environment do not tell.
    pub python: Option<PythonVersion>,
    /// Its system and processor.
    pub platform: Option<Platform>,
}

/// Parentheses within parentheses, at most.
const MOST_DEPTH: usize = 50;

/// The names of the variables; those with a dot are PEP 345's.
const VARIABLES: [(&str, Variable); 17] = [
    ("os_name", Variable::OsName),
    ("os.name", Variable::OsName),
    ("sys_platform", Variable::SysPlatform),
    ("sys.platform", Variable::SysPlatform),
    ("platform_machine", Variable::PlatformMachine),
    ("platform.machine", Variable::PlatformMachine),
    ("platform_system", Variable::PlatformSystem),
    ("platform_release", Variable::PlatformRelease),
    ("platform_version", Variable::PlatformVersion),
    ("platform.version", Variable::PlatformVersion),
    ("python_version", Variable::PythonVersion),
    ("python_full_version", Variable::PythonFullVersion),
    ("implementation_name", Variable::ImplementationName),
    ("implementation_version", Variable::ImplementationVersion),
    (
        "platform_python_implementation",
        Variable::PlatformPythonImplementation,
    ),
    (
        "platform.python_implementation",
        Variable::PlatformPythonImplementation,
    ),
    ("extra", Variable::Extra),
];

/// The operators of signs, the longer before those that they begin with.
const SIGNS: [(&str, Operator); 8] = [
    ("===", Operator::Exactly),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("~=", Operator::Compatible),
    ("<=", Operator::LessEqual),
    (">=", Operator::GreaterEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Marker {
    /// Whether it holds for a Python and with these extras; `None` where that rests on what is not known.
    pub fn holds(&self, python: &Interpreter, extras: &[&str]) -> Option<bool> {
        match self {
            Self::Compare {
                left,
                operator,
                right,
            } => compare(left, *operator, right, python, extras),
            Self::All(parts) => {
                let mut known = Some(true);
                for part in parts {
                    match part.holds(python, extras) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => known = None,
                    }
                }
                known
            }
            Self::Any(parts) => {
                let mut known = Some(false);
                for part in parts {
                    match part.holds(python, extras) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => known = None,
                    }
                }
                known
            }
        }
    }
}

fn compare(
    left: &Value,
    operator: Operator,
    right: &Value,
    python: &Interpreter,
    extras: &[&str],
) -> Option<bool> {
    // Which extras are asked for is a set: an extra equals each of them.
    let extra = match (left, right) {
        (Value::Variable(Variable::Extra), Value::Text(name))
        | (Value::Text(name), Value::Variable(Variable::Extra)) => Some(normalised(name)),
        _ => None,
    };
    if let Some(name) = extra {
        let asked = extras.iter().any(|extra| normalised(extra) == name);
        return match operator {
            Operator::Equal | Operator::Exactly => Some(asked),
            Operator::NotEqual => Some(!asked),
            _ => None,
        };
    }
    if matches!(operator, Operator::In | Operator::NotIn)
        && [left, right].iter().any(|value| is_full_version(value))
    {
        return None;
    }
    let versions = [left, right]
        .iter()
        .any(|value| matches!(value, Value::Variable(variable) if variable.is_version()));
    let (lefts, rights) = (python.values(left, right), python.values(right, left));
    let mut answer = None;
    for left in &lefts {
        for right in &rights {
            let this = one(left, operator, right, versions)?;
            if answer.is_some_and(|answer| answer != this) {
                return None;
            }
            answer = Some(this);
        }
    }
    answer
}

/// Compares two texts: as versions where they are, as texts otherwise.
fn one(left: &str, operator: Operator, right: &str, versions: bool) -> Option<bool> {
    match operator {
        Operator::In => return Some(right.contains(left)),
        Operator::NotIn => return Some(!right.contains(left)),
        Operator::Exactly => return Some(left == right),
        _ => {}
    }
    if versions
        && let Ok(left) = Version::from_str(left)
        && let Ok(right) = VersionSpecifier::from_str(&format!("{}{right}", operator.sign()))
    {
        return Some(right.contains(&left));
    }
    Some(match operator {
        // Texts have no order: of `<=` only the equality is left, and of `<` nothing (`packaging` says so, too).
        Operator::Equal | Operator::LessEqual | Operator::GreaterEqual => left == right,
        Operator::NotEqual => left != right,
        Operator::Less | Operator::Greater => false,
        // Of texts it means nothing.
        _ => return None,
    })
}

fn is_full_version(value: &Value) -> bool {
    matches!(
        value,
        Value::Variable(Variable::PythonFullVersion | Variable::ImplementationVersion)
    )
}

impl Variable {
    fn is_version(self) -> bool {
        matches!(
            self,
            Self::PythonVersion | Self::PythonFullVersion | Self::ImplementationVersion
        )
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        SIGNS
            .iter()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(sign, _)| sign)
    }
}

impl Interpreter {
    /// What a side of a comparison may be; nothing where that is not known. The third number of the Python may be any:
    /// the least, the greatest and the one that it is compared with stand for them.
    fn values(&self, value: &Value, other: &Value) -> Vec<String> {
        let variable = match value {
            Value::Text(text) => return vec![text.clone()],
            Value::Variable(variable) => *variable,
        };
        if is_full_version(value) {
            let Some(python) = self.python else {
                return Vec::new();
            };
            let minor = format!("{}.{}", python.major, python.minor);
            let mut values = vec![format!("{minor}.0"), format!("{minor}.999")];
            if let Value::Text(text) = other
                && Version::from_str(text).is_ok()
                && text.starts_with(&format!("{minor}."))
            {
                values.push(text.clone());
            }
            return values;
        }
        self.value(variable).into_iter().collect()
    }

    fn value(&self, variable: Variable) -> Option<String> {
        let os = self.platform.map(|platform| platform.os);
        let named = |linux, windows, macos| {
            os.map(|os| match os {
                Os::Linux => linux,
                Os::Windows => windows,
                Os::MacOs => macos,
            })
        };
        let text = match variable {
            Variable::OsName => named("posix", "nt", "posix"),
            Variable::SysPlatform => named("linux", "win32", "darwin"),
            Variable::PlatformSystem => named("Linux", "Windows", "Darwin"),
            Variable::PlatformMachine => {
                self.platform
                    .map(|platform| match (platform.os, platform.arch) {
                        (Os::Windows, Arch::X86_64) => "AMD64",
                        (Os::Windows, Arch::Aarch64) => "ARM64",
                        (Os::MacOs, Arch::Aarch64) => "arm64",
                        (Os::Linux, Arch::Aarch64) => "aarch64",
                        (Os::Linux | Os::MacOs, Arch::X86_64) => "x86_64",
                    })
            }
            Variable::PythonVersion => {
                return self
                    .python
                    .map(|python| format!("{}.{}", python.major, python.minor));
            }
            Variable::ImplementationName => Some("cpython"),
            Variable::PlatformPythonImplementation => Some("CPython"),
            Variable::PlatformRelease
            | Variable::PlatformVersion
            | Variable::PythonFullVersion
            | Variable::ImplementationVersion
            | Variable::Extra => None,
        };
        text.map(str::to_owned)
    }
}

impl FromStr for Marker {
    type Err = NoRequirement;

    fn from_str(text: &str) -> Result<Self, NoRequirement> {
        let mut reader = Reader { rest: text };
        let marker = reader.any(0)?;
        reader.skip_blanks();
        if reader.rest.is_empty() {
            Ok(marker)
        } else {
            Err(NoRequirement)
        }
    }
}

/// Reads a marker from its start: `or` binds less than `and`.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn any(&mut self, depth: usize) -> Result<Marker, NoRequirement> {
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(alone(parts, Marker::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Marker, NoRequirement> {
        let mut parts = vec![self.term(depth)?];
        while self.word("and") {
            parts.push(self.term(depth)?);
        }
        Ok(alone(parts, Marker::All))
    }

    fn term(&mut self, depth: usize) -> Result<Marker, NoRequirement> {
        if self.sign("(") {
            if depth >= MOST_DEPTH {
                return Err(NoRequirement);
            }
            let inside = self.any(depth + 1)?;
            return if self.sign(")") {
                Ok(inside)
            } else {
                Err(NoRequirement)
            };
        }
        let left = self.value()?;
        let operator = self.operator()?;
        let right = self.value()?;
        Ok(Marker::Compare {
            left,
            operator,
            right,
        })
    }

    fn value(&mut self) -> Result<Value, NoRequirement> {
        self.skip_blanks();
        for quote in ['\'', '"'] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (text, rest) = rest.split_once(quote).ok_or(NoRequirement)?;
                self.rest = rest;
                return Ok(Value::Text(text.to_owned()));
            }
        }
        let name = self.peek();
        let (_, variable) = VARIABLES
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or(NoRequirement)?;
        self.rest = &self.rest[name.len()..];
        Ok(Value::Variable(*variable))
    }

    fn operator(&mut self) -> Result<Operator, NoRequirement> {
        if self.word("in") {
            return Ok(Operator::In);
        }
        if self.word("not") {
            return if self.word("in") {
                Ok(Operator::NotIn)
            } else {
                Err(NoRequirement)
            };
        }
        SIGNS
            .iter()
            .find(|(sign, _)| self.sign(sign))
            .map(|(_, operator)| *operator)
            .ok_or(NoRequirement)
    }

    /// The letters, digits, dots and underscores that come next.
    fn peek(&self) -> &'t str {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .unwrap_or(self.rest.len());
        &self.rest[..end]
    }

    fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let comes = self.peek() == word;
        if comes {
            self.rest = &self.rest[word.len()..];
        }
        comes
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

fn alone(mut parts: Vec<Marker>, of: fn(Vec<Marker>) -> Marker) -> Marker {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            of(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(os: Os, arch: Arch, python: &str) -> Interpreter {
        Interpreter {
            python: Some(python.parse().unwrap()),
            platform: Some(Platform::new(os, arch)),
        }
    }

    fn holds(text: &str, python: &Interpreter, extras: &[&str]) -> Option<bool> {
        text.parse::<Marker>().unwrap().holds(python, extras)
    }

    /// The answers are those of `packaging` 26.3 (`Marker.evaluate` with the environment of such a Python).
    #[test]
    fn markers_hold_as_packaging_says() {
        let linux = on(Os::Linux, Arch::X86_64, "3.11");
        for (text, held) in [
            ("python_version >= '3.8'", true),
            ("python_version < '3.8'", false),
            ("python_version >= '3.9'", true),
            ("'3.9' <= python_version", true),
            ("'3.12' <= python_version", false),
            ("python_version > '3.1'", true),
            ("python_version == '3.11'", true),
            ("python_version == '3.*'", true),
            ("python_version ~= '3.9'", true),
            ("python_version ~= '4.0'", false),
            ("python_version != '3.10'", true),
            ("python_version in '3.10 3.11'", true),
            ("python_version not in '2.7, 3.0'", true),
            ("python_version not in '3.11'", false),
            ("sys_platform == \"linux\"", true),
            (
                "platform_system == \"Linux\" and platform_machine == \"x86_64\"",
                true,
            ),
            ("platform_system != \"Darwin\"", true),
            ("platform_machine in 'x86_64 AMD64'", true),
            (
                "platform_machine == 'aarch64' or platform_machine == 'x86_64'",
                true,
            ),
            (
                "sys_platform == 'win32' or sys_platform == 'linux' and python_version >= '3.12'",
                false,
            ),
            (
                "(sys_platform == 'win32' or sys_platform == 'linux') and python_version >= '3.10'",
                true,
            ),
            (
                "sys_platform == 'linux' or sys_platform == 'win32' and python_version >= '3.12'",
                true,
            ),
            ("os_name=='posix'", true),
            ("os.name == 'posix'", true),
            ("sys.platform == 'linux'", true),
            (
                "platform_python_implementation == 'CPython' and implementation_name == 'cpython'",
                true,
            ),
            ("implementation_name != 'pypy'", true),
            ("python_version>='3.9'and sys_platform=='linux'", true),
            ("((python_version >= '3.9'))", true),
            ("'linux' in sys_platform", true),
            ("'lin' in sys_platform", true),
            ("'win' not in sys_platform", true),
            ("sys_platform >= 'linux'", true),
            ("sys_platform < 'm'", false),
            ("python_version === '3.11'", true),
            ("python_version >= '3.9.2'", true),
            ("python_version == '3.11.0'", true),
            ("python_version > 'banana'", false),
        ] {
            assert_eq!(holds(text, &linux, &[]), Some(held), "{text}");
        }
    }

    #[test]
    fn a_platform_has_the_names_that_its_python_gives_it() {
        let windows = on(Os::Windows, Arch::X86_64, "3.12");
        let mac = on(Os::MacOs, Arch::Aarch64, "3.12");
        let arm = on(Os::Linux, Arch::Aarch64, "3.12");
        for (text, python) in [
            (
                "os_name == 'nt' and sys_platform == 'win32' and platform_system == 'Windows'",
                &windows,
            ),
            ("platform_machine == 'AMD64'", &windows),
            (
                "sys_platform == 'darwin' and platform_machine == 'arm64'",
                &mac,
            ),
            ("platform_system == 'Darwin' and os_name == 'posix'", &mac),
            (
                "platform_machine == 'aarch64' and sys_platform == 'linux'",
                &arm,
            ),
        ] {
            assert_eq!(holds(text, python, &[]), Some(true), "{text}");
        }
    }

    #[test]
    fn extras_count_where_they_are_asked_for() {
        let python = Interpreter::default();
        assert_eq!(holds("extra == 'Big_Gpu'", &python, &[]), Some(false));
        assert_eq!(
            holds("extra == 'Big_Gpu'", &python, &["big-gpu"]),
            Some(true)
        );
        assert_eq!(
            holds("'gpu' == extra", &python, &["gpu", "test"]),
            Some(true)
        );
        assert_eq!(holds("extra != 'gpu'", &python, &[]), Some(true));
    }

    /// What is not known decides only where it must.
    #[test]
    fn what_is_not_known_stays_so() {
        let nothing = Interpreter::default();
        let linux = on(Os::Linux, Arch::X86_64, "3.11");
        for (text, python, held) in [
            ("python_version >= '3.9'", &nothing, None),
            ("python_version >= '3.9' or extra == 'x'", &nothing, None),
            (
                "python_version >= '3.9' and extra == 'x'",
                &nothing,
                Some(false),
            ),
            (
                "python_version >= '3.9' or os_name == os_name",
                &nothing,
                None,
            ),
            ("platform_release >= '5'", &linux, None),
            (
                "platform_release >= '5' or sys_platform == 'linux'",
                &linux,
                Some(true),
            ),
            // Of 3.11 the third number is not known.
            ("python_full_version >= '3.11.0'", &linux, Some(true)),
            ("python_full_version >= '3.11.4'", &linux, None),
            ("python_full_version == '3.11.4'", &linux, None),
            ("python_full_version != '3.10.0'", &linux, Some(true)),
            ("python_full_version < '3.11'", &linux, Some(false)),
            ("python_full_version in '3.11.4 3.11.5'", &linux, None),
            ("implementation_version < '3.12'", &linux, Some(true)),
            ("sys_platform ~= 'linux'", &linux, None),
        ] {
            assert_eq!(holds(text, python, &[]), held, "{text}");
        }
    }

    #[test]
    fn what_is_no_marker_is_refused() {
        let deep = "(".repeat(100_000);
        for text in [
            "",
            "python_version",
            "python_version >=",
            "== '3'",
            "python_version '3'",
            "python_version >= '3",
            "python_version >= 3",
            "python_version not '3'",
            "python_version notin '3'",
            "(python_version >= '3'",
            "python_version >= '3')",
            "python_version >= '3' and",
            "python_version >= '3' or or os_name == 'nt'",
            "python_version >= '3' os_name == 'nt'",
            "Python_Version >= '3'",
            "python_version => '3'",
            &deep,
        ] {
            assert_eq!(text.parse::<Marker>(), Err(NoRequirement), "{text:.40}");
        }
    }
}
