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

/// The moment of a day and a time of it, in seconds since 1970. Months beyond a year and days beyond a month go on.
fn moment(year: i64, month: i64, day: i64, seconds: i64) -> i64 {
    let months = year * 12 + month - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [
        31,
        28 + i64::from(leap),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before: i64 = lengths
        .iter()
        .take(usize::try_from(month).unwrap_or(0))
        .sum();
    (days_before(year) + before + day - 1) * 86_400 + seconds
}

/// The time that a text tells, as GNU `date -d` reads it, in UTC: a day, a time, a zone, and steps from there, such as
/// `2024-01-31 12:00 UTC + 2 days`. `None` where it is none, or one that is not read here.
pub(crate) fn told(text: &str, now: i64) -> Option<i64> {
    const YEARS: std::ops::RangeInclusive<i64> = 0..=9999;
    if let Some(seconds) = text.trim().strip_prefix('@') {
        return seconds.split('.').next()?.parse().ok();
    }
    if text.len() > 200 {
        return None;
    }
    let text = text.to_ascii_lowercase().replace(',', " ");
    let m = Moment::of(now);
    let (mut year, mut month, mut day) = (m.year, i64::try_from(m.month).ok()?, m.day);
    let mut time = m.hour * 3600 + m.minute * 60 + m.second;
    let (mut zone, mut steps, mut months) = (0, 0_i64, 0_i64);
    let mut words = text.split_whitespace().peekable();
    // A text without any is this day.
    if words.peek().is_none() {
        time = 0;
    }
    while let Some(word) = words.next() {
        if let Some((date, clock)) = word
            .split_once('t')
            .filter(|_| word.starts_with(|c: char| c.is_ascii_digit()))
            && let Some(found) = day_of(date)
            && let Some((seconds, east)) = time_of(clock)
        {
            (year, month, day) = found;
            (time, zone) = (seconds, east.unwrap_or(0));
        } else if let Some(found) = day_of(word) {
            (year, month, day) = found;
            time = 0;
        } else if let Some((seconds, east)) = time_of(word) {
            time = seconds;
            zone = east.unwrap_or(zone);
        } else if let Some(named) = month_of(word) {
            month = named;
            time = 0;
            day = words.next()?.parse().ok()?;
            if let Some(given) = words
                .peek()
                .and_then(|word| word.parse().ok())
                .filter(|_| words.peek().is_some_and(|word| word.len() == 4))
            {
                year = given;
                words.next();
            }
        } else if let Some(named) = words
            .peek()
            .and_then(|next| month_of(next))
            .filter(|_| word.parse::<u8>().is_ok())
        {
            words.next();
            (month, day, time) = (named, word.parse().ok()?, 0);
            if let Some(given) = words
                .peek()
                .and_then(|word| word.parse().ok())
                .filter(|_| words.peek().is_some_and(|word| word.len() == 4))
            {
                year = given;
                words.next();
            }
        } else {
            match word {
                "now" | "today" => {}
                "yesterday" => steps -= 86_400,
                "tomorrow" => steps += 86_400,
                "midnight" => time = 0,
                "noon" => time = 12 * 3600,
                "utc" | "gmt" | "z" => zone = 0,
                "+" | "-" | "next" | "last" => {
                    let (sign, count) = match word {
                        "+" => (1, words.next()?.parse::<i64>().ok()?),
                        "-" => (-1, words.next()?.parse::<i64>().ok()?),
                        "next" => (1, 1),
                        _ => (-1, 1),
                    };
                    step(&mut steps, &mut months, sign * count, words.next()?)?;
                }
                word => {
                    // `2 days`, `2days`, and a unit alone, which is one; `ago` turns it round.
                    let digits = word
                        .find(|c: char| c.is_ascii_alphabetic())
                        .unwrap_or(word.len());
                    let (count, unit) = word.split_at(digits);
                    let count: i64 = if count.is_empty() {
                        1
                    } else {
                        count.parse().ok()?
                    };
                    let unit = if unit.is_empty() { words.next()? } else { unit };
                    let sign = if words.peek() == Some(&"ago") {
                        words.next();
                        -1
                    } else {
                        1
                    };
                    step(&mut steps, &mut months, sign * count, unit)?;
                }
            }
        }
    }
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && YEARS.contains(&year);
    // A day that its month does not have is none.
    let begun = moment(year, month, day, 0);
    if !fits || i64::try_from(Moment::of(begun).month).ok()? != month {
        return None;
    }
    let seconds = time - zone + steps;
    Some(moment(year, month + months, day, seconds))
}

/// Adds some of a unit of time.
fn step(seconds: &mut i64, months: &mut i64, count: i64, unit: &str) -> Option<()> {
    if count.abs() > 1_000_000 {
        return None;
    }
    match unit
        .strip_suffix('s')
        .filter(|unit| unit.len() > 1)
        .unwrap_or(unit)
    {
        "sec" | "second" => *seconds += count,
        "min" | "minute" => *seconds += 60 * count,
        "hour" => *seconds += 3600 * count,
        "day" => *seconds += 86_400 * count,
        "week" => *seconds += 7 * 86_400 * count,
        "fortnight" => *seconds += 14 * 86_400 * count,
        "month" => *months += count,
        "year" => *months += 12 * count,
        _ => return None,
    }
    (months.abs() < 12 * 5000).then_some(())
}

/// `2024-01-02`, `2024/1/2`, `1/2/2024`, `20240102`.
fn day_of(word: &str) -> Option<(i64, i64, i64)> {
    if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((
            word[..4].parse().ok()?,
            word[4..6].parse().ok()?,
            word[6..].parse().ok()?,
        ));
    }
    let sign = if word.contains('/') { '/' } else { '-' };
    let parts: Vec<i64> = word
        .split(sign)
        .map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        })
        .collect::<Option<_>>()?;
    match (parts.as_slice(), sign) {
        ([month, day, year], '/') if *year > 99 => Some((*year, *month, *day)),
        ([year, month, day], _) if *year > 99 => Some((*year, *month, *day)),
        _ => None,
    }
}

/// `12:34`, `12:34:56.7`, with `z` or `+02:00` behind: the seconds of the day, and how far east.
fn time_of(word: &str) -> Option<(i64, Option<i64>)> {
    let (clock, zone) = match word.find(['z', '+', '-']).filter(|at| *at > 2) {
        Some(at) if &word[at..] == "z" => (&word[..at], Some(0)),
        Some(at) => {
            let digits: String = word[at + 1..].chars().filter(|c| *c != ':').collect();
            let number: i64 = digits.parse().ok()?;
            let hours = if digits.len() > 2 {
                number / 100
            } else {
                number
            };
            let minutes = if digits.len() > 2 { number % 100 } else { 0 };
            let east = hours * 3600 + minutes * 60;
            (
                &word[..at],
                Some(if word[at..].starts_with('-') {
                    -east
                } else {
                    east
                }),
            )
        }
        None => (word, None),
    };
    let mut parts = clock.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let second: i64 = match parts.next() {
        Some(second) => second.split('.').next()?.parse().ok()?,
        None => 0,
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    (fits && parts.next().is_none()).then_some((hour * 3600 + minute * 60 + second, zone))
}

fn month_of(word: &str) -> Option<i64> {
    let word = word.trim_end_matches('.');
    let place = MONTHS.iter().position(|month| {
        word.len() >= 3
            && word
                .get(..3)
                .is_some_and(|word| month.eq_ignore_ascii_case(word))
    })?;
    i64::try_from(place + 1).ok()
}

/// The time of `touch -t [[CC]YY]MMDDhhmm[.ss]`.
pub(crate) fn stamped(text: &str, now: i64) -> Option<i64> {
    let (digits, seconds) = text.split_once('.').unwrap_or((text, "0"));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = match digits.len() {
        8 => Moment::of(now).year,
        10 => {
            let short: i64 = digits[..2].parse().ok()?;
            short + if short < 69 { 2000 } else { 1900 }
        }
        12 => digits[..4].parse().ok()?,
        _ => return None,
    };
    let rest: Vec<i64> = digits.as_bytes()[digits.len() - 8..]
        .chunks(2)
        .map(|two| std::str::from_utf8(two).ok()?.parse().ok())
        .collect::<Option<_>>()?;
    let [month, day, hour, minute] = rest.as_slice() else {
        return None;
    };
    let time = hour * 3600 + minute * 60 + seconds.parse::<i64>().ok()?;
    let fits = (1..=12).contains(month) && (1..=31).contains(day) && *hour < 24 && *minute < 60;
    fits.then(|| moment(year, *month, *day, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What GNU date 9.1 says of the same texts, at the same moment.
    #[test]
    fn times_are_read_as_date_does() {
        let now = 1_795_561_832;
        for (text, wanted) in [
            ("2024-01-02", "2024-01-02 00:00:00"),
            ("2024-01-02 03:04:05", "2024-01-02 03:04:05"),
            ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05"),
            ("2024-01-02T03:04:05+02:00", "2024-01-02 01:04:05"),
            ("2024-01-31 +1 day", "2024-02-01 00:00:00"),
            ("2024-01-31 1 month", "2024-03-02 00:00:00"),
            ("2 days ago", "2026-11-22 23:10:32"),
            ("yesterday", "2026-11-23 23:10:32"),
            ("tomorrow 10:00", "2026-11-25 10:00:00"),
            ("next week", "2026-12-01 23:10:32"),
            ("last month", "2026-10-24 23:10:32"),
            ("+3 hours", "2026-11-25 02:10:32"),
            ("Jan 2 2024", "2024-01-02 00:00:00"),
            ("2 January 2024 10:20", "2024-01-02 10:20:00"),
            ("01/02/2024", "2024-01-02 00:00:00"),
            ("20240102", "2024-01-02 00:00:00"),
            ("12:30", "2026-11-24 12:30:00"),
            ("@86400", "1970-01-02 00:00:00"),
        ] {
            let found = told(text, now).map(|clock| formatted("%F %T", clock));
            assert_eq!(found.as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "nonsense",
            "2024-02-30",
            "2024-13-01",
            "25:00",
            "3",
            "ago",
            "@x",
        ] {
            assert_eq!(told(text, now), None, "{text}");
        }
        assert_eq!(
            stamped("202401020304.05", now),
            told("2024-01-02 03:04:05", now)
        );
    }

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
