//! Base64 decoding with Go's leniency and Go's error message, which names an offset.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Go ignores line breaks and, unlike this crate's default, bits left over in the last character.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Decodes, or says what Go says.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let plain: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    LENIENT.decode(plain).map_err(|_| format!("illegal base64 data at input byte {}", offending(text.as_bytes())))
}

fn symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Go's `decodeQuantum`, kept only for the offset in its error.
fn offending(input: &[u8]) -> usize {
    let skip = |mut at: usize| {
        while matches!(input.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    let mut at = 0;
    loop {
        let mut filled = 0;
        while filled < 4 {
            let Some(&byte) = input.get(at) else {
                return at.saturating_sub(filled);
            };
            at += 1;
            if symbol(byte) {
                filled += 1;
                continue;
            }
            match (byte, filled) {
                (b'\n' | b'\r', _) => {}
                (b'=', 2) => {
                    at = skip(at);
                    match input.get(at) {
                        None => return input.len(),
                        Some(b'=') => at += 1,
                        Some(_) => return at.saturating_sub(1),
                    }
                    return skip(at);
                }
                (b'=', 3) => return skip(at),
                _ => return at - 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn complains_about_the_byte_that_go_complains_about() {
        // Measured on kube-apiserver 1.36.3.
        for (text, byte) in [("!!!", 0), ("YQ", 0), ("YWJ\n", 1)] {
            assert_eq!(decode(text), Err(format!("illegal base64 data at input byte {byte}")), "{text:?}");
        }
        assert_eq!(decode("YQ=="), Ok(b"a".to_vec()));
        assert_eq!(decode("YQ\n=="), Ok(b"a".to_vec()));
        assert_eq!(decode(""), Ok(Vec::new()));
    }
}
