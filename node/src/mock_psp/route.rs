//! Paths and what they lead to. Not what is done there (see `api`, `page`).

use hyper::Method;

use super::refusal::Refusal;

/// A place in the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Health,
    Control,
    Intents,
    Intent(&'a str),
    Confirm(&'a str),
    Capture(&'a str),
    Cancel(&'a str),
    Refunds,
    Refund(&'a str),
    Events,
    Ledger,
    /// The hosted page.
    Pay(&'a str),
    /// The bank's question.
    Challenge(&'a str),
}

impl<'a> Route<'a> {
    /// Finds the place and checks the method.
    pub(super) fn find(method: &Method, path: &'a str) -> Result<Self, Refusal> {
        let route = Self::of(path).ok_or_else(Refusal::no_route)?;
        let allowed = route.methods();
        if allowed.iter().any(|allowed| allowed == method) {
            return Ok(route);
        }
        let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        Err(Refusal::method(&names.join(", ")))
    }

    fn of(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix('/')?.splitn(6, '/').collect();
        Some(match segments.as_slice() {
            ["healthz"] => Self::Health,
            ["control"] => Self::Control,
            ["v1", "payment_intents"] => Self::Intents,
            ["v1", "payment_intents", id] => Self::Intent(id),
            ["v1", "payment_intents", id, "confirm"] => Self::Confirm(id),
            ["v1", "payment_intents", id, "capture"] => Self::Capture(id),
            ["v1", "payment_intents", id, "cancel"] => Self::Cancel(id),
            ["v1", "refunds"] => Self::Refunds,
            ["v1", "refunds", id] => Self::Refund(id),
            ["v1", "events"] => Self::Events,
            ["v1", "ledger"] => Self::Ledger,
            ["pay", id] => Self::Pay(id),
            ["pay", id, "challenge"] => Self::Challenge(id),
            _ => return None,
        })
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Self::Health | Self::Intent(_) | Self::Refund(_) | Self::Events | Self::Ledger => &[Method::GET],
            Self::Control | Self::Intents | Self::Refunds | Self::Pay(_) | Self::Challenge(_) => {
                &[Method::GET, Method::POST]
            }
            Self::Confirm(_) | Self::Capture(_) | Self::Cancel(_) => &[Method::POST],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_somewhere() {
        for (method, path, route) in [
            (Method::GET, "/healthz", Route::Health),
            (Method::POST, "/v1/payment_intents", Route::Intents),
            (Method::GET, "/v1/payment_intents/pi_1", Route::Intent("pi_1")),
            (Method::POST, "/v1/payment_intents/pi_1/capture", Route::Capture("pi_1")),
            (Method::GET, "/v1/refunds/re_1", Route::Refund("re_1")),
            (Method::GET, "/pay/pi_1/challenge", Route::Challenge("pi_1")),
        ] {
            assert_eq!(Route::find(&method, path), Ok(route), "{path}");
        }
    }

    #[test]
    fn what_is_not_there_and_what_is_not_done_there() {
        for path in ["", "/", "/v1", "/v1/payment_intents/a/b", "/v1/payment_intents/a/capture/", "/healthz/", "*"] {
            assert_eq!(Route::find(&Method::GET, path).unwrap_err().status, 404, "{path}");
        }
        for (method, path, allowed) in [
            (Method::DELETE, "/v1/payment_intents/pi_1", "GET"),
            (Method::GET, "/v1/payment_intents/pi_1/capture", "POST"),
            (Method::PUT, "/control", "GET, POST"),
            (Method::HEAD, "/healthz", "GET"),
        ] {
            let refusal = Route::find(&method, path).unwrap_err();
            assert_eq!((refusal.status, refusal.message.ends_with(allowed)), (405, true), "{refusal:?}");
        }
    }
}
