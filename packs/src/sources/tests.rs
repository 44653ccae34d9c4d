use super::*;
use std::fs;
use std::io::Write as _;
use tempfile::TempDir;

fn collected(spec: &str, folder: &TempDir) -> Result<Collected, SourceError> {
    let spec = spec.replace("DIR", &folder.path().display().to_string());
    let mut collected = Collected::default();
    collected.read(&spec.parse().unwrap())?;
    Ok(collected)
}

fn file(name: &str, text: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// Every rule as `name category-category` or `name -category`.
fn told(collected: Collected) -> Vec<String> {
    let rules = collected.rules.finish();
    let names = |set: CategorySet| set.iter().map(Category::as_str).collect::<Vec<_>>().join("+");
    rules
        .iter()
        .map(|rule| {
            let takes = if rule.says.takes.is_empty() {
                String::new()
            } else {
                format!(" -{}", names(rule.says.takes))
            };
            format!("{} {}{takes}", rule.name, names(rule.says.gives))
        })
        .collect()
}

fn skipped(collected: &Collected) -> Vec<(Skip, u64)> {
    collected.skipped.iter().map(|(skip, count, _)| (skip, count)).collect()
}

#[test]
fn a_hosts_file_with_everything_that_they_have() {
    let text = "# Title: Betting\r\n# License: MIT\r\n127.0.0.1 localhost\r\n0.0.0.0 bet.example\r\n\r\n\
                0.0.0.0 two.example www.two.example # both\r\n10.0.0.1 printer\r\n0.0.0.0 co.uk\r\n";
    let folder = file("hosts.txt", text);
    let read = collected("hosts:gambling=DIR/hosts.txt", &folder).unwrap();
    assert_eq!(skipped(&read), [(Skip::PublicSuffix, 1), (Skip::NotUnderstood, 1)]);
    let about = &read.sources[0];
    assert_eq!(
        (about.name.as_str(), about.licence.as_str(), about.lines, about.rules),
        ("Betting", "MIT", 4, 3)
    );
    let (_, _, examples) = read.skipped.iter().next().unwrap();
    assert_eq!(examples, ["hosts.txt:8: co.uk"]);
    assert_eq!(told(read), ["bet.example gambling", "two.example gambling", "www.two.example gambling"]);
}

#[test]
fn a_packed_plain_list_and_what_its_user_says_of_it() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"a.example\nb.example/path\n*.c.example\n").unwrap();
    let folder = file("list.gz", packed.finish().unwrap());
    let read = collected("plain:games=DIR/list.gz;licence=CC0-1.0;by=A. Person", &folder).unwrap();
    assert_eq!(
        (read.sources[0].licence.as_str(), read.sources[0].attribution.as_str()),
        ("CC0-1.0", "A. Person")
    );
    assert_eq!(told(read), ["a.example games", "b.example/path games", "c.example games"]);
}

#[test]
fn an_ad_blockers_list_takes_away_too() {
    let folder = file("list", "[Adblock Plus 2.0]\n||a.example^\n@@||good.a.example^\n##.ad\n");
    let read = collected("adblock:malware=DIR/list", &folder).unwrap();
    assert_eq!(skipped(&read), [(Skip::NotUnderstood, 1)]);
    assert_eq!(told(read), ["a.example malware", "good.a.example  -malware"]);
}

#[test]
fn a_table_has_its_own_categories() {
    let text = "\u{feff}Host_or_URL,Category,Exception\na.example,games;social,\nhttps://b.example/x,gambling,no\n\
                c.example,knitting,\nhelp.a.example,games,yes\n\"d.example\"\n";
    let folder = file("list.csv", text);
    let read = collected("csv=DIR/list.csv", &folder).unwrap();
    assert_eq!(skipped(&read), [(Skip::NoCategory, 2)]);
    assert_eq!(told(read), ["a.example social+games", "b.example/x gambling", "help.a.example  -games"]);
    let folder = file("list.csv", "a,b\n1,2\n");
    let error = collected("csv=DIR/list.csv", &folder).unwrap_err().to_string();
    assert!(error.contains("list.csv, line 1") && error.contains("host_or_url"), "{error}");
}

#[test]
fn a_table_gives_no_category_that_is_not_a_lists_to_give_and_the_line_is_named() {
    for (named, words) in
        [("illegal", "licensed lists"), ("games;Illegal", "licensed lists"), ("canary", "daily test")]
    {
        let named = named.to_lowercase();
        let folder = file("list.csv", format!("host,category\na.example,games\nb.example,{named}\n"));
        let error = collected("csv=DIR/list.csv", &folder).unwrap_err().to_string();
        assert!(error.contains("list.csv, line 3: ") && error.contains(words), "{error}");
        assert!(!error.contains("b.example"), "{error}");
    }
    let error = "plain:canary=a".parse::<Spec>().unwrap_err();
    assert!(error.contains("daily test"), "{error}");
}

#[test]
fn a_quotation_mark_that_is_not_closed_loses_no_lines_unseen() {
    let rows =
        |from: usize, to: usize| (from..to).map(|n| format!("{n}.example,games\n")).collect::<String>();
    // Of all that follows it makes one line.
    for (more, words) in
        [(4, "goes on in the next line"), (1_200, "longer than 16 kB"), (9_000, "longer than 16 kB")]
    {
        let text = format!("host,category\n{}\"b.example,games\n{}", rows(0, 3), rows(3, more));
        let folder = file("list.csv", text);
        let error = collected("csv=DIR/list.csv", &folder).unwrap_err().to_string();
        assert!(error.contains("list.csv, line 5: ") && error.contains(words), "{more}: {error}");
    }
    let long = format!("host,category,note\na.example,games,\"{}\"\nb.example,games,\n", "x".repeat(16_000));
    assert_eq!(told(collected("csv=DIR/a.csv", &file("a.csv", long)).unwrap()).len(), 2);
}

#[test]
fn more_rules_than_there_is_room_for_refuse_the_list_and_so_do_licensed_ones() {
    let folder = file("list.txt", "a.example\nb.example\nc.example\n");
    let spec = |kind: &str| format!("{kind}={}", folder.path().join("list.txt").display()).parse().unwrap();
    let read = |most: usize, kinds: &[&str]| {
        let mut collected = Collected { rules: Rules::at_most(most), ..Collected::default() };
        kinds.iter().try_for_each(|kind| collected.read(&spec(kind))).map_err(|error| error.to_string())
    };
    assert_eq!(read(6, &["plain:games", "iwf"]), Ok(()));
    for kinds in [["plain:games", "plain:social"], ["plain:games", "iwf"], ["iwf", "plain:games"]] {
        let error = read(5, &kinds).unwrap_err();
        assert!(error.contains("list.txt") && error.contains("more than 5 rules"), "{error}");
    }
}

fn ut1(folder: &TempDir) {
    for (name, text) in [
        ("adult/domains", "porn.example\n"),
        ("adult/urls", "host.example/porn\nhost.example/x?y=1\n"),
        ("adult/usage", "# how\nblack\n"),
        ("games/domains", "play.example\n"),
        ("games/usage", "white\n"),
        ("press/domains", "news.example\n"),
    ] {
        let path = folder.path().join("blacklists").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn ut1_as_a_folder_and_as_an_archive_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    ut1(&folder);
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    archive.append_dir_all("blacklists", folder.path().join("blacklists")).unwrap();
    fs::write(folder.path().join("ut1.tar.gz"), archive.into_inner().unwrap().finish().unwrap()).unwrap();
    for spec in ["ut1=DIR", "ut1=DIR/blacklists", "ut1=DIR/ut1.tar.gz"] {
        let read = collected(spec, &folder).unwrap();
        assert_eq!(skipped(&read), [(Skip::Query, 1), (Skip::NoCategory, 2)], "{spec}");
        assert!(read.sources[0].attribution.contains("Toulouse"));
        let mut good = read.known_good.clone();
        good.sort_unstable();
        assert_eq!(good, ["news.example", "play.example"]);
        assert_eq!(told(read), ["host.example/porn sexual_content", "porn.example sexual_content"]);
    }
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_do() {
    let folder = file("list.txt", "0.0.0.0 bet.example\n");
    fs::write(folder.path().join("bad.tar.zst"), "no").unwrap();
    fs::write(folder.path().join("bad.tar"), "no archive at all").unwrap();
    for (spec, advice) in [
        ("plain:gambling=DIR/list.txt", "of another kind"),
        ("plain:gambling=DIR/gone.txt", "gone.txt: "),
        ("ut1=DIR/bad.tar.zst", "not packed by zstd"),
        ("ut1=DIR/bad.tar", "as a tar archive"),
    ] {
        let error = collected(spec, &folder).unwrap_err().to_string();
        assert!(error.contains(advice), "{spec}: {error}");
    }
    for (spec, advice) in [
        ("list.txt", "names no file"),
        ("plain:knitting=a", "use one of"),
        ("rpz:games=a", "no kind of list"),
        ("csv=a;b=c", ";licence=TEXT"),
    ] {
        let error = spec.parse::<Spec>().unwrap_err();
        assert!(error.contains(advice), "{spec}: {error}");
    }
}
