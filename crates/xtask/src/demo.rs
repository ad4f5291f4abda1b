//! The demonstration: everything built and running by one command.
//!
//! The collector and Tidemark are built with the plain development profile: that is by far the
//! shortest way on a fresh machine, its outcome is the same program, and nothing is measured here.

pub(crate) mod collector;
mod identity;
mod interrupt;
mod member;
mod past;
mod running;
mod tour;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{apt, assets, engine, folder, process, sdk};
use collector::{Collector, PROJECT};
use interrupt::Interrupt;
use member::Member;
use past::Past;
use running::Running;

/// The address that each program gets if it is free, else the next one that is.
const COLLECTOR_PORT: u16 = 8080;
const TIDEMARK_PORT: u16 = 4000;

/// The day that is today for the check's people of the past: long enough ago that none of them is
/// among those whom the check has click.
const CHECKED_ANCHOR: &str = "2026-03-02";

/// How long a program may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// Builds everything, starts it, and stays until Ctrl-C. `folder` is where the data and the
/// password are kept, `target/demo` unless given.
///
/// # Errors
/// A part cannot be built or started, or ends by itself.
pub(crate) fn run(workspace: &Workspace, folder: Option<PathBuf>) -> Result<()> {
    build(workspace, &["collector", "demo-saas", "load-gen"])?;
    let folder = folder.unwrap_or_else(|| workspace.target("demo"));
    let interrupt = Interrupt::listen()?;
    let today = past::today()?;
    past::clear_if_foreign(&folder, &workspace.path("crates/store/migrations"))?;
    past::clear_if_old(&folder, &today)?;
    let ports =
        Ports { collector: free_port(COLLECTOR_PORT)?, tidemark: free_port(TIDEMARK_PORT)? };
    let mut stage = Stage::start(workspace, &folder, ports, &interrupt)?;
    let past = stage.fill(workspace, &folder, &today)?;
    tour::prepare(workspace, &folder, &stage.collector, &past)?;
    stage.people = Some(past.go_on(workspace, &folder, &stage.collector)?);
    stage.introduce(&folder, &past);
    println!("Ctrl-C stops all of it.");
    while !interrupt.happened() {
        stage.check()?;
        thread::sleep(Duration::from_millis(100));
    }
    stage.stop()
}

/// Does the same on free ports with fresh data, and has the end-to-end package's `demo-check`
/// drive a browser through it; with `pictures` it takes some of every screen into that folder.
///
/// # Errors
/// As [`run`], or the check sees something that is not right.
pub(crate) fn check(workspace: &Workspace, pictures: Option<&Path>) -> Result<()> {
    apt::ensure(apt::BROWSER)?;
    build(workspace, &["collector", "demo-saas", "load-gen", "e2e"])?;
    check_built(workspace, pictures)
}

/// Does what [`check`] does, with what is built already.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_built(workspace: &Workspace, pictures: Option<&Path>) -> Result<()> {
    let folder = workspace.target("demo-check");
    folder::remove(&folder)?;
    let interrupt = Interrupt::listen()?;
    let stage = Stage::start(workspace, &folder, Ports::default(), &interrupt)?;
    let past = stage.fill(workspace, &folder, CHECKED_ANCHOR)?;
    stage.introduce(&folder, &past);
    let truth = folder.join("truth.json");
    fs::write(&truth, process::output(past.load_gen(workspace).arg("--truth"))?)?;
    let seen = process::step("Driving Chromium through the demonstration", || {
        let mut check = stage.demo_check(workspace, pictures);
        process::run(check.arg("--truth").arg(&truth).arg("--data").arg(folder.join("data")))
    });
    stage.stop()?;
    seen
}

fn build(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    sdk::build(workspace)?;
    assets::build(workspace)?;
    process::step(
        "Building the collector, Tidemark and its people (minutes the first time)",
        || {
            let mut cargo = process::cargo(workspace);
            cargo.args(["build", "--bins"]);
            packages.iter().for_each(|package| _ = cargo.args(["--package", package]));
            process::run(&mut cargo)
        },
    )?;
    engine::fetch(workspace, "debug")
}

/// The ports to listen on; 0 stands for any that is free.
#[derive(Debug, Clone, Copy, Default)]
struct Ports {
    collector: u16,
    tidemark: u16,
}

/// Returns the first free port from `first` on.
fn free_port(first: u16) -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (first..first + 100).find(is_free);
    port.with_context(|| format!("the ports from {first} on are all taken"))
}

/// What runs: fields in the order in which they stop.
#[derive(Debug)]
struct Stage {
    /// Tidemark's people, who are at work.
    people: Option<Running>,
    tidemark: Running,
    collector: Collector,
    tidemark_url: String,
    member: Option<Member>,
}

impl Stage {
    fn start(ws: &Workspace, folder: &Path, ports: Ports, interrupt: &Interrupt) -> Result<Self> {
        let collector = process::step("Starting the collector and its engine", || {
            Collector::start(ws, "debug", folder, ports.collector, interrupt)
        })?;
        let (tidemark, tidemark_url) = process::step("Starting Tidemark", || {
            start_tidemark(ws, folder, ports.tidemark, collector.script(), interrupt)
        })?;
        let file = folder.join("sign-in.json");
        let member = match &collector.ready.welcome {
            Some(welcome) => Some(Member::set_up(welcome, &file)?),
            None => Member::load(&file)?,
        };
        Ok(Self { people: None, tidemark, collector, tidemark_url, member })
    }

    /// Fills in the past of Tidemark's people, up to the day before `anchor`.
    fn fill(&self, workspace: &Workspace, folder: &Path, anchor: &str) -> Result<Past> {
        let url = self.tidemark_url.trim_end_matches('/');
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        past::fill(workspace, folder, &self.collector, (host, anchor))
    }

    fn introduce(&self, folder: &Path, past: &Past) {
        println!("\nSillage is running, and Tidemark with Sillage's script line in its pages.\n");
        println!("  Tidemark     {}   (click around here)", self.tidemark_url);
        println!("  Dashboard    {}   (and see it here)", self.collector.ready.dashboard);
        match &self.member {
            Some(member) => println!("  Sign-in      {}   {}", member.email, member.password),
            None => println!("  Sign-in      as you have set it up yourself"),
        }
        println!("  Script line  {}", self.collector.ready.script);
        println!("  Past         26 weeks of 64 companies, up to the day before {}", past.anchor);
        println!("  Data, logs   {}\n", folder.display());
    }

    fn check(&mut self) -> Result<()> {
        if let Some(people) = &mut self.people {
            people.check()?;
        }
        self.tidemark.check()?;
        self.collector.running.check()
    }

    fn stop(mut self) -> Result<()> {
        eprintln!("> Stopping Tidemark and its people, the collector and its engine");
        let people = self.people.as_mut().map_or(Ok(()), Running::stop);
        let tidemark = self.tidemark.stop();
        self.collector.stop()?;
        tidemark.and(people)
    }

    fn demo_check(&self, workspace: &Workspace, pictures: Option<&Path>) -> Command {
        let mut command = Command::new(workspace.target("debug/demo-check"));
        command
            .args(["--dashboard", &self.collector.ready.dashboard])
            .args(["--product", &self.tidemark_url])
            .args(["--project", PROJECT]);
        if let Some(member) = &self.member {
            command.args(["--email", &member.email, "--password", &member.password]);
        }
        if let Some(folder) = pictures {
            command.arg("--screenshots").arg(folder);
        }
        command
    }
}

fn start_tidemark(
    workspace: &Workspace,
    folder: &Path,
    port: u16,
    script: &str,
    interrupt: &Interrupt,
) -> Result<(Running, String)> {
    let mut command = Command::new(workspace.target("debug/demo-saas"));
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--script", script]);
    let mut tidemark = Running::start("demo-saas", &mut command, &folder.join("tidemark.log"))?;
    let url = tidemark.wait_for(interrupt, READY_WITHIN, |lines| {
        lines.iter().find_map(|line| line.strip_prefix("Tidemark is ready: ")).map(str::to_owned)
    })?;
    Ok((tidemark, url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let free = free_port(port).unwrap();
        assert!(free > port, "{free}");
    }
}
