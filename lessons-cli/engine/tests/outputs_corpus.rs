//! Every output in a folder of public ones is read, and the reading agrees with an independent one of the same text.
//!
//! The folder is `LESSONS_CORPUS` or, if that is unset, `shared/corpus` beside the repository. It is not part of the
//! project; without it these tests say so and pass.

#![expect(
    clippy::disallowed_methods,
    reason = "the engine opens no file, its tests do"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use lessons_engine::read::drivers::{Device, Origin, Wants};
use lessons_engine::read::env::Manager;
use lessons_engine::read::recognise::{Kind, recognise};
use lessons_engine::read::{drivers, env, index, nvcc, topo, wheel};

/// The files of one kind, by name; none where there is no corpus.
fn corpus(kind: &str) -> Vec<(String, String)> {
    let folder = std::env::var_os("LESSONS_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(folder.join(kind)) else {
        println!("skipped: no corpus folder");
        return Vec::new();
    };
    let mut files: Vec<(String, String)> = entries
        .filter_map(Result::ok)
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).expect("a file of the corpus can be read");
            let name = format!("{kind}/{}", entry.file_name().to_string_lossy());
            (name, String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_matrix_is_read() {
    for (name, text) in corpus("topo") {
        let topo = topo::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut lines = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let header = lines
            .by_ref()
            .find(|words| words.contains(&"Affinity"))
            .unwrap_or_else(|| panic!("{name} has no header"));
        let devices: Vec<&str> = header
            .iter()
            .copied()
            .take_while(|word| *word != "CPU")
            .collect();
        let read: Vec<&str> = topo
            .devices
            .iter()
            .map(|device| device.name.as_str())
            .collect();
        assert_eq!(read, devices, "{name}");
        let titles = header.len() - devices.len();
        let columns = if header.contains(&"ID") {
            3
        } else {
            titles / 2
        };
        for words in lines {
            let Some(device) = words.first().and_then(|word| topo.device(word)) else {
                continue;
            };
            let cells: Vec<String> = device
                .links
                .iter()
                .flatten()
                .map(|link| link.value.to_string())
                .collect();
            assert_eq!(cells, words[1..=devices.len()], "{name} {}", words[0]);
            let place = device.links[0].as_ref().unwrap().span;
            assert_eq!(&text[place.start..place.end], words[1], "{name}");
            let after = &words[devices.len() + 1..];
            let affinities: Vec<&str> = [
                &device.cpu_affinity,
                &device.numa_affinity,
                &device.gpu_numa_id,
            ]
            .into_iter()
            .flatten()
            .map(|seen| seen.as_str())
            .collect();
            // 090: two columns ran into one another (`0-47,96-1430`), so which is which is not said.
            if name == "topo/090.txt" && after.len() == 2 {
                assert!(affinities.is_empty());
            } else {
                assert_eq!(affinities, after, "{name} {}", words[0]);
            }
            if after.len() == columns && columns > 0 {
                assert_eq!(
                    device.cpu_affinity.as_ref().unwrap().value,
                    after[0],
                    "{name}"
                );
            }
        }
        let named: Vec<(&str, &str)> = text
            .lines()
            .filter(|line| line.trim_start().starts_with("NIC"))
            .filter_map(|line| line.trim().split_once(": "))
            .collect();
        let read: Vec<(&str, &str)> = topo
            .devices
            .iter()
            .filter_map(|device| Some((device.name.as_str(), device.nic_name.as_ref()?.as_str())))
            .collect();
        assert_eq!(read, named, "{name}");
        for pair in topo.gpu_pairs() {
            assert_eq!(
                topo.link(&pair.second.name, &pair.first.name),
                Some(pair.link),
                "{name}"
            );
        }
        if topo.gpus().count() > 1 {
            let best = topo
                .best_pair()
                .unwrap_or_else(|| panic!("{name}: no pair"));
            assert_eq!(
                best.link.is_nvlink(),
                !topo.nvlink_pairs().is_empty(),
                "{name}"
            );
        }
    }
}

#[test]
fn every_nvcc_is_read() {
    for (name, text) in corpus("nvcc") {
        let nvcc = nvcc::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let after = |mark: &str| {
            text.split(mark)
                .nth(1)
                .map(|rest| rest.split_whitespace().next().unwrap_or_default())
        };
        assert_eq!(
            nvcc.version.as_deref().map(String::as_str),
            after(", V"),
            "{name}"
        );
        assert_eq!(
            nvcc.built.as_deref().map(String::as_str),
            after("Built on "),
            "{name}"
        );
        assert_eq!(
            nvcc.build.as_deref().map(String::as_str),
            after("Build "),
            "{name}"
        );
        let (release, version) = (nvcc.release.unwrap(), nvcc.version.unwrap());
        assert!(
            version.starts_with(&format!("{}.", release.value)),
            "{name}"
        );
        assert_eq!(
            &text[release.span.start..release.span.end],
            release.value,
            "{name}"
        );
        assert_eq!(nvcc.failure, None, "{name}");
    }
}

#[test]
fn every_wheel_is_read() {
    let mut projects: BTreeMap<String, usize> = BTreeMap::new();
    for (file, text) in corpus("wheels") {
        for name in text.lines().filter(|line| !line.is_empty()) {
            let wheel = wheel::parse(name).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(wheel.to_string(), name, "{file}");
            let parts: Vec<&str> = name.strip_suffix(".whl").unwrap().split('-').collect();
            assert_eq!(wheel.full_version(), parts[1], "{name}");
            assert_eq!(wheel.build.is_some(), parts.len() == 6, "{name}");
            assert_eq!(wheel.distribution.value, parts[0], "{name}");
            for (back, tags) in [
                (3, &wheel.python_tags),
                (2, &wheel.abi_tags),
                (1, &wheel.platform_tags),
            ] {
                let read: Vec<&str> = tags.iter().map(|tag| tag.value.as_str()).collect();
                let written: Vec<&str> = parts[parts.len() - back].split('.').collect();
                assert_eq!(read, written, "{name}");
            }
            let platform = wheel.platform_tags[0].span;
            assert!(
                parts[parts.len() - 1].starts_with(&name[platform.start..platform.end]),
                "{name}"
            );
            assert_eq!(wheel::read(name).as_ref(), Ok(&wheel), "{name}");
            *projects.entry(wheel.project()).or_default() += 1;
        }
    }
    println!("{projects:?}");
}

#[test]
fn every_list_of_drivers_is_read() {
    for (name, text) in corpus("ubuntu-drivers") {
        let drivers = drivers::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let starting = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(drivers.devices.len(), starting("== "), "{name}");
        assert_eq!(
            drivers.notes.len(),
            starting("WARNING:") + starting("ERROR:") + starting("udevadm "),
            "{name}"
        );
        assert_eq!(drivers.packages.len(), starting("nvidia-"), "{name}");
        for (label, read) in [
            ("modalias", (|device| &device.modalias) as fn(&Device) -> &_),
            ("vendor", |device| &device.vendor),
            ("model", |device| &device.model),
        ] {
            let read: Vec<&str> = drivers
                .devices
                .iter()
                .filter_map(|device| Some(read(device).as_ref()?.value.as_str()))
                .collect();
            let printed: Vec<&str> = text
                .lines()
                .filter_map(|line| line.strip_prefix(label)?.trim().strip_prefix(':'))
                .map(str::trim)
                .collect();
            assert_eq!(read, printed, "{name} {label}");
        }
        let offered = drivers.devices.iter().flat_map(|device| &device.drivers);
        let written: Vec<String> = offered
            .map(|driver| {
                assert_eq!(
                    &text[driver.package.span.start..driver.package.span.end],
                    driver.package.value
                );
                let origin = match driver.origin.as_deref() {
                    Some(Origin::Distro) => "distro",
                    Some(Origin::ThirdParty) => "third-party",
                    None => "?",
                };
                let free = if driver.free == Some(true) {
                    "free"
                } else {
                    "non-free"
                };
                let mut line = format!("{} - {origin} {free}", driver.package.value);
                line.push_str(if driver.builtin { " builtin" } else { "" });
                line.push_str(if driver.recommended {
                    " recommended"
                } else {
                    ""
                });
                line
            })
            .collect();
        let printed: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("driver "))
            .filter_map(|line| Some(line.split_once(": ")?.1.trim()))
            .collect();
        assert_eq!(written, printed, "{name}");
        for device in drivers.devices.iter().filter(|device| device.is_nvidia()) {
            let choice = drivers::choose(device.drivers.iter().map(Into::into), Wants::default());
            let recommended = device.drivers.iter().find(|driver| driver.recommended);
            assert_eq!(
                choice.package,
                recommended.map(|driver| driver.package.as_str()),
                "{name}"
            );
        }
    }
}

#[test]
fn every_environment_is_read() {
    for (name, text) in corpus("collect-env") {
        let env = env::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let printed = |label: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(label)?.strip_prefix(':'));
            line.map(str::trim)
        };
        for (label, read) in [
            ("PyTorch version", &env.torch),
            ("CUDA used to build PyTorch", &env.cuda_built),
            ("ROCM used to build PyTorch", &env.rocm_built),
            ("Is CUDA available", &env.cuda_available),
            ("CUDA runtime version", &env.cuda_runtime),
            ("Nvidia driver version", &env.driver),
            ("Python version", &env.python),
            ("OS", &env.os),
            ("GCC version", &env.gcc),
        ] {
            // A no-break space is read as a space (053, a Windows in Russian).
            let said = printed(label).map(|said| said.replace('\u{a0}', " "));
            assert_eq!(
                read.as_ref().map(|seen| seen.value.clone()),
                said,
                "{name} {label}"
            );
            if let Some(seen) = read {
                assert_eq!(
                    text[seen.span.start..seen.span.end].replace('\u{a0}', " "),
                    seen.value,
                    "{name} {label}"
                );
            }
        }
        let numbered = text.matches("GPU ").count() - text.matches("GPU models").count();
        let gpus = env.gpus.as_ref().map(Vec::len);
        match printed("GPU models and configuration") {
            None => assert_eq!(gpus, None, "{name}"),
            Some("No CUDA" | "Could not collect" | "N/A") => assert_eq!(gpus, Some(0), "{name}"),
            Some("") => assert_eq!(gpus, Some(numbered), "{name}"),
            Some(_) => assert_eq!(gpus, Some(1), "{name}"),
        }
        for line in text.lines() {
            let pip = line.strip_prefix("[pip3] ").or(line.strip_prefix("[pip] "));
            if let Some((package, version)) = pip.and_then(|line| line.trim().split_once("==")) {
                let read = env
                    .packages
                    .0
                    .iter()
                    .find(|read| read.manager != Manager::Conda && read.name.value == package);
                assert_eq!(
                    read.map(|read| read.version.value.as_str()),
                    Some(version),
                    "{name} {package}"
                );
            }
        }
        let listed = text
            .lines()
            .filter(|line| {
                line.starts_with('[')
                    && !line.contains("] Could not collect")
                    && !line.contains("] No relevant")
            })
            .count();
        // 072 ends in the middle of a conda line, whose version is left out.
        assert_eq!(
            env.packages.0.len(),
            listed - usize::from(name == "collect-env/072.txt"),
            "{name}"
        );
    }
}

#[test]
fn every_output_is_recognised() {
    let mut wrong = Vec::new();
    for (folder, kind) in [
        ("topo", Kind::Topo),
        ("ubuntu-drivers", Kind::Drivers),
        ("nvcc", Kind::Nvcc),
        ("wheels", Kind::Index),
        ("collect-env", Kind::Env),
        ("smi", Kind::Smi),
        ("smi-failure", Kind::Smi),
    ] {
        for (name, text) in corpus(folder) {
            let recognised = recognise(&text);
            if recognised != Some(kind) {
                wrong.push(format!("{name}: {recognised:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_list_of_wheels_is_an_index() {
    for (name, text) in corpus("wheels") {
        let index = index::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let lines = text.lines().filter(|line| !line.is_empty()).count();
        assert_eq!(index.files.len(), lines, "{name}");
        let listed: usize = index
            .releases
            .iter()
            .flat_map(|release| &release.builds)
            .map(|build| build.platforms.len())
            .sum();
        let versions = |names: &mut dyn Iterator<Item = String>| names.collect::<BTreeSet<_>>();
        assert_eq!(
            versions(&mut index.releases.iter().map(|release| release.version.clone())),
            versions(
                &mut text
                    .lines()
                    .filter_map(|line| { Some(line.split('-').nth(1)?.to_owned()) })
            ),
            "{name}"
        );
        // Two builds of one version for one platform are one cell of the table.
        assert!(
            listed <= lines && listed > lines / 2,
            "{name}: {listed} of {lines}"
        );
        assert!(
            index
                .releases
                .iter()
                .any(|release| release.project == "torch")
                || name == "wheels/001.txt"
        );
    }
}
