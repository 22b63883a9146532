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
SQ_VECTORS static void squares(int components, int64_t pitch, const double *phi, int64_t n, double *restrict square)
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
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++)
    next[i] = phi[i] * (linear - cubic * square[i]) + (hop * around(dim, stride, phi + i) - ratio * previous[i]);
}

SQ_VECTORS static void add_links(int dim, const sq_hopping_kernel *k, const double *phi, int64_t n, double *link)
{
  switch (dim) {
  case 1: links_of(1, k, phi, n, link); break;
  case 2: links_of(2, k, phi, n, link); break;
  case 3: links_of(3, k, phi, n, link); break;
  default: links_of(4, k, phi, n, link);
  }
}

SQ_VECTORS static void force_piece(int dim, const sq_hopping_kernel *k, const double *phi, const double *square,
                                   int64_t n, double *force)
{
  switch (dim) {
  case 1: force_of(1, k, phi, square, n, force); break;
  case 2: force_of(2, k, phi, square, n, force); break;
  case 3: force_of(3, k, phi, square, n, force); break;
  default: force_of(4, k, phi, square, n, force);
  }
}

SQ_VECTORS static void sweep_piece(int dim, const sq_hopping_kernel *k, const double *phi, const double *square,
                                   double ratio, double weight, int64_t n, const double *previous, double *next)
{
  switch (dim) {
  case 1: sweep_of(1, k, phi, square, ratio, weight, n, previous, next); break;
  case 2: sweep_of(2, k, phi, square, ratio, weight, n, previous, next); break;
  case 3: sweep_of(3, k, phi, square, ratio, weight, n, previous, next); break;
  default: sweep_of(4, k, phi, square, ratio, weight, n, previous, next);
  }
}

/* ---- fields ---- */

static int64_t rows_of(const sq_field *phi)
{
  return phi->lattice->local_volume / phi->lattice->local[SQ_DIM - 1];
}

void sq_vector_energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const sq_hopping_kernel k = sq_hopping_kernel_of(action, phi);
  const int64_t length = phi->lattice->local[SQ_DIM - 1];
  double density[CHUNK], link[CHUNK];
  for (int64_t r = 0; r < rows_of(phi); r++)
    for (int64_t at = 0, n; at < length; at += n) {
      const double *x = phi->data + sq_field_row(phi, r) + at;
      n = PetscMin(length - at, CHUNK);
      squares(phi->components, phi->sites, x, n, density);
      for (int64_t i = 0; i < n; i++) link[i] = 0;
      for (int c = 0; c < phi->components; c++) add_links(action->dim, &k, x + c * phi->sites, n, link);
      for (int64_t i = 0; i < n; i++)
        density[i] = density[i] * (k.quadratic + k.quartic * density[i]) - k.hop * link[i];
      sq_sum_add_array(sum, n, density);
    }
}

void sq_vector_force(const sq_action *action, const sq_field *phi, double *force)
{
  const sq_hopping_kernel k = sq_hopping_kernel_of(action, phi);
  const int64_t length = phi->lattice->local[SQ_DIM - 1], volume = phi->lattice->local_volume;
  double square[CHUNK];
  for (int64_t r = 0; r < rows_of(phi); r++)
    for (int64_t at = 0, n; at < length; at += n) {
      const double *x = phi->data + sq_field_row(phi, r) + at;
      n = PetscMin(length - at, CHUNK);
      squares(phi->components, phi->sites, x, n, square);
      for (int c = 0; c < phi->components; c++)
        force_piece(action->dim, &k, x + c * phi->sites, square, n, force + c * volume + r * length + at);
    }
}

void sq_vector_sweep(const sq_action *action, const sq_field *now, double ratio, double weight, int64_t first,
                     int64_t count, const sq_field *previous, sq_field *next)
{
  const sq_hopping_kernel k = sq_hopping_kernel_of(action, now);
  int64_t plane;
  const int64_t length = now->lattice->local[SQ_DIM - 1], rows = rows_of(now) / sq_field_planes(now, &plane);
  double square[CHUNK];
  for (int64_t r = first * rows; r < (first + count) * rows; r++)
    for (int64_t at = 0, n; at < length; at += n) {
      const int64_t place = sq_field_row(now, r) + at;
      n = PetscMin(length - at, CHUNK);
      squares(now->components, now->sites, now->data + place, n, square);
      for (int c = 0; c < now->components; c++)
        sweep_piece(action->dim, &k, now->data + c * now->sites + place, square, ratio, weight, n,
                    previous->data + c * now->sites + place, next->data + c * now->sites + place);
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
