//! The files of a practice machine: a tree whose unchanged parts are shared, so that a copy costs nothing.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many symbolic links one path may go through, as Linux has it.
const MAX_LINKS: usize = 40;

/// The longest path that Linux takes.
const MAX_PATH: usize = 4096;

/// The longest name that its file systems take.
const MAX_NAME: usize = 255;

/// A file system. Cloning it shares everything; what is changed is copied first.
#[derive(Debug, Clone)]
pub struct Tree {
    root: Arc<Node>,
    /// What its files take, in bytes.
    used: u64,
    /// The names that were looked up, and the nodes that were gone through, since somebody asked.
    work: Cell<u64>,
}

/// A file, folder or link.
#[derive(Debug, Clone)]
pub struct Node {
    /// Permission bits, without the kind.
    pub mode: u32,
    /// Whose it is.
    pub owner: Owner,
    /// Last change, in seconds since 1970.
    pub mtime: i64,
    /// What is in it.
    pub content: Content,
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// root:root.
    Root,
    /// The person at the prompt.
    User,
}

/// What is in a node.
#[derive(Debug, Clone)]
pub enum Content {
    /// A folder.
    Dir(BTreeMap<String, Arc<Node>>),
    /// A file whose bytes are there.
    File(Arc<Vec<u8>>),
    /// A file of which only the size is known: what it holds was never recorded.
    Untold(u64),
    /// A program that this engine plays.
    Program(Arc<Binary>),
    /// A symbolic link.
    Link(String),
    /// A device, such as `/dev/null`.
    Device(Device),
}

/// How many zeroes are read of `/dev/zero`, in bytes.
const ZEROES: usize = 1 << 20;

/// An executable file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// The program of the registry that plays it.
    pub program: String,
    /// Its size in bytes.
    pub size: u64,
    /// What the program needs to know of this file, such as the source that it was compiled from.
    pub data: String,
}

/// A device that can be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Swallows everything.
    Null,
    /// Zeroes without end.
    Zero,
    /// Always full.
    Full,
    /// Random bytes without end.
    Random,
    /// The terminal.
    Terminal,
    /// Something else that is there: `/dev/nvidia0`.
    Other,
}

/// Why something could not be done to a path. Its text is what the C library says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Errno {
    /// ENOENT.
    #[error("No such file or directory")]
    NotFound,
    /// ENOTDIR.
    #[error("Not a directory")]
    NotADirectory,
    /// EISDIR.
    #[error("Is a directory")]
    IsADirectory,
    /// EEXIST.
    #[error("File exists")]
    Exists,
    /// ENOTEMPTY.
    #[error("Directory not empty")]
    NotEmpty,
    /// EACCES.
    #[error("Permission denied")]
    Denied,
    /// EPERM.
    #[error("Operation not permitted")]
    NotPermitted,
    /// EROFS.
    #[error("Read-only file system")]
    ReadOnly,
    /// ENOSPC.
    #[error("No space left on device")]
    NoSpace,
    /// ELOOP.
    #[error("Too many levels of symbolic links")]
    Loop,
    /// ENAMETOOLONG.
    #[error("File name too long")]
    NameTooLong,
    /// EINVAL.
    #[error("Invalid argument")]
    Invalid,
    /// EBADF.
    #[error("Bad file descriptor")]
    BadDescriptor,
    /// EIO: a file of the recording whose text is not known.
    #[error("Input/output error")]
    Untold,
}

impl Node {
    /// An empty folder of root's.
    pub fn dir() -> Self {
        Self::new(0o755, Content::Dir(BTreeMap::new()))
    }

    /// A file of root's.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(0o644, Content::File(Arc::new(bytes.into())))
    }

    /// A program of root's.
    pub fn program(name: &str) -> Self {
        Self::new(
            0o755,
            Content::Program(Arc::new(Binary {
                program: name.to_owned(),
                size: 35_288,
                data: String::new(),
            })),
        )
    }

    /// A link.
    pub fn link(target: &str) -> Self {
        Self::new(0o777, Content::Link(target.to_owned()))
    }

    /// A node of root's.
    pub fn new(mode: u32, content: Content) -> Self {
        Self {
            mode,
            owner: Owner::Root,
            mtime: 0,
            content,
        }
    }

    /// The same, of another owner.
    #[must_use]
    pub fn owned_by(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// The same, with this time of its last change.
    #[must_use]
    pub fn changed_at(mut self, mtime: i64) -> Self {
        self.mtime = mtime;
        self
    }

    /// Its size in bytes, as `ls -l` shows it.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::Dir(_) => 4096,
            Content::File(bytes) => bytes.len() as u64,
            Content::Untold(size) => *size,
            Content::Program(binary) => binary.size,
            Content::Link(target) => target.len() as u64,
            Content::Device(_) => 0,
        }
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        matches!(self.content, Content::Dir(_))
    }

    /// Whether anyone may run it.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// What it takes of the disk, without what is below it.
    fn weight(&self) -> u64 {
        match &self.content {
            Content::Device(_) | Content::Link(_) => 0,
            _ => self.size(),
        }
    }

    /// What it takes of the disk, with everything below it.
    pub fn weight_of_all(&self) -> u64 {
        let mut weight = self.weight();
        if let Content::Dir(names) = &self.content {
            weight += names.values().map(|node| node.weight_of_all()).sum::<u64>();
        }
        weight
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            root: Arc::new(Node::dir()),
            used: 4096,
            work: Cell::new(0),
        }
    }
}

impl Tree {
    /// What all files take, in bytes.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// The names that were looked up, and the nodes that were gone through, since this was asked last: what a program
    /// does with files costs it as much.
    pub(super) fn take_work(&self) -> u64 {
        self.work.take()
    }

    fn works(&self, names: usize) {
        self.work.set(self.work.get().saturating_add(names as u64));
    }

    /// The node at a path, links followed.
    pub fn get(&self, path: &str) -> Result<&Node, Errno> {
        self.resolve(path, true, |_| true)?.1.ok_or(Errno::NotFound)
    }

    /// The node at a path; of a link, the link itself.
    pub fn get_link(&self, path: &str) -> Result<&Node, Errno> {
        self.resolve(path, false, |_| true)?
            .1
            .ok_or(Errno::NotFound)
    }

    /// The bytes of a file, links followed. A program is not text, and of an untold file nothing is known.
    pub fn read(&self, path: &str) -> Result<Arc<Vec<u8>>, Errno> {
        match &self.get(path)?.content {
            Content::File(bytes) => Ok(Arc::clone(bytes)),
            Content::Dir(_) => Err(Errno::IsADirectory),
            Content::Program(binary) => {
                // The first bytes of any program, so that it looks like one.
                let mut bytes =
                    b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0".to_vec();
                bytes.extend_from_slice(binary.program.as_bytes());
                Ok(Arc::new(bytes))
            }
            // Without end on a real machine: more than a command line may print stands for it.
            Content::Device(Device::Zero) => Ok(Arc::new(vec![0; ZEROES])),
            Content::Device(_) => Ok(Arc::new(Vec::new())),
            Content::Untold(_) | Content::Link(_) => Err(Errno::Untold),
        }
    }

    /// The text of a file; bytes that are not UTF-8 come as U+FFFD.
    pub fn text(&self, path: &str) -> Result<String, Errno> {
        Ok(String::from_utf8_lossy(&self.read(path)?).into_owned())
    }

    /// The names in a folder, sorted, links followed.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        match &self.get(path)?.content {
            Content::Dir(names) => {
                self.works(names.len());
                Ok(names.keys().cloned().collect())
            }
            _ => Err(Errno::NotADirectory),
        }
    }

    /// Whether something is at a path, links followed.
    pub fn exists(&self, path: &str) -> bool {
        self.get(path).is_ok()
    }

    /// Puts a node at a path, replacing what is there; folders above it are made. The kernel's own way in: nobody
    /// is asked whether he may, and the disk is never full.
    pub fn put(&mut self, path: &str, node: Node) -> Result<(), Errno> {
        let Some((parent, name)) = split(&normal(path)) else {
            return Err(Errno::Exists);
        };
        let mtime = node.mtime;
        let parent = self.make_dirs(&parent, mtime)?;
        let real = join(&parent, &name);
        if let Some(old) = self.at(&real) {
            self.used = self.used.saturating_sub(old.weight_of_all());
        }
        self.used = self.used.saturating_add(node.weight_of_all());
        self.dir_mut(&parent)?.insert(name, Arc::new(node));
        Ok(())
    }

    /// Puts a text at a path, as [`Tree::put`], keeping owner and mode of a file that is there.
    pub fn put_text(&mut self, path: &str, text: impl Into<String>) -> Result<(), Errno> {
        let (mode, owner, mtime) = match self.get(path) {
            Ok(node) if !node.is_dir() => (node.mode, node.owner, node.mtime),
            _ => (0o644, Owner::Root, 0),
        };
        let real = self.real_path(path).unwrap_or_else(|_| normal(path));
        let mut node = Node::file(text.into().into_bytes());
        (node.mode, node.owner, node.mtime) = (mode, owner, mtime);
        self.put(&real, node)
    }

    /// Changes a node in place, links followed.
    pub fn change<T>(
        &mut self,
        path: &str,
        change: impl FnOnce(&mut Node) -> T,
    ) -> Result<T, Errno> {
        let real = self.real_path(path)?;
        let before = self.at(&real).ok_or(Errno::NotFound)?.weight();
        let node = self.node_mut(&real).ok_or(Errno::NotFound)?;
        let result = change(node);
        let after = node.weight();
        self.used = self.used.saturating_sub(before).saturating_add(after);
        Ok(result)
    }

    /// Takes away what is at a path, with everything below it; of a link, the link.
    pub fn remove(&mut self, path: &str) -> Result<Arc<Node>, Errno> {
        let real = self.real_parent(path)?;
        let (parent, name) = split(&real).ok_or(Errno::NotPermitted)?;
        let node = self
            .dir_mut(&parent)?
            .remove(&name)
            .ok_or(Errno::NotFound)?;
        self.used = self.used.saturating_sub(node.weight_of_all());
        Ok(node)
    }

    /// Every path below a folder with its node, the folder first, each folder's names in order. Links are not followed.
    pub fn walk(&self, path: &str) -> Result<Vec<(String, &Node)>, Errno> {
        let real = self.real_path(path)?;
        let start = self.at(&real).ok_or(Errno::NotFound)?;
        let mut found = Vec::new();
        let mut todo = vec![(real, start)];
        while let Some((path, node)) = todo.pop() {
            if let Content::Dir(names) = &node.content {
                for (name, child) in names.iter().rev() {
                    todo.push((join(&path, name), child));
                }
            }
            found.push((path, node));
        }
        self.works(4 * found.len());
        Ok(found)
    }

    /// The path with all links followed; its last part need not be there, its folder has to be.
    pub fn real_path(&self, path: &str) -> Result<String, Errno> {
        self.resolve(path, true, |_| true).map(|(real, _)| real)
    }

    /// The path with the links of its folders followed, but not its last part.
    pub fn real_parent(&self, path: &str) -> Result<String, Errno> {
        self.resolve(path, false, |_| true).map(|(real, _)| real)
    }

    /// Whether all folders on the way to a path let somebody through.
    pub(super) fn lets_through(&self, path: &str, lets: impl Fn(&Node) -> bool) -> bool {
        !matches!(self.resolve(path, false, lets), Err(Errno::Denied))
    }

    /// Follows a path, part by part from where the last part led, so that it takes as long as the path is: where it
    /// leads, and the node that is there.
    fn resolve(
        &self,
        path: &str,
        last_too: bool,
        lets: impl Fn(&Node) -> bool,
    ) -> Result<(String, Option<&Node>), Errno> {
        if path.is_empty() {
            return Err(Errno::NotFound);
        }
        if path.len() > MAX_PATH {
            return Err(Errno::NameTooLong);
        }
        self.works(1);
        let wants_dir = path.ends_with('/');
        let mut done = String::with_capacity(path.len());
        // The folders that lead to where it stands, each with the length of its path.
        let mut folders: Vec<(&Node, usize)> = vec![(&self.root, 0)];
        let mut last = None;
        let mut todo = Todo::of(path);
        let mut links = 0;
        while let Some(name) = todo.next() {
            self.works(1);
            if name == ".." {
                if folders.len() > 1 {
                    folders.pop();
                }
                done.truncate(folders.last().map_or(0, |(_, length)| *length));
                continue;
            }
            if name.len() > MAX_NAME {
                return Err(Errno::NameTooLong);
            }
            let (folder, length) = *folders.last().unwrap_or(&(&self.root, 0));
            if !lets(folder) {
                return Err(Errno::Denied);
            }
            let node = match &folder.content {
                Content::Dir(names) => names.get(name).map(Arc::as_ref),
                _ => None,
            };
            let is_last = todo.is_done();
            match node.map(|node| &node.content) {
                Some(Content::Link(target)) if last_too || wants_dir || !is_last => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::Loop);
                    }
                    if target.starts_with('/') {
                        folders.truncate(1);
                        done.clear();
                    }
                    todo.first(target);
                    continue;
                }
                Some(Content::Dir(_)) => {}
                Some(_) if !is_last || wants_dir => return Err(Errno::NotADirectory),
                None if !is_last => return Err(Errno::NotFound),
                _ => {}
            }
            done.truncate(length);
            done.push('/');
            done.push_str(name);
            match node {
                Some(node) if node.is_dir() => folders.push((node, done.len())),
                node => last = Some(node),
            }
        }
        if done.is_empty() {
            done.push('/');
        }
        let node = match last {
            Some(node) => node,
            None => folders.last().map(|(node, _)| *node),
        };
        Ok((done, node))
    }

    /// The node at a path without links.
    fn at(&self, real: &str) -> Option<&Node> {
        self.works(2);
        let mut node = &self.root;
        for part in real.split('/').filter(|part| !part.is_empty()) {
            match &node.content {
                Content::Dir(names) => node = names.get(part)?,
                _ => return None,
            }
        }
        Some(node)
    }

    fn node_mut(&mut self, real: &str) -> Option<&mut Node> {
        // Every folder on the way becomes this tree's own.
        self.works(real.matches('/').count() * 2);
        let mut node = Arc::make_mut(&mut self.root);
        for part in real.split('/').filter(|part| !part.is_empty()) {
            match &mut node.content {
                Content::Dir(names) => node = Arc::make_mut(names.get_mut(part)?),
                _ => return None,
            }
        }
        Some(node)
    }

    fn dir_mut(&mut self, real: &str) -> Result<&mut BTreeMap<String, Arc<Node>>, Errno> {
        match &mut self.node_mut(real).ok_or(Errno::NotFound)?.content {
            Content::Dir(names) => Ok(names),
            _ => Err(Errno::NotADirectory),
        }
    }

    /// Makes the folders of a path that are not there, and says where it leads.
    pub fn make_dirs(&mut self, path: &str, mtime: i64) -> Result<String, Errno> {
        let path = normal(path);
        if let Ok((real, Some(node))) = self.resolve(&path, true, |_| true)
            && node.is_dir()
        {
            return Ok(real);
        }
        let mut done = String::from("/");
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part.len() > MAX_NAME {
                return Err(Errno::NameTooLong);
            }
            let here = join(&done, part);
            match self.get_link(&here).map(|node| &node.content) {
                Ok(Content::Dir(_)) => done = here,
                Ok(Content::Link(_)) => {
                    done = self.real_path(&here)?;
                    match self.at(&done).map(|node| &node.content) {
                        Some(Content::Dir(_)) => {}
                        Some(_) => return Err(Errno::NotADirectory),
                        None => {
                            let target = done.clone();
                            self.make_dirs(&target, mtime)?;
                        }
                    }
                }
                Ok(_) => return Err(Errno::NotADirectory),
                Err(Errno::NotFound) => {
                    let dir = Node::dir().changed_at(mtime);
                    self.used += dir.weight();
                    self.dir_mut(&done)?.insert(part.to_owned(), Arc::new(dir));
                    done = here;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

/// What is left of a path to be followed: its rest, and the rests of the paths whose links led away from them.
struct Todo<'t> {
    rests: Vec<&'t str>,
}

impl<'t> Todo<'t> {
    fn of(path: &'t str) -> Self {
        Self { rests: vec![path] }
    }

    /// Puts a path before what is left.
    fn first(&mut self, path: &'t str) {
        self.rests.push(path);
    }

    /// The next part that leads anywhere.
    fn next(&mut self) -> Option<&'t str> {
        while let Some(rest) = self.rests.last_mut() {
            let (part, more) = rest.split_once('/').unwrap_or((rest, ""));
            *rest = more;
            if more.is_empty() {
                self.rests.pop();
            }
            if !part.is_empty() && part != "." {
                return Some(part);
            }
        }
        None
    }

    /// Whether nothing that leads anywhere is left.
    fn is_done(&self) -> bool {
        self.rests
            .iter()
            .all(|rest| rest.split('/').all(|part| part.is_empty() || part == "."))
    }
}

/// A path with one `/` between its parts, and without `.` and `..` that need no look at the tree.
pub fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A path, seen from a folder.
pub fn absolute(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        join(folder, path)
    }
}

/// A name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.ends_with('/') {
        format!("{folder}{name}")
    } else {
        format!("{folder}/{name}")
    }
}

/// The folder and the last part of a path; `None` for `/`.
pub fn split(path: &str) -> Option<(String, String)> {
    let path = path.trim_end_matches('/');
    let cut = path.rfind('/')?;
    let name = &path[cut + 1..];
    let folder = if cut == 0 { "/" } else { &path[..cut] };
    (!name.is_empty()).then(|| (folder.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.put("/lib", Node::link("usr/lib")).unwrap();
        tree.put("/usr/lib/x/a", Node::file("hello")).unwrap();
        tree.put("/a", Node::link("/b")).unwrap();
        tree.put("/b", Node::link("a")).unwrap();
        tree
    }

    #[test]
    fn links_are_followed_and_loops_end() {
        let tree = tree();
        assert_eq!(tree.text("/lib/x/../x/a").unwrap(), "hello");
        assert_eq!(tree.real_path("/lib/x/a").unwrap(), "/usr/lib/x/a");
        assert_eq!(tree.get("/a").unwrap_err(), Errno::Loop);
        assert!(matches!(
            tree.get_link("/a").unwrap().content,
            Content::Link(_)
        ));
        assert_eq!(tree.get("/lib/x/a/b").unwrap_err(), Errno::NotADirectory);
        assert_eq!(tree.get("/lib/x/a/").unwrap_err(), Errno::NotADirectory);
        assert_eq!(tree.get("/nowhere/b").unwrap_err(), Errno::NotFound);
        assert_eq!(tree.real_path("/..").unwrap(), "/");
    }

    #[test]
    fn a_copy_keeps_what_it_had() {
        let mut tree = tree();
        let before = tree.clone();
        let used = tree.used();
        tree.put_text("/lib/x/a", "changed").unwrap();
        assert_eq!(tree.used(), used + 2);
        tree.remove("/usr/lib/x").unwrap();
        assert!(!tree.exists("/lib/x"));
        assert_eq!(before.text("/lib/x/a").unwrap(), "hello");
    }

    #[test]
    fn writing_through_a_link_keeps_the_link() {
        let mut tree = tree();
        tree.put("/etc/os-release", Node::link("../usr/lib/x/a"))
            .unwrap();
        tree.put_text("/etc/os-release", "new").unwrap();
        assert_eq!(tree.text("/usr/lib/x/a").unwrap(), "new");
        assert!(matches!(
            tree.get_link("/etc/os-release").unwrap().content,
            Content::Link(_)
        ));
    }
}
