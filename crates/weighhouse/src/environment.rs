//! What the environment says.

#[cfg(feature = "hub")]
use std::path::Path;
use std::path::PathBuf;

#[cfg(feature = "hub")]
use anyhow::Result;
#[cfg(feature = "hub")]
use ureq::tls::TlsConfig;
#[cfg(feature = "hub")]
use weighhouse_scan::source::hub::Authorities;

/// A variable that is set to something.
#[cfg(feature = "hub")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Where other programs are told, too, which certificate authorities to trust instead of the public ones.
#[cfg(feature = "hub")]
pub(crate) const AUTHORITIES: [&str; 3] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// The certificate authorities to trust instead of the public ones, if the environment names any.
#[cfg(feature = "hub")]
pub(crate) fn authorities() -> Result<Option<Authorities>> {
    let file = AUTHORITIES.into_iter().find_map(variable);
    Ok(file.map(|file| Authorities::read(Path::new(&file))).transpose()?)
}

/// What a connection to this address trusts.
#[cfg(feature = "hub")]
pub(crate) fn trusted(address: &str) -> Result<TlsConfig> {
    let https = address.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
    let authorities = match authorities() {
        // Not asked for, unless it leads on to one that is.
        Err(_) if !https => None,
        read => read?,
    };
    Ok(Authorities::tls(authorities.as_ref()))
}

/// Our folder in the user's folder of data (XDG). Relative paths count as not set: they would mean another folder wherever we are called.
pub(crate) fn data_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")))?;
    Some(data.join("weighhouse"))
}
