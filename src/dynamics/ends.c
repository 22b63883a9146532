/* SPDX-License-Identifier: BSD-3-Clause */
/* The two ends of a trajectory. What is done with a site there is done at once, by rows that stay in the cache: so
 * momenta never go to memory, and a field and its forces come from there once.
 *
 * At the first end momenta are drawn, their squares added up, and the first step of the field made; at the last one
 * force and energy are made, the last momenta's squares and the observables' terms. All sums are exact, so they have
 * the same bits in any order.
 */
#include "internal.h"
#include <string.h>

/* ---- the first ---- */

/* Rows from one on whose sites follow each other in the whole lattice, at most SQ_TERMS sites, or one row. */
static int64_t together(const sq_md *md, int64_t row)
{
  const int64_t here = row % md->rows, most = PetscMax(1, SQ_TERMS / md->lattice->local[3]);
  return PetscMin(most, md->follow - here % md->follow);
}

static void draw(const sq_md *md, sq_stream stream, uint64_t step, int64_t row, int64_t skip, int64_t n, double *normal)
{
  const int64_t c = row / md->rows;
  if (c < sq_action_real_parts(&md->action))
    sq_rng_normals(stream,
                   (uint64_t)(c * md->lattice->volume + sq_lattice_row_site(md->lattice, row % md->rows) + skip), n,
                   step, 0, normal);
  else memset(normal, 0, (size_t)n * sizeof *normal);
}

/* next = phi + drift (momentum + kick force), without its rim; kinetic: of the momenta. */
static void begin(sq_md *md, const sq_field *phi, const double *force, sq_stream stream, uint64_t step, double drift,
                  double kick, sq_md_rows next, sq_sum *kinetic)
{
  const int64_t length = md->lattice->local[3];
  double momentum[SQ_TERMS];
  for (int64_t r = 0, rows; r < md->all_rows; r += rows) {
    rows = together(md, r);
    for (int64_t i = 0, n; i < rows * length; i += n) { /* parts: of a long row */
      n = PetscMin(rows * length - i, SQ_TERMS);
      const int64_t at = md->row[r] + i, next_at = next.row[r] + i;
      draw(md, stream, step, r, i, n, momentum);
      sq_md_sum_half_squares(n, momentum, kinetic);
      sq_md_first(rows, PetscMin(length, n), rows > 1 ? md->row + r : &at, drift, kick, momentum, force, phi->data,
                  rows > 1 ? next.row + r : &next_at, next.data);
      force += n;
    }
  }
}

/* ---- the last ---- */

/* The field before the last drift; NULL: there is none, and no momenta. */
typedef struct {
  sq_md_rows previous;
  double inverse_drift, kick;
} ending;

/* sum[2]: of cosine and sine, say, of one component. */
static void sum_order(const sq_md *md, const int64_t *row, const double *x, const sq_space *space, sq_sum sum[2])
{
  for (int k = 0; k < 2; k++) {
    sq_terms terms;
    sq_terms_begin(&terms, &sum[k]);
    for (int64_t r = 0; r < md->rows; r++)
      for (int64_t i = 0, n; i < md->lattice->local[3]; i += n) {
        n = PetscMin(md->lattice->local[3] - i, SQ_TERMS);
        space->order[k](n, x + row[r] + i, sq_terms_room(&terms, n));
      }
    sq_terms_end(&terms);
  }
}

/* What the rows first .. first + count - 1 of a component add; force: at the first of them. order: NULL where the
 * field itself is not what is added. */
static void sum_rows(const sq_md *md, int64_t component, int64_t first, int64_t count, const double *phi,
                     const double *force, const ending *end, sq_sum *order, sq_sum sum[SQ_MD_SUMS])
{
  const int64_t length = md->lattice->local[3], skip = component * md->rows + first, *row = md->row + skip;
  const double sign = component < sq_action_real_parts(&md->action) ? 1 : -1;
  sq_terms square, product, field;
  sq_terms_begin(&square, &sum[SQ_MD_KINETIC_END]);
  sq_terms_begin(&product, &sum[SQ_MD_VIRIAL]);
  sq_terms_begin(&field, order);
  for (int64_t r = 0; r < count; r++)
    for (int64_t i = 0, n; i < length; i += n, force += n) {
      n = PetscMin(length - i, SQ_TERMS);
      const double *x = phi + row[r] + i;
      sq_md_products(n, sign, x, force, sq_terms_room(&product, n));
      if (end)
        sq_md_last_squares(n, end->inverse_drift, end->kick, force,
                           end->previous.data + end->previous.row[skip + r] + i, x, sq_terms_room(&square, n));
      if (order && n > SQ_TERMS / 4) sq_sum_add_array(order, n, x);
      else if (order) memcpy(sq_terms_room(&field, n), x, (size_t)n * sizeof *x);
    }
  sq_terms_end(&square);
  sq_terms_end(&product);
  sq_terms_end(&field);
}

/* Force and energy on some planes. */
static void pull(const sq_md *md, const sq_field *phi, int64_t first, int64_t count, double *force, sq_sum *energy)
{
  const sq_action_type *type = md->action.type;
  if (type->both) {
    type->both(&md->action, phi, first, count, force, energy);
    return;
  }
  if (type->smooth) type->smooth->force(&md->action, phi, force); /* else it stays 0 */
  type->energy(&md->action, phi, energy);
}

/* All sums at phi, whose rim is filled, but the first kinetic energy. The force is made first, or, with made, taken
 * from there. */
static void sum_all(const sq_md *md, const sq_field *phi, bool made, double *force, const ending *end,
                    sq_sum sum[SQ_MD_SUMS])
{
  const sq_action_type *type = md->action.type;
  const bool own = type->order != NULL, angles = type->space->order[1] != NULL;
  const int64_t sites = md->lattice->local_volume, rows = md->rows / md->planes; /* of a plane */
  for (int i = 0; i < md->sums; i++) sum[i] = (sq_sum){{0}};
  if (made) type->energy(&md->action, phi, &sum[SQ_MD_ACTION]);
  for (int64_t x = 0, count; x < md->planes; x += count) {
    count = PetscMin(md->slab, md->planes - x);
    if (!made) pull(md, phi, x, count, force, &sum[SQ_MD_ACTION]);
    for (int c = 0; c < md->components; c++)
      sum_rows(md, c, x * rows, count * rows, phi->data, force + c * sites + x * (sites / md->planes), end,
               own || angles ? NULL : &sum[SQ_MD_ORDER + c], sum);
  }
  for (int c = 0; c < md->components && angles && !own; c++)
    sum_order(md, md->row + c * md->rows, phi->data, type->space, &sum[SQ_MD_ORDER + 2 * c]);
  if (own) type->order(&md->action, phi, &sum[SQ_MD_ORDER]);
}

void sq_md_sums(const sq_md *md, const sq_field *phi, const double *force, sq_sum sum[SQ_MD_SUMS])
{
  sum_all(md, phi, true, (double *)force, NULL, sum); /* which is only read */
}

PetscErrorCode sq_md_settle(sq_md *md, sq_field *phi, double *force, sq_sum sum[SQ_MD_SUMS])
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_exchange(md->halo, phi->data));
  sum_all(md, phi, false, force, NULL, sum);
  PetscFunctionReturn(0);
}

/* ---- both ---- */

PetscErrorCode sq_md_trajectory(sq_md *md, const sq_field *phi, const double *force, double eps, int64_t steps,
                                sq_stream stream, uint64_t step, sq_sum sum[SQ_MD_SUMS])
{
  PetscFunctionBeginUser;
  const sq_integrator *scheme = md->integrator;
  const int64_t drifts = steps * (scheme->count / 2);
  sq_sum kinetic = {{0}};
  if (md->mass > 0) {
    sq_md_normals(md, stream, step, 0, md->momentum);
    sq_md_sum_half_squares(md->numbers, md->momentum, &kinetic);
    PetscCall(sq_md_integrate_fourier(md, phi, force, eps, steps));
    sq_md_sums(md, md->end, md->end_force, sum);
    sq_md_sum_half_squares(md->numbers, md->momentum, &sum[SQ_MD_KINETIC_END]);
  } else {
    begin(md, phi, force, stream, step, eps * sq_md_drift_at(scheme, 0), eps * scheme->coefficient[0],
          sq_md_first_rows(md, drifts), &kinetic);
    PetscCall(sq_md_drifts(md, phi, eps, drifts));
    const ending end = {.previous = sq_md_rows_before(md, phi, drifts),
                        .inverse_drift = 1 / (eps * sq_md_drift_at(scheme, drifts - 1)),
                        .kick = eps * scheme->coefficient[scheme->count - 1]};
    sum_all(md, md->end, false, md->end_force, &end, sum);
  }
  sum[SQ_MD_KINETIC] = kinetic;
  PetscFunctionReturn(0);
}
