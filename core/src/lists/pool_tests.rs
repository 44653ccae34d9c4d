use super::*;
use crate::lists::gathered::{Form, Gathered, Phrase, Piece};
use crate::lists::kind;
use crate::lists::vocabulary::Vocabulary;
use std::borrow::Cow;
use std::collections::BTreeMap;

fn word(id: u32) -> Piece {
    Piece::Word { id, form: if id.is_multiple_of(2) { Form::Beginning } else { Form::Ending } }
}

fn vocabulary() -> Vocabulary {
    let kind = |number: usize| if number.is_multiple_of(2) { kind::OPEN } else { kind::CLOSED };
    let words: BTreeMap<&str, u32> =
        ["a", "b", "c", "d"].into_iter().enumerate().map(|(n, word)| (word, kind(n))).collect();
    Vocabulary::new(&words)
}

#[test]
fn what_is_put_in_comes_out() {
    let phrases: Vec<Phrase> = vec![
        vec![vec![vec![word(3)], vec![word(2)]], vec![vec![Piece::Gap]], vec![vec![word(1), word(2)]]],
        vec![vec![vec![word(0)], vec![]], vec![vec![Piece::Gap]], vec![vec![word(3)], vec![word(2)]]],
    ];
    let mut gathered = Gathered::default();
    let first = gathered.add(&phrases[..1]);
    let second = gathered.add(&phrases[1..]);
    assert_eq!(gathered.step_count(), 4, "steps that are the same are stored once");
    let vocabulary = vocabulary();
    let pool = Pool::new(&gathered, &[true; 4], &vocabulary).unwrap();
    let code = |piece: &Piece| match piece {
        Piece::Gap => Code::GAP,
        Piece::Word { id, form } => vocabulary.piece(*id, *form).unwrap(),
    };
    for (phrase, written) in first.numbers().chain(second.numbers()).zip(&phrases) {
        let steps: Vec<usize> = pool.steps(phrase).map(|place| pool.step(place)).collect();
        assert_eq!(steps.len(), written.len());
        for (step, runs) in steps.into_iter().zip(written) {
            let ends = |end: fn(&[Piece]) -> Option<&Piece>| -> Vec<Code> {
                runs.iter().map(|run| end(run).map_or(Code::NONE, code)).collect()
            };
            assert_eq!(pool.firsts(pool.runs(step)).iter().collect::<Vec<_>>(), ends(|run| run.first()));
            assert_eq!(pool.lasts(pool.runs(step)).iter().collect::<Vec<_>>(), ends(|run| run.last()));
            for (run, pieces) in pool.runs(step).zip(runs) {
                assert_eq!(pool.pieces(run).collect::<Vec<_>>(), pieces.iter().map(code).collect::<Vec<_>>());
            }
            let is_open = runs.iter().any(|run| matches!(run.first(), None | Some(Piece::Gap)));
            assert_eq!((pool.first_is_open(step), pool.last_is_open(step)), (is_open, is_open));
        }
    }
    assert!(pool.is_sound(4) && !pool.is_sound(3) && pool.has(second) && !pool.has(Phrases::new(1, 3)));
    let mut writer = Writer::default();
    pool.write(&mut writer);
    assert_eq!(Pool::read(&mut Reader::new(Cow::Owned(writer.finish()))).unwrap(), pool);
}

#[test]
fn one_among_many_is_found_wherever_it_stands() {
    let codes: Vec<[u8; 2]> = (0..50_u16).map(|number| Code::new(number).0).collect();
    for length in 0..50 {
        let pieces = Pieces(&codes[..length]);
        let found = (0..50).filter(|number| pieces.contains(Code::new(*number))).count();
        assert_eq!(found, length);
    }
}

#[test]
fn tables_that_do_not_fit_are_noticed_and_harmless() {
    let mut gathered = Gathered::default();
    gathered.add(&[vec![vec![vec![word(0), word(2)]]]]);
    let mut pool = Pool::new(&gathered, &[true], &vocabulary()).unwrap();
    assert!(pool.is_sound(4));
    pool.rests = Spans::new([9].into_iter());
    assert!(!pool.is_sound(4));
    assert!(pool.after(0).get(0).is_none() && pool.pieces(7).next().is_none() && pool.steps(9).is_empty());
    assert!(pool.runs(pool.step(9)).is_empty());
}
