"""Who may open what. One line an address and method; an address that is missing here fails the suite.

Columns: url name · method · object · who may when the object is in the OWN branch | in a SIBLING town's branch | in the PARENT
county itself. Addresses without an object have one column. ``*`` everybody who is signed in, ``**`` everybody, ``-`` nobody.
"May" is any answer but a sign-in page, 403 or 404; so a form that is refused (422) was opened.

Own is the village branch C-T01-B01: ``secretary``, ``station`` and ``member`` belong to it, ``town`` and ``trainer`` to its
town, ``county``, ``editor``, ``auditor`` and ``system`` to the county.
"""

from __future__ import annotations

from typing import NamedTuple

TABLE = """
login                 GET   -            **
logout                POST  -            **
password-change       GET   -            *
elder-mode            POST  -            **
set_language          POST  -            **
home-for-role         GET   -            *
healthz               GET   -            **
readyz                GET   -            **
search                GET   -            **

notice-list           GET   -            *
notice-open           POST  notice       -
notice-read-all       POST  -            *
notice-preferences    GET   -            *
notice-preferences    POST  -            *
notice-desk           GET   -            county system
notice-channel-new    GET   channel-kind county system
notice-channel-new    POST  channel-kind county system
notice-channel        GET   channel      county system
notice-channel        POST  channel      county system
notice-wording        GET   wording      county system
notice-wording        POST  wording      county system
notice-retry          POST  parked       county system

member-list           GET   -            county town secretary auditor
member-detail         GET   member       county town secretary auditor        | county auditor | county auditor
member-id-number      POST  member       county town                          | county         | county
member-login          POST  member       county town                          | county         | county
member-industry       POST  member       county town                          | county         | county
member-rank           POST  member       county town                          | county         | county

goal-list             GET   -            *
goal-policies         GET   -            county
goal-policies         POST  -            county
goal-policy           GET   draft        county
goal-policy-publish   POST  draft        county
goal-line-add         GET   draft        county
goal-line-add         POST  draft        county
goal-line-edit        GET   draft-line   county
goal-line-edit        POST  draft-line   county
goal-line-remove      POST  draft-line   county
exemption-list        GET   -            county town secretary auditor
member-exemptions     GET   member       county town secretary auditor        | county auditor | county auditor
member-exemptions     POST  member       county town                          | county         | county
exemption-withdraw    POST  exemption    county town                          | county         | county

learn                 GET   -            *
own-hours             GET   -            member
own-explanation       GET   goal-line    member
member-explanation    GET   goal-member  county town secretary auditor        | county auditor | county auditor
hour-entry            GET   entry        county town secretary auditor        | county auditor | county auditor
member-hours          GET   member       county town secretary auditor        | county auditor | county auditor
report-board          GET   -            county town secretary auditor
report-trend          GET   -            county town secretary auditor
report-members        GET   -            county town secretary auditor
report-period         GET   -            county town secretary auditor
closing-list          GET   -            county town secretary auditor
closing-begin         GET   last-year    county
closing-begin         POST  last-year    county
closing-detail        GET   closed-year  county town secretary auditor
closing-progress      GET   closed-year  county
closing-resume        POST  closed-year  county
rules                 GET   -            county auditor
rerating-begin        POST  waiting-rule county
rerating              GET   rerating     county auditor
rerating-decide       POST  rerating     county
rerating-progress     GET   rerating     county auditor
rerating-member       GET   rerated      county auditor                       | county auditor | county auditor
goal-trial            GET   draft        county
goal-trial            POST  draft        county
goal-trial-progress   GET   trial        county
rule-trial            GET   rule         county
rule-trial            POST  rule         county
rule-trial-progress   GET   rule-trial   county
audit-runs            GET   -            county auditor
ledger-seal           GET   -            county auditor

certificate-check     GET   -            **
certificate-verify    GET   certificate  **                                   | **             | **
certificate-list      GET   -            county town secretary auditor
certificate-detail    GET   certificate  county town secretary auditor        | county auditor | county auditor
certificate-pdf       GET   certificate  county town secretary auditor        | county auditor | county auditor
certificate-revoke    GET   certificate  county town                          | county         | county
certificate-revoke    POST  certificate  county town                          | county         | county
member-certificates   GET   member       county town secretary auditor        | county auditor | county auditor
member-certificates   POST  member       county town secretary                | county         | county
own-certificates      GET   -            member
own-certificates      POST  -            member
certificate-batch-list GET  -            county town secretary
certificate-batch-new GET   -            county town secretary
certificate-batch-new POST  -            county town secretary
certificate-batch     GET   batch        county town secretary                | county         | county
certificate-batch-progress GET batch     county town secretary                | county         | county
certificate-batch-file GET  batch        county town secretary                | county         | county
certificate-batch-resume POST batch      county town secretary                | county         | county
member-sheet          GET   sheet        county town secretary auditor        | county auditor | county auditor
member-sheet-pdf      GET   sheet        county town secretary auditor        | county auditor | county auditor
own-sheet             GET   year         member
own-sheet-pdf         GET   year         member

training-list         GET   -            county town trainer secretary auditor
training-new          GET   -            county town trainer secretary
training-detail       GET   training     county town trainer secretary auditor | county auditor | county auditor
training-clashes      POST  -            county town trainer secretary
register-list         GET   register     county town secretary                 | county town secretary | county town secretary
register-new          GET   register     county town secretary                 | county town secretary | county town secretary
register-new          POST  register     county town secretary                 | county town secretary | county town secretary
register-edit         GET   register-row county town secretary                 | county         | county
register-edit         POST  register-row county town secretary                 | county         | county
training-agenda       GET   training     county town trainer secretary auditor | county auditor | county auditor
training-materials    GET   training     county town trainer secretary         | county         | county
training-materials    POST  training     county town trainer secretary         | county         | county
training-material     GET   material     county town trainer secretary auditor | county auditor | county auditor
training-material-remove POST material   county town trainer secretary         | county         | county
own-material          GET   own-material member
training-budget       GET   training     county town secretary                 | county         | county
training-budget       POST  training     county town secretary                 | county         | county
budget-register       GET   -            county town trainer secretary auditor
public-bases          GET   -            **
public-base           GET   base         **                                    | **             | **
base-photo            GET   base-photo   **                                    | **             | **
base-photos           GET   base         county town secretary                 | county         | county
base-photos           POST  base         county town secretary                 | county         | county
base-photo-remove     POST  base-photo   county town secretary                 | county         | county
calendar              GET   -            *
calendar-feeds        GET   -            *
calendar-feed-revoke  POST  own-feed     county
calendar-ics          GET   feed-token   **                                    | **             | **
training-edit         GET   training     county town secretary                 | county         | county
training-enrol        POST  training     county town trainer secretary         | county         | county
enrolment-cancel      POST  enrolment    county town trainer secretary         | county         | county
training-close        GET   training     county town trainer secretary         | county         | county
training-close        POST  training     county town trainer secretary         | county         | county
training-cancel       POST  training     county town secretary                 | county         | county
training-filling      GET   training     county town secretary                 | county         | county
training-audience     POST  training     county town secretary                 | county         | county
training-audience-count GET training     county town secretary                 | county         | county
training-gains        GET   training-ahead county town secretary auditor       | county auditor | county auditor town secretary
training-quotas       POST  training     county town secretary                 | county         | county
sign-up-terms         POST  training     county town secretary                 | county         | county
nominations-decide    POST  training     county town secretary                 | county         | county
nomination-list       GET   -            county town secretary
nominate              GET   training-ahead county town secretary               | county         | county town secretary
nominate              POST  training-ahead county town secretary               | county         | county town secretary
training-leaves       GET  training     county town trainer secretary         | county         | county
training-leaves       POST training     county town trainer secretary         | county         | county
leave-decide          POST leave        county town trainer secretary         | county         | county
training-substitute   GET  seat-ahead   county town trainer secretary         | county         | county
training-substitute   POST seat-ahead   county town trainer secretary         | county         | county
training-transport    GET  training     county town trainer secretary         | county         | county
training-transport    POST training     county town trainer secretary         | county         | county
transport-seats       POST training     county town trainer secretary         | county         | county
transport-file        GET  training-pdf county town trainer secretary         | county         | county
ride-edit             GET  ride         county town trainer secretary         | county         | county
ride-edit             POST ride         county town trainer secretary         | county         | county
waiting-act           GET  waiting      county town secretary                 | county         | county
waiting-act           POST waiting      county town secretary                 | county         | county
nominee-substitute    GET  seat-ahead   county town secretary                 | county         | county
nominee-substitute    POST seat-ahead   county town secretary                 | county         | county
nomination-withdraw   POST proposed     county town secretary                 | county         | county
training-told         GET   training     county town trainer secretary         | county         | county
training-told-voice   POST  training     county town trainer secretary         | county         | county
training-call-list    GET   training-pdf county town trainer secretary         | county         | county
session-roster        GET   session      county town trainer secretary         | county         | county
session-save          POST  session      county town trainer secretary         | county         | county
session-sheet         GET   session      county town trainer secretary auditor | county auditor | county auditor
session-mark          POST  mark         county town trainer secretary         | county         | county
session-times         POST  mark         county town trainer secretary         | county         | county
paper-desk            GET   training     county town trainer secretary         | county         | county
paper-sheet           POST  paper-day    county town trainer secretary         | county         | county
paper-photo-add       POST  training     county town trainer secretary         | county         | county
paper-photo           GET   paper-photo  county town trainer secretary         | county         | county
paper-photo           POST  paper-photo  county town trainer secretary         | county         | county
paper-photo-file      GET   paper-photo  county town trainer secretary auditor | county auditor | county auditor
paper-box             GET   paper-box    county town trainer secretary         | county         | county
training-overview     GET   training     county town trainer secretary auditor | county auditor | county auditor
training-terms        POST  training     county town trainer secretary         | county         | county
training-scores       POST  training     county town trainer secretary         | county         | county
package-begin         POST  training     county town trainer secretary         | county         | county
package-progress      GET   package      county town trainer secretary         | county         | county
package-file          GET   package      county town trainer secretary         | county         | county
matter-list           GET   -            county town trainer secretary auditor
absence-list          GET   -            county town trainer secretary
make-up-for           GET   absence      county town trainer secretary         | county         | county
make-up-for           POST  absence      county town trainer secretary         | county         | county
expert-record         GET   expert       county town secretary                 | county town secretary | county town secretary
make-up               GET   make-up      county town trainer secretary auditor | county auditor | county auditor
make-up               POST  make-up      county town trainer secretary         | county         | county
make-up-file          GET   make-up-file county town trainer secretary auditor | county auditor | county auditor
appeal                GET   appeal       county town trainer secretary auditor | county auditor | county auditor
appeal                POST  appeal       county town trainer secretary         | county         | county
training-choices      GET   -            member
sign-up               POST  training-ahead member                              | -              | member
sign-up-withdraw      POST  training-ahead member                              | -              | member
own-leave             GET  own-seat     member
own-leave             POST own-seat     member
own-leave-withdraw    POST own-leave    member
own-trainings         GET   -            member
own-training          GET   attended     member
own-reflection        GET   attended     member
own-reflection        POST  attended     member
own-opinion           GET   attended     member
own-opinion           POST  attended     member
own-make-up           GET   attended-session member
own-make-up           POST  attended-session member
own-appeal            GET   attended-session member
own-appeal            POST  attended-session member
own-claims            GET   -            member
own-claim-new         GET   -            member
own-claim-new         POST  -            member
claim-list            GET   -            county town secretary auditor
claim-new             GET   -            county town secretary
claim-for             GET   member       county town secretary                 | county         | county
claim-for             POST  member       county town secretary                 | county         | county
claim-settings        GET   -            county
claim-settings        POST  -            county
claim-detail          GET   claim        county town secretary auditor         | county auditor | county auditor
claim-detail          GET   claim-draft  secretary                             | -              | -
claim-act             POST  claim        county town secretary auditor         | county auditor | county auditor
claim-edit            GET   claim        -                                     | -              | -
claim-edit            GET   claim-draft  secretary                             | -              | -
claim-edit            POST  claim-draft  secretary                             | -              | -
claim-file-add        POST  claim-draft  secretary                             | -              | -
claim-file            GET   claim-file   county town secretary auditor         | county auditor | county auditor
claim-file-remove     POST  claim-draft-file secretary                         | -              | -
claim-twin            GET   claim-twin   county town secretary auditor         | county auditor | county auditor

session-checkin       GET   session      county town trainer secretary         | county         | county
session-scan          POST  session      county town trainer secretary         | county         | county
session-screen        GET   session      county town trainer secretary         | county         | county
session-count         POST  session      county town trainer secretary         | county         | county
session-decide        POST  waiting-scan county town trainer secretary         | county         | county
kiosk-open            POST  session      county town trainer secretary         | county         | county
kiosk-revoke          POST  kiosk        county town trainer secretary         | county         | county
session-scans         GET   session      county town trainer secretary         | county         | county
offline-checkin       GET   offline-day  county town trainer secretary         | county         | county
offline-checkin       POST  offline-day  county town trainer secretary         | county         | county
offline-worker        GET   offline-day  **                                    | **             | **
offline-revoke        POST  offline-device county town trainer secretary       | county         | county
scan-by-key           POST  -            -
offline-send          POST  -            **
kiosk                 GET   -            -
kiosk-person          GET   member       -                                     | -              | -
kiosk-person          POST  member       -                                     | -              | -
training-cards        GET   training     county town trainer secretary         | county         | county
branch-cards          GET   unit         county town trainer secretary station | county         | county
room-digits           GET   -            **
room-digits           POST  -            **
room-code             GET   room-token   **
tv-digits             GET   -            **
tv-digits             POST  -            **
tv-names              GET   tv-claim     **
tv-person             GET   tv-person    **
tv-person             POST  tv-person    **
own-code              GET   -            member
own-checkin           GET   own-claim    member
own-checkin           POST  own-claim    member

base-list             GET   -            county town trainer secretary auditor
base-detail           GET   base         county town trainer secretary auditor | county town trainer secretary auditor | county town trainer secretary auditor
visit-register        GET   -            county town trainer secretary auditor
visit-requests        GET   -            county town trainer secretary auditor
visit-ask             GET   base         county town secretary                 | county town secretary | county town secretary
visit-ask             POST  base         county town secretary                 | county town secretary | county town secretary
visit-request         GET   visit-request county town trainer secretary auditor | county auditor | county auditor
visit-request         POST  visit-request county town secretary                | county         | county
visit-record          GET   visit        county town trainer secretary auditor | county auditor | county auditor
visit-count           POST  visit-session county town secretary                | county         | county
visit-photo-add       POST  visit-session county town trainer secretary        | county         | county
visit-photo           GET   visit-photo  county town trainer secretary auditor | county auditor | county auditor
visit-screen          GET   visit-open   county town secretary                 | county         | county
training-photos       GET   training     county town trainer secretary auditor | county auditor | county auditor
training-photo        GET   training-photo county town trainer secretary auditor | county auditor | county auditor
training-photo-add    POST  session      county town trainer secretary         | county         | county
visit-reflection      POST  visit        county town trainer secretary         | county         | county
visit-voice           GET   visit-voice  county town trainer secretary auditor | county auditor | county auditor
own-visit             GET   own-visit    member
own-visit-reflection  POST  own-visit    member
own-visit-rating      POST  own-visit    member
own-visit-photo-add   POST  own-visit-session member
own-visit-photo       GET   own-visit-photo member
own-visit-place       POST  own-visit-session member

play-start            POST  lesson       member
package-open          POST  lesson-part  member
book-place            POST  book         member
book-note             POST  book         member
book-note-remove      POST  note         -                                     | -              | -
own-notes             GET   -            member
play-beat             POST  -            **
play-present          POST  -            **
play-finish           POST  -            **
quiz-list             GET   -            member
quiz                  GET   lesson-quiz  member
quiz-start            POST  lesson-quiz  member
quiz-attempt          GET   attempt      -                                     | -              | -
quiz-attempt          GET   own-attempt  member
quiz-attempt          POST  own-attempt  member
quiz-save             POST  attempt      -                                     | -              | -
quiz-save             POST  own-attempt  member
own-courses           GET   -            member
course-act            POST  course       member
course-rate           GET   course       member
course-rate           POST  course       member
course-ask            GET   course       member
course-ask            POST  course       member
course-use            GET   course       member
course-use            POST  course       member
use-withdraw          POST  use          -
use-photo             GET   use          county town secretary auditor        | county auditor | county auditor
assignment-list       GET   -            county town secretary auditor
assignment-new        GET   -            county town secretary
assignment-new        POST  -            county town secretary
assignment-detail     GET   assignment   county town secretary auditor        | county auditor | county town secretary auditor
assignment-withdraw   GET   assignment   county town secretary                | county | county
assignment-withdraw   POST  assignment   county town secretary                | county | county
overdue-list          GET   -            county town secretary auditor
use-list              GET   -            county town secretary auditor
question-list         GET   -            county editor
question-answer       GET   question     county editor                        | county editor | county editor
question-answer       POST  question     county editor                        | county editor | county editor
pair-list             GET   -            county town secretary auditor
pair-new              GET   -            county town secretary
pair-new              POST  -            county town secretary
pair                  GET   pair         county town secretary auditor        | county auditor | county auditor
pair                  POST  pair         county town secretary                | county | county
pair-tick             POST  pair-task    county town secretary                | county | county
pair-end              GET   pair         county town secretary                | county | county
pair-end              POST  pair         county town secretary                | county | county
watch-flags           GET   -            county town secretary auditor
watch-flag            GET   watch-flag   county town secretary auditor        | county auditor | county auditor
watch-flag            POST  watch-flag   county town secretary auditor        | county auditor | county auditor

station-home          GET   -            county town secretary station
station-screen        GET   station      county town secretary station         | county         | county
station-courses       GET   station      county town secretary station         | county         | county
station-lessons       GET   station-course county town secretary station       | county         | county
station-choose        POST  station-lesson county town secretary station       | county         | county
viewing-roll          GET   viewing-lesson county town secretary station       | county         | county
viewing-play          GET   viewing      county town secretary station         | county         | county
viewing-presence      POST  viewing-presence county town secretary station     | county         | county
viewing-close         GET   viewing      county town secretary station         | county         | county
viewing-result        GET   viewing      county town secretary station         | county         | county
loan-list             GET   -            county town secretary station auditor
loan-print            GET   -            county town secretary station auditor
loan-new              GET   station      county town secretary station         | county         | county
loan-new              POST  station      county town secretary station         | county         | county
loan-back             POST  loan         county town secretary station         | county         | county
station-book          GET   -            county town secretary station auditor
station-book-print    GET   -            county town secretary station auditor
viewing-detail        GET   viewing      county town secretary station auditor | county auditor | county auditor
viewing-notes         POST  viewing      county town secretary station         | county         | county
viewing-correct       GET   viewing-member county town secretary station       | county         | county

import-list           GET   -            county town auditor
import-new            GET   -            county town
import-form           GET   -            county town
import-detail         GET   import       county town auditor                   | county auditor | county auditor
import-progress       GET   import       county town auditor                   | county auditor | county auditor
import-apply          POST  import       county town                           | county         | county
import-marked         GET   import       county town                           | county         | county

wagtail_serve         GET   -            **
wagtailcore_login     GET   -            **
"""


class Row(NamedTuple):
    """One line of the table; ``places`` are the sets of personas for own, sibling and parent."""

    name: str
    method: str
    kind: str
    places: tuple[frozenset[str], ...]


EVERYBODY = frozenset(
    {"", "county", "town", "secretary", "station", "trainer", "editor", "auditor", "system", "member"}
)


def _personas(text: str) -> frozenset[str]:
    words = text.split()
    if words == ["**"]:
        return EVERYBODY
    if words == ["*"]:
        return EVERYBODY - {""}
    return frozenset(words) - {"-"}


def rows() -> list[Row]:
    """The table, line by line."""
    found = []
    for line in TABLE.strip().splitlines():
        if line.strip():
            name, method, kind, who = line.split(None, 3)
            found.append(Row(name, method, kind, tuple(_personas(part) for part in who.split("|"))))
    return found
