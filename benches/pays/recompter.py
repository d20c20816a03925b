"""Computes a country's tables a second time, with polars and from the CSV files, and compares every row of them with those of a run.

usage: recompter.py PROJECT

PROJECT is a fictitious register (`bilan demo --communes 34875`) that was run: no row of it is refused and no number stands twice.
What is cut into parts for a whole country is whole in the tests; here every level, from the commune to the whole, is counted in
one go by another engine. Needs polars, and memory for the register.
"""

import datetime as dt
import itertools
import sys
from pathlib import Path

import polars as pl

PROJECT = Path(sys.argv[1])
REFERENCE = Path(__file__).resolve().parents[2] / "reference"
YEAR = 2025
MONTH = 30.4375
LEVELS = ["commune", "epci", "departement", "region", "territoire"]
YES, NO = ["oui", "ACTIF", "ACTREL"], ["non", "NON", "CADUC"]

differences = 0


def read(name, columns):
    return pl.read_csv(PROJECT / "donnees" / f"{name}.csv", separator=";", columns=columns, infer_schema_length=0)


def reference(path):
    return pl.read_csv(REFERENCE / path, infer_schema_length=0)


def day(column):
    return pl.col(column).str.to_date("%Y-%m-%d", strict=False)


def hundredths(column):
    """A number with a decimal comma, in hundredths: exact, since no file has more decimals."""
    number = pl.col(column).str.replace(",", ".").cast(pl.Float64, strict=False)
    return (number * 100).round().cast(pl.Int64)


def integer(column):
    return pl.col(column).cast(pl.Int64, strict=False)


def count(condition, name):
    return condition.fill_null(False).cast(pl.Int64).sum().alias(name)


def rows(name):
    return pl.len().cast(pl.Int64).alias(name)


def first(column):
    return pl.col(column).str.split("|").list.first()


def says(column):
    return pl.when(pl.col(column).is_in(YES)).then(True).when(pl.col(column).is_in(NO)).then(False)


def lives_in_hlm():
    return pl.col("logement_actuel").fill_null("").str.split("|").list.contains("HLM")


def placed(frame):
    """Records under the codes of the year, with the territories of their commune."""
    old = dict(reference("geographie/communes_anciennes_vers_2025.csv").iter_rows())
    geography = reference("geographie/communes_2025.csv").select("commune", "epci", "departement", "region")
    # Islands that belong to none.
    belongs = pl.when(pl.col("epci") != "ZZZZZZZZZ").then(pl.col("epci"))
    frame = frame.with_columns(pl.col("commune").replace(old)).join(geography, on="commune", how="inner")
    return frame.with_columns(belongs.alias("epci"), pl.lit("territoire").alias("territoire"))


def counted(frame, dimensions, measures, levels=LEVELS):
    """Measures of every territory, with and without each dimension."""
    found = []
    subsets = itertools.chain.from_iterable(itertools.combinations(dimensions, n) for n in range(len(dimensions) + 1))
    for level, kept in itertools.product(levels, list(subsets)):
        known = frame.filter(pl.all_horizontal(pl.col(c).is_not_null() for c in [level, *kept]))
        groups = known.group_by([level, *kept]).agg(measures).rename({level: "code"})
        totals = [pl.lit("ensemble").alias(d) for d in dimensions if d not in kept]
        groups = groups.with_columns(pl.lit(level).alias("niveau"), *totals)
        found.append(groups.select("niveau", "code", *dimensions, *(m.meta.output_name() for m in measures)))
    return pl.concat(found, how="vertical_relaxed")


def compare(table, key, mine, where=None):
    """Every row of a table of the run beside those computed here; over nothing, counts are 0 and the rest has no value."""
    global differences
    measures = [c for c in mine.columns if c not in key]
    theirs = pl.read_parquet(PROJECT / "sortie/indicateurs" / f"{table}.parquet")
    theirs = theirs if where is None else theirs.filter(where)
    theirs = theirs.select([pl.col(k).cast(pl.String) for k in key] + measures).with_columns(pl.lit(True).alias("publie"))
    both = theirs.join(mine, on=key, how="full", coalesce=True, suffix="_2")
    wrong = 0
    for measure in measures:
        one, two = pl.col(measure), pl.col(f"{measure}_2")
        near = (one.fill_null(0) - two.fill_null(0)).abs() <= 1e-9 * (1 + one.fill_null(0).abs())
        adds_up = not theirs[measure].dtype.is_float() or measure.startswith("somme_")
        valued = pl.col("publie").is_null() | one.is_not_null() if adds_up else one.is_null() == two.is_null()
        differs = ~(near & valued)
        found = both.filter(differs)
        wrong += found.height
        if found.height:
            print(found.select(*key, measure, f"{measure}_2").head(5))
    differences += wrong
    print(f"{table} ({', '.join(measures)}): {both.height} rows, {wrong} differences", flush=True)


def demands():
    end, before = dt.date(YEAR, 12, 31), dt.date(YEAR - 1, 12, 31)
    columns = ["date_depot", "date_radiation", "motif_radiation", "personne_morale", "logement_actuel", "typologies", "communes"]
    frame = read("demandes", [*columns, "categorie", "nb_personnes"]).filter(pl.col("personne_morale").fill_null("non") != "oui")
    frame = frame.with_columns(
        day("date_depot"), day("date_radiation"), first("communes").alias("commune"), first("typologies").alias("typologie")
    ).with_columns(
        pl.when(lives_in_hlm()).then(pl.lit("mutation")).otherwise(pl.lit("hors_mutation")).alias("population"),
        (end - pl.col("date_depot")).dt.total_days().alias("jours"),
    )
    on = lambda d: (pl.col("date_depot") <= d) & (pl.col("date_radiation").is_null() | (pl.col("date_radiation") > d))
    since = lambda years: pl.col("date_depot") > dt.date(YEAR - years, 12, 31)
    active, gone = on(end), pl.col("date_radiation").dt.year() == YEAR
    frame = placed(frame.with_columns(active.alias("active")))
    waited = pl.col("jours").filter(pl.col("active"))
    measures = [
        count(pl.col("active"), "actives"),
        count(pl.col("date_depot").dt.year() == YEAR, "deposees"),
        count(gone, "radiees"),
        count(gone & (pl.col("motif_radiation") == "RADATT"), "radiees_attribution"),
        count(on(before), "actives_1er_janvier"),
        count(pl.col("active") & since(1), "moins_1_an"),
        count(pl.col("active") & since(2) & ~since(1), "de_1_a_2_ans"),
        count(pl.col("active") & since(3) & ~since(2), "de_2_a_3_ans"),
        count(pl.col("active") & since(5) & ~since(3), "de_3_a_5_ans"),
        count(pl.col("active") & ~since(5), "plus_5_ans"),
        (waited.mean() / MONTH).alias("anciennete_moyenne"),
        (waited.median() / MONTH).alias("anciennete_mediane"),
    ]
    compare("demande", ["niveau", "code", "population", "typologie"], counted(frame, ["population", "typologie"], measures))
    frame = frame.filter("active")
    choices(frame)
    size = pl.when(integer("nb_personnes") >= 6).then(pl.lit("6_et_plus")).otherwise(pl.col("nb_personnes").fill_null("inconnu"))
    sizes = counted(frame.with_columns(size.alias("modalite")), ["modalite"], [rows("demandes")])
    compare(
        "demande_profil", ["niveau", "code", "modalite"], sizes.filter(pl.col("modalite") != "ensemble"),
        pl.col("dimension") == "taille_menage",
    )
    return by_category(frame, {"collectif": ["A", "I"], "individuel": ["M", "I"]}, "demandes")


def choices(frame):
    """Demands that ask for a territory first, and at any rank: once in each."""
    first_there = counted(frame, ["typologie"], [rows("premier_choix")])
    frame = frame.select("typologie", "communes").with_row_index("demande")
    named = placed(frame.with_columns(pl.col("communes").str.split("|")).explode("communes").rename({"communes": "commune"}))
    once = [pl.col("demande").n_unique().cast(pl.Int64).alias("tout_choix")]
    anywhere = counted(named, ["typologie"], once)
    both = first_there.join(anywhere, on=["niveau", "code", "typologie"], how="full", coalesce=True)
    compare("choix", ["niveau", "code", "typologie"], both)


def by_category(frame, codes, name):
    """Records of each category, and of all: a demand for either a flat or a house is in both."""
    found = []
    for category in ["ensemble", *codes]:
        kept = frame if category == "ensemble" else frame.filter(pl.col("categorie").is_in(codes[category]))
        groups = counted(kept, ["population", "typologie"], [rows(name)])
        found.append(groups.with_columns(pl.lit(category).alias("categorie")))
    return pl.concat(found)


def leases():
    of_lease = [
        "numero_unique", "date_depot", "date_bail", "bailleur", "id_rpls", "commune", "qpv", "categorie", "typologie", "financement",
        "reservataire", "dalo", "prioritaire", "relogement", "mutation", "personne_morale", "nb_personnes", "nb_moins_14", "nb_uc",
        "ressources_mensuelles",
    ]
    of_demand = [
        "numero_unique", "date_depot", "logement_actuel", "dalo", "prioritaire", "nb_personnes", "nb_moins_14", "nb_uc",
        "ressources_mensuelles",
    ]
    frame = read("attributions", of_lease).with_columns(day("date_bail"), day("date_depot"))
    frame = frame.filter(pl.col("date_bail").dt.year() == YEAR, pl.col("personne_morale").fill_null("non") != "oui")
    asked = read("demandes", of_demand).join(frame.select("numero_unique").unique(), on="numero_unique", how="semi")
    asked = asked.with_columns(day("date_depot"), lives_in_hlm().alias("mutation"))
    frame = frame.join(asked, on="numero_unique", how="left", suffix="_demande")
    stock = read("rpls", ["IDENT_REP", "QPV"]).filter(pl.col("IDENT_REP").is_unique()).rename({"IDENT_REP": "id_rpls"})
    frame = frame.join(stock, on="id_rpls", how="left")
    moving = pl.coalesce(says("mutation"), "mutation_demande").fill_null(False)
    inside = pl.coalesce(says("qpv"), pl.when(pl.col("QPV") == "1").then(True).when(pl.col("QPV") == "2").then(False))
    frame = placed(frame).with_columns(
        pl.coalesce("date_depot", "date_depot_demande").alias("depot"),
        pl.when(moving).then(pl.lit("mutation")).otherwise(pl.lit("hors_mutation")).alias("population"),
        pl.when(inside).then(pl.lit("qpv")).when(~inside).then(pl.lit("hors_qpv")).otherwise(pl.lit("inconnue")).alias("zone"),
    )
    key = ["niveau", "code", "population", "typologie"]
    compare("attributions", key, counted(frame, ["population", "typologie"], [rows("attributions")]))
    waited = frame.with_columns((pl.col("date_bail") - pl.col("depot")).dt.total_days().alias("jours")).filter(pl.col("jours") >= 0)
    days = pl.col("jours")
    measures = [rows("attributions"), (days.mean() / MONTH).alias("delai_moyen")]
    for share, name in [(0.25, "delai_q1"), (0.5, "delai_median"), (0.75, "delai_q3")]:
        measures.append((days.quantile(share, "linear") / MONTH).alias(name))
    compare("delais", key, counted(waited, ["population", "typologie"], measures))
    quotas(frame.filter(pl.col("financement").fill_null("") != "PLI"))
    return by_category(frame, {"collectif": ["collectif"], "individuel": ["individuel"]}, "attributions")


def quotas(frame):
    """Priority publics, and the first quartile: 12 × resources below the amount of the EPCI × consumption units."""
    said = lambda c: pl.coalesce(says(c), says(f"{c}_demande")).fill_null(False)
    measures = [rows("attributions"), count(said("dalo"), "dalo"), count(said("dalo") | said("prioritaire"), "prioritaires")]
    holders = frame.with_columns(pl.col("reservataire").fill_null("inconnu"))
    compare("priorites", ["niveau", "code", "reservataire"], counted(holders, ["reservataire"], measures))

    amounts = reference("seuils/q1.csv").filter(pl.col("millesime") == str(YEAR)).select("epci", integer("montant"))
    resources = pl.coalesce(hundredths("ressources_mensuelles"), hundredths("ressources_mensuelles_demande"))
    known = (resources > 0) & pl.col("uc").is_not_null()
    first_quartile = known & (12 * resources < pl.col("montant") * pl.col("uc"))
    rehoused = pl.col("relogement").is_in(["oui", "NPNRU", "ORCOD"])
    frame = frame.join(amounts, on="epci", how="inner").with_columns(units("").alias("uc_bail"), units("_demande").alias("uc_demande"))
    frame = frame.with_columns(pl.coalesce("uc_bail", "uc_demande").alias("uc"))
    measures = [
        rows("attributions"),
        count(first_quartile, "q1"),
        count(~known.fill_null(False), "inconnu"),
        count(rehoused, "relogement"),
        count(first_quartile | rehoused, "q1_ou_relogement"),
    ]
    shares = counted(frame, ["zone"], measures)
    compare("quartiles", ["niveau", "code", "zone"], shares, pl.col("bailleur") == "ensemble")
    law = shares.filter(pl.col("niveau") == "epci", pl.col("zone") == "hors_qpv").rename(
        {"code": "epci", "q1_ou_relogement": "numerateur", "attributions": "denominateur"}
    )
    compare(
        "verdicts", ["epci"], law.select("epci", "numerateur", "denominateur"),
        (pl.col("regle") == "q1_hors_qpv") & (pl.col("verdict") != "hors_champ"),
    )


def scores():
    """Points of the demands that wait and of those housed, in the commune and the EPCI whose scale they are of."""
    levels, key, end = ["commune", "epci"], ["niveau", "code", "typologie"], dt.date(YEAR, 12, 31)
    asked = read("demandes", ["numero_unique", "date_depot", "date_radiation", "personne_morale", "typologies", "communes", "cotation"])
    asked = asked.filter(pl.col("personne_morale").fill_null("non") != "oui", pl.col("cotation").is_not_null())
    asked = placed(
        asked.with_columns(
            integer("cotation"), first("communes").alias("commune"), first("typologies").alias("typologie"),
            day("date_depot"), day("date_radiation"),
        )
    )
    waits = (pl.col("date_depot") <= end) & (pl.col("date_radiation").is_null() | (pl.col("date_radiation") > end))
    points = pl.col("cotation")
    measures = [rows("demandes_cotees")]
    for share, name in [(0.25, "cotation_q1"), (0.5, "cotation_mediane"), (0.75, "cotation_q3")]:
        measures.append(points.quantile(share, "linear").alias(name))
    waiting = counted(asked.filter(waits), ["typologie"], measures, levels)
    compare("cotation", key, waiting)
    housed = read("attributions", ["numero_unique", "date_bail", "commune", "typologie", "personne_morale"])
    housed = placed(housed.filter(pl.col("personne_morale").fill_null("non") != "oui", day("date_bail").dt.year() == YEAR))
    # A scale is its EPCI's own.
    housed = housed.join(asked.select("numero_unique", "epci", "cotation"), on=["numero_unique", "epci"], how="inner")
    measures = [rows("attributions_cotees"), points.median().alias("cotation_mediane_baux")]
    compare("cotation", key, counted(housed, ["typologie"], measures, levels))
    medians = waiting.select(*key, "cotation_mediane")
    beyond = []
    for level, typology in itertools.product(levels, [pl.col("typologie"), pl.lit("ensemble")]):
        cells = housed.select(pl.lit(level).alias("niveau"), pl.col(level).alias("code"), typology.alias("typologie"), "cotation")
        beyond.append(cells.filter(pl.col("code").is_not_null(), pl.col("typologie").is_not_null()))
    beyond = pl.concat(beyond).join(medians, on=key, how="inner").group_by(key)
    beyond = beyond.agg(count(points > pl.col("cotation_mediane"), "au_dela"))
    compare("cotation", key, beyond, pl.col("cotation_mediane").is_not_null())


def units(of):
    """Consumption units in hundredths: as given, else 1, 0.5 a further person, 0.3 a child under 14."""
    persons, children = integer(f"nb_personnes{of}"), integer(f"nb_moins_14{of}").fill_null(0)
    composed = pl.when(children < persons).then(100 + 50 * (persons - 1 - children) + 30 * children)
    given = hundredths(f"nb_uc{of}")
    return pl.when(given > 0).then(given).otherwise(composed)


def stock():
    columns = ["DEPCOM", "QPV", "TYPECONST", "NBPIECE", "SURFHAB", "LOCAT", "MODE", "BAIL", "duree_vacance", "LOYERPRINC"]
    frame = placed(read("rpls", columns).rename({"DEPCOM": "commune"}).filter(pl.col("MODE") != "9"))
    rooms, kinds = integer("NBPIECE"), {"C": "collectif", "I": "individuel", "E": "etudiant"}
    rent, surface = hundredths("LOYERPRINC"), hundredths("SURFHAB")
    frame = frame.with_columns(
        pl.when(rooms >= 6).then(pl.lit("T6P")).when(rooms >= 1).then(pl.lit("T") + pl.col("NBPIECE")).alias("typologie"),
        pl.col("TYPECONST").replace_strict(kinds, default=None).alias("categorie"),
    )
    mode, served = pl.col("MODE"), integer("LOCAT") < YEAR - 1
    moved = pl.col("BAIL").str.slice(-4).cast(pl.Int64, strict=False) >= YEAR - 1
    paid = (mode == "1") & rent.is_between(1, 999_899) & surface.is_between(1, 999_899)
    measures = [
        rows("logements"),
        count(pl.col("QPV") == "1", "logements_qpv"),
        count(mode == "1", "loues"),
        count(mode == "2", "vacants"),
        count((mode == "2") & (integer("duree_vacance") > 3), "vacants_plus_3_mois"),
        count(mode == "3", "vides"),
        count(mode == "4", "association"),
        count(mode.is_in(["5", "6"]), "autres"),
        count((mode == "1") & served & moved, "mobilite_num"),
        count(mode.is_in(["1", "2"]) & served, "mobilite_den"),
        (rent.filter(paid).sum() / 100).alias("somme_loyer"),
        (surface.filter(paid).sum() / 100).alias("somme_surface"),
    ]
    compare("parc", ["niveau", "code", "typologie", "categorie"], counted(frame, ["typologie", "categorie"], measures))


key = ["niveau", "code", "population", "typologie", "categorie"]
compare("tension", key, demands())
compare("tension", key, leases())
stock()
scores()
sys.exit(1 if differences else 0)
