//! The state database, its transactions and migrations.
