//! The pages as HTML. Everything that comes from outside goes through `escaped`. Not when which page is shown.

use super::STYLE;
use super::money;
use super::origin;
use super::return_link;
use crate::mock_psp::cards::{Card, TEST_CARDS};
use crate::mock_psp::intent::{Intent, Status};

/// The form with the card's number, filled in with the test card that was chosen by its last four digits.
pub(super) fn pay(intent: &Intent, url: &str, chosen: Option<&str>) -> String {
    let amount = escaped(&money::shown(intent.terms.amount, &intent.terms.currency));
    let url = escaped(url);
    let chosen = TEST_CARDS.iter().find(|card| Some(Card::read(card.number).last4.as_str()) == chosen);
    let number = chosen.map_or_else(String::new, |card| in_groups(card.number));
    let (error, invalid) = match &intent.last_error {
        Some(error) => (
            format!(
                r#"<p class="bad" role="alert" id="error"><strong>Not paid.</strong> {} Try again, or use another card.</p>"#,
                escaped(&error.message)
            ),
            // A card that was chosen since is not the one that was refused.
            if chosen.is_none() {
                r#" aria-invalid="true" aria-describedby="error hint""#
            } else {
                r#" aria-describedby="hint""#
            },
        ),
        None => (String::new(), r#" aria-describedby="hint""#),
    };
    let cards = TEST_CARDS.map(|card| {
        let (last4, number, does) = (Card::read(card.number).last4, in_groups(card.number), escaped(card.says));
        format!(
            r#"<li><a href="{url}&amp;card={last4}"><span class="number">{number}</span><span class="does">{does}</span></a></li>"#
        )
    });
    let cards = cards.concat();
    let focus = if chosen.is_some() { " autofocus" } else { "" };
    let body = format!(
        r#"<section class="card">{}{error}
<form method="post" action="{url}">
<label for="number">Card number</label>
<input id="number" name="number" value="{number}" required maxlength="32" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242"{invalid}>
<p class="hint" id="hint">Do not type a real card's number.</p>
<button{focus}>Pay {amount}</button>
</form>{}</section>
<section class="card"><h2>Test cards</h2><p class="hint">Choose one to fill it in.</p><ul>{cards}</ul></section>"#,
        heading(intent, &amount),
        back(intent, "canceled", "Cancel and go back to the shop", true),
    );
    page(&format!("Pay {amount}"), &body)
}

/// The bank's question.
pub(super) fn challenge(intent: &Intent, url: &str) -> String {
    let amount = escaped(&money::shown(intent.terms.amount, &intent.terms.currency));
    let last4 = intent.card.as_ref().map_or("", |card| card.last4.as_str());
    let body = format!(
        r#"<section class="card"><p class="shop">Your bank asks</p><h1>Is this you?</h1>
<p class="what">A payment of <strong>{amount}</strong> with the card that ends in {} is to be made{}.</p>
<form method="post" action="{}">
<button name="answer" value="approve">Approve</button>
<button class="second" name="answer" value="refuse">Refuse</button>
</form></section>"#,
        escaped(last4),
        shop(intent).map_or_else(String::new, |shop| format!(" to {}", escaped(shop))),
        escaped(url),
    );
    page("Confirm the payment", &body)
}

/// Nothing is left to be done here.
pub(super) fn over(intent: &Intent) -> String {
    let amount = escaped(&money::shown(intent.terms.amount, &intent.terms.currency));
    let (title, says, status) = if intent.status == Status::Canceled {
        ("Canceled", "This payment was canceled. Nothing is to be paid.", "failed")
    } else {
        ("Paid", "This payment is done.", "succeeded")
    };
    let body = format!(
        r#"<section class="card">{}<p><strong>{says}</strong></p>{}</section>"#,
        heading(intent, &amount),
        back(intent, status, "Back to the shop", false)
    );
    page(title, &body)
}

/// No such payment, or not for whoever asks.
pub(super) fn missing() -> String {
    let body = r#"<section class="card"><h1>Not here</h1><p>This payment does not exist, or the link to it is not whole.
Go back to the shop and start again.</p></section>"#;
    page("Not here", body)
}

fn heading(intent: &Intent, amount: &str) -> String {
    let shop = shop(intent).map_or_else(String::new, |shop| format!(r#"<p class="shop">To {}</p>"#, escaped(shop)));
    let what = intent.terms.description.as_deref();
    let what = what.map_or_else(String::new, |what| format!(r#"<p class="what">{}</p>"#, escaped(what)));
    format!("{shop}<h1>{amount}</h1>{what}")
}

/// The shop, by the host that buyers go back to.
fn shop(intent: &Intent) -> Option<&str> {
    let origin = origin(intent.terms.return_url.as_deref()?)?;
    origin.split_once("://").map(|(_, host)| host)
}

fn back(intent: &Intent, status: &str, text: &str, second: bool) -> String {
    let class = if second { "button second" } else { "button" };
    let link = return_link(intent, status);
    link.map_or_else(String::new, |link| format!(r#"<a class="{class}" href="{}">{text}</a>"#, escaped(&link)))
}

fn page(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title} – test payment</title><style>{STYLE}</style></head>
<body><p class="note"><strong>Test page.</strong> No money moves.</p>
<main>{body}</main></body></html>
"#
    )
}

fn in_groups(number: &str) -> String {
    let groups: Vec<&str> = number.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock_psp::intent::CaptureMethod;
    use crate::mock_psp::intent::tests::intent;
    use std::sync::Arc;

    #[test]
    fn what_a_shop_writes_stays_text() {
        let mut intent = intent(4_250, CaptureMethod::Manual);
        let terms = Arc::make_mut(&mut intent.terms);
        terms.description = Some("<script>alert('x')</script> \"&".to_owned());
        terms.return_url = Some("http://s:1/r?a=\"><b>".to_owned());
        for html in [pay(&intent, "http://p/?secret=a&b", None), over(&intent), challenge(&intent, "/c")] {
            assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        }
        let html = pay(&intent, "http://p/?secret=a", Some("3220"));
        assert!(html.contains("42.50 EUR") && html.contains("No money moves"));
        assert!(html.contains(r#"value="4000 0000 0000 3220""#), "the chosen card is filled in");
        assert!(!pay(&intent, "/", Some("\"><b>")).contains("<b>"));
    }

    #[test]
    fn a_decline_is_told() {
        let mut intent = intent(4_250, CaptureMethod::Manual);
        intent.confirm(Card::read("4000000000009995"), 1).unwrap();
        let html = pay(&intent, "/", None);
        assert!(html.contains("There is not enough money on the card.") && html.contains(r#"role="alert""#));
    }
}
