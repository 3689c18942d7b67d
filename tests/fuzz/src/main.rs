//! libFuzzer's process: the target is named by the environment variable `USHER_FUZZ_TARGET`, everything else by
//! libFuzzer's own arguments. One program for all targets, since linking it takes longer than trying it.

#![cfg_attr(feature = "engine", no_main)]

#[cfg(feature = "engine")]
libfuzzer_sys::fuzz_target!(
    init: {
        // Fresh seeds, before libFuzzer reads its folders.
        if let Some(folder) = std::env::var_os("USHER_FUZZ_SEEDS") {
            fuzz::write_seeds(std::path::Path::new(&folder));
        }
    },
    |bytes: &[u8]| {
        fuzz::chosen().run(bytes);
    }
);

#[cfg(not(feature = "engine"))]
fn main() {
    panic!("build it with `cargo xtask fuzz`");
}
