//! The kept corpora and fresh seeds through every target, without libFuzzer: what was found once stays found.

use std::collections::BTreeSet;

use fuzz::TARGETS;

#[test]
fn kept_inputs_and_fresh_seeds_break_no_promise() {
    let mut broken = Vec::new();
    for target in TARGETS {
        let seeds = target.seeds();
        assert!(!seeds.is_empty(), "{} begins with nothing", target.name);
        let kept = std::fs::read_dir(target.corpus()).unwrap_or_else(|e| panic!("{}: {e}", target.name));
        let mut files: Vec<_> = kept.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{} has no corpus", target.name);
        let kept = files.iter().map(|file| (file.display().to_string(), std::fs::read(file).unwrap()));
        let fresh = seeds.into_iter().enumerate().map(|(n, seed)| (format!("{}, seed {n}", target.name), seed));
        for (name, bytes) in fresh.chain(kept) {
            if std::panic::catch_unwind(|| target.run(&bytes)).is_err() {
                broken.push(name);
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_corpus_has_a_target() {
    let kept = std::fs::read_dir(TARGETS[0].corpus().parent().unwrap()).unwrap();
    let kept: BTreeSet<String> = kept.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(kept, TARGETS.iter().map(|target| target.name.to_owned()).collect());
}
