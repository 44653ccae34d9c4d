//! Which characters are invisible, which are pictures, and which only look like another letter.

/// Characters that nobody sees: joiners, direction marks, variation selectors, fillers, tags, skin tones.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{20e3}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Pictures that mean something on their own.
pub(super) const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}')
}

/// The apostrophes of keyboards and word processors, and what people type for them.
pub(super) const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{b4}' | '\u{2b9}' | '\u{ff07}' | '\u{2032}'
    )
}

/// Whether accents on this letter are decoration rather than vowels.
pub(super) const fn drops_accents(c: char) -> bool {
    matches!(c as u32, 0..=0x52f | 0x1d00..=0x1fff | 0x2c60..=0x2c7f | 0xa640..=0xa69f | 0xa720..=0xa7ff)
}

/// The Latin letter that this one is drawn like. Whole words in another script change too, and so do rules in that
/// script, so they still meet.
pub(super) const fn lookalike(c: char) -> Option<char> {
    let letter = match c {
        // Cyrillic, small and capital.
        'а' | 'А' => 'a',
        'в' | 'В' => 'b',
        'с' | 'С' => 'c',
        'ԁ' | 'Ԁ' => 'd',
        'е' | 'Е' => 'e',
        'һ' | 'Һ' | 'н' | 'Н' => 'h',
        'і' | 'І' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' => 'k',
        'м' | 'М' => 'm',
        'о' | 'О' => 'o',
        'р' | 'Р' => 'p',
        'ԛ' | 'Ԛ' => 'q',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' => 't',
        'у' | 'У' => 'y',
        'ԝ' | 'Ԝ' => 'w',
        'х' | 'Х' => 'x',
        // Greek.
        'α' | 'Α' => 'a',
        'β' | 'Β' => 'b',
        'ε' | 'Ε' => 'e',
        'η' | 'Η' => 'h',
        'ι' | 'Ι' => 'i',
        'κ' | 'Κ' => 'k',
        'μ' | 'Μ' | 'µ' => 'm',
        'ν' => 'v',
        'Ν' => 'n',
        'ο' | 'Ο' => 'o',
        'ρ' | 'Ρ' => 'p',
        'τ' | 'Τ' => 't',
        'υ' | 'Υ' => 'u',
        'χ' | 'Χ' => 'x',
        'ζ' | 'Ζ' => 'z',
        // Latin with strokes and other shapes that do not come apart.
        'ı' | 'ɩ' | 'ɪ' | 'ł' | 'Ł' => return Some(if matches!(c, 'ł' | 'Ł') { 'l' } else { 'i' }),
        'ø' | 'Ø' | 'ᴏ' => 'o',
        'đ' | 'Đ' | 'ð' | 'Ð' | 'ᴅ' => 'd',
        'ħ' | 'Ħ' | 'ʜ' => 'h',
        'ŧ' | 'Ŧ' | 'ᴛ' => 't',
        'ɑ' | 'ᴀ' => 'a',
        'ʙ' => 'b',
        'ᴄ' => 'c',
        'ᴇ' | 'ɛ' => 'e',
        'ꜰ' => 'f',
        'ɢ' | 'ɡ' => 'g',
        'ᴊ' => 'j',
        'ᴋ' => 'k',
        'ʟ' => 'l',
        'ᴍ' => 'm',
        'ɴ' => 'n',
        'ᴘ' => 'p',
        'ʀ' => 'r',
        'ꜱ' => 's',
        'ᴜ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ʏ' => 'y',
        'ᴢ' => 'z',
        // Others that are drawn alike: Cyrillic, Armenian, Coptic, Cherokee, Lisu, and Latin with hooks.
        '⍺' | 'ꭺ' | 'Ꭺ' | 'ꓮ' => 'a',
        'Ь' | 'ь' | 'Ƅ' | 'ƅ' | 'ɓ' | 'Ꮟ' | 'ᏼ' | 'ꓐ' => 'b',
        'ⲥ' | 'ϲ' | 'Ϲ' | 'ƈ' | 'Ꮯ' | 'ꓚ' | 'ↄ' => 'c',
        'ɗ' | 'ɖ' | 'Ꭰ' | 'ꓓ' | 'Ꮷ' => 'd',
        'є' | 'Є' | 'ҽ' | 'ɘ' | 'Ǝ' | 'ǝ' | 'Ꭼ' | 'ꓰ' | '℮' => 'e',
        'ƒ' | 'ϝ' | 'Ϝ' | 'ꓝ' => 'f',
        'ɠ' | 'ց' | 'Ԍ' | 'Ꮐ' | 'ꓖ' => 'g',
        'հ' | 'ɦ' | 'Ꮋ' | 'ꓧ' | 'ⱨ' => 'h',
        'ɨ' | 'Ꭵ' | 'ꭵ' => 'i',
        'ʝ' | 'ϳ' | 'Ꭻ' | 'ꓙ' => 'j',
        'ƙ' | 'ҡ' | 'қ' | 'ҟ' | 'ӄ' | 'Ꮶ' | 'ꓗ' => 'k',
        'ɭ' | 'ꓡ' | 'Ꮮ' => 'l',
        // A bare stroke is i, l and one alike: which of them, the repair of digits decides by the word that it makes.
        'ӏ' | 'Ӏ' | 'Ɩ' | 'ǀ' | '׀' | 'ⵏ' | 'ꓲ' | '∣' => '1',
        'ɱ' | 'Ϻ' | 'Ꮇ' | 'ꓟ' => 'm',
        'п' | 'П' | 'ո' | 'ռ' | 'ɲ' | 'ŋ' | 'ƞ' | 'И' | 'и' | 'ꓠ' => 'n',
        'օ' | 'ഠ' | 'ᴑ' | 'ⲟ' | 'ө' | 'ꓳ' | 'ჿ' => 'o',
        'ƥ' | 'ⲣ' | 'Ꮲ' | 'ꓑ' => 'p',
        'գ' | 'ʠ' => 'q',
        'г' | 'Г' | 'ɽ' | 'ɾ' | 'я' | 'Я' | 'Ꭱ' | 'ꓣ' | 'ⲅ' => 'r',
        'ʂ' | 'ƽ' | 'Ꮪ' | 'Ꮥ' | 'ꓢ' => 's',
        'ƭ' | 'ʈ' | 'Ꭲ' | 'ꓔ' => 't',
        'ս' | 'ʋ' | 'ц' | 'Ц' | 'ꓴ' => 'u',
        'ѵ' | 'Ѵ' | 'Ꮩ' | 'ꓦ' => 'v',
        'ш' | 'Ш' | 'щ' | 'ѡ' | 'ω' | 'ɯ' | 'Ꮤ' | 'Ꮃ' | 'ꓪ' => 'w',
        'ҳ' | 'ꓫ' => 'x',
        'ү' | 'Ү' | 'ұ' | 'γ' | 'ƴ' | 'ꓬ' => 'y',
        'ʐ' | 'ƶ' | 'ȥ' | 'Ꮓ' | 'ꓜ' => 'z',
        _ => return boxed(c),
    };
    Some(letter)
}

/// White letters in black circles and squares, which have no decomposition of their own.
const fn boxed(c: char) -> Option<char> {
    let offset = match c as u32 {
        code @ 0x1f150..=0x1f169 => code - 0x1f150,
        code @ 0x1f170..=0x1f189 => code - 0x1f170,
        _ => return None,
    };
    char::from_u32('a' as u32 + offset)
}
