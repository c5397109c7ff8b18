//! JSON of somebody whom money is believed: read whole, in the order of its members, and refused where a
//! name stands twice, because two readers would then see two things.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads it; `None`: it is no JSON, or one that names a member twice.
pub fn parse(raw: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Strict>(raw)
        .ok()
        .map(|read| read.0)
}

/// A member that is a whole number written as one: `3000`, not `3000.0`, `3e3` or `"3000"`.
pub fn integer(of: &Map<String, Value>, name: &str) -> Option<i64> {
    of.get(name).and_then(Value::as_i64)
}

/// A member that is a text.
pub fn text<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

/// Does any number in it have a fraction or an exponent, or more digits than are kept?
pub fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("no number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if read.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        for (text, is_read) in [
            (r#"{"a":1,"b":[true,null,"x",1.5,{"c":-1}]}"#, true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"d":[{"a":1,"b":2,"a":3}]}"#, false),
            (r#"{"a":1} x"#, false),
            ("", false),
            ("<html>", false),
        ] {
            assert_eq!(parse(text.as_bytes()).is_some(), is_read, "{text}");
        }
        let deep = "[".repeat(10_000);
        assert_eq!(parse(deep.as_bytes()), None);
    }

    #[test]
    fn a_whole_number_is_written_as_one() {
        let read = parse(br#"{"a":3000,"b":3000.0,"c":3e3,"d":"3000","e":-0}"#).expect("read");
        let members = read.as_object().expect("an object");
        let read: Vec<_> = members.keys().map(|name| integer(members, name)).collect();
        assert_eq!(read, [Some(3_000), None, None, None, None]);
    }
}
