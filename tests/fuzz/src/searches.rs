//! What strangers may search for: parameters and cursors, over a small index. No panic, a refusal names a parameter, an
//! answer keeps its bounds, and a cursor is read only with the search it is of.

use std::sync::{Arc, OnceLock};

use booking::catalogue::EventState;
use booking::command::{Actor, CreateEvent, CreateOrganization};
use booking::ids::{EventId, OrganizationId};
use booking::{Command, Position, Proposal, Request, State};
use search::{Query, Search, Typed};

use crate::house::event_details;

const NAMES: [&str; 17] = [
    "q",
    "city",
    "category",
    "tag",
    "language",
    "near",
    "within_km",
    "from",
    "until",
    "currency",
    "price_min",
    "price_max",
    "accessible",
    "places",
    "sort",
    "limit",
    "cursor",
];
/// In 2026.
const NOW_MS: u64 = 1_795_000_000_000;

fn state() -> State {
    let mut state = State::default();
    let (organization, name) = (OrganizationId(1), "House".into());
    let mut commands = vec![Command::CreateOrganization(CreateOrganization { id: organization, name })];
    for (n, title) in (1..).zip(["Die Zauberflöte", "Hamlet's Ghost", "L'Amour", "東京 Nights", "Play", "Players"]) {
        let mut details = event_details();
        (details.title, details.state) = (title.into(), EventState::Published);
        commands.push(Command::CreateEvent(CreateEvent { id: EventId(n), organization, details }));
    }
    for (index, command) in (1..).zip(commands) {
        let request = Request { actor: Actor::Node, idempotency: None, command };
        let applied = state.apply(Position { index, offset: 0 }, &Proposal { at_ms: 1, request });
        assert!(applied.reply.is_ok(), "{:?}", applied.reply);
    }
    state
}

fn index() -> &'static Search {
    static INDEX: OnceLock<Search> = OnceLock::new();
    INDEX.get_or_init(|| {
        let state = state();
        let search = Search::start(None, Arc::new(move |look: &mut search::Look<'_>| look(7, &state))).unwrap();
        while !search.metrics().ready || search.index() < 7 {
            std::thread::yield_now();
        }
        search
    })
}

/// Lines of `name=value`; a name may be the first letter of none.
pub(crate) fn search(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs = || text.lines().map(|line| line.split_once('=').unwrap_or(("q", line)));
    if let Ok(typed) = Typed::read(pairs()) {
        assert!(index().suggest(&typed, NOW_MS).unwrap().len() <= search::query::SUGGESTIONS_MAX);
    }
    match Query::read(pairs()) {
        Err(bad) => {
            assert!(pairs().any(|(name, _)| name.starts_with(&bad.parameter)) || NAMES.contains(&&*bad.parameter));
        }
        Ok(query) => {
            let (found, _) = index().find(&query, None, NOW_MS).unwrap();
            assert!(found.hits.len() <= search::query::LIMIT_MAX && found.hits.len() <= found.total);
            for hit in &found.hits {
                let title: String = hit.title.iter().map(|piece| piece.text.as_str()).collect();
                assert_eq!(title, *hit.entry.event.details.title, "the pieces are the text");
            }
            let (next, cursor) = search::query::fuzz::page_after(&query, found.total as u64, bytes.len() as u128);
            let again = || pairs().filter(|(name, _)| *name != "cursor").chain([("cursor", cursor.as_str())]);
            assert_eq!(Query::read(again()), Ok(next), "a cursor goes with its search");
            let other = again().filter(|(name, _)| *name != "q").chain([("q", "another search altogether")]);
            assert!(Query::read(other).is_err() || pairs().any(|(_, v)| v.contains("another")), "and with no other");
        }
    }
}

pub(crate) fn search_seeds() -> Vec<Vec<u8>> {
    let all = "q=zauberflote ham\ncity=Town\ncategory=theatre\ntag=new\nlanguage=de\nnear=52.5,13.4\nwithin_km=50\n\
        from=2026-01-01T00:00:00Z\nuntil=2027-01-01T00:00:00Z\ncurrency=EUR\nprice_min=0\nprice_max=5000\n\
        accessible=true\nplaces=4\nsort=price\nlimit=5";
    let first = Query::read([("q", "play"), ("limit", "1")]).unwrap();
    let (_, cursor) = search::query::fuzz::page_after(&first, 7, 5);
    let page = format!("q=play\nlimit=1\ncursor={cursor}");
    let texts = [all, "q=hamelt's gohst", "q=L’amour 東京 ﬁn", "sort=distance\nnear=0,0", "q=pla\nlimit=3", &page];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
