//! Which package may use which: arrows go down only.

use cargo_metadata::{Metadata, Package};

/// Each package of the workspace, and those of the workspace that it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("engine", &[]),
    ("capture", &["protocol"]),
    ("rules", &["protocol"]),
    ("store", &["engine", "protocol"]),
    ("analytics", &["protocol", "rules", "store"]),
    ("accounts", &["analytics", "protocol", "rules", "store"]),
    ("sdk-web", &["capture", "protocol", "rules"]),
    ("collector", &["accounts", "analytics", "engine", "protocol", "rules", "store"]),
    ("demo-saas", &[]),
    ("load-gen", &["accounts", "protocol"]),
    ("e2e", &["collector", "engine", "load-gen", "protocol", "store"]),
    ("fuzz", &["protocol"]),
    ("xtask", &[]),
];

/// The outside crates that belong in one room, and the packages that are that room.
const ROOMS: &[(&str, &[&str])] = &[
    ("axum", &["collector", "demo-saas"]),
    ("clickhouse", &["store"]),
    ("libloading", &["engine"]),
    ("web-sys", &["sdk-web"]),
];

/// The members that `cargo build` leaves out.
const NOT_BY_DEFAULT: &[&str] = &["e2e", "xtask"];

/// Returns what is wrong with the dependencies of the workspace's packages.
pub(super) fn check(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let mut faults: Vec<String> =
        packages.iter().flat_map(|package| package_faults(package)).collect();
    for package in packages {
        let name = package.name.as_str();
        let is_default = metadata.workspace_default_members.contains(&package.id);
        if is_default == NOT_BY_DEFAULT.contains(&name) {
            let verb = if is_default { "may not" } else { "must" };
            faults.push(format!("Cargo.toml: `{name}` {verb} be one of the default-members"));
        }
    }
    faults
}

fn package_faults(package: &Package) -> Vec<String> {
    let of_workspace = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    let others = package.dependencies.iter().filter(|dependency| dependency.path.is_none());
    let name = package.name.as_str();
    // A package may name itself, to switch on what only its tests need.
    let of_workspace = of_workspace.filter(|dependency| dependency.name != name);
    let below = of_workspace.filter_map(|dependency| layer_fault(name, &dependency.name));
    let outside = others.filter_map(|dependency| room_fault(name, &dependency.name));
    below.chain(outside).collect()
}

fn layer_fault(package: &str, dependency: &str) -> Option<String> {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == package) else {
        return Some(format!("`{package}` has no layer in crates/xtask/src/tidy/layers.rs"));
    };
    let is_allowed = allowed.contains(&dependency);
    (!is_allowed).then(|| format!("`{package}` may not depend on `{dependency}`"))
}

fn room_fault(package: &str, dependency: &str) -> Option<String> {
    let (_, rooms) = ROOMS.iter().find(|(name, _)| *name == dependency)?;
    let is_allowed = rooms.contains(&package);
    (!is_allowed).then(|| {
        format!("`{package}` may not depend on `{dependency}`: only {} may", rooms.join(" and "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_down_only() {
        assert_eq!(layer_fault("analytics", "store"), None);
        assert_eq!(
            layer_fault("capture", "collector").unwrap(),
            "`capture` may not depend on `collector`"
        );
        assert_eq!(
            layer_fault("stranger", "protocol").unwrap(),
            "`stranger` has no layer in crates/xtask/src/tidy/layers.rs"
        );
    }

    #[test]
    fn outside_crates_stay_in_their_room() {
        assert_eq!(room_fault("store", "clickhouse"), None);
        assert_eq!(room_fault("analytics", "serde"), None);
        assert_eq!(
            room_fault("analytics", "clickhouse").unwrap(),
            "`analytics` may not depend on `clickhouse`: only store may"
        );
    }

    #[test]
    fn no_layer_is_above_itself() {
        let rank = |name: &str| LAYERS.iter().position(|(package, _)| *package == name);
        for (package, allowed) in LAYERS {
            for below in *allowed {
                assert!(rank(below) < rank(package), "`{below}` is not below `{package}`");
            }
        }
    }
}
