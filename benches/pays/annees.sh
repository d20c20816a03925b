#!/usr/bin/env bash
# A run from nothing on many years of a country's demands and leases in one project, beside one stock.
# usage: benches/pays/annees.sh BILAN FOLDER [YEARS]
#   FOLDER    where a national register is (bilan demo --communes 34875)
#   YEARS     fifteen unless said otherwise: 12 GB
# Needs GNU time, Python 3 with duckdb, which writes the earlier years.
set -euo pipefail
bilan=$1 folder=$(cd "$2" && pwd) years=${3:-15}
report=$(mktemp)
project=$folder/mesure/annees
mkdir -p "$project/donnees"
for file in bailleurs rpls; do ln -sfn "$folder/donnees/$file.csv" "$project/donnees/$file.csv"; done
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/schema = "evenements"/' "$folder/bilan.toml" \
    | sed 's/donnees\/\(demandes\|attributions\).csv/donnees\/\1_*.csv/' > "$project/bilan.toml"

# The register of k years before: numbers of that year, every date k years earlier, what was active struck off since.
python3 - "$folder/donnees" "$project/donnees" "$years" <<'P'
import sys
import duckdb

source, target, years = sys.argv[1], sys.argv[2], int(sys.argv[3])
dates = {"date_depot", "date_renouvellement", "date_radiation", "date_extraction", "date_decision", "date_bail"}
for name in ("demandes", "attributions"):
    register = f"read_csv('{source}/{name}.csv', delim = ';', header = true, all_varchar = true)"
    columns = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {register}").fetchall()]
    for k in range(years):
        def value(c):
            if c == "numero_unique":
                return f"left({c}, 3) || '{25 - k:02}' || substr({c}, 6)"
            gone = {"date_radiation": f"'{2026 - k}-06-15'", "motif_radiation": "'RADREN'"}.get(c)
            if c in dates:
                earlier = f"printf('%04d', CAST(left({c}, 4) AS INT) - {k}) || replace(substr({c}, 5), '-02-29', '-02-28')"
                return f"CASE WHEN {c} <> '' THEN {earlier} {f'ELSE {gone}' if gone and k else ''} END"
            return f"COALESCE(NULLIF({c}, ''), {gone})" if gone and k else c
        rows = ", ".join(f"{value(c)} AS {c}" for c in columns)
        duckdb.sql(f"COPY (SELECT {rows} FROM {register}) TO '{target}/{name}_{k:02}.csv' (DELIM ';', HEADER, QUOTE '')")
P

rm -rf "$project"/.bilan/{store,etapes,etat.json} "$project/sortie"
/usr/bin/time -f '%e %M' -o "$report" "$bilan" run --no-report "$project" > /dev/null 2>&1
# Every line of every file was read, or the time does not count.
read=$(python3 -c 'import json, sys; print(sum(e["lignes"] for e in json.load(open(sys.argv[1]))["entrees"]))' "$project/sortie/manifeste.json")
lines=$(($(cat "$project"/donnees/*.csv | wc -l) - $(find "$project/donnees" -name '*.csv' | wc -l)))
[ "$read" = "$lines" ] || { echo "$read lines read of $lines" >&2; exit 1; }
awk -v years="$years" -v mb="$(du -cLm "$project"/donnees/*.csv | tail -1 | cut -f1)" \
    '{ printf "| %d years | %.1f GB | %.0f s | %.2f GB |\n", years, mb / 1000, $1, $2 / 1048576 }' "$report"
rm -f "$report" "$project"/donnees/{demandes,attributions}_*.csv
