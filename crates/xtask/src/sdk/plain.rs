//! The module as plain JavaScript, for pages that refuse WebAssembly and browsers without it.
//!
//! `wasm2js` translates the very wasm that the other pages get, so both do the same
//! (`sdk-web/tests/plain.test.js` compares their memories, byte for byte). It leaves a function
//! that takes the imports and gives the exports, which the script hands over in the stub, at
//! `window.sillage._.plain`: a classic script is allowed wherever the loader was.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::bundle;
use crate::workspace::Workspace;
use crate::{npm, process};

/// How the translation names what it hands over, after everything else.
const END: &str = "var retasmFunc = asmFunc({";
/// How its imports begin, before everything else.
const IMPORT: &str = "import ";

/// Translates the module into a script.
///
/// # Errors
/// A tool is missing, or translates in another way than it did.
pub(super) fn script(workspace: &Workspace, module: &Path, folder: &Path) -> Result<Vec<u8>> {
    let translated = folder.join("translated.js");
    process::run(
        npm::tool(workspace, "wasm2js")?
            .args(["-Oz", "--enable-bulk-memory", "--enable-sign-ext", "-o"])
            .args([&translated, module]),
    )?;
    let script = folder.join("plain.js");
    fs::write(&script, handing_over(&fs::read_to_string(translated)?)?)?;
    bundle(workspace, &script, &[])
}

/// Has the function handed over in the place of being called.
fn handing_over(translated: &str) -> Result<String> {
    let (body, _) =
        translated.split_once(END).context("`wasm2js` ends in another way than it did")?;
    let lines = body.lines().filter(|line| !line.starts_with(IMPORT));
    let mut script: String = lines.flat_map(|line| [line, "\n"]).collect();
    ensure!(script.contains("function asmFunc("), "`wasm2js` makes another function than it did");
    script.push_str("window.sillage._.plain = asmFunc;\n");
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_handed_over() {
        let translated = "import * as a from './a.js';\nfunction asmFunc(imports) {}\n\
             var retasmFunc = asmFunc({\n  \"./a.js\": a,\n});\nexport var b = retasmFunc.b;\n";
        assert_eq!(
            handing_over(translated).unwrap(),
            "function asmFunc(imports) {}\nwindow.sillage._.plain = asmFunc;\n"
        );
        assert!(handing_over("export {};").is_err());
    }
}
