//! Damage from outside: disks that can be full, wall clocks that jump, files that rot (networks: see `network`).
//! What a machine does not allow fails the test with a clear text; nothing is skipped.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a system program that must succeed.
pub fn run(line: &[&str]) -> String {
    let out = Command::new(line[0]).args(&line[1..]).output();
    let out = out.unwrap_or_else(|e| panic!("{}: {e}; this test needs it installed", line.join(" ")));
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {told} (this test needs root and network namespaces or mounts)", line.join(" "));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Runs a system program whose failure is of no interest: clearing away.
pub fn try_run(line: &[&str]) {
    let _ = Command::new(line[0]).args(&line[1..]).output();
}

/// A disk of its own that can be filled, and lose power if it is kept by `LazyFS`.
pub struct SmallDisk {
    pub folder: PathBuf,
    mounted: PathBuf,
    cache: Option<LazyFs>,
    _place: tempfile::TempDir,
}

/// A file system that keeps what was not synced to itself, and forgets it when told to.
struct LazyFs {
    child: std::process::Child,
    orders: PathBuf,
    done: fs::File,
}

impl SmallDisk {
    pub fn new(mebibytes: usize) -> Self {
        let place = tempfile::Builder::new().prefix("usher-disk-").tempdir().unwrap();
        let folder = place.path().to_owned();
        let size = format!("size={mebibytes}m");
        run(&["mount", "-t", "tmpfs", "-o", &size, "usher-test", folder.to_str().unwrap()]);
        Self { mounted: folder.clone(), folder, cache: None, _place: place }
    }

    /// One whose contents are kept by this `lazyfs`.
    pub fn on_lazyfs(mebibytes: usize, lazyfs: &Path) -> Self {
        let mut disk = Self::new(mebibytes);
        let at = |name: &str| disk.mounted.join(name);
        let (root, seen, settings) = (at("root"), at("seen"), at("lazyfs.toml"));
        let (orders, done) = (at("orders"), at("done"));
        for folder in [&root, &seen] {
            fs::create_dir(folder).unwrap();
        }
        let text = format!(
            "[faults]\nfifo_path=\"{}\"\nfifo_path_completed=\"{}\"\n[cache]\napply_eviction=false\n\
             [cache.simple]\ncustom_size=\"0.5GB\"\nblocks_per_page=1\n[filesystem]\nlog_all_operations=false\n\
             logfile=\"{}\"\n",
            orders.display(),
            done.display(),
            at("lazyfs.log").display()
        );
        fs::write(&settings, text).unwrap();
        let child = Command::new(lazyfs)
            .arg(&seen)
            .arg("--config-path")
            .arg(&settings)
            .args(["-o", "allow_other", "-o", "modules=subdir", "-o"])
            .arg(format!("subdir={}", root.display()))
            .arg("-f")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{}: {e}", lazyfs.display()));
        let is_mounted = || fs::read_to_string("/proc/mounts").unwrap().contains(seen.to_str().unwrap());
        while !is_mounted() || !orders.exists() || !done.exists() {
            assert!(child.try_wait().unwrap().is_none(), "{} has ended", lazyfs.display());
            std::thread::yield_now();
        }
        disk.folder = seen;
        // It waits for whoever wants to know.
        let done = fs::File::open(&done).unwrap();
        disk.cache = Some(LazyFs { child, orders, done });
        disk
    }

    /// What was not synced is gone. Nobody may have a file open.
    pub fn lose_power(&self) {
        let cache = self.cache.as_ref().expect("a disk on LazyFS");
        fs::write(&cache.orders, "lazyfs::clear-cache\n").unwrap();
        let mut told = [0; 100];
        let length = (&cache.done).read(&mut told).unwrap();
        let told = String::from_utf8_lossy(&told[..length]);
        assert!(told.contains("finished::clear-cache"), "LazyFS says {told:?}");
    }

    /// Copies what is on it, for whoever looks for the reason of a failure.
    pub fn copy_to(&self, folder: &Path) {
        try_run(&[
            "cp",
            "-a",
            self.folder.join("data").to_str().unwrap_or_default(),
            folder.to_str().unwrap_or_default(),
        ]);
    }

    /// Takes all that is free.
    pub fn fill(&self) {
        let mut file = fs::File::create(self.mounted.join("filler")).unwrap();
        let some = vec![1; 64 << 10];
        let error = loop {
            if let Err(error) = file.write_all(&some) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
    }

    /// Gives it back.
    pub fn free(&self) {
        fs::remove_file(self.mounted.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a node that is about to end may still have files open.
        if let Some(cache) = &mut self.cache {
            try_run(&["umount", "--lazy", self.folder.to_str().unwrap_or_default()]);
            let _ = cache.child.kill();
            let _ = cache.child.wait();
        }
        try_run(&["umount", "--lazy", self.mounted.to_str().unwrap_or_default()]);
    }
}

/// A wall clock that jumps for one node; its boot-time clock runs on as before.
pub struct WallClock {
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl WallClock {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Self { file: folder.path().join("offset"), _folder: folder };
        clock.jump(0);
        clock
    }

    /// Sets it to the real time plus so many seconds.
    pub fn jump(&self, seconds: i64) {
        // A rate stays until another is named.
        fs::write(&self.file, format!("{seconds:+} x1.0\n")).unwrap();
    }

    /// Lets it run at another rate from now on.
    pub fn run_at(&self, rate: f64) {
        fs::write(&self.file, format!("+0 x{rate:.1}\n")).unwrap();
    }

    /// What the node's environment needs.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
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
pub fn flip_bit(file: &Path, offset: u64) {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&[byte[0] ^ 0x10]).unwrap();
    file.sync_all().unwrap();
}

/// Zeroes everything from an offset on, as a write that never reached the disk leaves it.
pub fn tear(file: &Path, offset: u64) {
    let len = fs::metadata(file).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&vec![0; usize::try_from(len - offset).unwrap()]).unwrap();
    file.sync_all().unwrap();
}

/// Offset after the last byte of a file that is not zero: where a file that was laid out in advance ends in truth.
pub fn written_end(file: &Path) -> u64 {
    let bytes = fs::read(file).unwrap();
    bytes.iter().rposition(|b| *b != 0).map_or(0, |n| n as u64 + 1)
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    run(&["cp", "-a", from.to_str().unwrap(), to.to_str().unwrap()]);
}

/// The files of a folder with an ending, by name.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.is_file() && p.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}
