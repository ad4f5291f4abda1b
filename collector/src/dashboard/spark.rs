//! A sparkline: points of SVG, drawn on the server.

/// The size of the picture that the points are in.
pub(super) const WIDTH: f64 = 96.0;
pub(super) const HEIGHT: f64 = 28.0;
/// What stays free at the edges for the line's own width.
const MARGIN: f64 = 2.0;

/// The points of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spark {
    /// Of what is over.
    pub(super) over: String,
    /// From the last of these on; empty if all is over.
    pub(super) open: String,
}

impl Spark {
    /// The line of some numbers, the first `n_over` of which are over. Its ground is 0.
    pub(super) fn new(numbers: &[u64], n_over: usize) -> Self {
        let most = numbers.iter().copied().max().unwrap_or(0).max(1);
        let step = (WIDTH - 2.0 * MARGIN) / (numbers.len().max(2) - 1) as f64;
        let point = |(n, number): (usize, &u64)| {
            let height = (HEIGHT - 2.0 * MARGIN) * *number as f64 / most as f64;
            format!("{:.1},{:.1}", MARGIN + n as f64 * step, HEIGHT - MARGIN - height)
        };
        let points: Vec<String> = numbers.iter().enumerate().map(point).collect();
        let n_over = n_over.min(points.len());
        let open = if n_over < points.len() { &points[n_over.saturating_sub(1)..] } else { &[] };
        Self { over: points[..n_over].join(" "), open: open.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_over_is_a_line_of_its_own() {
        let spark = Spark::new(&[0, 5, 10, 5], 3);
        assert_eq!(spark.over, "2.0,26.0 32.7,14.0 63.3,2.0");
        assert_eq!(spark.open, "63.3,2.0 94.0,14.0");
        assert_eq!(Spark::new(&[3, 3], 2).open, "");
        assert_eq!(Spark::new(&[0], 0), Spark { over: String::new(), open: "2.0,26.0".to_owned() });
        assert_eq!(Spark::new(&[], 0), Spark::default());
    }
}
