//! `usher watch`: a showtime's map and counts in the terminal, live. A viewer like any other: it subscribes, fetches
//! the snapshot, applies frames, and starts over when told to. Deliberately reads only; selling is the REST API's.

mod draw;
mod follow;
mod socket;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::{Globals, Output};
use crate::client::{Failure, Rest, text};
use draw::{House, Screen};
use follow::{Map, Step};
use socket::Socket;

/// Drawn at most this often.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// Between two attempts to reach the node again.
const PAUSE: Duration = Duration::from_secs(1);
/// Into the alternate screen without a cursor, and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// `usher watch …`
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The showtime (sht_…).
    showtime: String,
    /// Print the map once and end.
    #[arg(long)]
    once: bool,
    /// Show the rows of this section only, by its name or id.
    #[arg(long)]
    section: Option<String>,
}

/// Leaves the alternate screen however the view ends.
struct Alternate;

impl Alternate {
    fn enter() -> Self {
        put(ENTER);
        Self
    }
}

impl Drop for Alternate {
    fn drop(&mut self) {
        put(LEAVE);
    }
}

fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever closed the terminal sees nothing anyway.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Shows a showtime until Ctrl-C.
pub(crate) async fn run(args: WatchArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut rest = globals.rest();
    let output = globals.output();
    let showtime = rest.get(&format!("/api/v1/showtimes/{}", args.showtime)).await?;
    let event = rest.get(&format!("/api/v1/events/{}", text(&showtime, "event"))).await?;
    let geometry = rest.get(&format!("/api/v1/plans/{}/geometry", text(&showtime, "plan"))).await?;
    let title = format!("{}, {}", text(&event, "title"), text(&showtime, "starts_at"));
    let house = House::read(&geometry, title, args.section.as_deref())?;
    if args.once {
        let map = snapshot(&mut rest, &args.showtime, &house, 0).await?;
        let screen = Screen { columns: draw::columns(), lines: usize::MAX, color: std::io::stdout().is_terminal() };
        output.result(&counts(&map), || draw::draw(&house, &map, screen));
        return Ok(());
    }
    let live = !output.is_json() && std::io::stdout().is_terminal();
    let _alternate = live.then(Alternate::enter);
    tokio::select! {
        ended = follow_for_ever(&args.showtime, &house, globals, output, live) => ended,
        () = crate::demo::asked_to_stop()? => Ok(()),
    }
}

fn counts(map: &Map) -> Value {
    let [free, held, sold, blocked] = map.counts();
    json!({
        "index": map.index,
        "epoch": map.epoch,
        "seats": {"free": free, "held": held, "sold": sold, "blocked": blocked},
        "areas": map.areas.iter().map(|(area, free)| json!({"id": area, "free": free})).collect::<Vec<_>>(),
    })
}

/// The state at `index` or later.
async fn snapshot(rest: &mut Rest, showtime: &str, house: &House, index: u64) -> Result<Map, Failure> {
    let min = if index == 0 { rest.seen_index() } else { index };
    rest.wait_for_index(min);
    let seats = rest.get(&format!("/api/v1/showtimes/{showtime}/seats")).await?;
    let availability = rest.get(&format!("/api/v1/showtimes/{showtime}/availability")).await?;
    Ok(Map::of(&seats, &availability, &house.area_ids))
}

async fn follow_for_ever(
    showtime: &str,
    house: &House,
    globals: &Globals,
    output: Output,
    live: bool,
) -> anyhow::Result<()> {
    loop {
        match follow(showtime, house, globals, output, live).await {
            Ok(()) => {}
            Err(error) if error.downcast_ref::<Failure>().is_some_and(|f| !f.is_passing()) => return Err(error),
            Err(error) => {
                output.say(format!("{error:#}; trying again"));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Subscribes and follows; ends when the node says to start over.
async fn follow(showtime: &str, house: &House, globals: &Globals, output: Output, live: bool) -> anyhow::Result<()> {
    let mut rest = globals.rest();
    let mut socket = Socket::open(&globals.server).await?;
    socket.say(&json!({"subscribe": {"showtime": showtime}})).await?;
    let index = loop {
        let message = socket.hear().await?;
        if let Some(subscribed) = message.get("subscribed") {
            break subscribed.get("index").and_then(Value::as_u64).context("subscribed without an index")?;
        }
        if message.get("error").is_some() || message.get("resync").is_some() {
            anyhow::bail!("the node answered {message}");
        }
    };
    let mut map = snapshot(&mut rest, showtime, house, index).await?;
    show(house, &map, output, live);
    let mut drawn = Instant::now();
    let mut due = false;
    loop {
        let message = if due {
            match tokio::time::timeout_at(drawn + DRAW_EVERY, socket.hear()).await {
                Ok(message) => Some(message?),
                Err(_) => None,
            }
        } else {
            Some(socket.hear().await?)
        };
        match message.as_ref().map(|m| map.take(m)) {
            Some(Step::Resync) => return Ok(()),
            Some(Step::Changed) => due = true,
            Some(Step::Same) | None => {}
        }
        if due && drawn.elapsed() >= DRAW_EVERY {
            show(house, &map, output, live);
            (drawn, due) = (Instant::now(), false);
        }
    }
}

fn show(house: &House, map: &Map, output: Output, live: bool) {
    if live {
        let screen = Screen { columns: draw::columns(), lines: draw::lines(), color: true };
        // Each line is cleared to its end, and all below the last: nothing flickers.
        let text = draw::draw(house, map, screen).replace('\n', "\x1b[K\r\n");
        put(&format!("\x1b[H{text}\x1b[K\x1b[J"));
    } else if output.is_json() {
        put(&format!("{}\n", counts(map)));
    } else {
        let [free, held, sold, blocked] = map.counts();
        output.say(format!("index {}: free {free}  held {held}  sold {sold}  blocked {blocked}", map.index));
    }
}
