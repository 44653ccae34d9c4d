//! Writes the seeds of every target into a folder, one folder a target: `cargo run -p lapwing-fuzz --example seeds -- DIR`.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("say where: … --example seeds -- DIR"))?;
    for target in env::args().skip(2) {
        let own = folder.join(&target);
        fs::create_dir_all(&own)?;
        for (number, seed) in lapwing_fuzz::seeds::of(&target).iter().enumerate() {
            fs::write(own.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
