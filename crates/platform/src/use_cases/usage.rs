//! `usage`: who used how much of which model.

use std::sync::Arc;

use gateway::{UsageBook, UsageRow};
use runtime::SystemClock;
use store::Database;

use crate::{Platform, PlatformError};

impl Platform {
    /// What was used from one day to another, both counted, as `2026-02-03`: of all days where none is named.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when a day is none, or the book of usage cannot be read.
    pub async fn usage(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<UsageRow>, PlatformError> {
        let (from, to) = (from.unwrap_or("0000-00-00"), to.unwrap_or("9999-99-99"));
        if ![from, to].into_iter().all(is_day) {
            return Err(PlatformError::Argument {
                what: "`from` and `to` are days".into(),
                hint: "write them as `2026-02-03`".into(),
            });
        }
        if let Some(gateway) = self.gateway.get() {
            return Ok(gateway.book().rows(from, to).await?);
        }
        let calendar = self.require_settings()?.gateway.calendar;
        let database = Database::open_sqlite(&self.home()?.state_database()).await?;
        let book = UsageBook::open(database, Arc::new(SystemClock), calendar).await?;
        Ok(book.rows(from, to).await?)
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert!(
            is_day("2026-02-03") && !is_day("2026-2-3") && !is_day("2026-02-0x") && !is_day("20260203--")
        );
    }
}
