//! From tokens to an expression tree. `AND` binds stronger than `OR`.

use super::lexer::{Token, tokens};
use super::{ConditionError, Expr, Literal, Test};

/// Deepest nesting of parentheses that is read.
const MAX_DEPTH: usize = 32;

/// Parses a filter. An empty text is no filter.
pub(crate) fn parse(text: &str) -> Result<Option<Expr>, ConditionError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: tokens.into_iter().peekable() };
    let expr = parser.any(0)?;
    match parser.tokens.next() {
        None => Ok(Some(expr)),
        Some(token) => Err(unexpected(Some(&token))),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        let mut parts = vec![self.all(depth)?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Expr::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        let mut parts = vec![self.part(depth)?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            parts.push(self.part(depth)?);
        }
        Ok(single(parts, Expr::All))
    }

    fn part(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        if depth > MAX_DEPTH {
            return Err(ConditionError("The expression is nested too deeply.".to_owned()));
        }
        let token = self.tokens.next();
        if token == Some(Token::Open) {
            let inner = self.any(depth + 1)?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        let Some(Token::Path(path)) = token else { return Err(unexpected(token.as_ref())) };
        let negated = self.tokens.next_if_eq(&Token::Not).is_some();
        let operator = self.tokens.next();
        let test = match operator {
            Some(Token::Like) => Test::Like { pattern: self.text()?, negated },
            Some(Token::Contains) => Test::Contains { text: self.text()?, negated },
            Some(Token::In) => Test::In { values: self.list()?, negated },
            Some(Token::Compare(comparison)) if !negated => Test::Compare(comparison, self.literal()?),
            other => return Err(unexpected(other.as_ref())),
        };
        Ok(Expr::Test(path, test))
    }

    fn list(&mut self) -> Result<Vec<Literal>, ConditionError> {
        self.expect(&Token::Open)?;
        let mut values = vec![self.literal()?];
        while self.tokens.next_if_eq(&Token::Comma).is_some() {
            values.push(self.literal()?);
        }
        self.expect(&Token::Close)?;
        Ok(values)
    }

    fn text(&mut self) -> Result<String, ConditionError> {
        match self.literal()? {
            Literal::Text(text) => Ok(text),
            Literal::Number(_) | Literal::Flag(_) | Literal::Moment(_) | Literal::Null => {
                Err(ConditionError("A string in double quotes is expected.".to_owned()))
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, ConditionError> {
        match self.tokens.next() {
            Some(Token::Literal(literal)) => Ok(literal),
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), ConditionError> {
        match self.tokens.next() {
            Some(token) if token == *wanted => Ok(()),
            other => Err(unexpected(other.as_ref())),
        }
    }
}

fn single(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn unexpected(token: Option<&Token>) -> ConditionError {
    ConditionError(match token {
        Some(token) => format!("Unexpected {token:?} in the expression."),
        None => "The expression ends too early.".to_owned(),
    })
}
