//! Names that nobody else has and secrets that nobody guesses, from the system's randomness. Not from the seed: a
//! provider that is started again on its data would give the same ones again.

use super::refusal::Refusal;

/// So many random bytes, as hexadecimal digits.
pub(super) fn draw<const BYTES: usize>(prefix: &str) -> Result<String, Refusal> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::no_randomness())?;
    Ok(bytes.iter().fold(prefix.to_owned(), |text, byte| format!("{text}{byte:02x}")))
}

/// Id of a new intent, and the secret that its hosted page asks for.
pub(super) fn new_intent() -> Result<(String, String), Refusal> {
    let id = draw::<12>("pi_")?;
    let secret = draw::<16>(&format!("{id}_secret_"))?;
    Ok((id, secret))
}

/// Id of a new refund.
pub(super) fn new_refund() -> Result<String, Refusal> {
    draw::<12>("re_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_look_alike_and_are_not() {
        let (id, secret) = new_intent().unwrap();
        assert_eq!((id.len(), secret.len()), (27, 27 + 8 + 32));
        assert!(secret.starts_with(&id));
        assert_ne!(new_intent().unwrap().0, id);
        assert!(new_refund().unwrap().starts_with("re_"));
    }
}
