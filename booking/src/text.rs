//! Checks of texts and numbers that staff enter: each names the member that is wrong.

use crate::digest;
use crate::limits;
use crate::rejection::Rejection;

/// E-mail addresses by which they are found, whatever the case of their letters and the blanks around them; none if it is
/// empty. Two may have the same: compare them.
pub(crate) fn address_key(email: &str) -> Option<u128> {
    let email = email.trim_ascii().to_ascii_lowercase();
    (!email.is_empty()).then(|| digest::hash(email.as_str()))
}

/// A rule about a value was broken.
pub(crate) fn violated(what: String) -> Rejection {
    Rejection::RuleViolated(what.into())
}

/// There are as many of something as there may be.
pub(crate) fn too_many(what: &str, max: usize) -> Rejection {
    violated(format!("an organization can have at most {max} {what}"))
}

/// A name: not blank, not too long.
pub(crate) fn name(member: &str, value: &str) -> Result<(), Rejection> {
    if value.trim().is_empty() {
        return Err(violated(format!("{member} must not be empty")));
    }
    at_most(member, value, limits::NAME_CHARS_MAX)
}

/// A text that may be empty.
pub(crate) fn at_most(member: &str, value: &str, max: usize) -> Result<(), Rejection> {
    if value.chars().count() > max {
        return Err(violated(format!("{member} must have at most {max} characters")));
    }
    Ok(())
}

/// A number within bounds.
pub(crate) fn between<N: PartialOrd + Copy + std::fmt::Display>(
    member: &str,
    value: N,
    min: N,
    max: N,
) -> Result<(), Rejection> {
    if value < min || value > max {
        return Err(violated(format!("{member} must be {min} to {max}, not {value}")));
    }
    Ok(())
}
