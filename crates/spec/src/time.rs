//! Times as the Spec writes them, and as SDKs and people do.

/// Writes Unix milliseconds as ISO-8601 in UTC with milliseconds and `Z`, 24 bytes for the years
/// 0 to 9999; times outside them are held at the nearest end.
///
/// Source: Segment Spec, "Common fields", timestamps.
pub fn format_iso(ms: i64, out: &mut Vec<u8>) {
    const YEAR_0_MS: i64 = -62_167_219_200_000;
    const YEAR_9999_END_MS: i64 = 253_402_300_799_999;
    let ms = ms.clamp(YEAR_0_MS, YEAR_9999_END_MS);
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Civil date from days, with years that begin in March: leap days then fall at the end.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, width: usize, mut value: i64| {
        for place in (at..at + width).rev() {
            text[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, in_day / 3_600_000);
    put(14, 2, in_day / 60_000 % 60);
    put(17, 2, in_day / 1000 % 60);
    put(20, 3, in_day % 1000);
    out.extend_from_slice(&text);
}

/// The instant in Unix milliseconds, rounded down; `None` when `text` is no date or no such day.
/// Without a zone it is UTC, without a time it is midnight.
///
/// Source: Segment Spec, "Common fields", timestamps, and the forms that SDKs were seen to send:
/// offsets with and without a colon, fractions of one to nine digits, unpadded months.
#[inline]
pub fn parse_iso(text: &[u8]) -> Option<i64> {
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

#[cfg(test)]
mod tests;
