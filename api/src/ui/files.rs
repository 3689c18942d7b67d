//! The built web UI within the program: scripts, styles, fonts, and the page that all its addresses begin with. Packed
//! with brotli by the UI's own build. Empty if the UI was not built: the program works without it.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::compression::takes;
use crate::hex::hex;

/// A file: its address, its bytes, and packed with brotli if that is shorter.
type Built = (&'static str, &'static [u8], Option<&'static [u8]>);

/// All of `ui/dist`, by address.
const BUILT: &[Built] = include!(concat!(env!("OUT_DIR"), "/ui.rs"));
/// The page that a browser gets at each of the UI's addresses.
const SHELL: &str = "/index.html";
/// Files with a hash of their content in their name lie here.
const HASHED: &str = "/assets/";
/// For files whose name changes with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For all others.
const REVALIDATE: &str = "no-cache";

struct File {
    bytes: &'static [u8],
    packed: Option<&'static [u8]>,
    etag: String,
    media_type: &'static str,
    cache: &'static str,
}

/// The built files, ready to be sent.
pub(crate) struct Files {
    by_path: BTreeMap<&'static str, File>,
    shell: Option<&'static str>,
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

impl Default for Files {
    fn default() -> Self {
        let shell = BUILT.iter().find(|(path, ..)| *path == SHELL).and_then(|(_, b, _)| std::str::from_utf8(b).ok());
        let file = |(path, bytes, packed): &Built| {
            let hash: [u8; 32] = Sha256::digest(bytes).into();
            let etag = hex(hash.get(..12).unwrap_or_default());
            let cache = if path.starts_with(HASHED) { FOR_EVER } else { REVALIDATE };
            (*path, File { bytes, packed: *packed, etag, media_type: media_type(path), cache })
        };
        let sent = BUILT.iter().filter(|(path, ..)| *path != SHELL);
        Self { by_path: sent.map(file).collect(), shell }
    }
}

impl Files {
    /// Whether there is a UI: it was built before the program was.
    pub(crate) fn is_built(&self) -> bool {
        self.shell.is_some()
    }

    /// The page that all addresses begin with, without what belongs to one of them; none if the UI was not built.
    pub(super) fn shell(&self) -> Option<&'static str> {
        self.shell
    }

    /// The file at an address, in the form that the browser takes.
    pub(super) fn at(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let file = self.by_path.get(path)?;
        let packed = file.packed.filter(|_| takes(headers, "br"));
        let mut response = Body::from(Bytes::from_static(packed.unwrap_or(file.bytes))).into_response();
        let answer = response.headers_mut();
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(file.cache));
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let form = if packed.is_some() { "-br" } else { "" };
        if let Ok(etag) = HeaderValue::try_from(format!("\"{}{form}\"", file.etag)) {
            answer.insert(header::ETAG, etag);
        }
        if packed.is_some() {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// What the UI is built of; `ui/build/sources.mjs` reads the same.
    const SOURCES: [&str; 7] =
        ["build", "index.html", "package-lock.json", "package.json", "public", "src", "vite.config.ts"];

    fn collect(at: &Path, files: &mut Vec<PathBuf>) {
        if at.is_dir() {
            for entry in std::fs::read_dir(at).unwrap() {
                collect(&entry.unwrap().path(), files);
            }
        } else {
            files.push(at.to_owned());
        }
    }

    /// A hash of the sources: of each file in the order of its path its path, a zero and its content's hash.
    fn sources() -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
        let mut files = Vec::new();
        for name in SOURCES {
            collect(&root.join(name), &mut files);
        }
        let mut named: Vec<(String, PathBuf)> =
            files.into_iter().map(|f| (f.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), f)).collect();
        named.sort();
        let mut all = Sha256::new();
        for (name, file) in named {
            all.update(name.as_bytes());
            all.update([0]);
            all.update(Sha256::digest(std::fs::read(file).unwrap()));
        }
        let hash: [u8; 32] = all.finalize().into();
        hex(&hash)
    }

    /// A UI that was built must be of the sources that lie beside it; `USHER_UI=required` asks for one.
    #[test]
    fn the_embedded_ui_is_neither_empty_nor_old() {
        if BUILT.is_empty() && std::env::var_os("USHER_UI").is_none() {
            return;
        }
        let paths: Vec<&str> = BUILT.iter().map(|(path, ..)| *path).collect();
        assert!(
            paths.len() > 5 && paths.contains(&SHELL),
            "the web UI was not built: npm run build in ui/ ({paths:?})"
        );
        let of = BUILT.iter().find(|(path, ..)| *path == "/sources.txt").map(|(_, bytes, _)| *bytes);
        assert_eq!(
            std::str::from_utf8(of.unwrap()).unwrap().trim(),
            sources(),
            "older than its sources: build it again"
        );
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_packed_ones_sent_to_who_takes_them() {
        let file = |cache| File { bytes: b"long", packed: Some(b"s"), etag: "e".into(), media_type: "text/css", cache };
        let by_path = BTreeMap::from([("/assets/a.css", file(FOR_EVER))]);
        let files = Files { by_path, shell: None };
        let plain = files.at("/assets/a.css", &HeaderMap::new()).unwrap();
        assert_eq!(
            (&plain.headers()["etag"], plain.headers().get("content-encoding")),
            (&"\"e\"".parse().unwrap(), None)
        );
        let takes = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"))]);
        let packed = files.at("/assets/a.css", &takes).unwrap();
        assert_eq!(
            (&packed.headers()["etag"], &packed.headers()["content-encoding"]),
            (&"\"e-br\"".parse().unwrap(), &"br".parse().unwrap())
        );
        assert!(files.at("/assets/b.css", &takes).is_none());
    }
}
