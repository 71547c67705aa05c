//! A list's JSON taken apart while it comes: each item by itself, as soon as it is whole, and nothing of it kept. So a list of any length takes
//! the room of its longest item.

use zeroize::{Zeroize as _, Zeroizing};

/// The most bytes of one item, and of all that is no item.
const MOST: usize = 16 * 1024 * 1024;
/// Room for an item that comes in pieces. It grows by being replaced, so that what it held is wiped.
const ROOM: usize = 4 * 1024;

/// Where in the list its bytes have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Outside of `items`.
    Around,
    /// In `items`, between two of them.
    Between,
    /// In an item.
    Inside,
}

/// Takes a list apart.
pub struct Items {
    place: Place,
    /// How many braces and brackets are open: in the list, or in the item.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The list without its items.
    around: Zeroizing<Vec<u8>>,
    /// What came of an item that is not whole yet.
    begun: Zeroizing<Vec<u8>>,
}

impl Default for Items {
    fn default() -> Self {
        let room = || Zeroizing::new(Vec::with_capacity(ROOM));
        Self { place: Place::Around, depth: 0, in_text: false, escaped: false, around: room(), begun: room() }
    }
}

impl Items {
    /// Takes the next bytes; each item that is whole with them is handed on.
    ///
    /// # Errors
    /// A few words on what is wrong with the list. They never quote it.
    pub fn feed(&mut self, bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
        // Where in these bytes begins what was not put anywhere yet.
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if self.is_text(*byte) {
                if self.place == Place::Between {
                    return Err(NO_OBJECT);
                }
                continue;
            }
            match (self.place, byte) {
                (Place::Around, b'[') if self.depth == 1 && is_key_of_items(&self.around, &bytes[from..at]) => {
                    put(&mut self.around, &bytes[from..=at])?;
                    (self.place, self.depth) = (Place::Between, 0);
                }
                (Place::Between, b'{') => (self.place, self.depth, from) = (Place::Inside, 1, at),
                (Place::Between, b']') => (self.place, self.depth, from) = (Place::Around, 1, at),
                (Place::Between, b',' | b' ' | b'\n' | b'\r' | b'\t') => {}
                (Place::Between, _) => return Err(NO_OBJECT),
                (_, b'{' | b'[') => self.depth += 1,
                (_, b'}' | b']') => {
                    self.depth = self.depth.checked_sub(1).ok_or(NO_LIST)?;
                    if (self.place, self.depth) == (Place::Inside, 0) {
                        self.hand_on(&bytes[from..=at], each)?;
                        self.place = Place::Between;
                    }
                }
                _ => {}
            }
        }
        match self.place {
            Place::Around => put(&mut self.around, &bytes[from..]),
            Place::Between => Ok(()),
            Place::Inside => put(&mut self.begun, &bytes[from..]),
        }
    }

    /// The list without its items, once all of it has come.
    #[must_use]
    pub fn around(self) -> Zeroizing<Vec<u8>> {
        self.around
    }

    /// Whether a byte belongs to a text, whose braces are none.
    const fn is_text(&mut self, byte: u8) -> bool {
        let was_in_text = self.in_text;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ => {}
        }
        was_in_text || self.in_text
    }

    fn hand_on(&mut self, end: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
        if self.begun.is_empty() {
            each(end);
            return Ok(());
        }
        put(&mut self.begun, end)?;
        each(&self.begun);
        self.begun.zeroize();
        Ok(())
    }
}

const NO_LIST: &str = "with something that is not a list";
const NO_OBJECT: &str = "with a list of something else than objects";

/// Whether what stands before a bracket is the key `items`: not the end of another key, nor a text.
fn is_key_of_items(before: &[u8], last: &[u8]) -> bool {
    // White space may stand between, but no more than a few bytes of it ever do.
    let start = before.len().saturating_sub(64);
    let tail = [&before[start..], last].concat();
    let key = tail.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end).and_then(|key| key.strip_suffix(b"\"items\""));
    key.is_some_and(|before| matches!(before.trim_ascii_end().last(), Some(b'{' | b',')))
}

/// Adds to bytes that are wiped, the room that they leave for more too.
fn put(to: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) -> Result<(), &'static str> {
    let length = to.len() + bytes.len();
    if length > MOST {
        return Err("with an object of more than 16 MiB");
    }
    if length > to.capacity() {
        let mut wider = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
        wider.extend_from_slice(to);
        *to = wider;
    }
    to.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What came of it in pieces of that length: the items, and the rest.
    fn taken_apart(list: &str, piece: usize) -> Result<(Vec<String>, String), &'static str> {
        let (mut items, mut found) = (Items::default(), Vec::new());
        for bytes in list.as_bytes().chunks(piece) {
            items.feed(bytes, &mut |item| found.push(String::from_utf8(item.to_vec()).expect("UTF-8")))?;
        }
        Ok((found, String::from_utf8(items.around().to_vec()).expect("UTF-8")))
    }

    #[test]
    fn each_item_comes_by_itself_however_the_bytes_come() {
        let tricky = json!({"metadata": {"name": "}{][\\\"", "x": "\"items\":["}, "items": [{"a": []}, "\\"], "é": "\u{1f600}"});
        let items = [tricky.clone(), json!({}), tricky, json!({"data": {"token": "a".repeat(9_000)}})];
        let spellings = [
            json!({"kind": "SecretList", "metadata": {"items": [1], "continue": "[{"}, "items": items}).to_string(),
            format!("{:#}", json!({"a": {"b": "\"items\": ["}, "items": items, "z": {"items": [{}]}})),
            format!(
                "{{\"kind\" : \"items\" , \"items\"\n : [ {} ] , \"my\\\"items\": [{{}}]}}",
                items.each_ref().map(Value::to_string).join(" , ")
            ),
        ];
        for list in &spellings {
            let whole: Value = list.parse().expect("JSON");
            let expected: Vec<Value> = whole["items"].as_array().expect("items").clone();
            let mut rest = whole.clone();
            rest["items"] = json!([]);
            for piece in [1, 2, 3, 7, 64, 4_096, list.len()] {
                let (found, around) = taken_apart(list, piece).expect("a list");
                let found: Vec<Value> = found.iter().map(|item| item.parse().expect("JSON")).collect();
                assert_eq!((found, around.parse::<Value>().expect("JSON")), (expected.clone(), rest.clone()), "in {piece}s");
            }
        }
    }

    #[test]
    fn what_is_no_list_has_no_items() {
        for (text, expected) in
            [("{\"items\":null}", 0), ("[1,{}]", 0), ("{\"x\":[{}]}", 0), ("{\"items\":[]}", 0), ("\"items\":[", 0)]
        {
            assert_eq!(taken_apart(text, 3).expect("taken apart").0.len(), expected, "{text}");
        }
        for text in ["{\"items\":[1]}", "{\"items\":[\"x\"]}", "{\"items\":[[]]}", "}", "{}}"] {
            assert!(taken_apart(text, 3).is_err(), "{text}");
        }
        // What breaks off is told by whoever reads the rest.
        let (found, around) = taken_apart("{\"items\":[{\"a\":1},{\"a\":", 5).expect("so far");
        assert_eq!((found.len(), around.parse::<Value>().is_err()), (1, true));
    }

    #[test]
    fn an_item_has_its_bounds() {
        let mut items = Items::default();
        items.feed(b"{\"items\":[{\"a\":\"", &mut |_| {}).expect("begins");
        let piece = vec![b'a'; 1024 * 1024];
        assert!((0..16).any(|_| items.feed(&piece, &mut |_| {}).is_err()));
    }
}
