"""Counts the lines of each commune in the three main files, with the tool named first; prints one total a file.

usage: compter.py duckdb|polars|pandas FOLDER

The mark that `bilan` is set beside: it reads the same files, whole, and only counts: no check, no store, no indicator.
Its totals must be those of the run's manifest, or its time does not count.
"""

import sys
from pathlib import Path

FILES = {"rpls": ("DEPCOM", False), "demandes": ("communes", True), "attributions": ("commune", False)}


def with_duckdb(path, column, first):
    import duckdb

    duckdb.sql("SET threads = 2")
    place = f"split_part({column}, '|', 1)" if first else column
    query = f"SELECT {place} AS c, COUNT(*) AS n FROM read_csv('{path}', delim = ';', header = true, all_varchar = true) GROUP BY c"
    return sum(n for _, n in duckdb.sql(query).fetchall())


def with_polars(path, column, first):
    import polars as pl

    place = pl.col(column).str.split("|").list.first() if first else pl.col(column)
    frame = pl.scan_csv(path, separator=";", infer_schema_length=0).group_by(place.alias("c")).len()
    return int(frame.collect()["len"].sum())


def with_pandas(path, column, first):
    import pandas as pd

    frame = pd.read_csv(path, sep=";", dtype=str)
    place = frame[column].str.split("|").str[0] if first else frame[column]
    return int(place.value_counts(dropna=False).sum())


def main():
    count = {"duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas}[sys.argv[1]]
    folder = Path(sys.argv[2])
    for name, (column, first) in FILES.items():
        print(name, count(str(folder / f"{name}.csv"), column, first))


if __name__ == "__main__":
    main()
