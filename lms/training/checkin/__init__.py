"""Check-in: however a person signs in, one Scan is kept as evidence, and the marks follow from the scans."""
