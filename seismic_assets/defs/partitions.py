"""The partitions: one for each admitted SEG-Y file."""

import dagster as dg

SEGY_FILES = dg.DynamicPartitionsDefinition(name="segy_files")
# A range of files is one run: a process start costs more than most files.
ONE_RUN = dg.BackfillPolicy.single_run()
EVERY_FILE = dg.AllPartitionMapping()
