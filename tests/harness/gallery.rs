//! Pictures of screens, for people to look at: desk and phone, light and dark.

use crate::browser::Browser;
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Widths in CSS pixels: a desk's and a phone's.
const SIZES: [(u32, u32); 2] = [(1440, 1000), (390, 844)];

/// A folder that pictures go into.
#[derive(Debug)]
pub struct Gallery {
    folder: PathBuf,
}

impl Gallery {
    /// Opens the folder, and makes it if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Takes the page on screen as `<name>-<width>-<scheme>.png`, in both sizes and in each of
    /// the colour schemes `light` and `dark`, and restores what was set before.
    ///
    /// # Errors
    /// When the browser refuses, or a file cannot be written.
    pub async fn take(&self, browser: &Browser, name: &str, schemes: &[&str]) -> Result<()> {
        for (width, height) in SIZES {
            for scheme in schemes {
                browser.resize(width, height).await?;
                let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
                browser
                    .devtools("Emulation.setEmulatedMedia", json!({ "features": features }))
                    .await?;
                // A picture begins where the page does, wherever the browser was scrolled to.
                browser.run("history.scrollRestoration = 'manual'").await?;
                browser.reload().await?;
                let file = self.folder.join(format!("{name}-{width}-{scheme}.png"));
                browser.screenshot(&file).await?;
            }
        }
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await?;
        browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await.map(drop)
    }
}
