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

# The three files of the mark alone, and the same with the events.
whole=$folder/mesure
three=$whole/trois
all=$whole/quatre
mkdir -p "$three" "$all"
for project in "$three" "$all"; do
    ln -sfn "$(cd "$folder" && pwd)/donnees" "$project/donnees"
done
cp "$folder/bilan.toml" "$all/bilan.toml"
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/schema = "evenements"/' "$folder/bilan.toml" > "$three/bilan.toml"

report=$(mktemp)
timed() { # name, command…: seconds and gigabytes of one command
    local name=$1
    shift
    /usr/bin/time -f '%e %M' -o "$report" "$@" > "$report.out" 2> "$report.err" || { echo "$name: failed" >&2; tail -3 "$report.err" >&2; return 1; }
    awk -v n="$name" '{ printf "| %s | %.1f s | %.2f GB |\n", n, $1, $2 / 1048576 }' "$report"
}
nothing() { rm -rf "$1"/.bilan/{store,etapes,etat.json} "$1/sortie"; }

echo "$(du -cLm "$three"/donnees/{rpls,demandes,attributions}.csv | tail -1 | cut -f1) MB in the three main files"
echo "| command | time | memory |"
echo "|---|---|---|"
nothing "$three"
timed "bilan ingest" "$bilan" ingest "$three"
timed "bilan check, from the store" "$bilan" check "$three"
timed "bilan run --no-report, once checked" "$bilan" run --no-report "$three"
rm -rf "$three/.bilan/etapes" "$three/sortie"
timed "bilan run --no-report, from the store" "$bilan" run --no-report "$three"
nothing "$three"
timed "bilan run --no-report, from nothing" "$bilan" run --no-report "$three"

# What each file holds, from the manifest: a script whose totals differ is no mark.
python3 - "$three" > "$report.sums" <<'P'
import json, sys
manifest = json.load(open(sys.argv[1] + "/sortie/manifeste.json"))
for source in ("rpls", "demandes", "attributions"):
    print(source, sum(e["lignes"] for e in manifest["entrees"] if e["source"] == source))
P
for how in load scan; do
    for tool in duckdb polars pandas; do
        python3 -c "import $tool" 2> /dev/null || { echo "| $tool | not installed | |"; continue; }
        line=$(timed "$tool, $how" python3 "$here/compter.py" "$tool" "$how" "$folder/donnees") || continue
        if cmp -s "$report.out" "$report.sums"; then echo "$line"; else echo "| $tool, $how | wrong totals | |"; fi
    done
done

nothing "$all"
timed "with the events: bilan run --no-report, from nothing" "$bilan" run --no-report "$all"
timed "with the events: nothing changed" "$bilan" run --no-report "$all"
cat >> "$all/bilan.toml" <<'T'

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
timed "with the events: another target" "$bilan" run --no-report "$all"
cp "$folder/bilan.toml" "$all/bilan.toml"
"$bilan" run --no-report "$all" > /dev/null 2>&1
timed "with the events: leases behind a count, as JSON" "$bilan" trace quartiles --json --projet "$all"
timed "with the events: every lease, as JSON" "$bilan" query "SELECT * FROM faits_attributions" --json --projet "$all"
timed "with the events: every demand, as CSV" "$bilan" query "SELECT * FROM demandes" --csv --projet "$all"
timed "with the events: all pages and documents" "$bilan" report "$all"
rm -f "$report" "$report".*
