//! Names and values as URLs and forms carry them (`application/x-www-form-urlencoded`): read, and taken out one by one
//! so that a misspelt one is noticed. Not a general URL parser.

use std::str::FromStr;

use super::refusal::Refusal;

/// Most fields of one query or form.
const FIELDS_MAX: usize = 32;

/// Fields that nobody has taken yet.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a query or a form.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = text.split('&').filter(|part| !part.is_empty()).collect();
        if parts.len() > FIELDS_MAX {
            return Err(Refusal::invalid(format!("no more than {FIELDS_MAX} parameters")));
        }
        let field = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        };
        let fields: Option<Vec<_>> = parts.into_iter().map(field).collect();
        fields.map(Self).ok_or_else(|| Refusal::invalid("the parameters cannot be decoded"))
    }

    /// Takes a value out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes a value out that is not just any text.
    pub(super) fn parse<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let read = |value: String| value.parse().map_err(|_| Refusal::invalid(format!("{name}: not {value:?}")));
        self.take(name).map(read).transpose()
    }

    /// Refuses what nobody knows.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::invalid(format!("there is no parameter {name:?} here, or it came twice"))),
        }
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => (digit(rest.next()?)? << 4) | digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_taken() {
        let mut fields = Fields::read("number=4242+4242&order=o%2f%C3%A4&limit=7&&flag").unwrap();
        assert_eq!(fields.take("number").as_deref(), Some("4242 4242"));
        assert_eq!(fields.take("order").as_deref(), Some("o/ä"));
        assert_eq!(fields.parse::<u8>("limit").unwrap(), Some(7));
        assert_eq!(fields.parse::<u8>("limit").unwrap(), None);
        assert!(fields.end().unwrap_err().message.contains("flag"));
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", &"a&".repeat(33)] {
            assert!(Fields::read(bad).is_err(), "{bad}");
        }
        assert!(Fields::read("limit=x").unwrap().parse::<u8>("limit").is_err());
    }
}
