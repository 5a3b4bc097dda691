"""The register of processors: what each holds, why, where, on what terms. Printed, it is the article 30 record."""
