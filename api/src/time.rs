//! Times as text: RFC 3339 in UTC to and from ms since 1970, and whether a time zone exists.
//! Deliberately not here: reading a clock; time is the cluster's.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// The last moment that is in the year 9999 in every time zone, in ms: beyond it RFC 3339 has no words.
const MAX_MS: u64 = 253_402_207_200_999;

/// A moment, in ms since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2026-12-24T18:00:00Z"))]
pub(crate) struct Time(pub(crate) u64);

impl fmt::Display for Time {
    /// Years are counted from March, so that the leap day is a year's last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.min(MAX_MS);
        let (days, ms) = (ms / 86_400_000 + 719_468, ms % 86_400_000);
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + u64::from(month <= 2);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let time: jiff::Timestamp =
            text.parse().map_err(|_| de::Error::custom("expected a time such as 2026-12-24T18:00:00Z"))?;
        u64::try_from(time.as_millisecond())
            .ok()
            .filter(|ms| *ms <= MAX_MS)
            .map(Self)
            .ok_or_else(|| de::Error::custom("expected a time from 1970 to 9999"))
    }
}

/// The wall time of a moment in a zone, with its offset, such as `2026-12-24T19:30:00+01:00`; in UTC if there is no such
/// zone.
pub(crate) fn local(ms: u64, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(ms.min(MAX_MS).cast_signed()).unwrap_or(jiff::Timestamp::MAX);
    moment.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Whether there is such an IANA time zone, by the data in the program.
pub(crate) fn zone_exists(zone: &str) -> bool {
    jiff::tz::TimeZone::get(zone).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_798_135_199_999, "2026-12-24T17:59:59.999Z"),
            (MAX_MS, "9999-12-30T22:00:00.999Z"),
        ] {
            assert_eq!(Time(ms).to_string(), text);
            assert_eq!(serde_json::from_str::<Time>(&format!("\"{text}\"")).unwrap(), Time(ms));
        }
    }

    #[test]
    fn offsets_are_understood_and_nonsense_is_not() {
        assert_eq!(serde_json::from_str::<Time>("\"1970-01-01T01:00:00+01:00\"").unwrap(), Time(0));
        for bad in ["\"1969-12-31T23:59:59Z\"", "\"tomorrow\"", "12", "\"2026-13-01T00:00:00Z\"", "\"2026-01-01\""] {
            assert!(serde_json::from_str::<Time>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn wall_times_carry_their_offset() {
        assert_eq!(local(1_798_135_200_000, "Europe/Berlin"), "2026-12-24T19:00:00+01:00");
        assert_eq!(local(1_782_324_000_000, "America/New_York"), "2026-06-24T14:00:00-04:00");
        assert_eq!(local(0, "Europe/Atlantis"), "1970-01-01T00:00:00+00:00");
        assert_eq!(local(u64::MAX, "Pacific/Kiritimati"), "9999-12-31T12:00:00+14:00");
    }

    #[test]
    fn zones_are_known_by_name() {
        assert!(zone_exists("Europe/Berlin"));
        assert!(zone_exists("UTC"));
        assert!(!zone_exists("Europe/Atlantis"));
    }
}
