"""What to do about each kind of finding."""

from __future__ import annotations

from collections.abc import Mapping

_LOOK = "Look at the file with `seismic inspect`"
_REPLACE = "copy the file into the landing folder again, or ask for a new copy"

ADVICE: Mapping[str, str] = {
    "not_judged": "Put the table named in the sentence right and make the report again; this part was not judged.",
    "no_files": "Drop SEG-Y files into the landing folder and run `seismic run`.",
    "nothing_read": "See why each file was refused, put the files right, and run `seismic run`.",
    "refused": f"See the reason of each: put the header right, or {_REPLACE}.",
    "mostly_refused": "See whether one cause explains the refused files, such as header bytes or a sample interval "
    "that the settings do not say.",
    "waiting": "Run `seismic run`, or wait for the daemon's next look.",
    "same_bytes": "Keep one of the copies: their traces count twice, and a model may be tested on what it learned.",
    "missing_traces": f"The file ends early: {_REPLACE}.",
    "lost_traces": "Find out whether the traces are padding of the grid or lost shots: padding may stay, as dead "
    "traces are left out of features; lost data are to be asked for again.",
    "lost_traces_overall": "Do not train on these data before it is known why so many traces are dead or broken.",
    "no_live_trace": f"Take the file away or {_REPLACE}: nothing can be predicted in it.",
    "broken_traces": "They are left out of features and have no prediction.",
    "clipped_traces": "Ask for the file before it was clipped or scaled to few bits; loud events lost their size.",
    "clipped_traces_overall": "Ask for data before they were clipped: amplitude features of these mean little.",
    "integer_limit": "Ask for the file in floating point, or scaled so that its loudest events fit the format.",
    "spiked_traces": "Edit or mute the spikes, or take the noisiest traces away.",
    "spiked_traces_overall": "Edit or mute the spikes in processing before a model learns from them.",
    "duplicate_traces": "Find out whether traces were repeated to fill gaps; repeated ones teach nothing and leak from "
    "training into the test.",
    "duplicate_traces_overall": "Do not train on these data before the repeated traces are explained.",
    "low_score": "See the file's page among the quality reports for the part of the score that is low.",
    "low_score_overall": "Do not train on these data before the lowest part of the score is explained.",
    "no_labels": "Name interpretation files in labels.yaml where a model is to be trained.",
    "one_class": "Add labels of other classes: no model can be trained on one.",
    "rare_class": "Label more of the class, or join it with another; scores of so few windows vary much.",
    "unmeasured_amplitudes": f"{_LOOK}: its amplitudes are constant or beyond what can be measured.",
    "amplitude_outlier": "Scale the file like the others, or set SEISMIC_NORMALISE=robust, which divides each file by "
    "its scale.",
    "amplitude_spread": "Scale one like the other, or set SEISMIC_NORMALISE=robust, which divides each file by its "
    "scale.",
    "undecoded": f"{_LOOK}: IBM and IEEE floats, or the byte order, are likely confused.",
    "wide_range": f"{_LOOK}: single samples dwarf the rest, as spikes or a wrong sample format make them.",
    "one_sign": f"{_LOOK}: it may hold an attribute such as an envelope, or unsigned numbers, and no amplitudes.",
    "shifted_mean": "Take the constant off the traces (a low-cut filter does) or find out what scaling added it.",
    "interval_unit": "Put the sample interval in the binary header (bytes 3217-3218) right: it is in microseconds.",
    "interval_outside": "Make sure of the sample interval in the headers; if it is right, the file is no ordinary "
    "reflection record, and its frequencies are of another range.",
    "mixed_intervals": "Set SEISMIC_RESAMPLE=true so that windows of all files span the same time.",
    "resampled": "Nothing, if this is meant.",
    "record_short": "Make sure the file holds whole traces: so short a record holds few windows.",
    "record_long": "Make sure of the number of samples and of the sample interval in the headers.",
    "mixed_lengths": "Nothing, where windows are shorter than the traces; whole traces as windows need equal ones.",
    "odd_headers": f"{_LOOK} and put the headers right where they matter.",
    "no_position": "Set SEISMIC_INLINE_BYTE, SEISMIC_CROSSLINE_BYTE, SEISMIC_CDP_X_BYTE and SEISMIC_CDP_Y_BYTE to "
    "where the file keeps them; `seismic inspect` proposes bytes.",
    "no_coordinates": "Set SEISMIC_CDP_X_BYTE and SEISMIC_CDP_Y_BYTE to where the file keeps coordinates, or load "
    "navigation into the headers.",
    "repeated_positions": "Find out whether the file holds several volumes or unstacked traces without offsets.",
    "one_place": "The coordinates are a placeholder: load navigation into the headers, or read other bytes.",
    "repeated_coordinates": "See whether coordinates were rounded by their scalar (bytes 71-72), or stand for a line "
    "as a whole.",
    "coordinate_jumps": "See whether the coordinate scalar (bytes 71-72) or the navigation changes within the file.",
    "uneven_spacing": "Nothing on a crooked line; otherwise see the navigation.",
    "grid_holes": "Find out whether traces are missing or the survey's outline is not a rectangle.",
    "coordinate_scale": "Compare the coordinate scalar (bytes 71-72) and the unit with those of the other files.",
    "other_spacing": "Nothing, where surveys with other bins are meant to be together.",
    "overlap": "See whether these are vintages of one survey or copies; copies leak from training into the test.",
    "volume_change": "See whether files came or went as intended.",
    "loss_change": "Compare the files that came or changed since with the earlier ones.",
    "score_change": "Look at the files with the lowest scores that came or changed since.",
    "amplitude_change": "See whether files of another scaling came; a model of before may not hold: see its drift.",
    "labels_gone": "See whether labels.yaml and its files are still there.",
    "class_change": "See whether labels changed as intended, and train again if they did.",
    "trend_score_mean": "Look at what came lately: quality falls from state to state.",
    "trend_lost_share": "Look at what came lately: ever more traces are dead or broken.",
    "trend_log_scale_mean": "Look at the scaling of what came lately.",
}
"""A sentence or two by the code of a finding."""

WORTH_DOING = frozenset({"no_labels", "overlap", "waiting"})
"""Findings that need not worry anybody and still have something to do about them."""
