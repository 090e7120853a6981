//! What time it is, once for a whole run.

use anyhow::Context;
use jiff::civil::Date;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// Fakes the clock, so that tests see the same text every time: RFC 3339, `2026-09-28T12:00:00Z`.
pub const NOW_VARIABLE: &str = "LESSONS_NOW";

/// The time in UTC, without parts of a second. It prints as RFC 3339: `2026-09-28T12:00:00Z`.
pub fn now() -> anyhow::Result<Timestamp> {
    match std::env::var_os(NOW_VARIABLE) {
        Some(faked) => parse(&faked.to_string_lossy()),
        None => whole_seconds(Timestamp::now()),
    }
}

/// The day, in UTC.
pub fn today() -> anyhow::Result<Date> {
    let now = now()?.to_string();
    let day = now.split('T').next().unwrap_or_default();
    day.parse().context("the clock has no day")
}

fn parse(text: &str) -> anyhow::Result<Timestamp> {
    let time = text
        .parse()
        .with_context(|| format!("tried to read {NOW_VARIABLE}={text:?} as a time"))?;
    whole_seconds(time)
}

fn whole_seconds(time: Timestamp) -> anyhow::Result<Timestamp> {
    let seconds = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Trunc);
    time.round(seconds).context("the clock is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_and_has_whole_seconds() {
        let time = parse("2026-09-28T14:00:59.987+02:00").unwrap();
        assert_eq!(time.to_string(), "2026-09-28T12:00:59Z");
    }

    #[test]
    fn what_is_no_time_is_said() {
        let error = parse("yesterday").unwrap_err();
        assert!(error.to_string().contains("LESSONS_NOW=\"yesterday\""));
    }
}
