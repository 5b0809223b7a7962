"""Build the example tables beside this file: invented businesses, no real customer.

    python examples/make_tables.py            # writes members.csv, newer.csv, new.csv, guests.csv and orders.csv

Every table is drawn from a seed, so that a second run writes the same bytes. Each has what real exports have: blanks,
dates, a currency sign, a repeated row, a cell that is not a number.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20
HERE = Path(__file__).resolve().parent


def members(rng: np.random.Generator, n: int, *, first: int, until: str) -> pd.DataFrame:
    """Members of a gym with a subscription: regulars, people who came twice, and those who bring their friends."""
    kind = rng.choice(3, n, p=[0.45, 0.35, 0.20])
    months = np.clip(rng.gamma([3.0, 2.0, 6.0], [6.0, 2.5, 6.0], (n, 3))[np.arange(n), kind], 1, 96).round()
    visits = np.clip(rng.normal([8.0, 2.2, 6.0], [2.4, 1.2, 2.2], (n, 3))[np.arange(n), kind], 0, None).round(1)
    referrals = rng.poisson(np.array([0.4, 0.1, 3.5])[kind])
    plan = np.where(rng.random(n) < np.array([0.5, 0.15, 0.6])[kind], "Premium", "Basic")
    fee = np.clip(rng.normal(np.where(plan == "Premium", 46.0, 38.0), 7.0), 19, None).round()
    classes = rng.poisson(np.where(plan == "Premium", 3.0, 0.6) * np.minimum(visits / 4, 2))
    extras = np.where(rng.random(n) < 0.4, rng.gamma(1.5, 60.0, n), 0.0)
    left = rng.random(n) < np.array([0.12, 0.45, 0.05])[kind]
    joined = pd.Timestamp(until) - pd.to_timedelta((months * 30.4).astype(int) + rng.integers(0, 28, n), unit="D")
    table = pd.DataFrame(
        {
            "Member": [f"M{first + i:05d}" for i in range(n)],
            "Joined": joined.strftime("%Y-%m-%d"),
            "Plan": plan,
            "City": rng.choice(["Northport", "Lakeside", "Hillview"], n, p=[0.5, 0.3, 0.2]),
            "Months as Member": months.astype(int),
            "Visits per Month": visits,
            "Classes Booked": classes,
            "Friends Referred": referrals,
            "Monthly Fee": [f"${amount:.2f}" for amount in fee],
            "Total Paid": (fee * months + extras).round(2),
            "Cancelled": np.where(left, "Yes", "No"),
        }
    )
    table.loc[rng.choice(n, n // 60, replace=False), "City"] = None
    return table


def half_a_year_later(rng: np.random.Generator, before: pd.DataFrame) -> pd.DataFrame:
    """Those of the members who had not cancelled, six months on, and some who joined since."""
    stayed = before[before["Cancelled"] == "No"].copy()
    n = len(stayed)
    fee = stayed["Monthly Fee"].str.removeprefix("$").astype(float)
    stayed["Months as Member"] += 6
    stayed["Total Paid"] = (stayed["Total Paid"] + 6 * fee).round(2)
    stayed["Visits per Month"] = (stayed["Visits per Month"] + rng.normal(0, 0.7, n)).clip(lower=0).round(1)
    stayed["Friends Referred"] += rng.poisson(0.2, n)
    stayed["Cancelled"] = np.where(rng.random(n) < np.where(stayed["Visits per Month"] < 3, 0.3, 0.06), "Yes", "No")
    joined = members(rng, 220, first=901, until="2025-12-31")
    return pd.concat([stayed, joined], ignore_index=True)


def guests(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Guests of a hotel: business travellers, weekend couples, families in summer; with dates and blanks."""
    kind = rng.choice(3, n, p=[0.3, 0.45, 0.25])
    stays = 1 + rng.poisson(np.array([6.0, 0.8, 1.2])[kind])
    nights = np.clip(rng.normal([1.6, 2.2, 6.5], [0.5, 0.6, 1.8], (n, 3))[np.arange(n), kind], 1, None).round(1)
    rate = np.clip(rng.normal([165.0, 120.0, 140.0], [25.0, 20.0, 25.0], (n, 3))[np.arange(n), kind], 60, None).round()
    restaurant = np.where(rng.random(n) < 0.6, rng.gamma(2.0, 35.0, n) * nights / 2, 0.0).round(2)
    lead = np.clip(rng.gamma([1.5, 3.0, 5.0], [4.0, 10.0, 18.0], (n, 3))[np.arange(n), kind], 0, 365).round()
    last = pd.Timestamp("2025-12-31") - pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    table = pd.DataFrame(
        {
            "Guest No": np.arange(10_001, 10_001 + n),
            "Last Arrival": last.strftime("%d.%m.%Y"),
            "Country": rng.choice(["DE", "FR", "NL", "US"], n, p=[0.55, 0.2, 0.15, 0.1]),
            "Stays": stays,
            "Nights per Stay": nights,
            "Booked Days Ahead": lead.astype(int),
            "Room Rate (EUR)": rate.astype(int),
            "Restaurant (EUR)": restaurant,
            "Revenue (EUR)": (stays * nights * rate + restaurant * stays).round(2),
            "Newsletter": np.where(rng.random(n) < 0.35, "yes", "no"),
            "Came Back": np.where(rng.random(n) < np.array([0.8, 0.3, 0.45])[kind], "yes", "no"),
        }
    )
    table.loc[rng.choice(n, n // 12, replace=False), "Restaurant (EUR)"] = np.nan
    table.loc[rng.choice(n, n // 20, replace=False), "Country"] = None
    return table


def orders(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Orders of a shop over two years, one row each: who, when, what for; returns are below 0."""
    kind = rng.choice(3, n, p=[0.2, 0.5, 0.3])
    counts = 1 + rng.poisson(np.array([9.0, 1.5, 3.0])[kind])
    buyer = np.repeat(np.arange(n), counts)
    of = kind[buyer]
    start = rng.integers(0, 500, n)[buyer]
    day = np.minimum(start + rng.gamma(1.2, np.array([120.0, 80.0, 150.0])[of]), 729).astype(int)
    amount = rng.gamma(2.5, np.array([22.0, 14.0, 48.0])[of]) + 3
    amount = np.where(rng.random(len(buyer)) < 0.03, -amount, amount).round(2)
    table = pd.DataFrame(
        {
            "Order": np.arange(len(buyer)) + 500_001,
            "Buyer": [f"C{number:04d}" for number in buyer],
            "Day": (pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d"),
            "Total": amount,
        }
    )
    return table.sort_values(["Day", "Order"], kind="stable", ignore_index=True)


def tables() -> dict[str, str]:
    """Text of every table by its file's name."""
    now = members(np.random.default_rng([SEED, 0]), 900, first=1, until="2025-06-30")
    later = half_a_year_later(np.random.default_rng([SEED, 1]), now)
    new = members(np.random.default_rng([SEED, 2]), 120, first=2001, until="2026-01-31").drop(columns="Cancelled")
    written = {
        "members.csv": pd.concat([now, now.iloc[[17]]], ignore_index=True),  # a row that was exported twice
        "newer.csv": later,
        "new.csv": new.astype({"Visits per Month": object}),
        "guests.csv": guests(np.random.default_rng([SEED, 3]), 700),
        "orders.csv": orders(np.random.default_rng([SEED, 4]), 600),
    }
    written["new.csv"].loc[5, "Visits per Month"] = "unknown"
    return {name: table.to_csv(index=False, lineterminator="\n") for name, table in written.items()}


def main(folder: Path = HERE) -> None:
    """Write all tables into a folder."""
    for name, text in tables().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder / name}: {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
