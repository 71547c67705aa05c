//! How much is to be tried: between the first thought and the commit less, before a release more.

use std::env;

/// How far the tests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// `KONNECT_QUICK=1`: no real server, and a fixed slice of what is tried in great numbers. Never in CI.
    Quick,
    /// What must hold before a change lands.
    Usual,
    /// `KONNECT_LONG=1`: everything that has been thought of.
    Long,
}

/// What the environment asks for. Panics where it contradicts itself.
#[must_use]
pub fn extent() -> Extent {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    chosen(is_set("KONNECT_QUICK"), is_set("KONNECT_LONG"), in_ci()).unwrap_or_else(|why| panic!("{why}"))
}

/// Whether a test that can't run is a failure: where nobody reads what was skipped.
#[must_use]
pub fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| ci == "true")
}

fn chosen(quick: bool, long: bool, in_ci: bool) -> Result<Extent, &'static str> {
    match (quick, long) {
        (true, true) => Err("KONNECT_QUICK and KONNECT_LONG are both set: unset one"),
        (true, false) if in_ci => Err("KONNECT_QUICK is set and CI=true: it leaves out the real server, so unset it"),
        (true, false) => Ok(Extent::Quick),
        (false, true) => Ok(Extent::Long),
        (false, false) => Ok(Extent::Usual),
    }
}

impl Extent {
    /// A fixed slice of what is tried in great numbers: every so-many-th, the first included. All of it where there is time.
    #[must_use]
    pub fn slice<T>(self, all: Vec<T>, every: usize) -> Vec<T> {
        if self == Self::Quick { all.into_iter().step_by(every).collect() } else { all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_is_refused_in_ci_and_beside_long() {
        assert_eq!(chosen(false, false, true), Ok(Extent::Usual));
        assert_eq!(chosen(false, true, true), Ok(Extent::Long));
        assert_eq!(chosen(true, false, false), Ok(Extent::Quick));
        assert!(chosen(true, false, true).is_err());
        assert!(chosen(true, true, false).is_err());
    }

    #[test]
    fn only_quick_takes_a_slice() {
        assert_eq!(Extent::Quick.slice((0..7).collect(), 3), [0, 3, 6]);
        assert_eq!(Extent::Usual.slice((0..3).collect(), 3), [0, 1, 2]);
    }
}
