//! `nvcc --version`: which CUDA toolkit a compiler belongs to.

use serde::Serialize;

use super::error::{LIMIT, Lack, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Pasted, Seen, Word};

/// Reads the output of `nvcc --version`, with whatever stands around it, or the message of a shell that found no nvcc.
///
/// ```text
/// nvcc: NVIDIA (R) Cuda compiler driver
/// Copyright (c) 2005-2024 NVIDIA Corporation
/// Built on Tue_Oct_29_23:50:19_PDT_2024
/// Cuda compilation tools, release 12.6, V12.6.85
/// Build cuda_12.6.r12.6/compiler.35059454_0
/// ```
pub fn read(text: &str) -> Result<Nvcc, ReadError> {
    bounded(text, Kind::Nvcc, LIMIT)?;
    let pasted = Pasted::new(text);
    let words = pasted.words();
    let mut nvcc = Nvcc {
        schema: "lessons-read-nvcc/1",
        release: None,
        version: None,
        built: None,
        build: None,
        failure: None,
    };
    let mut about_nvcc = false;
    for (index, word) in words.iter().enumerate() {
        let next = |distance: usize| words.get(index + distance);
        match word.text {
            "nvcc:" if next(1).is_some_and(|word| word.text == "NVIDIA") => about_nvcc = true,
            "release"
                if index > 0
                    && words
                        .get(index - 1)
                        .is_some_and(|word| word.text == "tools,") =>
            {
                about_nvcc = true;
                if nvcc.release.is_none() {
                    nvcc.release = next(1).and_then(|word| number(&pasted, word));
                    nvcc.version = next(2).and_then(|word| number(&pasted, word));
                }
            }
            // A lost margin may have taken the first letters of the line's first word.
            "Built" | "uilt" | "ilt" | "lt" | "t"
                if next(1).is_some_and(|word| word.text == "on") =>
            {
                nvcc.built = nvcc.built.or_else(|| {
                    next(2)
                        .filter(|word| word.text.contains('_'))
                        .map(|word| whole(&pasted, word))
                });
            }
            "Build" | "uild" | "ild" | "ld" | "d" => {
                let named = next(1).filter(|word| word.text.starts_with("cuda_"));
                nvcc.build = nvcc
                    .build
                    .or_else(|| named.map(|word| whole(&pasted, word)));
            }
            _ => {}
        }
    }
    if nvcc.release.is_none() {
        nvcc.failure = failure(&pasted);
    }
    if about_nvcc || nvcc.failure.is_some() {
        Ok(nvcc)
    } else {
        Err(ReadError::NotThis {
            kind: Kind::Nvcc,
            why: Lack::Lines,
        })
    }
}

/// What `nvcc --version` said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nvcc {
    /// `lessons-read-nvcc/1`.
    pub schema: &'static str,
    /// The toolkit's release, such as `12.6`.
    pub release: Option<Seen<String>>,
    /// The compiler's own version, such as `12.6.85`.
    pub version: Option<Seen<String>>,
    /// When it was built, as printed, such as `Tue_Oct_29_23:50:19_PDT_2024`.
    pub built: Option<Seen<String>>,
    /// NVIDIA's name of the build; old compilers print none.
    pub build: Option<Seen<String>>,
    /// Why nvcc said none of it.
    pub failure: Option<Seen<NvccFailure>>,
}

/// Why nvcc did not say its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NvccFailure {
    /// The shell found no program of that name on `PATH`.
    NotFound,
    /// The program is there but may not be started.
    PermissionDenied,
    /// The program is for another processor or system.
    CannotExecute,
    /// nvcc started and gave up (`nvcc fatal`).
    Fatal,
}

/// A version in a word such as `12.6,` or `V12.6.85`, without its frame.
fn number(pasted: &Pasted, word: &Word<'_>) -> Option<Seen<String>> {
    let start = word.text.find(|c: char| c.is_ascii_digit())?;
    if !matches!(word.text.get(..start)?, "" | "V") {
        return None;
    }
    let tail = word.text.get(start..)?;
    let length = tail
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(tail.len());
    let version = tail.get(..length)?.trim_end_matches('.');
    let from = word.start + start;
    Some(pasted.seen(version.to_owned(), from..from + version.len()))
}

fn whole(pasted: &Pasted, word: &Word<'_>) -> Seen<String> {
    pasted.seen(word.text.to_owned(), word.range())
}

/// What a shell or a system says of a program that it cannot start, in a line that names nvcc.
fn failure(pasted: &Pasted) -> Option<Seen<NvccFailure>> {
    // bash, dash, zsh, fish, Ubuntu's command-not-found, cmd.exe and PowerShell, and the forms that Ubuntu prints
    // in other languages.
    const SAID: [(&str, NvccFailure); 15] = [
        ("command not found", NvccFailure::NotFound),
        ("not found", NvccFailure::NotFound),
        ("unknown command", NvccFailure::NotFound),
        ("no such file or directory", NvccFailure::NotFound),
        ("is not recognized as", NvccFailure::NotFound),
        ("找不到命令", NvccFailure::NotFound),
        ("未找到命令", NvccFailure::NotFound),
        ("不是内部或外部命令", NvccFailure::NotFound),
        ("nicht gefunden", NvccFailure::NotFound),
        ("commande introuvable", NvccFailure::NotFound),
        ("orden no encontrada", NvccFailure::NotFound),
        ("コマンドが見つかりません", NvccFailure::NotFound),
        ("permission denied", NvccFailure::PermissionDenied),
        ("exec format error", NvccFailure::CannotExecute),
        ("nvcc fatal", NvccFailure::Fatal),
    ];
    pasted
        .lines()
        .filter(|line| line.text.contains("nvcc"))
        .find_map(|line| {
            let lower = line.text.to_ascii_lowercase();
            let (_, failure) = SAID.iter().find(|(said, _)| lower.contains(said))?;
            let trimmed = line.text.trim();
            let start = line.start + line.text.len() - line.text.trim_start().len();
            Some(pasted.seen(*failure, start..start + trimmed.len()))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "(base) me@host:~$ nvcc --version\r\nnvcc: NVIDIA (R) Cuda compiler driver\r\nCopyright (c) 2005-2025 NVIDIA Corporation\r\nBuilt on Wed_Jan_15_19:20:09_PST_2025\r\nCuda compilation tools, release 12.8, V12.8.61\r\nBuild cuda_12.8.r12.8/compiler.35404655_0\r\n";

    #[test]
    fn reads_every_part() {
        let nvcc = read(SAMPLE).unwrap();
        assert_eq!(
            serde_json::to_value(&nvcc).unwrap(),
            serde_json::json!({
                "schema": "lessons-read-nvcc/1", "release": "12.8", "version": "12.8.61",
                "built": "Wed_Jan_15_19:20:09_PST_2025", "build": "cuda_12.8.r12.8/compiler.35404655_0", "failure": null
            })
        );
        let span = nvcc.version.unwrap().span;
        assert_eq!(&SAMPLE[span.start..span.end], "12.8.61");
    }

    #[test]
    fn reads_one_line_and_old_forms() {
        let collapsed = SAMPLE.replace("\r\n", " ");
        assert_eq!(
            read(&collapsed).unwrap().build.unwrap().value,
            "cuda_12.8.r12.8/compiler.35404655_0"
        );
        let old = read(
            "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 7.5, V7.5.17\n",
        )
        .unwrap();
        assert_eq!(old.version.unwrap().value, "7.5.17");
        assert_eq!((old.built, old.build), (None, None));
    }

    #[test]
    fn a_cut_output_leaves_the_rest_unsaid() {
        let cut =
            read("nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2025 NVIDIA").unwrap();
        assert_eq!((cut.release, cut.version, cut.failure), (None, None, None));
    }

    #[test]
    fn tells_why_there_is_no_nvcc() {
        for (said, failure) in [
            ("bash: nvcc: command not found", NvccFailure::NotFound),
            ("zsh: command not found: nvcc", NvccFailure::NotFound),
            ("sh: 1: nvcc: not found", NvccFailure::NotFound),
            ("fish: Unknown command: nvcc", NvccFailure::NotFound),
            (
                "Command 'nvcc' not found, but can be installed with:\nsudo apt install nvidia-cuda-toolkit",
                NvccFailure::NotFound,
            ),
            (
                "'nvcc' is not recognized as an internal or external command,\noperable program or batch file.",
                NvccFailure::NotFound,
            ),
            ("bash: nvcc：未找到命令", NvccFailure::NotFound),
            (
                "-bash: /usr/local/cuda/bin/nvcc: No such file or directory",
                NvccFailure::NotFound,
            ),
            (
                "bash: /usr/local/cuda/bin/nvcc: Permission denied",
                NvccFailure::PermissionDenied,
            ),
            (
                "nvcc fatal   : Unsupported gpu architecture 'compute_120'",
                NvccFailure::Fatal,
            ),
        ] {
            assert_eq!(
                read(said).unwrap().failure.unwrap().value,
                failure,
                "{said}"
            );
        }
    }

    #[test]
    fn refuses_other_texts() {
        assert_eq!(read(" \n"), Err(ReadError::Empty));
        assert!(matches!(
            read("gcc (Ubuntu 13.3.0) 13.3.0 release 12.6, V1"),
            Err(ReadError::NotThis { .. })
        ));
        assert!(matches!(
            read(&"x".repeat(LIMIT + 1)),
            Err(ReadError::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(tools, |release |V?[0-9.]{0,5},? |Built on|Build cuda_|nvcc: |NVIDIA |fatal|[^a]){0,20}") {
            let _ = read(&text);
        }
    }
}
