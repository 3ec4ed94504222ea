//! Messages as lines, handed to the file from where they are.
//!
//! A message is copied once, by the kernel. Only one that holds line ends is copied before.

use std::{
    borrow::Cow,
    io::{self, ErrorKind, IoSlice, Write},
};

use bytes::Bytes;

/// Messages in one call: each is two pieces, and the kernel takes 1024.
const MESSAGES_MAX: usize = 512;

/// Bytes of `messages` as lines.
pub fn len(messages: &[Bytes]) -> u64 {
    messages.iter().map(|json| json.len() as u64 + 1).sum()
}

/// Writes each of `messages`, which are JSON, as one line.
pub fn write(file: &mut impl Write, messages: &[Bytes]) -> io::Result<()> {
    for messages in messages.chunks(MESSAGES_MAX) {
        let lines: Vec<Cow<[u8]>> = messages.iter().map(|json| line(json)).collect();
        let mut pieces = Vec::with_capacity(2 * lines.len());
        for line in &lines {
            pieces.extend([IoSlice::new(line), IoSlice::new(b"\n")]);
        }
        write_all(file, &mut pieces)?;
    }
    Ok(())
}

/// `json` without line ends. Those in it stand between its tokens, since a string holds none
/// unescaped; they become spaces.
fn line(json: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', json).is_none() {
        return Cow::Borrowed(json);
    }
    let space = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    Cow::Owned(json.iter().map(space).collect())
}

fn write_all(file: &mut impl Write, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !pieces.is_empty() {
        match file.write_vectored(pieces) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time, and is interrupted every other time.
    #[derive(Default)]
    struct Stingy {
        taken: Vec<u8>,
        calls: usize,
    }

    impl Write for Stingy {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls.is_multiple_of(2) {
                return Err(ErrorKind::Interrupted.into());
            }
            assert!(pieces.len() <= 1024, "{} pieces", pieces.len());
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).take(7).collect();
            self.taken.extend_from_slice(&bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_message_becomes_one_line_however_little_is_taken_at_once() {
        let mut messages: Vec<Bytes> =
            (0..1500).map(|n| Bytes::from(format!("{{\"n\":{n}}}"))).collect();
        messages[700] = Bytes::from("{\r\n\"n\":\n700}");
        let mut expect: Vec<String> = (0..1500).map(|n| format!("{{\"n\":{n}}}")).collect();
        expect[700] = "{  \"n\": 700}".to_owned();
        let mut file = Stingy::default();
        write(&mut file, &messages).expect("it takes what it is given");
        let text = String::from_utf8(file.taken).expect("it was text");
        assert_eq!(text.lines().collect::<Vec<_>>(), expect);
        assert_eq!(text.len() as u64, len(&messages));
    }
}
