"""What the words of a header speak for, by the word lists of ``words/``: one file a language, concepts to words.

Longer phrases go before their parts ("number of orders" is no order), compounds and words that are written together are
taken apart ("Kundennummer", "unitprice"), and short words count only in a language that the other headers speak too.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import resources

import yaml

from customer_segmentation.sources.parsing.headers import exact
from customer_segmentation.sources.parsing.texts import fold

_PARTS = re.compile(r"[#]|°|[a-z]+|[^\W\d_a-z]+|\d+")  # a word ends where the alphabet changes
_WHOLE = re.compile(r"[#]|°|[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zß-ÿ])")
_PLAIN = str.maketrans({"ß": "ss", "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "’": " ", "'": " "})
_SHORT = 3  # letters up to which a word belongs to its language alone
_STEM = 5  # letters of a word from which it may have an ending
_ENDING = 4  # letters of such an ending at most
_LINKS = ("", "s", "n", "en", "er", "e", "es")  # between the parts of a compound
_LONGEST = 4  # words of a phrase
_SPOKEN = 0.25  # share of the headers with a word of a language from which the table speaks it
#: YAML takes no longer key than 1,024 signs, and spells some letters with four.
_LONGEST_HEADER = 250
#: Concepts that are lists of cells, not of headers.
_CELLS = frozenset(["event", "remain", "total_row", "walk_in", "units"])


def fold_text(text: str) -> str:
    """Lower a text and take its accents away.

    >>> fold_text("Müşteri Größe"), fold_text("Preço")
    ('musteri grosse', 'preco')
    """
    lowered = text.replace("İ", "i").casefold().translate(_PLAIN)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(header: str) -> list[str]:
    """Words of a header, without case and accents.

    >>> words_of("avgOrderValue (EUR)"), words_of("Total_Visits2023"), words_of("Größe")
    (['avg', 'order', 'value', 'eur'], ['total', 'visits', '2023'], ['grosse'])
    """
    return _PARTS.findall(fold_text(_CAMEL.sub(" ", unicodedata.normalize("NFC", header))))


def slug(text: str) -> str:
    """Text as a name of small letters, digits and underscores; empty where it has none of them.

    >>> slug("Größe (cm)"), slug("Members 2023.csv")
    ('groesse_cm', 'members_2023_csv')
    """
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ı", "i")):
        text = text.replace(letter, plain).replace(letter.upper(), plain)
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_")


def unusable_header(header: str, known: Counter[str]) -> str:
    """Why no contract can name a column by its header, or nothing.

    Parameters
    ----------
    header : as it is written
    known : how often each header stands in the table
    """
    if not fold(header):
        return "its header has no letter or digit; give the column a name to use it"
    if known[exact(header)] > 1:
        return "its header stands more than once; rename the columns to use them"
    if len(header) > _LONGEST_HEADER:
        return f"its header has {len(header):,} letters; give the column a shorter name to use it"
    return "its header holds '${', which configs take for a reference; rename it" if "${" in header else ""


@dataclass(frozen=True)
class HeaderWords:
    """What the words of a header speak for.

    Attributes
    ----------
    words : tuple of str
        Without case and accents.
    found : tuple of (str, frozenset of str)
        Phrase and its concepts, in the order of the header.
    last : int
        Position in ``found`` of the last phrase that is no bare number.
    """

    words: tuple[str, ...]
    found: tuple[tuple[str, frozenset[str]], ...]

    @functools.cached_property
    def concepts(self) -> frozenset[str]:
        """All concepts of the header."""
        return frozenset().union(*(concepts for _, concepts in self.found))

    def __contains__(self, concept: str) -> bool:
        return concept in self.concepts

    def phrases(self, concept: str) -> list[str]:
        """Phrases that speak for a concept."""
        return [phrase for phrase, concepts in self.found if concept in concepts]

    @property
    def known(self) -> bool:
        """Whether any word is known."""
        return bool(self.found)


@functools.lru_cache(maxsize=1)
def languages() -> dict[str, dict[str, dict[str, frozenset[str]]]]:
    """Word lists by language: {language: {"headers": {phrase: concepts}, "cells": {list: words}, ...}}."""
    loaded: dict[str, dict[str, dict[str, frozenset[str]]]] = {}
    folder = resources.files("customer_segmentation.exploration.roles") / "words"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        # The base loader: "no" and "on" are words here.
        declared = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - texts alone, and our own file
        headers: dict[str, set[str]] = {}
        for concept, phrases in declared.items():
            for phrase in () if concept in _CELLS else phrases:
                headers.setdefault(" ".join(words_of(phrase)), set()).add(concept)
        loaded[file.name.removesuffix(".yaml")] = {
            "headers": {phrase: frozenset(concepts) for phrase, concepts in headers.items() if phrase},
            "cells": {
                name: frozenset(fold_text(word) for word in declared[name])
                for name in _CELLS - {"units"}
                if name in declared
            },
            "units": {unit: frozenset(words) for unit, words in declared.get("units", {}).items()},
        }
    return loaded


@functools.lru_cache
def cell_words(name: str) -> frozenset[str]:
    """Words of all languages of a list of cells, such as ``event`` or ``total_row``."""
    return frozenset().union(*(language["cells"].get(name, frozenset()) for language in languages().values()))


@functools.lru_cache
def total_words() -> frozenset[str]:
    """Single words of all languages that say that an amount is a whole."""
    listed = ((word, found) for language in languages().values() for word, found in language["headers"].items())
    return frozenset(word for word, concepts in listed if "total" in concepts and " " not in word)


class Vocabulary:
    """The word lists as they count for one table.

    Parameters
    ----------
    headers : sequence of str
        All headers of the table; they tell which languages it speaks.
    """

    def __init__(self, headers: Sequence[str]) -> None:
        self.spoken = _spoken(headers)
        self._phrases: dict[str, frozenset[str]] = {}
        self.units: dict[str, str] = {}
        # A word is read as the table's own languages read it; as any other does, where they do not know it.
        for ours in (False, True):
            read: dict[str, frozenset[str]] = {}
            for name, language in languages().items():
                if (name in self.spoken) is not ours:
                    continue
                for phrase, concepts in language["headers"].items():
                    if ours or " " in phrase or len(phrase) > _SHORT:
                        read[phrase] = read.get(phrase, frozenset()) | concepts
                for unit, words in language["units"].items():
                    self.units |= {word: unit for word in words if ours or len(word) > _SHORT}
            self._phrases |= read

    def read(self, header: str) -> HeaderWords:
        """Find the concepts of a header."""
        words: list[str] = []
        for part in _WHOLE.findall(unicodedata.normalize("NFC", header)):
            folded = fold_text(part)  # "MwSt" is a word, "UnitPrice" are two
            words += [folded] if folded in self._phrases else words_of(part)
        found: list[tuple[str, frozenset[str]]] = []
        at = 0
        while at < len(words):
            for size in range(min(_LONGEST, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + size])
                concepts = self._phrases.get(phrase)
                if concepts:
                    found.append((phrase, concepts))
                    break
            else:
                size = 1
                found += self._parts(words[at]) or self._cognate(words[at])
            at += size
        return HeaderWords(tuple(words), tuple(found))

    def unit(self, words: Sequence[str]) -> str:
        """Unit that the words of a header name, the last one first; empty without any."""
        for word in reversed(words):
            if word in self.units:
                return self.units[word]
        parts = [part for word in words for part, _ in self._parts(word)]
        return next((self.units[part] for part in reversed(parts) if part in self.units), "")

    def _cognate(self, word: str) -> list[tuple[str, frozenset[str]]]:
        """Concepts of a word that a language without a list spells as others do, but for a k: "klient", "faktura"."""
        spelt = word.replace("k", "c")
        if spelt == word or len(word) < _STEM:
            return []
        return [(spelt, self._phrases[spelt])] if spelt in self._phrases else self._parts(spelt)

    def _parts(self, word: str) -> list[tuple[str, frozenset[str]]]:
        """Concepts of a word that is no entry: one with an ending, or a compound of entries."""
        if len(word) < _STEM or word.isdigit() or not word.isascii():
            return []
        for stop in range(len(word) - 1, max(_STEM, len(word) - _ENDING) - 1, -1):
            if word[:stop] in self._phrases:
                return [(word[:stop], self._phrases[word[:stop]])]
        for start in range(len(word) - 2, 2, -1):  # the shortest last part first: it is what a compound is
            tail, head = word[start:], word[:start]
            if tail not in self._phrases or (len(tail) <= 2 and tail not in ("id", "no", "nr")):
                continue
            for link in _LINKS:
                stem = head.removesuffix(link)
                if head.endswith(link) and len(stem) > 2 and stem in self._phrases:
                    return [(stem, self._phrases[stem]), (tail, self._phrases[tail])]
        # The last part alone still says what a compound is: "Jahresdurchschnittsbetrag" is an amount.
        for start in range(3, len(word) - 4):
            if word[start:] in self._phrases:
                return [(word[start:], self._phrases[word[start:]])]
        return []


def _spoken(headers: Sequence[str]) -> frozenset[str]:
    """Languages that the headers speak: English, and any that knows many of the words that English does not."""
    words = [word for header in headers[:200] for word in words_of(header)]
    english = languages()["en"]["headers"]
    foreign = [word for word in words if word not in english and len(word) > 1 and not word.isdigit()]
    if not foreign:
        return frozenset(["en"])
    known = {
        name: sum(_knows(language["headers"], word) * (1.0 if len(word) > _SHORT else 0.2) for word in foreign)
        for name, language in languages().items()
        if name != "en"
    }
    best = max(known.values(), default=0)
    return frozenset(
        [
            "en",
            *(name for name, hits in known.items() if hits and hits >= 0.7 * best and hits >= _SPOKEN * len(headers)),
        ]
    )


def _knows(headers: Collection[str], word: str) -> bool:
    return word in headers or (len(word) > _STEM and any(word[:stop] in headers for stop in range(_STEM, len(word))))
