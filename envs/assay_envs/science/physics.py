"""Physics: problems from one law up to long ways through several parts of physics.

Rules: a situation with data in units, one quantity asked; the prompt says how exact it must be.
Constants that are needed stand in the prompt. The problems are in :mod:`.motion`, :mod:`.forces`,
:mod:`.collisions`, :mod:`.orbits`, :mod:`.fluids`, :mod:`.electricity`, :mod:`.light` and
:mod:`.heat`; how they are drawn, judged and proved is in :mod:`.quantities`, and so are the trivial
policies that must fail (the largest number shown …).
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.science import collisions, electricity, fluids, forces, heat, light, motion, orbits
from assay_envs.science.quantities import QuantityEnvironment


class Physics(QuantityEnvironment):
    """The environment; one quantity per episode."""

    id = "science/physics"
    summary = "mechanics, electricity, waves, heat and quanta, with units and figures"
    levels: ClassVar = {
        1: "one law, put in as it stands",
        2: "one law turned round, or with conversions of units",
        3: "two or three steps",
        4: "several laws one after the other",
        5: "long ways: several parts of physics, relativity, circuits, cycles",
    }
    chance: ClassVar = {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.01, 5: 0.01}
    problems: ClassVar = {
        1: (
            motion.SPEED, forces.NEWTON, forces.SPRING, fluids.PRESSURE,
            forces.LIFTING, electricity.OHM, electricity.HEATER, light.WAVELENGTH, heat.WARMING,
        ),
        2: (
            forces.KINETIC, motion.BRAKING, motion.DROP, motion.UPWARD,
            forces.CURVE, electricity.CAPACITOR, electricity.MIXED, light.SNELL, light.LENS,
            heat.EXPANSION, heat.GAS, heat.MOLECULES, light.DILATION,
        ),
        3: (
            forces.FRICTION, fluids.BUOYANCY, forces.PENDULUM, collisions.COLLISION,
            forces.ATWOOD, forces.TENSION, motion.PROJECTILE, fluids.VENTURI,
            electricity.WIRE, electricity.COULOMB, electricity.INTERNAL, electricity.DISCHARGE,
            light.PHOTON, light.STRING, light.FRINGES, light.GRATING, light.DOPPLER,
            light.PHOTOELECTRIC, heat.ENGINE, heat.MIXING,
        ),
        4: (
            forces.SLOPE, orbits.ORBIT, collisions.BALLISTIC, forces.ROLLING,
            forces.LAUNCH, collisions.ELASTIC, motion.CLIFF, electricity.HEAT_UP,
            electricity.CIRCULAR, electricity.MESH, electricity.TRIANGLE,
            electricity.DEFLECTION, light.DE_BROGLIE, light.TWO_LENSES, light.HYDROGEN,
            light.COMPTON, heat.MELTING, heat.WALL, heat.ADIABAT, heat.PLANET,
        ),
        5: (
            orbits.ESCAPE, collisions.CROSSING, orbits.TRANSFER, orbits.BURN,
            forces.LOOP, forces.PULLEY, motion.INCLINE_RANGE, electricity.IMPEDANCE,
            electricity.BRIDGE, electricity.ROD, electricity.RESONANCE, light.MUON,
            light.FAST_ELECTRON, light.CYCLOTRON, light.VELOCITIES, light.WELL, light.ECHO,
            heat.CYCLE, heat.STEAM, heat.HEAT_PUMP, heat.BALLOON, heat.RETURN,
        ),
    }  # fmt: skip
