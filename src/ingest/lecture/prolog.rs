//! The bytes of an XML message after its declaration, counted and bounded event by event.

use std::io::{self, BufRead, BufReader, Read};

/// One event of a message may not be longer, nor one element's text: none of the interface is.
pub(super) const LONGEST: usize = 1 << 20;

/// The bytes after the declaration, counted: text is UTF-8 already, whatever the declaration says.
pub(super) struct Prolog<R> {
    inner: BufReader<R>,
    /// Line reached, from 1.
    pub(super) lines: u64,
    /// Bytes read since the last event.
    pub(super) since: usize,
}

impl<R: Read> Prolog<R> {
    /// Starts after the byte-order mark and the declaration.
    pub(super) fn skipped(reader: R) -> io::Result<Self> {
        let mut prolog = Self { inner: BufReader::with_capacity(1 << 16, reader), lines: 1, since: 0 };
        if prolog.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
            prolog.consume(3);
        }
        let head = prolog.fill_buf()?;
        if head.starts_with(b"<?xml ")
            && let Some(end) = head.iter().take(1024).position(|b| *b == b'>')
        {
            prolog.consume(end + 1);
        }
        Ok(prolog)
    }
}

impl<R: Read> Read for Prolog<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Read> BufRead for Prolog<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        let used = &self.inner.buffer()[..n.min(self.inner.buffer().len())];
        self.lines += used.split(|b| *b == b'\n').skip(1).count() as u64;
        self.since += n;
        self.inner.consume(n);
    }
}
