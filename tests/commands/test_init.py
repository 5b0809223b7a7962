"""From a file nobody tuned for to compared runs: `segment init` and one sweep, by the commands' own entry point."""

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from omegaconf import OmegaConf

from customer_segmentation.commands.main import main
from customer_segmentation.config.compose import plan
from customer_segmentation.config.starter_files import feature_file, order_files, quoted
from customer_segmentation.exploration.roles.questions import Question
from customer_segmentation.secrets import remember_variable
from customer_segmentation.settings.data import DataSettings, Transactions

LEAN = ("tracking.report=false", "tracking.figures=false")


def euros(values):
    return [f"{value:,.2f} €".translate(str.maketrans(",.", ".,")) for value in values]


@pytest.fixture
def gym():
    """Members of a gym as its software exports them: German, cp1252, semicolons, mixed cells."""
    rng = np.random.default_rng(3)
    n = 300
    kind = rng.integers(0, 3, n)
    months = rng.integers(1, 90, n)
    fee = np.array([19.9, 29.9, 49.9])[kind]
    age = [str(value) for value in rng.integers(16, 80, n)]
    age[5], age[9] = "unbekannt", ""
    frame = pd.DataFrame(
        {
            "Mitglieds-Nr.": [f"M{number}" for number in rng.permutation(n) + 1000],
            "Vor- und Nachname": [f"Person {at} Müller" for at in range(n)],
            "Alter": age,
            "PLZ": [f"{number:05d}" for number in rng.integers(1000, 99999, n)],
            "Beigetreten am": pd.Timestamp("2020-01-31") - pd.to_timedelta(months * 30, unit="D"),
            "Monate Mitglied": months,
            "Besuche / Monat": rng.gamma(np.array([2, 6, 14])[kind], 1.2).astype(int),
            "Tarif": np.array(["Basic, klein", "Plus", "Premium"])[kind],
            "Umsatz gesamt": euros(fee * months),
            "Training?": np.where(rng.random(n) < 0.2, "x", ""),
            "Gekündigt": np.where(rng.random(n) < 0.15, "ja", "nein"),
            "Land": "Deutschland",
            "": range(n),
        }
    )
    frame["Beigetreten am"] = frame["Beigetreten am"].dt.strftime("%d.%m.%Y")
    frame.to_csv("Mitglieder (Export) 2023.csv", sep=";", index=False, encoding="cp1252")
    return "Mitglieder (Export) 2023.csv"


@pytest.fixture
def shop():
    """Orders of a shop, a row for each line, American dates, some unreadable."""
    rng = np.random.default_rng(4)
    client = np.repeat(np.arange(150), rng.integers(1, 8, 150))
    n = len(client)
    total = [f"{value:,.2f}" for value in rng.lognormal(4, 1, n)]
    sold = pd.Timestamp("2021-01-01 08:00") + pd.to_timedelta(rng.integers(0, 900_000, n), unit="min")
    frame = pd.DataFrame(
        {
            "InvoiceNo": 5000 + client * 10 + rng.integers(0, 4, n),
            "Client": [f"c{number:04d}" for number in client],
            "Sold at": sold.strftime("%m/%d/%Y %I:%M %p"),
            "SKU": rng.integers(1, 300, n),
            "Unit Price": np.round(rng.lognormal(2, 0.5, n), 2),
            "Line total": total,
        }
    )
    frame.loc[3, "Sold at"] = "soon"
    frame.loc[n] = [1, "c0000", "12/31/2022 01:00 PM", 1, 1.0, "-2.00"]
    frame.to_csv("shop orders.tsv", sep="\t", index=False)
    return "shop orders.tsv"


def chosen(folder=Path()):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{(folder / 'mlflow.db').resolve()}")
    experiment = client.get_experiment_by_name("customer-segmentation")
    runs = client.search_runs([experiment.experiment_id], "tags.level = 'candidate'")
    assert {run.info.status for run in runs} == {"FINISHED"}
    return runs


def test_a_gyms_members_from_file_to_compared_runs(gym, capsys):
    assert main(["init", f"data.path={gym}"]) == 0
    told = capsys.readouterr().out
    name = "mitglieder_export_2023"
    assert f"segment sweep experiments={name}" in told
    frame = pd.read_csv(gym, sep=";", encoding="cp1252", dtype="str")
    gone = int((frame["Gekündigt"].drop([5, 9]) == "ja").sum())  # of those whose age is known
    assert f"300 rows of {gym} = {298 - gone} used + {gone} not selected + 2 rejected" in told
    assert f"the {gone} who have left (Gekündigt: Yes) are not segmented" in told
    contract = yaml.safe_load(Path(f"conf/contract/{name}.yaml").read_text("utf-8"))
    roles = {header: spec["role"] for header, spec in contract.items()}
    assert roles == {
        "Mitglieds-Nr.": "id",
        "Vor- und Nachname": "ignore",
        "Alter": "numeric",
        "PLZ": "ignore",
        "Beigetreten am": "numeric",
        "Monate Mitglied": "numeric",
        "Besuche / Monat": "numeric",
        "Tarif": "categorical",
        "Umsatz gesamt": "value",
        "Training?": "categorical",
        "Gekündigt": "outcome",
        "Land": "ignore",
    }
    text = Path(f"conf/contract/{name}.yaml").read_text("utf-8")
    assert text.count("\n# ") >= len(contract)  # a reason over each column
    assert main(["sweep", f"experiments={name}", "k=[2,3]", "scaling=standard", *LEAN]) == 0
    assert {run.data.params["features"] for run in chosen()} == {name, f"{name}_and_words"}
    # The data file alone brings its features, yardstick, exploration and scalings along.
    alone = plan("sweep", [f"data={name}"])
    assert alone.swept["features"] == (name, f"{name}_and_words")
    assert {choices["yardstick"] for choices in alone.choices_of} == {name}
    assert {choices["exploration"] for choices in alone.choices_of} == {name}
    assert plan("explore", [f"data={name}"]).choices["exploration"] == name


@pytest.mark.parametrize("form", ["csv", "packed", "quoted", "parquet"])
def test_of_a_big_table_some_rows_are_looked_at(form, monkeypatch, capsys):
    """Ids repeat too seldom in those rows to show that these are orders; the rows that are counted show it."""
    from customer_segmentation.sources import csv_parser as delimited
    from customer_segmentation.workflows import describe_table

    monkeypatch.setattr(describe_table, "LOOKED_AT", 400)
    monkeypatch.setattr(delimited, "_HALVED", 1000)
    rng = np.random.default_rng(5)
    n = 8000
    visits = pd.DataFrame({"Customer No": [f"C{at}" for at in range(n)], "Visits": rng.integers(1, 60, n)})
    visits["Spent"] = np.round(rng.gamma(2, 50, n), 2)
    visits.loc[[n // 3, n - 2], "Visits"] = -1
    orders = visits.rename(columns={"Spent": "Order total"}).assign(
        **{"Customer No": [f"C{at}" for at in rng.integers(0, 3000, n)], "Ordered on": "2024-03-05"}
    )
    orders.loc[::2, "Ordered on"] = "2024-04-17"
    for name, frame in {"visits": visits, "sales": orders}.items():
        if form == "parquet":
            frame.to_parquet(f"{name}.parquet", row_group_size=1500)
        else:
            packing = "gzip" if form == "packed" else None
            frame.to_csv(f"{name}.csv", index=False, compression=packing, quoting=1 if form == "quoted" else 0)
        assert main(["init", f"data.path={name}.{'parquet' if form == 'parquet' else 'csv'}"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    which = {"csv": "spread over all", "parquet": "spread over its 8,000"}.get(form, "its first")
    assert told.count(f", {which}: the others may hold what these do not") == 2
    roles = {name: spec["role"] for name, spec in yaml.safe_load(Path("conf/contract/visits.yaml").read_text()).items()}
    assert roles == {"Customer No": "id", "Visits": "numeric", "Spent": "value"}
    assert "customer: Customer No" in Path("conf/data/sales.yaml").read_text()


def test_command_line_and_preset_win_over_what_goes_with_a_table():
    Path("experiments").mkdir()
    Path("experiments/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /yardstick: value\n"
        "hydra: {sweeper: {params: {scaling: robust}}}\n"
    )
    given = plan("sweep", ["data=orders", "features=rfm_habits", "experiments=mine"])
    assert {choices["features"] for choices in given.choices_of} == {"rfm_habits"}
    assert given.choices["yardstick"] == "value"
    assert given.choices["scaling"] == "robust"
    assert given.choices["exploration"] == "rfm"


def test_a_password_reaches_no_file():
    columns = Transactions(customer="c", date="d", amount="a")

    def written(path, query):
        text = "".join(order_files("shop", columns, DataSettings(path=path, query=query), customers=100).values())
        assert "hunter22" not in text
        found = yaml.safe_load(text.split("# @package")[0])
        return found["path"], found["query"]

    assert written("postgresql://me:hunter22@host/shop", "select 1") == (None, "select 1")
    asks = "SELECT * FROM dblink('host=crm password=hunter22', 'SELECT 1')"
    for one in (asks, "SELECT f(token => 'hunter22x')", "SELECT 1 OPTIONS (password 'hunter22x')"):
        assert written("postgresql://host/shop", one) == ("postgresql://host/shop", None)
    assert written("postgresql://host/shop", "SELECT '***'") == ("postgresql://host/shop", "SELECT '***'")


def test_a_shops_orders_from_file_to_compared_runs(shop, capsys):
    assert main(["init", f"data.path={shop}"]) == 0
    told = capsys.readouterr().out
    assert "these orders sum up to 150 customers" in told
    assert "rejected: Sold at: 'soon' is not a date (1 row)" in told
    written = yaml.safe_load(Path("conf/data/shop_orders.yaml").read_text("utf-8"))
    assert written["transactions"] == {
        "customer": "Client",
        "date": "Sold at",
        "amount": "Line total",
        "quantity": None,
        "order": "InvoiceNo",
        "guests": [],
        "reference_date": None,
        "date_format": None,
    }
    assert main(["sweep", "experiments=shop_orders", "k=[2,3]", "scaling=log_standard", *LEAN]) == 0
    assert "1 rejected" in capsys.readouterr().out
    assert {run.data.params["features"] for run in chosen()} == {"rfm", "rfm_habits"}


def test_nothing_is_overwritten_without_force(gym, capsys):
    assert main(["init", f"data.path={gym}", "name=gym"]) == 0
    contract = Path("conf/contract/gym.yaml")
    before = contract.read_text("utf-8")
    contract.write_text(f"{before}# edited\n", "utf-8")
    Path("conf/features/gym.yaml").unlink()
    assert main(["init", f"data.path={gym}", "name=gym"]) == 1
    assert "force=true" in capsys.readouterr().err
    assert contract.read_text("utf-8").endswith("# edited\n")
    assert not Path("conf/features/gym.yaml").exists()
    assert main(["init", f"data.path={gym}", "name=gym", "force=true"]) == 1
    assert "conf/contract/gym.yaml was edited since segment init wrote it" in capsys.readouterr().err
    assert contract.read_text("utf-8").endswith("# edited\n")
    contract.write_text(before, "utf-8")
    assert main(["init", f"data.path={gym}", "name=gym", "force=true"]) == 0
    assert contract.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("path", "name"), [("telecom.csv", "telecom_own"), ("2023 Q1.csv", "table_2023_q1"), ("none.csv", "table_none")]
)
def test_names_never_stand_in_for_shipped_files_nor_confuse_yaml(path, name):
    frame = pd.DataFrame({"customer": [f"c{at}" for at in range(30)], "visits": np.arange(30) ** 2})
    frame.to_csv(path, index=False)
    assert main(["init", f"data.path={path}"]) == 0
    assert Path(f"experiments/{name}.yaml").is_file()


TABLES = {
    "header.csv": "a,b\n",
    "words.csv": "name,town\nx,y\nz,w\n",
    "constant.csv": "customer,amount\n" + "".join(f"c{at},5\n" for at in range(30)),
    "repeated.csv": "customer_id,amount\nA,3\nA,4\nB,5\nB,1\n",
    "orders.csv": "when,amount\n2024-01-02,3\n2024-01-03,9\n",
    "dates.csv": "customer_id,when,amount\nA,foo,3\nA,bar,4\nB,baz,5\nB,qux,1\n",
    "ambiguous.csv": "customer_id,date,amount\nA,01/02/2024,3\nA,03/04/2024,4\nB,05/06/2024,5\nB,07/08/2024,1\n",
    "empty.csv": "",
}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "data.path is missing"),
        (["data=telecom"], "data.path=FILE"),
        (["data.path=nowhere.csv"], "There is no file nowhere.csv"),
        (["data.path=empty.csv"], "is empty"),
        (["data.path=header.csv"], "a header and no rows"),
        (["data.path=words.csv"], "no numeric column that varies"),
        (["data.path=constant.csv"], "no numeric column that varies"),
        (["data.path=repeated.csv"], "no date column"),
        (["data.path=orders.csv", "table=orders"], "no customer column"),
        (["data.path=dates.csv", "table=orders", "data.transactions.date=when"], "no date that can be read"),
        (["data.path=ambiguous.csv"], "day first or month first"),
        (["data.path=words.csv", "name=My Table"], "name=my_table"),
        (["data.path=words.csv", "name=telecom"], "name of a shipped config"),
        (["data.path=words.csv", "table=cells"], "one of auto, customers, orders"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_writes_nothing(words, sentence, capsys):
    for path, text in TABLES.items():
        Path(path).write_text(text)
    assert main(["init", *words]) == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not Path("conf").exists()
    assert not Path("experiments").exists()


def test_columns_of_orders_can_be_named(capsys):
    Path("ambiguous.csv").write_text(TABLES["ambiguous.csv"])
    assert main(["init", "data.path=ambiguous.csv", "data.transactions.date_format=%d/%m/%Y"]) == 0
    written = yaml.safe_load(Path("conf/data/ambiguous.yaml").read_text())
    assert written["transactions"]["date_format"] == "%d/%m/%Y"


@pytest.mark.parametrize(
    "text", ["Age", "Größe", "yes", "3", "a: b", "a, b", "#x", "{x}", "it's", 'say "so"', " x ", "-", "null"]
)
def test_quoted_texts_come_back_as_they_were(text):
    assert yaml.safe_load(f"{{k: {quoted(text)}, l: [{quoted(text)}]}}") == {"k": text, "l": [text]}


def test_names_of_files_and_columns_are_no_references(monkeypatch):
    monkeypatch.setenv("PLANTED", "taken")
    name = "sum ${oc.env:PLANTED}"
    Path(f"{name}.csv").write_text("a,b\n1,2\n")
    settings = plan("init", [f"data.path={name}.csv"]).settings[0]
    assert settings.data.path == f"{name}.csv"
    for text in feature_file("mine", {"a": name, "b": {"ratio": [name, "b"]}}).values():
        read = OmegaConf.to_object(OmegaConf.create(text))
        assert read["columns"] == {"a": name, "b": {"ratio": [name, "b"]}}


@pytest.mark.parametrize("end", ['?a="b"', "?a=${oc.env:PLANTED}", '?a=\\"', "\ny: 1", "\\", "?user=x\\hunter2222"])
def test_an_address_takes_from_the_environment_what_it_had_from_there(end, monkeypatch):
    monkeypatch.setenv("PLANTED", "taken")
    monkeypatch.setenv("CRM_WORD", "hunter2222")
    remember_variable("CRM_WORD", "hunter2222")
    address, query = f"mysql://me:hunter2222@crm/x{end}", f"SELECT 'hunter2222' AS \"a{end}"
    columns = Transactions(customer="a", date="b", amount="c")
    text = order_files("mine", columns, DataSettings(path=address, query=query), customers=9)["conf/data/mine.yaml"]
    assert "hunter2222" not in text
    read = OmegaConf.create(text)
    assert (read.path, read.query, "y" in read) == (address, query, False)


def test_the_table_of_a_workbook_is_found_behind_a_sheet_of_notes(capsys):
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {"Member ID": range(500, 560), "Visits": rng.integers(1, 40, 60), "Spent": rng.gamma(2, 50, 60)}
    )
    with pd.ExcelWriter("club.xlsx") as book:
        pd.DataFrame({"About": ["Export of May", "ask Jo"]}).to_excel(book, sheet_name="Notes", index=False)
        frame.to_excel(book, sheet_name="Members", index=False, startrow=2)
    assert main(["init", "data.path=club.xlsx"]) == 0
    told = capsys.readouterr().out
    assert "club.xlsx, sheet Members (not Notes): 3 columns" in told
    assert "60 rows of club.xlsx, sheet Members (not Notes) = 60 used" in told
    assert (
        main(
            [
                "sweep",
                "experiments=club",
                "k=[2]",
                "scaling=standard",
                "tracking.report=false",
                "tracking.figures=false",
            ]
        )
        == 0
    )


def members(rows=80):
    rng = np.random.default_rng(7)
    columns = {"Member": [f"m{at}" for at in range(rows)], "Total paid": rng.gamma(2, 50, rows).round(2)}
    columns |= {"Total charges": rng.gamma(2, 60, rows).round(2), "Visits": rng.integers(1, 40, rows)}
    return pd.DataFrame(columns)


def test_what_is_not_sure_is_printed_first_and_strict_refuses_it(capsys):
    members().to_csv("members.csv", index=False)
    assert main(["init", "data.path=members.csv", "strict=true"]) == 1
    captured = capsys.readouterr()
    assert "not sure: " in captured.out
    assert "nothing was written" in captured.err
    assert not Path("conf").exists()
    assert main(["init", "data.path=members.csv", "roles.Total charges=value", "strict=true"]) == 0
    told = capsys.readouterr().out
    assert "not sure" not in told
    assert yaml.safe_load(Path("conf/contract/members.yaml").read_text())["Total charges"]["role"] == "value"
    assert main(["init", "data.path=members.csv", "force=true"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = lines[: next(at for at, line in enumerate(lines) if line.startswith("not sure"))]
    assert max(map(len, table)) <= 80
    rows = [line for line in table if line[:1] == " " and line.strip() and "─" not in line]
    assert " ? " in rows[1]  # under the headings


def test_years_of_two_digits_may_come_first(capsys):
    days = pd.Timestamp("2022-03-01") + pd.to_timedelta(np.arange(80) * 11, unit="D")
    members().assign(Joined=days.strftime("%y/%m/%d")).to_csv("members.csv", index=False)
    assert main(["init", "data.path=members.csv"]) == 0
    assert yaml.safe_load(Path("conf/contract/members.yaml").read_text())["Joined"]["date_format"] == "%y/%m/%d"
    members(9).assign(Joined=["22/03/21", "23/03/22", "24/03/23"] * 3).to_csv("few.csv", index=False)
    words = ["data.transactions.customer=Member", "data.transactions.date=Joined", "data.transactions.amount=Visits"]
    assert main(["init", "data.path=few.csv", "table=orders", *words]) == 1
    assert "can be read day first or year first; say which with data.transactions.date" in capsys.readouterr().err


def test_a_role_that_is_none_is_told(capsys):
    members().to_csv("members.csv", index=False)
    assert main(["init", "data.path=members.csv", "roles.Total=value"]) == 1
    assert "did you mean Total paid" in capsys.readouterr().err
    assert main(["init", "data.path=members.csv", "roles.Visits=money"]) == 1
    assert "expected one of id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "taken"),
    [(b"2\n", "Total paid"), (b"\n", "Total charges"), (b"9\n1\n", "Total charges"), (b"\x04", None)],
)
def test_a_terminal_is_asked_and_enter_takes_what_was_taken(answer, taken):
    import os
    import pty
    import subprocess
    import sys

    members().to_csv("members.csv", index=False)
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "customer_segmentation.commands.main", "init", "data.path=members.csv"]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "dumb"})
    os.close(theirs)
    said = ""
    while "Enter for 1" not in said:
        said += os.read(ours, 4096).decode()
    os.write(ours, answer)
    while True:
        try:
            said += os.read(ours, 4096).decode()
        except OSError:
            break
    assert process.wait(60) == (taken is None), said
    if taken is None:  # Ctrl-D
        assert "nobody answered, so that nothing was written" in " ".join(said.split())
        return
    contract = yaml.safe_load(Path("conf/contract/members.yaml").read_text())
    assert [name for name, spec in contract.items() if spec["role"] == "value"] == [taken], said


def test_columns_with_blanks_are_offered_and_taken_with_what_stands_in_them(capsys):
    frame = members(200)
    frame["Letter"] = np.where(np.arange(200) % 3 == 0, "Yes", "No")
    frame["Colour"] = [f"{'abcdefghijklm'[at % 13]} tone" for at in range(200)]
    for at, name in enumerate(("Visits", "Letter")):
        frame[name] = frame[name].astype(object)
        frame.loc[at :: 6 + at, name] = None
    frame.to_csv("members.csv", index=False)
    words = ["init", "data.path=members.csv", "roles.Total paid=value"]
    assert main(words) == 0
    told = capsys.readouterr().out
    for name, blank in (("Visits", frame["Visits"]), ("Letter", frame["Letter"])):
        share = f"{100 * blank.isna().mean():.1f}"
        assert f"left out: {name}: {share} % of the rows have no value" in told.replace("\u00a0", " ")
    assert told.count("; impute=true keeps it") == 2
    many = "left out: Colour: 13 different values, and each of at most 8 becomes a feature"
    assert many in told
    assert many in Path("conf/features/members.yaml").read_text()
    assert main([*words, "impute=true", "force=true"]) == 0
    assert "blank cells are imputed" in capsys.readouterr().out
    declared = yaml.safe_load(Path("conf/features/members_and_words.yaml").read_text())
    assert declared["impute"] == {"Visits": "median", "Letter": "most_frequent"}
    sweep = ["sweep", "experiments=members", "features=members_and_words", "k=[2]", "scaling=standard"]
    assert main([*sweep, "tracking.report=false", "tracking.figures=false"]) == 0
    told = capsys.readouterr().out.replace("\u00a0", " ").replace("\n", " ")
    assert "200 rows of members.csv = 200 used + 0 not selected + 0 rejected" in told
    visits = frame["Visits"].dropna().astype(float).median()
    assert f"taken as {visits:g}" in told.replace(".0 visits", " visits")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        *(([f"data.{key}"], f"data.{key.partition('=')[0]} changes nothing") for key in ("contract=rfm", "seed=3")),
        *(([f"data.{key}"], f"data.{key.partition('=')[0]} changes nothing") for key in ("source=sample", "about=x")),
        (["data.keep=regulars"], "data.keep is 'regulars'"),
        (["data.decimal=,"], "holds "),
        (["data.transactions.reference_date=2024-01-01"], "each row of members.csv is taken for a customer"),
        (["table=customers", "data.transactions.customer=Visits"], "each row of members.csv is taken for a customer"),
    ],
)
def test_what_is_said_of_a_table_is_read_or_refused(words, sentence, capsys):
    members().to_csv("members.csv", index=False)
    assert main(["init", "data.path=members.csv", *words]) == 1
    assert sentence in capsys.readouterr().err
    assert not Path("conf").exists()


def test_customers_who_have_left_stay_where_all_are_asked_for():
    members().assign(Churned=["Yes", "No", "No", "No"] * 20).to_csv("members.csv", index=False)
    for word, kept in (("data.keep=all", "all"), ("force=true", "staying")):
        assert main(["init", "data.path=members.csv", word]) == 0
        assert yaml.safe_load(Path("conf/data/members.yaml").read_text())["keep"] == kept


def test_what_is_printed_to_be_pasted_gives_the_shell_a_header_and_no_order():
    header = "Friend's; touch pwned; echo '"
    asked = Question(header, "It is one of two.", "numeric", ((header, "numeric", ""), (header, "category", "")))
    assert shlex.split(asked.line().partition("change it with ")[2]) == [f"roles.{header}=category"]
