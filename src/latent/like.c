/* SPDX-License-Identifier: BSD-3-Clause */
/* The free field that is like a theory: of fields phi with the propagator G, <phi_p conj(dS_p)> = G(p) times the mean
 * of the second derivative of S by that mode, by partial integration. That mean is to be 1/G(p). Fields are few and
 * small, made of the same random numbers whatever G: for a free theory the mean has no noise at all.
 */
#include "src/latent/internal.h"
#include <math.h>
#include <string.h>

enum { FIELDS = 32, HALVINGS = 80, ROUNDS = 3 };
#define RANGE 40. /* of log(mass), in search of it */

typedef struct {
  const sq_action *action;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_field *phi;
  sq_halo *halo;
  int components;
  double *noise; /* [FIELDS][components][volume] */
  double *x, *force, *filter;
  double complex *mode;
  double *product, *power; /* [orbits] sums over fields of Re phi_p conj(dS_p), |phi_p|^2 */
} trial;

static PetscErrorCode create(const sq_action *action, const int64_t extent[SQ_DIM], trial *t)
{
  PetscFunctionBeginUser;
  static const int64_t most[] = {32, 8, 6, 4};
  const int dim = action->dim;
  int64_t small[SQ_DIM];
  for (int mu = 0; mu < dim; mu++) small[mu] = PetscMin(extent[SQ_DIM - dim + mu], most[dim - 1]);
  *t = (trial){.action = action, .components = sq_action_components(action)};
  PetscCall(sq_lattice_create(MPI_COMM_SELF, dim, small, NULL, &t->lattice));
  PetscCall(sq_fft_create(t->lattice, &t->fft));
  PetscCall(sq_field_create_components(t->lattice, 1, t->components, &t->phi));
  PetscCall(sq_halo_create_field(t->phi, sq_action_reach(action), &t->halo));
  const int64_t numbers = t->components * t->lattice->volume, orbits = t->fft->orbits.count;
  double **arrays[] = {&t->x, &t->force, &t->filter, &t->product, &t->power};
  for (int i = 0; i < 5; i++) PetscCall(sq_alloc(i < 2 ? numbers : orbits, arrays[i]));
  PetscCall(sq_alloc(FIELDS * numbers, &t->noise));
  PetscCall(sq_alloc(t->fft->modes, &t->mode));
  for (int f = 0; f < FIELDS; f++)
    sq_rng_normals(sq_stream_make(0, SQ_RNG_LATENT, (uint64_t)f), 0, numbers, 0, 3 * SQ_COMPONENTS,
                   t->noise + f * numbers);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(trial *t)
{
  PetscFunctionBeginUser;
  double **arrays[] = {&t->x, &t->force, &t->filter, &t->product, &t->power, &t->noise};
  for (int i = 0; i < 6; i++) sq_free(arrays[i]);
  sq_free(&t->mode);
  PetscCall(sq_halo_destroy(&t->halo));
  PetscCall(sq_field_destroy(&t->phi));
  PetscCall(sq_fft_destroy(&t->fft));
  PetscCall(sq_lattice_destroy(&t->lattice));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_field(trial *t, int f)
{
  PetscFunctionBeginUser;
  const int64_t volume = t->lattice->volume, numbers = t->components * volume;
  for (int c = 0; c < t->components; c++)
    PetscCall(sq_fft_filter(t->fft, t->filter, t->noise + f * numbers + c * volume, t->x + c * volume));
  sq_field_from_block(t->phi, t->x);
  PetscCall(sq_halo_exchange(t->halo, t->phi->data));
  t->action->type->smooth->force(t->action, t->phi, t->force);
  for (int c = 0; c < t->components; c++) {
    PetscCall(sq_fft_forward(t->fft, t->x + c * volume, t->mode));
    PetscCall(sq_fft_forward(t->fft, t->force + c * volume, t->fft->work));
    for (int64_t k = 0; k < t->fft->modes; k++) {
      const double weight = t->fft->weight[k];
      t->product[t->fft->orbit[k]] -= weight * creal(t->mode[k] * conj(t->fft->work[k]));
      t->power[t->fft->orbit[k]] += weight * creal(t->mode[k] * conj(t->mode[k]));
    }
  }
  PetscFunctionReturn(0);
}

double sq_latent_bend(const sq_latent_modes *modes, const sq_orbits *orbits, int64_t orbit)
{
  const double p = orbits->phat2[orbit];
  return modes->alternates ? 4 * orbits->dim - p : p;
}

/* The straight line through the mean second derivatives, against p_hat^2, by least squares. */
static void fit(const trial *t, double *value, double *slope)
{
  const sq_orbits *orbits = &t->fft->orbits;
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (int64_t o = 0; o < orbits->count; o++) {
    const double many = (double)orbits->multiplicity[o], second = t->product[o] / t->power[o], p = orbits->phat2[o];
    n += many;
    x += many * p;
    y += many * second;
    xx += many * p * p;
    xy += many * p * second;
  }
  const double spread = n * xx - x * x;
  *slope = spread > 0 ? (n * xy - x * y) / spread : 1;
  *value = (y - *slope * x) / n;
}

/* The means over the field of that propagator. */
static PetscErrorCode try(trial *t, const sq_latent_modes *modes, sq_latent_modes *mean)
{
  PetscFunctionBeginUser;
  const sq_orbits *orbits = &t->fft->orbits;
  double value, slope;
  memset(t->product, 0, (size_t)orbits->count * sizeof *t->product);
  memset(t->power, 0, (size_t)orbits->count * sizeof *t->power);
  for (int64_t o = 0; o < orbits->count; o++)
    t->filter[o] = 1 / sqrt(modes->mass + modes->stiffness * sq_latent_bend(modes, orbits, o));
  for (int f = 0; f < FIELDS; f++) PetscCall(add_field(t, f));
  fit(t, &value, &slope);
  *mean = (sq_latent_modes){.stiffness = fabs(slope), .alternates = slope < 0};
  mean->mass = value + (slope < 0 ? 4 * orbits->dim * slope : 0);
  PetscFunctionReturn(0);
}

/* The mass that is its own mean: where it rises, the field is narrower, and the mean falls. */
static PetscErrorCode find_mass(trial *t, sq_latent_modes *modes)
{
  PetscFunctionBeginUser;
  double low = -RANGE, high = RANGE;
  sq_latent_modes mean;
  for (int i = 0; i < HALVINGS; i++) {
    const double middle = 0.5 * (low + high);
    modes->mass = exp(middle);
    PetscCall(try(t, modes, &mean));
    if (mean.mass > modes->mass) low = middle;
    else high = middle;
  }
  if (mean.mass > 0.5 * modes->mass && mean.mass < 2 * modes->mass)
    modes->mass = mean.mass; /* of a free theory exact */
  PetscFunctionReturn(0);
}

PetscErrorCode sq_latent_like(const sq_action *action, const int64_t extent[SQ_DIM], sq_latent_modes *like)
{
  PetscFunctionBeginUser;
  trial t;
  PetscCall(create(action, extent, &t));
  *like = (sq_latent_modes){.mass = 1, .stiffness = 1};
  for (int i = 0; i < ROUNDS; i++) {
    sq_latent_modes mean;
    PetscCall(try(&t, like, &mean));
    if (mean.stiffness > 0) like->stiffness = mean.stiffness;
    like->alternates = mean.alternates;
    PetscCall(find_mass(&t, like));
  }
  PetscCall(destroy(&t));
  PetscFunctionReturn(0);
}
