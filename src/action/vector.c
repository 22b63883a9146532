/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels of
 *   S = sum_x [ -hop sum_{mu>0} phi_x phi_{x+mu} + quadratic phi_x^2 + quartic phi_x^4 ]
 * for phi of several components, products being scalar ones.
 *
 * Data and rules as in hopping.c; data[components][sites], component c being c phi->sites from the first. The squares
 * of a piece of a row are made first, then one component after the other.
 */
#include "hopping.h"
#include <math.h>

enum { CHUNK = 128 }; /* sites of a piece */

/* square[n] = |phi|^2. */
static inline __attribute__((always_inline)) void squares(int components, int64_t pitch, const double *phi, int64_t n,
                                                          double *restrict square)
{
  for (int64_t i = 0; i < n; i++) square[i] = phi[i] * phi[i];
  for (int c = 1; c < components; c++)
    for (int64_t i = 0; i < n; i++) square[i] += phi[c * pitch + i] * phi[c * pitch + i];
}

/* The sum of the neighbours, and of those in the positive directions. */
static inline __attribute__((always_inline)) double around(const int dim, const int64_t *stride, const double *phi)
{
  double sum = phi[-1] + phi[1];
  if (dim > 1) sum += phi[-stride[1]] + phi[stride[1]];
  if (dim > 2) sum += phi[-stride[2]] + phi[stride[2]];
  if (dim > 3) sum += phi[-stride[3]] + phi[stride[3]];
  return sum;
}

static inline __attribute__((always_inline)) double forward(const int dim, const int64_t *stride, const double *phi)
{
  double sum = phi[1];
  if (dim > 1) sum += phi[stride[1]];
  if (dim > 2) sum += phi[stride[2]];
  if (dim > 3) sum += phi[stride[3]];
  return sum;
}

/* ---- one component of a piece; copies for each number of directions, so that loops vectorise ---- */

static inline __attribute__((always_inline)) void links_of(const int dim, const sq_hopping_kernel *k, const double *phi,
                                                           int64_t n, double *restrict link)
{
  const int64_t stride[SQ_DIM] = {1, k->stride[1], k->stride[2], k->stride[3]};
  for (int64_t i = 0; i < n; i++) link[i] += phi[i] * forward(dim, stride, phi + i);
}

static inline __attribute__((always_inline)) void force_of(const int dim, const sq_hopping_kernel *k, const double *phi,
                                                           const double *square, int64_t n, double *restrict force)
{
  const int64_t stride[SQ_DIM] = {1, k->stride[1], k->stride[2], k->stride[3]};
  const double hop = k->hop, linear = 2 * k->quadratic, cubic = 4 * k->quartic;
  for (int64_t i = 0; i < n; i++) force[i] = hop * around(dim, stride, phi + i) - phi[i] * (linear + cubic * square[i]);
}

static inline __attribute__((always_inline)) void sweep_of(const int dim, const sq_hopping_kernel *k, const double *phi,
                                                           const double *square, double ratio, double weight, int64_t n,
                                                           const double *previous, double *next)
{
  const int64_t stride[SQ_DIM] = {1, k->stride[1], k->stride[2], k->stride[3]};
  const double hop = weight * k->hop, linear = 1 + ratio - 2 * weight * k->quadratic, cubic = 4 * weight * k->quartic;
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++)
    next[i] = phi[i] * (linear - cubic * square[i]) + (hop * around(dim, stride, phi + i) - ratio * previous[i]);
}

/* ---- a row: n sites, all components ---- */

typedef struct {
  sq_hopping_kernel k;
  int components;
  int64_t pitch; /* between components of fields */
} vectors;

static inline __attribute__((always_inline)) void density_of_row(const int dim, const vectors *v, const double *phi,
                                                                 int64_t n, double *density)
{
  double link[CHUNK];
  squares(v->components, v->pitch, phi, n, density);
  for (int64_t i = 0; i < n; i++) link[i] = 0;
  for (int c = 0; c < v->components; c++) links_of(dim, &v->k, phi + c * v->pitch, n, link);
  for (int64_t i = 0; i < n; i++)
    density[i] = density[i] * (v->k.quadratic + v->k.quartic * density[i]) - v->k.hop * link[i];
}

/* force[components][volume] from its site on. */
static inline __attribute__((always_inline)) void force_of_row(const int dim, const vectors *v, const double *phi,
                                                               int64_t n, int64_t volume, double *force)
{
  double square[CHUNK];
  for (int64_t at = 0, some; at < n; at += some) {
    some = n - at < CHUNK ? n - at : CHUNK;
    squares(v->components, v->pitch, phi + at, some, square);
    for (int c = 0; c < v->components; c++)
      force_of(dim, &v->k, phi + c * v->pitch + at, square, some, force + c * volume + at);
  }
}

static inline __attribute__((always_inline)) void sweep_of_row(const int dim, const vectors *v, const double *phi,
                                                               double ratio, double weight, int64_t n,
                                                               const double *previous, double *next)
{
  double square[CHUNK];
  for (int64_t at = 0, some; at < n; at += some) {
    some = n - at < CHUNK ? n - at : CHUNK;
    squares(v->components, v->pitch, phi + at, some, square);
    for (int c = 0; c < v->components; c++) {
      const int64_t place = c * v->pitch + at;
      sweep_of(dim, &v->k, phi + place, square, ratio, weight, some, previous + place, next + place);
    }
  }
}

SQ_VECTORS static void density_row(int dim, const vectors *v, const double *phi, int64_t n, double *density)
{
  switch (dim) {
  case 1: density_of_row(1, v, phi, n, density); break;
  case 2: density_of_row(2, v, phi, n, density); break;
  case 3: density_of_row(3, v, phi, n, density); break;
  default: density_of_row(4, v, phi, n, density);
  }
}

SQ_VECTORS static void force_row(int dim, const vectors *v, const double *phi, int64_t n, int64_t volume, double *force)
{
  switch (dim) {
  case 1: force_of_row(1, v, phi, n, volume, force); break;
  case 2: force_of_row(2, v, phi, n, volume, force); break;
  case 3: force_of_row(3, v, phi, n, volume, force); break;
  default: force_of_row(4, v, phi, n, volume, force);
  }
}

/* n[0] x n[1] rows of n[2] sites; the same offsets in all three fields. */
static inline __attribute__((always_inline)) void sweep_rows(const int dim, const vectors *v, const double *phi,
                                                             double ratio, double weight, const int64_t n[3],
                                                             const double *previous, double *next)
{
  for (int64_t x1 = 0; x1 < n[0]; x1++)
    for (int64_t x2 = 0; x2 < n[1]; x2++) {
      const int64_t at = x1 * v->k.stride[2] + x2 * v->k.stride[1];
      sweep_of_row(dim, v, phi + at, ratio, weight, n[2], previous + at, next + at);
    }
}

SQ_VECTORS static void sweep_plane(int dim, const vectors *v, const double *phi, double ratio, double weight,
                                   const int64_t n[3], const double *previous, double *next)
{
  switch (dim) {
  case 1: sweep_rows(1, v, phi, ratio, weight, n, previous, next); break;
  case 2: sweep_rows(2, v, phi, ratio, weight, n, previous, next); break;
  case 3: sweep_rows(3, v, phi, ratio, weight, n, previous, next); break;
  default: sweep_rows(4, v, phi, ratio, weight, n, previous, next);
  }
}

/* ---- fields ---- */

static vectors vectors_of(const sq_action *action, const sq_field *phi)
{
  return (vectors){.k = sq_hopping_kernel_of(action, phi), .components = phi->components, .pitch = phi->sites};
}

static int64_t rows_of(const sq_field *phi)
{
  return phi->lattice->local_volume / phi->lattice->local[SQ_DIM - 1];
}

void sq_vector_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const vectors v = vectors_of(action, phi);
  const int64_t length = phi->lattice->local[SQ_DIM - 1];
  double density[CHUNK];
  for (int64_t r = 0; r < rows_of(phi); r++)
    for (int64_t at = 0, n; at < length; at += n) {
      n = PetscMin(length - at, CHUNK);
      density_row(action->dim, &v, phi->data + sq_field_row(phi, r) + at, n, density);
      sq_sum_add_array(sum, n, density);
    }
}

void sq_vector_force(const sq_action *action, const sq_field *phi, double *force)
{
  const vectors v = vectors_of(action, phi);
  const int64_t length = phi->lattice->local[SQ_DIM - 1];
  for (int64_t r = 0; r < rows_of(phi); r++)
    force_row(action->dim, &v, phi->data + sq_field_row(phi, r), length, phi->lattice->local_volume,
              force + r * length);
}

/* A plane has extent 1 in its first used direction. */
void sq_vector_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                     int64_t count, const sq_field *previous, sq_field *next)
{
  const vectors v = vectors_of(action, now);
  int64_t n[SQ_DIM], plane;
  const int dim = now->lattice->dim;
  (void)sq_field_planes(now, &plane);
  for (int mu = 0; mu < SQ_DIM; mu++) n[mu] = now->lattice->local[mu];
  if (dim > 1) n[now->lattice->first_dir] = 1;
  for (int64_t x = first; x < first + count; x++) {
    const int64_t at = now->origin + (dim > 1 ? x * plane : 0);
    sweep_plane(action->dim, &v, now->data + at, ratio, weight, n + 1, previous->data + at, next->data + at);
  }
}

/* ---- reflections at right angles to an axis: phi -> phi - 2 e (e phi) (U. Wolff, Phys. Rev. Lett. 62 (1989) 361) ----
 */

/* e; of one component its sign alone. */
static void unit_of(int components, const double *axis, double *unit)
{
  double square = 0;
  for (int c = 0; c < components; c++) square += axis[c] * axis[c];
  for (int c = 0; c < components; c++) unit[c] = components == 1 ? 1 : axis[c] / sqrt(square);
}

/* along[n] = e phi. */
SQ_VECTORS static void project(int components, int64_t pitch, const double *unit, const double *phi, int64_t n,
                               double *restrict along)
{
  for (int64_t i = 0; i < n; i++) along[i] = unit[0] * phi[i];
  for (int c = 1; c < components; c++)
    for (int64_t i = 0; i < n; i++) along[i] += unit[c] * phi[c * pitch + i];
}

static void strength_of_links(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                              double *strength)
{
  const double factor = 2 * sq_hopping_kernel_of(action, phi).hop, *x = phi->data + at;
  double unit[SQ_COMPONENTS], here[CHUNK], there[CHUNK];
  unit_of(phi->components, axis, unit);
  for (int64_t first = 0, some; first < n; first += some) {
    some = PetscMin(n - first, CHUNK);
    project(phi->components, phi->sites, unit, x + first, some, here);
    for (int k = 0, mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, k++) {
      project(phi->components, phi->sites, unit, x + first + phi->stride[mu], some, there);
      for (int64_t i = 0; i < some; i++) strength[k * n + first + i] = factor * (here[i] * there[i]);
    }
  }
}

static void reflect(const sq_action *action, sq_field *phi, const double *axis, int64_t at, int64_t n, const bool *turn)
{
  double unit[SQ_COMPONENTS], along[CHUNK];
  (void)action;
  unit_of(phi->components, axis, unit);
  for (int64_t first = 0, some; first < n; first += some) {
    double *x = phi->data + at + first;
    some = PetscMin(n - first, CHUNK);
    project(phi->components, phi->sites, unit, x, some, along);
    for (int c = 0; c < phi->components; c++)
      for (int64_t i = 0; i < some; i++)
        if (turn[first + i]) x[c * phi->sites + i] -= 2 * unit[c] * along[i];
  }
}

const sq_action_bond sq_hopping_vector_bond = {.strength = strength_of_links, .reflect = reflect};
