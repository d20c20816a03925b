//! `bilan init`: a project folder with a commented file and an empty model of each source.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::project::PROJECT_FILE;
use crate::reference::Resources;
use crate::schema::Schema;
use crate::store;

/// Writes a project in `dir`; returns the files written.
///
/// # Errors
/// [`Error::Usage`] when the folder already holds a project, [`Error::Io`] when it cannot be written.
pub fn init_project(dir: &Path) -> Result<Vec<PathBuf>> {
    let file = dir.join(PROJECT_FILE);
    if file.exists() {
        return Err(Error::usage(
            "B0004",
            format!("« {} » existe déjà", file.display()),
            "choisissez un autre dossier, ou modifiez ce fichier",
        ));
    }
    let resources = Resources::embedded();
    let mut written = Vec::new();
    let mut write = |path: PathBuf, text: &str| -> Result<()> {
        store::write_atomically(&path, text.as_bytes())?;
        written.push(path);
        Ok(())
    };
    for schema in Schema::load_all(&resources, 9_999)? {
        let names: Vec<&str> = schema.colonnes.iter().map(|c| c.nom.as_str()).collect();
        write(dir.join("modeles").join(format!("{}.csv", schema.nom)), &format!("\u{feff}{}\n", names.join(";")))?;
    }
    let donnees = dir.join("donnees");
    std::fs::create_dir_all(&donnees).map_err(Error::io("créer le dossier", &donnees))?;
    write(file, &resources.text("reports/init/bilan.toml")?)?;
    store::project_key(&dir.join(".bilan"))?;
    Ok(written)
}
