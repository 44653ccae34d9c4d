use super::*;

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

#[test]
fn calls_are_read_as_strace_writes_them() {
    let notes = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().canonicalize().unwrap().display().to_string();
    let (wal, folder) = (hex(&format!("{folder}/lapwing.db-wal")), hex(&folder));
    let one = [
        format!(
            r#"100.000010 openat(AT_FDCWD<\x2f>, "{wal}", O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0600) = 7<{wal}> <0.000005>"#
        ),
        format!("100.000020 lseek(7<{wal}>, 4096, SEEK_SET) = 4096 <0.000001>"),
        format!(r#"100.000030 write(7<{wal}>, "{}", 5) = 3 <0.000002>"#, hex("hello")),
        format!(r#"100.000040 pwrite64(7<{wal}>, "{}", 2, 8192) = 2 <0.000002>"#, hex("ab")),
        format!("100.000050 fdatasync(7<{wal}>) = 0 <0.001000>"),
        format!("100.001100 ftruncate(7<{wal}>, 100) = 0 <0.000001>"),
        "100.002000 +++ exited with 0 +++".to_owned(),
    ];
    let two = [
        format!("100.000100 fsync(9<{folder}>) = 0 <0.000020>"),
        format!("100.000200 fsync(7<{wal}>) = -1 EIO (Input/output error) (INJECTED) <0.000020>"),
        format!(r#"100.002000 unlink("{wal}") = 0 <0.000001>"#),
        format!("100.003000 fsync(7<{wal}>) = ? <unavailable>"),
    ];
    std::fs::write(notes.path().join("calls.1"), one.join("\n")).unwrap();
    std::fs::write(notes.path().join("calls.2"), two.join("\n")).unwrap();
    let events = read(notes.path(), data.path()).unwrap();
    let name = || "lapwing.db-wal".to_owned();
    let actions: Vec<_> = events.iter().map(|event| event.action.clone()).collect();
    assert_eq!(
        actions,
        [
            Action::Create { name: name() },
            Action::Write { name: name(), at: 4096, bytes: b"hel".to_vec() },
            Action::Write { name: name(), at: 8192, bytes: b"ab".to_vec() },
            Action::SyncFolder,
            Action::Sync { name: name() },
            Action::Truncate { name: name(), length: 100 },
            Action::Remove { name: name() },
        ]
    );
    assert_eq!((events[4].begun, events[4].ended), (100_000_050, 100_001_050));
}

#[test]
fn a_write_that_cannot_be_read_is_an_error() {
    let notes = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let path = hex(&data.path().canonicalize().unwrap().join("lapwing.db").display().to_string());
    for line in [
        format!(r#"100.000030 write(7<{path}>, "\x68"..., 5) = 5 <0.000002>"#),
        format!("100.000030 copy_file_range(7<{path}>, NULL, 8, NULL, 5, 0) = 5 <0.000002>"),
        "nonsense".to_owned(),
    ] {
        std::fs::write(notes.path().join("calls.1"), &line).unwrap();
        assert!(read(notes.path(), data.path()).is_err(), "{line}");
    }
}
