//! Random showtimes for the random commands: made, changed, moved between plans.

use std::sync::Arc;

use super::*;

impl Asker {
    /// A plan that comes with a showtime: mostly of a content that is there already, in a house that may be another's.
    fn areas_alone(&mut self) -> Plan {
        let content = self.dice.below(3) as u8;
        self.made += 1;
        let owner = (self.organization(), VenueId(100));
        let floor = AreaOf { id: "floor", category: "back", capacity: 10 + u32::from(content) };
        let bar = AreaOf { id: "bar", category: "front", capacity: 4 };
        Plan { hash: [content; 32], ..plan(PlanId(1_000 + self.made), owner, &[], &[floor, bar]) }
    }

    pub(super) fn showtimes(&mut self, state: &State) -> Command {
        let id = self.showtime();
        let organization = self.organization();
        let plan = PlanId(u128::from(1 + self.dice.below(2)));
        let mut details = match (state.showtime(id), state.plan(plan)) {
            (Some(s), _) => s.details.clone(),
            (None, Some(plan)) => showtime_details(plan),
            (None, None) => return Command::Tick,
        };
        details.hold_ttl_ms = 30_000 + self.dice.below(60_000);
        details.max_extensions = self.dice.below(4) as u8;
        details.orphan_rule_until_percent = self.dice.of(&[0, 50, 100]);
        details.orphan_rule = self.dice.of(&[OrphanRule::Off, OrphanRule::AisleOk, OrphanRule::Strict]);
        details.state = match self.dice.below(12) {
            0 => ShowtimeState::Draft,
            1 => ShowtimeState::Closed,
            2 => ShowtimeState::Postponed,
            _ => ShowtimeState::OnSale,
        };
        if self.dice.one_in(4) {
            details.plan = plan;
        }
        if self.dice.one_in(9) {
            Arc::make_mut(&mut details.prices).tiers.rotate_left(1);
        }
        if self.dice.one_in(2) {
            details.prices = Arc::new(self.dice.prices(&details.prices, state.now_ms()));
        }
        let own = self.dice.one_in(3).then(|| Arc::new(self.areas_alone()));
        match state.showtime(id) {
            Some(s) => {
                let expected = if self.dice.one_in(5) { 1 } else { s.version };
                Command::UpdateShowtime(Box::new(UpdateShowtime { organization, id, expected, details }))
            }
            None if self.dice.one_in(3) => {
                // A second one of the series is often there already, and then none is made.
                let times = [id, self.showtime()].map(|id| ShowtimeTimes {
                    id,
                    starts_at_ms: CURTAIN_MS,
                    ends_at_ms: Some(CURTAIN_MS + self.dice.below(2)),
                    on_sale_from_ms: None,
                    on_sale_until_ms: None,
                });
                let times = times.into();
                Command::CreateShowtimes(Box::new(CreateShowtimes {
                    organization,
                    event: EventId(1),
                    details,
                    plan: own,
                    times,
                }))
            }
            None => Command::CreateShowtime(Box::new(CreateShowtime {
                id,
                organization,
                event: EventId(1),
                details,
                plan: own,
            })),
        }
    }
}
