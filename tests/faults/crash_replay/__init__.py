"""Crash replay: a workload's system calls are recorded, the states a loss of power may leave are rebuilt and opened.

`strace.py` records and reads, `disk.py` is the model of a disk that loses what no sync made durable, `states.py` draws
crash states, `workloads.py` is the program that is recorded, `mutants.py` breaks its order on purpose, `invariants.py`
opens the real archive in a state and says what is wrong, `replay.py` ties them together.

Model: an operation is durable from the end of the first sync that began after it and covers it: `fsync` and `fdatasync`
of a file cover its data and size, `fsync` of a folder the names in it, `syncfs` and `sync` everything. Anything else
may be lost alone or in any combination, in any order, and a write may be torn or leave zeros under a size that stood.
That is more than ext4 or XFS do, and nothing that POSIX forbids. Not modelled: writes through `mmap` (SQLite's are to
the ``-shm`` file, which a crash loses and recovery makes again) and a disk that lies about `fsync`.
"""
