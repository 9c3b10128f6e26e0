"""Sphinx settings."""

from importlib.metadata import version as _version

project = "crashsim"
copyright = "The crashsim developers, Apache-2.0"
release = _version("crashsim")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"crashsim {release}"
