//! The tables against the facts they were made from.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use lessons_engine::tables::cuda_driver::{self, GpuSupport, Reach, Verdict};
use lessons_engine::tables::gpu_arch::{self, Match};
use lessons_engine::tables::host_compilers::{self, Accepts};
use lessons_engine::tables::torch_matrix::{
    self, Build, CodeOn, DeviceCode, Environment, ExtensionBuild, Misfit, Package, Pair,
};
use lessons_engine::tables::{self, Arch, Cell, NotInTable, Os, Platform, render_markdown};
use lessons_engine::version::{
    BuildTag, ComputeCapability, CudaVersion, DriverVersion, GccVersion,
};
use serde_json::Value;

use Arch::{Aarch64, X86_64};
use Os::{Linux, MacOs, Windows};
use Package::{Torchaudio, Torchtext, Torchvision};

const FILES: [(&str, &str); 6] = [
    ("cuda-driver", include_str!("../data/cuda-driver.json")),
    (
        "cuda-host-compilers",
        include_str!("../data/cuda-host-compilers.json"),
    ),
    ("gpu-arch", include_str!("../data/gpu-arch.json")),
    ("nvcc-builds", include_str!("../data/nvcc-builds.json")),
    (
        "torch-dependencies",
        include_str!("../data/torch-dependencies.json"),
    ),
    ("torch-matrix", include_str!("../data/torch-matrix.json")),
];

fn driver(text: &str) -> DriverVersion {
    text.parse().unwrap()
}

fn cuda(text: &str) -> CudaVersion {
    text.parse().unwrap()
}

fn cc(text: &str) -> ComputeCapability {
    text.parse().unwrap()
}

fn torch(text: &str) -> pep440_rs::Version {
    text.parse().unwrap()
}

fn or_unknown<T: ToString>(answer: Result<T, NotInTable>) -> String {
    answer.map_or_else(|_| "unknown".to_owned(), |answer| answer.to_string())
}

/// Compares the answers with the truths, and shows all that differ.
#[track_caller]
fn holds(truths: &[(&str, String, &str)]) {
    let wrong: Vec<_> = truths
        .iter()
        .filter(|(_, answer, truth)| answer != truth)
        .map(|(question, answer, truth)| {
            format!("{question}: `{answer}`, but the truth is `{truth}`")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn floor(version: &str, os: Os) -> String {
    or_unknown(cuda_driver::family_floor(cuda(version), os).map(|floor| floor.at_least))
}

fn runs(version: &str, with: &str, os: Os) -> String {
    match cuda_driver::runs(&driver(version), cuda(with), os) {
        Verdict::Enough {
            reach: Reach::Native,
            ..
        } => "yes".to_owned(),
        Verdict::Enough {
            reach: Reach::MinorVersion,
            ..
        } => "within the major".to_owned(),
        Verdict::Enough {
            reach: Reach::Unknown,
            ..
        } => "at least within the major".to_owned(),
        Verdict::TooOld { needs } => format!("needs {}", needs.at_least),
        Verdict::Unknown(_) => "unknown".to_owned(),
    }
}

fn ceiling(version: &str, os: Os) -> String {
    or_unknown(cuda_driver::ceiling(&driver(version), os))
}

fn life(branch: u32) -> String {
    let row = cuda_driver::branches()
        .iter()
        .find(|row| row.branch == branch)
        .unwrap();
    format!(
        "{:?} {:?} {}",
        row.types,
        row.life,
        row.eol.as_deref().unwrap_or("-")
    )
}

fn dropped(version: &str, capability: &str, os: Os) -> String {
    match cuda_driver::gpu_support(&driver(version), cc(capability), os) {
        GpuSupport::Kept => "kept".to_owned(),
        GpuSupport::Dropped { last_branch } => format!("last is R{last_branch}"),
        GpuSupport::Unknown(_) => "unknown".to_owned(),
    }
}

fn bundled(version: &str, os: Os) -> String {
    or_unknown(cuda_driver::bundles_driver(cuda(version), os))
}

#[rustfmt::skip] // One truth a line.
#[test]
fn drivers_and_cuda() {
    holds(&[
        // Floors: of the major from CUDA 11 on, of the toolkit in CUDA 10.
        ("floor of 13.0", floor("13.0", Linux), "580.65.06"),
        ("floor of 13.5", floor("13.5", Linux), "580.65.06"),
        ("floor of 13.0 on Windows is a branch", floor("13.0", Windows), "580"),
        ("floor of 12.9", floor("12.9", Linux), "525.60.13"),
        ("floor of 12.6.85, the third number plays no part", floor("12.6.85", Linux), "525.60.13"),
        ("floor of 12.4 on Windows", floor("12.4", Windows), "528.33"),
        ("floor of 11.8", floor("11.8", Linux), "450.80.02"),
        ("floor of 11.8 on Windows", floor("11.8", Windows), "452.39"),
        ("floor of 10.2", floor("10.2", Linux), "440.33"),
        ("floor of 10.1", floor("10.1", Linux), "418.39"),
        ("floor of 10.0 on Windows", floor("10.0", Windows), "411.31"),
        ("10.3 never was", floor("10.3", Linux), "unknown"),
        ("14.0 is not in the table", floor("14.0", Linux), "unknown"),
        ("macOS has no driver", floor("12.6", MacOs), "unknown"),
        // Enough or not.
        ("R535 and 12.6", runs("535.104.05", "12.6", Linux), "within the major"),
        ("R535 and 12.2", runs("535.104.05", "12.2", Linux), "yes"),
        ("R535 and 11.8", runs("535.104.05", "11.8", Linux), "yes"),
        ("R535 and 13.0", runs("535.309.01", "13.0", Linux), "needs 580.65.06"),
        ("R580 and 13.2", runs("580.95.05", "13.2", Linux), "within the major"),
        ("an R580 below the floor", runs("580.54.01", "13.0", Linux), "needs 580.65.06"),
        ("R620 and 13.5", runs("620.70.06", "13.5", Linux), "yes"),
        ("R470 and 11.8", runs("470.256.02", "11.8", Linux), "within the major"),
        ("R470 and 12.1", runs("470.256.02", "12.1", Linux), "needs 525.60.13"),
        ("a newer driver and 13.5", runs("640.10.01", "13.5", Linux), "yes"),
        ("a newer driver and a newer 13", runs("640.10.01", "13.9", Linux), "at least within the major"),
        ("a newer driver and a newer major", runs("640.10.01", "14.0", Linux), "unknown"),
        ("R418 and 10.1", runs("418.197.02", "10.1", Linux), "yes"),
        ("R418 and 10.2", runs("418.197.02", "10.2", Linux), "needs 440.33"),
        ("581 is R580 on Windows", runs("581.15", "13.0", Windows), "yes"),
        ("573 is R570 on Windows", runs("573.76", "12.9", Windows), "within the major"),
        ("573 on Windows and 13.0", runs("573.76", "13.0", Windows), "needs 580"),
        // What nvidia-smi shows.
        ("R470 shows", ceiling("470.256.02", Linux), "11.4"),
        ("R525 shows", ceiling("525.147.05", Linux), "12.0"),
        ("R560 shows", ceiling("560.35.03", Linux), "12.6"),
        ("R565 shows", ceiling("565.57.01", Linux), "12.7"),
        ("R580 shows", ceiling("580.95.05", Linux), "13.0"),
        ("R610 shows", ceiling("610.43.02", Linux), "13.3"),
        ("R620 shows", ceiling("620.70.06", Linux), "13.5"),
        ("581 is no branch on Linux", ceiling("581.15.01", Linux), "unknown"),
        ("a newer branch", ceiling("630.10.01", Linux), "unknown"),
        ("582 on Windows", ceiling("582.78", Windows), "13.0"),
        ("572 on Windows", ceiling("572.61", Windows), "12.8"),
        ("576 on Windows", ceiling("576.57", Windows), "12.9"),
        ("539 on Windows", ceiling("539.72", Windows), "12.2"),
        ("616 on Windows", ceiling("616.92", Windows), "13.4"),
        ("475 on Windows was seen as R470", ceiling("475.14", Windows), "11.4"),
        ("599 on Windows", ceiling("599.10", Windows), "13.2"),
        ("604 on Windows is too far above 595", ceiling("604.10", Windows), "unknown"),
        ("622 on Windows is above the newest row", ceiling("622.10", Windows), "unknown"),
        // Branches.
        ("R535", life(535), "[LongTerm] Ended 2026-06"),
        ("R595", life(595), "[Production] Supported 2027-03"),
        ("R590", life(590), "[NewFeature] Superseded 2026-12-22"),
        ("R570", life(570), "[Production] Ended 2026-02"),
        ("R620, of which no source gives the type", life(620), "[] Supported -"),
        // GPUs that drivers dropped.
        ("V100 and R580", dropped("580.178.04", "7.0", Linux), "kept"),
        ("V100 and R590", dropped("590.48.01", "7.0", Linux), "last is R580"),
        ("GTX 1080 and R610", dropped("610.43.02", "6.1", Linux), "last is R580"),
        ("GTX 1080 and 582 on Windows, which is R580", dropped("582.78", "6.1", Windows), "kept"),
        ("GTX 1080 and a newer driver", dropped("650.10.01", "6.1", Linux), "last is R580"),
        ("K80 and R535", dropped("535.104.05", "3.7", Linux), "last is R470"),
        ("Fermi and R470", dropped("470.256.02", "2.1", Linux), "last is R390"),
        ("Turing and R620", dropped("620.70.06", "7.5", Linux), "kept"),
        ("Turing and a newer driver", dropped("650.10.01", "7.5", Linux), "unknown"),
        ("a newer GPU", dropped("620.70.06", "14.0", Linux), "unknown"),
        // Installers.
        ("runfile of 13.3", bundled("13.3.1", Linux), "true"),
        ("runfile of 13.4", bundled("13.4.1", Linux), "false"),
        ("Windows installer of 13.0", bundled("13.0", Windows), "true"),
        ("Windows installer of 13.1", bundled("13.1", Windows), "false"),
        ("runfile of 14.0", bundled("14.0", Linux), "unknown"),
    ]);
}

#[rustfmt::skip] // One truth a line.
#[test]
fn toolkits_name_a_driver_or_only_a_branch() {
    let with = |version, os| or_unknown(cuda_driver::released_with(cuda(version), os));
    holds(&[
        ("12.6", with("12.6", Linux), "560.28.03"),
        ("12.4 on Windows", with("12.4", Windows), "551.61"),
        ("11.8", with("11.8", Linux), "520.61.05"),
        ("13.0", with("13.0", Linux), "580.65.06"),
        ("13.1 gives a branch", with("13.1", Linux), "590"),
        ("13.5 gives a branch", with("13.5", Linux), "620"),
        ("Windows is N/A from 13.0 on", with("13.0", Windows), "unknown"),
        ("12.7 was never a public toolkit", with("12.7", Linux), "unknown"),
    ]);
    let inside: Vec<_> = cuda_driver::runfiles()
        .iter()
        .map(|row| (row.name.as_str(), row.driver_inside))
        .collect();
    assert!(inside.contains(&("cuda_13.4.1_linux.run", false)));
    assert!(inside.contains(&("cuda_13.3.1_610.43.02_linux.run", true)));
    assert_eq!(cuda_driver::forward_compat().not_for, "GeForce");
    let pascal = cuda_driver::architecture(cc("6.1"))
        .unwrap()
        .last_cuda
        .unwrap();
    assert!(pascal.covers(cuda("12.9")) && !pascal.covers(cuda("13.0")));
    let kepler = cuda_driver::architecture(cc("3.0"))
        .unwrap()
        .last_cuda
        .unwrap();
    assert!(kepler.covers(cuda("10.2")) && !kepler.covers(cuda("11.0")));
}

fn gcc(toolkit: &str) -> String {
    or_unknown(host_compilers::gcc(cuda(toolkit)).map(|range| range.max))
}

fn clang(toolkit: &str) -> String {
    or_unknown(host_compilers::clang(cuda(toolkit)).map(|range| range.max))
}

fn msvc(toolkit: &str) -> String {
    or_unknown(host_compilers::msvc(cuda(toolkit)))
}

fn accepts(toolkit: &str, version: &str) -> String {
    match host_compilers::accepts_gcc(cuda(toolkit), version.parse().unwrap()) {
        Accepts::Yes(_) => "yes".to_owned(),
        Accepts::TooNew(range) => format!("too new, {} at most", range.max),
        Accepts::TooOld(range) => format!("too old, {} at least", range.min.unwrap()),
        Accepts::SomeUpdates(rows) => format!("{} rows differ", rows.len()),
        Accepts::Unknown(_) => "unknown".to_owned(),
    }
}

fn newest_for(gcc: &str) -> String {
    or_unknown(host_compilers::newest_for_gcc(gcc.parse().unwrap()).map(|row| row.toolkit))
}

fn oldest_for_ubuntu(release: &str) -> String {
    let gcc = host_compilers::ubuntu_gcc(release).unwrap().gcc;
    let row = host_compilers::oldest_for_gcc(gcc).unwrap();
    match row.updates {
        Some((first, _)) => format!("{}.{first}", row.toolkit),
        None => row.toolkit.to_string(),
    }
}

#[rustfmt::skip] // One truth a line.
#[test]
fn host_compilers_of_toolkits() {
    holds(&[
        ("gcc of 11.7", gcc("11.7"), "11"),
        ("gcc of 12.3, by the header", gcc("12.3"), "12"),
        ("gcc of 12.4", gcc("12.4"), "13"),
        ("gcc of 12.6.85", gcc("12.6.85"), "13"),
        ("gcc of 12.9", gcc("12.9"), "14"),
        ("gcc of 13.0", gcc("13.0"), "15"),
        ("gcc of 13.4", gcc("13.4"), "16"),
        ("gcc of 11.4.0", gcc("11.4.0"), "10"),
        ("gcc of 11.4.3", gcc("11.4.3"), "11"),
        ("gcc of 11.4, whichever it is", gcc("11.4"), "10"),
        ("gcc of 10.0", gcc("10.0"), "7"),
        ("gcc of 12.7, never public", gcc("12.7"), "unknown"),
        ("gcc of 13.6", gcc("13.6"), "unknown"),
        ("clang of 12.6", clang("12.6"), "18"),
        ("clang of 13.5", clang("13.5"), "22"),
        ("clang of 11.8", clang("11.8"), "14"),
        ("Visual Studio of 12.9", msvc("12.9"), "2017–2022 (1910–1949)"),
        ("Visual Studio of 13.1", msvc("13.1"), "2019–2022 (1920–1949)"),
        ("Visual Studio of 13.2", msvc("13.2"), "2019–2026 (1920–1959)"),
        ("Visual Studio of 11.6", msvc("11.6"), "unknown"),
        ("12.6 and gcc 13.3", accepts("12.6", "13.3.0"), "yes"),
        ("12.6 and gcc 14", accepts("12.6", "14.2"), "too new, 13 at most"),
        ("12.3 and gcc 13", accepts("12.3", "13"), "too new, 12 at most"),
        ("12.6 and gcc 5", accepts("12.6", "5.4"), "too old, 6 at least"),
        ("11.4 and gcc 11", accepts("11.4", "11.4"), "2 rows differ"),
        ("11.4 with nvcc's own build number", accepts("11.4.152", "11.4"), "2 rows differ"),
        ("14.0 and gcc 15", accepts("14.0", "15"), "unknown"),
        ("newest for gcc 16", newest_for("16"), "13.5"),
        ("newest for gcc 5", newest_for("5"), "10.2"),
        ("newest for gcc 17", newest_for("17"), "unknown"),
        ("oldest for Ubuntu 22.04", oldest_for_ubuntu("22.04"), "11.4.1"),
        ("oldest for Ubuntu 24.04", oldest_for_ubuntu("24.04"), "12.4"),
        ("oldest for Ubuntu 26.04", oldest_for_ubuntu("26.04"), "13.0"),
    ]);
    let noble = host_compilers::ubuntu_gcc("24.04").unwrap();
    assert_eq!(noble.gcc, "13.3".parse::<GccVersion>().unwrap());
    assert!(host_compilers::ubuntu_gcc("28.04").is_err());
}

#[test]
fn rejections_are_found_in_a_log() {
    let gcc = "In file included from <command-line>:\n/usr/local/cuda/include/crt/host_config.h:143:2: error: \
               #error -- unsupported GNU version! gcc versions later than 13 are not supported! The nvcc flag \
               '-allow-unsupported-compiler' can be used to override this version check\n  143 | #error";
    let found = host_compilers::rejection(gcc).unwrap();
    assert_eq!(
        (found.message.compiler.as_str(), found.limit),
        ("gcc", Some(13))
    );
    let clang = "#error -- unsupported clang version! clang version must be less than 19 and greater than 3.2 .";
    assert_eq!(host_compilers::rejection(clang).unwrap().limit, Some(19));
    let msvc = "unsupported Microsoft Visual Studio version! Only the versions between 2017 and 2022 (inclusive) are";
    let found = host_compilers::rejection(msvc).unwrap();
    assert_eq!(
        (found.message.compiler.as_str(), found.limit),
        ("msvc", Some(2022))
    );
    assert_eq!(
        host_compilers::rejection("unsupported GNU version! gcc versions")
            .unwrap()
            .limit,
        None
    );
    assert!(host_compilers::rejection("error: expected ';'").is_none());
}

fn family(name: &str) -> String {
    match gpu_arch::by_name(name) {
        Match::Exact(named) => format!("{} {}", named.family.cc, named.family.family),
        Match::Ambiguous(families) => {
            let names: Vec<_> = families
                .iter()
                .map(|family| family.family.as_str())
                .collect();
            format!("one of {}", names.join(", "))
        }
        Match::Unknown(_) => "unknown".to_owned(),
    }
}

#[rustfmt::skip] // One truth a line.
#[test]
fn gpus_by_name() {
    let turing = "7.5 GeForce RTX 20 / GTX 16 / TITAN RTX";
    let pascal = "6.1 GeForce GTX 10 / TITAN X(p)";
    holds(&[
        ("T4", family("Tesla T4"), "7.5 Turing data centre"),
        ("V100", family("Tesla V100-SXM2-32GB"), "7.0 Volta"),
        ("V100, cut", family("Tesla V100-SXM3..."), "7.0 Volta"),
        ("A100", family("NVIDIA A100-SXM4-80GB"), "8.0 Ampere GA100"),
        ("A100 without its brand", family("A100-SXM4-40GB"), "8.0 Ampere GA100"),
        ("A100 PCIe", family("NVIDIA A100 80GB PCIe"), "8.0 Ampere GA100"),
        ("A100, cut", family("NVIDIA A100-SXM..."), "8.0 Ampere GA100"),
        ("A10 is not A100", family("NVIDIA A10"), "8.6 Ampere GA10x data centre"),
        ("A10G", family("NVIDIA A10G"), "8.6 Ampere GA10x data centre"),
        ("A10, cut", family("NVIDIA A10..."), "one of Ampere GA10x data centre, Ampere GA100"),
        ("A2 is not RTX A2000", family("NVIDIA A2"), "8.6 Ampere GA10x data centre"),
        ("L4", family("NVIDIA L4"), "8.9 Ada data centre"),
        ("L40S", family("NVIDIA L40S"), "8.9 Ada data centre"),
        ("L20Y is no L20", family("NVIDIA L20Y"), "unknown"),
        ("H100", family("NVIDIA H100 80GB HBM3"), "9.0 Hopper"),
        ("H20", family("NVIDIA H20"), "9.0 Hopper"),
        ("GH200", family("NVIDIA GH200 480GB"), "9.0 Hopper"),
        ("GB200", family("NVIDIA GB200"), "10.0 Blackwell data centre"),
        ("B300", family("NVIDIA B300 SXM6 AC"), "10.3 Blackwell Ultra"),
        ("GB10", family("NVIDIA GB10"), "12.1 DGX Spark"),
        ("Thor", family("NVIDIA Thor"), "11.0 Jetson Thor"),
        ("RTX 4090", family("NVIDIA GeForce RTX 4090"), "8.9 GeForce RTX 40"),
        ("RTX 4090 Laptop", family("NVIDIA GeForce RTX 4090 Laptop GPU"), "8.9 GeForce RTX 40"),
        ("RTX 3080 Ti", family("NVIDIA GeForce RTX 3080 Ti"), "8.6 GeForce RTX 30"),
        ("RTX 3050, cut after the number", family("NVIDIA GeForce RTX 3050 ..."), "8.6 GeForce RTX 30"),
        ("RTX 2070, cut inside", family("GeForce RTX 207..."), turing),
        ("GTX 1660 SUPER", family("NVIDIA GeForce GTX 1660 SUPER"), turing),
        ("GTX 1080, cut inside", family("GeForce GTX 108..."), pascal),
        ("TITAN X (Pascal)", family("NVIDIA TITAN X (Pascal)"), pascal),
        ("GTX TITAN X is Maxwell", family("GeForce GTX TITAN X"), "5.2 Maxwell 2"),
        ("GTX TITAN Black is Kepler", family("GeForce GTX TITAN Black"), "3.5 Kepler GK110"),
        ("GTX 960M is not GTX 960", family("GeForce GTX 960M"), "5.0 Maxwell 1"),
        ("RTX PRO 6000", family("NVIDIA RTX PRO 6000 Blackwell Server Edition"), "12.0 RTX PRO Blackwell"),
        ("RTX PRO 6000, cut", family("NVIDIA RTX PRO 6000 Blac..."), "12.0 RTX PRO Blackwell"),
        ("RTX 6000 Ada", family("NVIDIA RTX 6000 Ada Generation"), "8.9 RTX Ada workstation"),
        ("RTX 2000 Ada, cut", family("NVIDIA RTX 2000 Ada Gene..."), "8.9 RTX Ada workstation"),
        ("RTX A2000, cut", family("NVIDIA RTX A200..."), "8.6 RTX A workstation"),
        ("Quadro RTX 6000 is not RTX 6000 Ada", family("Quadro RTX 6000"), "7.5 Quadro RTX / T"),
        ("Quadro RTX 5000, cut", family("Quadro RTX 50..."), "7.5 Quadro RTX / T"),
        ("Quadro T1200", family("Quadro T1200"), "7.5 Quadro RTX / T"),
        ("Quadro T2000 is not in the table", family("Quadro T2000"), "unknown"),
        ("Quadro P4000 is not P4", family("Quadro P4000"), "6.1 Quadro P"),
        ("P40 as a virtual GPU", family("GRID P40-12Q"), "6.1 Pascal data centre"),
        ("K80", family("Tesla K80"), "3.7 Kepler GK210"),
        ("Jetson Orin", family("NVIDIA Jetson AGX Orin"), "8.7 Jetson Orin"),
        ("newer than the table", family("NVIDIA GeForce RTX 6090"), "unknown"),
        ("another vendor", family("AMD Radeon RX 7900 XTX"), "unknown"),
        ("a telling word in the wrong place", family("Radeon A100"), "unknown"),
        ("nothing", family(""), "unknown"),
        ("not ASCII", family("NVIDIA É100..."), "unknown"),
    ]);
    let Match::Ambiguous(families) = gpu_arch::by_name("NVIDIA GeForce ...") else {
        panic!()
    };
    assert!(
        families.len() > 5
            && families
                .iter()
                .all(|family| family.market.contains("GeForce"))
    );
}

fn ecc_and_mig(name: &str) -> String {
    match gpu_arch::by_name(name) {
        Match::Exact(named) => {
            let ecc = named
                .ecc_capable()
                .map_or("unknown", |capable| if capable { "yes" } else { "no" });
            format!("{ecc} {}", named.mig_max_instances().unwrap())
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[rustfmt::skip] // One truth a line.
#[test]
fn a_name_tells_ecc_and_mig() {
    holds(&[
        ("RTX 4090", ecc_and_mig("NVIDIA GeForce RTX 4090"), "yes 0"),
        ("RTX 4090 Laptop", ecc_and_mig("NVIDIA GeForce RTX 4090 Laptop GPU"), "no 0"),
        ("RTX 3090", ecc_and_mig("NVIDIA GeForce RTX 3090"), "no 0"),
        ("RTX 3090 Ti", ecc_and_mig("NVIDIA GeForce RTX 3090 Ti"), "yes 0"),
        ("RTX 3070, no source", ecc_and_mig("NVIDIA GeForce RTX 3070"), "unknown 0"),
        ("RTX 5090", ecc_and_mig("NVIDIA GeForce RTX 5090"), "no 0"),
        ("T4", ecc_and_mig("Tesla T4"), "yes 0"),
        ("H100", ecc_and_mig("NVIDIA H100 PCIe"), "yes 7"),
        ("A100", ecc_and_mig("NVIDIA A100-SXM4-40GB"), "yes 7"),
        ("A30", ecc_and_mig("NVIDIA A30"), "yes 4"),
        ("RTX PRO 6000", ecc_and_mig("NVIDIA RTX PRO 6000 Blackwell Server Edition"), "yes 4"),
        ("RTX PRO 5000", ecc_and_mig("NVIDIA RTX PRO 5000 Blackwell"), "yes 2"),
        ("RTX PRO 4000", ecc_and_mig("NVIDIA RTX PRO 4000 Blackwell"), "yes 0"),
        ("Thor", ecc_and_mig("NVIDIA Thor"), "no 2"),
    ]);
    let Match::Exact(cut) = gpu_arch::by_name("NVIDIA RTX PRO ...") else {
        panic!()
    };
    assert_eq!((cut.name, cut.mig_max_instances()), (None, None));
}

fn open(capability: &str) -> String {
    or_unknown(gpu_arch::open_module(cc(capability)))
}

#[rustfmt::skip] // One truth a line.
#[test]
fn gpus_by_compute_capability() {
    holds(&[
        ("Blackwell", open("12.0"), "required"),
        ("GB10", open("12.1"), "required"),
        ("Ada", open("8.9"), "supported"),
        ("Turing", open("7.5"), "supported"),
        ("Volta", open("7.0"), "impossible"),
        ("Pascal", open("6.1"), "impossible"),
        ("newer than the table", open("14.0"), "unknown"),
    ]);
    for family in gpu_arch::families() {
        let architecture = cuda_driver::architecture(family.cc).unwrap();
        assert_eq!(
            architecture.last_driver_branch, family.last_driver_branch,
            "{}",
            family.family
        );
        assert_eq!(
            architecture.last_cuda, family.last_cuda,
            "{}",
            family.family
        );
        assert_eq!(architecture.arch, family.arch, "{}", family.family);
        assert_eq!(
            open(&family.cc.to_string()),
            family.open_kernel_module.to_string(),
            "{}",
            family.family
        );
        for name in &family.names {
            let Match::Exact(named) = gpu_arch::by_name(name) else {
                panic!("{name} does not find itself")
            };
            assert_eq!(
                (named.family.family.as_str(), named.name),
                (family.family.as_str(), Some(name.as_str()))
            );
        }
    }
}

fn tags(version: &str) -> String {
    or_unknown(torch_matrix::release(&torch(version)).map(|release| {
        let tags: Vec<_> = release
            .index_cuda_tags
            .iter()
            .map(ToString::to_string)
            .collect();
        tags.join(" ")
    }))
}

fn on_index(version: &str, tag: &str) -> String {
    let release = torch_matrix::release(&torch(version)).unwrap();
    format!("{:?}", release.on_index(&tag.parse().unwrap()))
}

fn pypi(version: &str, os: Os, arch: Arch) -> String {
    let release = torch_matrix::release(&torch(version)).unwrap();
    release
        .pypi_build(Platform::new(os, arch))
        .map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn pythons(version: &str) -> String {
    let release = torch_matrix::release(&torch(version)).unwrap();
    let tags: Vec<_> = release.python.iter().map(|python| python.tag()).collect();
    tags.join(" ")
}

#[rustfmt::skip] // One truth a line.
#[test]
fn torch_releases() {
    holds(&[
        // The folders of the index.
        ("2.5.1", tags("2.5.1"), "cu118 cu121 cu124"),
        ("2.6.0 with its local part", tags("2.6.0+cu124"), "cu118 cu124 cu126"),
        ("2.7.0", tags("2.7.0"), "cu118 cu126 cu128"),
        ("2.8.0", tags("2.8.0"), "cu126 cu128 cu129"),
        ("2.9.1", tags("2.9.1"), "cu126 cu128 cu130"),
        ("2.14.1", tags("2.14.1"), "cu126 cu130 cu132"),
        ("2.15.0", tags("2.15.0"), "cu130 cu132"),
        ("newer than the table", tags("2.16.0"), "unknown"),
        ("a nightly", tags("2.7.0.dev20250310+cu124"), "unknown"),
        ("cu126 of 2.15", on_index("2.15.0", "cu126"), "No"),
        ("cu134 of 2.15 could not be checked", on_index("2.15.0", "cu134"), "Unsure"),
        ("cu125 never was", on_index("2.6.0", "cu125"), "No"),
        ("cpu", on_index("2.15.0", "cpu"), "Yes"),
        ("rocm", on_index("2.8.0", "rocm6.4"), "Yes"),
        // What a plain pip install gets.
        ("2.0.1", pypi("2.0.1", Linux, X86_64), "cu117"),
        ("2.4.1", pypi("2.4.1", Linux, X86_64), "cu121"),
        ("2.6.0", pypi("2.6.0", Linux, X86_64), "cu124"),
        ("2.7.1", pypi("2.7.1", Linux, X86_64), "cu126"),
        ("2.10.0", pypi("2.10.0", Linux, X86_64), "cu128"),
        ("2.14.1", pypi("2.14.1", Linux, X86_64), "cu130"),
        ("2.15.0", pypi("2.15.0", Linux, X86_64), "cu132"),
        ("Windows", pypi("2.15.0", Windows, X86_64), "cpu"),
        ("aarch64 until 2.10", pypi("2.10.0", Linux, Aarch64), "cpu"),
        ("aarch64 from 2.11", pypi("2.11.0", Linux, Aarch64), "cu130"),
        ("an Intel Mac until 2.2", pypi("2.2.2", MacOs, X86_64), "cpu"),
        ("an Intel Mac since 2.3", pypi("2.3.0", MacOs, X86_64), "none"),
        // Python.
        ("2.8.0", pythons("2.8.0"), "cp39 cp310 cp311 cp312 cp313 cp313t"),
        ("2.12.0", pythons("2.12.0"), "cp310 cp311 cp312 cp313 cp313t cp314 cp314t"),
        ("2.14.1", pythons("2.14.1"), "cp310 cp311 cp312 cp313 cp314 cp314t"),
        ("2.15.0", pythons("2.15.0"), "cp311 cp312 cp313 cp314 cp314t cp315 cp315t"),
    ]);
    let latest = torch_matrix::latest().unwrap();
    assert_eq!(latest.torch, torch("2.15.0"));
    assert!(!latest.supports_python("3.10".parse().unwrap()));
    assert!(!latest.supports_python("3.13t".parse().unwrap()));
    assert!(latest.supports_python("3.13".parse().unwrap()));
    assert_eq!(
        torch_matrix::extension_build(cuda("12.6"), cuda("13.0")),
        ExtensionBuild::MajorDiffers
    );
    assert_eq!(
        torch_matrix::extension_build(cuda("12.4"), cuda("12.6")),
        ExtensionBuild::MinorDiffers
    );
    assert_eq!(
        torch_matrix::extension_build(cuda("12.6.85"), cuda("12.6")),
        ExtensionBuild::Same
    );
}

fn to_install(version: &str, package: Package) -> String {
    let release = torch_matrix::release(&torch(version)).unwrap();
    release
        .companion(package)
        .map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn pair(package: Package, companion: &str, with: &str) -> String {
    match torch_matrix::pair(
        package,
        &Build::from_version(torch(companion)),
        &Build::from_version(torch(with)),
    ) {
        Pair::Fits(_) => "fits".to_owned(),
        Pair::CudaNotRead(_) => "depends on CUDA".to_owned(),
        Pair::Misfit(_, Misfit::Torch { works_with }) => format!("needs torch {works_with}"),
        Pair::Misfit(
            _,
            Misfit::Cuda {
                torch, companion, ..
            },
        ) => format!("CUDA {torch} against {companion}"),
        Pair::Unknown(_) => "unknown".to_owned(),
    }
}

#[rustfmt::skip] // One truth a line.
#[test]
fn companions() {
    holds(&[
        ("torchvision for 2.1.0", to_install("2.1.0", Torchvision), "0.16.0"),
        ("torchvision for 2.4.0", to_install("2.4.0", Torchvision), "0.19.0"),
        ("torchvision for 2.8.0", to_install("2.8.0", Torchvision), "0.23.0"),
        ("torchvision for 2.15.0", to_install("2.15.0", Torchvision), "0.29.2"),
        ("torchaudio for 2.0.1", to_install("2.0.1", Torchaudio), "2.0.2"),
        ("torchaudio for 2.8.0", to_install("2.8.0", Torchaudio), "2.8.0"),
        ("torchtext for 2.3.1", to_install("2.3.1", Torchtext), "0.18.0"),
        ("torchtext for 2.4.0", to_install("2.4.0", Torchtext), "none"),
        ("0.16.0 and 2.1.0", pair(Torchvision, "0.16.0+cu121", "2.1.0+cu121"), "fits"),
        ("0.23.0 and 2.9.1", pair(Torchvision, "0.23.0", "2.9.1"), "needs torch ==2.8.0"),
        ("0.29.1 and 2.15.0", pair(Torchvision, "0.29.1", "2.15.0"), "fits"),
        ("0.29.2 and 2.13.0", pair(Torchvision, "0.29.2", "2.13.0"), "needs torch >=2.14.0"),
        ("0.29.2+cu132 and 2.14.1+cu130", pair(Torchvision, "0.29.2+cu132", "2.14.1+cu130"), "fits"),
        ("0.29.2+cu132 and 2.14.1+cu126", pair(Torchvision, "0.29.2+cu132", "2.14.1+cu126"), "CUDA 12.6 against 13.2"),
        ("0.30.0", pair(Torchvision, "0.30.0", "2.15.0"), "unknown"),
        ("2.11.0+cu130 and 2.15.0+cu132", pair(Torchaudio, "2.11.0+cu130", "2.15.0+cu132"), "CUDA 13.2 against 13.0"),
        ("2.11.0+cu130 and 2.14.1+cu130", pair(Torchaudio, "2.11.0+cu130", "2.14.1+cu130"), "fits"),
        ("2.11.0 and 2.14.1+cu130", pair(Torchaudio, "2.11.0", "2.14.1+cu130"), "depends on CUDA"),
        ("2.11.0 and 2.8.0", pair(Torchaudio, "2.11.0", "2.8.0+cu128"), "needs torch >=2.11"),
        ("0.18.0 and 2.15.0", pair(Torchtext, "0.18.0", "2.15.0"), "needs torch >=2.3, <2.4"),
    ]);
    for release in torch_matrix::releases() {
        for package in Package::ALL {
            let fitting = torch_matrix::companions_of(release, package);
            match release.companion(package) {
                Some(version) => assert!(
                    fitting.iter().any(|row| row.version == *version),
                    "{package} {version}"
                ),
                None => assert!(fitting.is_empty(), "{package} for {}", release.torch),
            }
        }
    }
    assert_eq!("TorchVision".parse::<Package>().unwrap(), Torchvision);
    assert!("torchvideo".parse::<Package>().is_err());
}

/// Whether a GPU runs the code of a torch from the folder of a CUDA version, on Linux.
fn gpu_runs(capability: &str, version: &str, tag: &str, arch: Arch) -> String {
    let with = CudaVersion::from_tag(tag).unwrap();
    let release = torch_matrix::release(&torch(version)).unwrap();
    match torch_matrix::device_code(release, with, Platform::new(Linux, arch)) {
        Err(_) => "no such list".to_owned(),
        Ok(list) => code_runs(capability, &list.codes, Some(with)),
    }
}

fn code_runs(capability: &str, codes: &[DeviceCode], with: Option<CudaVersion>) -> String {
    match torch_matrix::code_runs_on(codes, cc(capability), with) {
        CodeOn::Runs { by } => by.to_string(),
        CodeOn::RunsByPtx { by } => format!("by PTX {by}"),
        CodeOn::No => "no".to_owned(),
        CodeOn::Unknown(_) => "unknown".to_owned(),
    }
}

fn codes(list: &str) -> Vec<DeviceCode> {
    list.split(' ').map(|code| code.parse().unwrap()).collect()
}

#[rustfmt::skip] // One truth a line.
#[test]
fn gpus_and_wheels() {
    let cu130 = codes("sm_75 sm_80 sm_86 sm_90");
    holds(&[
        ("RTX 4090 runs sm_86", gpu_runs("8.9", "2.8.0", "cu126", X86_64), "sm_86"),
        ("RTX 5090 and cu126", gpu_runs("12.0", "2.8.0", "cu126", X86_64), "no"),
        ("RTX 5090 and cu128", gpu_runs("12.0", "2.8.0", "cu128", X86_64), "sm_120"),
        ("GB10 runs sm_120", gpu_runs("12.1", "2.15.0", "cu132", Aarch64), "sm_120"),
        ("GB10 and 2.13", gpu_runs("12.1", "2.13.0", "cu132", Aarch64), "sm_120"),
        ("B300 runs sm_100", gpu_runs("10.3", "2.15.0", "cu130", X86_64), "sm_100"),
        ("Thor needs sm_110", gpu_runs("11.0", "2.15.0", "cu132", Aarch64), "sm_110"),
        ("Thor by its old number", gpu_runs("10.1", "2.15.0", "cu132", Aarch64), "sm_110"),
        ("Thor and the list of x86_64", gpu_runs("11.0", "2.15.0", "cu132", X86_64), "no"),
        ("GTX 1080 and cu126", gpu_runs("6.1", "2.14.1", "cu126", X86_64), "sm_60"),
        ("GTX 1080 and cu128", gpu_runs("6.1", "2.8.0", "cu128", X86_64), "no"),
        ("GTX 1080 and cu130", gpu_runs("6.1", "2.14.1", "cu130", X86_64), "no"),
        ("V100 and cu128 of 2.10", gpu_runs("7.0", "2.10.0", "cu128", X86_64), "sm_70"),
        ("V100 and cu128 of 2.11", gpu_runs("7.0", "2.11.0", "cu128", X86_64), "no"),
        ("V100 and cu126 of 2.14", gpu_runs("7.0", "2.14.1", "cu126", X86_64), "sm_70"),
        ("T4 and cu130", gpu_runs("7.5", "2.9.1", "cu130", X86_64), "sm_75"),
        ("GTX 980 runs sm_50", gpu_runs("5.2", "2.6.0", "cu126", X86_64), "sm_50"),
        ("cu126 of 2.15", gpu_runs("8.9", "2.15.0", "cu126", X86_64), "no such list"),
        ("cu128 of 2.8 on aarch64", gpu_runs("9.0", "2.8.0", "cu128", Aarch64), "no such list"),
        ("a newer GPU by PTX", gpu_runs("14.0", "2.14.1", "cu130", X86_64), "by PTX compute_120"),
        ("a wheel that holds no PTX", gpu_runs("14.0", "2.15.0", "cu132", X86_64), "unknown"),
        ("Orin and sm_80 before 13.2", code_runs("8.7", &cu130, Some(cuda("13.0"))), "no"),
        ("Orin and sm_86 from 13.2 on", code_runs("8.7", &cu130, Some(cuda("13.2"))), "sm_86"),
        ("Orin and a build of unknown CUDA", code_runs("8.7", &cu130, None), "unknown"),
        ("Orin and its own code", code_runs("8.7", &codes("sm_72 sm_87"), None), "sm_87"),
        ("TX2 and sm_60", code_runs("6.2", &codes("sm_60 sm_61"), None), "no"),
        ("Jetson Nano and sm_50", code_runs("5.3", &codes("sm_50 sm_52"), None), "no"),
        ("a newer GPU without PTX", code_runs("14.0", &cu130, None), "unknown"),
        ("code for Hopper alone", code_runs("9.0", &codes("sm_90a"), None), "sm_90a"),
        ("code for another GPU alone", code_runs("12.1", &codes("sm_120a"), None), "no"),
        ("an empty list", code_runs("8.9", &[], None), "unknown"),
    ]);
    assert!("8.6".parse::<DeviceCode>().is_err());
    // Windows' wheels carry no PTX.
    let latest = torch_matrix::latest().unwrap();
    let windows =
        torch_matrix::device_code(latest, cuda("13.2"), Platform::new(Windows, X86_64)).unwrap();
    assert_eq!(code_runs("14.0", &windows.codes, None), "unknown");
}

/// An environment to ask about, in words.
#[derive(Default)]
struct Asked<'a> {
    build: Option<&'a str>,
    cudnn: Option<&'a str>,
    gpu: Option<&'a str>,
    companions: &'a [(Package, &'a str)],
}

/// The names of the faults that hit; those that only may hit end with `?`.
fn bad(version: &str, asked: &Asked<'_>) -> String {
    let version = torch(version);
    let build = asked.build.map(|tag| tag.parse::<BuildTag>().unwrap());
    let cudnn = asked.cudnn.map(torch);
    let companions: Vec<_> = asked
        .companions
        .iter()
        .map(|(package, version)| (*package, torch(version)))
        .collect();
    let hits = torch_matrix::known_bad(&Environment {
        torch: &version,
        build: build.as_ref(),
        cudnn: cudnn.as_ref(),
        compute_capability: Some(cc(asked.gpu.unwrap_or("8.9"))),
        companions: &companions,
    });
    // Two are about every newer torch: left out, so that the answers stay short.
    let told = hits
        .iter()
        .filter(|hit| !["weights-only", "cpu-bf16-conv2d"].contains(&hit.row.id.as_str()));
    let names: Vec<_> = told
        .map(|hit| format!("{}{}", hit.row.id, if hit.certain { "" } else { "?" }))
        .collect();
    names.join(" ")
}

#[rustfmt::skip] // One truth a line.
#[test]
fn known_faults() {
    let of = |version, build| {
        bad(
            version,
            &Asked {
                build: Some(build),
                ..Asked::default()
            },
        )
    };
    let cudnn = |version, build, cudnn| {
        bad(
            version,
            &Asked {
                build: Some(build),
                cudnn: Some(cudnn),
                ..Asked::default()
            },
        )
    };
    let with = |version, build, package, companion| {
        bad(
            version,
            &Asked {
                build: Some(build),
                companions: &[(package, companion)],
                ..Asked::default()
            },
        )
    };
    holds(&[
        ("2.8.0", of("2.8.0", "cu128"), ""),
        ("2.9.0", of("2.9.0", "cu128"), "conv3d-bf16-slow"),
        ("2.9.0 with its local part", of("2.9.0+cu126", "cu126"), "conv3d-bf16-slow"),
        ("2.9.0 has no check at run time", cudnn("2.9.0", "cu128", "9.15.1.9"), "conv3d-bf16-slow"),
        ("2.9.0 on the CPU", of("2.9.0", "cpu"), ""),
        ("2.9.1 with its own cuDNN", cudnn("2.9.1", "cu128", "9.10.2.21"), "conv3d-bf16-slow"),
        ("2.9.1 with a newer cuDNN", cudnn("2.9.1", "cu128", "9.15.1.9"), ""),
        ("2.9.1 with a cuDNN that was not read", of("2.9.1", "cu128"), "conv3d-bf16-slow?"),
        ("2.9.0 of a build that was not read", bad("2.9.0", &Asked::default()), "conv3d-bf16-slow?"),
        ("2.10.0 cu126", cudnn("2.10.0", "cu126", "9.10.2.21"), "conv3d-bf16-slow"),
        ("2.10.0 cu130", of("2.10.0", "cu130"), ""),
        ("2.11.0 cu128", of("2.11.0", "cu128"), ""),
        ("2.14.1 cu126", cudnn("2.14.1", "cu126", "9.10.2.21"), "conv3d-bf16-slow"),
        ("torchaudio next to cu132", with("2.15.0", "cu132", Torchaudio, "2.11.0"), "torchaudio-cu132"),
        ("torchaudio next to cu130", with("2.15.0", "cu130", Torchaudio, "2.11.0"), ""),
        ("torchaudio unpinned", with("2.8.0", "cu128", Torchaudio, "2.11.0"), "torchaudio-unpinned"),
        ("torchaudio pinned", with("2.8.0", "cu128", Torchaudio, "2.8.0"), ""),
        ("torchtext", with("2.15.0", "cu132", Torchtext, "0.18.0"), "torchtext-ended"),
        ("torchtext with 2.3", with("2.3.1", "cu121", Torchtext, "0.18.0"), ""),
        (
            "GTX 1080",
            bad(
                "2.15.0",
                &Asked {
                    gpu: Some("6.1"),
                    ..Asked::default()
                },
            ),
            "wrong-cu126-hint",
        ),
        ("RTX 4090", bad("2.15.0", &Asked::default()), ""),
        ("2.12.0 on AMD", of("2.12.0", "rocm7.2"), "rdna-layernorm"),
        ("2.12.0 on NVIDIA", of("2.12.0", "cu130"), ""),
        ("2.12.1 on AMD", of("2.12.1", "rocm7.2"), ""),
    ]);
    for row in torch_matrix::known_bad_rows() {
        for affected in &row.affected {
            let known = |tag: &String| tag == "rocm" || tag.parse::<BuildTag>().is_ok();
            assert!(affected.tags.iter().all(known), "{}", row.id);
        }
    }
}

#[rustfmt::skip] // One truth a line.
#[test]
fn mirrors() {
    let tag = "cu130".parse().unwrap();
    let option = |name| {
        or_unknown(torch_matrix::mirror(name).map(|row| format!("{} {}", row.form, row.url(&tag))))
    };
    holds(&[
        ("official", option("official"), "--index-url https://download.pytorch.org/whl/cu130"),
        ("NJU", option("NJU"), "--index-url https://mirrors.nju.edu.cn/pytorch/whl/cu130"),
        ("SJTU", option("sjtu"), "--index-url https://mirror.sjtu.edu.cn/pytorch-wheels/cu130"),
        ("Aliyun", option("aliyun"), "--find-links https://mirrors.aliyun.com/pytorch-wheels/cu130/"),
        ("Tsinghua mirrors PyPI only", option("tuna"), "unknown"),
    ]);
    let nightly = torch_matrix::mirror("official")
        .unwrap()
        .nightly_url(&tag)
        .unwrap();
    assert_eq!(nightly, "https://download.pytorch.org/whl/nightly/cu130");
    assert!(
        torch_matrix::mirrors()
            .iter()
            .skip(1)
            .all(|mirror| mirror.provenance.status == tables::Status::Secondary)
    );
}

/// Visits every object of a JSON value with its path.
fn objects(
    value: &Value,
    path: &str,
    visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>),
) {
    match value {
        Value::Object(map) => {
            visit(path, map);
            map.iter()
                .for_each(|(key, value)| objects(value, &format!("{path}/{key}"), visit));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| objects(item, &format!("{path}/{index}"), visit));
        }
        _ => {}
    }
}

#[test]
fn every_row_says_where_it_comes_from() {
    // Parts of a row: their provenance is the row's.
    let parts = ["/affected/", "/exceptions/", "/renumbered/"];
    let mut rows = 0;
    for (name, json) in FILES {
        let table: Value = serde_json::from_str(json).unwrap();
        objects(&table, name, &mut |path, row| {
            let last = path.rsplit('/').next().unwrap_or_default();
            let in_list =
                last.parse::<usize>().is_ok() && !parts.iter().any(|part| path.contains(part));
            let of_a_tag = path.contains("/cuda_archs/");
            if !in_list && !of_a_tag && !row.contains_key("status") {
                return;
            }
            rows += 1;
            for key in ["source", "as_of", "status"] {
                let text = row.get(key).and_then(Value::as_str).unwrap_or_default();
                assert!(!text.is_empty(), "{path} has no {key}");
            }
            let status: Result<tables::Status, _> = serde_json::from_value(row["status"].clone());
            assert!(status.is_ok(), "{path}: {:?}", row["status"]);
            let source = row["source"].as_str().unwrap_or_default();
            assert!(
                !["verified", "derived", "secondary"].contains(&source),
                "{path}: `{source}` is no source"
            );
        });
    }
    assert!(rows > 400, "only {rows} rows");
}

#[test]
fn no_row_names_a_private_place() {
    // A path of somebody's own machine could slip in with a copied source. These are everybody's.
    let public = ["/usr/", "/whl/", "/cuda-legacy-gpus"];
    for (name, json) in FILES {
        for (number, line) in json.lines().enumerate() {
            let words = line.split(|c: char| c.is_whitespace() || "\"'(),;=:".contains(c));
            let mut paths = words.filter(|word| {
                word.len() > 1 && (word.starts_with(['/', '\\']) || word.starts_with("~/"))
            });
            let private = paths.find(|path| {
                let address = path.starts_with("//") && line.contains("http");
                !address && !public.iter().any(|known| path.starts_with(known))
            });
            assert_eq!(private, None, "{name}.json:{}", number + 1);
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(
        text in proptest::prelude::any::<String>(),
        cut in "(NVIDIA|GeForce|RTX|A10|[0-9é]| |-){0,6}[.]{0,3}",
    ) {
        let _ = gpu_arch::by_name(&text);
        let _ = gpu_arch::by_name(&cut);
        let _ = text.parse::<DeviceCode>();
        let _ = host_compilers::rejection(&format!("unsupported GNU version!{text}"));
        let _ = host_compilers::ubuntu_gcc(&text);
        let _ = torch_matrix::mirror(&text);
    }
}

#[test]
fn every_sheet_can_be_drawn() {
    for name in tables::sheet_names() {
        let sheet = tables::sheet(name).unwrap();
        assert!(!sheet.rows.is_empty() && !sheet.title.is_empty(), "{name}");
        for row in &sheet.rows {
            assert_eq!(row.len(), sheet.columns.len(), "{name}: {row:?}");
            let [.., Cell::Text(source), Cell::Text(as_of), Cell::Text(_)] = row.as_slice() else {
                panic!("{name}: {row:?}");
            };
            assert_eq!(as_of.len(), 10, "{name}: {as_of}");
            assert!(
                sheet
                    .notes
                    .iter()
                    .any(|note| note.starts_with(source.as_str())),
                "{name}: {source}"
            );
        }
        let drawn = render_markdown(&sheet);
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        for line in drawn.lines().take(sheet.rows.len() + 2) {
            assert_eq!(bars(line), sheet.columns.len() + 1, "{name}: {line}");
        }
    }
    let asked = [
        "cuda-driver-floors",
        "driver-branches",
        "toolkits",
        "host-compilers",
        "gpu-families",
        "torch-releases",
        "torch-companions",
        "torch-known-bad",
        "mirrors",
        "runfile-names",
    ];
    assert!(asked.into_iter().all(|name| tables::sheet(name).is_some()));
    assert!(tables::sheet("no-such-table").is_none());
}

#[test]
fn every_table_says_what_it_is() {
    for table in tables::all() {
        let is_of_programs = ["nvcc-builds", "torch-dependencies"].contains(&table.name);
        let as_of = if is_of_programs {
            "2026-11-25"
        } else {
            "2026-11-23"
        };
        assert_eq!(table.as_of, as_of, "{}", table.name);
        assert!(
            !table.title.is_empty() && !table.how_to_read.is_empty(),
            "{}",
            table.name
        );
        assert!(FILES.iter().any(|(name, _)| *name == table.name));
    }
    let error = cuda_driver::family_floor(cuda("14.0"), Linux).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tried to find the driver that CUDA 14.0 needs on linux in the table `cuda-driver`: \
         it has no such row as of 2026-11-23"
    );
}
