//! What is wrong with a TOML file, in French, with its line and its key: the parser says it in English, to people who write
//! programs.

/// What is wrong, and where.
pub(crate) struct Faute {
    /// Line, from 1, where the parser knows it.
    pub(crate) ligne: Option<u64>,
    /// In French, its key first.
    pub(crate) message: String,
}

/// A backslash between double quotes, as paths of Windows have them.
const BARRE: &str = "« \\ » ne s'écrit pas entre guillemets : un chemin s'écrit avec des /, ou entre apostrophes";
/// A value with neither quotes nor the form of a number.
const NUE: &str = "valeur mal écrite : un texte s'écrit entre guillemets droits, un nombre sans espace ni %, une date comme 2026-01-31";
/// A quotation mark that closes nothing.
const OUVERT: &str = "le guillemet ou l'apostrophe qui ferme le texte manque sur cette ligne";
/// A line that is neither a section, nor a key, nor a remark.
const LIGNE: &str = "une ligne s'écrit clé = valeur, une section [nom] ou [[nom]], une remarque commence par #";
/// Brackets that are not closed.
const CROCHET: &str = "le crochet qui ferme la section ou la liste manque";
/// A number of another form.
const NOMBRE: &str = "nombre mal écrit : des chiffres sans espace, et un point devant les décimales, comme 0.25";

/// How the parser's words begin, and what is said of them.
const ENONCES: [(&str, &str); 34] = [
    ("unexpected leading zero", "un nombre ne commence pas par 0 : un code s'écrit entre guillemets, comme \"03\""),
    ("missing comma between array elements", "il manque une virgule entre deux valeurs de la liste"),
    ("extra comma in array", "une virgule de trop dans la liste"),
    ("missing comma between key-value pairs", "il manque une virgule entre deux clés de la table"),
    ("extra comma in inline table", "une virgule de trop dans la table"),
    (
        "unexpected key or value",
        "du texte est en trop après la valeur : une liste s'écrit entre crochets, une décimale avec un point, et un texte qui contient un guillemet entre apostrophes",
    ),
    ("string values must be quoted", NUE),
    ("missing value", NUE),
    ("invalid value", NUE),
    ("invalid date", "date mal écrite ou qui n'existe pas : elle s'écrit sans guillemets, comme 2026-01-31"),
    ("invalid boolean", "oui et non s'écrivent true et false, en minuscules"),
    ("invalid mantissa", NOMBRE),
    ("invalid fraction", NOMBRE),
    ("invalid exponent", NOMBRE),
    ("invalid float", NOMBRE),
    ("invalid integer", NOMBRE),
    ("integer number overflowed", NOMBRE),
    ("`_` may only go between digits", NOMBRE),
    ("redundant numeric sign", NOMBRE),
    ("missing escaped value", BARRE),
    ("too few unicode value digits", BARRE),
    ("key with no value", LIGNE),
    ("missing assignment", "il manque « = » entre une clé et sa valeur"),
    ("extra `=`", "« = » est en trop"),
    ("extra assignment", "« = » est en trop"),
    ("unquoted keys cannot be empty", "il manque la clé devant « = »"),
    ("invalid unquoted key", "une clé n'a que des lettres sans accent, des chiffres, - et _"),
    ("unclosed inline table", "l'accolade qui ferme la table manque"),
    ("unclosed", CROCHET),
    ("invalid basic string", OUVERT),
    ("invalid literal string", OUVERT),
    ("invalid multi-line", OUVERT),
    ("carriage return", "fins de ligne d'un autre système : enregistrez le fichier avec celles de Windows ou de Linux"),
    ("duplicate key", "clé ou section écrite deux fois"),
];

/// Says what `error` found in `text`.
pub(crate) fn faute(text: &str, error: &toml::de::Error) -> Faute {
    let place = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or(text);
        (before.matches('\n').count(), before.rfind('\n').map_or(0, |end| end + 1))
    });
    let line = place.map_or("", |(_, start)| text[start..].lines().next().unwrap_or_default());
    Faute { ligne: place.map(|(before, _)| before as u64 + 1), message: told(line, error.message()) }
}

impl std::fmt::Display for Faute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.ligne {
            Some(ligne) => write!(f, "ligne {ligne} : {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

fn told(line: &str, words: &str) -> String {
    if let Some(named) = words.strip_prefix("unknown field ") {
        let mut names = quoted(named);
        let unknown = names.next().unwrap_or_default();
        return format!("clé « {unknown} » inconnue ; clés possibles : {}", names.collect::<Vec<_>>().join(", "));
    }
    if let Some(named) = words.strip_prefix("missing field ") {
        return format!("clé « {} » absente", quoted(named).next().unwrap_or_default());
    }
    let message = if let Some(named) = words.strip_prefix("unknown variant ") {
        let mut names = quoted(named);
        let given = names.next().unwrap_or_default();
        format!("« {given} » n'est pas une valeur possible : {}", names.collect::<Vec<_>>().join(", "))
    } else if let Some(found) = words.strip_prefix("invalid type: ") {
        wrong_type(line, found)
    } else if let Some(found) = words.strip_prefix("invalid value: ") {
        found
            .split_once(", expected")
            .map_or_else(|| NUE.to_owned(), |(found, _)| format!("{} est hors de portée", given(found)))
    } else {
        // What the program itself says of a date is in French.
        let known = ENONCES.iter().find(|(begins, _)| words.starts_with(begins)).map(|(_, told)| (*told).to_owned());
        known.unwrap_or_else(|| {
            if words.contains("attendue") { words.to_owned() } else { format!("ligne mal écrite (« {words} »)") }
        })
    };
    match key(line) {
        Some(key) => format!("{key} : {message}"),
        None => message,
    }
}

/// Names that the parser puts between back quotes.
fn quoted(words: &str) -> impl Iterator<Item = &str> {
    words.split('`').skip(1).step_by(2)
}

/// The key that a line gives a value to.
fn key(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim();
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    plain.then_some(key)
}

/// A value of a type that is not the one wanted.
fn wrong_type(line: &str, words: &str) -> String {
    let (found, wanted) = words.split_once(", expected ").unwrap_or((words, ""));
    let line = line.trim_start();
    if line.starts_with("[[") {
        return "cette section s'écrit entre crochets simples".to_owned();
    }
    if line.starts_with('[') && wanted == "a sequence" {
        return format!("cette section s'écrit entre doubles crochets : [{}]", line.trim_end());
    }
    let wanted = match wanted {
        "a string" => "n'est pas un texte entre guillemets",
        "a boolean" => "n'est ni true ni false",
        "a TOML datetime" => "n'est pas une date : elle s'écrit sans guillemets, comme 2026-01-31",
        "a sequence" => "n'est pas une liste entre crochets",
        "a map" => "n'est pas une table entre accolades, { clé = \"valeur\" }",
        "f64" => "n'est pas un nombre : il s'écrit sans guillemets, avec un point devant les décimales",
        _ if wanted.starts_with("struct ") => "n'est pas une section",
        _ if wanted.starts_with(['i', 'u']) => "n'est pas un nombre entier",
        _ => "n'est pas du type attendu",
    };
    format!("{} {wanted}", given(found))
}

/// What was found, in French.
fn given(found: &str) -> String {
    match found {
        "map" => "une table".to_owned(),
        "sequence" => "une liste".to_owned(),
        _ => match (found.strip_prefix("string "), quoted(found).next()) {
            (Some(text), _) => format!("le texte « {} »", text.trim_matches('"')),
            (None, Some(value)) => format!("« {value} »"),
            (None, None) => "cette valeur".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Fichier {
        n: i32,
        cible: Option<f64>,
        nom: Option<String>,
        oui: Option<bool>,
        codes: Option<Vec<String>>,
        table: Option<BTreeMap<String, String>>,
        #[serde(default)]
        source: Vec<BTreeMap<String, String>>,
    }

    fn faute_of(text: &str) -> String {
        faute(text, &toml::from_str::<Fichier>(text).unwrap_err()).to_string()
    }

    /// Faults that people make who write such a file with a plain editor.
    #[test]
    fn a_fault_is_told_in_french_with_its_line_and_its_key() {
        for (line, told) in [
            ("codes = [03]", "ligne 2 : codes : un nombre ne commence pas par 0"),
            ("codes = [\"03\" \"15\"]", "il manque une virgule"),
            ("codes = \"03\", \"15\"", "codes : du texte est en trop"),
            ("cible = 0,25", "cible : du texte est en trop après la valeur"),
            ("cible = 25%", "cible : valeur mal écrite"),
            ("cible = .25", "nombre mal écrit"),
            ("cible = \"25 %\"", "cible : le texte « 25 % » n'est pas un nombre"),
            ("nom = Bilan 2025", "nom : valeur mal écrite : un texte s'écrit entre guillemets droits"),
            ("nom = “Bilan”", "guillemets droits"),
            ("nom = \"C:\\donnees\\a.csv\"", "un chemin s'écrit avec des /"),
            ("nom = \"C:\\Users\\a.csv\"", "un chemin s'écrit avec des /"),
            ("nom = \"Bilan", "ferme le texte"),
            ("nom = 'L'année'", "entre apostrophes"),
            ("nom = 3", "nom : « 3 » n'est pas un texte entre guillemets"),
            ("nom : \"x\"", "une ligne s'écrit clé = valeur"),
            ("// remarque", "une remarque commence par #"),
            ("nom == \"x\"", "« = » est en trop"),
            ("précision = 3", "sans accent"),
            ("oui = True", "true et false, en minuscules"),
            ("oui = \"oui\"", "le texte « oui » n'est ni true ni false"),
            ("codes = \"03\"", "codes : le texte « 03 » n'est pas une liste entre crochets"),
            ("codes = [\"03\"", "le crochet qui ferme"),
            ("table = [\"a\"]", "table : une liste n'est pas une table entre accolades"),
            ("table = { a = \"b\"", "l'accolade"),
            ("[source]", "cette section s'écrit entre doubles crochets : [[source]]"),
            ("[[source]", "le crochet qui ferme"),
            ("[[table]]", "cette section s'écrit entre crochets simples"),
            ("n = 3", "n : clé ou section écrite deux fois"),
            ("m = 3", "clé « m » inconnue ; clés possibles : n, cible"),
            ("nom = 2026-1-31", "date mal écrite"),
        ] {
            let text = format!("n = 1\n{line}\n");
            let found = faute_of(&text);
            assert!(found.contains(told) && found.starts_with("ligne 2 : "), "{line} : {found}");
        }
        assert_eq!(faute_of("n = \"2025\""), "ligne 1 : n : le texte « 2025 » n'est pas un nombre entier");
        assert_eq!(faute_of("n = 99999999999"), "ligne 1 : n : « 99999999999 » est hors de portée");
        assert_eq!(faute_of("cible = 1.0"), "ligne 1 : clé « n » absente");
        assert!(faute_of("n = +0x1").starts_with("ligne 1 : n : ligne mal écrite (« "), "{}", faute_of("n = +0x1"));
    }
}
