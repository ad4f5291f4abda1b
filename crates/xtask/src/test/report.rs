//! What each suite came to.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::cargo_test::Tally;

/// The suites that have run.
#[derive(Debug, Default)]
pub(super) struct Report {
    suites: Vec<Suite>,
    tally: Tally,
}

#[derive(Debug)]
struct Suite {
    name: &'static str,
    took: Duration,
    has_passed: bool,
}

impl Report {
    /// Runs a suite that counts as one; its failure is shown and counted.
    pub(super) fn check(&mut self, name: &'static str, perform: impl FnOnce() -> Result<()>) {
        // The report has it; the run goes on.
        self.need(name, perform).ok();
    }

    /// Runs a suite without which the rest makes no sense.
    ///
    /// # Errors
    /// It failed.
    pub(super) fn need(
        &mut self,
        name: &'static str,
        perform: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let result = self.time(name, perform);
        match &result {
            Ok(()) => self.tally.passed += 1,
            Err(_) => self.tally.failed += 1,
        }
        result
    }

    /// Runs a suite that counts its tests itself.
    pub(super) fn tests(&mut self, name: &'static str, perform: impl FnOnce() -> Result<Tally>) {
        let mut counted = Tally::default();
        let result = self.time(name, || {
            counted = perform()?;
            counted.verdict()
        });
        // What fails without a failed test, such as a compile error, counts as one.
        counted.failed += u64::from(result.is_err() && counted.failed == 0);
        self.tally.add(counted);
    }

    fn time<T>(&mut self, name: &'static str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n==== {name}");
        let start = Instant::now();
        let result = run();
        let took = start.elapsed();
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        let has_passed = result.is_ok();
        let verdict = if has_passed { "passed" } else { "FAILED" };
        eprintln!("==== {name}: {verdict} in {:.0} s", took.as_secs_f64());
        self.suites.push(Suite { name, took, has_passed });
        result
    }

    /// Prints what everything came to, ending with the count, and returns how much has failed.
    pub(super) fn print(&self) -> u64 {
        println!("\n==== Result");
        for Suite { name, took, has_passed } in &self.suites {
            let verdict = if *has_passed { "passed" } else { "FAILED" };
            println!("{verdict}  {:>5.0} s  {name}", took.as_secs_f64());
        }
        for line in &self.tally.lines {
            println!("{line}");
        }
        println!("{} passed, {} failed", self.tally.passed, self.tally.failed);
        self.tally.failed
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn everything_is_counted() {
        let mut report = Report::default();
        report.check("a", || Ok(()));
        report.check("b", || bail!("broken"));
        report.need("c", || Ok(())).unwrap();
        report.tests("d", || Ok(Tally { passed: 7, ..Tally::default() }));
        report.tests("e", || bail!("does not compile"));
        report.tests("f", || Ok(Tally { passed: 1, failed: 2, lines: Vec::new() }));
        assert_eq!((report.tally.passed, report.tally.failed), (10, 4));
        assert_eq!(report.print(), 4);
        assert!(report.need("g", || bail!("broken")).is_err());
    }
}
