"""German."""

from __future__ import annotations

from edge.display.vocabulary import Vocabulary
from edge.state import State

WORDS = Vocabulary(
    code="de",
    caption="Aus der Stimme erdacht. Kein Bild eines Menschen.",
    kiosk="Hier hört ein Mikrofon zu. Das Gesicht ist aus der Stimme erdacht; "
    "kein Ton wird behalten oder verschickt.",
    heading="Die Stimme lässt vermuten",
    not_sure="unsicher",
    states={
        State.IDLE: ("Bereit", "Sagen Sie etwas."),
        State.LISTENING: ("Hört zu", "Eine Stimme ist zu hören. Etwa eine Sekunde ist nötig."),
        State.SPEAKING: ("Spricht", "Eine Stimme ist zu hören. Das Gesicht wird schärfer."),
        State.HOLDING: ("Hält", "Stille. Das letzte Gesicht bleibt."),
        State.MUTED: ("Stumm", "Das Mikrofon ist geschlossen."),
        State.FAULT: ("Störung", ""),
    },
    something_wrong="Etwas stimmt nicht. Das Protokoll sagt mehr.",
    belief="{label}: {value}",
    choice="{name}, {percent}",
    quantity="{value}{unit} ({low}–{high})",
    range_note="der Bereich gilt für {percent} der Sprecher",
    percent="{number}\u00a0%",
    over="über {percent}",
    under="unter {percent}",
    delegate_lost="{stage} läuft auf der CPU: {delegate} ist ausgefallen ({reason}).",
    no_speech="Noch keine Sprache gehört",
    evidence="{seconds} s Sprache gehört",
    decimal_point=",",
    names={
        "voice": "Die Stimme",
        "face": "Das Gesicht",
        "gender": "Geschlecht",
        "female": "weiblich",
        "male": "männlich",
        "child": "Kind",
        "age": "Alter",
        "ethnicity": "Ethnie",
        "years": "Jahre",
        "nasal_index": "Nasenindex",
        "facial_index": "Gesichtsindex",
        "jaw_width_index": "Index der Kieferbreite",
        "mouth_width_index": "Index der Mundbreite",
        "lip_height_index": "Index der Lippenhöhe",
        "interpupillary_index": "Index des Augenabstands",
        "nose_height_index": "Index der Nasenhöhe",
        "upper_lip_height": "Höhe der Oberlippe",
        "lateral_upper_lip_heights": "seitliche Höhe der Oberlippe",
        "jaw_width": "Kieferbreite",
        "nose_height": "Nasenhöhe",
        "nose_width": "Nasenbreite",
        "labio_oral_region": "Mundbreite",
        "mandibular_index": "Unterkieferindex",
        "intercanthal_index": "Augenwinkelindex",
        "vermilion_height_index": "Index des Lippenrots",
        "mouth_face_width_index": "Mund- zu Gesichtsbreite",
        "nose_area": "Nasenfläche",
    },
    reasons={
        r"too little speech": "zu wenig Sprache",
        r"not in this bundle": "nicht in diesem Bundle",
        r"a child's voice cannot be ruled out, and gender is not given for children": (
            "eine Kinderstimme ist nicht auszuschließen, und bei Kindern wird kein Geschlecht "
            "genannt"
        ),
        r"not sure enough: (?P<name>\S+) (?P<got>\d+)%, (?P<needed>\d+)% needed": (
            "nicht sicher genug: {name} {got}\u00a0%, nötig sind {needed}\u00a0%"
        ),
        r"not sure enough: between (?P<low>\d+) and (?P<high>\d+) (?P<name>\S+)": (
            "nicht sicher genug: zwischen {low} und {high} {name}"
        ),
        r"switched off: set (?P<key>.+)": "ausgeschaltet: {key} setzen",
    },
    page={
        "nobody": "Noch kein Gesicht",
        "face": "Ein gezeichnetes Gesicht.",
        "measures": "Maße des gezeichneten Gesichts",
        "lost": "Das Programm antwortet nicht. Diese Seite versucht es von selbst wieder.",
    },
)
