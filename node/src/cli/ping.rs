//! `usher ping`: whether a node may take traffic. For container health checks and scripts; no key needed.

use std::time::Duration;

use super::Globals;

/// Asks `readyz` once.
pub(super) async fn run(globals: &Globals) -> anyhow::Result<()> {
    let answer = globals.rest().repeating_for(Duration::ZERO).get("/readyz").await?;
    globals.output().result(&answer, || "ready".to_owned());
    Ok(())
}
