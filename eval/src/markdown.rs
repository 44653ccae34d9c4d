//! The table of targets as Markdown, ready for `docs/detection.md`.

use crate::report::Report;
use crate::targets::{Sense, Target};

/// The table of targets.
#[must_use]
pub fn target_table(targets: &[Target]) -> Vec<String> {
    let mut lines = vec![
        "| figure | best peer measured | floor | aim | measured | |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for target in targets {
        let sense = if target.sense == Sense::AtLeast { "≥" } else { "≤" };
        let measured = target.measured.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
        lines.push(format!(
            "| {} | {} | {sense} {} | {} | {measured} | {} |",
            target.figure,
            target.peer,
            target.floor,
            target.aim,
            target.standing.words()
        ));
    }
    lines
}

/// The table, and below it the figures that it is made of.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut lines = target_table(&report.targets);
    if !report.recall.is_empty() {
        lines.extend([
            String::new(),
            "| subject, set and label | texts | found, % | 95 % interval | at any level, % |".to_owned(),
            "|---|---|---|---|---|".to_owned(),
        ]);
    }
    for mean in &report.means {
        lines.push(format!(
            "| **{}**, mean | | {:.1} | | {:.1} |",
            mean.group,
            100.0 * mean.alert,
            100.0 * mean.any
        ));
        for one in report.recall.iter().filter(|one| one.group == mean.group) {
            let (low, high) = one.alert.interval();
            lines.push(format!(
                "| {} {} | {} | {:.1} | {:.1} to {:.1} | {:.1} |",
                one.set,
                one.label,
                one.alert.of,
                one.alert.percent(),
                100.0 * low,
                100.0 * high,
                one.any.percent()
            ));
        }
    }
    if !report.alarms.is_empty() {
        lines.extend([
            String::new(),
            "| suite | ordinary texts | how many | alarms per 1,000 | 95 % interval |".to_owned(),
            "|---|---|---|---|---|".to_owned(),
        ]);
    }
    for file in &report.alarms {
        let (low, high) = file.alarms.interval();
        lines.push(format!(
            "| {} | {} | {} | {:.2} | {:.2} to {:.2} |",
            file.suite,
            file.set,
            file.alarms.of,
            file.alarms.per_thousand(),
            1000.0 * low,
            1000.0 * high
        ));
    }
    if !report.disguises.is_empty() {
        lines.extend([
            String::new(),
            "| disguise or slip | suicide kept, % | offensive kept, % | searches, alarms per 1,000 |"
                .to_owned(),
            "|---|---|---|---|".to_owned(),
        ]);
    }
    for one in &report.disguises {
        lines.push(format!(
            "| {} | {:.1} | {:.1} | {:.2} |",
            one.disguise,
            one.suicide.percent(),
            one.offensive.percent(),
            one.searches.per_thousand()
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Rate;
    use crate::retention::Retention;

    #[test]
    fn every_row_has_as_many_cells_as_its_head() {
        let rate = Rate { hits: 1, of: 2 };
        let disguises =
            vec![Retention { disguise: "leet", typo: false, suicide: rate, offensive: rate, searches: rate }];
        let mut report = Report { disguises, ..Report::default() };
        report.targets = crate::targets::targets(&report);
        let text = markdown(&report);
        for table in text.split("\n\n") {
            let cells: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
            assert!(cells.len() >= 3 && cells.iter().all(|count| *count == cells[0]), "{table}");
        }
        assert!(text.contains("| 50.00 | FALLS SHORT |"), "{text}");
    }
}
