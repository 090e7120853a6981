//! Container engines, and whether they can hand a GPU into a container.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;

/// Docker's settings; those of a Docker without root are in the home folder.
const DAEMON: &str = "/etc/docker/daemon.json";
const ROOTLESS_DAEMON: &str = ".config/docker/daemon.json";

/// Where container engines look for descriptions of devices, by the Container Device Interface.
const CDI_FOLDERS: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];

impl Facts<'_> {
    /// The file of Docker's settings that names NVIDIA's runtime; `None` where none does.
    pub fn docker_runtime(&self) -> Known<Option<String>> {
        if let Some(file) = self.settings_with_runtime(DAEMON.to_owned())? {
            return Ok(Some(file));
        }
        if let Some(home) = self.env_filled("HOME")? {
            let home = home.trim_end_matches('/');
            return self.settings_with_runtime(format!("{home}/{ROOTLESS_DAEMON}"));
        }
        Ok(None)
    }

    fn settings_with_runtime(&self, file: String) -> Known<Option<String>> {
        match self.text(&file) {
            Ok(text) => match names_nvidia(&text) {
                Some(named) => Ok(named.then_some(file)),
                None => Err(Unknown::not_understood(file)),
            },
            Err(Unread::NotFound) => Ok(None),
            Err(why) => Err(Unknown::unread(file, why)),
        }
    }

    /// A file that describes NVIDIA's GPUs to container engines: `/etc/cdi/nvidia.yaml`; `None` where there is none.
    pub fn cdi_description(&self) -> Known<Option<String>> {
        for folder in CDI_FOLDERS {
            let names = self.dir_or_empty(folder)?;
            let found = names.iter().find(|name| {
                name.contains("nvidia")
                    && [".yaml", ".yml", ".json"]
                        .iter()
                        .any(|ending| name.ends_with(ending))
            });
            if let Some(name) = found {
                return Ok(Some(format!("{folder}/{name}")));
            }
        }
        Ok(None)
    }
}

/// Whether Docker's settings have a runtime `nvidia`; `None` for what is no settings file.
///
/// ```json
/// {"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}
/// ```
fn names_nvidia(text: &str) -> Option<bool> {
    #[derive(Deserialize)]
    struct Daemon {
        #[serde(default)]
        runtimes: Runtimes,
    }
    #[derive(Default, Deserialize)]
    struct Runtimes {
        nvidia: Option<IgnoredAny>,
    }
    // Docker takes an empty file for empty settings.
    if text.trim().is_empty() {
        return Some(false);
    }
    let daemon: Daemon = serde_json::from_str(text).ok()?;
    Some(daemon.runtimes.nvidia.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_settings_name_the_runtime_or_not() {
        for (text, named) in [
            (
                r#"{"runtimes":{"nvidia":{"args":[],"path":"nvidia-container-runtime"}}}"#,
                Some(true),
            ),
            (
                r#"{"runtimes":{"crun":{"path":"crun"}},"data-root":"/data"}"#,
                Some(false),
            ),
            ("{}", Some(false)),
            ("\n", Some(false)),
            ("{\"runtimes\":", None),
            ("[1]", None),
        ] {
            assert_eq!(names_nvidia(text), named, "{text}");
        }
    }
}
