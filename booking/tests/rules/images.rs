//! The life of a picture: taken in, shown by events, forgotten a day after none shows it.

use booking::command::{AddImage, CreateEvent, CreateOrganization, DeleteEvent, UpdateEvent};
use booking::ids::{EventId, ImageId, OrganizationId};
use booking::images::{EventImage, ImageFile};
use booking::{
    Actor, Change, Command, Loader, Position, Proposal, Rejection, Reply, Request, State, Thing, invariants, limits,
};

use super::house::{MIDNIGHT_MS, SHOP, event_details};

const RIVAL: OrganizationId = OrganizationId(2);
const DAY_MS: u64 = limits::UNUSED_IMAGE_KEPT_MS;

/// A state and its clock.
struct World {
    state: State,
    index: u64,
    now_ms: u64,
    changes: Vec<Change>,
}

impl World {
    fn new() -> Self {
        let mut world = Self { state: State::default(), index: 0, now_ms: MIDNIGHT_MS, changes: Vec::new() };
        for (id, name) in [(SHOP, "Shop"), (RIVAL, "Rival")] {
            world.ask(Command::CreateOrganization(CreateOrganization { id, name: name.into() })).unwrap();
        }
        world
    }

    fn ask(&mut self, command: Command) -> Result<Reply, Rejection> {
        self.index += 1;
        let request = Request { actor: Actor::Buyer, idempotency: None, command };
        let proposal = Proposal { at_ms: self.now_ms, request };
        let applied = self.state.apply(Position { index: self.index, offset: 0 }, &proposal);
        self.changes.extend(applied.changes);
        assert_eq!(invariants::check(&self.state), Vec::<String>::new());
        applied.reply
    }

    fn add(&mut self, id: u128, organization: OrganizationId, hashes: &[u8]) -> Result<Reply, Rejection> {
        let file = |(width, hash): (u16, &u8)| ImageFile { hash: [*hash; 32], width, height: 90, bytes: 800 };
        let files = (100..).zip(hashes).map(file).collect();
        self.ask(Command::AddImage(AddImage { id: ImageId(id), organization, files, color: [1, 2, 3] }))
    }

    fn show(&mut self, event: u128, images: &[u128]) -> Result<Reply, Rejection> {
        let shown = |id: &u128| EventImage { image: ImageId(*id), alt: "a stage".into() };
        let (id, organization) = (EventId(event), SHOP);
        let mut details = event_details();
        details.images = images.iter().map(shown).collect();
        match self.state.event(id).map(|event| event.version) {
            Some(expected) => self.ask(Command::UpdateEvent(UpdateEvent { organization, id, expected, details })),
            None => self.ask(Command::CreateEvent(CreateEvent { id, organization, details })),
        }
    }

    fn files(&self) -> Vec<u8> {
        self.state.files().map(|hash| hash[0]).collect()
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.ask(Command::Tick).unwrap();
    }
}

#[test]
fn one_that_is_shown_stays_and_one_that_is_not_goes_a_day_later() {
    let mut world = World::new();
    world.add(1, SHOP, &[10, 11]).unwrap();
    world.add(2, SHOP, &[20]).unwrap();
    world.show(7, &[1]).unwrap();
    world.pass(DAY_MS - 1);
    assert_eq!(world.files(), [10, 11, 20]);
    world.pass(1);
    assert_eq!(world.files(), [10, 11]);
    assert!(world.changes.contains(&Change::ImageForgotten(ImageId(2))));
    assert_eq!(world.show(7, &[2]), Err(Rejection::NotFound(Thing::Image)));
    // Its day begins when the last event ceases to show it, and ends when one shows it again.
    world.show(8, &[1, 1]).unwrap();
    world.show(7, &[]).unwrap();
    world.pass(2 * DAY_MS);
    world.ask(Command::DeleteEvent(DeleteEvent { organization: SHOP, id: EventId(8) })).unwrap();
    world.pass(DAY_MS - 1);
    world.show(7, &[1]).unwrap();
    world.pass(DAY_MS);
    assert_eq!(world.files(), [10, 11]);
    world.show(7, &[]).unwrap();
    world.pass(DAY_MS);
    assert_eq!(world.files(), [0_u8; 0]);
    assert_eq!(world.state.files_digest(), 0);
}

#[test]
fn a_file_that_two_pictures_share_goes_with_the_last() {
    let mut world = World::new();
    world.add(1, SHOP, &[10, 11]).unwrap();
    world.add(2, RIVAL, &[10]).unwrap();
    let both = world.state.files_digest();
    world.show(7, &[1]).unwrap();
    world.pass(DAY_MS);
    assert!(world.state.image(ImageId(2)).is_none());
    assert_eq!((world.files(), world.state.files_digest()), (vec![10, 11], both));
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let mut world = World::new();
    world.add(1, RIVAL, &[10]).unwrap();
    assert_eq!(world.show(7, &[1]), Err(Rejection::NotFound(Thing::Image)), "another organization's");
    assert!(matches!(world.add(1, SHOP, &[10]), Err(Rejection::Conflict(_))));
    assert!(matches!(world.add(2, SHOP, &[]), Err(Rejection::RuleViolated(_))));
    assert!(matches!(world.add(2, SHOP, &[1; limits::FILES_PER_IMAGE_MAX + 1]), Err(Rejection::RuleViolated(_))));
    world.add(2, SHOP, &[20]).unwrap();
    let many = vec![2; limits::IMAGES_PER_EVENT_MAX + 1];
    assert!(matches!(world.show(7, &many), Err(Rejection::RuleViolated(_))));
    assert!(world.state.event(EventId(7)).is_none());
}

#[test]
fn a_loaded_state_forgets_the_same_at_the_same_time() {
    let mut world = World::new();
    world.add(1, SHOP, &[10, 11]).unwrap();
    world.pass(1_000);
    world.add(2, SHOP, &[11, 20]).unwrap();
    world.show(7, &[2]).unwrap();
    let mut loader = Loader::new();
    world.state.records(&mut |key, record| loader.put(key, record).unwrap());
    let again = loader.finish().unwrap();
    assert_eq!(again.files_digest(), world.state.files_digest());
    assert_eq!(again.digest(), world.state.digest());
    let kept = std::mem::replace(&mut world.state, again);
    let (index, now_ms) = (world.index, world.now_ms);
    world.pass(DAY_MS);
    let again = std::mem::replace(&mut world.state, kept);
    (world.index, world.now_ms) = (index, now_ms);
    world.pass(DAY_MS);
    assert_eq!((again.digest(), world.files()), (world.state.digest(), vec![11, 20]));
}
