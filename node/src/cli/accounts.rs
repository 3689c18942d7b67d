//! `member` and `mails`: who works here, and the letter box of a cluster without a mail server.
//! Deliberately thin: REST calls. Signing in is for browsers.

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Globals, catalogue, output};
use crate::client::{Rest, text};

/// `usher member …`
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// The organization's members.
    List,
    /// Send somebody a link that makes a member.
    Invite {
        /// The address to send it to.
        email: String,
        /// What to be: scanner, staff or owner.
        #[arg(long)]
        role: String,
    },
    /// Change what a member is.
    Role {
        /// The member.
        user: String,
        /// What to be: scanner, staff or owner.
        role: String,
    },
    /// Remove a member.
    Remove {
        /// The member.
        user: String,
    },
}

/// The organization of the key.
async fn own(rest: &mut Rest) -> anyhow::Result<String> {
    let seen = rest.list("/api/v1/organizations").await?;
    // A key of the cluster sees all of them, its own among the first: that is whose first key it was.
    seen.first().map(|organization| text(organization, "id")).context("the key is of no organization")
}

/// `usher member …`
pub(super) async fn member(command: MemberCommand, globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    let organization = own(&mut rest).await?;
    let members = format!("/api/v1/organizations/{organization}/members");
    match command {
        MemberCommand::List => {
            let found = rest.list(&members).await?;
            let head = ["id", "name", "email", "role"];
            let rows: Vec<_> = found.iter().map(|member| catalogue::cells(member, &head)).collect();
            output.result(&Value::Array(found), || output::table(&head, &rows));
        }
        MemberCommand::Invite { email, role } => {
            let path = format!("/api/v1/organizations/{organization}/invitations");
            let sent = rest.post(&path, &json!({ "email": email, "role": role })).await?;
            output.result(&sent, || format!("{email} is invited; the letter is in `usher mails` until it is followed"));
        }
        MemberCommand::Role { user, role } => {
            let changed = rest.patch(&format!("{members}/{user}"), &json!({ "role": role })).await?;
            output.result(&changed, || format!("{user} is {role} now"));
        }
        MemberCommand::Remove { user } => {
            rest.delete(&format!("{members}/{user}")).await?;
            output.result(&Value::Null, || format!("{user} is no member any more"));
        }
    }
    Ok(())
}

/// `usher mails`
pub(super) async fn mails(globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    let mails = rest.list("/api/v1/mails").await?;
    let written = |mail: &Value| {
        let [at, to, subject, said] = ["at", "to", "subject", "text"].map(|member| text(mail, member));
        format!("{at}  {to}\n{subject}\n\n{said}\n")
    };
    let all: Vec<String> = mails.iter().map(written).collect();
    output.result(&Value::Array(mails), || all.join("\n"));
    Ok(())
}
