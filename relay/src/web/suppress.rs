//! Numbers fit to be shown: a count below five could point at one child, so it is kept back, and enough else with it that
//! nobody can work it out by subtraction.
//!
//! The rule is statistical disclosure control as the Office for National Statistics describes it for tables of counts:
//! primary suppression of small cells, secondary suppression of others, so that the total gives nothing away. The reader
//! is taken to know this rule. What is hidden stays undetermined for them: each kept-back count may be 1, 2, 3 or 4.

/// From how many on a count is shown.
const SMALL: i64 = 5;

/// A count as it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it is. Nobody at all points at nobody.
    Number(i64),
    /// One to four.
    Few,
    /// Kept back so that another cannot be worked out.
    Hidden,
}

impl Shown {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Few => "fewer than 5".into(),
            Self::Hidden => "not shown".into(),
        }
    }
}

/// A list of counts and their total, ready to be shown. The total must stand in no other table: one breakdown of a number
/// hides nothing that another breakdown shows.
pub(super) fn suppress(counts: &[i64]) -> (Vec<Shown>, Shown) {
    let total: i64 = counts.iter().sum();
    let first = |count: i64| if (1..SMALL).contains(&count) { Shown::Few } else { Shown::Number(count) };
    let mut shown: Vec<Shown> = counts.iter().map(|&count| first(count)).collect();
    let few = shown.iter().filter(|cell| **cell == Shown::Few).count();
    if few == 0 {
        return (shown, first(total));
    }
    if first(total) == Shown::Few {
        return (shown, Shown::Few);
    }
    // The smallest others are hidden until the sum of what is hidden allows every small count to be 1 to 4: the hidden
    // others are known to be at least five each.
    let mut others: Vec<usize> = (0..counts.len()).filter(|&at| counts[at] >= SMALL).collect();
    others.sort_by_key(|&at| counts[at]);
    let few = i64::try_from(few).unwrap_or(i64::MAX);
    let mut sum: i64 = counts.iter().filter(|count| (1..SMALL).contains(*count)).sum();
    for (hidden, &at) in (1..).zip(&others) {
        sum += counts[at];
        shown[at] = Shown::Hidden;
        if sum - SMALL * hidden >= (SMALL - 1) * few {
            return (shown, first(total));
        }
    }
    // There is not enough to hide behind: the total goes instead, and the others can be shown.
    (counts.iter().map(|&count| first(count)).collect(), Shown::Hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least and the most that the cells other than `but` can add up to, for somebody who sees the table.
    fn rest(shown: &[Shown], but: usize) -> (i64, i64) {
        let each = shown.iter().enumerate().filter(|(at, _)| *at != but).map(|(_, cell)| match cell {
            Shown::Number(number) => (*number, *number),
            Shown::Few => (1, SMALL - 1),
            Shown::Hidden => (SMALL, i64::from(u32::MAX)),
        });
        each.fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
    }

    proptest! {
        #[test]
        fn no_small_count_can_be_worked_out(counts in prop::collection::vec(0_i64..40, 1..12)) {
            let (shown, total) = suppress(&counts);
            for (at, &count) in counts.iter().enumerate() {
                if !(1..SMALL).contains(&count) {
                    if let Shown::Number(number) = shown[at] { prop_assert_eq!(number, count); }
                    continue;
                }
                prop_assert_eq!(shown[at], Shown::Few);
                let (least, most) = rest(&shown, at);
                if let Shown::Number(total) = total {
                    for guess in 1..SMALL {
                        prop_assert!(
                            (least..=most).contains(&(total - guess)),
                            "{:?} of {:?} shows that cell {} is not {}", shown, counts, at, guess
                        );
                    }
                }
            }
        }

        #[test]
        fn a_shown_total_is_the_true_one(counts in prop::collection::vec(0_i64..40, 1..12)) {
            if let (_, Shown::Number(total)) = suppress(&counts) {
                prop_assert_eq!(total, counts.iter().sum::<i64>());
            }
        }
    }

    #[test]
    fn what_is_large_or_nothing_is_shown() {
        assert_eq!(
            suppress(&[0, 5, 9]),
            (vec![Shown::Number(0), Shown::Number(5), Shown::Number(9)], Shown::Number(14))
        );
        assert_eq!(suppress(&[]), (vec![], Shown::Number(0)));
    }

    #[test]
    fn one_small_count_takes_another_with_it() {
        let (shown, total) = suppress(&[2, 30, 12]);
        assert_eq!(shown, [Shown::Few, Shown::Number(30), Shown::Hidden]);
        assert_eq!(total, Shown::Number(44));
    }

    #[test]
    fn where_nothing_can_hide_it_the_total_goes() {
        assert_eq!(suppress(&[4, 5]), (vec![Shown::Few, Shown::Number(5)], Shown::Hidden));
        assert_eq!(suppress(&[3]), (vec![Shown::Few], Shown::Few));
    }
}
