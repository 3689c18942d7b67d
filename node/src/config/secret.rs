//! Reading secrets from their files, and refusing one that others can read. Deliberately not kept in the configuration
//! itself, which people print and copy.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Fewest characters; the same bound as in `raft`.
const CHARS_MIN: usize = 16;

/// The secret in the file that a key of the configuration names, without white space around it; or what is wrong, with
/// the remedy.
pub(crate) fn read_secret(key: &str, file: &Path) -> Result<String, String> {
    let name = file.display();
    let told = |what: String| format!("{key} = {name}: {what}");
    let mode = fs::metadata(file)
        .map_err(|e| told(format!("{e}; make one: head -c 32 /dev/urandom | base64 > {name}; chmod 600 {name}")))?
        .permissions()
        .mode();
    if mode & OTHERS != 0 {
        return Err(told(format!("others may use it (mode {:o}): chmod 600 {name}", mode & 0o777)));
    }
    let text = fs::read_to_string(file).map_err(|e| told(e.to_string()))?;
    let text = text.trim();
    if text.len() < CHARS_MIN || !text.bytes().all(|c| c.is_ascii_graphic()) {
        return Err(told(format!("must be at least {CHARS_MIN} visible ASCII characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        assert!(read_secret("cluster.secret_file", &file).unwrap_err().contains("make one"));
        fs::write(&file, "0123456789abcdef\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read_secret("cluster.secret_file", &file).unwrap_err().contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read_secret("cluster.secret_file", &file).as_deref(), Ok("0123456789abcdef"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "short").unwrap();
        assert!(read_secret("cluster.secret_file", &file).is_err());
    }
}
