//! The canaries: what must show nowhere, each unlike anything that konnect would say by itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Whose secret it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The live token, which the Secret holds before.
    Old,
    /// The wanted token.
    New,
    /// The kubeconfig's bearer token.
    Bearer,
    /// The kubeconfig's password.
    Password,
}

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    /// As Konnect makes them: `kpat_…`, `spat_…`.
    Prefixed,
    /// Small letters and digits alone: it is a valid label, name and variable.
    Bare,
    /// With everything that JSON, URLs and shells would escape.
    Odd,
}

/// One canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canary {
    /// Whose.
    pub whose: Whose,
    /// Made of what; the bearer token and the password have one flavour only, and the run's tokens then have this one.
    pub flavour: Flavour,
}

/// Every kind that every position gets.
pub const KINDS: [Canary; 8] = [
    Canary { whose: Whose::New, flavour: Flavour::Bare },
    Canary { whose: Whose::Old, flavour: Flavour::Bare },
    Canary { whose: Whose::New, flavour: Flavour::Prefixed },
    Canary { whose: Whose::Bearer, flavour: Flavour::Prefixed },
    Canary { whose: Whose::Old, flavour: Flavour::Prefixed },
    Canary { whose: Whose::Password, flavour: Flavour::Prefixed },
    Canary { whose: Whose::New, flavour: Flavour::Odd },
    Canary { whose: Whose::Old, flavour: Flavour::Odd },
];

/// Every text there is to be found.
pub const TEXTS: [&str; 8] = [OLD[0], OLD[1], OLD[2], NEW[0], NEW[1], NEW[2], BEARER, PASSWORD];

const OLD: [&str; 3] = ["kpat_Hq7LwZ3mTx9vB2nRdK5sYcJ8", "hq4lwz7mtx2vb9nrdk3sycj6gp8e", r#"Jw5/"tR8+\xK2%qM9&bV4=zN7pG"#];
const NEW: [&str; 3] = ["spat_Fd6GkPs1WyE4uN8aXo3QrMb7", "vf5dgkq8swy2eun9axo4qrmb7hct", r#"Pc3\u"gD6/yL9+rS2%fH8&wT5=kX"#];
const BEARER: &str = "eyKq2Zt7NvWb4Hs9.Xd6Lm3Rf8Gc/Ju5+Ty1";
const PASSWORD: &str = r#"Wz8@kd4:Qn/7"Vx\2+Bm6%Ty9&Lr3"#;

impl Canary {
    /// The live token of this flavour.
    pub const fn old(flavour: Flavour) -> Self {
        Self { whose: Whose::Old, flavour }
    }

    /// The wanted token of this flavour.
    pub const fn new(flavour: Flavour) -> Self {
        Self { whose: Whose::New, flavour }
    }

    /// Its bytes.
    pub const fn text(self) -> &'static str {
        match self.whose {
            Whose::Old => OLD[self.flavour as usize],
            Whose::New => NEW[self.flavour as usize],
            Whose::Bearer => BEARER,
            Whose::Password => PASSWORD,
        }
    }

    /// Whether anybody would take it for a Konnect token.
    pub fn looks_like_one(self) -> bool {
        matches!(self.whose, Whose::Old | Whose::New) && self.flavour == Flavour::Prefixed
    }

    /// How findings name it.
    pub fn name(self) -> String {
        match self.whose {
            Whose::Old | Whose::New => format!("{:?}{:?}", self.whose, self.flavour),
            Whose::Bearer | Whose::Password => format!("{:?}", self.whose),
        }
    }
}

/// As a Secret's `data` holds it.
pub fn encoded(text: &str) -> String {
    BASE64.encode(text)
}
