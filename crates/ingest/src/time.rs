//! Times of requests, written by the thousand. They are read by [`spec::parse_iso`].

pub(crate) use spec::parse_iso as parse;

use spec::format_iso;

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
