"""How places are read, written, locked and checked: disks, S3, YARN."""
