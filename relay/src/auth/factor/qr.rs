//! A QR code as one path of an SVG, drawn on the server: no script, no picture from elsewhere, and the secret in it goes
//! nowhere but onto the page.

use crate::error::Error;
use qrcodegen::{QrCode, QrCodeEcc};

/// What a template needs to draw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawing {
    /// The side of the view box, in modules, with the quiet zone of four on each side that the standard asks for.
    pub(crate) side: i32,
    /// The path's data: a square for each dark module, runs joined.
    pub(crate) path: String,
}

/// Draws `text`.
pub(crate) fn draw(text: &str) -> Result<Drawing, Error> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(Error::internal)?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|&at| code.get_module(at, y)).count();
            let run = i32::try_from(run).unwrap_or(1);
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    Ok(Drawing { side: size + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path draws exactly the dark modules.
    #[test]
    fn the_drawing_is_the_code() {
        let text =
            "otpauth://totp/Lapwing:a%40oak.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lapwing";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let drawing = draw(text).unwrap();
        assert_eq!(drawing.side, code.size() + 8);
        let mut dark = std::collections::HashSet::new();
        for run in drawing.path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            let length: i32 = rest.split('v').next().unwrap().parse().unwrap();
            dark.extend((x..x + length).map(|x| (x - 4, y - 4)));
        }
        for y in -4..code.size() + 4 {
            for x in -4..code.size() + 4 {
                assert_eq!(dark.contains(&(x, y)), code.get_module(x, y), "{x},{y}");
            }
        }
    }
}
