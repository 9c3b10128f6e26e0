"""From YAML text to a validated study in SI units; the only room that knows YAML and pydantic."""
