#!/usr/bin/env bash
# Times a whole run on a national register beside scripts that only read the same files and count, in one go.
# usage: benches/pays/mesurer.sh BILAN FOLDER [COMMUNES]
#   BILAN     the program
#   FOLDER    where the register is, or is written
#   COMMUNES  its size; 34875 is the country
# Needs GNU time, Python 3 with duckdb, polars and pandas (those that are missing are left out).
set -euo pipefail
bilan=$1 folder=$2 communes=${3:-34875}
here=$(cd "$(dirname "$0")" && pwd)
[ -f "$folder/bilan.toml" ] || "$bilan" demo --communes "$communes" --out "$folder" > /dev/null 2>&1

report=$(mktemp)
timed() { # name, command…: seconds and megabytes of one command
    local name=$1
    shift
    /usr/bin/time -f '%e %M' -o "$report" "$@" > "$report.out" 2> "$report.err" || { echo "$name: failed" >&2; tail -3 "$report.err" >&2; return 1; }
    awk -v n="$name" '{ printf "| %s | %.1f s | %.2f GB |\n", n, $1, $2 / 1048576 }' "$report"
}

echo "$(du -cm "$folder"/donnees/{rpls,demandes,attributions}.csv | tail -1 | cut -f1) MB in the three main files"
echo "| command | time | memory |"
echo "|---|---|---|"
nothing() { rm -rf "$folder"/.bilan/{store,etapes,etat.json} "$folder/sortie"; }
nothing
timed "bilan ingest, from nothing" "$bilan" ingest "$folder"
timed "bilan run --no-report, from the store" "$bilan" run --no-report "$folder"
nothing
timed "bilan run --no-report, from nothing" "$bilan" run --no-report "$folder"
timed "bilan run --no-report, nothing changed" "$bilan" run --no-report "$folder"
cp "$folder/bilan.toml" "$report.toml"
cat >> "$folder/bilan.toml" <<'T'

[[objectif]]
epci = "246300701"
base = "cia"
debut = 2019-07-01
fin = 2026-12-31
public = "q1"
zone = "hors_qpv"
cible = 0.3
reference = "another target"
T
timed "bilan run --no-report, another target" "$bilan" run --no-report "$folder"
cp "$report.toml" "$folder/bilan.toml"
"$bilan" run --no-report "$folder" > /dev/null 2>&1
timed "bilan report, all pages and documents" "$bilan" report "$folder"

# What each file holds, from the manifest: a script whose totals differ is no mark.
python3 - "$folder" > "$report.sums" <<'P'
import json, sys
manifest = json.load(open(sys.argv[1] + "/sortie/manifeste.json"))
for source in ("rpls", "demandes", "attributions"):
    print(source, sum(e["lignes"] for e in manifest["entrees"] if e["source"] == source))
P
for tool in duckdb polars pandas; do
    python3 -c "import $tool" 2> /dev/null || { echo "| $tool | not installed | |"; continue; }
    line=$(timed "$tool: reads and counts" python3 "$here/compter.py" "$tool" "$folder/donnees") || continue
    if cmp -s "$report.out" "$report.sums"; then echo "$line"; else echo "| $tool | wrong totals | |"; fi
done
rm -f "$report" "$report".*
