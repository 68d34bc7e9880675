//! Tokens of an expression, each with the character at which it begins.

use super::{ExpressionError, MAX_TEXT, words::shortened};
use std::{iter::Peekable, str::Chars};

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// `extension:NAME`, the name alone.
    Extension(String),
    Text(String),
    Equal,
    NotEqual,
    And,
    Or,
    Not,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    End,
}

impl Token {
    /// The token as it is shown in an error.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{}`", shortened(word)),
            Self::Extension(name) => format!("`extension:{}`", shortened(name)),
            Self::Text(_) => "a text".to_owned(),
            Self::Equal => "`==`".to_owned(),
            Self::NotEqual => "`!=`".to_owned(),
            Self::And => "`&&`".to_owned(),
            Self::Or => "`||`".to_owned(),
            Self::Not => "`!`".to_owned(),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::OpenList => "`[`".to_owned(),
            Self::CloseList => "`]`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Splits an expression into tokens.
pub(super) struct Lexer<'t> {
    chars: Peekable<Chars<'t>>,
    /// The character that comes next, counted from 1.
    column: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { chars: text.chars().peekable(), column: 1 }
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.chars.next();
        self.column += usize::from(next.is_some());
        next
    }

    fn bump_if(&mut self, wanted: impl FnOnce(char) -> bool) -> Option<char> {
        let next = *self.chars.peek()?;
        if wanted(next) { self.bump() } else { None }
    }

    fn words(&mut self, mut text: String, part: impl Fn(char) -> bool) -> String {
        while let Some(c) = self.bump_if(&part) {
            text.push(c);
        }
        text
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token), ExpressionError> {
        while self.bump_if(char::is_whitespace).is_some() {}
        let column = self.column;
        let Some(first) = self.bump() else { return Ok((column, Token::End)) };
        let twice = |lexer: &mut Self, token: Token| match lexer.bump_if(|c| c == first) {
            Some(_) => Ok(token),
            None => Err(ExpressionError::new(column, format!("write `{first}{first}` instead of `{first}`"))),
        };
        let token = match first {
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenList,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            '!' if self.bump_if(|c| c == '=').is_some() => Token::NotEqual,
            '!' => Token::Not,
            '=' => twice(self, Token::Equal)?,
            '&' => twice(self, Token::And)?,
            '|' => twice(self, Token::Or)?,
            '"' => Token::Text(self.text(column)?),
            '\'' => return Err(ExpressionError::new(column, "a text stands in double quotes")),
            '<' | '>' => {
                return Err(ExpressionError::new(
                    column,
                    "there is no order of texts; compare with `==` or `!=`",
                ));
            }
            c if is_word(c) => self.word(c, column)?,
            c => return Err(ExpressionError::new(column, format!("{c:?} means nothing here"))),
        };
        Ok((column, token))
    }

    fn word(&mut self, first: char, column: usize) -> Result<Token, ExpressionError> {
        let word = self.words(first.to_string(), is_word);
        if self.bump_if(|c| c == ':').is_none() {
            return Ok(Token::Word(word));
        }
        if word != "extension" {
            let problem = format!("only `extension:` has a colon, not `{}`", shortened(&word));
            return Err(ExpressionError::new(column, problem));
        }
        let name_column = self.column;
        let name = match self.bump_if(|c| c == '"') {
            Some(_) => self.text(name_column)?,
            None => self.words(String::new(), is_extension_word),
        };
        if name.is_empty() {
            return Err(ExpressionError::new(name_column, "`extension:` needs a name"));
        }
        Ok(Token::Extension(name))
    }

    /// The rest of a text after its first quote.
    fn text(&mut self, column: usize) -> Result<String, ExpressionError> {
        let mut text = String::new();
        let mut length = 0;
        loop {
            let at = self.column;
            match self.bump() {
                None => return Err(ExpressionError::new(column, "the text has no closing quote")),
                Some('"') => return Ok(text),
                Some('\\') => match self.bump() {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    _ => {
                        return Err(ExpressionError::new(at, r#"only `\"` and `\\` begin with a backslash"#));
                    }
                },
                Some(c) => text.push(c),
            }
            length += 1;
            if length > MAX_TEXT {
                let problem = format!("the text is longer than {MAX_TEXT} characters");
                return Err(ExpressionError::new(column, problem));
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Whether a character may stand in the name of an extension without quotes.
pub(super) fn is_extension_word(c: char) -> bool {
    is_word(c) || matches!(c, '-' | '.' | ':')
}
