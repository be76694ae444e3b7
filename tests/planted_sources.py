"""Inputs of a corpus of which everything is known before it is built, and what is known of them.

Every record is planted with its fate, so that what a card must say is a sum over `RECORDS`.
"""

import json
import random
from dataclasses import dataclass, field

from piece_models import learn

from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress

WORDS = {
    "en": """the be to of and that have with hay bale field farm winter summer corn barn wagon horse
        river stone meadow wind rain cloud early late green yellow bright heavy light carry gather
        stack dry store feed cattle sheep morning evening harvest labour village market road bridge
        water garden""",
    "de": """der die das und ist nicht mit auf für werden haben Bauer Scheune Wiese Ernte Winter
        Sommer Getreide Pferd Brücke Straße Wagen Garten Abend Morgen früh spät grün gelb schwer
        leicht trocken sammeln tragen Dorf Markt Fluss Stein Regen Wolke Wasser Schafe fahren""",
    "fr": """le la les et est dans avec pour une des que qui sur grange prairie moisson hiver été
        blé cheval pont route charrette jardin soir matin tôt tard vert jaune lourd léger sec porter
        ramasser village marché rivière pierre pluie nuage eau moutons foin champ""",
    "ru": """и в не на что с как это для он была сено поле ферма зима лето зерно лошадь река камень
        луг ветер дождь облако рано поздно зелёный жёлтый тяжёлый лёгкий нести собирать утро вечер
        урожай деревня рынок дорога мост вода сад""",
}
STOP_WORDS = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"])
"""Gopher's (Rae et al. 2021, A.1.1); a text without two of them fails."""

EMAIL, PHONE, IP = "jo@brook.org", "(212) 555-0142", "93.184.215.14"
TOKENS = {"email": (EMAIL, "<EMAIL>"), "phone": (PHONE, "<PHONE>"), "ip": (IP, "<IP>")}

WORD_COUNT, STOPS = "gopher/word_count@1", "gopher/stop_words@2"
BULLETS, ELLIPSES = "gopher/bullet_line_fraction@1", "gopher/ellipsis_line_fraction@1"
EMPTY, LANGUAGE = "document/empty@1", "language/allowed@1"
EXACT, NEAR = "exact/text@1", "minhash/jaccard@1"
QUIZ = "contamination/quiz@1"
ITEM = (
    "A farmer has twelve bales of hay, sells half of them in May, and buys three more in "
    "June; how many bales does the farmer have at the end of June?"
)
# 30 words, so 18 n-grams of 13; "found" stands with its first 14, two n-grams.
FOUND = (
    "Which of these four animals eats neither straw nor clover when winter comes to the old "
    "valley, and why do shepherds of that country still keep it near their sheep?"
)
ABSENT = "Who first wrote that oats are given to horses in one land and to people in another one?"
SHORT = "How many legs?"
REPORTED = "What does the miller of the third tale say to his daughter before she leaves for town?"
ITEMS = {
    "quiz": {"whole": ITEM, "part": FOUND, "absent": ABSENT, "short": SHORT},
    "exam": {"told": REPORTED},
}


@dataclass(frozen=True)
class Record:
    """A document, and what is known of it.

    Attributes:
        subset: Where it is.
        text: Of the source.
        fate: The rule that takes it out; empty: it stays.
        hits: Every rule of ingest that fails it.
        language: Its own.
        url: Of the source.
        license: Likewise.
        finds: Kind of personal data to how often the text has it.
    """

    subset: str
    text: str
    fate: str = ""
    hits: tuple[str, ...] = ()
    language: str = "en"
    url: str | None = None
    license: str | None = None
    finds: dict[str, int] = field(default_factory=dict)

    @property
    def masked(self) -> str:
        """As it is once personal data are masked, which web asks for."""
        text = self.text
        for found, token in TOKENS.values() if self.subset == "web" else ():
            text = text.replace(found, token)
        return text

    @property
    def by_ingest(self) -> bool:
        """Whether ingest drops it."""
        return self.fate in self.hits


def words(seed: int, number: int, language: str = "en", without: frozenset[str] = frozenset()):
    """Words at random; different seeds give unrelated texts."""
    rng, known = random.Random(seed), [w for w in WORDS[language].split() if w not in without]
    return [rng.choice(known) for _ in range(number)]


def prose(seed: int, number: int = 120, language: str = "en", start: str = "", end: str = "."):
    """Lines of twelve words."""
    found = words(seed, number, language)
    return "\n".join(start + " ".join(found[at : at + 12]) + end for at in range(0, number, 12))


def one_word_changed(text: str, at: int) -> str:
    """Of 400 words: at most 13 of 388 shingles differ, so the similarity is 375 / 401 or more."""
    found = text.split(" ")
    return " ".join([*found[:at], "straw", *found[at + 1 :]])


def _web() -> list[Record]:
    records = []
    for seed in range(40):
        host = "www.big.org" if seed < 32 else "blog.mid.net"
        url = f"https://{host}/{seed}" if seed < 37 else None
        text, finds = prose(seed), {}
        if seed == 0:
            text, finds = f"{text}\nAsk {EMAIL} or {EMAIL} now.", {"email": 2}
        if seed == 1:
            text, finds = f"{text}\nAsk {EMAIL}, phone {PHONE}.", {"email": 1, "phone": 1}
        if seed == 2:
            text, finds = f"{text}\nThe server is {IP} and up.", {"ip": 1}
        records.append(
            Record("web", text, url=url, license="cc-by-4.0" if seed % 2 else None, finds=finds)
        )
    # 150 of 30 words, more than the 64 of a rule that a part keeps; one has an address.
    for seed in range(100, 250):
        text, finds = " ".join([*words(seed, 25 + seed % 9), "the", "and"]), {}
        if seed == 100:
            text, finds = f"{text} {EMAIL}", {"email": 1}
        records.append(Record("web", text, WORD_COUNT, (WORD_COUNT,), finds=finds))
    for seed in range(300, 302):
        text = " ".join(words(seed, 30, without=STOP_WORDS))
        records.append(Record("web", text, WORD_COUNT, (WORD_COUNT, STOPS)))
    for seed in range(310, 313):
        records.append(Record("web", prose(seed, start="- "), BULLETS, (BULLETS,)))
    for seed in range(320, 322):
        # Ten ellipses in 120 words are fewer than one in ten.
        records.append(Record("web", prose(seed, end="..."), ELLIPSES, (ELLIPSES,)))
    for seed in range(330, 333):
        records.append(Record("web", prose(seed, 120, "de"), LANGUAGE, (LANGUAGE,), "de"))
    # Without a word nobody knows the language, so neither is it English nor are stop words known.
    records.append(Record("web", " ", EMPTY, (EMPTY, LANGUAGE, WORD_COUNT), "unknown"))
    # Clusters: three alike; a pair nearly so; five, two of them copies and two nearly so.
    three, pair, five = (prose(seed, 400) for seed in (400, 401, 402))
    records += [Record("web", three), *(Record("web", three, EXACT) for _ in range(2))]
    records += [Record("web", f"{pair} hay"), Record("web", one_word_changed(pair, 50), NEAR)]
    records += [Record("web", f"{five} hay"), *(Record("web", f"{five} hay", EXACT),) * 2]
    records += [Record("web", one_word_changed(five, at), NEAR) for at in (60, 90)]
    # Evaluation items in documents of their own.
    records += [
        Record("web", f"{prose(seed)} {ITEM} {prose(seed + 1)}", QUIZ) for seed in (500, 510)
    ]
    part = " ".join(FOUND.split()[:14])
    return [*records, Record("web", f"{prose(520)} {part} {prose(521)}")]


def _mail() -> list[Record]:
    records = [Record("mail", prose(seed)) for seed in range(600, 606)]
    text = f"{prose(610)}\nMail {EMAIL}, phone {PHONE}, or {EMAIL}."
    records.append(Record("mail", text, finds={"email": 2, "phone": 1}))
    records.append(Record("mail", f"{prose(611)}\nThe server is {IP}.", finds={"ip": 1}))
    records.append(Record("mail", f"{prose(612)} {REPORTED} {prose(613)}"))
    # A copy of one of web, which comes first: a pair across subsets.
    return [*records, Record("mail", prose(39), EXACT)]


def _world() -> list[Record]:
    numbers = {"de": 6, "fr": 5, "ru": 4}
    return [
        Record("world", prose(700 + seed, 120, language), language=language)
        for language, number in numbers.items()
        for seed in range(number)
    ]


RECORDS = (*_web(), *_mail(), *_world())
UNREADABLE = {"not_json": b"not json", "no_text": b'{"id": 1}', "invalid_utf8": b'{"text": "\xff"}'}
"""Lines of web that are no documents, by reason."""
CLUSTERS = {"2": 2, "3-4": 1, "5-9": 1, "10-99": 0, "100+": 0}
"""Clusters by size: the pair of web, the pair across subsets, three, and five."""
NUM_FILES = {"web": 3, "mail": 2, "world": 1}


def given_model():
    """A vocabulary of English, so that what a text has in tokens is known before the build."""
    return learn("unigram", text=prose(1, 5000))


def build_planted(folder, shuffled=False, **options):
    """Write the sources and build the corpus; its folder."""
    recipe = write_sources(folder, shuffled)
    build(recipe, str(folder / "out"), progress=Progress(quiet=True), **options)
    return folder / "out"


def write_sources(folder, shuffled=False):
    """Write inputs and a recipe that masks web and counts mail; the recipe's path.

    Args:
        folder: Where.
        shuffled: Whether records are in other files of their subset, and in another order.
    """
    lines = {(subset, place): [] for subset, number in NUM_FILES.items() for place in range(number)}
    records = list(RECORDS)
    if shuffled:
        random.Random(0).shuffle(records)
    for place, record in enumerate(records):
        fields = {"text": record.text, "url": record.url, "license": record.license}
        raw = {name: value for name, value in fields.items() if value is not None}
        line = json.dumps(raw).encode()
        lines[record.subset, place % NUM_FILES[record.subset]].append(line)
    lines["web", 1] += UNREADABLE.values()
    for (subset, place), found in lines.items():
        path = folder / subset / f"{place}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(line + b"\n" for line in found))
    for name, items in ITEMS.items():
        rows = (json.dumps({"id": key, "text": text}) for key, text in items.items())
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    (folder / "given.model").write_bytes(given_model())
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


RECIPE = """
name = "planted"

[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "gopher"
languages = ["en"]
mask = ["email", "phone", "ip"]
weight = 3

[[subsets]]
name = "mail"
paths = ["mail/*.jsonl"]
license = "MIT"
weight = 1

[[subsets]]
name = "world"
paths = ["world/*.jsonl"]
weight = 1

[ingest]
max_unreadable_fraction = 0.1

[dedup]
keep = ["priority", "longest"]
priority = ["web", "mail", "world"]

[tokenizer]
model = "given.model"

[shards]
target_tokens = 4000
validation_fraction = 0.1

[decontaminate]
[[decontaminate.sets]]
name = "quiz"
paths = ["quiz.jsonl"]
[[decontaminate.sets]]
name = "exam"
paths = ["exam.jsonl"]
policy = "report"

[card]
training_tokens = 1_000_000
samples = "everywhere"
"""
