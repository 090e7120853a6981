//! Formats as C's `printf` has them, for `printf`, `awk`, `seq` and `stat`.

use std::iter::Peekable;
use std::str::Chars;

/// The widest field, and the most digits after the point.
const WIDEST: usize = 10_000;

/// A directive of a format: `%-8.3f`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the flags of a directive, each there or not"
)]
pub(super) struct Directive {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternative: bool,
    width: usize,
    pub(super) precision: Option<usize>,
    /// The letter at its end; `None` where the format ends before it.
    pub(super) conversion: Option<char>,
    /// What stands between the brackets of `%(…)T`.
    pub(super) time: Option<String>,
}

impl Directive {
    /// Reads what stands after a percent sign. `star` gives the numbers for `*`.
    pub(super) fn read(chars: &mut Peekable<Chars<'_>>, mut star: impl FnMut() -> i64) -> Self {
        let mut directive = Self::default();
        while let Some(flag) = chars.next_if(|c| "-+ 0#'".contains(*c)) {
            match flag {
                '-' => directive.minus = true,
                '+' => directive.plus = true,
                ' ' => directive.space = true,
                '0' => directive.zero = true,
                '#' => directive.alternative = true,
                // The C locale has nothing between thousands.
                _ => {}
            }
        }
        if chars.next_if_eq(&'*').is_some() {
            let width = star();
            directive.minus |= width < 0;
            directive.width = usize::try_from(width.unsigned_abs()).unwrap_or(WIDEST);
        } else {
            directive.width = digits(chars);
        }
        directive.width = directive.width.min(WIDEST);
        if chars.next_if_eq(&'.').is_some() {
            directive.precision = if chars.next_if_eq(&'*').is_some() {
                usize::try_from(star()).ok()
            } else {
                Some(digits(chars))
            }
            .map(|digits| digits.min(WIDEST));
        }
        while chars
            .next_if(|c| matches!(c, 'l' | 'h' | 'j' | 'z'))
            .is_some()
        {}
        if chars.next_if_eq(&'(').is_some() {
            directive.time = Some(chars.take_while(|c| *c != ')').collect());
        }
        directive.conversion = chars.next();
        directive
    }

    /// A text, cut and filled.
    pub(super) fn text(&self, text: &str) -> String {
        match self.precision {
            Some(most) => self.filled(text.chars().take(most).collect(), false),
            None => self.filled(text.to_owned(), false),
        }
    }

    /// A whole number by `d`, `i`, `u`, `x`, `X`, `o`.
    pub(super) fn integer(&self, number: i64) -> String {
        let (sign, digits) = match self.conversion {
            Some('x') => ("", format!("{number:x}")),
            Some('X') => ("", format!("{number:X}")),
            Some('o') => ("", format!("{number:o}")),
            Some('u') => ("", number.cast_unsigned().to_string()),
            _ => (self.sign(number < 0), number.unsigned_abs().to_string()),
        };
        let prefix = match self.conversion {
            Some('x') if self.alternative && number != 0 => "0x",
            Some('X') if self.alternative && number != 0 => "0X",
            Some('o') if self.alternative && number != 0 => "0",
            _ => "",
        };
        let zeros = self
            .precision
            .map_or(0, |most| most.saturating_sub(digits.len()));
        let digits = format!("{prefix}{}{digits}", "0".repeat(zeros));
        self.signed(sign, &digits, self.precision.is_none())
    }

    /// A number by `f`, `e`, `g` and their capitals.
    pub(super) fn float(&self, number: f64) -> String {
        let sign = self.sign(number.is_sign_negative() && !number.is_nan());
        let size = number.abs();
        if !size.is_finite() {
            let word = if size.is_nan() { "nan" } else { "inf" };
            return self.signed(sign, word, false);
        }
        let precision = self.precision.unwrap_or(6).min(300);
        let digits = match self.conversion {
            Some('e' | 'E') => scientific(size, precision),
            Some('g' | 'G') => general(size, precision, self.alternative),
            _ => format!("{size:.precision$}"),
        };
        let digits = if self.conversion.is_some_and(char::is_uppercase) {
            digits.to_uppercase()
        } else {
            digits
        };
        self.signed(sign, &digits, true)
    }

    fn sign(&self, negative: bool) -> &'static str {
        if negative {
            "-"
        } else if self.plus {
            "+"
        } else if self.space {
            " "
        } else {
            ""
        }
    }

    fn signed(&self, sign: &str, digits: &str, may_be_zeros: bool) -> String {
        if self.zero && may_be_zeros && !self.minus {
            let fill = self.width.saturating_sub(sign.len() + digits.len());
            return format!("{sign}{}{digits}", "0".repeat(fill));
        }
        self.filled(format!("{sign}{digits}"), false)
    }

    fn filled(&self, text: String, zeros: bool) -> String {
        let fill = self.width.saturating_sub(text.chars().count());
        if fill == 0 {
            return text;
        }
        let fill = if zeros { "0" } else { " " }.repeat(fill);
        if self.minus {
            text + &fill
        } else {
            fill + &text
        }
    }
}

fn digits(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut number = 0_usize;
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        number = (number * 10 + digit.to_digit(10).unwrap_or(0) as usize).min(WIDEST);
    }
    number
}

/// `%e`: at least two digits of exponent, with a sign.
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `%g`: whichever of the two forms is shorter, without zeros at the end.
pub(super) fn general(number: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let rounded = format!("{number:.*e}", precision - 1);
    let exponent: i32 = rounded
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    let most = i32::try_from(precision).unwrap_or(i32::MAX);
    let text = if exponent < -4 || exponent >= most {
        scientific(number, precision - 1)
    } else {
        let after = usize::try_from(most - 1 - exponent).unwrap_or(0);
        format!("{number:.after$}")
    };
    if keep_zeros || !text.contains('.') {
        return text;
    }
    let (digits, exponent) = match text.find('e') {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(format: &str, number: f64) -> String {
        let mut chars = format.chars().peekable();
        chars.next();
        Directive::read(&mut chars, || 0).float(number)
    }

    #[test]
    fn numbers_are_written_as_c_writes_them() {
        // What `printf` of glibc 2.36 prints for the same.
        assert_eq!(float("%e", 12345.678), "1.234568e+04");
        assert_eq!(float("%g", 0.0001), "0.0001");
        assert_eq!(float("%g", 0.00001), "1e-05");
        assert_eq!(float("%g", 1_234_567.0), "1.23457e+06");
        assert_eq!(float("%g", 100.0), "100");
        assert_eq!(float("%08.2f", -3.125), "-0003.12");
        assert_eq!(float("%+.1f", 2.25), "+2.2");
        assert_eq!(float("%-8.1f|", 2.0), "2.0     ");
        assert_eq!(float("%5g", f64::INFINITY), "  inf");
    }
}
