"""The built-in sample: customers drawn to the rules that the published telecom table follows.

Nothing is copied from that table. Shares, logits and price list below were fitted to it, so that a first command works
without a download and shows the same structure: the same columns, the same identities, the same planted errors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

#: Left edges of the tenure bins, in months, to which the shares below belong.
_BINS = (1, 2, 4, 7, 13, 25, 37, 49, 61, 72)
_NO_INTERNET = np.array([0.271, 0.196, 0.222, 0.235, 0.233, 0.204, 0.219, 0.194, 0.201, 0.182])
_FIBER = np.array([0.374, 0.441, 0.437, 0.405, 0.426, 0.452, 0.423, 0.459, 0.441, 0.450])
_MARRIED = np.array([0.160, 0.217, 0.289, 0.348, 0.424, 0.487, 0.533, 0.626, 0.729, 0.859])
_MULTIPLE_LINES = np.array([0.146, 0.236, 0.302, 0.329, 0.404, 0.474, 0.519, 0.585, 0.702, 0.846])

#: Logits of the internet add-ons: intercept, per year of tenure, with fiber; then the price in $/month.
_ADD_ONS = {
    "Online Security": (-1.28, 0.44, -1.08, 5.0),
    "Online Backup": (-1.49, 0.46, -0.07, 5.0),
    "Device Protection Plan": (-1.53, 0.46, -0.02, 5.0),
    "Premium Tech Support": (-1.26, 0.43, -1.02, 5.0),
    "Streaming TV": (-1.39, 0.35, 0.73, 10.3),
    "Streaming Movies": (-1.38, 0.36, 0.69, 10.3),
}
_OFFERS = (("Offer E", 1, 10), ("Offer D", 10, 23), ("Offer C", 24, 39), ("Offer B", 40, 65), ("Offer A", 66, 72))
_EXTRA_DATA = np.array([138, 51, 58, 62, 43, 36, 34, 47, 35, 44, 32, 28, 40, 38, 42])  # of 10, 20, …, 150 $
_REASONS = {
    "Competitor": (
        ("Competitor had better devices", 313),
        ("Competitor made better offer", 311),
        ("Competitor offered more data", 117),
        ("Competitor offered higher download speeds", 100),
    ),
    "Dissatisfaction": (("Product dissatisfaction", 77), ("Network reliability", 72), ("Service dissatisfaction", 172)),
    "Attitude": (("Attitude of support person", 220), ("Attitude of service provider", 94)),
    "Price": (("Price too high", 78), ("Long distance charges", 64), ("Extra data charges", 69)),
    "Other": (("Don't know", 130), ("Moved", 46), ("Deceased", 6)),
}
_PLACES = ("San", "Santa", "Los", "Las", "El", "La", "Del", "Mount", "Lake", "Fort", "Port", "North", "South", "East")
_NAMES = (
    "Alma Arroyo Aurora Bonita Brisa Buena Canto Cedro Cielo Clara Cobre Colina Corona Cumbre Dorado Encino "
    "Espiga Flor Fuente Gavilan Granada Haven Hermosa Isla Jacinto Jardin Laguna Laurel Linda Loma Luna "
    "Madera Manzana Marea Marina Mesa Mirador Molino Nieve Nogal Oliva Oro Padre Palma Palo Paloma Pampa "
    "Pasada Perla Piedra Pino Plata Prado Puente Quinta Ramona Redondo Rica Rio Roble Rosa Sabana Salinas "
    "Salto Sauce Selva Sierra Sol Solano Sonora Terra Tierra Toro Torre Trigo Valle Verde Vista Zafiro"
)
_ZIP_CODES = 1626
_CITIES = 1106

#: Dollars; the published table's smallest total revenue is 21.36.
LEAST_REVENUE = 18.0


def draw_customers(n: int = 7043, *, seed: int = 2022) -> pd.DataFrame:
    """Draw customers as the published table would hold them.

    Parameters
    ----------
    n : int
        Number of customers, from 1.
    seed : int
        Equal seeds give equal tables.

    Returns
    -------
    DataFrame of shape (n, 38)
        The published headers, with the table's traps: structural blanks are missing, ``Offer`` holds the text "None",
        1.7 % of the monthly charges are negative. Amounts are in $, tenure in months.
    """
    rng = np.random.default_rng(seed)
    tenure = _draw_tenure(rng, n)
    years = tenure / 12
    bins = np.digitize(tenure, _BINS) - 1

    kind = rng.random(n)
    no_internet = kind < _NO_INTERNET[bins]
    fiber = ~no_internet & (kind < (_NO_INTERNET + _FIBER)[bins])
    cable = ~no_internet & ~fiber & (rng.random(n) < 1 / 3)
    dsl = ~no_internet & ~fiber & ~cable
    internet = ~no_internet
    one_year, two_year = _draw_contract(rng, tenure, fiber, no_internet)
    married = _draw_events(rng, _MARRIED[bins])
    referrals = _draw_referrals(rng, married, years)
    dependents = _draw_dependents(rng, married)
    senior = rng.random(n) < 0.16
    age = np.where(senior, rng.integers(65, 81, n), rng.integers(19, 65, n))
    phone = fiber | no_internet | (rng.random(n) < 0.725)
    lines = phone & (rng.random(n) < _MULTIPLE_LINES[bins])
    taste = rng.normal(0, 0.9, n)  # who takes one add-on tends to take others; widens the charges at equal tenure
    add_ons = {
        name: internet & (rng.random(n) < _logistic(constant + slope * years + with_fiber * fiber + taste))
        for name, (constant, slope, with_fiber, _) in _ADD_ONS.items()
    }
    music = internet & (rng.random(n) < np.where(add_ons["Streaming Movies"], 0.863, 0.047))
    unlimited = internet & (rng.random(n) >= 0.14)

    charge = -1 + 20.9 * phone + 5.3 * lines + 25.6 * dsl + 27.5 * cable + 50.0 * fiber + rng.normal(0, 2.5, n)
    for name, (_, _, _, price) in _ADD_ONS.items():
        charge = charge + price * add_ons[name]
    monthly = np.round(np.clip(charge, 18.25, 118.75) * 20) / 20  # published to 5 cents
    spread = np.where(tenure == 1, 0.0, rng.normal(0, 0.2, n) * np.sqrt(tenure))
    total_charges = np.round(monthly * np.maximum(tenure + spread, 1.0), 2)
    long_distance = np.where(phone, np.round(rng.uniform(1.01, 49.99, n), 2), np.nan)
    total_long_distance = np.round(np.nan_to_num(long_distance) * tenure, 2)
    refunds = np.where(rng.random(n) < 0.0745, np.round(rng.uniform(1.01, 49.79, n), 2), 0.0)
    # Nobody is refunded more than has been paid beyond the cheapest month: revenue stays positive, as in the table.
    refunds = np.where(total_charges + total_long_distance - refunds < LEAST_REVENUE, 0.0, refunds)
    pays_extra = internet & ~unlimited & (rng.random(n) < 0.94)
    amounts = rng.choice(np.arange(10, 151, 10), n, p=_EXTRA_DATA / _EXTRA_DATA.sum())
    extra_data = np.where(pays_extra, amounts, 0)

    status_logit = (
        (-0.24 + 0.11 * years - 0.72 * np.log(tenure) - 1.39 * one_year - 2.70 * two_year)
        + (1.13 * (referrals == 1) - 1.48 * (referrals >= 2) - 1.79 * (dependents > 0) + 0.028 * monthly)
        + (0.43 * married + 0.66 * senior - 0.44 * add_ons["Online Security"] - 0.42 * add_ons["Premium Tech Support"])
    )
    new = tenure <= 3
    churned = _draw_events(rng, np.where(new, 0.57, _logistic(status_logit)))
    category, reason = _draw_reasons(rng, churned)
    paperless = rng.random(n) < np.where(no_internet, 0.292, np.where(fiber, 0.773, 0.556))
    # Planted errors, as published; the totals stay right.
    published = np.where(_draw_events(rng, np.full(n, 0.017)), -rng.integers(1, 11, n).astype(float), monthly)
    city, zip_code, latitude, longitude = _draw_places(rng, n)

    def if_internet(service: np.ndarray) -> pd.Series:
        return _words(np.where(internet, service, 2), ["No", "Yes", None])

    return pd.DataFrame(
        {
            "Customer ID": _draw_ids(rng, n),
            "Gender": _words(rng.random(n) < 0.505, ["Female", "Male"]),
            "Age": age,
            "Married": _words(married, ["No", "Yes"]),
            "Number of Dependents": dependents,
            "City": city,
            "Zip Code": zip_code,
            "Latitude": latitude,
            "Longitude": longitude,
            "Number of Referrals": referrals,
            "Tenure in Months": tenure,
            "Offer": _draw_offers(rng, tenure),
            "Phone Service": _words(phone, ["No", "Yes"]),
            "Avg Monthly Long Distance Charges": long_distance,
            "Multiple Lines": _words(np.where(phone, lines, 2), ["No", "Yes", None]),
            "Internet Service": _words(internet, ["No", "Yes"]),
            "Internet Type": _words(
                np.select([dsl, cable, fiber], [0, 1, 2], 3), ["DSL", "Cable", "Fiber Optic", None]
            ),
            "Avg Monthly GB Download": _draw_downloads(rng, age, internet),
            "Online Security": if_internet(add_ons["Online Security"]),
            "Online Backup": if_internet(add_ons["Online Backup"]),
            "Device Protection Plan": if_internet(add_ons["Device Protection Plan"]),
            "Premium Tech Support": if_internet(add_ons["Premium Tech Support"]),
            "Streaming TV": if_internet(add_ons["Streaming TV"]),
            "Streaming Movies": if_internet(add_ons["Streaming Movies"]),
            "Streaming Music": if_internet(music),
            "Unlimited Data": if_internet(unlimited),
            "Contract": _words(one_year + 2 * two_year, ["Month-to-Month", "One Year", "Two Year"]),
            "Paperless Billing": _words(paperless, ["No", "Yes"]),
            "Payment Method": _words(
                np.digitize(rng.random(n), [0.555, 0.945]), ["Bank Withdrawal", "Credit Card", "Mailed Check"]
            ),
            "Monthly Charge": published,
            "Total Charges": total_charges,
            "Total Refunds": refunds,
            "Total Extra Data Charges": extra_data,
            "Total Long Distance Charges": total_long_distance,
            "Total Revenue": np.round(total_charges - refunds + extra_data + total_long_distance, 2),
            "Customer Status": _words(np.select([churned, new], [0, 1], 2), ["Churned", "Joined", "Stayed"]),
            "Churn Category": category,
            "Churn Reason": reason,
        }
    )


def _logistic(logit: np.ndarray) -> np.ndarray:
    chances: np.ndarray = 1 / (1 + np.exp(-logit))
    return chances


def _draw_events(rng: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """Systematic sampling in random order: each event has its chance, and their number is the sum of the chances."""
    order = rng.permutation(len(chance))
    reached = np.floor(np.cumsum(chance[order]) + rng.random())
    happened = np.empty(len(chance), dtype=bool)
    happened[order] = np.diff(reached, prepend=0.0) > 0
    return happened


def _words(codes: np.ndarray, words: Sequence[str | None]) -> pd.Series:
    """Words of the codes, as strings."""
    return pd.Series(list(words), dtype="str").take(np.asarray(codes, dtype=np.intp)).reset_index(drop=True)


def _draw_tenure(rng: np.random.Generator, n: int) -> np.ndarray:
    months = np.arange(1, 73)
    weights = np.interp(months, [7, 12, 13, 14, 30, 31, 59, 60, 65], [120, 120, 108, 92, 72, 66, 66, 75, 75])
    weights[:6] = [613, 238, 200, 176, 133, 110]
    weights[65:] = [89, 98, 100, 95, 119, 170, 362]
    # Stratified quantiles: every sample holds nearly the published number of customers at each tenure.
    quantiles = (rng.permutation(n) + rng.random(n)) / n
    return months[np.searchsorted(np.cumsum(weights / weights.sum())[:-1], quantiles, side="right")]


def _draw_contract(
    rng: np.random.Generator, tenure: np.ndarray, fiber: np.ndarray, no_internet: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Who has a one-year and who a two-year contract: a multinomial logit against month-to-month."""
    years, longest = tenure / 12, tenure == 72
    one = np.exp(-3.171 + 1.452 * years - 0.1109 * years**2 - 0.922 * fiber + 0.923 * no_internet + 1.91 * longest)
    two = np.exp(-3.466 + 0.828 * years + 0.0390 * years**2 - 1.353 * fiber + 1.707 * no_internet + 3.691 * longest)
    draw = rng.random(len(tenure)) * (1 + one + two)
    return draw < one, (draw >= one) & (draw < one + two)


def _draw_referrals(rng: np.random.Generator, married: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Draw 0 for 5 %, 1 for 32 % and 2 to 10 equally often for the rest of the married; the 1 is a newcomer's number.

    Without its fall with tenure, tenure and referrals would correlate by marriage alone, less than they do.
    """
    several = rng.integers(2, 11, len(married))
    draw = rng.random(len(married))
    number = np.where(draw < 0.05, 0, np.where(draw < 0.05 + 0.32 * (1.40 - 0.12 * years), 1, several))
    return np.where(married, number, 0)


def _draw_dependents(rng: np.random.Generator, married: np.ndarray) -> np.ndarray:
    counts = rng.choice(np.arange(1, 10), len(married), p=[0.328] * 3 + [0.006, 0.006, 0.002, 0.001, 0.0005, 0.0005])
    return np.where(rng.random(len(married)) < np.where(married, 0.39, 0.08), counts, 0)


def _draw_downloads(rng: np.random.Generator, age: np.ndarray, internet: np.ndarray) -> pd.Series:
    """GB a month, whole numbers; blank without internet."""
    young = rng.integers(19, 86, len(age))
    other = np.where(rng.random(len(age)) < 0.96, rng.integers(4, 31, len(age)), rng.integers(2, 31, len(age)))
    download = np.where(age < 30, np.clip(np.round(0.5 * young + rng.normal(27, 10, len(age))), 19, 85), other)
    return pd.Series(download.astype(np.int64), dtype="Int64").mask(~internet)


def _draw_offers(rng: np.random.Generator, tenure: np.ndarray) -> pd.Series:
    """Draw the offer of one's time, or the literal "None"."""
    words: list[str | None] = ["None", *(name for name, _, _ in _OFFERS)]
    codes = np.zeros(len(tenure), dtype=np.intp)
    for code, (_, first, last) in enumerate(_OFFERS, start=1):
        codes[(tenure >= first) & (tenure <= last)] = code
    return _words(np.where(rng.random(len(tenure)) < 0.45, codes, 0), words)


def _draw_reasons(rng: np.random.Generator, churned: np.ndarray) -> tuple[pd.Series, pd.Series]:
    pairs = [(category, reason, count) for category, reasons in _REASONS.items() for reason, count in reasons]
    counts = np.array([count for _, _, count in pairs], dtype=float)
    codes = np.where(churned, rng.choice(len(pairs), len(churned), p=counts / counts.sum()), len(pairs))
    return _words(codes, [*(pair[0] for pair in pairs), None]), _words(codes, [*(pair[1] for pair in pairs), None])


def _draw_places(rng: np.random.Generator, n: int) -> tuple[pd.Series, np.ndarray, np.ndarray, np.ndarray]:
    """City (invented names), zip code and the point of the zip code, from south to north."""
    at = rng.integers(0, _ZIP_CODES, n)
    step = at / (_ZIP_CODES - 1)
    zip_code = 90001 + np.round(step * (96150 - 90001)).astype(np.int64)
    # The zip codes beyond one a city fall to the first cities, more to the very first.
    extra = np.arange(_ZIP_CODES - _CITIES)
    owner = np.concatenate([np.arange(_CITIES), (extra**2 // len(extra)) % 200])
    names = [f"{place} {name}" for name in _NAMES.split() for place in _PLACES][:_CITIES]
    latitude = np.round(32.6 + 9.3 * step + 0.3 * np.sin(at * 12.9898), 6)
    longitude = np.round(-116.2 - 7.0 * step + 1.0 * np.sin(at * 78.233), 6)
    return _words(owner[at], names), zip_code, latitude, longitude


def _draw_ids(rng: np.random.Generator, n: int) -> pd.Series:
    """Draw unique ids such as 0002-ORFBO, sorted."""
    radix = 26**5
    numbers = np.unique(rng.integers(0, 10_000 * radix, n))
    while len(numbers) < n:
        numbers = np.unique(np.append(numbers, rng.integers(0, 10_000 * radix, n - len(numbers))))
    letters = np.empty((n, 10), dtype=np.uint8)
    digits, rest = np.divmod(numbers, radix)
    for place in range(3, -1, -1):
        digits, digit = np.divmod(digits, 10)
        letters[:, place] = digit + ord("0")
    letters[:, 4] = ord("-")
    for place in range(9, 4, -1):
        rest, letter = np.divmod(rest, 26)
        letters[:, place] = letter + ord("A")
    return pd.Series(letters.view("S10").ravel().astype("U10"), dtype="str")
