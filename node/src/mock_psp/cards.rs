//! The test cards and what each does: the one table of them. Deliberately nothing of a real card is here: a number is
//! read, judged and forgotten; only its last four digits and what it stands for are kept.

use serde::{Deserialize, Serialize};

/// Fewest and most digits of a card's number (ISO/IEC 7812).
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// What a card does. Its name is kept in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Approved,
    CardDeclined,
    InsufficientFunds,
    ExpiredCard,
    /// The buyer is asked; the answer decides.
    Challenge,
    /// Authorised; what is authorised cannot be captured.
    CaptureFails,
    /// Captured; refunds are pending and then fail.
    RefundFails,
    /// Captured; refunds are pending and then succeed.
    RefundLater,
    /// Authorised; the buyer's browser hears of it late.
    SlowBank,
    /// No card has this number.
    IncorrectNumber,
}

/// A number with a fixed behaviour.
#[derive(Debug, Clone, Copy)]
pub(super) struct TestCard {
    pub(super) number: &'static str,
    pub(super) outcome: Outcome,
    /// For people who choose one.
    pub(super) says: &'static str,
}

const fn card(number: &'static str, outcome: Outcome, says: &'static str) -> TestCard {
    TestCard { number, outcome, says }
}

/// All of them; any other number that passes the check digit is approved.
pub(super) const TEST_CARDS: [TestCard; 9] = [
    card("4242424242424242", Outcome::Approved, "Approved"),
    card("4000000000003220", Outcome::Challenge, "The bank asks you first"),
    card("4000000000000002", Outcome::CardDeclined, "Declined"),
    card("4000000000009995", Outcome::InsufficientFunds, "Declined: insufficient funds"),
    card("4000000000000069", Outcome::ExpiredCard, "Declined: card expired"),
    card("4000000000000341", Outcome::CaptureFails, "Approved, but cannot be captured"),
    card("4000000000005126", Outcome::RefundFails, "Approved; refunds fail later"),
    card("4000000000007726", Outcome::RefundLater, "Approved; refunds take a while"),
    card("4000000000001976", Outcome::SlowBank, "Approved; the bank takes 5 s"),
];

/// What is kept of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Card {
    /// Fewer than four characters if the number had no four digits.
    pub(super) last4: String,
    pub(super) outcome: Outcome,
}

/// Why the bank said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decline {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

/// The bank's no to a buyer who did not confirm that it was them.
pub(super) const NOT_AUTHENTICATED: Decline =
    Decline { code: "authentication_failed", message: "The payment was not confirmed with the bank." };

impl Card {
    /// Reads a number as people type it, with spaces or dashes.
    pub(super) fn read(number: &str) -> Self {
        let plain: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
        let last4 = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        let known = TEST_CARDS.iter().find(|card| card.number == plain).map(|card| card.outcome);
        let outcome = known.unwrap_or_else(|| {
            let whole = digits.len() == plain.len() && DIGITS.contains(&digits.len());
            if whole && luhn(&digits) { Outcome::Approved } else { Outcome::IncorrectNumber }
        });
        Self { last4, outcome }
    }
}

impl Outcome {
    /// What the bank says to an authorisation, if it is no.
    pub(super) fn decline(self) -> Option<Decline> {
        let (code, message) = match self {
            Self::CardDeclined => ("card_declined", "The card was declined."),
            Self::InsufficientFunds => ("insufficient_funds", "There is not enough money on the card."),
            Self::ExpiredCard => ("expired_card", "The card has expired."),
            Self::IncorrectNumber => ("incorrect_number", "The card number is not right."),
            Self::Approved
            | Self::Challenge
            | Self::CaptureFails
            | Self::RefundFails
            | Self::RefundLater
            | Self::SlowBank => return None,
        };
        Some(Decline { code, message })
    }

    /// What the bank says to a capture, if it is no.
    pub(super) fn capture_decline(self) -> Option<Decline> {
        let message = "The card was declined when the money was to be captured.";
        (self == Self::CaptureFails).then_some(Decline { code: "card_declined", message })
    }
}

/// Whether the last digit agrees with the others (ISO/IEC 7812-1, annex B).
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')))
        .enumerate()
        .map(|(i, digit)| match (i % 2 == 1, digit * 2) {
            (false, _) => digit,
            (true, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        for good in ["4242424242424242", "5555555555554444", "378282246310005", "79927398713", "0"] {
            assert!(luhn(good), "{good}");
        }
        for bad in ["4242424242424241", "79927398710", "1"] {
            assert!(!luhn(bad), "{bad}");
        }
    }

    #[test]
    fn every_test_card_is_a_possible_number_and_does_what_the_table_says() {
        for card in TEST_CARDS {
            assert!(luhn(card.number), "{}", card.number);
            assert_eq!(Card::read(card.number).outcome, card.outcome);
        }
        let mut last4: Vec<String> = TEST_CARDS.iter().map(|card| Card::read(card.number).last4).collect();
        last4.sort();
        last4.dedup();
        assert_eq!(last4.len(), TEST_CARDS.len(), "the page tells them apart by these");
    }

    #[test]
    fn the_manual_has_the_same_table() {
        let manual = include_str!("../../../deploy/payments.md").replace(' ', "");
        let (_, cards) = manual.split_once("##Testcards").unwrap();
        let rows = cards.lines().filter(|line| line.starts_with("|4")).count();
        assert_eq!(rows, TEST_CARDS.len());
        assert!(TEST_CARDS.iter().all(|card| cards.contains(&format!("|{}|", card.number))));
    }

    #[test]
    fn other_numbers() {
        for (typed, last4, outcome) in [
            ("4242 4242 4242 4242", "4242", Outcome::Approved),
            ("5555-5555-5555-4444", "4444", Outcome::Approved),
            ("4242424242424241", "4241", Outcome::IncorrectNumber),
            ("79927398713", "8713", Outcome::IncorrectNumber),
            ("4242x4242424242424", "2424", Outcome::IncorrectNumber),
            ("", "", Outcome::IncorrectNumber),
            ("１２", "", Outcome::IncorrectNumber),
        ] {
            assert_eq!(Card::read(typed), Card { last4: last4.to_owned(), outcome }, "{typed}");
        }
    }
}
