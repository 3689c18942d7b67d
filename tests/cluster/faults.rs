//! Damage from outside: networks that can be cut, disks that can be full, wall clocks that jump, files that rot.
//! What a machine does not allow fails the test with a clear text; nothing is skipped.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

/// Runs a system program that must succeed.
fn run(line: &[&str]) {
    let out = Command::new(line[0]).args(&line[1..]).output();
    let out = out.unwrap_or_else(|e| panic!("{}: {e}; this test needs it installed", line.join(" ")));
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {told} (this test needs root and network namespaces or mounts)", line.join(" "));
}

/// Runs a system program whose failure is of no interest: clearing away.
fn try_run(line: &[&str]) {
    let _ = Command::new(line[0]).args(&line[1..]).output();
}

/// Network namespaces, one a node, with two cables each: one to the clients (and this program), one to a switch that
/// the peers share. Pulling the latter cuts a node off from its peers while clients still reach it.
pub(crate) struct Switch {
    /// Tells this switch's devices from those of other runs; they have at most 15 characters.
    name: String,
    subnet: u16,
    nodes: usize,
}

impl Switch {
    pub(crate) fn new(nodes: usize) -> Self {
        static SWITCHES: AtomicU16 = AtomicU16::new(0);
        let subnet = (std::process::id() as u16).wrapping_mul(4).wrapping_add(SWITCHES.fetch_add(1, Ordering::Relaxed));
        let switch = Self { name: format!("us{subnet:04x}"), subnet: subnet % 250, nodes };
        let name = &switch.name;
        let (clients, peers) = (format!("{name}c"), format!("{name}p"));
        for bridge in [&clients, &peers] {
            run(&["ip", "link", "add", bridge, "type", "bridge"]);
            run(&["ip", "link", "set", bridge, "up"]);
        }
        run(&["ip", "addr", "add", &format!("10.211.{}.254/24", switch.subnet), "dev", &clients]);
        for number in 1..=nodes {
            let space = switch.space(number);
            run(&["ip", "netns", "add", &space]);
            run(&["ip", "-n", &space, "link", "set", "lo", "up"]);
            for (bridge, kind, net) in [(&clients, "c", 211), (&peers, "p", 212)] {
                let (outer, inner) = (format!("{name}{kind}{number}"), format!("e{kind}"));
                run(&["ip", "link", "add", &outer, "type", "veth", "peer", "name", &inner, "netns", &space]);
                run(&["ip", "link", "set", &outer, "master", bridge, "up"]);
                let address = format!("10.{net}.{}.{number}/24", switch.subnet);
                run(&["ip", "-n", &space, "addr", "add", &address, "dev", &inner]);
                run(&["ip", "-n", &space, "link", "set", &inner, "up"]);
            }
        }
        switch
    }

    fn space(&self, number: usize) -> String {
        format!("{}n{number}", self.name)
    }

    /// HTTP and peer address of a node.
    pub(crate) fn addresses(&self, number: usize) -> (SocketAddr, SocketAddr) {
        let at = |net: u8, port: u16| SocketAddr::from(([10, net, self.subnet as u8, number as u8], port));
        (at(211, 8080), at(212, 8180))
    }

    /// What a node's command line begins with.
    pub(crate) fn command(&self, number: usize) -> Vec<String> {
        ["ip", "netns", "exec", &self.space(number)].map(str::to_owned).into()
    }

    /// Pulls a node's cable to its peers: packets vanish, connections stay as they are.
    pub(crate) fn cut(&self, number: usize) {
        run(&["ip", "link", "set", &format!("{}p{number}", self.name), "nomaster"]);
    }

    /// Plugs it in again.
    pub(crate) fn heal(&self, number: usize) {
        let cable = format!("{}p{number}", self.name);
        run(&["ip", "link", "set", &cable, "master", &format!("{}p", self.name)]);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        for number in 1..=self.nodes {
            try_run(&["ip", "netns", "del", &self.space(number)]);
        }
        for kind in ["c", "p"] {
            try_run(&["ip", "link", "del", &format!("{}{kind}", self.name)]);
        }
    }
}

/// A disk of its own that can be filled.
pub(crate) struct SmallDisk {
    pub(crate) folder: PathBuf,
    _place: tempfile::TempDir,
}

impl SmallDisk {
    pub(crate) fn new(mebibytes: usize) -> Self {
        let place = tempfile::Builder::new().prefix("usher-disk-").tempdir().unwrap();
        let folder = place.path().to_owned();
        let size = format!("size={mebibytes}m");
        run(&["mount", "-t", "tmpfs", "-o", &size, "usher-test", folder.to_str().unwrap()]);
        Self { folder, _place: place }
    }

    /// Takes all that is free.
    pub(crate) fn fill(&self) {
        let mut file = fs::File::create(self.folder.join("filler")).unwrap();
        let some = vec![1; 64 << 10];
        let error = loop {
            if let Err(error) = file.write_all(&some) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a node that is about to end may still have files open.
        try_run(&["umount", "--lazy", self.folder.to_str().unwrap_or_default()]);
    }
}

/// A wall clock that jumps for one node; its boot-time clock runs on as before.
pub(crate) struct WallClock {
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl WallClock {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Self { file: folder.path().join("offset"), _folder: folder };
        clock.jump(0);
        clock
    }

    /// Sets it to the real time plus so many seconds.
    pub(crate) fn jump(&self, seconds: i64) {
        fs::write(&self.file, format!("{seconds:+}\n")).unwrap();
    }

    /// What the node's environment needs.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let places = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
        let find = Command::new("find").args(places).args(["-name", "libfaketimeMT.so.1"]).output();
        let found = find.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        let library = found.lines().next().unwrap_or_default().to_owned();
        assert!(!library.is_empty(), "libfaketime is not installed (Debian package faketime); this test needs it");
        vec![
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap().to_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_UTIME", "1".to_owned()),
        ]
    }
}

/// Flips one bit of a file.
pub(crate) fn flip_bit(file: &Path, offset: u64) {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&[byte[0] ^ 0x10]).unwrap();
    file.sync_all().unwrap();
}

/// Zeroes everything from an offset on, as a write that never reached the disk leaves it.
pub(crate) fn tear(file: &Path, offset: u64) {
    let len = fs::metadata(file).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&vec![0; usize::try_from(len - offset).unwrap()]).unwrap();
    file.sync_all().unwrap();
}

/// Offset after the last byte of a file that is not zero: where a file that was laid out in advance ends in truth.
pub(crate) fn written_end(file: &Path) -> u64 {
    let bytes = fs::read(file).unwrap();
    bytes.iter().rposition(|b| *b != 0).map_or(0, |n| n as u64 + 1)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    run(&["cp", "-a", from.to_str().unwrap(), to.to_str().unwrap()]);
}

/// The files of a folder with an ending, by name.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.is_file() && p.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}
