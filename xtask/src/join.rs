//! The worker's modules as one script: a worker that wakes for a page reads each of its files by itself, which takes a millisecond
//! or more a file while the page waits.
//!
//! Our modules have one plain form: imports and exports at the beginning of a line, no default, nothing exported that changes, no
//! circles. A bundler that knows all of JavaScript is hundreds of crates; this knows that form, and refuses everything else with
//! the place, so that nothing is joined that means something else afterwards. Names stay as they are: each module becomes a function
//! that gives its exports.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};

use crate::package::Files;

/// A module, taken apart.
#[derive(Debug, Default)]
struct Module {
    /// What stands in place of its imports: the names, and the module that has them.
    imports: Vec<(Names, String)>,
    /// The name inside, and the name outside.
    exports: Vec<(String, String)>,
    /// Names that are handed on from another module.
    handed_on: Vec<(Vec<(String, String)>, String)>,
    /// The rest, as it was.
    body: String,
}

#[derive(Debug)]
enum Names {
    /// `{ a, b as c }`: the name there, and the name here.
    Some(Vec<(String, String)>),
    /// `* as all`.
    All(String),
}

/// The script `entry` with all that it imports, and which files that were.
pub(crate) fn join(files: &Files, entry: &str) -> Result<(String, BTreeSet<String>)> {
    let mut joined = Joined::default();
    joined.add(files, entry, &mut Vec::new())?;
    Ok((joined.script, joined.done.into_iter().collect()))
}

/// Which files scripts import, directly or not, themselves included.
pub(crate) fn reached<'a>(files: &Files, scripts: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = scripts.map(str::to_owned).collect();
    while let Some(name) = open.pop() {
        if found.insert(name.clone()) {
            let module = read(files, &name)?;
            let from = module.imports.into_iter().map(|(_, from)| from);
            open.extend(from.chain(module.handed_on.into_iter().map(|(_, from)| from)));
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Joined {
    script: String,
    /// In the order in which they are run; a module's number is its place here.
    done: Vec<String>,
    /// What each of them gives, in the same order.
    given: Vec<BTreeSet<String>>,
}

impl Joined {
    /// Adds a module after all that it imports, as a browser runs them. Gives its number.
    fn add(&mut self, files: &Files, name: &str, within: &mut Vec<String>) -> Result<usize> {
        if let Some(number) = self.done.iter().position(|done| done == name) {
            return Ok(number);
        }
        ensure!(
            !within.iter().any(|open| open == name),
            "{} imports itself by way of {name}",
            within.join(", ")
        );
        within.push(name.to_owned());
        let module = read(files, name)?;
        let mut head = String::new();
        for (names, from) in &module.imports {
            let number = self.add(files, from, within)?;
            match names {
                Names::All(all) => writeln!(head, "const {all} = ${number};")?,
                Names::Some(names) => {
                    self.has(number, names).with_context(|| format!("{name} imports what is not there"))?;
                    let names: Vec<_> = names.iter().map(|(there, here)| pair(there, here)).collect();
                    writeln!(head, "const {{ {} }} = ${number};", names.join(", "))?;
                }
            }
        }
        let mut gives: Vec<_> = module.exports.iter().map(|(here, there)| pair(there, here)).collect();
        for (names, from) in &module.handed_on {
            let number = self.add(files, from, within)?;
            self.has(number, names).with_context(|| format!("{name} hands on what is not there"))?;
            gives.extend(names.iter().map(|(here, there)| format!("{there}: ${number}.{here}")));
        }
        within.pop();
        let number = self.done.len();
        self.done.push(name.to_owned());
        let lists = module.handed_on.iter().flat_map(|(names, _)| names);
        self.given.push(lists.chain(&module.exports).map(|(_, there)| there.clone()).collect());
        let (body, gives) = (module.body.trim_end(), gives.join(", "));
        writeln!(
            self.script,
            "// {name}\nconst ${number} = (() => {{\n{head}{body}\nreturn {{ {gives} }};\n}})();"
        )?;
        Ok(number)
    }
}

impl Joined {
    /// A name that another module does not give would be nothing, where a browser refuses it.
    fn has(&self, number: usize, names: &[(String, String)]) -> Result<()> {
        let given = self.given.get(number).context("a module that was not joined")?;
        let missing = names.iter().find(|(there, _)| !given.contains(there));
        missing.map_or(Ok(()), |(there, _)| bail!("there is no “{there}”"))
    }
}

/// `there: here`, or the name alone where both are one.
fn pair(there: &str, here: &str) -> String {
    if there == here { here.to_owned() } else { format!("{there}: {here}") }
}

fn read(files: &Files, name: &str) -> Result<Module> {
    let bytes = files.get(name).with_context(|| format!("a module imports {name}, which is not there"))?;
    let text = std::str::from_utf8(bytes).with_context(|| format!("{name} is no text"))?;
    let mut module = Module::default();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let is_list = line.starts_with("import ") || line.starts_with("export {");
        if !is_list {
            module.line(line).with_context(|| format!("{name}, line {}", number + 1))?;
            continue;
        }
        let mut statement = line.to_owned();
        while !statement.ends_with(';') {
            let (_, next) = lines.next().with_context(|| format!("{name}: an import without an end"))?;
            statement.push(' ');
            statement.push_str(next.trim());
        }
        module.statement(&statement, name).with_context(|| format!("{name}, line {}", number + 1))?;
    }
    Ok(module)
}

impl Module {
    /// A line that is no list of names.
    fn line(&mut self, line: &str) -> Result<()> {
        let kept = match line.strip_prefix("export ") {
            None => line,
            Some(rest) => {
                let name = ["const ", "function ", "async function ", "class "]
                    .iter()
                    .find_map(|kind| rest.strip_prefix(kind))
                    .context("only functions, classes and constants can be exported here")?;
                let name = first_name(name);
                ensure!(!name.is_empty(), "an export without a name");
                self.exports.push((name.to_owned(), name.to_owned()));
                rest
            }
        };
        if kept != "// @ts-check" {
            self.body.push_str(kept);
            self.body.push('\n');
        }
        Ok(())
    }

    /// `import … from "…";`, `export { … };` or `export { … } from "…";`, on one line.
    fn statement(&mut self, statement: &str, own: &str) -> Result<()> {
        let text = statement.trim_end_matches(';');
        let (text, from) = match text.split_once(" from ") {
            Some((text, from)) => (text, Some(resolve(own, from.trim().trim_matches('"'))?)),
            None => (text, None),
        };
        match (text.strip_prefix("import "), text.strip_prefix("export "), from) {
            (Some(names), _, Some(from)) => {
                let all = names.trim().strip_prefix("* as ").map(|all| Names::All(all.to_owned()));
                let names = match all {
                    Some(all) => all,
                    None => Names::Some(list(names)?),
                };
                self.imports.push((names, from));
            }
            (None, Some(names), Some(from)) => self.handed_on.push((list(names)?, from)),
            (None, Some(names), None) => {
                let names = list(names)?;
                // What changes later would stay what it was when the module had run.
                let changes = |(here, _): &(String, String)| {
                    self.body.lines().any(|line| {
                        let name = line.strip_prefix("let ").or_else(|| line.strip_prefix("var "));
                        name.is_some_and(|rest| first_name(rest) == here)
                    })
                };
                ensure!(!names.iter().any(changes), "only functions, classes and constants can be exported");
                self.exports.extend(names);
            }
            _ => bail!("“{statement}” is no form of import that can be joined"),
        }
        Ok(())
    }
}

/// The name that a text begins with; empty when it begins with something else.
fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// `{ a, b as c }`.
fn list(text: &str) -> Result<Vec<(String, String)>> {
    let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let inside = inside.with_context(|| format!("“{text}” is no list of names"))?;
    let names = inside.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok(names
        .map(|name| {
            let (from, to) = name.split_once(" as ").unwrap_or((name, name));
            (from.trim().to_owned(), to.trim().to_owned())
        })
        .collect())
}

/// A file beside another, or a folder up.
fn resolve(own: &str, path: &str) -> Result<String> {
    let mut folder: Vec<&str> = own.split('/').collect();
    folder.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => ensure!(folder.pop().is_some(), "{path} leads out of the package"),
            part => folder.push(part),
        }
    }
    ensure!(path.starts_with('.'), "{path} is no file of the package");
    Ok(folder.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(modules: &[(&str, &str)]) -> Files {
        modules.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn modules_are_joined_in_the_order_in_which_a_browser_runs_them() {
        let files = files(&[
            (
                "js/a.js",
                "// @ts-check\nimport { b, x as y } from \"./b.js\";\nimport * as c from \"../c.js\";\nb(y, c);\n",
            ),
            (
                "js/b.js",
                "import {\n  one,\n} from \"../c.js\";\nexport function b() {}\nexport const x = one;\nexport { z } from \"../c.js\";\n",
            ),
            ("c.js", "export const one = 1;\nconst q = 2;\nexport { q as z };\n"),
            ("other.js", ""),
        ]);
        let (script, used) = join(&files, "js/a.js").unwrap();
        assert_eq!(
            script,
            "// c.js\nconst $0 = (() => {\nconst one = 1;\nconst q = 2;\nreturn { one, z: q };\n})();\n\
             // js/b.js\nconst $1 = (() => {\nconst { one } = $0;\nfunction b() {}\nconst x = one;\nreturn { b, x, z: $0.z };\n})();\n\
             // js/a.js\nconst $2 = (() => {\nconst { b, x: y } = $1;\nconst c = $0;\nb(y, c);\nreturn {  };\n})();\n"
        );
        assert_eq!(used.len(), 3);
        assert_eq!(reached(&files, ["js/b.js"].into_iter()).unwrap().len(), 2);
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        for (text, says) in [
            ("export let a = 1;", "only functions"),
            ("export default 1;", "only functions"),
            ("import \"./b.js\";", "no form of import"),
            ("import b from \"./b.js\";", "no list of names"),
            ("import { b } from \"b\";", "no file of the package"),
            ("import { b } from \"./c.js\";", "is not there"),
            ("import { b } from \"./b.js\";", "imports itself"),
            ("import { c } from \"./d.js\";", "there is no “c”"),
            ("export { c } from \"./d.js\";", "there is no “c”"),
            ("let c = 1;\nexport { c };", "only functions"),
            ("import {\n  b,", "without an end"),
        ] {
            let files = files(&[("a.js", text), ("b.js", "import { a } from \"./a.js\";"), ("d.js", "")]);
            let error = format!("{:#}", join(&files, "a.js").unwrap_err());
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
