"""Decisions about a whole table: one key, one amount, orders or customers; what is not sure is asked."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.roles.meanings import Meaning
from customer_segmentation.exploration.roles.table_reading import read_table
from customer_segmentation.exploration.roles.vocabulary import Vocabulary, languages
from customer_segmentation.settings.data import Role

N = 240
RNG = np.random.default_rng(5)


def read(columns, **further):
    frame = pd.DataFrame(columns).astype("str")
    return read_table(frame, list(frame), **further)


def roles(reading):
    return {guess.header: guess.role.value for guess in reading.guesses}


def asked(reading):
    return {question.column for question in reading.questions}


def ids(prefix="M", n=N):
    return [f"{prefix}{number}" for number in RNG.permutation(n) + 1000]


def money(n=N):
    return [f"{value:.2f}" for value in RNG.lognormal(4, 1, n)]


def whole(low, high, n=N):
    return [str(value) for value in RNG.integers(low, high, n)]


def lines(**columns):
    """Lines of orders: a customer's, with a date."""
    buyer = RNG.integers(0, 60, N)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(RNG.integers(0, 300, N)), unit="D")
    return {"CustomerID": [f"K{one}" for one in buyer], "InvoiceDate": days.strftime("%Y-%m-%d"), **columns}


def test_what_an_order_brought_is_quantity_times_price():
    for price in ("UnitPrice", "Price", "Einzelpreis", "Prix unitaire", "Precio unitario", "Birim Fiyat"):
        found = read(lines(Quantity=whole(1, 20), **{price: money()})).orders
        assert (found.amount, found.quantity) == (price, "Quantity")


def test_a_total_that_is_quantity_times_price_is_the_amount():
    quantity, price = RNG.integers(1, 20, N), np.round(RNG.lognormal(2, 1, N), 2)
    reading = read(lines(Menge=quantity, Preis=price, Betrag=np.round(quantity * price, 2)))
    assert (reading.orders.amount, reading.orders.quantity) == ("Betrag", "")
    assert not asked(reading)


def test_no_amount_means_no_amount():
    for further in ({"RETAIL_WEEK": whole(1, 53)}, {"Row No": whole(10_000, 99_999)}, {"Score": whole(1, 100)}):
        reading = read(lines(**further))
        assert reading.orders is None
        assert reading.repeated == "CustomerID"
    scored = read({"Member ID": ids(), "Spending Score (1-100)": whole(1, 101), "Visits": whole(1, 60)})
    assert "value" not in roles(scored).values()


def test_a_key_that_repeats_with_date_and_amount_makes_orders():
    for key in ("cust_id", "Cliente", "Kunden-Nr.", "Id do cliente", "Müşteri No", "Numero tessera socio"):
        frame = lines(Amount=money())
        frame = {key if name == "CustomerID" else name: cells for name, cells in frame.items()}
        reading = read(frame)
        assert reading.orders is not None, key
        assert reading.orders.customer == key


@pytest.mark.parametrize(
    ("header", "cells"), [("Contact", ["cellular", "telephone", "mail"]), ("Household", list("12345"))]
)
def test_a_channel_or_a_size_is_no_customer_key(header, cells):
    reading = read(
        {"Visits": whole(1, 60), "Total spent": money(), header: RNG.choice(cells, N), "Joined on": "2024-01-05"}
    )
    assert reading.orders is None
    assert not reading.repeated
    assert roles(reading)[header] == ("categorical" if header == "Contact" else "numeric")


@pytest.mark.parametrize(
    ("header", "cells", "role"),
    [
        ("Number of Orders", whole(0, 30), "numeric"),
        ("Mobile Sessions", whole(0, 90), "numeric"),
        ("Phone Minutes", whole(0, 900), "numeric"),
        ("Bookings not cancelled", whole(0, 30), "numeric"),
        ("Web visits last month", whole(0, 30), "numeric"),
        ("Número de pedidos", whole(0, 30), "numeric"),
        ("Número de socio", whole(10_000, 99_999), "ignore"),
        ("Anzahl Bestellungen", whole(0, 30), "numeric"),
        ("SEX", whole(1, 3), "categorical"),
        ("MARRIAGE", whole(0, 4), "categorical"),
        ("EDUCATION", whole(1, 5), "categorical"),
        ("custcat", whole(1, 5), "categorical"),
        ("Browser", whole(1, 14), "categorical"),
        ("left_handed", whole(0, 2), "categorical"),
        ("zip", whole(10_000, 99_999), "ignore"),
        ("arrival_year", whole(2015, 2018), "ignore"),
        ("RETAIL_WEEK", whole(1, 53), "ignore"),
        ("Year_Birth", whole(1940, 2004), "ignore"),
        ("Newsletter", RNG.choice(["0.000", "1.000"], N), "categorical"),
        ("churn", RNG.choice(["0.0", "1.0"], N), "outcome"),
        ("Abandono", RNG.choice(["sí", "no"], N), "outcome"),
        ("Cancelou", RNG.choice(["Sim", "Não"], N), "outcome"),
        ("abgemeldet", RNG.choice(["ja", "nein"], N), "outcome"),
        ("Ayrıldı", RNG.choice(["Evet", "Hayır"], N), "outcome"),
        ("Status", RNG.choice(["aktiv", "gekündigt"], N), "outcome"),
        ("Churn Reason", RNG.choice(["price", "moved", "rival"], N), "ignore"),
        ("Days since cancellation", whole(1, 300), "numeric"),
    ],
)
def test_words_are_read_with_their_neighbours(header, cells, role):
    reading = read({"Member ID": ids(), "Total spent": money(), header: cells})
    assert roles(reading)[header] == role, reading.guesses[2].why


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("Id do cliente", "Gasto total", "Número de pedidos"),
        ("Kundennummer", "Umsatz", "Anzahl Bestellungen"),
        ("Müşteri No", "Toplam Harcama", "Sipariş Sayısı"),
        ("N° client", "Chiffre d'affaires", "Nombre de commandes"),
        ("ID cliente", "Importe total compras", "Nº de compras"),
        ("Codice cliente", "Spesa totale", "Numero ordini"),
        ("客户ID", "消费总额", "访问次数"),
        ("ID клиента", "Выручка", "Визиты"),
    ],
)
def test_tables_in_other_languages(key, value, count):
    reading = read({key: ids(), value: money(), count: whole(0, 30)})
    assert roles(reading) == {key: "id", value: "value", count: "numeric"}
    known = any(ord(letter) < 0x400 for letter in value)
    assert (value in asked(reading)) is not known  # by its shape alone: asked


def test_two_amounts_that_are_near_are_asked():
    reading = read({"Member ID": ids(), "Total paid": money(), "Total charges": money(), "Visits": whole(0, 30)})
    question = next(one for one in reading.questions if one.weight == 1)
    assert {header for header, _, _ in question.options} == {"Total paid", "Total charges"}
    assert question.line().startswith("not sure: ")
    assert "roles.Total charges=value" in question.line()


def test_what_the_user_says_is_taken_and_not_asked():
    columns = {"Member ID": ids(), "Total paid": money(), "Total charges": money(), "custcat": whole(1, 5)}
    reading = read(columns, roles={"total_charges": "value", "custcat": "numeric"})
    assert roles(reading) == {
        "Member ID": "id",
        "Total paid": "numeric",
        "Total charges": "value",
        "custcat": "numeric",
    }
    assert not reading.questions
    for wrong, told in (({"Total": "value"}, "did you mean"), ({"Total paid": "money"}, "expected one of")):
        with pytest.raises(SettingsError, match=told):
            read(columns, roles=wrong)
    with pytest.raises(SettingsError, match="expected one"):
        read(columns, roles={"Total paid": "value", "Total charges": "value"})


@pytest.mark.parametrize("said", [{"City": "value"}, {"City": "numeric"}, {"Member": "value"}])
def test_a_role_that_the_cells_cannot_have_is_refused(said):
    cities = RNG.choice(["Lakeside", "Hill End", "Newtown"], N)
    with pytest.raises(SettingsError, match=r"is given as (amount|measure), and its cells \(.+\) are none"):
        read({"Member": ids(), "City": cities, "Spend": money()}, roles=said)


def test_results_that_no_real_table_gives_are_asked():
    walk_ins = lines(Amount=money())
    walk_ins["CustomerID"] = ["0" if at % 3 == 0 else cell for at, cell in enumerate(walk_ins["CustomerID"])]
    (question,) = read(walk_ins).questions
    assert "'0' of CustomerID holds 33.3" in question.asks
    five = lines(Amount=money()) | {"CustomerID": RNG.choice([f"K{one}" for one in range(5)], N)}
    assert any("5 customers" in question.asks for question in read(five).questions)
    one = {"Member ID": ids(), "Visits": whole(1, 40), "Total spent": [*money(N - 1), "170000000"]}
    assert any("one row holds" in question.asks for question in read(one).questions)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Income (k$)", "thousand $"),
        ("Umsatz (Tsd. €)", "thousand €"),
        ("Spend in cents", "cents"),
        ("Score 1-100", ""),
    ],
)
def test_units_of_money_and_none_of_scores(header, unit):
    guess = read({"Member ID": ids(), header: whole(1, 101)}).guesses[1]
    assert guess.spec.unit == unit


def test_spellings_of_one_word_are_one_category():
    guess = read(
        {"Member ID": ids(), "Plan": RNG.choice(["Basic", "basic ", "BASIC", "Plus"], N, p=[0.6, 0.1, 0.1, 0.2])}
    ).guesses[1]
    assert guess.spec.values == ["Basic", "Plus"]


def test_ids_of_one_customer_are_one_however_written():
    written = [f"{number}.0" if at % 2 else str(number) for at, number in enumerate([*range(17000, 17120)] * 2)]
    reading = read({**lines(Amount=money()), "CustomerID": written})
    assert reading.orders.customer == "CustomerID"
    assert next(one for one in reading.guesses if one.header == "CustomerID").distinct == 120


def test_every_word_list_has_the_concepts_and_no_phrase_twice():
    english = set().union(*languages()["en"]["headers"].values())
    for name, language in languages().items():
        missing = english - set().union(*language["headers"].values())
        assert missing <= {"ordinal"}, name
    assert {"en", "de", "fr", "es", "pt", "it", "tr"} <= set(languages())


def test_short_words_of_another_language_do_not_count():
    assert "duration" not in Vocabulary(["Ay", "Visits", "Spend"]).read("Ay")
    assert "duration" in Vocabulary(["Müşteri No", "Toplam Harcama", "Süre (ay)"]).read("Süre (ay)")


def test_every_column_has_a_reason_and_a_confidence():
    reading = read({**lines(Amount=money(), Note=["" if at % 9 else f"text {at}" for at in range(N)]), "x": "1"})
    assert all(guess.why and 0 <= guess.confidence <= 1 for guess in reading.guesses)
    assert reading.guesses[-1].meaning is Meaning.nothing
    assert reading.guesses[-1].role is Role.ignore


def test_a_key_that_no_header_names_is_asked():
    owned = read({"Owner ID": ids("OW-"), "Visits": whole(0, 30), "Invoiced total": money()})
    assert roles(owned)["Owner ID"] == "id"
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, N), unit="D")
    plates = [f"{1000 + one}BCD" for one in RNG.integers(0, 60, N)]
    parked = read(
        {"Matrícula": plates, "Entrada": days.strftime("%d/%m/%Y"), "Importe": money(), "Minutos": whole(5, 90)}
    )
    assert parked.orders.customer == "Matrícula"
    assert all(any(question.weight == 0 for question in reading.questions) for reading in (owned, parked))


def test_headers_that_differ_in_a_sign_are_two_columns():
    reading = read({"Customer ID": ids(), "Discount": whole(0, 90), "Discount (%)": whole(0, 50), "Sum": money()})
    assert roles(reading)["Discount"] == roles(reading)["Discount (%)"] == "numeric"


def test_a_table_without_a_value_does_not_speak_of_the_column_that_has_it():
    discounts = [f"{value:.2f}" for value in RNG.uniform(3, 90, N)]
    reading = read({"Клиент": ids(), "Скидка": discounts, "Возраст": whole(18, 80)})
    assert "value" not in roles(reading).values()
    (why,) = [guess.why for guess in reading.guesses if guess.header == "Скидка"]
    assert why.startswith("may be money")


def answers(share=0.3, yes="yes", no="no"):
    return np.where(RNG.random(N) < share, yes, no)


@pytest.mark.parametrize(
    ("header", "sure"),
    [("Renewed", True), ("Rinnovato", True), ("Renovado", True), ("Gave Notice", False), ("Praxis gewechselt", False)],
)
def test_who_renewed_is_an_outcome_and_who_gave_notice_is_asked(header, sure):
    reading = read({"Member": ids(), header: answers(), "Fees paid": money(), "Newsletter": answers()})
    assert roles(reading)[header] == "outcome"
    assert (header in asked(reading)) is not sure
    spec = next(guess.spec for guess in reading.guesses if guess.header == header)
    assert (spec.event, spec.event_values) == (("non-renewal", ["No"]) if sure else ("", ["Yes"]))
    assert roles(reading)["Newsletter"] == "categorical"


@pytest.mark.parametrize(
    "header", ["Came Back", "Wiedergekommen", "Est revenu", "Volvió", "È tornato", "Voltou", "Tekrar geldi"]
)
def test_who_came_back_is_an_outcome(header):
    reading = read({"Member": ids(), header: answers(), "Fees paid": money()})
    guess = next(guess for guess in reading.guesses if guess.header == header)
    assert (guess.role, guess.spec.event_values, guess.spec.event) == (Role.outcome, ["No"], "non-return")
    about_things = read({"Member": ids(), "Returned Items": answers(), "Fees paid": money()})
    assert roles(about_things)["Returned Items"] == "categorical"


def test_a_reason_or_day_that_follows_an_answer_makes_it_an_outcome_that_is_asked():
    gone = answers(0.2)
    for after in (
        np.where(gone == "yes", RNG.choice(["a b", "c d"], N), ""),
        np.where(gone == "yes", "2024-03-05", ""),
    ):
        reading = read({"Member": ids(), "Xqz": gone, "Vwx": after, "Fees paid": money()})
        assert roles(reading)["Xqz"] == "outcome"
        assert "Xqz" in asked(reading)
        assert roles(reading)["Vwx"] == "ignore"
    # What goes with a service that a customer has is no end of anything.
    kind = {"Internet Type": np.where(gone == "yes", RNG.choice(["DSL", "Fiber"], N), "")}
    lines_ = {"Lines": np.where(gone == "yes", answers(), "")}
    for part in (kind, lines_, kind | lines_ | {"Xyz": kind["Internet Type"]}):
        reading = read({"Member": ids(), "Internet": gone, **part, "Fees paid": money()})
        assert roles(reading)["Internet"] == "categorical", list(part)
        assert "Phone Service" not in asked(
            read({"Member": ids(), "Phone Service": gone, **part, "Fees paid": money()})
        )


def test_the_amount_that_holds_the_others_tells_what_a_customer_is_worth():
    part = RNG.lognormal(4, 1, N)
    whole_ = part + RNG.uniform(1, 300, N)
    for snacks, total, sign in (
        ("Snack Harcaması", "Toplam Harcama", "TL"),
        ("Bar spend", "Spend", "kr"),
        ("Aaa", "Bbb", "zł"),
    ):
        written = {
            name: [f"{value:.2f} {sign}" for value in cells] for name, cells in ((snacks, part), (total, whole_))
        }
        reading = read({"Member": ids(), **written})
        assert roles(reading)[total] == "value"
        mixed = [f"{value:.2f} {sign if at % 2 else 'EUR'}" for at, value in enumerate(whole_)]
        questions = read({"Member": ids(), total: mixed}).questions
        assert any("several currencies" in question.asks for question in questions)
        assert {"TL": "₺", "kr": "kr", "zł": "PLN"}[sign] in {guess.spec.unit for guess in reading.guesses}


def test_a_customer_with_zeros_and_guests_is_a_key_and_codes_without_a_word_are_asked():
    buyers = [f"{one:05d}" if one else "" for one in RNG.integers(0, 60, N)]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, N), unit="D")
    frame = {"Nr wyp": [f"W/{at}/23" for at in range(N)], "Klient": buyers, "Kwota": [f"{one} zł" for one in money()]}
    frame["Data"] = days.strftime("%d.%m.%Y")
    found = read(frame)
    assert (found.orders.customer, found.orders.amount) == ("Klient", "Kwota")
    unknown = read({"Xqz" if name == "Klient" else name: cells for name, cells in frame.items()})
    assert unknown.orders is not None or "Nr wyp" in asked(unknown)
    owner = read(
        {"Patientenbesitzer-Nr.": [f"{one:05d}" for one in RNG.permutation(N)], "PLZ": buyers, "Umsatz": money()}
    )
    assert (roles(owner)["Patientenbesitzer-Nr."], roles(owner)["PLZ"]) == ("id", "ignore")


def test_a_size_in_numbers_is_a_number_and_a_period_in_brackets_no_unit():
    headers = {
        "Team Size": whole(1, 8),
        "Size (sq ft)": RNG.choice([25, 50, 75], N),
        "Days In (last 90d)": whole(1, 90),
    }
    reading = read({"Member": ids(), **headers, "Fees paid": money()})
    units = {guess.header: guess.spec.unit for guess in reading.guesses}
    assert {roles(reading)[header] for header in headers} == {"numeric"}
    assert (units["Size (sq ft)"], units["Days In (last 90d)"]) == ("sq ft", "days")


def test_an_id_that_repeats_is_never_told_to_stand_in_one_row_each():
    repeated = [str(number) for number in [*range(1, N - 6), *range(1, 8)]]
    reading = read({"id": repeated, "spend": money(), "visits": whole(0, 9)})
    (told,) = [guess.why for guess in reading.guesses if guess.header == "id"]
    assert "1.03 rows each" in told
