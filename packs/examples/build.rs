//! Builds a pack without the relay: `lapwing-relay lists build` with fewer options, for trying lists out.
//!
//! `build --source SPEC … --out PACK [--key FILE] [--version N] [--suffix NAME …] [--known-good FILE …]`. Without `--key`
//! it is signed with a key that everybody knows, which is good for nothing but measuring.

use lapwing_packs::{Build, PackKey};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut build = Build { version: 1, ..Build::default() };
    let mut key = PackKey::from_seed(&[7; 32]);
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--source" => build.sources.push(value.parse()?),
            "--out" => build.out = value.into(),
            "--version" => build.version = value.parse()?,
            "--suffix" => drop(build.suffixes.insert(value)),
            "--known-good" => build.known_good.push(value.into()),
            "--key" => key = PackKey::open(Path::new(&value), || None)?.0,
            _ => return Err(format!("there is no option {option}").into()),
        }
    }
    let start = Instant::now();
    let built = build.run(&key)?;
    writeln!(std::io::stdout(), "{built}\nin {:.1} s", start.elapsed().as_secs_f64())?;
    Ok(())
}
