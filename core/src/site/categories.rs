//! A set of categories as one number: what a site is about, when millions of sites are told apart.

use crate::taxonomy::Category;

/// A set of categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CategorySet(u64);

impl CategorySet {
    /// No category at all.
    pub const NONE: Self = Self(0);

    /// Only this one.
    #[must_use]
    pub const fn only(category: Category) -> Self {
        Self(1 << category as u8)
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn contains(self, category: Category) -> bool {
        self.0 & Self::only(category).0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each, in the order in which the taxonomy names them.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.iter().copied().filter(move |category| self.contains(*category))
    }

    /// As a number, one bit a category in the taxonomy's order: to hand over, not to store, since the order may change.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<T: IntoIterator<Item = Category>>(categories: T) -> Self {
        categories.into_iter().fold(Self::NONE, |set, category| set.with(Self::only(category)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_place_of_its_own() {
        let all: CategorySet = Category::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Category::ALL);
        let games = CategorySet::only(Category::Games);
        assert!(games.contains(Category::Games) && !games.contains(Category::Social));
        assert_eq!(all.without(games).with(games), all);
        assert!(games.without(games).is_empty() && CategorySet::NONE.iter().next().is_none());
    }
}
