//! What may happen to a ticket at the doors: somebody goes in with it, and nobody else before they have left, whichever
//! doors and nodes were asked. Each scan is made at a gate with a name of its own: who was let in is told by it.
//! Deliberately not here: doors that were offline (`booking` tries those), and tickets that are given back.

use std::collections::BTreeMap;

use porcupine_rs::Model;

use super::keys::{Part, signed, span_in_log};
use super::known::Known;
use crate::history::{Asked, Recorded, Told, Way};

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    gate: String,
    way: Way,
    /// None: nobody was told; if it cannot have let anybody through at its place it did not.
    found: Option<Found>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Admitted,
    Left,
    /// Somebody is in, who came in here.
    AlreadyInside(String),
    NotInside,
}

/// Scans by ticket, and answers that nothing explains.
pub(crate) fn of<'a>(recorded: &'a Recorded, known: &Known) -> (BTreeMap<&'a str, Vec<Part<Step>>>, Vec<String>) {
    let (mut tickets, mut wrong) = (BTreeMap::<&str, Vec<Part<Step>>>::new(), Vec::new());
    for (nth, op) in recorded.ops.iter().enumerate() {
        let Asked::Scan { ticket, gate, way } = &op.asked else { continue };
        let found = match op.told() {
            None => None,
            Some((_, Told::Scanned { verdict, gate })) => match (*way, verdict.as_str(), gate) {
                (Way::In, "admitted", None) => Some(Found::Admitted),
                (Way::In, "already_inside", Some(gate)) => Some(Found::AlreadyInside(gate.clone())),
                (Way::Out, "left", None) => Some(Found::Left),
                (Way::Out, "not_inside", None) => Some(Found::NotInside),
                _ => {
                    wrong.push(format!("nothing explains {op:?}"));
                    continue;
                }
            },
            Some(_) => {
                wrong.push(format!("nothing explains {op:?}"));
                continue;
            }
        };
        let step = Step { gate: gate.clone(), way: *way, found };
        let by_clock = Some((signed(op.asked_us), op.returned_us.map_or(i64::MAX, signed)));
        let by_log = span_in_log(known, op);
        tickets.entry(ticket).or_default().push(Part { op: nth, step, by_clock, by_log });
    }
    (tickets, wrong)
}

/// The model for the search: where whoever is in came in.
#[derive(Debug, Clone)]
pub(crate) struct Door;

impl Model for Door {
    type State = Option<String>;
    type Op = Step;
    type Metadata = usize;

    fn init() -> Option<String> {
        None
    }

    fn step(inside: &Option<String>, step: &Step) -> (bool, Option<String>) {
        let came = || Some(step.gate.clone());
        match (&step.found, step.way, inside) {
            (Some(Found::Admitted), _, None) | (None, Way::In, None) => (true, came()),
            (Some(Found::Left), _, Some(_)) | (None, Way::Out, _) => (true, None),
            (Some(Found::AlreadyInside(by)), _, Some(gate)) => (by == gate, inside.clone()),
            (Some(Found::NotInside), _, None) | (None, Way::In, Some(_)) => (true, inside.clone()),
            (Some(_), ..) => (false, None),
        }
    }
}
