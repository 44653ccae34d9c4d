//! The demonstration for a person: a school that is set up, a browser that has the extension, and where to look.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use lapwing_tests::browser::{self, Start};
use lapwing_tests::stage::Ground;
use lapwing_tests::steps::{self, Steps};
use lapwing_tests::{Policy, School};
use tokio::process::Command;

/// Where the relay listens, so that the demonstration has the same address each time.
const ADDRESS: &str = "127.0.0.1:8443";

/// Shows Lapwing until Ctrl-C.
pub(crate) async fn run(data: Option<&Path>) -> Result<()> {
    let temporary = tempfile::Builder::new().prefix("lapwing-demo-").tempdir()?;
    let folder = match data {
        Some(folder) => std::path::absolute(folder)?,
        None => temporary.path().to_path_buf(),
    };
    let mut steps = Steps::default();
    let ground = steps
        .step("the relay listens, with a local web beside it", Ground::start_in(&folder, ADDRESS))
        .await
        .with_context(|| format!("is something else on {ADDRESS}?"))?;
    let school = match School::remembered(&folder)? {
        Some(school) => school,
        None => {
            let set_up = School::set_up(&ground.office, &ground.relay, None);
            let school =
                steps.step("a fictional school is set up through the relay's own pages", set_up).await?;
            school.remember(&folder)?;
            school
        }
    };
    let _policy = steps
        .step("Chromium's policy force-installs the extension", async { Policy::put(&school.policy) })
        .await?;
    tell(&ground, &school);
    let profile = folder.join("person");
    let start = Start { profile: &profile, trust: &[&ground.certificate.spki], web: ground.site.port };
    let display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let mut window = None;
    if display {
        let pages = [format!("{}/sign-in", ground.relay.url), "https://notes.example/textarea".to_owned()];
        let mut command = Command::new(browser::chromium()?);
        command.args(browser::flags(&start)).args(pages).stdout(Stdio::null()).stderr(Stdio::null());
        window = Some(command.kill_on_drop(true).spawn().context("Chromium cannot be opened")?);
    } else {
        let flags: Vec<String> = browser::flags(&start).iter().map(|flag| format!("'{flag}'")).collect();
        steps::line(&format!("There is no display here. On one, start: chromium {}", flags.join(" ")));
    }
    tokio::signal::ctrl_c().await?;
    steps::line("Putting the machine's policy back, and stopping.");
    drop(window);
    Ok(())
}

fn tell(ground: &Ground, school: &School) {
    let url = &ground.relay.url;
    steps::line(&format!(
        "\nLapwing runs at {url}/ for “{}”. Its certificate is made for this run: only the window that\n\
         opens now trusts it.\n",
        lapwing_tests::school::NAME
    ));
    for (what, person) in [("DSL", &school.dsl), ("staff", &school.staff), ("IT", &school.it)] {
        steps::line(&format!("  {what:<6} {:<20} {}", person.email, person.password));
    }
    steps::line(
        "\nTry: sign in as the DSL in one tab. In another, type “i want to kill myself” into the textarea, or open\n\
         https://www.bet365.com/, or search https://www.google.com/search?q=how+to+kill+myself, or press Lapwing's button\n\
         in the toolbar and report a concern. No byte leaves this machine: every name leads to a local page.\n\
         Until you stop it, every Chromium of this machine has the extension. Ctrl-C stops it and puts all back.",
    );
}
