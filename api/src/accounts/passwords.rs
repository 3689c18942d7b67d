//! Passwords: what may be one, hashing, comparing. On threads of their own, a few at a time, for each costs 19 MiB and
//! tens of ms: a storm of sign-ins must not hold up who buys.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::app::App;
use crate::problem::{Kind, Problem};

/// Characters of a password, and bytes: OWASP ASVS 5.0 6.2.1 and 6.2.9 (at least 8, 64 and more taken), and a bound.
const CHARS_MIN: usize = 10;
const BYTES_MAX: usize = 256;
/// Argon2id with 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet, second row (2025).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Those that are guessed first, of ten characters and more: enough of them that a guesser gains nothing by the list.
static COMMON: LazyLock<std::collections::HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

fn hasher() -> Argon2<'static> {
    // These are within the bounds of the algorithm, which a test hashes with.
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// What is compared for an address that nobody has, so that it takes as long.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

fn hash_now(password: &str) -> Result<String, Problem> {
    let hash = hasher().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Kind::Internal.problem()
    })
}

/// What may not be a password, for `pointer` of the body. Nothing is cut off or changed.
fn check(pointer: &str, password: &str) -> Result<(), Problem> {
    let wrong = |why: &str| Err(Kind::RuleViolated.detail(format!("{} {why}", pointer.trim_start_matches('/'))));
    if password.chars().count() < CHARS_MIN {
        return wrong("must have at least 10 characters");
    }
    if password.len() > BYTES_MAX {
        return wrong("must have at most 256 bytes");
    }
    if COMMON.contains(password.to_ascii_lowercase().as_str()) {
        return wrong("is one of those that are guessed first: choose another");
    }
    Ok(())
}

/// The hash of a password that may be one.
pub(crate) async fn hash(app: &App, pointer: &str, password: String) -> Result<Box<str>, Problem> {
    check(pointer, &password)?;
    app.hashers.read(move || hash_now(&password)).await?.map(Into::into)
}

/// What became of comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It is another password, or nobody's.
    Wrong,
    /// It is the password.
    Right,
    /// It is, and was hashed with parameters that are no longer the best: this is its hash with today's.
    Renewed(Box<str>),
}

/// Compares a password with a hash; takes as long if there is none.
pub(crate) async fn compare(app: &App, password: String, hash: Option<Arc<str>>) -> Result<Compared, Problem> {
    if password.len() > BYTES_MAX {
        return Ok(Compared::Wrong);
    }
    app.hashers.read(move || compare_now(&password, hash.as_deref())).await
}

fn compare_now(password: &str, hash: Option<&str>) -> Compared {
    let Some(read) = hash.or(NOBODYS.as_deref()).and_then(|hash| PasswordHash::new(hash).ok()) else {
        return Compared::Wrong;
    };
    let is_right = hasher().verify_password(password.as_bytes(), &read).is_ok() && hash.is_some();
    if !is_right {
        return Compared::Wrong;
    }
    let best = Params::try_from(&read).is_ok_and(|p| p.m_cost() >= MEMORY_KIB && p.t_cost() >= PASSES);
    if best && read.algorithm.as_str() == "argon2id" {
        return Compared::Right;
    }
    hash_now(password).map_or(Compared::Right, |hash| Compared::Renewed(hash.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let hash = hash_now("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(compare_now("correct horse battery", Some(&hash)), Compared::Right);
        assert_eq!(compare_now("correct horse batterY", Some(&hash)), Compared::Wrong);
        assert_eq!(compare_now("nobody has this password", None), Compared::Wrong);
    }

    #[test]
    fn a_weaker_hash_is_renewed() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8 * 1024, 1, 1, None).unwrap());
        let old = weak.hash_password(b"correct horse battery").unwrap().to_string();
        let Compared::Renewed(new) = compare_now("correct horse battery", Some(&old)) else { panic!("not renewed") };
        assert_eq!(compare_now("correct horse battery", Some(&new)), Compared::Right);
    }

    #[test]
    fn short_long_and_common_ones_are_refused_and_all_others_taken_as_they_are() {
        for bad in ["", "ninechars", &"x".repeat(257), "1234567890", "Password123"] {
            assert!(check("/password", bad).is_err(), "{bad}");
        }
        for good in ["ten chars!", "пароль-для-театра", &"x y".repeat(80), "  blanks around  "] {
            assert!(check("/password", good).is_ok(), "{good}");
        }
    }
}
