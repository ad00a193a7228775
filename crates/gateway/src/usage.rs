//! The book of usage: who used how much of which model on which day.
//!
//! Counts are kept in memory and written together, so that a request costs no write of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::Clock;
use serde::Serialize;
use store::sqlx::{self, Row};
use store::{Database, StoreError};

use crate::calendar::Calendar;
use crate::{GatewayError, schema};

/// What a request used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// What they cost, in millionths of the currency that prices are in.
    pub cost_micros: u64,
}

impl std::ops::AddAssign for Used {
    fn add_assign(&mut self, more: Self) {
        self.prompt_tokens += more.prompt_tokens;
        self.completion_tokens += more.completion_tokens;
        self.cost_micros += more.cost_micros;
    }
}

/// Who used what.
#[derive(Clone, Copy, Debug)]
pub struct Spender<'a> {
    /// The key's id; empty for whoever needed none.
    pub key_id: &'a str,
    /// The key's team; empty without one.
    pub team: &'a str,
    /// The model.
    pub model: &'a str,
}

/// Usage of one day, key, team and model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UsageRow {
    /// `2026-02-03`, in the calendar that bills are made in.
    pub day: String,
    /// The key's id; empty for whoever needed none.
    pub key_id: String,
    /// The key's team; empty without one.
    pub team: String,
    /// The model.
    pub model: String,
    /// How many requests.
    pub requests: u64,
    /// Their prompts' tokens.
    pub prompt_tokens: u64,
    /// Their answers' tokens.
    pub completion_tokens: u64,
    /// What they cost, in millionths of the currency that prices are in.
    pub cost_micros: u64,
}

type Place = (String, String, String, String);

/// The usage in a state database, and what waits to be written there.
pub struct UsageBook {
    database: Database,
    clock: Arc<dyn Clock>,
    calendar: Calendar,
    waiting: Mutex<BTreeMap<Place, (u64, Used)>>,
    /// One writes at a time: whoever reads afterwards finds what another was writing.
    writing: tokio::sync::Mutex<()>,
}

impl UsageBook {
    /// The book in `database`, its tables brought up to date.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the tables cannot be prepared.
    pub async fn open(
        database: Database,
        clock: Arc<dyn Clock>,
        calendar: Calendar,
    ) -> Result<Self, GatewayError> {
        database.migrate(&schema::MIGRATIONS).await?;
        Ok(Self {
            database,
            clock,
            calendar,
            waiting: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
        })
    }

    /// Notes a request.
    pub fn note(&self, spender: Spender<'_>, used: Used) {
        let day = self.calendar.day(self.clock.now_micros());
        let Spender { key_id, team, model } = spender;
        let place = (day, key_id.to_owned(), team.to_owned(), model.to_owned());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, sum) = waiting.entry(place).or_default();
        *requests += 1;
        *sum += used;
    }

    /// Writes what waits.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database refuses: then it goes on waiting.
    pub async fn write(&self) -> Result<(), GatewayError> {
        let _one = self.writing.lock().await;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return Ok(());
        }
        let written = self.write_rows(&waiting).await;
        if written.is_err() {
            let mut now = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, (requests, used)) in waiting {
                let (count, sum) = now.entry(place).or_default();
                *count += requests;
                *sum += used;
            }
        }
        written
    }

    async fn write_rows(&self, rows: &BTreeMap<Place, (u64, Used)>) -> Result<(), GatewayError> {
        let mut transaction = self.database.begin().await?;
        for ((day, key_id, team, model), (requests, used)) in rows {
            sqlx::query(
                "INSERT INTO gateway_usage (day, key_id, team, model, requests, prompt_tokens, completion_tokens, \
                 cost_micros) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (day, key_id, team, model) DO UPDATE SET \
                 requests = gateway_usage.requests + excluded.requests, \
                 prompt_tokens = gateway_usage.prompt_tokens + excluded.prompt_tokens, \
                 completion_tokens = gateway_usage.completion_tokens + excluded.completion_tokens, \
                 cost_micros = gateway_usage.cost_micros + excluded.cost_micros",
            )
            .bind(day)
            .bind(key_id)
            .bind(team)
            .bind(model)
            .bind(signed(*requests))
            .bind(signed(used.prompt_tokens))
            .bind(signed(used.completion_tokens))
            .bind(signed(used.cost_micros))
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("note usage"))?;
        }
        Ok(transaction.commit().await?)
    }

    /// The usage from one day to another, both counted; `2026-02-03`. What waits is written first.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database cannot be read or written.
    pub async fn rows(&self, from: &str, to: &str) -> Result<Vec<UsageRow>, GatewayError> {
        self.write().await?;
        let rows = sqlx::query(
            "SELECT day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost_micros FROM gateway_usage \
             WHERE day >= $1 AND day <= $2 ORDER BY day, key_id, team, model",
        )
        .bind(from)
        .bind(to)
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("read the usage"))?;
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(rows
            .iter()
            .map(|row| UsageRow {
                day: row.get(0),
                key_id: row.get(1),
                team: row.get(2),
                model: row.get(3),
                requests: count(row.get(4)),
                prompt_tokens: count(row.get(5)),
                completion_tokens: count(row.get(6)),
                cost_micros: count(row.get(7)),
            })
            .collect())
    }

    /// The usage of the month at hand.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database cannot be read or written.
    pub async fn month(&self) -> Result<Vec<UsageRow>, GatewayError> {
        let today = self.calendar.day(self.clock.now_micros());
        self.rows(&format!("{}-01", &today[..7]), &today).await
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
