/* SPDX-License-Identifier: BSD-3-Clause */
/* What a finite time does to E_0 and E_1 - E_0: the first excitation is taken out by the gap that was measured; what is
 * left of it and of all others is known from the transfer matrix, and an estimate that it outweighs cannot be judged.
 * Serial.
 */
#include "src/measure/quantum.h"
#include <math.h>

static const int64_t forever = (int64_t)1 << 52; /* steps, after which only the ground state is left */

PetscErrorCode sq_quantum_length_make(const sq_transfer *t, int64_t sites, sq_quantum_length *length)
{
  PetscFunctionBeginUser;
  sq_transfer_average here, ground;
  sq_quantum_length_free(length);
  PetscCall(sq_alloc(2 * (sites + 1), &length->correlator));
  length->sites = sites;
  length->takes = t->particle.action.type->transfer->units != NULL;
  length->of_ground = length->correlator + sites + 1;
  PetscCall(sq_transfer_correlator(t, sites, length->correlator));
  PetscCall(sq_transfer_ground_correlator(t, sites, length->of_ground));
  PetscCall(sq_transfer_averages(t, sites, &here));
  PetscCall(sq_transfer_averages(t, forever, &ground));
  length->energy = here.ground - ground.ground;
  length->free = sq_transfer_free_energy(t, sites, sq_transfer_log_Z(t, sites)) - sq_transfer_energy(t, 0);
  PetscFunctionReturn(0);
}

void sq_quantum_length_free(sq_quantum_length *length)
{
  sq_free(&length->correlator);
  *length = (sq_quantum_length){0};
}

/* ---- the gap ---- */

static double fit_to(const sq_gap_fit *fit, const double *correlator)
{
  double C[SQ_GAP_POINTS];
  for (int a = 0; a < fit->points; a++) C[a] = correlator[fit->t[a]];
  return sq_gap_fit_mass(C, fit);
}

/* Whether an estimate is known less well than its error says. Errors that are not known stay so. */
static bool outweighs(double shift, sq_estimate *e)
{
  const bool more = fabs(shift) > e->error;
  if (more) sq_estimate_unknown_error(e);
  return more;
}

void sq_quantum_length_fit(sq_quantum_length *length, const sq_gap_fit *fit, sq_estimate *gap)
{
  length->gap = *gap;
  length->usual = NAN;
  length->short_gap = false;
  if (!(gap->value > 0)) return;
  length->usual = fit_to(fit, length->correlator);
  length->short_gap = outweighs(length->usual - fit_to(fit, length->of_ground), gap);
}

/* ---- energies ---- */

/* What the first excitation adds in a time of L steps: to the mean energy, with two levels, and its derivative by the
 * gap; and to -log Z/L. */
static double excited_energy(double gap, double L, double *slope)
{
  const double share = 1 / (1 + exp(gap * L));
  *slope = share - gap * L * share * (1 - share);
  return gap * share;
}

static double excited_free_energy(double gap, double L, double *slope)
{
  *slope = 1 / (1 + exp(gap * L));
  return -log1p(exp(-gap * L)) / L;
}

/* E_0 is left of an energy to which excitations add `all`, where the gap was measured. False where it cannot be told.
 */
static bool take_excitation(const sq_quantum_length *length, double all, double (*excited)(double, double, double *),
                            sq_estimate *energy)
{
  const double L = (double)length->sites;
  double slope, left = all;
  if (length->takes && length->gap.value > 0 && isfinite(length->gap.error)) {
    energy->value -= excited(length->gap.value, L, &slope);
    energy->error = hypot(energy->error, slope * length->gap.error);
    left -= excited(length->usual, L, &slope);
  }
  return !outweighs(left, energy);
}

void sq_quantum_take_energy(sq_quantum_length *length, sq_estimate *energy)
{
  length->short_energy = !take_excitation(length, length->energy, excited_energy, energy);
}

void sq_quantum_take_free(const sq_quantum_length *length, sq_estimate *energy)
{
  (void)take_excitation(length, length->free, excited_free_energy, energy);
}

void sq_quantum_tell_length(const sq_quantum_length *length, const char *name)
{
  if (!length->short_gap && !length->short_energy) return;
  sq_info("%s: paths of %lld steps are too short for %s: other states shift %s by more than the statistical error",
          name, (long long)length->sites,
          !length->short_gap    ? "E_0" :
          !length->short_energy ? "E_1 - E_0" :
                                  "E_0 and E_1 - E_0",
          length->short_gap && length->short_energy ? "them" : "it");
}
