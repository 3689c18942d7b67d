//! The interface against its own description: schemathesis asks every route of a running cluster for what the OpenAPI
//! document allows and forbids, and takes no 5xx and no undocumented answer. Bounded: a fixed seed, few examples.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{step, suite};

/// How long the demo may take until it has printed its key, in an unoptimised build on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(2);
const BUILD_LIMIT: Duration = Duration::from_mins(30);
const RUN_LIMIT: Duration = Duration::from_mins(10);
/// Examples of each route and phase.
const EXAMPLES: &str = "20";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Handing leadership on, removing nodes and ending the key that is used stop the test itself; a backup is no JSON; only the
/// payment provider can sign what its webhook takes.
const LEFT_OUT: &str = "/cluster/(leader|nodes|backup|init)|/keys/|/payments/webhook";
/// What is about the one who is signed in, and what would end the session that asks.
const SIGNED_IN: &str = "^/api/v1/(account|sessions)";
const SIGNS_OUT: &str = "/sessions/";
/// Members of paths with the prefix of the ids they take.
const IDS: [(&str, &str); 7] = [
    ("venue", "ven_"),
    ("plan", "pln_"),
    ("event", "evt_"),
    ("showtime", "sht_"),
    ("hold", "hld_"),
    ("order", "ord_"),
    ("ticket", "tkt_"),
];

/// Starts a one-node demo, sells a ticket, asks every route, ends it.
pub(crate) fn check() -> Result<()> {
    let Some(tool) = step::tool("schemathesis") else { return suite::missing("schemathesis", "the OpenAPI document") };
    step::run("build usher", step::cargo().args(["build", "--quiet", "--package", "node"]), BUILD_LIMIT)?;
    let folder = step::target().join("schema");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let demo = Demo::start(&folder)?;
    std::fs::write(folder.join("schemathesis.toml"), demo.dictionaries()?)?;
    let key = format!("Authorization: Bearer {}", demo.key);
    let mut by_key = ask(&tool, &demo, &folder, &key);
    by_key.args(["--exclude-path-regex", &format!("{LEFT_OUT}|{SIGNED_IN}")]);
    step::run("schema", &mut by_key, RUN_LIMIT)?;
    let session = format!("Cookie: {}", demo.sign_in()?);
    let mut signed_in = ask(&tool, &demo, &folder, &session);
    signed_in.args(["--include-path-regex", SIGNED_IN, "--exclude-path-regex", SIGNS_OUT]);
    step::run("schema, signed in", &mut signed_in, RUN_LIMIT)
}

fn ask(tool: &Path, demo: &Demo, folder: &Path, credentials: &str) -> Command {
    let mut command = Command::new(tool);
    command
        .current_dir(folder)
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(format!("http://127.0.0.1:{}/api/v1/openapi.json", demo.port))
        .args(["--header", credentials])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "7", "--generation-database", "none"])
        .args(["--phases", "examples,coverage,fuzzing", "--request-timeout", "10"])
        .args(["--continue-on-failure", "--no-color"]);
    command
}

/// A running `usher demo`, ended when it goes.
struct Demo {
    child: Child,
    port: u16,
    key: String,
}

impl Demo {
    fn start(folder: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut child = Command::new(step::target().join("debug/usher"))
            .args(["demo", "--nodes", "1", "--port", &port.to_string(), "--data"])
            .arg(folder.join("nodes"))
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start target/debug/usher")?;
        let output = child.stdout.take().context("no output")?;
        let mut demo = Self { child, port, key: String::new() };
        let (send, keys) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads on to the end, so that the demo never waits for us.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                for key in ids(&line, "usk_") {
                    drop(send.send(key));
                }
            }
        });
        match keys.recv_timeout(READY_WITHIN) {
            Ok(key) => demo.key = key,
            Err(_) => bail!("`usher demo` printed no API key within {} s", READY_WITHIN.as_secs()),
        }
        Ok(demo)
    }

    /// Sends a request; returns the answer's text, head and body.
    fn call(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "{method} /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Makes an account; returns its session's cookie.
    fn sign_in(&self) -> Result<String> {
        self.call("POST", "account/links", "{\"email\": \"ada@example.org\"}")?;
        let letters = self.call("GET", "mails", "")?;
        let links = ids(&letters, "usl_");
        let link = links.first().context("no letter has a link")?;
        let body = format!("{{\"token\": \"{link}\", \"name\": \"Ada\", \"password\": \"correct horse battery\"}}");
        let answer = self.call("POST", "account/links/follow", &body)?;
        let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = set.and_then(|set| set.split(';').next()).context("nobody was signed in")?;
        Ok(cookie.to_owned())
    }

    /// Sells a ticket and keeps a hold, so that every route has something to find; then the ids of all that is there as
    /// settings of schemathesis: most requests name a thing that exists, the others one that does not.
    fn dictionaries(&self) -> Result<String> {
        let mut seen = self.call("GET", "events", "")? + &self.call("GET", "venues", "")?;
        let events = ids(&seen, "evt_");
        let event = events.first().context("the demo has no event")?;
        let showtimes = self.call("GET", &format!("events/{event}/showtimes"), "")?;
        let found = ids(&showtimes, "sht_");
        let showtime = found.first().context("the demo has no showtime")?;
        seen += &showtimes;
        let hold = |quantity: u8| {
            let body = format!("{{\"best_available\": {{\"quantity\": {quantity}}}}}");
            self.call("POST", &format!("showtimes/{showtime}/holds"), &body)
        };
        seen += &hold(1)?;
        let sold = ids(&hold(2)?, "hld_");
        let sold = sold.first().context("the demo sells nothing")?;
        let order = format!(
            "{{\"holds\": [\"{sold}\"], \"buyer\": {{\"name\": \"A\", \"email\": \"a@example.org\"}}, \
             \"payment\": {{\"method\": \"box_office\", \"kind\": \"cash\"}}}}"
        );
        seen += &self.call("POST", "orders", &order)?;
        // An index a little ahead of the log is answered with 503, as documented: no fault, but 2 s of waiting each.
        // A run that lost its credentials on the way would pass everything and test nothing: it fails.
        let mut settings = "[warnings]\nfail-on = [\"missing_auth\"]\n\n\
            [parameters]\n\"header.X-Min-Log-Index\" = 1\n\n"
            .to_owned();
        for (member, prefix) in IDS {
            let mut values = ids(&seen, prefix);
            values.truncate(3);
            if values.is_empty() {
                bail!("the demo has nothing whose id begins with {prefix}");
            }
            writeln!(settings, "[dictionaries.{member}]\nvalues = {values:?}\n[parameters.\"path.{member}\"]")?;
            writeln!(settings, "dictionary = \"{member}\"\nprobability = 0.8\n")?;
        }
        Ok(settings)
    }
}

/// Every word of a text that begins with a prefix, once.
fn ids(text: &str, prefix: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c));
    let mut found: Vec<String> = Vec::new();
    for word in words.filter(|word| word.starts_with(prefix)) {
        if !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}

impl Drop for Demo {
    fn drop(&mut self) {
        step::signal(self.child.id(), "TERM");
        // Its nodes end with it; whoever stays is ended after a while.
        drop(step::wait(&mut self.child, Duration::from_secs(20)));
    }
}
