//! The DSL's desk: the inbox in an open tab, read as a person reads it.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::browser::Browser;
use crate::page;
use crate::relay::Relay;
use crate::school::Person;
use crate::wait;

/// One row of the inbox.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    /// Where it leads, such as `/episodes/0198...`.
    pub href: String,
    /// All its words.
    pub text: String,
}

impl Row {
    /// How many alerts it stands for; nothing for a report or a concern.
    #[must_use]
    pub fn alerts(&self) -> usize {
        if !self.href.starts_with("/episodes/") {
            return 0;
        }
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let count = words.windows(2).find(|pair| pair.last().is_some_and(|word| word.starts_with("alert")));
        count.and_then(|pair| pair.first()).and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// An inbox that is open on a screen.
pub struct Desk<'a> {
    browser: &'a Browser,
    relay: String,
}

impl<'a> Desk<'a> {
    /// Opens the inbox, signing in where that is needed, and waits until it updates by itself.
    ///
    /// # Errors
    /// When the DSL cannot sign in, or the page stays still.
    pub async fn open(browser: &'a Browser, relay: &Relay, dsl: &Person) -> Result<Self> {
        browser.goto(&format!("{}/inbox", relay.url)).await?;
        if !page::text(&browser.driver).await?.contains(&dsl.name) {
            dsl.sign_in(browser, relay).await?;
        }
        let desk = Self { browser, relay: relay.url.clone() };
        desk.look().await?;
        Ok(desk)
    }

    /// Opens the inbox once more, and from then on notices if it is ever loaded again.
    ///
    /// # Errors
    /// When the page does not begin to update by itself.
    pub async fn look(&self) -> Result<()> {
        self.browser.goto(&format!("{}/inbox", self.relay)).await?;
        page::see(&self.browser.driver, "Updates by itself").await?;
        self.browser.driver.execute("window.stillTheSamePage = true", vec![]).await?;
        Ok(())
    }

    /// The browser at the desk.
    #[must_use]
    pub fn browser(&self) -> &'a Browser {
        self.browser
    }

    /// What the inbox shows now.
    ///
    /// # Errors
    /// When another page is open.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        let read = "
            if (!document.getElementById('waiting')) return null;
            return [...document.querySelectorAll('[data-item]')].map((row) => ({
                href: row.querySelector('a[href]').getAttribute('href'),
                text: row.innerText,
            }));";
        let rows: Option<Vec<Row>> = self.browser.driver.execute(read, vec![]).await?.convert()?;
        rows.context("the inbox is not what the desk's browser shows")
    }

    /// How many alerts all rows stand for.
    ///
    /// # Errors
    /// When another page is open.
    pub async fn alerts(&self) -> Result<usize> {
        Ok(self.rows().await?.iter().map(Row::alerts).sum())
    }

    /// Waits until the open page shows this many alerts, by itself: a page that was loaded again does not count.
    ///
    /// # Errors
    /// When it shows fewer, or more: then one was counted twice.
    pub async fn wait_for_alerts(&self, wanted: usize) -> Result<()> {
        self.wait_for_alerts_within(wait::PATIENCE, wanted).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// As for [`Desk::wait_for_alerts`].
    pub async fn wait_for_alerts_within(&self, limit: Duration, wanted: usize) -> Result<()> {
        let what = format!("{wanted} alerts in the inbox");
        let waited = wait::until_within(limit, &what, || async {
            let seen = self.alerts().await?;
            anyhow::ensure!(seen <= wanted, "the inbox shows {seen} alerts");
            Ok((seen == wanted).then_some(()))
        });
        if let Err(error) = waited.await {
            let rows = self.rows().await.unwrap_or_default();
            let rows: Vec<String> = rows.into_iter().map(|row| row.text.replace('\n', " / ")).collect();
            return Err(error.context(format!("the inbox shows: {}", rows.join("; "))));
        }
        self.same_page().await
    }

    /// Waits for a row that leads to this kind of page and holds these words.
    ///
    /// # Errors
    /// When none comes.
    pub async fn wait_for_row(&self, start: &str, words: &str) -> Result<Row> {
        let what = format!("a row in the inbox with “{words}”");
        let row = wait::until(&what, || async {
            let rows = self.rows().await?;
            Ok(rows.into_iter().find(|row| row.href.starts_with(start) && row.text.contains(words)))
        })
        .await?;
        self.same_page().await?;
        Ok(row)
    }

    /// Opens what a row leads to.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn follow(&self, row: &Row) -> Result<()> {
        self.browser.goto(&format!("{}{}", self.relay, row.href)).await
    }

    async fn same_page(&self) -> Result<()> {
        let same = self.browser.driver.execute("return window.stillTheSamePage === true", vec![]).await?;
        anyhow::ensure!(same.convert::<bool>()?, "the inbox was loaded again: it must update by itself");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_many_alerts_it_stands_for() {
        let row = |href: &str, text: &str| Row { href: href.to_owned(), text: text.to_owned() };
        assert_eq!(row("/episodes/1", "High\nGambling\nToday, 3 alerts. Nobody yet.").alerts(), 3);
        assert_eq!(row("/episodes/1", "Critical\n9.14am (now), 1 alert. Mrs Okafor.").alerts(), 1);
        assert_eq!(row("/reports/1", "3 alerts").alerts(), 0);
    }
}
