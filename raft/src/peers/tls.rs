//! Mutual TLS between nodes. Not what a node may do once connected: the handshake above it still asks for the secret.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::error::Error;
use crate::network::Stream;
use crate::options::TlsFiles;

/// Both sides' settings.
#[derive(Clone)]
pub(crate) struct Tls {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
}

fn wrong(file: &Path, why: impl std::fmt::Display) -> Error {
    Error::Options(format!("{}: {why}", file.display()))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|why| wrong(file, why))
}

impl Tls {
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for ca in certificates(&files.ca)? {
            roots.add(ca).map_err(|why| wrong(&files.ca, why))?;
        }
        let roots = Arc::new(roots);
        let chain = certificates(&files.cert)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|why| wrong(&files.key, why))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|why| wrong(&files.cert, why))?
            .with_root_certificates(Arc::clone(&roots))
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(|why| wrong(&files.cert, why))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|why| wrong(&files.ca, why))?;
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| wrong(&files.cert, why))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|why| wrong(&files.cert, why))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(client)), acceptor: TlsAcceptor::from(Arc::new(server)) })
    }

    /// The caller's side: the peer's certificate must name the host of its address.
    pub(crate) async fn connect(&self, stream: Stream, address: &str) -> io::Result<Stream> {
        let name = server_name(address)?;
        Ok(Box::new(self.connector.connect(name, stream).await?))
    }

    /// The answerer's side. The certificate is kept for [`CallerCertificate::names`].
    pub(crate) async fn accept(&self, stream: Stream) -> io::Result<(Stream, CallerCertificate)> {
        let stream = self.acceptor.accept(stream).await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).cloned();
        let certificate = certificate.ok_or_else(|| io::Error::other("the caller showed no certificate"))?;
        Ok((Box::new(stream), CallerCertificate(certificate.into_owned())))
    }
}

fn server_name(address: &str) -> io::Result<ServerName<'static>> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    ServerName::try_from(host).map_err(io::Error::other)
}

/// The certificate that a caller showed; its chain is verified.
pub(crate) struct CallerCertificate(CertificateDer<'static>);

impl CallerCertificate {
    /// Whether it names the host of the address under which the membership knows the caller.
    pub(crate) fn names(&self, address: &str) -> bool {
        let Ok(name) = server_name(address) else { return false };
        ParsedCertificate::try_from(&self.0)
            .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
    }
}
