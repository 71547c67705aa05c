//! `--order dev,staging,prod`: which stage a spec belongs to, by a folder or the file that is named so.

use super::malformed::Malformed;
use super::segments::cleaned;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::spec::looks_like_token;
use crate::text;

const FORM: &str = "write the names in their order, with commas between them, as in dev,staging,prod";

/// The names of the stages, the first one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<Outside>);

impl Order {
    /// Reads one from what was typed. White space round a name is no part of it.
    ///
    /// # Errors
    /// It is no order.
    pub fn parse(typed: &str) -> Result<Self, Malformed> {
        if looks_like_token(typed) {
            return Err(Malformed::new("a token, not an order", FORM));
        }
        let mut names: Vec<Outside> = Vec::new();
        for (i, name) in typed.split(',').map(str::trim).enumerate() {
            let at = i + 1;
            if name.is_empty() {
                return Err(Malformed::new(format!("name {at} is empty"), FORM));
            }
            if name.contains('/') || matches!(name, "." | "..") {
                let hint = "name a folder, or a file without its .toml: what stands between the slashes of a spec's path";
                return Err(Malformed::new(format!("name {at} is not one segment of a path"), hint));
            }
            if let Some(before) = names.iter().position(|other| other == name) {
                return Err(Malformed::new(format!("name {at} is the same as name {}", before + 1), FORM));
            }
            names.push(name.into());
        }
        Ok(Self(names))
    }

    /// The names; the first is that of stage 1.
    #[must_use]
    pub fn names(&self) -> &[Outside] {
        &self.0
    }

    /// The stage of the spec with this path, as it is shown, from 1: the name that one of its folders has, or its file, with or without
    /// `.toml`.
    ///
    /// # Errors
    /// None of the names is in the path, or more than one.
    pub fn stage(&self, path: &Outside) -> Result<usize, Failure> {
        let clean = cleaned(path.expose());
        let stem = clean.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        let is_there = |name: &Outside| clean.split('/').chain(stem).any(|segment| name == segment);
        let there: Vec<usize> = (0..self.0.len()).filter(|i| is_there(&self.0[*i])).collect();
        match there.as_slice() {
            [one] => Ok(one + 1),
            [] => {
                let what = text!("neither a folder nor the file is named as one of --order {}", self.typed());
                let hint = "every spec needs a stage: move or rename it, name it in --order, or leave it out with --except";
                Err(Failure::new(FailureCode::Spec, what).hint(hint))
            }
            several => {
                let names = Text::join(several.iter().map(|i| self.0[*i].as_name()), " and ");
                let what = text!("its path names more than one stage of --order: {}", names);
                let hint = "rename a folder or the file; of a relative path only what is shown counts, not the folders above it";
                Err(Failure::new(FailureCode::Spec, what).hint(hint))
            }
        }
    }

    /// As it is typed.
    #[must_use]
    pub fn typed(&self) -> Text {
        Text::join(self.0.iter().map(Text::from), ",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(typed: &str) -> Order {
        Order::parse(typed).expect("an order")
    }

    #[test]
    fn the_stage_of_a_path() {
        let order = order("dev, staging,prod");
        assert_eq!(order.names().len(), 3);
        for (path, stage) in [
            ("dev.toml", 1),
            ("envs/dev/eu.toml", 1),
            ("staging/konnect.toml", 2),
            ("envs/prod.toml", 3),
            ("./prod/eu/konnect.toml", 3),
            ("prod", 3),
            ("prod/prod.toml", 3),
            ("/srv/specs/prod/a.toml", 3),
            ("../prod/dev-tools.toml", 3),
            ("prod.toml/a.toml/dev", 1),
        ] {
            assert_eq!(order.stage(&path.into()), Ok(stage), "{path}");
        }
        for path in ["envs/production.toml", "prod-eu.toml", "Prod.toml", "dev.toml/a.toml", "devprod", "dev.toml.toml", ""] {
            let failure = order.stage(&path.into()).expect_err(path);
            assert_eq!(
                failure.what.plain(),
                "neither a folder nor the file is named as one of --order dev,staging,prod",
                "{path}"
            );
        }
        let failure = order.stage(&"prod/x/dev.toml".into()).expect_err("two");
        assert_eq!(failure.what.plain(), "its path names more than one stage of --order: dev and prod");
    }

    /// Any name at any place of a path, among segments that are none of the names.
    #[test]
    fn a_name_counts_at_every_place() {
        let order = order("a,b,c");
        for (i, name) in ["a", "b", "c"].iter().enumerate() {
            for depth in 0..6 {
                for at in 0..=depth {
                    let mut segments = vec!["x"; depth + 1];
                    segments[at] = name;
                    let path = segments.join("/") + ".toml";
                    assert_eq!(order.stage(&path.as_str().into()), Ok(i + 1), "{path}");
                }
            }
        }
    }

    #[test]
    fn what_is_typed() {
        assert_eq!(order("prod").typed().plain(), "prod");
        assert_eq!(order(" dev ,my stage").typed().plain(), "dev,my stage");
        for (bad, why) in [
            ("", "name 1 is empty"),
            ("dev,,prod", "name 2 is empty"),
            ("dev,prod,", "name 3 is empty"),
            ("dev,envs/prod", "name 2 is not one segment"),
            ("..", "name 1 is not one segment"),
            ("dev,prod,dev", "name 3 is the same as name 1"),
            ("dev,kpat_0123456789abcdef", "a token"),
        ] {
            let malformed = Order::parse(bad).expect_err(bad);
            assert!(malformed.what.contains(why), "{bad}: {}", malformed.what);
        }
    }
}
