"""Which file systems stand behind the addresses of the catalog."""

import fsspec
from fsspec.registry import registry

PATIENT_S3 = "fruit_features.storage.s3_files.PatientS3FileSystem"


def register_s3() -> None:
    """Open addresses of S3 by ``PatientS3FileSystem``, loaded with the first: 2 s."""
    for protocol in ("s3", "s3a"):
        fsspec.register_implementation(protocol, PATIENT_S3, clobber=True)
        if protocol in registry:
            # Opened before: fsspec would go on with the class it has loaded.
            from fruit_features.storage.s3_files import PatientS3FileSystem

            fsspec.register_implementation(protocol, PatientS3FileSystem, clobber=True)
