//! Text of one snapshot in one buffer, addressed by 32-bit places.

/// A piece of an [`Arena`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    pub(crate) const fn new(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    /// The same piece after the text around it was moved.
    pub(crate) const fn moved(self, from: u32, to: u32) -> Self {
        Self { start: self.start - from + to, len: self.len }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Append-only text. Places beyond 4 GiB are refused at [`Arena::overflowed`], never wrapped.
#[derive(Default)]
pub(crate) struct Arena {
    text: String,
    overflowed: bool,
}

impl Arena {
    #[inline]
    pub(crate) fn push(&mut self, piece: &str) -> Span {
        let start = self.text.len();
        // Where the end fits, so do the start and the length.
        let (Ok(end), Ok(start)) = (u32::try_from(start + piece.len()), u32::try_from(start)) else {
            self.overflowed = true;
            return Span::default();
        };
        self.text.push_str(piece);
        Span { start, len: end - start }
    }

    /// The end of the buffer, as a place.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    /// An empty arena that takes so many bytes of text without moving.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), overflowed: false }
    }

    /// How many bytes of text there are.
    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    /// Says that something did not fit.
    pub(crate) const fn overflow(&mut self) {
        self.overflowed = true;
    }

    /// The byte at a place; 0 where there is none.
    #[inline]
    pub(crate) fn byte(&self, place: u32) -> u8 {
        self.text.as_bytes().get(place as usize).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn get(&self, span: Span) -> &str {
        self.slice(span.start, span.start + span.len)
    }

    #[inline]
    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// The bytes of a piece, where nobody needs them as text.
    #[inline]
    pub(crate) fn bytes_of(&self, start: u32, end: u32) -> &[u8] {
        self.text.as_bytes().get(start as usize..end as usize).unwrap_or(&[])
    }

    pub(crate) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity()
    }

    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
    }
}
