//! Server-sent events, from bytes. Pure.
//!
//! Source: WHATWG HTML, "Server-sent events", parsing an event stream.

/// A line that is longer ends the stream: nothing that we read has such lines.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One event with data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Event {
    /// `message` where the sender named none.
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Puts events together from whatever pieces the network brings.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    name: String,
    data: String,
    has_data: bool,
    /// The id to come back with.
    pub(crate) last_id: Option<String>,
}

/// A line is too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Parser {
    /// Begins with a new connection, knowing how far the one before had come: half an event of
    /// it is of no use.
    pub(crate) fn resume(self) -> Parser {
        Parser { last_id: self.last_id, ..Parser::default() }
    }

    /// Takes more bytes and gives the events that they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            events.extend(self.take(line.strip_suffix('\r').unwrap_or(&line)));
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > LINE_BYTES_MAX { Err(TooLong) } else { Ok(events) }
    }

    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = std::mem::take(&mut self.data);
            let name = if name.is_empty() { "message".to_owned() } else { name };
            return std::mem::take(&mut self.has_data).then_some(Event { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "id" => self.last_id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Parser};

    fn events(pieces: &[&str]) -> (Vec<Event>, Option<String>) {
        let mut parser = Parser::default();
        let fed = pieces.iter().flat_map(|piece| parser.feed(piece.as_bytes()).expect("short"));
        (fed.collect(), parser.last_id)
    }

    #[test]
    fn events_are_put_together_from_any_pieces() {
        let text =
            "id: 4\nevent: messages\ndata: {\"a\":\ndata: 1}\n\n: alive\n\nid: 9\r\n\r\ndata:x\n\n";
        let whole = events(&[text]);
        let expected = [("messages", "{\"a\":\n1}"), ("message", "x")]
            .map(|(name, data)| Event { name: name.to_owned(), data: data.to_owned() });
        assert_eq!(whole, (expected.to_vec(), Some("9".to_owned())));
        for at in 1..text.len() {
            assert_eq!(events(&[&text[..at], &text[at..]]), whole);
        }
    }
}
