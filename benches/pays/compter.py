"""Reads the three main files with the tool named first, counts, and prints how many lines each file holds.

usage: compter.py duckdb|polars|pandas load|scan FOLDER

The mark that `bilan` is set beside: no check, no store, no verdict.
- `load` is an analyst's script: each file read whole, its types found by the tool, then dwellings and vacant dwellings, demands
  active at the end of the year, leases and the middle of their waits, by commune;
- `scan` is the least that can be asked: the lines of each commune, every column left as text.
The lines of each file must be those of the run's manifest, or the time does not count.
"""

import sys
from pathlib import Path

FILES = {"rpls": ("DEPCOM", False), "demandes": ("communes", True), "attributions": ("commune", False)}
END = "2025-12-31"


def duckdb_scan(folder):
    import duckdb

    duckdb.sql("SET threads = 2")
    for name, (column, first) in FILES.items():
        place = f"split_part({column}, '|', 1)" if first else column
        path = folder / f"{name}.csv"
        query = f"SELECT {place} AS c, COUNT(*) AS n FROM read_csv('{path}', delim = ';', header = true, all_varchar = true) GROUP BY c"
        yield name, sum(n for _, n in duckdb.sql(query).fetchall())


def duckdb_load(folder):
    import duckdb

    duckdb.sql("SET threads = 2")
    for name in FILES:
        path = folder / f"{name}.csv"
        duckdb.sql(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', delim = ';', header = true, decimal_separator = ',')")
    queries = {
        "rpls": "SELECT DEPCOM, COUNT(*) AS n, SUM(CASE WHEN MODE = 2 THEN 1 ELSE 0 END) FROM rpls GROUP BY DEPCOM",
        "demandes": f"""SELECT split_part(communes, '|', 1) AS c, COUNT(*) AS n, COUNT(DISTINCT CASE
            WHEN date_depot <= DATE '{END}' AND (date_radiation IS NULL OR date_radiation > DATE '{END}') THEN numero_unique END)
            FROM demandes GROUP BY c""",
        "attributions": "SELECT commune, COUNT(*) AS n, median(date_bail - date_depot) FROM attributions GROUP BY commune",
    }
    for name, query in queries.items():
        yield name, sum(row[1] for row in duckdb.sql(query).fetchall())


def polars_scan(folder):
    import polars as pl

    for name, (column, first) in FILES.items():
        place = pl.col(column).str.split("|").list.first() if first else pl.col(column)
        frame = pl.scan_csv(folder / f"{name}.csv", separator=";", infer_schema_length=0).group_by(place.alias("c")).len()
        yield name, int(frame.collect()["len"].sum())


def polars_load(folder):
    import polars as pl

    def read(name):
        # Codes that look like numbers until Corsica.
        texts = {c: pl.String for c in ("DEP", "DEPCOM", "CODEPOSTAL", "NUMCONV", "communes", "commune", "commune_residence", "commune_origine", "numero_unique", "id_rpls", "guichet")}
        options = {"decimal_comma": True, "try_parse_dates": True, "infer_schema_length": 100_000}
        return pl.read_csv(folder / f"{name}.csv", separator=";", schema_overrides=texts, **options)

    end = pl.lit(END).str.to_date()
    rpls = read("rpls").group_by("DEPCOM").agg(pl.len().alias("n"), (pl.col("MODE") == 2).sum().alias("vacants"))
    yield "rpls", int(rpls["n"].sum())
    active = (pl.col("date_depot") <= end) & (pl.col("date_radiation").is_null() | (pl.col("date_radiation") > end))
    demandes = read("demandes").group_by(pl.col("communes").str.split("|").list.first().alias("c"))
    demandes = demandes.agg(pl.len().alias("n"), pl.col("numero_unique").filter(active).n_unique().alias("actives"))
    yield "demandes", int(demandes["n"].sum())
    wait = (pl.col("date_bail") - pl.col("date_depot")).dt.total_days().median().alias("attente")
    leases = read("attributions").group_by("commune").agg(pl.len().alias("n"), wait)
    yield "attributions", int(leases["n"].sum())


def pandas_scan(folder):
    import pandas as pd

    for name, (column, first) in FILES.items():
        frame = pd.read_csv(folder / f"{name}.csv", sep=";", dtype=str, usecols=[column])
        place = frame[column].str.split("|").str[0] if first else frame[column]
        yield name, int(place.value_counts(dropna=False).sum())


def pandas_load(folder):
    import pandas as pd

    def read(name, dates=()):
        return pd.read_csv(folder / f"{name}.csv", sep=";", decimal=",", parse_dates=list(dates), low_memory=False)

    rpls = read("rpls")
    counts = rpls.assign(vacant=rpls["MODE"] == 2).groupby("DEPCOM")["vacant"].agg(["size", "sum"])
    yield "rpls", int(counts["size"].sum())
    del rpls
    demandes = read("demandes", ["date_depot", "date_radiation"])
    place = demandes["communes"].str.split("|").str[0]
    gone = demandes["date_radiation"].notna() & (demandes["date_radiation"] <= END)
    active = demandes[(demandes["date_depot"] <= END) & ~gone]
    active.groupby(place[active.index])["numero_unique"].nunique()
    yield "demandes", int(place.value_counts(dropna=False).sum())
    del demandes
    leases = read("attributions", ["date_bail", "date_depot"])
    waits = (leases["date_bail"] - leases["date_depot"]).dt.days.groupby(leases["commune"])
    waits.median()
    yield "attributions", int(waits.size().sum())


def main():
    count = globals()[f"{sys.argv[1]}_{sys.argv[2]}"]
    for name, lines in count(Path(sys.argv[3])):
        print(name, lines)


if __name__ == "__main__":
    main()
