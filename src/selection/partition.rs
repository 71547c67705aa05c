//! `--partition hash:I/N`: a run takes one part of the specs, and others the rest, without a word between them.
//!
//! A spec's part is a function of its path alone: the first eight bytes of the path's SHA-256, as a big-endian number, modulo N, counted from 1.
//! The path is the one that is shown, with `/` between its segments and without `./`. Another spec moves none, nor does another machine or
//! version: this is fixed, and a test holds it.

use std::num::NonZeroU64;

use sha2::{Digest as _, Sha256};

use super::malformed::Malformed;
use super::segments::cleaned;
use crate::outside::Text;
use crate::text;

const FORM: &str = "write it as hash:I/N, part I of N, as in hash:1/3, hash:2/3 and hash:3/3";

/// One part of the specs, of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// From 1.
    index: NonZeroU64,
    count: NonZeroU64,
}

impl Partition {
    /// Reads one from what was typed.
    ///
    /// # Errors
    /// It is no partition.
    pub fn parse(typed: &str) -> Result<Self, Malformed> {
        let Some(rest) = typed.strip_prefix("hash:") else {
            let counts = typed.starts_with("count:") || typed.starts_with("slice:");
            let what = if counts { "only hash: is known, by which another spec moves none" } else { "not a partition" };
            return Err(Malformed::new(what, FORM));
        };
        let (index, count) = rest.split_once('/').ok_or_else(|| Malformed::new("has no /", FORM))?;
        let (index, count) = (number(index)?, number(count)?);
        let Some(count) = NonZeroU64::new(count) else {
            return Err(Malformed::new("there must be at least one part", FORM));
        };
        let Some(index) = NonZeroU64::new(index) else {
            let hint = "write hash:1/N for the first of N; a Job's $JOB_COMPLETION_INDEX counts from 0: add 1 to it";
            return Err(Malformed::new("parts count from 1", hint));
        };
        if index > count {
            return Err(Malformed::new(format!("there is no part {index} of {count}"), FORM));
        }
        Ok(Self { index, count })
    }

    /// Which part it is, from 1.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index.get()
    }

    /// How many parts there are.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count.get()
    }

    /// Whether the spec with this path, as it is shown, is in this part.
    #[must_use]
    pub fn contains(self, path: &str) -> bool {
        number_of(path) % self.count == self.index.get() - 1
    }

    /// As it is typed.
    #[must_use]
    pub fn typed(self) -> Text {
        text!("hash:{}/{}", self.index.get(), self.count.get())
    }
}

fn number(typed: &str) -> Result<u64, Malformed> {
    if typed.is_empty() || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed::new("I and N must be whole numbers", FORM));
    }
    typed.parse().map_err(|_| Malformed::new("the number is too large", FORM))
}

/// The path's number, from which its part follows for any count.
fn number_of(path: &str) -> u64 {
    let digest = Sha256::digest(cleaned(path));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: u64) -> Vec<Partition> {
        (1..=count).map(|index| Partition::parse(&format!("hash:{index}/{count}")).expect("a partition")).collect()
    }

    fn paths() -> impl Iterator<Item = String> {
        let regions = ["eu", "us", "ap", "Österreich", "with space"];
        (0..200).flat_map(move |n| regions.map(|region| format!("envs/{region}/cluster-{n}.toml")))
    }

    /// Whoever changes one of these sends specs to other shards of runs that are under way. Computed by `printf %s PATH | sha256sum`.
    #[test]
    fn the_function_is_fixed() {
        for (path, number) in [
            ("", 0xe3b0_c442_98fc_1c14),
            ("-", 0x3973_e022_e932_20f9),
            ("konnect.toml", 0xcf03_8353_16fa_250f),
            ("dev.toml", 0xed34_e008_e737_ac33),
            ("staging.toml", 0x7e80_5326_1baf_7670),
            ("prod.toml", 0xc3f0_3f70_b180_4e8d),
            ("envs/eu/prod.toml", 0x1e87_6ad7_0012_3c31),
            ("envs/us/prod.toml", 0xa04f_b773_315d_95c2),
            ("../envs/prod.toml", 0xf6cc_32ca_f726_6d2c),
            ("/etc/konnect/prod.toml", 0x4485_0c10_370d_8fc6),
            ("envs/Österreich.toml", 0xf094_a472_2f1d_b1ad),
        ] {
            assert_eq!(number_of(path), number, "{path}");
        }
    }

    #[test]
    fn every_spec_is_in_exactly_one_part() {
        for count in (1..=17).chain([64, 1000]) {
            let parts = all(count);
            for path in paths() {
                assert_eq!(parts.iter().filter(|part| part.contains(&path)).count(), 1, "{path} of {count}");
            }
        }
    }

    /// A thousand specs over ten parts: one part has about a hundred.
    #[test]
    fn the_parts_are_about_as_large() {
        for part in all(10) {
            let size = paths().filter(|path| part.contains(path)).count();
            assert!((60..=140).contains(&size), "{} has {size}", part.index());
        }
    }

    /// Nothing but the path and the count goes in, and however the path is spelled.
    #[test]
    fn a_spec_stays_however_it_is_spelled() {
        for part in all(7) {
            for (one, other) in [("./envs/prod.toml", "envs/prod.toml"), ("envs//eu/./a.toml", "envs/eu/a.toml")] {
                assert_eq!(part.contains(one), part.contains(other), "{one}");
            }
        }
    }

    #[test]
    fn what_is_typed() {
        let good = Partition::parse("hash:2/3").expect("a partition");
        assert_eq!((good.index(), good.count(), good.typed().plain()), (2, 3, "hash:2/3".into()));
        assert_eq!(Partition::parse("hash:02/03"), Ok(good));
        for (bad, why) in [
            ("", "not a partition"),
            ("1/3", "not a partition"),
            ("HASH:1/3", "not a partition"),
            ("count:1/3", "only hash:"),
            ("slice:1/3", "only hash:"),
            ("hash:", "has no /"),
            ("hash:1", "has no /"),
            ("hash:1-3", "has no /"),
            ("hash:/", "whole numbers"),
            ("hash:1/", "whole numbers"),
            ("hash:/3", "whole numbers"),
            ("hash:+1/3", "whole numbers"),
            ("hash:-1/3", "whole numbers"),
            ("hash: 1/3", "whole numbers"),
            ("hash:1/3/5", "whole numbers"),
            ("hash:1/18446744073709551616", "too large"),
            ("hash:0/3", "parts count from 1"),
            ("hash:0/0", "at least one part"),
            ("hash:1/0", "at least one part"),
            ("hash:4/3", "no part 4 of 3"),
        ] {
            let malformed = Partition::parse(bad).expect_err(bad);
            assert!(malformed.what.contains(why), "{bad}: {}", malformed.what);
            assert!(malformed.hint.contains("hash:"), "{bad}");
        }
        assert!(Partition::parse("hash:0/3").is_err_and(|malformed| malformed.hint.contains("JOB_COMPLETION_INDEX")));
    }
}
