//! What a module says of the WebAssembly features that it uses: the custom section `target_features` that LLVM writes, which
//! wasm-bindgen goes by. Sections are read here and written again; what the code itself uses is not looked at.

use anyhow::{Context, Result};
use wasm_encoder::{CustomSection, RawSection};
use wasmparser::{BinaryReader, Parser, Payload};

const SECTION: &str = "target_features";

/// The module, no longer saying that it uses `feature`; as it was where it never said so. The layout is that of WebAssembly's
/// tool conventions (“Target Features Section”): a count, then a sign and a name each.
///
/// # Errors
/// When this is no module, or the section cannot be read.
pub(super) fn without(module: &[u8], feature: &str) -> Result<Vec<u8>> {
    let mut out = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.context("the compiler left no module that can be read")?;
        if let Payload::CustomSection(section) = &payload
            && section.name() == SECTION
        {
            let kept = others(section.data(), feature).context("what the module says of its features")?;
            out.section(&CustomSection { name: SECTION.into(), data: kept.into() });
        } else if let Some((id, range)) = payload.as_section() {
            let data = module.get(range).context("a section lies outside its module")?;
            out.section(&RawSection { id, data });
        }
    }
    Ok(out.finish())
}

fn others(section: &[u8], feature: &str) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(section, 0);
    let mut kept = Vec::new();
    for _ in 0..reader.read_var_u32()? {
        let entry = (reader.read_u8()?, reader.read_string()?);
        if entry.1 != feature {
            kept.push(entry);
        }
    }
    let mut out = Vec::new();
    wasm_encoder::Encode::encode(&kept.len(), &mut out);
    for (sign, name) in kept {
        out.push(sign);
        wasm_encoder::Encode::encode(name, &mut out);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(features: &[&str]) -> Vec<u8> {
        let mut data = Vec::new();
        wasm_encoder::Encode::encode(&features.len(), &mut data);
        for name in features {
            data.push(b'+');
            wasm_encoder::Encode::encode(*name, &mut data);
        }
        let mut module = wasm_encoder::Module::new();
        module.section(&wasm_encoder::TypeSection::new());
        module.section(&CustomSection { name: SECTION.into(), data: data.into() });
        module.section(&CustomSection { name: "other".into(), data: b"kept"[..].into() });
        module.finish()
    }

    #[test]
    fn one_feature_is_no_longer_named_and_all_else_stays() {
        let before = module(&["bulk-memory", "reference-types", "simd128"]);
        assert_eq!(without(&before, "reference-types").unwrap(), module(&["bulk-memory", "simd128"]));
        assert_eq!(without(&before, "multivalue").unwrap(), before);
        let none = wasm_encoder::Module::new().finish();
        assert_eq!(without(&none, "reference-types").unwrap(), none);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(without(b"no module", "reference-types").is_err());
        let mut broken = wasm_encoder::Module::new();
        broken.section(&CustomSection { name: SECTION.into(), data: b"\x02+\x09short"[..].into() });
        assert!(without(&broken.finish(), "reference-types").is_err());
    }
}
