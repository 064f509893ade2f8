"""The terms of the standards, as enumerations: names and values as the standards write them."""

from enum import StrEnum


class Status(StrEnum):
    """CAP 1.2 `status`: traffic of different status never meets."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    """What a revision of a report does."""

    REPORT = "report"
    UPDATE = "update"
    CANCEL = "cancel"


class AlertMsgType(StrEnum):
    """CAP 1.2 `msgType`, as far as alerts use it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Urgency(StrEnum):
    """CAP 1.2 `urgency`."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """CAP 1.2 `severity`."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """CAP 1.2 `certainty`."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class ResponseType(StrEnum):
    """CAP 1.2 `responseType`."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Kind(StrEnum):
    """The kind of a report; it chooses the section."""

    INCIDENT = "incident"
    THREAT = "threat"
    SUSPICIOUS_ACTIVITY = "suspicious_activity"
    FINANCE = "finance"
    CYBER = "cyber"
    TIP = "tip"
    BORDER = "border"
    RECORD = "record"
    OPERATION = "operation"
    ASSESSMENT = "assessment"
    """What the fusion centre itself found in the reports of others: a surge, a forecast, a pattern of payments."""


class ThreatCategory(StrEnum):
    """What was done or is planned. Source: DESIGN, after the attack types of the Global Terrorism Database."""

    BOMBING = "bombing"
    SUICIDE_BOMBING = "suicide_bombing"
    IED = "ied"
    VEHICLE_BOMBING = "vehicle_bombing"
    GRENADE_ATTACK = "grenade_attack"
    ARMED_ASSAULT = "armed_assault"
    ASSASSINATION = "assassination"
    HOSTAGE_TAKING = "hostage_taking"
    KIDNAPPING = "kidnapping"
    INFRASTRUCTURE_ATTACK = "infrastructure_attack"
    ROCKET_MORTAR = "rocket_mortar"
    DRONE_ATTACK = "drone_attack"
    ARSON = "arson"
    UNARMED_ASSAULT = "unarmed_assault"
    CYBER = "cyber"
    FINANCING = "financing"
    RECRUITMENT = "recruitment"
    SMUGGLING = "smuggling"
    OTHER = "other"


class Weapon(StrEnum):
    """The means used."""

    EXPLOSIVE = "explosive"
    SUICIDE_VEST = "suicide_vest"
    VEHICLE_BOMB = "vehicle_bomb"
    FIREARM = "firearm"
    GRENADE = "grenade"
    ROCKET = "rocket"
    DRONE = "drone"
    INCENDIARY = "incendiary"
    KNIFE = "knife"
    CHEMICAL = "chemical"
    MALWARE = "malware"
    UNKNOWN = "unknown"


class SuspiciousActivityCode(StrEnum):
    """NIEM `sar`: SuspiciousActivityCode."""

    INTRSN = "INTRSN"
    MISREP = "MISREP"
    THEFT = "THEFT"
    SABOT = "SABOT"
    CYBER = "CYBER"
    THREAT = "THREAT"
    AVIATION = "AVIATION"
    ELICIT = "ELICIT"
    TESTSEC = "TESTSEC"
    PHOTO = "PHOTO"
    SURVL = "SURVL"
    MATRLS = "MATRLS"
    EXPERT = "EXPERT"
    WPNS = "WPNS"
    SECTOR = "SECTOR"
    RECRUT = "RECRUT"

    @property
    def needs_justification(self) -> bool:
        """Whether person data may be routed only with a written justification (ISE-SAR, second group)."""
        return self not in _CRIMINAL_ACTIVITIES


_CRIMINAL_ACTIVITIES = frozenset(
    {
        SuspiciousActivityCode.INTRSN,
        SuspiciousActivityCode.MISREP,
        SuspiciousActivityCode.THEFT,
        SuspiciousActivityCode.SABOT,
        SuspiciousActivityCode.CYBER,
        SuspiciousActivityCode.THREAT,
        SuspiciousActivityCode.AVIATION,
    },
)


class TipClassCode(StrEnum):
    """NIEM `sar`: TipClassCode."""

    BIO = "BIO"
    CHEM = "CHEM"
    CNTFTG = "CNTFTG"
    CTMN = "CTMN"
    CYBER = "CYBER"
    EXPL = "EXPL"
    FRAUD = "FRAUD"
    FUND = "FUND"
    HATE = "HATE"
    INCEND = "INCEND"
    INFRA = "INFRA"
    LAUND = "LAUND"
    NCLR = "NCLR"
    SPCSA = "SPCSA"
    SPCSP = "SPCSP"
    SPCSSBST = "SPCSSBST"
    THRTPUB = "THRTPUB"
    VRUS = "VRUS"


class TargetSectorCode(StrEnum):
    """NIEM `sar`: TargetSectorCode."""

    AGRI = "AGRI"
    CHEM = "CHEM"
    COMM = "COMM"
    CORR = "CORR"
    CSTL = "CSTL"
    CULTR = "CULTR"
    DAMS = "DAMS"
    DFNSE = "DFNSE"
    EDU = "EDU"
    EMRG = "EMRG"
    ENRG = "ENRG"
    ENTMT = "ENTMT"
    FIN = "FIN"
    GVTBLDG = "GVTBLDG"
    HAZMAT = "HAZMAT"
    HLTH = "HLTH"
    IT = "IT"
    LIVSTK = "LIVSTK"
    MAIL = "MAIL"
    MASS = "MASS"
    MFG = "MFG"
    MNMT = "MNMT"
    NATRL = "NATRL"
    NCLR = "NCLR"
    OTHR = "OTHR"
    POP = "POP"
    PRSN = "PRSN"
    RETL = "RETL"
    SPCFXN = "SPCFXN"
    TACTCP = "TACTCP"
    TELCM = "TELCM"
    TRANS = "TRANS"
    UTL = "UTL"
    WATR = "WATR"


class Reliability(StrEnum):
    """Admiralty grading of the source (NATO STANAG 2511)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Credibility(StrEnum):
    """Admiralty grading of the information; 1 is "confirmed by other sources"."""

    CONFIRMED = "1"
    PROBABLY_TRUE = "2"
    POSSIBLY_TRUE = "3"
    DOUBTFUL = "4"
    IMPROBABLE = "5"
    CANNOT_BE_JUDGED = "6"


class NatureOfSource(StrEnum):
    """How the source came to know."""

    WITNESSED = "witnessed"
    DEDUCED = "deduced"
    INDUCED = "induced"
    TOLD = "told"
    CANNOT_BE_JUDGED = "cannot_be_judged"


class Confidence(StrEnum):
    """Analytic confidence (ICD 203)."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class TLP(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST)."""

    RED = "RED"
    AMBER_STRICT = "AMBER+STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"

    @property
    def level(self) -> int:
        """How far it narrows the audience, 0 for CLEAR."""
        return _TLP_LEVELS[self]


_TLP_LEVELS = {marking: rank for rank, marking in enumerate(reversed(TLP))}


class PAP(StrEnum):
    """Permissible Actions Protocol: what may be done with the information."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"


class Classification(StrEnum):
    """National classification, lowest first."""

    UNCLASSIFIED = "unclassified"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - a marking, not a password
    TOP_SECRET = "top_secret"  # noqa: S105 - as above

    @property
    def level(self) -> int:
        """The rank of the marking, 0 for the lowest."""
        return _LEVELS[self]


_LEVELS = {marking: rank for rank, marking in enumerate(Classification)}


class Attribution(StrEnum):
    """Whether the originator may be named."""

    MAY = "may"
    MUST = "must"
    MUST_NOT = "must_not"


class SubjectRole(StrEnum):
    """The role of a person or thing in a report (28 CFR Part 23)."""

    CRIMINAL_SUBJECT = "criminal_subject"
    NON_CRIMINAL_IDENTIFYING = "non_criminal_identifying"
    VICTIM = "victim"
    WITNESS = "witness"
    OTHER = "other"


class EntityType(StrEnum):
    """Things that are matched by token."""

    PHONE = "phone"
    PLATE = "plate"
    CNIC = "cnic"
    ACCOUNT = "account"
    DEVICE = "device"
    EMAIL = "email"
    PASSPORT = "passport"
    WEAPON_SERIAL = "weapon_serial"


class Sex(StrEnum):
    """Sex as recorded."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class CasualtyGroup(StrEnum):
    """Who was hurt."""

    CIVILIAN = "civilian"
    POLICE = "police"
    MILITARY = "military"
    FOREIGNER = "foreigner"
    CHILD = "child"
    ATTACKER = "attacker"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What happened to them."""

    KILLED = "killed"
    INJURED = "injured"
    MISSING = "missing"
    HOSTAGE = "hostage"


class Form(StrEnum):
    """How much of a report an alert carries, fullest first."""

    FULL = "full"
    SUMMARY = "summary"
    TEARLINE = "tearline"
    POINTER = "pointer"

    @property
    def is_open(self) -> bool:
        """Whether it holds the report's own words and names it."""
        return self is Form.FULL or self is Form.SUMMARY


class FindingKind(StrEnum):
    """What an assessment of the fusion centre is about."""

    SURGE = "surge"
    FORECAST = "forecast"
    NEAR_REPEAT = "near_repeat"
    COORDINATION = "coordination"
    SHARED_DEVICE = "shared_device"
    STRUCTURING = "structuring"
    FAN_IN = "fan_in"
    FAN_OUT = "fan_out"
    PASS_THROUGH = "pass_through"  # noqa: S105 - money that passes through an account
    SHARED_ACCOUNT = "shared_account"
    UNLICENSED_HAWALA = "unlicensed_hawala"
    FRONT_CHARITY = "front_charity"
    WATCH_LIST_HIT = "watch_list_hit"
    WATCH_LIST_POSSIBLE = "watch_list_possible"
    """A name alike, for a person to judge: no ground to stop anybody."""


class AlertKind(StrEnum):
    """What an alert is about."""

    INCIDENT = "incident"
    THREAT = "threat"
    RECALL = "recall"
    RELATED = "related"
    DECONFLICTION = "deconfliction"
    FINANCE_PATTERN = "finance_pattern"
    SURGE = "surge"
    FORECAST = "forecast"
    WATCH_HIT = "watch_hit"
    ESCALATION = "escalation"
    """An alert was not acknowledged in time: to its recipient, and to the desk that calls it."""
    SHARING_REQUEST = "sharing_request"
    """To an originator: a recipient asks to pass its report on."""

    @property
    def is_notice(self) -> bool:
        """Whether it tells of the handling of alerts, and nothing of an event; it awaits no acknowledgement."""
        return self in (AlertKind.ESCALATION, AlertKind.SHARING_REQUEST)

    @property
    def tells_of_event(self) -> bool:
        """Whether its view of the incident is what is known now; a pointer to a desk says nothing of the event."""
        return not self.is_notice and self is not AlertKind.DECONFLICTION


class AckAction(StrEnum):
    """What a recipient says of an alert."""

    RECEIVED = "received"
    READ = "read"
    USED = "used"
    FALSE_ALARM = "false_alarm"
    MORE_WANTED = "more_wanted"
    OPINION = "opinion"


class Opinion(StrEnum):
    """STIX 2.1 `opinion-enum`."""

    STRONGLY_DISAGREE = "strongly-disagree"
    DISAGREE = "disagree"
    NEUTRAL = "neutral"
    AGREE = "agree"
    STRONGLY_AGREE = "strongly-agree"


class Province(StrEnum):
    """ISO 3166-2 subdivisions of Pakistan."""

    PUNJAB = "PK-PB"
    SINDH = "PK-SD"
    KHYBER_PAKHTUNKHWA = "PK-KP"
    BALOCHISTAN = "PK-BA"
    ISLAMABAD = "PK-IS"
    AZAD_KASHMIR = "PK-JK"
    GILGIT_BALTISTAN = "PK-GB"
