//! What a user may do to the files of a practice machine: permissions, folders of the kernel, a full disk.

use std::sync::Arc;

use super::machine::PracticeMachine;
use super::tree::{Content, Device, Errno, Node, Owner, absolute, join, split};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// The person at the prompt.
    Person,
    /// root, as by sudo.
    Root,
}

/// The files of a machine as a user sees them from a folder.
pub struct Files<'m> {
    machine: &'m mut PracticeMachine,
    user: User,
    cwd: &'m str,
}

impl<'m> Files<'m> {
    pub(super) fn new(machine: &'m mut PracticeMachine, user: User, cwd: &'m str) -> Self {
        Self { machine, user, cwd }
    }

    /// The whole path of a path seen from the working folder.
    pub fn path(&self, path: &str) -> String {
        absolute(self.cwd, path)
    }

    /// The node at a path, links followed.
    pub fn get(&self, path: &str) -> Result<&Node, Errno> {
        let path = self.reach(path)?;
        self.machine.tree.get(&path)
    }

    /// The node at a path, or the link that is there.
    pub fn get_link(&self, path: &str) -> Result<&Node, Errno> {
        let path = self.reach(path)?;
        self.machine.tree.get_link(&path)
    }

    /// The bytes of a file.
    pub fn read(&self, path: &str) -> Result<Arc<Vec<u8>>, Errno> {
        let path = self.reach(path)?;
        let node = self.machine.tree.get(&path)?;
        if !self.allows(node, 4) {
            return Err(Errno::Denied);
        }
        self.machine.tree.read(&path)
    }

    /// The names in a folder, sorted.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        let path = self.reach(path)?;
        let node = self.machine.tree.get(&path)?;
        if node.is_dir() && !self.allows(node, 4) {
            return Err(Errno::Denied);
        }
        self.machine.tree.list(&path)
    }

    /// Whether this user may do what the bits say to a node: 4 read, 2 write, 1 run or go through.
    pub fn allows(&self, node: &Node, bits: u32) -> bool {
        let mode = match (self.user, node.owner) {
            (User::Root, _) => {
                return bits & 1 == 0 || node.is_dir() || node.mode & 0o111 != 0;
            }
            (User::Person, Owner::User) => node.mode >> 6,
            (User::Person, Owner::Root) => node.mode,
        };
        mode & bits == bits
    }

    /// Whether this user may change a path: write the file that is there, or make one.
    pub fn may_write(&self, path: &str) -> Result<(), Errno> {
        let path = self.reach(path)?;
        match self.machine.tree.get(&path) {
            Ok(node) if node.is_dir() => Err(Errno::IsADirectory),
            Ok(node) => {
                if !self.allows(node, 2) {
                    return Err(Errno::Denied);
                }
                if matches!(node.content, Content::Device(Device::Full)) {
                    return Err(Errno::NoSpace);
                }
                Ok(())
            }
            Err(Errno::NotFound) => {
                let real = self.machine.tree.real_path(&path)?;
                if path.ends_with('/') {
                    return Err(Errno::IsADirectory);
                }
                self.may_change_folder_of(&real)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a file: whole, or at its end. What is there keeps its owner and mode.
    pub fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> Result<(), Errno> {
        self.may_write(path)?;
        let path = self.machine.tree.real_path(&self.path(path))?;
        self.write_open(&path, bytes, append)
    }

    /// Writes a file that is open: nobody is asked again whether he may.
    pub(super) fn write_open(
        &mut self,
        real: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), Errno> {
        let now = self.machine.clock;
        match self.machine.tree.get(real).map(|node| &node.content) {
            Ok(Content::Device(device)) => {
                return match device {
                    Device::Full => Err(Errno::NoSpace),
                    _ => Ok(()),
                };
            }
            Ok(_) if is_kernels(real) => return write_kernel_file(real, bytes),
            Ok(_) => {}
            Err(Errno::NotFound) => {
                let node = Node::file(Vec::new())
                    .owned_by(self.owner())
                    .changed_at(now);
                self.room_for(node.size())?;
                self.machine.tree.put(real, node)?;
            }
            Err(error) => return Err(error),
        }
        if !bytes.is_empty() {
            self.room_for(bytes.len() as u64)?;
        }
        self.machine.tree.change(real, |node| {
            node.mtime = now;
            match &mut node.content {
                Content::File(old) if append => Arc::make_mut(old).extend_from_slice(bytes),
                content => *content = Content::File(Arc::new(bytes.to_vec())),
            }
        })
    }

    /// Makes a folder.
    pub fn make_dir(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        let path = self.reach(path)?;
        let path = path.trim_end_matches('/');
        if path.is_empty() || self.machine.tree.get_link(path).is_ok() {
            return Err(Errno::Exists);
        }
        let real = self.machine.tree.real_parent(path)?;
        self.may_change_folder_of(&real)?;
        self.room_for(4096)?;
        let node = Node::new(mode, Content::Dir(std::collections::BTreeMap::new()))
            .owned_by(self.owner())
            .changed_at(self.machine.clock);
        self.machine.tree.put(&real, node)
    }

    /// Makes a symbolic link.
    pub fn make_link(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        let node = Node::link(target).owned_by(self.owner());
        self.put_new(path, node)
    }

    /// Puts a node, such as a copy, where nothing is yet or over a file.
    pub fn put(&mut self, path: &str, node: Node) -> Result<(), Errno> {
        let path = self.reach(path)?;
        if path.ends_with('/') && !node.is_dir() {
            return Err(Errno::NotADirectory);
        }
        let real = self.machine.tree.real_parent(&path)?;
        if let Ok(there) = self.machine.tree.get_link(&real)
            && there.is_dir()
            && !node.is_dir()
        {
            return Err(Errno::IsADirectory);
        }
        self.may_change_folder_of(&real)?;
        self.room_for(node.weight_of_all())?;
        let node = Node {
            mtime: self.machine.clock,
            ..node
        };
        self.machine.tree.put(&real, node)
    }

    fn put_new(&mut self, path: &str, node: Node) -> Result<(), Errno> {
        if self.get_link(path).is_ok() {
            return Err(Errno::Exists);
        }
        self.put(path, node)
    }

    /// Takes a file or a whole folder away.
    pub fn remove(&mut self, path: &str) -> Result<Arc<Node>, Errno> {
        let path = self.reach(path)?;
        let real = self.machine.tree.real_parent(&path)?;
        self.machine.tree.get_link(&real)?;
        self.may_change_folder_of(&real)?;
        self.machine.tree.remove(&real)
    }

    /// Moves a node to another path, over a file that is there.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let to_real = self.machine.tree.real_parent(&self.reach(to)?)?;
        let from_real = self.machine.tree.real_parent(&self.reach(from)?)?;
        let node = self.machine.tree.get_link(&from_real)?.clone();
        if to.ends_with('/') && !node.is_dir() {
            return Err(Errno::NotADirectory);
        }
        if from_real == to_real {
            return Ok(());
        }
        if to_real.starts_with(&format!("{}/", from_real.trim_end_matches('/'))) {
            return Err(Errno::Invalid);
        }
        match self
            .machine
            .tree
            .get_link(&to_real)
            .map(|there| &there.content)
        {
            Ok(Content::Dir(names)) if !node.is_dir() || !names.is_empty() => {
                return Err(if node.is_dir() {
                    Errno::NotEmpty
                } else {
                    Errno::IsADirectory
                });
            }
            Ok(content) if node.is_dir() && !matches!(content, Content::Dir(_)) => {
                return Err(Errno::NotADirectory);
            }
            _ => {}
        }
        self.may_change_folder_of(&from_real)?;
        self.may_change_folder_of(&to_real)?;
        self.machine.tree.remove(&from_real)?;
        self.machine.tree.put(&to_real, node)
    }

    /// Changes mode or owner of a node; only whose it is may, and only root gives a file away.
    pub fn change(
        &mut self,
        path: &str,
        owner_too: bool,
        change: impl FnOnce(&mut Node),
    ) -> Result<(), Errno> {
        let path = self.reach(path)?;
        let node = self.machine.tree.get(&path)?;
        if self.user == User::Person && (node.owner == Owner::Root || owner_too) {
            return Err(Errno::NotPermitted);
        }
        if is_kernels(&self.machine.tree.real_path(&path)?) {
            return Err(Errno::NotPermitted);
        }
        self.machine.tree.change(&path, change)
    }

    /// The path, if this user may go through all folders on the way.
    fn reach(&self, path: &str) -> Result<String, Errno> {
        if path.is_empty() {
            return Err(Errno::NotFound);
        }
        let path = absolute(self.cwd, path);
        let lets = |folder: &Node| self.allows(folder, 1);
        if self.user == User::Person && !self.machine.tree.lets_through(&path, lets) {
            return Err(Errno::Denied);
        }
        Ok(path)
    }

    fn may_change_folder_of(&self, real: &str) -> Result<(), Errno> {
        let (folder, _) = split(real).ok_or(Errno::NotPermitted)?;
        let node = self.machine.tree.get(&folder)?;
        if !node.is_dir() {
            return Err(Errno::NotADirectory);
        }
        if is_kernels(&join(&folder, "x")) {
            return Err(if self.machine.tree.exists(real) {
                Errno::NotPermitted
            } else if self.user == User::Root {
                Errno::NotFound
            } else {
                Errno::Denied
            });
        }
        if self.allows(node, 3) {
            Ok(())
        } else {
            Err(Errno::Denied)
        }
    }

    fn room_for(&self, bytes: u64) -> Result<(), Errno> {
        if self.machine.disk_free() < bytes {
            Err(Errno::NoSpace)
        } else {
            Ok(())
        }
    }

    fn owner(&self) -> Owner {
        match self.user {
            User::Root => Owner::Root,
            User::Person => Owner::User,
        }
    }
}

/// Writes to a file that the kernel makes up: few take anything.
fn write_kernel_file(path: &str, bytes: &[u8]) -> Result<(), Errno> {
    let takes = path == "/proc/sys/vm/drop_caches" || path == "/sys/bus/pci/rescan";
    if takes || bytes.is_empty() {
        Ok(())
    } else {
        Err(Errno::Untold)
    }
}

/// Whether a path is in a file system that the kernel makes up.
fn is_kernels(real: &str) -> bool {
    real.starts_with("/proc/") || real.starts_with("/sys/")
}
