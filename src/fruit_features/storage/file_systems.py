"""Registration of the S3 file system with fsspec."""

import fsspec
from fsspec.registry import registry

PATIENT_S3 = "fruit_features.storage.s3_files.PatientS3FileSystem"


def register_s3() -> None:
    """Use ``PatientS3FileSystem`` for S3; its import takes 2 s and is lazy."""
    for protocol in ("s3", "s3a"):
        fsspec.register_implementation(protocol, PATIENT_S3, clobber=True)
        if protocol in registry:
            # fsspec would keep using the class it has already loaded.
            from fruit_features.storage.s3_files import PatientS3FileSystem

            fsspec.register_implementation(protocol, PatientS3FileSystem, clobber=True)
