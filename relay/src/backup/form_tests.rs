use super::*;
use crate::random::SystemRandom;
use proptest::prelude::*;

fn written(plain: &[u8], random: &SystemRandom) -> (Vec<u8>, Key) {
    let wrapper = Key::new(random).unwrap();
    let what = (Contents::Data, "file-1".to_owned(), None);
    let (header, key) =
        Header::new(random, &wrapper, what, (4, 1_795_511_640_000), Under::Backup("k".into())).unwrap();
    let mut file = Sealed::begin(Vec::new(), random, &header, key).unwrap();
    file.write_all(plain).unwrap();
    (file.finish().unwrap(), wrapper)
}

fn read(bytes: &[u8], wrapper: &Key) -> Result<Vec<u8>, String> {
    let mut file = bytes;
    let (header, text) = read_header(&mut file, Path::new("a.lapwing")).map_err(|error| error.to_string())?;
    let key = header.key(wrapper).ok_or("wrong key")?;
    let mut opened = Opened::new(file, &header, text, key);
    let mut plain = Vec::new();
    opened.read_to_end(&mut plain).map_err(|error| error.to_string())?;
    opened.finish().map_err(|error| error.to_string())?;
    Ok(plain)
}

/// Where each chunk begins.
fn chunks(bytes: &[u8]) -> Vec<usize> {
    let mut file = bytes;
    read_header(&mut file, Path::new("a")).unwrap();
    let mut at = bytes.len() - file.len();
    let mut starts = vec![at];
    while at < bytes.len() {
        at += 5 + u32::from_be_bytes(bytes[at + 1..at + 5].try_into().unwrap()) as usize;
        starts.push(at);
    }
    starts
}

#[test]
fn what_was_written_is_read() {
    let random = SystemRandom::default();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let plain = vec![7; length];
        let (bytes, wrapper) = written(&plain, &random);
        assert_eq!(read(&bytes, &wrapper).unwrap(), plain);
        assert!(read(&bytes, &Key::new(&random).unwrap()).is_err());
    }
}

#[test]
fn parts_that_were_left_out_repeated_or_exchanged_are_refused() {
    let random = SystemRandom::default();
    let (bytes, wrapper) = written(&vec![7; 3 * CHUNK], &random);
    let at = chunks(&bytes);
    let [head, first, second, third] =
        [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..at[2]], &bytes[at[2]..]];
    assert_eq!(read(&[head, first, second, third].concat(), &wrapper).unwrap().len(), 3 * CHUNK);
    for (parts, why) in [
        (vec![head, second, first, third], "part 0 was changed"),
        (vec![head, first, third], "part 1 was changed"),
        (vec![head, first, first, second, third], "part 1 was changed"),
        (vec![head, first, second], "it ends after part 2"),
        (vec![head], "it ends after part 0"),
        (vec![head, first, second, third, third], "added after its end"),
        (vec![head, first, second, third, b"x"], "added after its end"),
    ] {
        let error = read(&parts.concat(), &wrapper).unwrap_err();
        assert!(error.contains(why), "{error} instead of {why}");
    }
    // The last part of another file, however much alike.
    let (other, _) = written(&vec![7; 3 * CHUNK], &random);
    let grafted = [head, first, second, &other[chunks(&other)[2]..]].concat();
    assert!(read(&grafted, &wrapper).is_err());
}

#[test]
fn what_is_no_backup_or_a_later_one_is_said_so() {
    let random = SystemRandom::default();
    let (bytes, wrapper) = written(b"rows", &random);
    for wrong in [&b""[..], b"PK\x03\x04", &bytes[..10], &bytes[..40]] {
        let error = read(wrong, &wrapper).unwrap_err();
        assert!(error.contains("not a Lapwing backup"), "{error}");
    }
    let text = String::from_utf8_lossy(&bytes).find("\"form\":1").unwrap();
    let mut later = bytes;
    later[text + 7] = b'7';
    let error = read(&later, &wrapper).unwrap_err();
    assert!(error.contains("newer version"), "{error}");
}

proptest! {
    #[test]
    fn no_bit_can_be_changed_and_nothing_cut(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let random = SystemRandom::default();
        let (bytes, wrapper) = written(b"the rows of a table", &random);
        let at = at.index(bytes.len());
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        prop_assert!(read(&changed, &wrapper).is_err());
        prop_assert!(read(&bytes[..at], &wrapper).is_err());
    }
}
