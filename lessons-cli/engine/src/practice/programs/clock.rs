//! Times, as programs write them: UTC, since practice machines know no other zone.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// 2026.
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: usize,
    /// 1 to 31.
    pub(crate) day: i64,
    /// 0 to 23.
    pub(crate) hour: i64,
    /// 0 to 59.
    pub(crate) minute: i64,
    /// 0 to 59.
    pub(crate) second: i64,
    /// `Tue`.
    pub(crate) weekday: &'static str,
}

impl Moment {
    /// The moment of a number of seconds since 1970, by the calendar of Gregory.
    pub(crate) fn of(clock: i64) -> Self {
        let days = clock.div_euclid(86_400);
        let rest = clock.rem_euclid(86_400);
        // Days since 1 March 0000, in eras of 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year,
            month: usize::try_from(month).unwrap_or(1),
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)],
        }
    }

    /// `Nov`.
    pub(crate) fn month_name(self) -> &'static str {
        MONTHS
            .get(self.month.wrapping_sub(1))
            .copied()
            .unwrap_or("Jan")
    }

    fn weekday_name(self) -> &'static str {
        match self.weekday {
            "Mon" => "Monday",
            "Tue" => "Tuesday",
            "Wed" => "Wednesday",
            "Thu" => "Thursday",
            "Fri" => "Friday",
            "Sat" => "Saturday",
            _ => "Sunday",
        }
    }

    fn whole_month_name(self) -> &'static str {
        const WHOLE: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        WHOLE
            .get(self.month.wrapping_sub(1))
            .copied()
            .unwrap_or("January")
    }
}

/// `Tue Nov 24 23:10:32 UTC 2026`, as `date` has it.
pub(crate) fn date(clock: i64) -> String {
    let m = Moment::of(clock);
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} UTC {}",
        m.weekday,
        m.month_name(),
        m.day,
        m.hour,
        m.minute,
        m.second,
        m.year
    )
}

/// `2026-11-24 23:10:32.000000000 +0000`, as `stat` has it.
pub(crate) fn stamp(clock: i64) -> String {
    let m = Moment::of(clock);
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02}.000000000 +0000",
        m.year, m.month, m.day, m.hour, m.minute, m.second
    )
}

/// `Nov 24 23:10`, as `ls -l` has it; the year where it is long ago.
pub(crate) fn listing(clock: i64, now: i64) -> String {
    let m = Moment::of(clock);
    if (now - clock).abs() > 182 * 86_400 {
        format!("{} {:2}  {}", m.month_name(), m.day, m.year)
    } else {
        format!(
            "{} {:2} {:02}:{:02}",
            m.month_name(),
            m.day,
            m.hour,
            m.minute
        )
    }
}

/// The time in a format of `date +…`.
pub(crate) fn formatted(format: &str, clock: i64) -> String {
    let m = Moment::of(clock);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(&m.year.to_string()),
            Some('m') => out.push_str(&format!("{:02}", m.month)),
            Some('d') => out.push_str(&format!("{:02}", m.day)),
            Some('H') => out.push_str(&format!("{:02}", m.hour)),
            Some('M') => out.push_str(&format!("{:02}", m.minute)),
            Some('S') => out.push_str(&format!("{:02}", m.second)),
            Some('F') => out.push_str(&format!("{}-{:02}-{:02}", m.year, m.month, m.day)),
            Some('T') => out.push_str(&format!("{:02}:{:02}:{:02}", m.hour, m.minute, m.second)),
            Some('s') => out.push_str(&clock.to_string()),
            Some('a') => out.push_str(m.weekday),
            Some('b') => out.push_str(m.month_name()),
            Some('y') => out.push_str(&format!("{:02}", m.year.rem_euclid(100))),
            Some('j') => {
                let before = days_before(m.year);
                out.push_str(&format!("{:03}", clock.div_euclid(86_400) - before + 1));
            }
            Some('e') => out.push_str(&format!("{:2}", m.day)),
            Some('D') => out.push_str(&format!(
                "{:02}/{:02}/{:02}",
                m.month,
                m.day,
                m.year.rem_euclid(100)
            )),
            Some('R') => out.push_str(&format!("{:02}:{:02}", m.hour, m.minute)),
            Some('I') => out.push_str(&format!("{:02}", (m.hour + 11) % 12 + 1)),
            Some('p') => out.push_str(if m.hour < 12 { "AM" } else { "PM" }),
            Some('u') => {
                let day = (clock.div_euclid(86_400) + 3).rem_euclid(7) + 1;
                out.push_str(&day.to_string());
            }
            Some('w') => out.push_str(&(clock.div_euclid(86_400) + 4).rem_euclid(7).to_string()),
            Some('A') => out.push_str(m.weekday_name()),
            Some('B') => out.push_str(m.whole_month_name()),
            Some('h') => out.push_str(m.month_name()),
            Some('c') => out.push_str(&formatted("%a %b %e %T %Y", clock)),
            Some('x') => out.push_str(&formatted("%m/%d/%y", clock)),
            Some('X') => out.push_str(&formatted("%T", clock)),
            Some('z') => out.push_str("+0000"),
            Some('t') => out.push('\t'),
            Some('Z') => out.push_str("UTC"),
            Some('N') => out.push_str("000000000"),
            Some('n') => out.push('\n'),
            Some('%') => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
            None => out.push('%'),
        }
    }
    out
}

/// The days from 1970 to the beginning of a year.
fn days_before(year: i64) -> i64 {
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_date_does() {
        assert_eq!(date(0), "Thu Jan  1 00:00:00 UTC 1970");
        assert_eq!(date(1_795_561_832), "Tue Nov 24 23:10:32 UTC 2026");
        assert_eq!(formatted("%F %T", 951_782_400), "2000-02-29 00:00:00");
        assert_eq!(
            formatted("%j %A %B %u %w", 951_782_400),
            "060 Tuesday February 2 2"
        );
    }
}
