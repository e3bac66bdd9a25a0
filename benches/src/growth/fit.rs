//! Slopes.

/// Least squares of the logarithms: `y = factor · x^exponent`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Power {
    pub factor: f64,
    pub exponent: f64,
}

impl Power {
    /// `None` for fewer than two points above 0.
    pub fn fit(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let logs: Vec<(f64, f64)> = points
            .into_iter()
            .filter(|&(x, y)| x > 0.0 && y > 0.0)
            .map(|(x, y)| (x.ln(), y.ln()))
            .collect();
        let Line { base, slope } = Line::fit(logs)?;
        Some(Power {
            factor: base.exp(),
            exponent: slope,
        })
    }

    pub fn at(self, x: f64) -> f64 {
        self.factor * x.powf(self.exponent)
    }
}

/// Least squares: `y = base + slope · x`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    pub base: f64,
    pub slope: f64,
}

impl Line {
    /// `None` for fewer than two points.
    pub fn fit(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let points: Vec<(f64, f64)> = points.into_iter().collect();
        let count = points.len() as f64;
        let x = points.iter().map(|it| it.0).sum::<f64>() / count;
        let y = points.iter().map(|it| it.1).sum::<f64>() / count;
        let spread: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
        if points.len() < 2 || spread == 0.0 {
            return None;
        }
        let together: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
        let slope = together / spread;
        Some(Line {
            base: y - slope * x,
            slope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_straight_is_found() {
        let line = Line::fit([0.0, 1.0, 5.0].map(|x| (x, 3.0 + 2.0 * x))).unwrap();
        assert!((line.base - 3.0).abs() < 1e-9 && (line.slope - 2.0).abs() < 1e-9);
        let power = Power::fit([1.0, 10.0, 100.0].map(|x: f64| (x, 7.0 * x.powf(1.2)))).unwrap();
        assert!((power.factor - 7.0).abs() < 1e-6 && (power.exponent - 1.2).abs() < 1e-9);
        assert!((power.at(1_000.0) / (7.0 * 1_000f64.powf(1.2)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn one_point_has_no_slope() {
        assert_eq!(Line::fit([(1.0, 1.0)]), None);
        assert_eq!(Power::fit([(0.0, 1.0), (1.0, 1.0)]), None);
    }
}
