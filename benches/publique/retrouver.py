"""What a curious reader with a solver finds in a public edition.

Usage: python3 benches/publique/retrouver.py PROJECT [TARGETS]

For counts of 1 up to the threshold, drawn at random among those of each breakdown that are kept secret, linear programming
gives the least and the most that all the counts told allow. One whose interval is shorter than the threshold is listed, and
makes the exit code 1. Needs duckdb and scipy.
"""

import collections
import csv
import json
import pathlib
import random
import sys
import tomllib

import duckdb
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, lil_matrix

HERE = pathlib.Path(__file__).resolve().parents[2] / "pipelines" / "diffusion"
TABLES = ["demande", "demande_profil", "attributions", "attributions_profil", "quartiles", "priorites", "parc"]


def truth(results, cache):
    """True counts by breakdown, commune and cell, and the territories of each commune."""
    con = duckdb.connect()
    for table in TABLES:
        con.execute(f"CREATE VIEW {table} AS FROM '{results / 'indicateurs' / (table + '.parquet')}'")
    con.execute(f"CREATE VIEW communes AS FROM '{cache / 'consultation' / 'communes.parquet'}'")
    counts = collections.defaultdict(dict)
    for breakdown, cell, level, code, n in con.execute((HERE / "effectifs.sql").read_text()).fetchall():
        if level == "commune":
            counts[breakdown][(code, cell)] = n
    places = con.execute("SELECT commune, epci, departement, region FROM communes WHERE perimetre = 1").fetchall()
    return counts, {code: {"epci": e, "departement": d, "region": r} for code, e, d, r in places}


def main():
    project = pathlib.Path(sys.argv[1])
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    results = project / "sortie"
    edition = results / "publique"
    threshold = json.loads((edition / "manifeste.json").read_text())["seuil_diffusion"]
    counts, places = truth(results, project / ".bilan")
    told = collections.defaultdict(list)
    with open(edition / "effectifs.csv", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["effectif"]:
                told[row["ventilation"]].append((row["niveau"], row["code"], row["modalite"], int(row["effectif"])))

    def inside(level, code):
        if level == "territoire":
            return set(places)
        return {code} if level == "commune" else {c for c, p in places.items() if p[level] == code}

    draw = random.Random(1)
    short = 0
    for breakdown in tomllib.loads((HERE / "ventilations.toml").read_text())["ventilation"]:
        if "parent" not in breakdown:
            continue
        name, whole = breakdown["nom"], breakdown["nom"].split("_")[0]
        own = counts[name]
        groups = [group for detail in breakdown["detail"] for group in detail["groupes"]]
        cells = sorted({cell for group in groups for cell in group["cellules"]})
        communes = sorted({code for code, _ in own} | {code for code, _ in counts[whole]})
        place = {key: i for i, key in enumerate((code, cell) for code in communes for cell in cells)}

        def unknowns(level, code, cells):
            return [place[(c, cell)] for c in inside(level, code) for cell in cells if (c, cell) in place]

        def count(level, code, cells):
            return sum(own.get((c, cell), 0) for c in inside(level, code) for cell in cells)

        # Those active at the end are a part of the moves of the year; elsewhere the cells share out the whole.
        shared = ["deposees_restees", "anciennes_restees"] if name == "demandes_mouvements" else cells
        equations = [(unknowns(level, code, shared), n) for level, code, _, n in told[whole]]
        for level, code, group, n in told[name]:
            # A name may be that of groups of several details: the one told is the one that has this count.
            same = [g["cellules"] for g in groups if g["nom"] == group and count(level, code, g["cellules"]) == n]
            equations.append((unknowns(level, code, same[0]), n))
        left = lil_matrix((len(equations), len(place)))
        for i, (columns, _) in enumerate(equations):
            left[i, columns] = 1
        left, right = csr_matrix(left), [n for _, n in equations]
        territories = [("commune", code) for code in communes]
        territories += [("epci", code) for code in sorted({p["epci"] for p in places.values() if p["epci"]})]
        targets = [(t, g) for t in territories for g in groups if 1 <= count(*t, g["cellules"]) < threshold]
        draw.shuffle(targets)
        shortest = float("inf")
        for territory, group in targets[:wanted]:
            aim = np.zeros(len(place))
            aim[unknowns(*territory, group["cellules"])] = 1
            least, most = (
                linprog(sign * aim, A_eq=left, b_eq=right, bounds=(0, None), method="highs") for sign in (1, -1)
            )
            # Without a bound, the most is anything.
            width = -most.fun - least.fun if most.status == 0 else float("inf")
            shortest = min(shortest, width)
            if width < threshold - 1e-6:
                short += 1
                print(f"  {name}, {territory[0]} {territory[1]}, {group['nom']} : {least.fun:.1f} à {-most.fun:.1f}")
        print(f"{name} : {min(wanted, len(targets))} effectifs sur {len(targets)}, plus court intervalle {shortest:g}")
    sys.exit(1 if short else 0)


main()
