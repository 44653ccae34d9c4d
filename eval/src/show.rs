//! The report as text for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::bias::Bias;
use crate::functions::Discrimination;
use crate::rate::Rate;
use crate::report::Report;
use crate::targets::{LIMIT, Sense};
use crate::worst::Worst;

/// Rules named in one line about a file.
const RULES: usize = 4;

/// All of it, in the order: targets, recall, controls, alarms, functions, bias, disguises, examples.
#[must_use]
pub fn show(report: &Report) -> String {
    let mut out = format!("lists {}\n", report.lists_version);
    // Writing to a string cannot fail.
    let _ = targets(&mut out, report)
        .and_then(|()| recall(&mut out, report))
        .and_then(|()| alarms(&mut out, report))
        .and_then(|()| report.functions.iter().try_for_each(|of| functions(&mut out, of)))
        .and_then(|()| report.bias.iter().try_for_each(|bias| gaps(&mut out, bias)))
        .and_then(|()| disguises(&mut out, report))
        .and_then(|()| worst(&mut out, &report.worst));
    out
}

fn targets(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "\n== Targets\n{:<58} {:>8} {:>8} {:>8}  standing", "figure", "measured", "floor", "aim")?;
    for target in &report.targets {
        let measured = target.measured.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
        let sense = if target.sense == Sense::AtLeast { ">=" } else { "<=" };
        writeln!(
            out,
            "{:<58} {measured:>8} {:>8} {:>8}  {}",
            target.figure,
            format!("{sense} {}", target.floor),
            target.aim,
            target.standing.words()
        )?;
    }
    if let Some(short) = report.suites.iter().find(|suite| suite.name == "short")
        && short.per_thousand > LIMIT
    {
        writeln!(out, "The short suite is over its limit of {LIMIT}: every recall here is void.")?;
    }
    Ok(())
}

fn recall(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.recall.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n== Found in the right category (alert: would be told; any: at any level; astray: alert about something else)"
    )?;
    for mean in &report.means {
        writeln!(
            out,
            "{:<44} mean {:>6.1} %  any {:>6.1} %",
            mean.group,
            100.0 * mean.alert,
            100.0 * mean.any
        )?;
        for one in report.recall.iter().filter(|one| one.group == mean.group) {
            writeln!(
                out,
                "  {:<42} {}  any {:>6.1} %  astray {:>5.1} %",
                format!("{} {}", one.set, one.label),
                percent(one.alert),
                one.any.percent(),
                one.astray.percent()
            )?;
        }
    }
    writeln!(out, "\n== Controls: alerts on ordinary or difficult texts of the same sets")?;
    for control in &report.controls {
        let name = format!("{} {}", control.set, control.label);
        writeln!(out, "  {name:<42} {}  {}", percent(control.alert), counts(&control.categories))?;
    }
    Ok(())
}

fn alarms(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.alarms.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n== Alarms per 1,000 ordinary texts")?;
    for suite in &report.suites {
        writeln!(out, "{:<16} {:>7.2}", suite.name, suite.per_thousand)?;
        for file in report.alarms.iter().filter(|file| file.suite == suite.name) {
            let rules: Vec<String> =
                file.rules.iter().take(RULES).map(|(rule, count)| format!("{rule} {count}")).collect();
            writeln!(out, "  {:<16} {}  {}", file.set, thousand(file.alarms), counts(&file.categories))?;
            if file.suicide.hits > 0 {
                writeln!(out, "  {:<16} {}", "  of suicide", thousand(file.suicide))?;
            }
            if !rules.is_empty() {
                writeln!(out, "  {:<16} {}", "", rules.join(", "))?;
            }
        }
    }
    Ok(())
}

fn functions(out: &mut String, of: &Discrimination) -> std::fmt::Result {
    writeln!(
        out,
        "\n== {}: accuracy {:.1} %, caught {:.1} %, false {:.1} %, J {:+.1}",
        of.set,
        of.accuracy.percent(),
        of.caught.percent(),
        of.false_alarms.percent(),
        of.j
    )?;
    if of.caught_with_all != of.caught {
        writeln!(out, "  with what stands apart, caught {}", percent(of.caught_with_all))?;
    }
    for one in &of.functions {
        let kind = if one.harmful { "harmful" } else { "harmless" };
        let apart = if one.counts { "" } else { "  (apart)" };
        writeln!(out, "  {:<32} {kind:<8} flagged {}{apart}", one.name, percent(one.flagged))?;
    }
    Ok(())
}

fn gaps(out: &mut String, bias: &Bias) -> std::fmt::Result {
    writeln!(
        out,
        "\n== Bias between words for who somebody is: gap {:.1} points on unkind sentences, {:.1} on others",
        bias.gap_bad, bias.gap_not_bad
    )?;
    for term in &bias.terms {
        writeln!(
            out,
            "  {:<18} unkind {:>6.2} %  other {:>6.2} %",
            term.term,
            term.bad.percent(),
            term.not_bad.percent()
        )?;
    }
    if bias.without > 0 {
        writeln!(out, "  {} sentences name none of these", bias.without)?;
    }
    Ok(())
}

fn disguises(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(first) = report.disguises.first() else { return Ok(()) };
    writeln!(
        out,
        "\n== Disguises and slips: kept of {} suicide and {} offensive texts found plain; alarms per 1,000 of {} searches",
        first.suicide.of, first.offensive.of, first.searches.of
    )?;
    for one in &report.disguises {
        writeln!(
            out,
            "  {:<14} suicide {:>6.1} %  offensive {:>6.1} %  searches {:>6.2}",
            one.disguise,
            one.suicide.percent(),
            one.offensive.percent(),
            one.searches.per_thousand()
        )?;
    }
    Ok(())
}

fn worst(out: &mut String, worst: &[Worst]) -> std::fmt::Result {
    if !worst.is_empty() {
        writeln!(out, "\n== Some that went wrong")?;
    }
    for one in worst {
        let rules = if one.rules.is_empty() { "no rule".to_owned() } else { one.rules.join(", ") };
        let text = one.text.as_deref().unwrap_or("(not shown)");
        writeln!(out, "  {} {} {} #{}: {rules}: {text}", one.what, one.set, one.label, one.id)?;
    }
    Ok(())
}

fn percent(rate: Rate) -> String {
    let (low, high) = rate.interval();
    format!(
        "{:>5.1} % [{:>4.1}, {:>5.1}] {:>4} of {:<5}",
        rate.percent(),
        100.0 * low,
        100.0 * high,
        rate.hits,
        rate.of
    )
}

fn thousand(rate: Rate) -> String {
    let (low, high) = rate.interval();
    format!(
        "{:>7.2} [{:.2}, {:.2}] {} of {}",
        rate.per_thousand(),
        1000.0 * low,
        1000.0 * high,
        rate.hits,
        rate.of
    )
}

fn counts(categories: &BTreeMap<&'static str, usize>) -> String {
    categories.iter().map(|(category, count)| format!("{category} {count}")).collect::<Vec<_>>().join(", ")
}
