#!/usr/bin/env bash
# How a run from nothing grows with the times a register is handed over: once, twice, six times, a month apart.
# usage: benches/pays/extractions.sh BILAN FOLDER
#   FOLDER    where a national register is (bilan demo --communes 34875)
set -euo pipefail
bilan=$1 folder=$(cd "$2" && pwd)
report=$(mktemp)
days=(2025-12-31 2025-11-30 2025-10-31 2025-09-30 2025-08-31)
project=$folder/mesure/extractions
mkdir -p "$project/donnees"
for file in attributions bailleurs rpls; do ln -sfn "$folder/donnees/$file.csv" "$project/donnees/$file.csv"; done
ln -sfn "$folder/donnees/demandes.csv" "$project/donnees/demandes_0.csv"
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/schema = "evenements"/' "$folder/bilan.toml" \
    | sed 's|donnees/demandes.csv|donnees/demandes_*.csv|' > "$project/bilan.toml"

echo "| extractions | demands read | time | memory |"
echo "|---|---|---|---|"
for times in 1 2 6; do
    for ((i = 1; i < times; i++)); do
        copy=$project/donnees/demandes_$i.csv
        [ -f "$copy" ] || sed "s/;2026-01-31;/;${days[i - 1]};/" "$folder/donnees/demandes.csv" > "$copy"
    done
    rm -rf "$project"/.bilan/{store,etapes,etat.json} "$project/sortie"
    /usr/bin/time -f '%e %M' -o "$report" "$bilan" run --no-report "$project" > /dev/null 2>&1
    # The tables are those of the last extraction alone, but for the one that counts the rows of sources.
    sums=$(cd "$project/sortie/indicateurs" && sha256sum $(ls ./*.csv | grep -v completude) | sha256sum)
    [ "${first:=$sums}" = "$sums" ] || { echo "other figures with $times extractions" >&2; exit 1; }
    awk -v n="$times" -v rows="$(wc -l "$project"/donnees/demandes_*.csv | tail -1 | awk '{ print $1 }')" \
        '{ printf "| %d | %.1f million | %.1f s | %.2f GB |\n", n, rows / 1e6, $1, $2 / 1048576 }' "$report"
done
rm -rf "$report" "$project"/donnees/demandes_[1-5].csv
