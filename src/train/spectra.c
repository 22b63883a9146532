/* SPDX-License-Identifier: BSD-3-Clause */
/* The spectra of an ensemble: propagator and power of the force.
 *
 * With x = |phi_p|^2/V, y = Re phi_p conj(dS_p)/V and z = |dS_p|^2/V, G = <x> and A = <z>; and <y> = 1 is known exactly
 * (Schwinger-Dyson). So y is a control variate: G = <x> - (<y> - 1) cov(x, y)/var(y), the same for A, have less noise
 * where the theory is nearly Gaussian and none where it is Gaussian (there x = G y, z = y/G). Components count as
 * fields of their own.
 */
#include "squall/stats.h"
#include "squall/train.h"

enum { X, Y, Z, YY, XY, ZY, SUMS };

typedef struct {
  sq_fft *fft;
  sq_field *phi;
  sq_halo *halo;
  double *force;
  double complex *mode, *dS; /* [components][modes] */
  sq_sum *sum;               /* [SUMS][orbits] averages over the modes of an orbit, summed over fields */
} spectra;

static PetscErrorCode create(sq_fft *fft, const sq_action *action, spectra *s)
{
  PetscFunctionBeginUser;
  const int components = sq_action_components(action);
  s->fft = fft;
  PetscCall(sq_field_create_components(fft->lattice, 1, components, &s->phi));
  PetscCall(sq_halo_create_field(s->phi, sq_action_reach(action), &s->halo));
  PetscCall(sq_alloc(components * fft->lattice->local_volume, &s->force));
  PetscCall(sq_alloc(components * fft->modes, &s->mode));
  PetscCall(sq_alloc(components * fft->modes, &s->dS));
  PetscCall(sq_alloc(SUMS * fft->orbits.count, &s->sum));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(spectra *s)
{
  PetscFunctionBeginUser;
  sq_free(&s->force);
  sq_free(&s->mode);
  sq_free(&s->dS);
  sq_free(&s->sum);
  PetscCall(sq_halo_destroy(&s->halo));
  PetscCall(sq_field_destroy(&s->phi));
  PetscFunctionReturn(0);
}

/* Re a conj(b). */
static double overlap(double complex a, double complex b)
{
  return creal(a) * creal(b) + cimag(a) * cimag(b);
}

/* The terms of all modes, means over components: no direction is special. */
static void add_modes(spectra *s)
{
  const sq_fft *fft = s->fft;
  const int components = s->phi->components;
  const double volume = (double)fft->lattice->volume;
  for (int64_t k = 0; k < fft->modes; k++) {
    int32_t o = fft->orbit[k];
    double share = fft->weight[k] / (double)fft->orbits.multiplicity[o], x = 0, y = 0, z = 0;
    for (int64_t c = k; c < components * fft->modes; c += fft->modes) {
      x += overlap(s->mode[c], s->mode[c]) / volume / components;
      y += overlap(s->mode[c], s->dS[c]) / volume / components;
      z += overlap(s->dS[c], s->dS[c]) / volume / components;
    }
    const double term[SUMS] = {x, y, z, y * y, x * y, z * y};
    for (int i = 0; i < SUMS; i++) sq_sum_add(&s->sum[i * fft->orbits.count + o], share * term[i]);
  }
}

static PetscErrorCode add_field(const sq_action *action, const double *block, spectra *s)
{
  PetscFunctionBeginUser;
  const int64_t volume = s->fft->lattice->local_volume, modes = s->fft->modes;
  sq_field_from_block(s->phi, block);
  PetscCall(sq_halo_exchange(s->halo, s->phi->data));
  if (action->type->smooth) action->type->smooth->force(action, s->phi, s->force);
  for (int64_t i = 0; i < s->phi->components * volume; i++) s->force[i] = -s->force[i];
  for (int64_t c = 0; c < s->phi->components; c++) {
    PetscCall(sq_fft_forward(s->fft, s->force + c * volume, s->dS + c * modes));
    PetscCall(sq_fft_forward(s->fft, block + c * volume, s->mode + c * modes));
  }
  add_modes(s);
  PetscFunctionReturn(0);
}

/* The mean of sum `which`; the plain one should the correction leave nothing. */
static double improved(const double mean[SUMS], int which, int product)
{
  double better = sq_controlled_mean(mean[which], mean[Y], 1, mean[YY], mean[product]);
  return better > 0 ? better : mean[which];
}

PetscErrorCode sq_measure_spectra(const sq_grid *grid, sq_fft *fft, const sq_action *action, const sq_dataset *data,
                                  double *propagator, double *force_power)
{
  PetscFunctionBeginUser;
  const int components = sq_action_components(action);
  int64_t orbits = fft->orbits.count, first, count;
  spectra s;
  PetscCall(create(fft, action, &s));
  sq_share(data->count, grid->replicas, grid->replica, &first, &count);
  for (int64_t i = first; i < first + count; i++)
    PetscCall(add_field(action, data->blocks + i * components * fft->lattice->local_volume, &s));
  PetscCall(sq_sum_reduce(grid->world, (int)(SUMS * orbits), s.sum));
  for (int64_t o = 0; o < orbits; o++) {
    double mean[SUMS];
    for (int i = 0; i < SUMS; i++) mean[i] = sq_sum_value(&s.sum[i * orbits + o]) / (double)data->count;
    propagator[o] = improved(mean, X, XY);
    force_power[o] = action->type->smooth ? improved(mean, Z, ZY) : 1 / propagator[o];
  }
  PetscCall(destroy(&s));
  PetscFunctionReturn(0);
}
