/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels of
 *   S = sum_x [ -hop sum_{mu>0} phi_x phi_{x+mu} + quadratic phi_x^2 + quartic phi_x^4 ].
 *
 * Data: fields with a filled rim of one site. All work goes along rows, runs of contiguous sites in the last direction;
 * the inner loops have the number of directions as a constant and no dependence between sites, so they vectorise. The
 * order of operations at a site is fixed and odd (force) or even (density) in phi: the result never depends on how the
 * lattice is cut.
 */
#include "hopping.h"

typedef sq_hopping_kernel coefficients;

/* density[n]: the action density of n sites of a row. */
static inline __attribute__((always_inline)) void density_of_row(const int dim, const coefficients *c,
                                                                 const double *phi, int64_t n, double *restrict density)
{
  const double hop = c->hop, quadratic = c->quadratic, quartic = c->quartic;
  const int64_t s1 = c->stride[1], s2 = c->stride[2], s3 = c->stride[3];
  for (int64_t i = 0; i < n; i++) {
    double forward = phi[i + 1], square = phi[i] * phi[i];
    if (dim > 1) forward += phi[i + s1];
    if (dim > 2) forward += phi[i + s2];
    if (dim > 3) forward += phi[i + s3];
    density[i] = square * (quadratic + quartic * square) - hop * (phi[i] * forward);
  }
}

/* force[n]: -dS/dphi of n sites of a row. */
static inline __attribute__((always_inline)) void force_of_row(const int dim, const coefficients *c, const double *phi,
                                                               int64_t n, double *restrict force)
{
  const double hop = c->hop, linear = 2 * c->quadratic, cubic = 4 * c->quartic;
  const int64_t s1 = c->stride[1], s2 = c->stride[2], s3 = c->stride[3];
  for (int64_t i = 0; i < n; i++) {
    double around = phi[i - 1] + phi[i + 1];
    if (dim > 1) around += phi[i - s1] + phi[i + s1];
    if (dim > 2) around += phi[i - s2] + phi[i + s2];
    if (dim > 3) around += phi[i - s3] + phi[i + s3];
    force[i] = hop * around - phi[i] * (linear + cubic * (phi[i] * phi[i]));
  }
}

/* Both, with the neighbours loaded once. */
static inline __attribute__((always_inline)) void both_of_row(const int dim, const coefficients *c, const double *phi,
                                                              int64_t n, double *restrict force,
                                                              double *restrict density)
{
  const double hop = c->hop, quadratic = c->quadratic, quartic = c->quartic, linear = 2 * quadratic,
               cubic = 4 * quartic;
  const int64_t s1 = c->stride[1], s2 = c->stride[2], s3 = c->stride[3];
  for (int64_t i = 0; i < n; i++) {
    double forward = phi[i + 1], around = phi[i - 1] + phi[i + 1], square = phi[i] * phi[i];
    if (dim > 1) forward += phi[i + s1], around += phi[i - s1] + phi[i + s1];
    if (dim > 2) forward += phi[i + s2], around += phi[i - s2] + phi[i + s2];
    if (dim > 3) forward += phi[i + s3], around += phi[i - s3] + phi[i + s3];
    force[i] = hop * around - phi[i] * (linear + cubic * square);
    density[i] = square * (quadratic + quartic * square) - hop * (phi[i] * forward);
  }
}

/* next[n] of a row: see sweep. weight F is multiplied out, which saves two additions of eight. */
static inline __attribute__((always_inline)) void sweep_of_row(const int dim, const bool plain, const coefficients *c,
                                                               const double *phi, double ratio, double weight,
                                                               int64_t n, const double *previous, double *next)
{
  const double hop = weight * c->hop, linear = 1 + ratio - 2 * weight * c->quadratic, cubic = 4 * weight * c->quartic;
  const int64_t s1 = c->stride[1], s2 = c->stride[2], s3 = c->stride[3];
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) {
    double around = phi[i - 1] + phi[i + 1];
    if (dim > 1) around += phi[i - s1] + phi[i + s1];
    if (dim > 2) around += phi[i - s2] + phi[i + s2];
    if (dim > 3) around += phi[i - s3] + phi[i + s3];
    next[i] = phi[i] * (linear - cubic * (phi[i] * phi[i])) +
              (hop * around - (plain ? previous[i] : ratio * previous[i]));
  }
}

SQ_VECTORS static void density_row(int dim, const coefficients *c, const double *phi, int64_t n, double *density)
{
  switch (dim) {
  case 1: density_of_row(1, c, phi, n, density); break;
  case 2: density_of_row(2, c, phi, n, density); break;
  case 3: density_of_row(3, c, phi, n, density); break;
  default: density_of_row(4, c, phi, n, density);
  }
}

SQ_VECTORS static void force_row(int dim, const coefficients *c, const double *phi, int64_t n, double *force)
{
  switch (dim) {
  case 1: force_of_row(1, c, phi, n, force); break;
  case 2: force_of_row(2, c, phi, n, force); break;
  case 3: force_of_row(3, c, phi, n, force); break;
  default: force_of_row(4, c, phi, n, force);
  }
}

SQ_VECTORS static void both_row(int dim, const coefficients *c, const double *phi, int64_t n, double *force,
                                double *density)
{
  switch (dim) {
  case 1: both_of_row(1, c, phi, n, force, density); break;
  case 2: both_of_row(2, c, phi, n, force, density); break;
  case 3: both_of_row(3, c, phi, n, force, density); break;
  default: both_of_row(4, c, phi, n, force, density);
  }
}

/* n1 x n2 rows of n sites; the same offsets in all three fields. */
static inline __attribute__((always_inline)) void sweep_rows(const int dim, const bool plain, const coefficients *c,
                                                             const double *phi, double ratio, double weight,
                                                             const int64_t n1, const int64_t n2, int64_t n,
                                                             const double *previous, double *next)
{
  for (int64_t x1 = 0; x1 < n1; x1++)
    for (int64_t x2 = 0; x2 < n2; x2++) {
      int64_t at = x1 * c->stride[2] + x2 * c->stride[1];
      if (n == 8)
        sweep_of_row(dim, plain, c, phi + at, ratio, weight, 8, previous + at,
                     next + at); /* short rows count: without loops */
      else if (n == 16) sweep_of_row(dim, plain, c, phi + at, ratio, weight, 16, previous + at, next + at);
      else if (n % 8 == 0)
        sweep_of_row(dim, plain, c, phi + at, ratio, weight, n & ~(int64_t)7, previous + at, next + at);
      else sweep_of_row(dim, plain, c, phi + at, ratio, weight, n, previous + at, next + at);
    }
}

SQ_VECTORS static void sweep_plane(int dim, const coefficients *c, const double *phi, double ratio, double weight,
                                   const int64_t n[3], const double *previous, double *next)
{
  bool plain = ratio == 1;
  if (dim == 1) sweep_rows(1, false, c, phi, ratio, weight, 1, 1, n[2], previous, next);
  else if (dim == 2 && plain) sweep_rows(2, true, c, phi, ratio, weight, 1, n[1], n[2], previous, next);
  else if (dim == 2) sweep_rows(2, false, c, phi, ratio, weight, 1, n[1], n[2], previous, next);
  else if (dim == 3 && plain) sweep_rows(3, true, c, phi, ratio, weight, n[0], n[1], n[2], previous, next);
  else if (dim == 3) sweep_rows(3, false, c, phi, ratio, weight, n[0], n[1], n[2], previous, next);
  else if (plain) sweep_rows(4, true, c, phi, ratio, weight, n[0], n[1], n[2], previous, next);
  else sweep_rows(4, false, c, phi, ratio, weight, n[0], n[1], n[2], previous, next);
}

/* The densities of a row into the sum; force: of the row, too, or NULL. */
static void add_row(int dim, const coefficients *c, const double *phi, int64_t length, double *force, sq_terms *terms)
{
  for (int64_t i = 0, n; i < length; i += n) {
    n = length - i < SQ_TERMS ? length - i : SQ_TERMS;
    double *density = sq_terms_room(terms, n);
    if (force) both_row(dim, c, phi + i, n, force + i, density);
    else density_row(dim, c, phi + i, n, density);
  }
}

void sq_hopping_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  if (phi->components > 1) {
    sq_vector_energy(action, phi, sum);
    return;
  }
  const coefficients c = sq_hopping_kernel_of(action, phi);
  const int64_t *n = phi->lattice->local;
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int64_t x0 = 0; x0 < n[0]; x0++)
    for (int64_t x1 = 0; x1 < n[1]; x1++)
      for (int64_t x2 = 0; x2 < n[2]; x2++)
        add_row(action->dim, &c,
                phi->data + phi->origin + x0 * phi->stride[0] + x1 * phi->stride[1] + x2 * phi->stride[2], n[3], NULL,
                &terms);
  sq_terms_end(&terms);
}

void sq_hopping_both(const sq_action *action, const sq_field *phi, int64_t first, int64_t count, double *force,
                     sq_sum *sum)
{
  if (phi->components > 1) {
    sq_vector_force(action, phi, force);
    sq_vector_energy(action, phi, sum);
    return;
  }
  const coefficients c = sq_hopping_kernel_of(action, phi);
  const sq_lattice *lattice = phi->lattice;
  const int lead = lattice->dim > 1 ? lattice->first_dir : 0;
  int64_t from[SQ_DIM] = {0}, to[SQ_DIM];
  sq_terms terms;
  sq_terms_begin(&terms, sum);
  for (int mu = 0; mu < SQ_DIM; mu++) to[mu] = lattice->local[mu];
  force += first * (lattice->local_volume / to[lead]);
  from[lead] = first;
  to[lead] = first + count;
  for (int64_t x0 = from[0]; x0 < to[0]; x0++)
    for (int64_t x1 = from[1]; x1 < to[1]; x1++)
      for (int64_t x2 = from[2]; x2 < to[2]; x2++, force += to[3])
        add_row(action->dim, &c,
                phi->data + phi->origin + x0 * phi->stride[0] + x1 * phi->stride[1] + x2 * phi->stride[2], to[3], force,
                &terms);
  sq_terms_end(&terms);
}

static void force(const sq_action *action, const sq_field *phi, double *force)
{
  if (phi->components > 1) {
    sq_vector_force(action, phi, force);
    return;
  }
  const coefficients c = sq_hopping_kernel_of(action, phi);
  const int64_t *n = phi->lattice->local;
  for (int64_t x0 = 0; x0 < n[0]; x0++)
    for (int64_t x1 = 0; x1 < n[1]; x1++)
      for (int64_t x2 = 0; x2 < n[2]; x2++, force += n[3])
        force_row(action->dim, &c,
                  phi->data + phi->origin + x0 * phi->stride[0] + x1 * phi->stride[1] + x2 * phi->stride[2], n[3],
                  force);
}

static void sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                  int64_t count, const sq_field *previous, sq_field *next)
{
  if (now->components > 1) {
    sq_vector_sweep(action, now, ratio, weight, first, count, previous, next);
    return;
  }
  const coefficients c = sq_hopping_kernel_of(action, now);
  int64_t n[SQ_DIM], plane;
  int lead = action->dim > 1 ? SQ_DIM - action->dim : 0;
  (void)sq_field_planes(now, &plane);
  for (int mu = 0; mu < SQ_DIM; mu++) n[mu] = now->lattice->local[mu];
  n[lead] = 1;
  for (int64_t x = first; x < first + count; x++) { /* a plane has extent 1 in direction lead, 0 if that is not used */
    int64_t at = now->origin + (action->dim > 1 ? x * plane : 0);
    sweep_plane(action->dim, &c, now->data + at, ratio, weight, n + 1, previous->data + at, next->data + at);
  }
}

/* Only -hop phi phi' is odd in the sign of one site. */
SQ_VECTORS static void strength_of_links(const sq_action *action, const sq_field *phi, const double *axis, int64_t at,
                                         int64_t n, double *strength)
{
  (void)axis;
  const double factor = 2 * sq_hopping_of(action).hop;
  const double *x = phi->data + at;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, strength += n)
    for (int64_t i = 0; i < n; i++) strength[i] = factor * (x[i] * x[i + phi->stride[mu]]);
}

const char *const sq_hopping_columns[] = {"M",      "phi2", "phi4", "link", "action_density", "schwinger_dyson",
                                          "G_pmin", NULL};
const char *const sq_hopping_vector_columns[] = {
  "M", "abs_M", "phi2", "phi4", "link", "action_density", "schwinger_dyson", "G_pmin", NULL};
const sq_action_smooth sq_hopping_smooth = {.force = force, .sweep = sweep, .torus = sq_hopping_torus};
const sq_action_bond sq_hopping_bond = {.strength = strength_of_links};
