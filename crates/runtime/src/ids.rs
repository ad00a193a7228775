//! Identifiers that sort by the time they were made.

#![expect(clippy::disallowed_methods, reason = "this module is where random ids are drawn")]

/// A new ULID: 26 characters, unique, and in the order of making to the millisecond.
pub fn new_id() -> String {
    ulid::Ulid::new().to_string()
}

/// A random word that nobody can foresee: 80 bits in 16 characters.
pub fn new_nonce() -> String {
    let id = ulid::Ulid::new().to_string();
    // The first ten characters tell the time.
    id[10..].to_lowercase()
}

/// Why there are no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct RandomError(#[source] getrandom::Error);

/// A secret of 256 random bits, as 64 hexadecimal digits.
///
/// # Errors
///
/// [`RandomError`] when the system gives no random bytes.
pub fn new_secret() -> Result<String, RandomError> {
    let bytes: [u8; 32] = random_bytes()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Random bytes that nobody can foresee.
///
/// # Errors
///
/// [`RandomError`] when the system gives none.
pub fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], RandomError> {
    let mut bytes = [0u8; LENGTH];
    getrandom::fill(&mut bytes).map_err(RandomError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_differ() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| super::new_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 26));
    }
}
