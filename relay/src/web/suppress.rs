//! Numbers fit to be shown: a count below five could point at one child, so it is kept back, and the total with it, so that
//! nobody can work it out by subtraction.
//!
//! Tables of counts usually hide further cells beside a small one (secondary suppression, as the Office for National
//! Statistics describes it), and whoever knows how those were chosen can often undo it. Here the total is hidden instead:
//! it is given as the range that follows from the cells beside it, and is made from nothing else. So it tells nothing that
//! they do not, on whatever page it stands.

/// From how many on a count is shown.
const SMALL: i64 = 5;

/// A count as it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it is. Nobody at all points at nobody.
    Number(i64),
    /// One to four.
    Few,
    /// A total of counts of which some are kept back: the least and the most that it can be.
    Between(i64, i64),
}

impl Shown {
    /// A single count.
    pub(super) fn of(count: i64) -> Self {
        if (1..SMALL).contains(&count) { Self::Few } else { Self::Number(count) }
    }

    /// The total of what is shown in `cells`, from nothing but what is shown.
    pub(super) fn total(cells: &[Self]) -> Self {
        let sum = |(least, most): (i64, i64), cell: &Self| {
            let (from, to) = cell.range();
            (least + from, most + to)
        };
        match cells.iter().fold((0, 0), sum) {
            (least, most) if least == most => Self::Number(least),
            range if range == Self::Few.range() => Self::Few,
            (least, most) => Self::Between(least, most),
        }
    }

    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Few => "fewer than 5".into(),
            Self::Between(least, most) => format!("between {least} and {most}"),
        }
    }

    const fn range(self) -> (i64, i64) {
        match self {
            Self::Number(number) => (number, number),
            Self::Few => (1, SMALL - 1),
            Self::Between(least, most) => (least, most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_small_count_can_be_exchanged_for_another_and_nothing_shown_changes(
            counts in prop::collection::vec(0_i64..12, 1..12), other in 1..SMALL,
        ) {
            let shown = |counts: &[i64]| -> (Vec<Shown>, Shown) {
                let cells: Vec<Shown> = counts.iter().copied().map(Shown::of).collect();
                let total = Shown::total(&cells);
                (cells, total)
            };
            let before = shown(&counts);
            for at in 0..counts.len() {
                if (1..SMALL).contains(&counts[at]) {
                    let mut changed = counts.clone();
                    changed[at] = other;
                    prop_assert_eq!(&shown(&changed), &before);
                }
            }
        }

        #[test]
        fn the_true_total_is_within_the_range(counts in prop::collection::vec(0_i64..12, 0..12)) {
            let cells: Vec<Shown> = counts.iter().copied().map(Shown::of).collect();
            let (least, most) = Shown::total(&cells).range();
            prop_assert!((least..=most).contains(&counts.iter().sum()));
        }
    }

    #[test]
    fn what_is_large_or_nothing_is_shown() {
        let cells = [0, 5, 9].map(Shown::of);
        assert_eq!(cells, [Shown::Number(0), Shown::Number(5), Shown::Number(9)]);
        assert_eq!(Shown::total(&cells), Shown::Number(14));
        assert_eq!(Shown::total(&[]), Shown::Number(0));
    }

    #[test]
    fn a_small_count_hides_the_total() {
        assert_eq!(Shown::total(&[2, 30, 12].map(Shown::of)).words(), "between 43 and 46");
        // Four pupils, one of each: “fewer than 5” would say so.
        assert_eq!(Shown::total(&[1, 1, 1, 1].map(Shown::of)).words(), "between 4 and 16");
        assert_eq!(Shown::total(&[3].map(Shown::of)).words(), "fewer than 5");
        let schools = [Shown::Between(43, 46), Shown::Number(20)];
        assert_eq!(Shown::total(&schools).words(), "between 63 and 66");
    }
}
