//! Orders that are changed after they were placed: by whom, what, and that it is told.

use booking::command::UpdateOrder;
use booking::ids::{OrderId, OrganizationId};
use booking::limits::ORDER_STEPS_MAX;
use booking::orders::OrderStep;
use booking::{Command, Rejection, Reply, Thing, invariants};

use super::super::house::SHOP;
use super::refunds::Till;

fn nothing(order: OrderId, organization: Option<OrganizationId>) -> UpdateOrder {
    UpdateOrder {
        order,
        organization,
        expected: None,
        name: None,
        email: None,
        phone: None,
        language: None,
        note: None,
    }
}

fn update(till: &mut Till, update: UpdateOrder) -> Result<Reply, Rejection> {
    let applied = till.house.apply(Command::UpdateOrder(Box::new(update)), None);
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
    applied.reply
}

#[test]
fn staff_change_who_buys_and_note_what_they_know() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0])]);
    let before = till.get(order);
    let edit = UpdateOrder {
        name: Some("Bea".into()),
        email: Some("bea@example.org".into()),
        phone: Some("+43 1".into()),
        note: Some("calls back".into()),
        ..nothing(order, Some(SHOP))
    };
    let theirs = UpdateOrder { organization: Some(OrganizationId(9)), ..edit.clone() };
    assert_eq!(update(&mut till, theirs), Err(Rejection::NotFound(Thing::Order)));
    let late = UpdateOrder { expected: Some(before.version + 1), ..edit.clone() };
    let version = before.version;
    assert_eq!(update(&mut till, late), Err(Rejection::VersionConflict { version }));
    update(&mut till, edit.clone()).unwrap();
    let now = till.get(order);
    assert_eq!((&*now.buyer.name, &*now.buyer.email, &*now.note), ("Bea", "bea@example.org", "calls back"));
    let told: Vec<_> = now.history.iter().skip(before.history.len()).map(|(_, _, step)| step.clone()).collect();
    assert_eq!(told, [OrderStep::BuyerChanged, OrderStep::NoteChanged]);
    // Again, and nothing is new.
    update(&mut till, edit).unwrap();
    assert_eq!(till.get(order), now);
    update(&mut till, UpdateOrder { phone: Some("".into()), ..nothing(order, Some(SHOP)) }).unwrap();
    assert_eq!(till.get(order).buyer.phone, None);
    for wrong in [
        UpdateOrder { email: Some("".into()), ..nothing(order, Some(SHOP)) },
        UpdateOrder { email: Some("nowhere".into()), ..nothing(order, Some(SHOP)) },
        UpdateOrder { name: Some(" ".into()), ..nothing(order, Some(SHOP)) },
        UpdateOrder { note: Some("n".repeat(2_001).into()), ..nothing(order, Some(SHOP)) },
    ] {
        let refused = update(&mut till, wrong);
        assert!(matches!(refused, Err(Rejection::RuleViolated(_))), "{refused:?}");
    }
}

#[test]
fn buyers_change_their_name_only_and_not_without_end() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0])]);
    for not_theirs in [
        UpdateOrder { email: Some("a@b".into()), ..nothing(order, None) },
        UpdateOrder { note: Some("n".into()), ..nothing(order, None) },
    ] {
        let refused = update(&mut till, not_theirs);
        assert!(matches!(refused, Err(Rejection::RuleViolated(_))), "{refused:?}");
    }
    let mut done = 0;
    let refused = loop {
        let edit = UpdateOrder { name: Some(format!("Ada {done}").into()), ..nothing(order, None) };
        match update(&mut till, edit) {
            Ok(_) => done += 1,
            Err(why) => break why,
        }
    };
    assert!(matches!(refused, Rejection::Conflict(_)), "{refused:?}");
    assert_eq!(till.get(order).history.len(), ORDER_STEPS_MAX / 2);
    till.refund(order, Some(SHOP), &[0], false).unwrap();
    assert!(till.get(order).history.len() > ORDER_STEPS_MAX / 2, "its refund is told all the same");
    let over = update(&mut till, UpdateOrder { name: Some("Ada".into()), ..nothing(order, None) });
    assert_eq!(over, Err(Rejection::Conflict("the order is over: only staff change it".into())));
}
