//! Which program listens to a port: `/proc` tells of this user's own programs.

use std::fs;

use lessons_engine::visible::visible;

/// The state of a socket that listens, as `/proc/net/tcp` writes it.
const LISTENS: &str = "0A";

/// The program that listens to a port, with its process id.
pub(super) fn of(port: u16) -> Option<String> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| inodes(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let name = process.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let listens = files.flatten().any(|file| {
            fs::read_link(file.path())
                .is_ok_and(|target| sockets.iter().any(|socket| target.as_os_str() == &**socket))
        });
        if listens {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {id})", visible(name.trim_end())));
        }
    }
    None
}

/// The inodes of sockets that listen to a port:
///
/// ```text
///   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
///    0: 0100007F:22CE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 …
/// ```
fn inodes(table: &str, port: u16) -> Vec<u64> {
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, local) = fields.get(1)?.rsplit_once(':')?;
            let ours = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == LISTENS;
            ours.then(|| fields.get(9)?.parse().ok())?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_which_sockets_listen() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:22CE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42 1 0\n\
             1: 0100007F:22CE 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 43 1 0\n\
             2: 0100007F:22CF 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 44 1 0\n";
        assert_eq!(inodes(table, 8910), [42]);
        assert_eq!(inodes(table, 1), [0; 0]);
        assert_eq!(inodes("nonsense\n\n:", 8910), [0; 0]);
    }

    #[test]
    fn this_process_is_found() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let by = of(port).unwrap();
        assert!(
            by.ends_with(&format!("(process {})", std::process::id())),
            "{by}"
        );
    }
}
