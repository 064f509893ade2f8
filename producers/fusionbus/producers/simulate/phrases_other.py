"""The simulator's sentences for what is not an attack: warnings, payments, crossings, records and the rest."""

from typing import Final

from fusionbus.contract.vocabulary import Kind

OTHER: Final[dict[str, dict[Kind, tuple[str, ...]]]] = {
    "en": {
        Kind.THREAT: (
            "Assessed warning: {act} on {target} is being prepared in {district}, {spot} named.{who}",
            "A source speaks of a plan against {target} around {spot}, {district}, in the coming days.{who}",
            "{spot} in {district} may see {act}; {target} was looked over twice this week.{who}",
            "Talk picked up about {district}: {target}, likely at {spot}. Raise the guard there.{who}",
        ),
        Kind.SUSPICIOUS_ACTIVITY: (
            "Two men photographed the gate of a depot at {spot}, {district}, and left when addressed. Log {ref}.",
            "A vehicle circled {spot} ({district}) four times at {hour}; the plate did not match the model. Log {ref}.",
            "Guards at {spot}, {district}, were asked about shift hours by someone who gave a false office. Log {ref}.",
            "At {hour} a stranger measured a wall in {spot} by steps wrote it down. District {district}. Log {ref}.",
        ),
        Kind.FINANCE: (
            "Cash deposits below the reporting limit at three branches in {district} on one day. STR {ref}.",
            "Many small credits from unrelated senders, drawn at {spot}, {district}, within the hour. STR {ref}.",
            "A wallet opened in {spot} received and passed on money from {district} in minutes. STR {ref}.",
            "One charity account in {district} pays a shop at {spot} that sells nothing. STR {ref}.",
        ),
        Kind.CYBER: (
            "Phishing mail to a public office in {district}; the page asked for a sign-in. Case {ref}.",
            "A provincial web service in {district} was defaced at {hour} and taken down. Case {ref}.",
            "False sign-in page copies the portal of an office at {spot}, {district}. Case {ref}.",
        ),
        Kind.TIP: (
            "Caller says strangers rent a house near {spot}, {district}, and move boxes at night. Ticket {ref}.",
            "Caller heard talk of harm to {target} at {spot}, {district}. Ticket {ref}.",
            "Message from {district}: two boys left school, someone at {spot} sends them money. Ticket {ref}.",
        ),
        Kind.BORDER: (
            "Goods found in a false floor of a truck near {spot}, {district}, at {hour}. Seizure {ref}.",
            "A watch-listed traveller was stopped; the route led to {spot}, {district}. Entry {ref}.",
            "Mules without a driver carried fuel past {spot} in {district}; taken at {hour}. Seizure {ref}.",
            "Passport did not fit its bearer at {spot} post, {district}. Handed over at {hour}. Entry {ref}.",
        ),
        Kind.RECORD: (
            "FIR {ref} lodged at {spot}, {district}; recovery of a pistol and two magazines.",
            "Arrest at {spot}, {district}, at {hour}; one suspect handed to investigation. Diary {ref}.",
            "House search in {spot}: wire, batteries and a phone without owner. District {district}, diary {ref}.",
            "A proclaimed offender gave himself up at {hour} in {district}, police station {spot}. FIR {ref}.",
        ),
        Kind.OPERATION: (
            "Search planned around {spot}, {district}. Call before acting in the circle. Order {ref}.",
            "Surveillance runs near {spot}, {district}; keep marked cars away. Order {ref}.",
        ),
    },
    "ur": {
        Kind.THREAT: (
            "{district} میں {target} پر {act} کا خدشہ، مقام {spot}۔{who}",
            "ذرائع کے مطابق {spot} ({district}) میں {target} نشانہ بن سکتا ہے۔{who}",
            "انتباہ: آئندہ دنوں میں {district} کے علاقے {spot} میں {act} کی تیاری۔{who}",
        ),
        Kind.SUSPICIOUS_ACTIVITY: (
            "{spot}، {district} میں مشکوک گاڑی دیکھی گئی۔ اندراج {ref}۔",
            "{district}: {spot} کے دروازے کی تصاویر لینے والا شخص پوچھنے پر چلا گیا۔ اندراج {ref}۔",
        ),
        Kind.FINANCE: ("{district} میں مشکوک رقوم کی منتقلی۔ حوالہ {ref}۔",),
        Kind.CYBER: ("{district} کے سرکاری دفتر کو جعلی ای میل موصول۔ حوالہ {ref}۔",),
        Kind.TIP: (
            "{spot}، {district} کے قریب اجنبی افراد کی نقل و حرکت کی شکایت۔ ٹکٹ {ref}۔",
            "کال کرنے والے نے {district} میں {target} کو نقصان پہنچانے کی بات سنی۔ ٹکٹ {ref}۔",
        ),
        Kind.BORDER: ("{spot}، {district} کے قریب ٹرک سے سامان برآمد۔ حوالہ {ref}۔",),
        Kind.RECORD: (
            "تھانہ {spot}، {district} میں مقدمہ {ref} درج، اسلحہ برآمد۔",
            "{district}: {spot} میں چھاپے کے دوران ایک ملزم گرفتار۔ روزنامچہ {ref}۔",
        ),
        Kind.OPERATION: ("{spot}، {district} میں سرچ آپریشن کا منصوبہ۔ حکم {ref}۔",),
    },
    "ur-Latn": {
        Kind.THREAT: (
            "{district} mein {target} par {act} ka khadsha, maqam {spot}.{who}",
            "Zarai ke mutabiq {spot} ({district}) mein {target} nishana ban sakta hai.{who}",
        ),
        Kind.SUSPICIOUS_ACTIVITY: (
            "{spot}, {district} mein mashkook gari dekhi gayi. Indraj {ref}.",
            "{district}: {spot} ke gate ki tasveer lene wala shakhs poochne par chala gaya. Indraj {ref}.",
        ),
        Kind.FINANCE: ("{district} mein mashkook raqoom ki muntaqili. Hawala {ref}.",),
        Kind.CYBER: ("{district} ke sarkari daftar ko jali email. Hawala {ref}.",),
        Kind.TIP: (
            "{spot}, {district} ke qareeb ajnabi afraad ki shikayat. Ticket {ref}.",
            "Caller ne {district} mein {target} ko nuqsan ki baat suni. Ticket {ref}.",
        ),
        Kind.BORDER: ("{spot}, {district} ke qareeb truck se saman baramad. Hawala {ref}.",),
        Kind.RECORD: (
            "Thana {spot}, {district} mein FIR {ref} darj, aslaha baramad.",
            "{district}: {spot} mein chhapa, ek mulzim giraftar. Roznamcha {ref}.",
        ),
        Kind.OPERATION: ("{spot}, {district} mein search operation ka mansooba. Hukm {ref}.",),
    },
}
"""A reference in the text differs from one source to the next, as it does in life."""
