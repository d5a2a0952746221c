"""What is said to people when something is wrong: once, and again when it is over.

A source reports all that is wrong within its scope as `Alert`s; `Alerter` compares that with what is on, and tells the
channels what is new, worse, still on after some hours, or over. Alerts of one group, as of the files of a survey, that
begin or end together are one message; those that follow soon are gathered for the next. An address of `http(s)` gets a
POST of this JSON, unless it is a chat's own webhook (Slack, Discord, ...) that Apprise knows; every other goes through
Apprise.

| key | value |
|---|---|
| version | 1; a key may be added without a new version |
| id | of the message; the same when it is handed over again, as after an answer that got lost |
| key | what the alert is about, such as `drift/features`; of several alerts at once their group |
| keys | of all the alerts it tells of: one, or those of a group that are told at once |
| status | `firing` or `resolved` |
| change | `new`, `worse`, `repeated` or `resolved` |
| severity | `info`, `warning` or `critical` |
| title, sentence | a few words; what is wrong, where, and what to do |
| details | names and figures, all of them strings |
| link | a page that shows more, or null |
| started_at, ended_at | ISO 8601 in UTC; `ended_at` is null while the alert is on |
| times_seen | how many reports had the alert |
| text | all of it for people; `&`, `<` and `>` are escaped as Slack asks |
"""

from __future__ import annotations

from seismic_assets.alerts.alert import SEVERITIES, Alert, Group, Severity, key_of
from seismic_assets.alerts.alerter import Alerter, Delivered
from seismic_assets.alerts.errors import AlertError, AlertSettingError, AlertStateError
from seismic_assets.alerts.record import Changes, Standing
from seismic_assets.alerts.state import AlertState

__all__ = [
    "SEVERITIES",
    "Alert",
    "AlertError",
    "AlertSettingError",
    "AlertState",
    "AlertStateError",
    "Alerter",
    "Changes",
    "Delivered",
    "Group",
    "Severity",
    "Standing",
    "key_of",
]
