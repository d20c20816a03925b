//! What is wrong with a statement, in French: the engine and the parser say it in English, to people who write programs.

/// Words before and after a name or a value of the statement, and what is said of it.
const ENONCES: [(&str, &str, &str); 16] = [
    ("Table with name ", " does not exist", "table « {} » inconnue"),
    ("Referenced table \"", "\" not found", "table « {} » inconnue"),
    ("Referenced column \"", "\" not found", "colonne « {} » inconnue"),
    ("does not have a column named \"", "\"", "colonne « {} » inconnue"),
    ("Function with name ", " does not exist", "fonction « {} » inconnue"),
    ("argument types '", "'", "aucune fonction « {} » : ces types de valeurs ne lui vont pas"),
    ("column \"", "\" must appear in the GROUP BY", "colonne « {} » ni agrégée ni citée par GROUP BY"),
    ("Ambiguous reference to column name \"", "\"", "colonne « {} » de plusieurs tables : dites de laquelle"),
    ("Could not convert string '", "'", "« {} » n'est pas du type demandé"),
    ("date field value out of range: \"", "\"", "« {} » n'est pas une date"),
    ("invalid date field format: \"", "\"", "« {} » n'est pas une date"),
    ("Cannot compare values of type ", "", "comparaison de deux valeurs de types différents"),
    ("syntax error at or near \"", "\"", "syntaxe fausse près de « {} »"),
    ("syntax error at end of input", "", "il manque la fin de l'instruction"),
    ("Permission Error: ", "", "une requête ne lit que les tables du projet"),
    ("Unterminated string literal", "", "texte ouvert par une apostrophe et jamais fermé"),
];

/// What refuses a statement; words that are of no known form are quoted.
#[must_use]
pub fn refusal(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let words = line.strip_prefix("sql parser error: ").unwrap_or(line);
    let known = ENONCES.iter().find_map(|(before, after, told)| {
        let rest = words.split_once(before)?.1;
        let named = if after.is_empty() { "" } else { rest.split_once(after)?.0 };
        Some(told.replace("{}", named))
    });
    let told = match (known, words.split_once(", found: ")) {
        (Some(told), _) => told,
        (None, Some((_, "EOF"))) => "il manque la fin de l'instruction".to_owned(),
        (None, Some((_, found))) => {
            format!("« {} » n'est pas attendu là", found.split_once(" at Line: ").map_or(found, |(found, _)| found))
        }
        (None, None) => return format!("« {words} »"),
    };
    told + &place(words)
}

/// Where the parser stopped.
fn place(words: &str) -> String {
    let found = words.split_once(" at Line: ").and_then(|(_, rest)| rest.split_once(", Column: "));
    found.map_or_else(String::new, |(line, column)| format!(", ligne {line}, colonne {column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_refuses_is_told_in_french() {
        let engine = duckdb::Connection::open_in_memory().unwrap();
        engine.execute_batch("CREATE TABLE parc (code VARCHAR, logements BIGINT)").unwrap();
        for (sql, told) in [
            ("SELECT * FROM nulle", "table « nulle » inconnue"),
            ("SELECT zz FROM parc", "colonne « zz » inconnue"),
            ("SELECT p.zz FROM parc p", "colonne « zz » inconnue"),
            ("SELECT x.code FROM parc p", "table « x » inconnue"),
            ("SELECT nulle(1) FROM parc", "fonction « nulle » inconnue"),
            ("SELECT code, COUNT(*) FROM parc", "colonne « code » ni agrégée ni citée par GROUP BY"),
            ("SELECT code FROM parc p, parc q", "colonne « code » de plusieurs tables : dites de laquelle"),
            ("SELECT SUM(code) FROM parc", "aucune fonction « sum(VARCHAR) » : ces types de valeurs ne lui vont pas"),
            ("SELECT * FROM parc WHERE code > 3", "comparaison de deux valeurs de types différents"),
            ("SELECT CAST('a' AS INTEGER)", "« a » n'est pas du type demandé"),
            ("SELECT DATE '2025-13-01'", "« 2025-13-01 » n'est pas une date"),
            ("SELECT DATE 'hier'", "« hier » n'est pas une date"),
            ("SELECT * FROM parc WHERE WHERE", "syntaxe fausse près de « WHERE »"),
        ] {
            let error = engine.prepare(sql).and_then(|mut s| s.query([]).map(|_| ())).unwrap_err();
            assert_eq!(refusal(&error.to_string()), told, "{error}");
        }
        assert_eq!(refusal("Some Error: never met"), "« Some Error: never met »");
    }

    #[test]
    fn what_cannot_be_read_as_sql_is_told_with_its_place() {
        let dialect = sqlparser::dialect::DuckDbDialect {};
        for (sql, told) in [
            ("SELEC 1", "« SELEC » n'est pas attendu là, ligne 1, colonne 1"),
            ("SELECT FROM WHERE", "« FROM » n'est pas attendu là, ligne 1, colonne 13"),
            ("SELECT 1 +", "il manque la fin de l'instruction"),
            ("SELECT *\nFROM (parc", "il manque la fin de l'instruction"),
            ("SELECT 'a", "texte ouvert par une apostrophe et jamais fermé, ligne 1, colonne 8"),
        ] {
            let error = sqlparser::parser::Parser::parse_sql(&dialect, sql).unwrap_err();
            assert_eq!(refusal(&error.to_string()), told, "{error}");
        }
    }
}
