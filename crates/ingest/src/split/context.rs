//! What rules ask of a message's `context`.

use std::borrow::Cow;

use super::scan::{Bad, Key, Scan, Shape, Value};
use crate::text::unescape;

/// Where the members of `context` stand that we read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context {
    pub(crate) ip: Value,
    pub(crate) direct: Value,
    pub(crate) user_agent: Value,
    pub(crate) library_name: Value,
    pub(crate) advertising_id: Value,
    pub(crate) consent: Consent,
}

/// Where the members of `context.consent` stand that we read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Consent {
    pub(crate) whole: Value,
    pub(crate) preferences: Value,
    /// Key (with quotes) and value of the last choice that is neither true nor false.
    pub(crate) odd_choice: Option<(u32, u32)>,
    pub(crate) version: Value,
}

/// Passes over the context that begins here and notes what we read of it.
#[inline]
pub(crate) fn read(scan: &mut Scan<'_>, found: &mut Context) -> Result<Value, Bad> {
    *found = Context::default();
    if scan.byte() != b'{' {
        return scan.value();
    }
    scan.object(|scan, key| {
        let name = name(key, scan.bytes);
        match &*name {
            b"ip" => found.ip = scan.value()?,
            b"direct" => found.direct = scan.value()?,
            b"userAgent" => found.user_agent = scan.value()?,
            b"library" => one(scan, b"name", &mut found.library_name)?,
            b"device" => one(scan, b"advertisingId", &mut found.advertising_id)?,
            b"consent" => consent(scan, &mut found.consent)?,
            _ => {
                scan.value()?;
            }
        }
        Ok(())
    })
}

#[inline(always)]
fn name<'a>(key: Key, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let raw = key.raw(bytes);
    if key.escaped { unescape(raw) } else { Cow::Borrowed(raw) }
}

/// Passes over a value and notes its member `wanted`, if it is an object.
#[inline(never)]
fn one(scan: &mut Scan<'_>, wanted: &[u8], found: &mut Value) -> Result<(), Bad> {
    *found = Value::default();
    if scan.byte() != b'{' {
        scan.value()?;
        return Ok(());
    }
    scan.object(|scan, key| {
        let value = scan.value()?;
        if *name(key, scan.bytes) == *wanted {
            *found = value;
        }
        Ok(())
    })?;
    Ok(())
}

#[inline(never)]
fn consent(scan: &mut Scan<'_>, found: &mut Consent) -> Result<(), Bad> {
    *found = Consent::default();
    if scan.byte() != b'{' {
        found.whole = scan.value()?;
        return Ok(());
    }
    found.whole = scan.object(|scan, key| {
        match &*name(key, scan.bytes) {
            b"categoryPreferences" => preferences(scan, found)?,
            b"version" => found.version = scan.value()?,
            _ => {
                scan.value()?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

fn preferences(scan: &mut Scan<'_>, found: &mut Consent) -> Result<(), Bad> {
    found.odd_choice = None;
    if scan.byte() != b'{' {
        found.preferences = scan.value()?;
        return Ok(());
    }
    let odd_choice = &mut found.odd_choice;
    found.preferences = scan.object(|scan, key| {
        let value = scan.value()?;
        if !matches!(value.shape, Shape::True | Shape::False) {
            *odd_choice = Some((key.start, key.end));
        }
        Ok(())
    })?;
    Ok(())
}
