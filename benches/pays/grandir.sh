#!/usr/bin/env bash
# How a run from nothing grows with the register: about 1, 10, 50 and 100 départements' worth of communes.
# usage: benches/pays/grandir.sh BILAN FOLDER
set -euo pipefail
bilan=$1 folder=$2
report=$(mktemp)
echo "| communes | MB read | time | memory |"
echo "|---|---|---|---|"
for communes in 350 3500 17437 34875; do
    project=$folder/$communes
    [ -f "$project/bilan.toml" ] || "$bilan" demo --communes "$communes" --out "$project" > /dev/null 2>&1
    rm -rf "$project"/.bilan/{store,etapes,etat.json} "$project/sortie"
    /usr/bin/time -f '%e %M' -o "$report" "$bilan" run --no-report "$project" > /dev/null 2>&1
    awk -v n="$communes" -v mb="$(du -cm "$project"/donnees/*.csv | tail -1 | cut -f1)" \
        '{ printf "| %s | %d | %.1f s | %.2f GB |\n", n, mb, $1, $2 / 1048576 }' "$report"
done
rm -f "$report"
