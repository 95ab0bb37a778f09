"""Constants of nature, as problems show them: a number with its figures, and its unit."""

from __future__ import annotations

from typing import TypeAlias

Constant: TypeAlias = tuple[str, str]
"""Number and unit."""

FREE_FALL: Constant = ("9.81", "m/s^2")
GRAVITATION: Constant = ("6.674e-11", "N m^2/kg^2")
COULOMB_CONSTANT: Constant = ("8.988e9", "N m^2/C^2")
CHARGE: Constant = ("1.602e-19", "C")
ELECTRON_MASS: Constant = ("9.109e-31", "kg")
LIGHT_SPEED: Constant = ("2.998e8", "m/s")
PLANCK: Constant = ("6.626e-34", "J s")
GAS_CONSTANT: Constant = ("8.314", "J/(mol K)")
AVOGADRO: Constant = ("6.022e23", "1/mol")
FARADAY: Constant = ("96485", "C/mol")

KELVIN = "0 °C = 273.15 K."
"""What a question says where temperatures are to be made absolute."""
