//! Which file the system's loader takes for a library.
//!
//! A library that was opened shows in `/proc/self/maps`. One that refused to start is closed again before anybody
//! can look; which file it was is then found as the loader finds it (ld.so(8)): `LD_LIBRARY_PATH`, the cache that
//! `ldconfig` writes, the default folders. Files made for another processor are passed over, as the loader does.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Debian's folder for the libraries of this processor.
#[cfg(target_arch = "aarch64")]
const DEBIAN: &str = "/usr/lib/aarch64-linux-gnu";
#[cfg(not(target_arch = "aarch64"))]
const DEBIAN: &str = "/usr/lib/x86_64-linux-gnu";

/// The loader's default folders.
const DEFAULT_FOLDERS: &[&str] = &[DEBIAN, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/// The file, links followed, that is mapped into this process and whose name begins with `stem`. Of several, the
/// one that a search for `name` leads to, else the first.
pub(super) fn mapped(stem: &str, name: &str) -> Option<PathBuf> {
    let maps = std::fs::read("/proc/self/maps").ok()?;
    let found = files_in(&maps, stem);
    search(name)
        .filter(|file| found.contains(file))
        .or_else(|| found.into_iter().next())
}

/// The file, links followed, that the loader takes for `name`.
pub(super) fn search(name: &str) -> Option<PathBuf> {
    let cache = std::fs::read("/etc/ld.so.cache").unwrap_or_default();
    candidates(name, std::env::var_os("LD_LIBRARY_PATH"), &cache)
        .into_iter()
        .find(|file| is_for_this_processor(file))
        .and_then(|file| file.canonicalize().ok())
}

/// The mapped files whose names begin with `stem`, in the order of the text, which has a line such as
/// `7f12c5e00000-7f12c5e15000 r--p 00000000 08:01 3541   /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05` for each mapping.
fn files_in(maps: &[u8], stem: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in maps.split(|&byte| byte == b'\n') {
        let Some(start) = line.iter().position(|&byte| byte == b'/') else {
            continue;
        };
        let file = Path::new(OsStr::from_bytes(&line[start..]));
        let name = file.file_name().unwrap_or_default().as_bytes();
        if name.starts_with(stem.as_bytes()) && !files.iter().any(|known| known == file) {
            files.push(file.to_owned());
        }
    }
    files
}

fn candidates(name: &str, library_path: Option<OsString>, cache: &[u8]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    if let Some(folders) = library_path {
        // The loader takes `;` as well as `:`, and an empty part as the working folder.
        let folders = folders.as_bytes().split(|byte| b":;".contains(byte));
        files.extend(folders.map(|folder| Path::new(OsStr::from_bytes(folder)).join(name)));
    }
    files.extend(cached(cache, name.as_bytes()));
    files.extend(
        DEFAULT_FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join(name)),
    );
    files
}

/// The paths that the loader's cache holds for a name.
///
/// The format (glibc, `sysdeps/generic/dl-cache.h`): a head of 48 bytes, in which the magic word is followed by the
/// number of entries; then entries of 24 bytes, in which the flags are followed by the offsets of name and path,
/// counted from the magic word; then the strings, each ended by a zero. An older format may come before it.
fn cached(cache: &[u8], name: &[u8]) -> Vec<PathBuf> {
    const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
    let Some(start) = cache.windows(MAGIC.len()).position(|part| part == MAGIC) else {
        return Vec::new();
    };
    let cache = &cache[start..];
    let number = |at: usize| {
        let bytes = cache.get(at..at.checked_add(4)?)?;
        let number = u32::from_ne_bytes(bytes.try_into().ok()?);
        usize::try_from(number).ok()
    };
    let string = |at: usize| cache.get(at..)?.split(|&byte| byte == 0).next();
    let entries = number(MAGIC.len()).unwrap_or(0);
    (0..entries)
        .map_while(|index| {
            let entry = index.checked_mul(24)?.checked_add(48)?;
            Some((
                number(entry.checked_add(4)?)?,
                number(entry.checked_add(8)?)?,
            ))
        })
        .filter(|&(key, _)| string(key) == Some(name))
        .filter_map(|(_, path)| string(path))
        .map(|path| PathBuf::from(OsStr::from_bytes(path)))
        .collect()
}

/// Whether a file begins as an ELF file for the processor that this program was built for.
fn is_for_this_processor(file: &Path) -> bool {
    head(file).is_some_and(|library| Some(library) == head(Path::new("/proc/self/exe")))
}

/// The width and byte order, and the processor, that an ELF file is for.
fn head(file: &Path) -> Option<([u8; 2], [u8; 2])> {
    let mut head = [0; 20];
    File::open(file).ok()?.read_exact(&mut head).ok()?;
    let [0x7f, b'E', b'L', b'F', width, order, .., low, high] = head else {
        return None;
    };
    Some(([width, order], [low, high]))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_mapped_library_is_found_by_its_name() {
        let maps = b"55d0-55d1 r--p 00000000 08:01 1 /usr/bin/lessons\n\
            7f00-7f01 r--p 00000000 08:01 2                /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05\n\
            7f01-7f02 r-xp 00001000 08:01 2                /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05\n\
            7f03-7f04 rw-p 00000000 00:00 0 \n\
            7fff-8000 r-xp 00000000 00:00 0                [vdso]\n";
        assert_eq!(
            files_in(maps, "libnvidia-ml.so"),
            [Path::new(
                "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05"
            )]
        );
        assert_eq!(files_in(maps, "libcuda.so"), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_mapped_now_is_what_a_search_finds() {
        let found = search("libc.so.6");
        // Where the tests themselves are linked to it.
        if let Some(mapped) = mapped("libc.so", "libc.so.6") {
            assert_eq!(found, Some(mapped));
        }
    }

    fn cache(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut head = b"glibc-ld.so.cache1.1".to_vec();
        head.extend(u32::try_from(entries.len()).unwrap().to_ne_bytes());
        head.resize(48, 0);
        let mut strings = Vec::new();
        let mut at = |text: &str| {
            let offset = 48 + 24 * entries.len() + strings.len();
            strings.extend(text.bytes());
            strings.push(0);
            u32::try_from(offset).unwrap().to_ne_bytes()
        };
        for (key, path) in entries {
            head.extend(0x0303_u32.to_ne_bytes());
            head.extend(at(key));
            head.extend(at(path));
            head.extend([0; 12]);
        }
        head.extend(strings);
        head
    }

    #[test]
    fn the_cache_is_read_and_a_damaged_one_is_no_harm() {
        let whole = cache(&[
            ("libcuda.so.1", "/usr/lib/libcuda.so.1"),
            ("libnvidia-ml.so.1", "/usr/lib/libnvidia-ml.so.1"),
        ]);
        let name = b"libnvidia-ml.so.1";
        let expected = [Path::new("/usr/lib/libnvidia-ml.so.1")];
        assert_eq!(cached(&whole, name), expected);
        let behind_an_older_one = [&b"ld.so-1.7.0\0\0\0\0\0"[..], &whole].concat();
        assert_eq!(cached(&behind_an_older_one, name), expected);
        for length in 0..whole.len() {
            cached(&whole[..length], name);
            let mut damaged = whole.clone();
            damaged[length] = 0xff;
            cached(&damaged, name);
        }
    }

    #[test]
    fn the_order_is_the_loader_s() {
        let cache = cache(&[("libx.so.1", "/opt/libx.so.1")]);
        let found = candidates("libx.so.1", Some("/first:/second".into()), &cache);
        let expected = ["/first/libx.so.1", "/second/libx.so.1", "/opt/libx.so.1"];
        assert_eq!(found[..3], expected.map(PathBuf::from));
    }

    #[test]
    fn a_library_for_another_processor_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("libx.so.1");
        let mut head = fs::read("/proc/self/exe").unwrap();
        head.truncate(20);
        fs::write(&other, &head).unwrap();
        assert!(is_for_this_processor(&other));
        head[18] ^= 0xff;
        fs::write(&other, &head).unwrap();
        assert!(!is_for_this_processor(&other));
        fs::write(&other, "INPUT(libx.so.2)\n").unwrap();
        assert!(!is_for_this_processor(&other));
    }
}
