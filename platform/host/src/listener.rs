use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::shutdown::Shutdown;

/// Why nothing can be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, not ours, or needs more rights.
    #[error("cannot listen on {address}: {}", reason(.source))]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The listener broke.
    #[error("the listener failed")]
    Serve(#[source] std::io::Error),
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission for that port".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    }
}

/// Takes the address.
///
/// # Errors
/// [`ListenError::Bind`].
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError::Bind { address, source })
}

/// Serves until the shutdown, then finishes running requests for at most `drain`.
///
/// # Errors
/// [`ListenError::Serve`].
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: &Shutdown,
    drain: Duration,
) -> Result<(), ListenError> {
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, app)
        .with_graceful_shutdown(shutdown.stopping.clone().cancelled_owned())
        .into_future();
    let give_up = async {
        shutdown.stopping.cancelled().await;
        tokio::select! {
            () = tokio::time::sleep(drain) => {}
            () = shutdown.stopped.cancelled() => {}
        }
    };
    tokio::select! {
        served = served => served.map_err(ListenError::Serve),
        () = give_up => {
            tracing::warn!("requests were still running at the end of the shutdown");
            Ok(())
        }
    }
}
