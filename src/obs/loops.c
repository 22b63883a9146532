/* SPDX-License-Identifier: BSD-3-Clause */
/* Wilson loops of angles on links in two dimensions: <cos> of the sum of angles round R x T plaquettes, R sites along
 * direction 1 and T along direction 0, for all R, T up to SQ_LOOPS. By Stokes' theorem the sum is that of the
 * plaquettes inside, which are brought together by shifts of one site: one exchange each. */
#include "squall/circle.h"
#include "table.h"
#include <string.h>

struct sq_obs_loops {
  sq_field *shifted, *tall, *next; /* plaquettes T - 1 sites away; T of them added up; the same R - 1 sites away */
  sq_halo *halo;
  double *row;                    /* [local[3]] scratch */
  double *area;                   /* [local_volume] R x T of them added up */
  sq_sum sum[SQ_LOOPS][SQ_LOOPS]; /* [R - 1][T - 1] this rank's part */
};

PetscErrorCode sq_obs_loops_create(const sq_lattice *lattice, sq_obs_loops **loops)
{
  PetscFunctionBeginUser;
  sq_obs_loops *l;
  PetscCall(sq_alloc(1, &l));
  PetscCall(sq_field_create(lattice, 1, &l->shifted));
  PetscCall(sq_field_create(lattice, 1, &l->tall));
  PetscCall(sq_field_create(lattice, 1, &l->next));
  PetscCall(sq_halo_create_field(l->shifted, SQ_HALO_FACES, &l->halo));
  PetscCall(sq_alloc(lattice->local[3], &l->row));
  PetscCall(sq_alloc(lattice->local_volume, &l->area));
  *loops = l;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_obs_loops_destroy(sq_obs_loops **loops)
{
  PetscFunctionBeginUser;
  if (!*loops) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*loops)->halo));
  PetscCall(sq_field_destroy(&(*loops)->shifted));
  PetscCall(sq_field_destroy(&(*loops)->tall));
  PetscCall(sq_field_destroy(&(*loops)->next));
  sq_free(&(*loops)->row);
  sq_free(&(*loops)->area);
  sq_free(loops);
  PetscFunctionReturn(0);
}

/* out[n]: the sums of angles round the plaquettes of a row, in [-pi, pi). */
static void plaquettes(const sq_field *phi, int64_t at, int64_t n, double *out)
{
  const double *theta0 = phi->data + at, *theta1 = phi->data + phi->sites + at;
  const int64_t along = phi->stride[SQ_DIM - 2];
  for (int64_t i = 0; i < n; i++) out[i] = sq_wrap((theta0[i] - theta0[i + 1]) + (theta1[i + along] - theta1[i]));
}

/* Every site takes what the next one in a direction has. */
static PetscErrorCode shift(sq_obs_loops *l, sq_field *field, int mu)
{
  PetscFunctionBeginUser;
  const int64_t n = field->lattice->local[3], step = field->stride[mu];
  PetscCall(sq_halo_exchange(l->halo, field->data));
  for (int64_t row = 0; row < field->lattice->local_volume / n; row++) { /* upwards: what is taken is as it was */
    double *x = field->data + sq_field_row(field, row);
    for (int64_t i = 0; i < n; i++) x[i] = x[i + step];
  }
  PetscFunctionReturn(0);
}

static void add_to_field(const sq_field *from, sq_field *to)
{
  const int64_t n = from->lattice->local[3];
  for (int64_t row = 0; row < from->lattice->local_volume / n; row++)
    for (int64_t i = 0, at = sq_field_row(from, row); i < n; i++) to->data[at + i] += from->data[at + i];
}

/* Adds next to the areas, and what they are worth to a sum. */
static void add_loops(sq_obs_loops *l, sq_sum *sum)
{
  const int64_t n = l->next->lattice->local[3];
  for (int64_t row = 0; row < l->next->lattice->local_volume / n; row++) {
    const double *x = l->next->data + sq_field_row(l->next, row);
    double *area = l->area + row * n;
    for (int64_t i = 0; i < n; i++) area[i] += x[i];
    sq_circle_cosines(n, area, l->row);
    sq_sum_add_array(sum, n, l->row);
  }
}

PetscErrorCode sq_obs_loops_measure(sq_obs_loops *l, const sq_field *phi)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = phi->lattice;
  const int64_t n = lattice->local[3], rows = lattice->local_volume / n;
  memset(l->sum, 0, sizeof l->sum);
  for (int64_t row = 0; row < rows; row++)
    plaquettes(phi, sq_field_row(phi, row), n, l->shifted->data + sq_field_row(l->shifted, row));
  memset(l->tall->data, 0, (size_t)l->tall->sites * sizeof(double));
  for (int T = 0; T < SQ_LOOPS; T++) {
    if (T) PetscCall(shift(l, l->shifted, SQ_DIM - 2));
    add_to_field(l->shifted, l->tall);
    memcpy(l->next->data, l->tall->data, (size_t)l->tall->sites * sizeof(double));
    memset(l->area, 0, (size_t)lattice->local_volume * sizeof(double));
    for (int R = 0; R < SQ_LOOPS; R++) {
      if (R) PetscCall(shift(l, l->next, SQ_DIM - 1));
      add_loops(l, &l->sum[R][T]);
    }
  }
  PetscFunctionReturn(0);
}

/* ---- the columns ---- */

static void add(const sq_obs *obs, int R, int T, sq_sum *sum)
{
  sq_sum_merge(sum, &obs->loops->sum[R - 1][T - 1]);
}

#define LOOP(R, T)                                                                                                     \
  static void add_##R##x##T(sq_obs *obs, sq_sum *sum)                                                                  \
  {                                                                                                                    \
    add(obs, R, T, sum);                                                                                               \
  }                                                                                                                    \
  const sq_obs_column_type sq_column_wilson_##R##x##T = {                                                              \
    .name = "wilson_" #R "x" #T, .add = add_##R##x##T, .loops = true}
LOOP(1, 1);
LOOP(1, 2);
LOOP(1, 3);
LOOP(1, 4);
LOOP(2, 1);
LOOP(2, 2);
LOOP(2, 3);
LOOP(2, 4);
LOOP(3, 1);
LOOP(3, 2);
LOOP(3, 3);
LOOP(3, 4);
LOOP(4, 1);
LOOP(4, 2);
LOOP(4, 3);
LOOP(4, 4);

const sq_obs_column_type sq_column_plaquette = {.name = "plaquette", .add = add_1x1, .loops = true};

/* Q, a whole number: what the theory's order parameter is the sum of. */
static void add_charge(sq_obs *obs, sq_sum *sum)
{
  obs->action.type->order(&obs->action, obs->phi, sum);
}

static double charge(const sq_obs *obs, const sq_sum *sum)
{
  (void)obs;
  return nearbyint(sq_sum_value(sum));
}

const sq_obs_column_type sq_column_Q = {.name = "Q", .add = add_charge, .value = charge};
