"""Fictional names of people, companies and disputes."""

import unicodedata

from sandbox.seeding.dice import Dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Ada Aisha Alejandro Amara Andre Anneliese Anton Arjun Beatriz Bjørn Caleb Camila Carmen Chiara Chloé Dalia "
    "Damien Daniela Darius Della Desmond Dmitri Edith Eleni Elif Eliot Esperanza Étienne Fatima Felix Fiona Frida "
    "Gael Georgia Gideon Giulia Grace Hana Harold Hassan Helga Hugo Imani Ines Iris Isaac Ivy Jamal Janelle Jin "
    "João Joelle Jonas José Juniper Kaito Katarzyna Keisha Kofi Lars Leilani Lena Leonora Liam Linh Lucía Malik "
    "Marcus Mariam Matteo Mei Mercy Micah Miguel Mireille Mónica Naomi Nikolai Noor Nuala Octavia Odette Olga Omar "
    "Oscar Paloma Pavel Pearl Petra Priya Quentin Rafael Ramona René Rhys Rosa Ruth Sadie Samir Saoirse Sienna Søren "
    "Stella Sunita Svetlana Tamar Tariq Tessa Thandiwe Theo Tobias Tomás Uma Ursula Valentina Vera Viktor Wanda "
    "Wendell Xiomara Yara Yusuf Zainab Zoë"
)
LAST_NAMES = (
    *_words(
        "Abara Achterberg Adeyemi Aguilar Albright Almeida Anselm Arroyo Ashworth Baptiste Barrow Bellweather Benítez "
        "Bergström Blackwood Bouchard Brannigan Calloway Castañeda Cavanaugh Chandra Chowdhury Corrigan Covington Crane "
        "Dabrowski Delacroix Demirci Drummond Dufresne Eastman Ekwueme Ellery Esposito Fairbanks Falkner Farouk Fenwick "
        "Ferreira Fitzgerald Fontaine Gallagher García Goldberg Grünwald Guerrero Hallström Hargrove Hawthorne Hernández "
        "Hollis Huang Ibáñez Ibarra Iyer Jankowski Jelínek Kaplan Karlsson Keating Khalil Kowalczyk Lachance Langley "
        "Larkspur Lindqvist López Lovelace Mackintosh Marchetti Marlowe Mbeki Medeiros Mendoza Merriweather Molina "
        "Montague Müller Nakamura Ndiaye Nguyễn Nightingale Novák Núñez Oakley Okafor Okonkwo Olivares Ortega Østergaard "
        "Pacheco Pemberton Petrov Pfeiffer Pontillo Prescott Quigley Quiñones Ramanathan Redfern Reyes Rivière Rosenthal "
        "Rutherford Salazar Sandoval Sato Schröder Seward Shapiro Sinclair Solberg Sorensen Stavros Sundaram Szabó "
        "Takahashi Tanaka Thackeray Thornbury Tremblay Underhill Vance Vasquez Velázquez Villanueva Voss Wakefield "
        "Weatherby Whitlock Winterbourne Woźniak Yamamoto Y\u0131lmaz Zamora Zielinski"
    ),
    *("O'Brien", "O'Dowd", "O'Malley", "D'Angelo", "N'Diaye", "L'Heureux", "de la Cruz", "van der Berg", "St. John"),
    *("Smith-Okoye", "Garza-Whitfield", "Fonseca-Lund", "Al-Masri", "Ben-Haim", "Mac Giolla", "Le Guin", "Del Rio"),
)
_TRADES = _words("Bakery Freight Holdings Plumbing Orchards Analytics Roofing Ceramics Catering Textiles Marine")
_FORMS = ("LLC", "Inc.", "Co.", "& Sons", "Partners LP")
_OPPONENTS = (
    *("Lakeside Transit", "Northgate Mutual", "Harbor Freightways", "City of Millbrook", "Redline Rideshare"),
    *("Summit Warehousing", "Bluebird Foods", "Cascade Property Group", "Ironwood Builders", "Delmar Insurance"),
)
_DISPUTES = (
    *("motor vehicle", "slip and fall", "workplace injury", "dog bite", "benefits denial", "rear-end collision"),
    *("premises liability", "wage claim", "visa petition", "will and trust", "product defect", "pedestrian accident"),
)
_BASE_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "\u0131": "i"} | dict.fromkeys("' .&"))


def ascii_word(text: str) -> str:
    """The text as it fits an e-mail address: ``Núñez`` → ``nunez``."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_BASE_LETTERS))
    return decomposed.encode("ascii", "ignore").decode().lower()


def company_name(dice: Dice) -> str:
    """A company that does not exist."""
    return f"{dice.pick(LAST_NAMES)} {dice.pick(_TRADES)} {dice.pick(_FORMS)}"


def case_description(name: str, dice: Dice) -> str:
    """``Okafor v. Lakeside Transit - motor vehicle``."""
    return f"{name} v. {dice.pick(_OPPONENTS)} - {dice.pick(_DISPUTES)}"
