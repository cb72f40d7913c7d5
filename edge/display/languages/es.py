"""Spanish."""

from __future__ import annotations

from edge.display.vocabulary import Vocabulary
from edge.state import State

WORDS = Vocabulary(
    code="es",
    caption="Imaginada según la voz. No retrata a nadie.",
    kiosk="Aquí escucha un micrófono. La cara se imagina a partir de la voz; "
    "no se guarda ni se envía ningún sonido.",
    heading="La voz sugiere",
    not_sure="no es seguro",
    states={
        State.IDLE: ("En espera", "Diga algo."),
        State.LISTENING: ("Escuchando", "Se oye una voz. Hace falta cerca de un segundo."),
        State.SPEAKING: ("Hablando", "Se oye una voz. La cara se define."),
        State.HOLDING: ("En pausa", "Silencio. La última cara se queda."),
        State.MUTED: ("Silenciado", "El micrófono está cerrado."),
        State.FAULT: ("Avería", ""),
    },
    something_wrong="Algo va mal. El registro dice más.",
    belief="{label}: {value}",
    choice="{name}, {percent}",
    quantity="{value}{unit} ({low}–{high})",
    range_note="el intervalo vale para el {percent} de los hablantes",
    percent="{number}\u00a0%",
    over="más del {percent}",
    under="menos del {percent}",
    delegate_lost="{stage} usa la CPU: {delegate} ha fallado ({reason}).",
    no_speech="Todavía no se ha oído ninguna voz",
    evidence="{seconds} s de voz oídos",
    decimal_point=",",
    names={
        "voice": "La voz",
        "face": "La cara",
        "gender": "sexo",
        "female": "mujer",
        "male": "hombre",
        "child": "menor",
        "age": "edad",
        "ethnicity": "etnia",
        "years": "años",
        "nasal_index": "índice nasal",
        "facial_index": "índice facial",
        "jaw_width_index": "índice del ancho de la mandíbula",
        "mouth_width_index": "índice del ancho de la boca",
        "lip_height_index": "índice de la altura de los labios",
        "interpupillary_index": "índice interpupilar",
        "nose_height_index": "índice de la altura de la nariz",
        "upper_lip_height": "altura del labio superior",
        "lateral_upper_lip_heights": "altura lateral del labio superior",
        "jaw_width": "ancho de la mandíbula",
        "nose_height": "altura de la nariz",
        "nose_width": "ancho de la nariz",
        "labio_oral_region": "ancho de la boca",
        "mandibular_index": "índice mandibular",
        "intercanthal_index": "índice intercantal",
        "vermilion_height_index": "índice del bermellón de los labios",
        "mouth_face_width_index": "ancho de la boca y de la cara",
        "nose_area": "área de la nariz",
    },
    reasons={
        r"too little speech": "muy poca voz",
        r"not in this bundle": "no está en este paquete",
        r"a child's voice cannot be ruled out, and gender is not given for children": (
            "no se puede descartar que sea la voz de un menor, y de los menores no se indica el "
            "sexo"
        ),
        r"not sure enough: (?P<name>\S+) (?P<got>\d+)%, (?P<needed>\d+)% needed": (
            "no es bastante seguro: {name} {got}\u00a0%, hace falta el {needed}\u00a0%"
        ),
        r"not sure enough: between (?P<low>\d+) and (?P<high>\d+) (?P<name>\S+)": (
            "no es bastante seguro: entre {low} y {high} {name}"
        ),
        r"switched off: set (?P<key>.+)": "desactivado: ponga {key}",
    },
    page={
        "nobody": "Todavía no hay cara",
        "face": "Una cara dibujada.",
        "measures": "Medidas de la cara dibujada",
        "lost": "El programa no responde. Esta página lo intenta de nuevo por sí sola.",
    },
)
