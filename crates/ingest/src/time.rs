//! Reads the times that SDKs and people send.
//!
//! Source: Segment Spec, "Common fields", timestamps, and the forms that SDKs were seen to send:
//! offsets with and without a colon, fractions of one to nine digits, unpadded months.

use spec::format_iso;

/// The instant in Unix milliseconds, rounded down; `None` when `text` is no date or no such day.
/// Without a zone it is UTC, without a time it is midnight.
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    canonical(text).or_else(|| loose(text))
}

/// `YYYY-MM-DDThh:mm:ss.mmmZ`, as most SDKs write it and as we do.
#[inline]
fn canonical(text: &[u8]) -> Option<i64> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let shape = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    let mut right = shape.iter().all(|(at, byte)| text[*at] == *byte);
    let mut digits = |from: usize, to: usize| {
        text[from..to].iter().fold(0, |value, byte| {
            let digit = byte.wrapping_sub(b'0');
            right &= digit < 10;
            value * 10 + u32::from(digit)
        })
    };
    let (year, month, day) = (digits(0, 4), digits(5, 7), digits(8, 10));
    let (hour, minute, second) = (digits(11, 13), digits(14, 16), digits(17, 19));
    let milli = digits(20, 23);
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    right &= (1..=12).contains(&month) && day >= 1 && hour < 24 && minute < 60 && second < 60;
    if !right || day > days_in(year, month) {
        return None;
    }
    let in_day_ms = ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    Some(days_from_civil(year, month, day) * 86_400_000 + i64::from(in_day_ms))
}

fn loose(text: &[u8]) -> Option<i64> {
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    take(&mut rest, b"-")?;
    let month = number(&mut rest, 1, 2)?;
    take(&mut rest, b"-")?;
    let day = number(&mut rest, 1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight_ms = days_from_civil(year, month, day) * 86_400_000;
    if rest.is_empty() {
        return Some(midnight_ms);
    }
    take(&mut rest, b"Tt ")?;
    let hour = number(&mut rest, 1, 2)?;
    take(&mut rest, b":")?;
    let minute = number(&mut rest, 1, 2)?;
    let mut second = 0;
    let mut milli = 0;
    if take(&mut rest, b":").is_some() {
        second = number(&mut rest, 1, 2)?;
        if take(&mut rest, b".,").is_some() {
            milli = fraction(&mut rest)?;
        }
    }
    // A leap second is taken as the first of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset_ms = offset(rest)?;
    Some(midnight_ms + ((hour * 60 + minute) * 60 + second) * 1000 + milli - offset_ms)
}

/// Takes `least` to `most` digits.
#[inline]
fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let mut value = 0;
    let mut count = 0;
    while count < most {
        let Some(digit) = rest.get(count).filter(|byte| byte.is_ascii_digit()) else {
            break;
        };
        value = value * 10 + i64::from(digit - b'0');
        count += 1;
    }
    *rest = &rest[count..];
    (count >= least).then_some(value)
}

/// Takes one byte if it is one of `of`.
#[inline]
fn take(rest: &mut &[u8], of: &[u8]) -> Option<u8> {
    let (&byte, after) = rest.split_first()?;
    if !of.contains(&byte) {
        return None;
    }
    *rest = after;
    Some(byte)
}

/// Takes the digits of a fraction; gives whole milliseconds, rounded down.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    let mut milli = 0;
    for place in 0..3 {
        milli = milli * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    (1..=9).contains(&count).then_some(milli)
}

/// `Z`, `±hh:mm`, `±hhmm`, `±hh` or nothing, and nothing after it.
fn offset(rest: &[u8]) -> Option<i64> {
    let (&sign, mut rest) = match rest.split_first() {
        None => return Some(0),
        Some((b'Z' | b'z', [])) => return Some(0),
        Some((sign @ (b'+' | b'-'), rest)) => (sign, rest),
        Some(_) => return None,
    };
    let hours = number(&mut rest, 2, 2)?;
    let mut minutes = 0;
    if !rest.is_empty() {
        let _ = take(&mut rest, b":");
        minutes = number(&mut rest, 2, 2)?;
    }
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    let offset_ms = (hours * 60 + minutes) * 60_000;
    Some(if sign == b'-' { -offset_ms } else { offset_ms })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, with years that begin in March: leap days then fall at the end.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Writes times of one request: most lie on the day of its receipt, and share the date's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer {
    day: i64,
    /// `YYYY-MM-DDT`
    date: [u8; 11],
}

const DAY_MS: i64 = 86_400_000;

impl Writer {
    /// Of a request that was received then.
    pub(crate) fn new(received_at_ms: i64) -> Writer {
        let mut text = Vec::with_capacity(24);
        format_iso(received_at_ms, &mut text);
        let date = text[..11].try_into().expect("a time has 24 bytes");
        // A time that no text holds was written as the nearest that one does.
        let written_ms = parse(&text).expect("we read what we write");
        Writer { day: written_ms.div_euclid(DAY_MS), date }
    }

    /// As [`format_iso`].
    pub(crate) fn write(&self, ms: i64, out: &mut Vec<u8>) {
        if ms.div_euclid(DAY_MS) != self.day {
            return format_iso(ms, out);
        }
        let mut text = *b"YYYY-MM-DDT00:00:00.000Z";
        text[..11].copy_from_slice(&self.date);
        let in_day = ms.rem_euclid(DAY_MS) as u32;
        let (second, milli) = (in_day / 1000, in_day % 1000);
        let two = |value: u32| [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        text[11..13].copy_from_slice(&two(second / 3600));
        text[14..16].copy_from_slice(&two(second / 60 % 60));
        text[17..19].copy_from_slice(&two(second % 60));
        text[20] += (milli / 100) as u8;
        text[21..23].copy_from_slice(&two(milli % 100));
        out.extend_from_slice(&text);
    }
}

#[cfg(test)]
mod tests;
