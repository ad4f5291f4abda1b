//! Writes the compressed forms of files that are served as they are.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Writes `.br` and `.gz` beside each file of a folder, each as small as it gets.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn folder(folder: &Path) -> Result<()> {
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<std::io::Result<_>>()?;
    for entry in entries {
        file(&entry.path())?;
    }
    Ok(())
}

/// Writes `.br` and `.gz` beside one file.
///
/// # Errors
/// The file cannot be read, or its neighbours not written.
pub(crate) fn file(path: &Path) -> Result<()> {
    let content = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name
    };
    fs::write(beside(".br"), brotli(&content)?)?;
    fs::write(beside(".gz"), gzip(&content)?)?;
    Ok(())
}

/// Returns how long a content is by brotli and by gzip.
///
/// # Errors
/// It cannot be compressed.
pub(crate) fn lengths(content: &[u8]) -> Result<[u64; 2]> {
    Ok([brotli(content)?.len() as u64, gzip(content)?.len() as u64])
}

/// Returns the start of a content's SHA-256 in hexadecimal, as it is put into file names.
pub(crate) fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_forms_hold_the_content() {
        let content = "the trail left in water by a boat ".repeat(50).into_bytes();

        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&content).unwrap()[..])
            .read_to_end(&mut from_gzip)
            .unwrap();
        assert_eq!(from_gzip, content);

        let compressed = brotli(&content).unwrap();
        assert!(compressed.len() < 100, "{} bytes", compressed.len());
        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut from_brotli).unwrap();
        assert_eq!(from_brotli, content);
    }

    #[test]
    fn hash_is_that_of_sha_256() {
        assert_eq!(short_hash(b"abc"), "ba7816bf8f");
    }
}
