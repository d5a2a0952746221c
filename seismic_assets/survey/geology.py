"""The synthetic earth: impedance, and for every sample the truth of what it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.survey.bodies import add_chaotic_body, add_gas
from seismic_assets.survey.structure import Grid, Structure, make_structure

CLASS_NAMES = ("normal", "anomaly", "boundary")
NORMAL, ANOMALY, BOUNDARY = range(3)


@dataclass(frozen=True, slots=True)
class Package:
    """A stack of beds of one style.

    Attributes:
        thinnest: samples, the thinnest bed.
        thickest: samples, the thickest bed.
        impedance: the package's typical acoustic impedance, (m/s)(g/cm3).
        contrast: standard deviation of the logarithm of a bed's impedance.
    """

    thinnest: int
    thickest: int
    impedance: float
    contrast: float

    def draw_log(self, rng: np.random.Generator, length: int) -> NDArray[np.float64]:
        """Return the impedance of `length` samples of undisturbed beds, the youngest first."""
        beds = length // self.thinnest + 1
        thickness = rng.integers(self.thinnest, self.thickest + 1, beds)
        impedance = self.impedance * np.exp(self.contrast * rng.standard_normal(beds))
        return np.repeat(impedance, thickness)[:length]


UPPER = Package(thinnest=3, thickest=8, impedance=5200, contrast=0.04)
LOWER = Package(thinnest=10, thickest=33, impedance=7000, contrast=0.065)


@dataclass(frozen=True, slots=True)
class EarthModel:
    """An earth and its truth, each (inlines, crosslines, samples).

    Attributes:
        impedance: float32, (m/s)(g/cm3).
        labels: uint8: 0 normal, 1 anomaly (gas or chaotic), 2 boundary (unconformity, roof of the chaotic body).
    """

    impedance: NDArray[np.float32]
    labels: NDArray[np.uint8]


def make_earth(rng: np.random.Generator, grid: Grid) -> EarthModel:
    """Build an earth: two packages with an unconformity between, folds, faults, gas and a chaotic body.

    Args:
        rng: where the geology comes from; the same state and grid give the same earth.
        grid: the survey's grid.
    """
    # How many numbers the beds take depends on the grid: a stream for each keeps a seed's bodies in their places.
    structure_rng, upper_rng, lower_rng, gas_rng, chaotic_rng = rng.spawn(5)
    structure = make_structure(structure_rng, grid)
    unconformity = structure.faulted_unconformity
    impedance = _layered_impedance(upper_rng, lower_rng, grid, structure, unconformity)
    gas = add_gas(gas_rng, grid, structure, impedance)
    chaotic, roof = add_chaotic_body(chaotic_rng, grid, impedance)

    labels = np.full(impedance.shape, NORMAL, np.uint8)
    labels[gas | chaotic] = ANOMALY
    # The dome pierces the unconformity where the two meet.
    labels[(np.abs(grid.sample_index - unconformity) < 1) & ~chaotic] = BOUNDARY
    labels[roof] = BOUNDARY
    return EarthModel(impedance, labels)


def _layered_impedance(
    upper_rng: np.random.Generator,
    lower_rng: np.random.Generator,
    grid: Grid,
    structure: Structure,
    unconformity: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Bend and break two flat stacks of beds; the unconformity cuts off the lower one."""
    is_lower = grid.sample_index > unconformity
    upper_age = grid.sample_index - structure.upper_fold[:, :, None] - structure.REVIVED * structure.throw
    lower_age = grid.sample_index - structure.lower_fold[:, :, None] - structure.throw
    return np.where(is_lower, _beds_at(lower_rng, LOWER, lower_age), _beds_at(upper_rng, UPPER, upper_age))


def _beds_at(rng: np.random.Generator, package: Package, age: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the impedance at stratigraphic ages, told in samples of the undisturbed stack."""
    oldest, youngest = int(np.ceil(age.max())), int(np.floor(age.min()))
    log = package.draw_log(rng, oldest - youngest + 1)
    impedance: NDArray[np.float32] = np.interp(age, np.arange(youngest, oldest + 1), log).astype(np.float32)
    return impedance
