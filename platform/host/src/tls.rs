/// Chooses who does the cryptography of outgoing TLS; to be called before the first client is built.
pub(crate) fn provide() {
    // Fails only when the process has chosen a provider already, which is as good.
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
}
