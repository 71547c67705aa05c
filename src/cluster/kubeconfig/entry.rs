//! A context, cluster or user of a kubeconfig, and its values: empty is unset, and only what is asked for can be of a wrong type.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::document::{YamlDocument, YamlNode};
use super::files::{Loaded, read_bounded};
use super::wrong;
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::text;

/// The most bytes of a certificate or key that are read.
const MAX_PEM_BYTES: u64 = 1024 * 1024;
/// Base64 as Go reads it: padded, and without looking at the bits that the padding leaves over.
const GO: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// One of them. Without an entry of its own it has no values.
pub struct Entry<'a> {
    kind: &'static str,
    name: Outside,
    place: Option<(&'a YamlDocument, &'a YamlNode)>,
}

/// A file that a kubeconfig names.
pub struct Named {
    /// For messages.
    pub shown: Outside,
    /// For reading.
    pub path: PathBuf,
}

impl Named {
    /// Its content.
    pub fn read(&self, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        read_bounded(&self.path, most)
    }
}

impl<'a> Entry<'a> {
    /// One that is not there.
    pub fn none(kind: &'static str, name: &str) -> Self {
        Self { kind, name: name.into(), place: None }
    }

    /// The one of this name in the first file that has it.
    pub fn find(loaded: &'a Loaded, list: &str, kind: &'static str, name: &str) -> Result<Option<Self>, Failure> {
        for document in &loaded.documents {
            let mut entries = document.root.entries(list).iter();
            let mut next = || entries.find(|entry| entry.get("name").and_then(YamlNode::text) == Some(name));
            let Some(entry) = next() else { continue };
            let found = Self { kind, name: name.into(), place: Some((document, entry.get(kind).unwrap_or(&YamlNode::Null))) };
            if next().is_some() {
                return Err(found.wrong("is there twice".into()).hint("give one of the two another name"));
            }
            return match found.place {
                Some((_, YamlNode::Map(_) | YamlNode::Null)) => Ok(Some(found)),
                Some((_, other)) => Err(found.wrong(text!("is {}, not a map", other.is()))),
                None => Ok(None),
            };
        }
        Ok(None)
    }

    /// Which it is, for messages: `user jane of ~/.kube/config`.
    pub fn shown(&self) -> Text {
        match self.place {
            Some((document, _)) => text!("{} {} of {}", self.kind, self.name, document.shown),
            None => text!("{} {}", self.kind, self.name),
        }
    }

    /// What is wrong with it.
    pub fn wrong(&self, what: Text) -> Failure {
        wrong(text!("{} {}", self.shown(), what))
    }

    /// The value under this key, if it is set.
    pub fn get(&self, key: &str) -> Option<&'a YamlNode> {
        self.place.and_then(|(_, node)| node.get(key)).filter(|node| !matches!(node, YamlNode::Null))
    }

    fn mistyped(&self, key: &'static str, wanted: &'static str, found: &YamlNode) -> Failure {
        let wrong = self.wrong(text!("is not usable: {} is {}, not {}", key, found.is(), wanted));
        if wanted == "text" { wrong.hint("put it in quotes") } else { wrong }
    }

    /// Text that is not empty.
    pub fn text(&self, key: &'static str) -> Result<Option<&'a str>, Failure> {
        match self.get(key) {
            None => Ok(None),
            Some(YamlNode::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.mistyped(key, "text", other)),
        }
    }

    /// Yes or no.
    pub fn flag(&self, key: &'static str) -> Result<bool, Failure> {
        match self.get(key) {
            None => Ok(false),
            Some(YamlNode::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.mistyped(key, "true or false", other)),
        }
    }

    /// A map.
    pub fn map(&self, key: &'static str) -> Result<&'a [(String, YamlNode)], Failure> {
        match self.get(key) {
            None => Ok(&[]),
            Some(YamlNode::Map(members)) => Ok(members),
            Some(other) => Err(self.mistyped(key, "a map", other)),
        }
    }

    /// A list of anything.
    pub fn list(&self, key: &'static str) -> Result<&'a [YamlNode], Failure> {
        match self.get(key) {
            None => Ok(&[]),
            Some(YamlNode::List(items)) => Ok(items),
            Some(other) => Err(self.mistyped(key, "a list", other)),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Result<Vec<&'a str>, Failure> {
        self.list(key)?.iter().map(|item| self.item(key, item)).collect()
    }

    /// A text within a list or map. As in Go, null is the empty text.
    pub fn item(&self, key: &'static str, item: &'a YamlNode) -> Result<&'a str, Failure> {
        match item {
            YamlNode::Text(text) => Ok(text),
            YamlNode::Null => Ok(""),
            other => Err(self.wrong(text!("is not usable: {} holds {}, not text", key, other.is())).hint("put it in quotes")),
        }
    }

    /// A map below this one, as an entry of its own.
    pub fn below(&self, key: &'static str) -> Result<Option<Self>, Failure> {
        match (self.get(key), self.place) {
            (Some(node @ YamlNode::Map(_)), Some((document, _))) => {
                Ok(Some(Self { kind: self.kind, name: self.name.clone(), place: Some((document, node)) }))
            }
            (Some(other), _) => Err(self.mistyped(key, "a map", other)),
            (None, _) => Ok(None),
        }
    }

    /// A path, relative to the file's own folder.
    pub fn path(&self, key: &'static str) -> Result<Option<Named>, Failure> {
        let path = self.text(key)?.map(|path| self.absolute(path));
        Ok(path.map(|path| Named { shown: Outside::from(path.as_path()), path }))
    }

    /// Where a path of this entry leads.
    pub fn absolute(&self, path: &str) -> PathBuf {
        self.place.map_or_else(|| PathBuf::from(path), |(document, _)| document.folder.join(path))
    }

    /// PEM in base64 under one key, or the file named by another; not both.
    pub fn pem(&self, data: &'static str, file: &'static str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        match (self.text(data)?, self.path(file)?) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(self.wrong(text!("has both {} and {}", data, file)).hint("remove one of the two")),
            (Some(text), None) => {
                let solid = Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>());
                let decoded = GO.decode(&*solid).map_err(|_| self.wrong(text!("is not usable: {} is not base64", data)))?;
                Ok(Some(Zeroizing::new(decoded)))
            }
            (None, Some(named)) => named.read(MAX_PEM_BYTES).map(Some).map_err(|error| {
                let why: Text = match error.kind() {
                    ErrorKind::FileTooLarge => "is longer than 1 MiB".into(),
                    kind => text!("{}", kind),
                };
                self.wrong(text!("is not usable: {} {} can't be read: {}", file, named.shown, why))
            }),
        }
    }
}
