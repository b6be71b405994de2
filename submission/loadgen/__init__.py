"""LoadGen's files: one reader and one writer for each, without judgement."""

from submission.loadgen.accuracy_log import AccuracyJson, read_accuracy_log
from submission.loadgen.accuracy_text import AccuracyText, read_accuracy_text
from submission.loadgen.conf import Conf, ConfEntry, read_conf
from submission.loadgen.detail import (
    DetailLog,
    Message,
    Repeat,
    parse_detail_log,
    read_detail_head,
    read_detail_log,
)
from submission.loadgen.document import Document, read_document
from submission.loadgen.nameplate import Nameplate, read_nameplate
from submission.loadgen.power import PowerSamples, parse_time, read_power_samples
from submission.loadgen.power_session import (
    QUARTER_S,
    StatedPower,
    phase_stamps,
    read_stated_power,
    set_ranges,
)
from submission.loadgen.reading import (
    Fault,
    Unreadable,
    has_sha1,
    opened,
    read_whole,
    same_content,
    sha1_of,
)
from submission.loadgen.summary import Summary, read_summary

__all__ = [
    "QUARTER_S",
    "AccuracyJson",
    "AccuracyText",
    "Conf",
    "ConfEntry",
    "DetailLog",
    "Document",
    "Fault",
    "Message",
    "Nameplate",
    "PowerSamples",
    "Repeat",
    "StatedPower",
    "Summary",
    "Unreadable",
    "has_sha1",
    "opened",
    "parse_detail_log",
    "parse_time",
    "phase_stamps",
    "read_accuracy_log",
    "read_accuracy_text",
    "read_conf",
    "read_detail_head",
    "read_detail_log",
    "read_document",
    "read_nameplate",
    "read_power_samples",
    "read_stated_power",
    "read_summary",
    "read_whole",
    "same_content",
    "set_ranges",
    "sha1_of",
]
