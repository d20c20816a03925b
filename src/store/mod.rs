//! The project's own memory under `.bilan/`: its key, content-addressed Parquet files, and what the last run saw.
//!
//! Every file is written beside its place and renamed, so an interrupted run leaves the last good one.

mod etat;
mod parquet_file;
mod repetes;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub use etat::{Etat, FichierVu, Resultats, Stamp};
pub use parquet_file::{Ecriture, ParquetFile, batches, footer, is_whole, join, read_all, write_table};
pub use repetes::{ranges, repeated};

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
        text
    })
}

/// SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// [`Error::Io`].
pub fn file_sha256(path: &Path) -> Result<String> {
    let hashed = || {
        let mut hashed = Hashed::new(io::sink());
        io::copy(&mut BufReader::with_capacity(1 << 18, File::open(path)?), &mut hashed)?;
        Ok(hashed.sha256())
    };
    hashed().map_err(Error::io("lire", path))
}

/// Bytes hashed as they are written.
struct Hashed<W> {
    inner: W,
    digest: Sha256,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    /// SHA-256 of what was written, in hexadecimal.
    fn sha256(self) -> String {
        hex(&self.digest.finalize())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Path of the temporary file that stands in for `path` while it is written.
#[must_use]
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partiel");
    path.with_file_name(name)
}

/// Writes a file beside its place and renames it; its folder is made. A file that holds these bytes already is left alone.
///
/// # Errors
/// [`Error::Io`].
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    if holds(path, bytes) {
        return Ok(());
    }
    make_parent(path)?;
    let partial = temporary(path);
    let result = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    if let Err(error) = result {
        let _ = fs::remove_file(&partial);
        return Err(Error::io("écrire", path)(error));
    }
    publish(&partial, path)
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|m| m.len() == bytes.len() as u64) && fs::read(path).is_ok_and(|there| there == bytes)
}

/// Puts a finished temporary file in its place once it is on the disk; a file that holds the same bytes already is left alone.
///
/// # Errors
/// [`Error::Io`].
pub fn replace(partial: &Path, path: &Path) -> Result<()> {
    let same = || -> io::Result<bool> {
        if fs::metadata(partial)?.len() != fs::metadata(path)?.len() {
            return Ok(false);
        }
        let (mut new, mut old) = (BufReader::new(File::open(partial)?), BufReader::new(File::open(path)?));
        loop {
            let (ours, theirs) = (new.fill_buf()?, old.fill_buf()?);
            let n = ours.len().min(theirs.len());
            if ours[..n] != theirs[..n] {
                return Ok(false);
            }
            if n == 0 {
                return Ok(ours.len() == theirs.len());
            }
            new.consume(n);
            old.consume(n);
        }
    };
    if same().unwrap_or(false) {
        return fs::remove_file(partial).map_err(Error::io("supprimer", partial));
    }
    let file = File::options().write(true).open(partial);
    file.and_then(|file| file.sync_data()).map_err(Error::io("écrire", path))?;
    publish(partial, path)
}

/// Puts a finished temporary file in its place.
///
/// # Errors
/// [`Error::Io`].
pub fn publish(partial: &Path, path: &Path) -> Result<()> {
    fs::rename(partial, path).map_err(Error::io("écrire", path))
}

/// Makes the folder that will hold `path`.
///
/// # Errors
/// [`Error::Io`].
pub fn make_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
    fs::create_dir_all(parent).map_err(Error::io("créer le dossier", parent))
}

/// Removes temporary files that an interrupted run left in `dir` and below.
pub fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sweep(&path);
        } else if path.extension().is_some_and(|e| e == "partiel") {
            let _ = fs::remove_file(path);
        }
    }
}

/// Bytes of an identifier's hash.
pub const HASH_BYTES: i32 = 16;

/// The key under which identifiers are hashed; it never leaves the project.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
}

impl Key {
    /// A key from its bytes, padded to the hash's block as HMAC does (RFC 2104).
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        let mut block = [0_u8; 64];
        block[..32].copy_from_slice(bytes);
        Self { mac: Hmac::new(&block.into()) }
    }

    /// Keyed hash of an identifier: the first 16 bytes of HMAC-SHA-256.
    #[must_use]
    pub fn hash(&self, identifier: &str) -> [u8; 16] {
        let mut mac = self.mac.clone();
        mac.update(identifier.as_bytes());
        let mut hash = [0; 16];
        hash.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        hash
    }

    /// Changes when the key does, and says nothing of it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&self.hash("empreinte de la clé"))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

const KEY_FILE: &str = "cle";

/// The project's key, made on first use and readable by its owner alone.
///
/// # Errors
/// [`Error::Io`]; [`Error::Usage`] when the key file is damaged, since another key would break every link with the
/// past.
pub fn project_key(cache: &Path) -> Result<Key> {
    let path = cache.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => parse_key(text.trim()).map(|bytes| Key::new(&bytes)).ok_or_else(|| {
            Error::usage(
                "B0005",
                format!("clé du projet illisible : « {} »", path.display()),
                "restaurez ce fichier depuis une sauvegarde ; supprimez le dossier .bilan pour repartir d'une clé neuve",
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0_u8; 32];
            rand::rngs::SysRng
                .try_fill_bytes(&mut bytes)
                .map_err(|e| Error::io("tirer une clé pour", &path)(std::io::Error::other(e.to_string())))?;
            write_key(cache, &bytes)?;
            Ok(Key::new(&bytes))
        }
        Err(error) => Err(Error::io("lire", &path)(error)),
    }
}

/// Writes the project's key, readable by its owner alone.
///
/// # Errors
/// [`Error::Io`].
pub fn write_key(cache: &Path, bytes: &[u8; 32]) -> Result<()> {
    let path = cache.join(KEY_FILE);
    write_atomically(&path, hex(bytes).as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(Error::io("protéger", &path))?;
    }
    Ok(())
}

fn parse_key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Holds the project while a command writes in it: a second one is told to wait instead of mixing its files.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the project's lock; the system frees it when the process ends, however it ends.
///
/// # Errors
/// [`Error::Usage`] when another command holds it, [`Error::Io`].
pub fn lock(cache: &Path) -> Result<Lock> {
    let path = cache.join("verrou");
    make_parent(&path)?;
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::io("ouvrir", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(fs::TryLockError::WouldBlock) => Err(Error::usage(
            "B0006",
            "une autre commande bilan travaille déjà dans ce projet",
            "attendez qu'elle finisse, puis relancez",
        )),
        Err(fs::TryLockError::Error(error)) => Err(Error::io("verrouiller", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_identifier_hashes_alike_under_one_key_only() {
        let (a, b) = (Key::new(&[1; 32]), Key::new(&[2; 32]));
        assert_eq!(a.hash("1110318016982G1104"), a.hash("1110318016982G1104"));
        assert_ne!(a.hash("1110318016982G1104"), b.hash("1110318016982G1104"));
    }

    /// Longer than what is read at a time, and differing at the end alone.
    #[test]
    fn a_file_is_replaced_unless_it_holds_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let partial = temporary(&path);
        let long = |last: &str| "1;2\n".repeat(10_000) + last;
        for (there, new, kept) in
            [(None, "a", false), (Some("a"), "b", false), (Some("a"), "a", true), (Some("ab"), "a", false)]
        {
            let _ = fs::remove_file(&path);
            if let Some(there) = there {
                fs::write(&path, long(there)).unwrap();
                let mut marked = fs::metadata(&path).unwrap().permissions();
                marked.set_readonly(true);
                fs::set_permissions(&path, marked).unwrap();
            }
            fs::write(&partial, long(new)).unwrap();
            replace(&partial, &path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), long(new));
            assert_eq!(fs::metadata(&path).unwrap().permissions().readonly(), kept, "{there:?} {new}");
            assert!(!partial.exists());
        }
    }

    /// RFC 4231, test case 2: key "Jefe" padded is HMAC's own business; here a 32-byte key against Python's hmac.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        // python3 -c 'import hmac;print(hmac.new(bytes(32),b"abc","sha256").hexdigest()[:32])'
        assert_eq!(hex(&Key::new(&[0; 32]).hash("abc")), "fd7adb152c05ef80dccf50a1fa4c05d5");
    }
}
