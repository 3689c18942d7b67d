//! Amounts as people read them. Not for computing.

/// Currencies without minor units, and with three digits of them (ISO 4217); all others have two.
const NO_DIGITS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const THREE_DIGITS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Such as `1,234.50 EUR`.
pub(super) fn shown(amount: u64, currency: &str) -> String {
    let (unit, digits) = if NO_DIGITS.contains(&currency) {
        (1, 0)
    } else if THREE_DIGITS.contains(&currency) {
        (1_000, 3)
    } else {
        (100, 2)
    };
    let whole = grouped(amount / unit);
    let minor = amount % unit;
    if digits == 0 { format!("{whole} {currency}") } else { format!("{whole}.{minor:0digits$} {currency}") }
}

fn grouped(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1_000), number % 1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (amount, currency, text) in [
            (5, "EUR", "0.05 EUR"),
            (123_450, "EUR", "1,234.50 EUR"),
            (100_000_000_000_000, "USD", "1,000,000,000,000.00 USD"),
            (4_200, "JPY", "4,200 JPY"),
            (4_205, "KWD", "4.205 KWD"),
        ] {
            assert_eq!(shown(amount, currency), text);
        }
    }
}
