//! Receipt codes: the sixteen digits by which a pupil finds the replies to a report.
//!
//! The code is made on the device and shown once. Nothing here keeps it, sends it, or knows what it opens.

/// Digits of a code.
pub const DIGITS: usize = 16;

/// Why there is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Too few of the random bytes could be used.
    #[error("not enough random bytes for a receipt code: give at least 64 fresh ones")]
    TooFewBytes,
    /// What a person typed is not a code.
    #[error("A receipt code has {DIGITS} digits. This has {0}. Check it against what you wrote down.")]
    WrongLength(usize),
    /// What a person typed has something other than digits in it.
    #[error("A receipt code has only digits in it. Spaces between them are fine.")]
    NotDigits,
}

/// Makes a code from bytes of a cryptographic generator.
///
/// A byte of 250 or more is passed over: taking it too would make the digits 0 to 5 likelier than the rest.
///
/// # Errors
/// When fewer than sixteen of the bytes can be used.
pub fn code(random: &[u8]) -> Result<String, ReceiptError> {
    let code: String = random
        .iter()
        .filter(|byte| **byte < 250)
        .take(DIGITS)
        .map(|byte| char::from(b'0' + byte % 10))
        .collect();
    if code.len() == DIGITS { Ok(code) } else { Err(ReceiptError::TooFewBytes) }
}

/// The code as it is shown: four groups of four, which people copy with fewer slips.
#[must_use]
pub fn shown(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / 4);
    for (place, digit) in code.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Reads a code as a person types it: spaces and dashes between groups are fine.
///
/// # Errors
/// When it is not sixteen digits, saying what it was.
pub fn read(text: &str) -> Result<String, ReceiptError> {
    let kept: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')).collect();
    if !kept.chars().all(|c| c.is_ascii_digit()) {
        return Err(ReceiptError::NotDigits);
    }
    if kept.len() == DIGITS { Ok(kept) } else { Err(ReceiptError::WrongLength(kept.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_would_favour_small_digits_are_passed_over() {
        let mut bytes = vec![250, 251, 252, 253, 254, 255];
        bytes.extend([249; DIGITS]);
        assert_eq!(code(&bytes).unwrap(), "9999999999999999");
    }

    #[test]
    fn every_digit_is_equally_likely() {
        let mut counts = [0_u32; 10];
        for byte in 0..=255_u8 {
            if let Ok(code) = code(&[byte; DIGITS]) {
                counts[usize::from(code.as_bytes()[0] - b'0')] += 1;
            }
        }
        assert_eq!(counts, [25; 10]);
    }

    #[test]
    fn too_few_bytes_are_refused() {
        assert_eq!(code(&[1; 15]), Err(ReceiptError::TooFewBytes));
        assert_eq!(code(&[255; 64]), Err(ReceiptError::TooFewBytes));
    }

    #[test]
    fn a_code_survives_showing_and_reading() {
        let made = code(&[17, 4, 99, 200, 31, 8, 0, 249, 5, 66, 12, 190, 77, 3, 2, 1]).unwrap();
        assert_eq!(shown(&made).len(), 19);
        assert_eq!(read(&shown(&made)).unwrap(), made);
        assert_eq!(read(" 1234-5678\u{2013}9012 3456 ").unwrap(), "1234567890123456");
    }

    #[test]
    fn what_is_not_a_code_says_why() {
        assert_eq!(read("1234 5678"), Err(ReceiptError::WrongLength(8)));
        assert_eq!(read("1234 5678 9012 345O"), Err(ReceiptError::NotDigits));
    }
}
