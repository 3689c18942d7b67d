//! What is printed on a ticket besides names: in English, German and Turkish, as the web UI speaks; and its dates.

use jiff::Zoned;

/// The words of a language.
pub(crate) struct Words {
    months: [&'static str; 12],
    /// From Monday.
    days: [&'static str; 7],
    date: &'static str,
    pub(crate) ticket: &'static str,
    pub(crate) seat: &'static str,
    pub(crate) area: &'static str,
    pub(crate) entrance: &'static str,
    pub(crate) holder: &'static str,
    pub(crate) price: &'static str,
    pub(crate) order: &'static str,
    pub(crate) number: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) postponed: &'static str,
    /// How it is used.
    pub(crate) at_the_door: &'static str,
    pub(crate) passed_on: &'static str,
    pub(crate) no_refund: &'static str,
    /// `{}`: until when.
    pub(crate) refund_until: &'static str,
    /// `{}`: years.
    pub(crate) age: &'static str,
}

const ENGLISH: Words = Words {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    date: "{weekday}, {day} {month} {year}, {time}",
    ticket: "Ticket",
    seat: "Seat",
    area: "Area",
    entrance: "Entrance",
    holder: "For",
    price: "Price",
    order: "Order",
    number: "Ticket number",
    cancelled: "This date was cancelled.",
    postponed: "This date was postponed; a new one will be announced.",
    at_the_door: "Show this code at the door, on paper or on a screen. It lets one person in; copies of it let nobody else in.",
    passed_on: "When a ticket is passed on its code changes, and this one is void.",
    no_refund: "Tickets are given back only as the organizer says.",
    refund_until: "You may give this ticket back yourself until {}.",
    age: "From {} years of age.",
};

const GERMAN: Words = Words {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    date: "{weekday}, {day}. {month} {year}, {time}",
    ticket: "Eintrittskarte",
    seat: "Platz",
    area: "Bereich",
    entrance: "Eingang",
    holder: "Für",
    price: "Preis",
    order: "Bestellung",
    number: "Kartennummer",
    cancelled: "Dieser Termin wurde abgesagt.",
    postponed: "Dieser Termin wurde verschoben; ein neuer wird bekanntgegeben.",
    at_the_door: "Zeigen Sie diesen Code am Einlass, auf Papier oder auf dem Bildschirm. Er lässt eine Person ein; Kopien lassen niemanden sonst ein.",
    passed_on: "Wird die Karte weitergegeben, ändert sich ihr Code, und dieser hier gilt nicht mehr.",
    no_refund: "Karten werden nur nach den Regeln des Veranstalters zurückgenommen.",
    refund_until: "Sie können diese Karte bis {} selbst zurückgeben.",
    age: "Ab {} Jahren.",
};

const TURKISH: Words = Words {
    months: [
        "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık",
    ],
    days: ["Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"],
    date: "{day} {month} {year} {weekday}, {time}",
    ticket: "Bilet",
    seat: "Koltuk",
    area: "Alan",
    entrance: "Giriş",
    holder: "Kime",
    price: "Fiyat",
    order: "Sipariş",
    number: "Bilet numarası",
    cancelled: "Bu gösterim iptal edildi.",
    postponed: "Bu gösterim ertelendi; yeni tarih duyurulacak.",
    at_the_door: "Bu kodu kapıda kâğıtta ya da ekranda gösterin. Bir kişi girer; kopyalarıyla başka kimse giremez.",
    passed_on: "Bilet başkasına devredilince kodu değişir, bu kod geçersiz olur.",
    no_refund: "Biletler yalnızca düzenleyenin kurallarına göre iade edilir.",
    refund_until: "Bu bileti {} tarihine kadar kendiniz iade edebilirsiniz.",
    age: "{} yaş ve üzeri.",
};

impl Words {
    /// Of a BCP 47 language tag; English if it is none of ours.
    pub(crate) fn of(language: Option<&str>) -> &'static Self {
        match language.and_then(|tag| tag.split(['-', '_']).next()).map(str::to_ascii_lowercase).as_deref() {
            Some("de") => &GERMAN,
            Some("tr") => &TURKISH,
            Some(_) | None => &ENGLISH,
        }
    }

    /// A date in full with its time.
    pub(crate) fn moment(&self, at: &Zoned) -> String {
        let name = |names: &[&'static str], number: i8| {
            usize::try_from(number).ok().and_then(|n| names.get(n)).copied().unwrap_or_default()
        };
        self.date
            .replace("{weekday}", name(&self.days, at.weekday().to_monday_zero_offset()))
            .replace("{day}", &at.day().to_string())
            .replace("{month}", name(&self.months, at.month() - 1))
            .replace("{year}", &at.year().to_string())
            .replace("{time}", &format!("{:02}:{:02}", at.hour(), at.minute()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_in_the_language() {
        let at: Zoned = "2027-03-01T19:05[Europe/Berlin]".parse().unwrap();
        for (language, text) in [
            (None, "Monday, 1 March 2027, 19:05"),
            (Some("fr"), "Monday, 1 March 2027, 19:05"),
            (Some("de-AT"), "Montag, 1. März 2027, 19:05"),
            (Some("TR"), "1 Mart 2027 Pazartesi, 19:05"),
        ] {
            assert_eq!(Words::of(language).moment(&at), text);
        }
    }
}
