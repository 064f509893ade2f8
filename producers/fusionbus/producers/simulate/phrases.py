"""The simulator's sentences, own writing: for each language the acts, targets, actors and whole patterns."""

from typing import Final

from fusionbus.contract.vocabulary import TargetSectorCode, ThreatCategory

_C, _T = ThreatCategory, TargetSectorCode

ACTS: Final[dict[str, dict[ThreatCategory, tuple[str, ...]]]] = {
    "en": {
        _C.ARMED_ASSAULT: ("armed attack", "firing by gunmen", "gun attack"),
        _C.IED: ("IED blast", "roadside bomb", "explosion of a planted device"),
        _C.ASSASSINATION: ("targeted killing attempt", "attack by gunmen on motorcycle", "shooting of a marked person"),
        _C.GRENADE_ATTACK: ("hand grenade attack", "grenade thrown by riders", "grenade blast"),
        _C.INFRASTRUCTURE_ATTACK: ("sabotage of an installation", "blowing up of a line", "attack on infrastructure"),
        _C.KIDNAPPING: ("kidnapping", "abduction by armed men", "seizing of persons at gunpoint"),
        _C.DRONE_ATTACK: ("quadcopter attack", "drone-dropped explosive", "attack by small drone"),
        _C.ROCKET_MORTAR: ("rocket fire", "mortar shelling", "rocket attack"),
        _C.SUICIDE_BOMBING: ("suicide bombing", "suicide attack", "blast by a suicide bomber"),
        _C.ARSON: ("arson", "setting of vehicles on fire", "torching of machinery"),
        _C.VEHICLE_BOMBING: ("car bomb", "vehicle-borne bomb", "explosive-laden vehicle"),
        _C.HOSTAGE_TAKING: ("hostage taking", "siege with hostages", "seizure of passengers"),
        _C.OTHER: ("incident", "unclear event", "disturbance"),
    },
    "ur": {
        _C.ARMED_ASSAULT: ("مسلح افراد کی فائرنگ", "مسلح حملہ"),
        _C.IED: ("بارودی سرنگ کا دھماکہ", "دیسی ساختہ بم دھماکہ"),
        _C.ASSASSINATION: ("ٹارگٹ کلنگ کا واقعہ", "موٹر سائیکل سواروں کی فائرنگ"),
        _C.GRENADE_ATTACK: ("دستی بم حملہ",),
        _C.INFRASTRUCTURE_ATTACK: ("تنصیبات پر حملہ",),
        _C.KIDNAPPING: ("اغوا کا واقعہ",),
        _C.DRONE_ATTACK: ("ڈرون حملہ",),
        _C.ROCKET_MORTAR: ("راکٹ حملہ",),
        _C.SUICIDE_BOMBING: ("خودکش حملہ", "خودکش دھماکہ"),
        _C.ARSON: ("گاڑیوں کو نذر آتش کرنے کا واقعہ",),
        _C.VEHICLE_BOMBING: ("بارود سے بھری گاڑی کا دھماکہ",),
        _C.HOSTAGE_TAKING: ("یرغمال بنانے کا واقعہ",),
        _C.OTHER: ("واقعہ",),
    },
    "ur-Latn": {
        _C.ARMED_ASSAULT: ("musallah afraad ki firing", "musallah hamla"),
        _C.IED: ("IED dhamaka", "barudi surang ka dhamaka"),
        _C.ASSASSINATION: ("target killing", "motorcycle sawaron ki firing"),
        _C.GRENADE_ATTACK: ("dasti bam hamla",),
        _C.INFRASTRUCTURE_ATTACK: ("tanseebat par hamla",),
        _C.KIDNAPPING: ("aghwa ka waqia",),
        _C.DRONE_ATTACK: ("drone hamla",),
        _C.ROCKET_MORTAR: ("rocket hamla",),
        _C.SUICIDE_BOMBING: ("khudkush hamla", "khudkush dhamaka"),
        _C.ARSON: ("gariyon ko aag lagane ka waqia",),
        _C.VEHICLE_BOMBING: ("barood bhari gari ka dhamaka",),
        _C.HOSTAGE_TAKING: ("yarghamal banane ka waqia",),
        _C.OTHER: ("waqia",),
    },
}

TARGETS: Final[dict[str, dict[TargetSectorCode | None, str]]] = {
    "en": {
        _T.DFNSE: "a security forces post", _T.GVTBLDG: "a government office", _T.TRANS: "a passing vehicle",
        _T.POP: "residents", _T.ENRG: "a gas line", _T.COMM: "a market", _T.CULTR: "a place of worship",
        _T.EDU: "a school", _T.HLTH: "a health team", None: "an unconfirmed target",
    },
    "ur": {
        _T.DFNSE: "سکیورٹی فورسز کی چوکی", _T.GVTBLDG: "سرکاری دفتر", _T.TRANS: "گاڑی", _T.POP: "شہری",
        _T.ENRG: "گیس پائپ لائن", _T.COMM: "بازار", _T.CULTR: "عبادت گاہ", _T.EDU: "سکول", _T.HLTH: "طبی ٹیم",
        None: "نامعلوم ہدف",
    },
    "ur-Latn": {
        _T.DFNSE: "forces ki chowki", _T.GVTBLDG: "sarkari daftar", _T.TRANS: "gari", _T.POP: "shehri",
        _T.ENRG: "gas pipeline", _T.COMM: "bazaar", _T.CULTR: "ibadatgah", _T.EDU: "school", _T.HLTH: "tibbi team",
        None: "na-maloom hadaf",
    },
}  # fmt: skip

WHO: Final = {
    "en": (" {actor} suspected.", " {actor} has claimed it.", " Local sources point to {actor}."),
    "ur": (" {actor} پر شبہ ہے۔", " ذمہ داری {actor} نے قبول کی۔"),
    "ur-Latn": (" {actor} par shuba hai.", " Zimmedari {actor} ne qabool ki."),
}

INCIDENT: Final = {
    "en": (
        "At about {hour} a {act} hit {target} at {spot}, district {district}. {toll}{who}",
        "{district}: {act} reported from {spot} around {hour}, target {target}. {toll}{who} Area cordoned.",
        "Duty officer informs of {act} near {spot} ({district}). {toll} Rescue on the way.{who}",
        "SITREP {ref}. {act} on {target}. Location {spot}, {district}. Time {hour}. {toll}{who}",
        "Initial word from {spot}, {district}: {act}, aimed at {target}. {toll} Figures may change.{who}",
        "{toll} {act} against {target} in the {spot} area of {district} at {hour}.{who} Search continues.",
        "Police control room logged a {act} at {hour}; scene {spot}, {district}; {target} was hit. {toll}",
        "Follow-up on {spot} ({district}): {act}. {toll} Bomb disposal and crime scene unit called.{who}",
    ),
    "ur": (
        "{district} کے علاقے {spot} میں تقریباً {hour} بجے {act}، ہدف {target}۔ {toll}{who}",
        "{spot}، ضلع {district}: {act} کی اطلاع۔ {toll} علاقے کو گھیرے میں لے لیا گیا۔{who}",
        "کنٹرول روم کے مطابق {district} میں {act}۔ مقام {spot}، وقت {hour}۔ {toll}{who}",
        "{target} پر {act}، مقام {spot} ({district})۔ {toll} امدادی ٹیمیں روانہ۔",
    ),
    "ur-Latn": (
        "{district} ke ilaqe {spot} mein taqreeban {hour} baje {act}, hadaf {target}. {toll}{who}",
        "{spot}, zila {district}: {act} ki ittila. {toll} Ilaqa gher liya gaya.{who}",
        "Control room: {district} mein {act}, maqam {spot}, waqt {hour}. {toll}",
        "{target} par {act}, {spot} ({district}). {toll} Imdadi teamein rawana.{who}",
    ),
}

REMARKS: Final = {
    "en": (
        "Next word in an hour.", "Duty desk keeps watch.", "Senior officers are on the spot.", "Roads nearby are shut.",
        "Witnesses are heard.", "Nothing further for now.", "Copies to the district desk.", "A team has been sent.",
        "Details will follow in writing.", "Hospitals were told to stand by.", "Checkpoints have been warned.",
        "The picture is still unclear.", "Cameras of the area are being read.", "Local elders were asked.",
    ),
    "ur": (
        "مزید تفصیلات کا انتظار ہے۔", "ٹیمیں موقع پر موجود ہیں۔", "علاقے میں ناکہ بندی کر دی گئی۔", "تفتیش جاری ہے۔",
        "اعلیٰ حکام کو آگاہ کر دیا گیا۔", "گواہوں کے بیانات لیے جا رہے ہیں۔", "ہسپتالوں میں ہنگامی حالت نافذ ہے۔",
    ),
    "ur-Latn": (
        "Mazeed tafseel ka intezar hai.", "Teamein mauqe par hain.", "Ilaqe mein nakabandi hai.", "Tafteesh jari hai.",
        "Aala hukaam ko ittila de di gayi.", "Gawahon ke bayan liye ja rahe hain.", "Haspatal tayyar hain.",
    ),
}  # fmt: skip
"""What desks add of their own: two agencies seldom close a report alike."""
