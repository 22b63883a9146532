/* SPDX-License-Identifier: BSD-3-Clause */
/* paths: what is measured on a path, the field of a lattice of one dimension, and where it is. Serial. */
#include "squall/quantum.h"
#include <math.h>

void sq_path_measure(const sq_particle *particle, int64_t sites, const double *phi, double *number)
{
  double phi2 = 0, phi4 = 0;
  for (int64_t t = 0; t < sites; t++) {
    double square = phi[t] * phi[t];
    phi2 += square / (double)sites;
    phi4 += square * square / (double)sites;
  }
  sq_particle_energies(particle, sites, phi, &number[SQ_PATH_THERMAL], &number[SQ_PATH_GROUND]);
  number[SQ_PATH_PHI2] = phi2;
  number[SQ_PATH_PHI4] = phi4;
}

void sq_transfer_visit(const sq_transfer *t, int64_t sites, const double *phi, double *visits)
{
  double spacing = t->phi[1] - t->phi[0];
  for (int64_t i = 0; i < sites; i++) {
    double at = rint((phi[i] - t->phi[0]) / spacing);
    if (at >= 0 && at < t->points) visits[(int)at] += 1;
  }
}

void sq_transfer_density(const sq_transfer *t, double spacing, double total, const double *weight, double *x,
                         double *density)
{
  double unit = sqrt(t->particle.hop * spacing / t->particle.mass), width = (t->phi[1] - t->phi[0]) * unit;
  for (int i = 0; i < t->points; i++) {
    x[i] = t->phi[i] * unit;
    density[i] = weight[i] / (total * width);
  }
}
