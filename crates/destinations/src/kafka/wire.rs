//! The protocol's primitive types, as they stand in requests and answers.
//!
//! A reader trusts no length that the peer names: nothing is reserved for what is not there.
//!
//! Source: Apache Kafka, "Protocol guide", "Protocol primitive types".

/// An answer that is not what the protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Writes a request.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn bool(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(crate) fn i8(&mut self, value: i8) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn i16(&mut self, value: i16) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// A number of items or bytes.
    pub(crate) fn len(&mut self, len: usize) {
        self.i32(i32::try_from(len).expect("a request is smaller than 2 GB"));
    }

    /// Names and words; none of ours is longer than a few hundred bytes.
    pub(crate) fn string(&mut self, text: &str) {
        self.i16(i16::try_from(text.len()).expect("names are shorter than 32 KB"));
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn no_string(&mut self) {
        self.i16(-1);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// A signed number in as many bytes as it needs.
    pub(crate) fn varint(&mut self, value: i64) {
        let mut rest = ((value << 1) ^ (value >> 63)) as u64;
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    /// Bytes behind their length as a [`Writer::varint`]; `None` has the length −1.
    pub(crate) fn var_bytes(&mut self, bytes: Option<&[u8]>) {
        self.varint(bytes.map_or(-1, |bytes| bytes.len() as i64));
        self.0.extend_from_slice(bytes.unwrap_or_default());
    }
}

/// Reads an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        Ok(self.take(N)?.try_into().expect("so many were taken"))
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Malformed> {
        Ok(self.array::<1>()?[0] != 0)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Malformed> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_be_bytes)
    }

    /// A string, which must be there.
    pub(crate) fn string(&mut self) -> Result<String, Malformed> {
        self.opt_string()?.ok_or(Malformed)
    }

    pub(crate) fn opt_string(&mut self) -> Result<Option<String>, Malformed> {
        let Ok(len) = usize::try_from(self.i16()?) else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(self.take(len)?).into_owned()))
    }

    /// Bytes; none where there are none.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let Ok(len) = usize::try_from(self.i32()?) else { return Ok(&[]) };
        self.take(len)
    }

    /// Items, each read by `item`.
    pub(crate) fn items<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.i32()?.max(0);
        // every item takes bytes, so that a count that promises too much ends with the answer
        (0..count).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        for (value, bytes) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[126]),
            (64, &[128, 1]),
            (-65, &[129, 1]),
            (i64::MAX, &[254, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
            (i64::MIN, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ] {
            let mut writer = Writer::default();
            writer.varint(value);
            assert_eq!(writer.0, bytes, "{value}");
        }
    }

    #[test]
    fn a_count_that_promises_too_much_reserves_nothing() {
        let promises = [0x7f, 0xff, 0xff, 0xff, 0, 1, b'a'];
        assert_eq!(Reader(&promises).items(Reader::string), Err(Malformed));
        assert_eq!(Reader(&promises).bytes(), Err(Malformed));
        assert_eq!(Reader(&[0xff; 4]).items(Reader::i16), Ok(vec![]));
        assert_eq!(Reader(&[0xff; 4]).opt_string(), Ok(None));
        assert_eq!(Reader(&[0xff; 2]).string(), Err(Malformed));
    }
}
