//! Ways in which words are disguised, and two in which they are mistyped: the whole text is changed, always the same way.
//!
//! Nothing here knows how the engine undoes any of it. Choices come from a generator whose seed is the text's number, so
//! that a run means the same next year and does not depend on the order of the texts.

/// How a text is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disguise {
    /// Digits and signs for letters: `k1ll my53lf`.
    Leet,
    /// Letters of other alphabets that look the same.
    Homoglyph,
    /// The wide forms of East Asian typesetting.
    Fullwidth,
    /// An invisible character between each two letters.
    ZeroWidth,
    /// Accents on every letter.
    Diacritic,
    /// `k.i.l.l m.y.s.e.l.f`
    Dots,
    /// `k i l l   m y s e l f`
    Spaced,
    /// `kiiill myyysellllf`
    Repeat,
    /// `killmyself`
    NoSpace,
    /// `kill_myself`
    Underscore,
    /// `KILL MYSELF`
    Upper,
    /// Two neighbouring letters of each longer word change places.
    Swap,
    /// One letter of each longer word is left out.
    Delete,
}

/// Letters in a word before it is long enough to be mistyped.
const LONGER: usize = 4;

const LOOKALIKES: [(char, &[char]); 22] = [
    ('a', &['а', 'ɑ', 'α']),
    ('b', &['Ь', 'ƅ']),
    ('c', &['с', 'ϲ']),
    ('d', &['ԁ']),
    ('e', &['е']),
    ('g', &['ɡ']),
    ('h', &['һ']),
    ('i', &['і', 'ı']),
    ('j', &['ј']),
    ('k', &['κ', 'к']),
    ('l', &['ӏ', 'ⅼ']),
    ('m', &['ⅿ', 'м']),
    ('n', &['ո', 'п']),
    ('o', &['о', 'ο', 'օ']),
    ('p', &['р', 'ρ']),
    ('q', &['ԛ']),
    ('s', &['ѕ']),
    ('t', &['τ', 'т']),
    ('u', &['υ', 'ս']),
    ('v', &['ν', 'ѵ']),
    ('x', &['х']),
    ('y', &['у', 'γ']),
];

const SIGNS: [(char, &[char]); 6] =
    [('a', &['4', '@']), ('e', &['3']), ('i', &['1', '!']), ('o', &['0']), ('s', &['5', '$']), ('t', &['7'])];

/// Acute, diaeresis, tilde, macron, dot below, ring.
const MARKS: [char; 6] = ['\u{301}', '\u{308}', '\u{303}', '\u{304}', '\u{323}', '\u{30a}'];
const ACCENTED: [(char, &[char]); 7] = [
    ('a', &['á', 'ä', 'â', 'å']),
    ('e', &['é', 'ë', 'ê']),
    ('i', &['í', 'ï', 'î']),
    ('o', &['ó', 'ö', 'ô']),
    ('u', &['ú', 'ü', 'û']),
    ('n', &['ñ', 'ń']),
    ('s', &['š', 'ś']),
];
const INVISIBLE: [char; 4] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}'];

impl Disguise {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Leet,
        Self::Homoglyph,
        Self::Fullwidth,
        Self::ZeroWidth,
        Self::Diacritic,
        Self::Dots,
        Self::Spaced,
        Self::Repeat,
        Self::NoSpace,
        Self::Underscore,
        Self::Upper,
        Self::Swap,
        Self::Delete,
    ];

    /// For people and for JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leet => "leet",
            Self::Homoglyph => "homoglyph",
            Self::Fullwidth => "fullwidth",
            Self::ZeroWidth => "zero-width",
            Self::Diacritic => "diacritic",
            Self::Dots => "dots",
            Self::Spaced => "spaced",
            Self::Repeat => "repeat",
            Self::NoSpace => "nospace",
            Self::Underscore => "underscore",
            Self::Upper => "upper",
            Self::Swap => "typo: swap",
            Self::Delete => "typo: delete",
        }
    }

    /// Whether it is a slip rather than a disguise.
    #[must_use]
    pub const fn is_typo(self) -> bool {
        matches!(self, Self::Swap | Self::Delete)
    }

    /// The changed text.
    #[must_use]
    pub fn apply(self, text: &str, seed: u64) -> String {
        let mut random = Random::new(seed);
        match self {
            Self::Leet => letters(text, |c| from_table(&SIGNS, c, &mut random).to_string()),
            Self::Homoglyph => letters(text, |c| from_table(&LOOKALIKES, c, &mut random).to_string()),
            Self::Fullwidth => text.chars().map(wide).collect(),
            Self::ZeroWidth => by_word(text, |word| between(word, || random.pick(&INVISIBLE).into())),
            Self::Diacritic => letters(text, |c| accent(c, &mut random)),
            Self::Dots => by_word(text, |word| between(word, || ".".into())),
            Self::Spaced => between(text, || " ".into()),
            Self::Repeat => by_word(text, |word| stretched(word, &mut random)),
            Self::NoSpace => text.chars().filter(|c| !c.is_whitespace()).collect(),
            Self::Underscore => text.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect(),
            Self::Upper => text.to_uppercase(),
            Self::Swap => {
                by_word(text, |word| slip(word, &mut random, |letters, at| letters.swap(at, at + 1)))
            }
            Self::Delete => by_word(text, |word| {
                slip(word, &mut random, |letters, at| {
                    letters.remove(at);
                })
            }),
        }
    }
}

/// Changes letters, and leaves the rest.
fn letters(text: &str, mut change: impl FnMut(char) -> String) -> String {
    text.chars().map(|c| if c.is_alphabetic() { change(c) } else { c.to_string() }).collect()
}

/// Changes each word, and leaves the blanks.
fn by_word(text: &str, change: impl FnMut(&str) -> String) -> String {
    text.split(' ').map(change).collect::<Vec<_>>().join(" ")
}

/// Puts something between each two characters.
fn between(text: &str, mut what: impl FnMut() -> String) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index > 0 {
            out.push_str(&what());
        }
        out.push(c);
    }
    out
}

fn from_table(table: &[(char, &[char])], c: char, random: &mut Random) -> char {
    let lower = c.to_ascii_lowercase();
    table.iter().find(|(letter, _)| *letter == lower).map_or(c, |(_, like)| random.pick(like))
}

fn wide(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A letter with an accent of its own where there is one and the dice say so, else with a mark over it.
fn accent(c: char, random: &mut Random) -> String {
    let whole = from_table(&ACCENTED, c, random);
    if whole != c && random.below(2) == 0 {
        return whole.to_string();
    }
    [c, random.pick(&MARKS)].iter().collect()
}

/// Either every vowel three times, or one letter four times.
fn stretched(word: &str, random: &mut Random) -> String {
    let count = word.chars().filter(|c| c.is_alphabetic()).count();
    let vowels = word.chars().any(is_vowel) && random.below(2) == 0;
    let chosen = random.below(count.max(1));
    let mut letter = 0;
    let mut out = String::new();
    for c in word.chars() {
        let mut times = 1;
        if c.is_alphabetic() {
            if vowels && is_vowel(c) {
                times = 3;
            } else if !vowels && letter == chosen {
                times = 4;
            }
            letter += 1;
        }
        out.extend(std::iter::repeat_n(c, times));
    }
    out
}

fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u')
}

/// Mistypes a word of letters that is long enough, somewhere after its first letter; marks around it stay.
fn slip(word: &str, random: &mut Random, how: impl Fn(&mut Vec<char>, usize)) -> String {
    let is_letter = |c: char| c.is_alphabetic() || c == '\'';
    let body = word.trim_matches(|c: char| !c.is_alphabetic());
    let length = body.chars().count();
    if length < LONGER || !body.chars().all(is_letter) {
        return word.to_owned();
    }
    let mut letters: Vec<char> = body.chars().collect();
    how(&mut letters, 1 + random.below(length - 2));
    let changed: String = letters.into_iter().collect();
    word.replacen(body, &changed, 1)
}

/// A small generator (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x1a91_71e5)
    }

    /// A number below `limit`, which is at least 1.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from(z % limit.max(1) as u64).unwrap_or_default()
    }

    fn pick(&mut self, from: &[char]) -> char {
        from.get(self.below(from.len())).copied().unwrap_or(' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_disguise_does_what_it_says() {
        let of = |disguise: Disguise| disguise.apply("hide the kite", 7);
        assert_eq!(of(Disguise::Fullwidth), "ｈｉｄｅ ｔｈｅ ｋｉｔｅ");
        assert_eq!(of(Disguise::Dots), "h.i.d.e t.h.e k.i.t.e");
        assert_eq!(of(Disguise::Spaced), "h i d e   t h e   k i t e");
        assert_eq!(of(Disguise::NoSpace), "hidethekite");
        assert_eq!(of(Disguise::Underscore), "hide_the_kite");
        assert_eq!(of(Disguise::Upper), "HIDE THE KITE");
        assert!(of(Disguise::Leet).contains("d3") && !of(Disguise::Leet).contains('i'));
        assert!(!of(Disguise::Homoglyph).contains(['h', 'i', 'd', 'e', 't', 'k']));
        let seen: String = of(Disguise::ZeroWidth).chars().filter(|c| !INVISIBLE.contains(c)).collect();
        assert_eq!(seen, "hide the kite");
        assert!(of(Disguise::Diacritic).chars().count() > 13);
        assert!(of(Disguise::Repeat).len() > 13);
    }

    #[test]
    fn slips_touch_longer_words_once_and_keep_the_first_letter() {
        for seed in 0..50 {
            let swapped = Disguise::Swap.apply("is “hidden” up", seed);
            let body = swapped.trim_start_matches("is “").trim_end_matches("” up");
            let mut letters: Vec<char> = body.chars().collect();
            assert!(body.starts_with('h') && letters.len() == 6, "{swapped}");
            letters.sort_unstable();
            assert_eq!(letters, ['d', 'd', 'e', 'h', 'i', 'n']);
            let cut = Disguise::Delete.apply("is “hidden” up", seed);
            assert!(cut.starts_with("is “h") && cut.chars().count() == 13, "{cut}");
        }
        assert_eq!(Disguise::Delete.apply("the A55 mp3x", 3), "the A55 mp3x");
    }

    #[test]
    fn the_seed_alone_decides() {
        for disguise in Disguise::ALL {
            assert_eq!(disguise.apply("a longer sentence", 5), disguise.apply("a longer sentence", 5));
        }
        assert_ne!(Disguise::Swap.apply("hippopotamus", 1), Disguise::Swap.apply("hippopotamus", 3));
    }
}
