//! Which file stands where in the variables.

use std::fmt;

use router_engine::Upload;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::config::UploadConfig;
use crate::refused::Refused;

/// Files by their names in the form, each with its places, in the order of the map.
#[derive(Debug)]
pub(super) struct FileMap(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for FileMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        // a JSON object is read as the list that it is written as, so that a name given twice is seen
        impl<'de> Visitor<'de> for Entries {
            type Value = FileMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists of places")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<FileMap, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(FileMap(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl FileMap {
    /// Reads the field `map`.
    pub(super) fn read(text: &[u8], limits: &UploadConfig) -> Result<Self, Refused> {
        let map: Self = serde_json::from_slice(text).map_err(|_| {
            Refused::malformed("map is not a JSON object of lists of places in the variables")
        })?;
        if map.0.is_empty() {
            return Err(Refused::malformed("map names no file"));
        }
        if map.0.len() > limits.files {
            return Err(Refused::malformed(format!(
                "limit of {} files exceeded: {} seen",
                limits.files,
                map.0.len()
            )));
        }
        let places: usize = map.0.iter().map(|(_, places)| places.len()).sum();
        if places > limits.places {
            return Err(Refused::malformed(format!(
                "limit of {} places of files exceeded: {places} seen",
                limits.places
            )));
        }
        for (index, (name, places)) in map.0.iter().enumerate() {
            if places.is_empty() {
                let message = format!("file {name:?} has no place in the variables");
                return Err(Refused::malformed(message));
            }
            if map.0[..index].iter().any(|(other, _)| other == name) {
                return Err(Refused::malformed(format!("map names {name:?} twice")));
            }
        }
        Ok(map)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of the file that the form calls so.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(known, _)| known == name)
    }

    /// What the form calls a file.
    pub(super) fn name(&self, number: usize) -> &str {
        self.0.get(number).map_or("", |(name, _)| name)
    }

    /// Puts a placeholder at every place, each of which has to be null until then.
    pub(super) fn place(&self, operations: &mut Value) -> Result<(), Refused> {
        for (number, (_, places)) in self.0.iter().enumerate() {
            for place in places {
                let refuse = |why: &str| Err(Refused::malformed(format!("place {place:?} {why}")));
                let Some(steps) = place.strip_prefix("variables.") else {
                    return refuse("is not in the variables");
                };
                let Some(variables) = operations.get_mut("variables") else {
                    return refuse("is not there");
                };
                match find(variables, steps) {
                    Some(null @ Value::Null) => *null = Upload::placeholder(number).into(),
                    Some(Value::String(text)) if Upload::is_placeholder(text) => {
                        return refuse("is given to a file twice");
                    }
                    Some(_) => return refuse("is not null"),
                    None => return refuse("is not there"),
                }
            }
        }
        Ok(())
    }
}

fn find<'a>(variables: &'a mut Value, steps: &str) -> Option<&'a mut Value> {
    steps
        .split('.')
        .try_fold(variables, |value, step| match value {
            Value::Object(fields) => fields.get_mut(step),
            Value::Array(items) => {
                let index: usize = step.parse().ok()?;
                // `01` and `+1` are no numbers of items
                items.get_mut(index).filter(|_| step == index.to_string())
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use serde_json::json;

    use super::*;

    fn placed(map: &str, mut operations: Value) -> Result<Value, String> {
        FileMap::read(map.as_bytes(), &UploadConfig::default())
            .and_then(|map| map.place(&mut operations))
            .map(|()| operations)
            .map_err(|refused| refused.error.message.clone())
    }

    #[test]
    fn files_take_their_places_in_inputs_and_lists() {
        let placed = placed(
            r#"{"a":["variables.input.files.1","variables.file"],"b":["variables.input.files.0"]}"#,
            json!({"query": "x", "variables": {"file": null, "input": {"files": [null, null]}}}),
        );
        let (a, b) = (Upload::placeholder(0), Upload::placeholder(1));
        assert_eq!(
            placed.unwrap()["variables"],
            json!({"file": a, "input": {"files": [b, a]}})
        );
    }

    #[test]
    fn a_place_is_a_null_in_the_variables_or_nothing() {
        let operations = json!({"query": null, "variables": {
            "file": null, "list": [null], "text": "x", "number": 0, "object": {}, "": null,
        }});
        for (place, reason) in [
            ("query", "is not in the variables"),
            ("variables", "is not in the variables"),
            ("", "is not in the variables"),
            ("variables.", "ok"),
            ("variables.file", "ok"),
            ("variables.list.0", "ok"),
            ("variables.list.1", "is not there"),
            ("variables.list.00", "is not there"),
            ("variables.list.+0", "is not there"),
            ("variables.list.-1", "is not there"),
            ("variables.list.18446744073709551616", "is not there"),
            ("variables.list", "is not null"),
            ("variables.list.length", "is not there"),
            ("variables.text", "is not null"),
            ("variables.text.0", "is not there"),
            ("variables.number", "is not null"),
            ("variables.object", "is not null"),
            ("variables.object.x", "is not there"),
            ("variables.file.x", "is not there"),
            ("variables.other", "is not there"),
            ("variables.__proto__.x", "is not there"),
            ("0.variables.file", "is not in the variables"),
            ("Variables.file", "is not in the variables"),
            (" variables.file", "is not in the variables"),
            ("variables..file", "is not there"),
            ("variables.file.", "is not there"),
        ] {
            let map = json!({ "0": [place] }).to_string();
            match placed(&map, operations.clone()) {
                Ok(_) => assert_eq!(reason, "ok", "{place}"),
                Err(message) => assert!(message.ends_with(reason), "{place}: {message}"),
            }
        }
    }

    #[test]
    fn a_map_that_is_none_is_refused_with_the_reason() {
        let operations = json!({"query": "x", "variables": {"a": null, "b": null}});
        for (map, reason) in [
            ("", "not a JSON object"),
            ("null", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#"{"0":"variables.a"}"#, "not a JSON object"),
            (r#"{"0":[1]}"#, "not a JSON object"),
            (r#"{"0":null}"#, "not a JSON object"),
            ("{}", "names no file"),
            (r#"{"0":[]}"#, "has no place"),
            (r#"{"0":["variables.a"],"0":["variables.b"]}"#, "twice"),
            (r#"{"0":["variables.a"],"1":["variables.a"]}"#, "twice"),
            (r#"{"0":["variables.a","variables.a"]}"#, "twice"),
        ] {
            let message = placed(map, operations.clone()).unwrap_err();
            assert!(message.contains(reason), "{map}: {message}");
        }
        assert!(placed(r#"{"0":["variables.a"]}"#, json!({"query": "x"})).is_err());
        assert!(placed(r#"{"0":["variables.a"]}"#, json!([])).is_err());
    }
}
