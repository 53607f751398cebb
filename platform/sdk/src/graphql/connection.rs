use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge, EmptyFields};
use platform_types::{Cursor, PageArgs};
use serde::Serialize;

use crate::Result;

/// Builds a Relay connection from rows that were read with [`PageArgs::limit`].
///
/// `key` gives what the rows are ordered by; it becomes the cursor. Cursors are opaque text, so the
/// connection's cursor type is `String`.
///
/// # Errors
/// `INTERNAL` when a key has no JSON form.
pub fn connection<R, N, K>(
    page: &PageArgs,
    mut rows: Vec<R>,
    key: impl Fn(&R) -> K,
    node: impl Fn(R) -> N,
) -> Result<Connection<String, N, EmptyFields, EmptyFields>>
where
    N: OutputType,
    K: Serialize,
{
    let first = usize::try_from(page.first()).unwrap_or(usize::MAX);
    let has_next = rows.len() > first;
    rows.truncate(first);
    let has_previous = page.after::<serde_json::Value>()?.is_some();
    let mut connection = Connection::new(has_previous, has_next);
    for row in rows {
        let cursor = Cursor::encode(&key(&row))?;
        connection.edges.push(Edge::new(cursor.into(), node(row)));
    }
    Ok(connection)
}
