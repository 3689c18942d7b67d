//! Exit codes: part of the interface, told by `--help`. Not for programs that need more than the kind: `--json` and
//! the REST API name the problem's code.

use std::fmt;

use crate::client::Failure;
use crate::config::Mistakes;

pub(super) const OK: u8 = 0;
pub(super) const FAILED: u8 = 1;
pub(super) const USAGE: u8 = 2;
pub(super) const NO_CONNECTION: u8 = 3;
pub(super) const TRY_AGAIN: u8 = 4;
pub(super) const CONFIGURATION: u8 = 5;

/// What `--help` says of them.
pub(super) const MANUAL: &str = "Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 no connection to the node; \
    4 the cluster could not answer now, or the outcome is unknown: try again; 5 the configuration is wrong.";

/// A command looked at the matter and says no: exit code 1 with this text.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The exit code that an error stands for.
pub(super) fn code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Mistakes>().is_some() {
        return CONFIGURATION;
    }
    match error.downcast_ref::<Failure>() {
        Some(Failure::NoConnection(_)) => NO_CONNECTION,
        Some(failure) if failure.is_passing() => TRY_AGAIN,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn refused(status: u16) -> anyhow::Error {
        Failure::Refused { status, code: String::new(), detail: String::new(), problem: Value::Null }.into()
    }

    #[test]
    fn codes_tell_kinds_of_failure_apart() {
        assert_eq!(code(&refused(409)), FAILED);
        assert_eq!(code(&refused(503)), TRY_AGAIN);
        assert_eq!(code(&refused(504)), TRY_AGAIN);
        assert_eq!(code(&Failure::NoConnection(String::new()).into()), NO_CONNECTION);
        assert_eq!(code(&Mistakes(Vec::new()).into()), CONFIGURATION);
        assert_eq!(code(&Refused(String::new()).into()), FAILED);
        assert_eq!(code(&refused(401).context("while listing")), FAILED);
        assert_eq!(code(&refused(503).context("while listing")), TRY_AGAIN);
    }
}
